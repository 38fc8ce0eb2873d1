"""Real Asterisk dies, restarts and blocks; the library loses nothing silently and comes back."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from real_asterisk import client

from ami_proto import (
    ActionLost,
    ActionTimeout,
    Fault,
    NotReady,
    Reason,
    State,
)
from conformance.asterisk.targets import Target
from conformance.leaks import eventually
from conformance.peer import PATIENCE

pytestmark = pytest.mark.asterisk
BOOT = 60.0
"""Seconds a server may take to come back on a loaded machine; two are usual."""


def test_a_kill_ends_what_is_pending_and_the_client_comes_back(asterisk: Target) -> None:
    """R-CORR-07, R-HEALTH-06."""
    with client(asterisk, events="call") as pbx, ThreadPoolExecutor(1) as pool:
        asterisk.pause()
        held = pool.submit(pbx.send, "Ping")
        assert eventually(lambda: pbx.snapshot().actions_pending == 1)
        asterisk.kill()
        with pytest.raises(ActionLost) as caught:
            held.result(PATIENCE)
        assert caught.value.cause.reason in (Reason.EOF, Reason.RESET)
        assert eventually(lambda: pbx.snapshot().connect_failures > 1)
        with pytest.raises(NotReady):
            pbx.send("Ping")
        asterisk.start()
        assert pbx.send("Ping", wait=True, timeout=BOOT)["Ping"] == "Pong"


def test_a_server_that_ends_by_our_own_command_is_a_loss_and_no_success(asterisk: Target) -> None:
    """Invariant 3: Asterisk says nothing to `core stop now`, so neither do we."""
    with client(asterisk) as pbx:
        asterisk.local("ours")  # the user's own is not stopped
        with pytest.raises(ActionLost, match="connection lost"):
            pbx.send("Command", Command="core stop now")
        asterisk.kill()
        asterisk.start()
        assert pbx.send("Ping", wait=True, timeout=BOOT)["Ping"] == "Pong"


def test_an_action_that_blocks_the_session_is_no_dead_server(asterisk: Target) -> None:
    """R-HEALTH-07: no ping cuts a WaitEvent short, and silence is not judged meanwhile."""
    quick: dict[str, Any] = {"heartbeat_interval": 0.1, "heartbeat_timeout": 0.1, "read_timeout": 0.5}
    with client(asterisk, **quick) as pbx:
        session, longest = pbx.snapshot().session, 0.0
        for _ in range(5):  # any event of the server's ends one early, our own login's too
            begun = time.monotonic()
            pbx.send("WaitEvent", Timeout=1)
            longest = max(longest, time.monotonic() - begun)
            if longest > 0.8:
                break
        assert longest > 0.8
        assert pbx.state is State.READY
        assert pbx.snapshot().session == session


def test_an_action_that_times_out_leaves_the_session_alone(asterisk: Target) -> None:
    """R-CORR-06: its late answer is counted, and nothing else."""
    with client(asterisk) as pbx:
        asterisk.pause()
        with pytest.raises(ActionTimeout):
            pbx.send("Ping", timeout=0.2)
        asterisk.resume()
        assert eventually(lambda: pbx.snapshot().faults.get(Fault.UNMATCHED) == 1)
        assert pbx.send("Ping")["Ping"] == "Pong"


def test_two_versions_at_once_do_not_mix(asterisk_pair: tuple[Target, Target]) -> None:
    """Invariant 5."""
    with client(asterisk_pair[0], key="pbx") as newer, client(asterisk_pair[1], key="pbx") as older:
        for pbx, server in ((newer, asterisk_pair[0]), (older, asterisk_pair[1])):
            assert pbx.send("CoreSettings")["AsteriskVersion"].startswith(f"{server.version}.")


def test_nothing_is_left_behind(asterisk: Target) -> None:
    before = threading.active_count()
    for _ in range(5):
        with client(asterisk) as pbx:
            pbx.send("Ping")
    assert eventually(lambda: threading.active_count() <= before)
