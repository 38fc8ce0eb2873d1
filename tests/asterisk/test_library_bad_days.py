"""Real Asterisk is killed, stopped, paused or busy; every action ends and the client reconnects."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ami_proto import ActionLost, ActionTimeout, Fault, NotReady, Reason, State
from conformance.asterisk.targets import AsteriskTarget
from conformance.laws.peer import PATIENCE
from conformance.suite.leaks import eventually
from tests.real_asterisk import client

pytestmark = pytest.mark.asterisk
BOOT = 60.0
"""Seconds that a server may take to start on a loaded machine; two are usual."""


def test_a_killed_server_ends_pending_actions_and_the_client_reconnects(asterisk: AsteriskTarget) -> None:
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


def test_an_action_that_stops_the_server_is_lost(asterisk: AsteriskTarget) -> None:
    """Invariant 3: Asterisk does not answer `core stop now`, so the action is lost and not a success."""
    with client(asterisk) as pbx:
        asterisk.local("ours")  # skips the test for a user's own server, which must not be stopped
        with pytest.raises(ActionLost, match="connection lost"):
            pbx.send("Command", Command="core stop now")
        asterisk.kill()
        asterisk.start()
        assert pbx.send("Ping", wait=True, timeout=BOOT)["Ping"] == "Pong"


def test_a_blocking_action_is_not_taken_for_a_dead_server(asterisk: AsteriskTarget) -> None:
    """R-HEALTH-07: no ping ends a WaitEvent early, and its silence is not taken for a dead server."""
    quick: dict[str, Any] = {"heartbeat_interval": 0.1, "heartbeat_timeout": 0.1, "read_timeout": 0.5}
    with client(asterisk, **quick) as pbx:
        session, longest = pbx.snapshot().session, 0.0
        for _ in range(5):  # any event ends one early, even that of our own login
            begun = time.monotonic()
            pbx.send("WaitEvent", Timeout=1)
            longest = max(longest, time.monotonic() - begun)
            if longest > 0.8:
                break
        assert longest > 0.8
        assert pbx.state is State.READY
        assert pbx.snapshot().session == session


def test_a_timeout_leaves_the_session_alone(asterisk: AsteriskTarget) -> None:
    """R-CORR-06: the late reply is counted as unmatched; nothing else happens."""
    with client(asterisk) as pbx:
        asterisk.pause()
        with pytest.raises(ActionTimeout):
            pbx.send("Ping", timeout=0.2)
        asterisk.resume()
        assert eventually(lambda: pbx.snapshot().faults.get(Fault.UNMATCHED) == 1)
        assert pbx.send("Ping")["Ping"] == "Pong"


def test_two_versions_at_once_do_not_mix(asterisk_pair: tuple[AsteriskTarget, AsteriskTarget]) -> None:
    """Invariant 5: two servers with the same key in one process."""
    with client(asterisk_pair[0], key="pbx") as newer, client(asterisk_pair[1], key="pbx") as older:
        for pbx, server in ((newer, asterisk_pair[0]), (older, asterisk_pair[1])):
            assert pbx.send("CoreSettings")["AsteriskVersion"].startswith(f"{server.version}.")


def test_a_closed_client_leaves_no_thread(asterisk: AsteriskTarget) -> None:
    before = threading.active_count()
    for _ in range(5):
        with client(asterisk) as pbx:
            pbx.send("Ping")
    assert eventually(lambda: threading.active_count() <= before)
