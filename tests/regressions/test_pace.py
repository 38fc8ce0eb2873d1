"""Delays and clocks. `Fault:` says what an earlier library did wrong."""

import ast
from bisect import bisect_left
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import ami_backends
import ami_proto
from ami_backends.telemetry.logs import log_entry
from ami_proto import ConnectScheduled, Reason, State, StateChanged
from conformance.laws.playbook import SERVER, Playbook
from conformance.mock import MockServer, MockUser, PlannedFault
from conformance.mock.faults import DropLink, OnLogin
from tests.perfect_network import PerfectNetwork


def test_backoff_grows_for_a_server_that_drops_after_each_login() -> None:
    """R-HEALTH-05. Fault: each login reset the backoff, and 5000 attempts a second followed."""
    server = MockServer(
        users=[MockUser(SERVER.username, SERVER.reveal_secret())],
        faults=[PlannedFault(OnLogin(), DropLink())],
    )
    world = PerfectNetwork(SERVER, server)
    start = world.now
    world.machine.start(start)
    world.until(lambda: world.now > start + 60)
    attempts = [each.due for each in world.notices_of(ConnectScheduled)]
    assert len(attempts) > 5
    assert (
        len([each for each in world.notices_of(StateChanged) if each.new is State.READY]) >= len(attempts) - 1
    )
    busiest = max(bisect_left(attempts, due + 1.0) - place for place, due in enumerate(attempts))
    assert busiest <= 1 / SERVER.reconnect_min + 1
    assert len(attempts) < 60 / SERVER.reconnect_min / 10


def test_no_delay_is_above_the_cap() -> None:
    """R-HEALTH-03. Fault: jitter was added to the cap, and after a thousand failures the power overflowed."""
    config = replace(SERVER, reconnect_min=0.5, reconnect_max=4.0, breaker_threshold=1_000_000)
    play = Playbook(config).start()
    play.take(ConnectScheduled)
    for _ in range(1100):
        play.disconnect(Reason.REFUSED).wait(config.reconnect_max)
    delays = [each.delay for each in play.take(ConnectScheduled)]
    assert len(delays) == 1100
    assert config.reconnect_min <= min(delays)
    assert max(delays) <= config.reconnect_max
    assert max(delays) > 0.9 * config.reconnect_max


def test_the_logged_delay_is_the_real_one() -> None:
    """R-HEALTH-03. Fault: the log, the timer and the breaker each drew a delay of their own."""
    play = Playbook(replace(SERVER, breaker_threshold=4, breaker_cooldown=7.0)).start()
    play.take(ConnectScheduled)
    for failures in range(1, 8):
        failed, session = play.now, play.session
        play.disconnect(Reason.REFUSED)
        (scheduled,) = play.take(ConnectScheduled)
        record = log_entry(scheduled)
        assert record is not None
        assert record.fields["backoff"] == scheduled.delay
        assert scheduled.due == failed + scheduled.delay
        assert (scheduled.delay >= 7.0) == (failures >= 4)
        play.wait(scheduled.delay - 0.001)
        assert play.session == session
        play.wait(0.002)
        assert play.session != session


FOR_READERS = {"cli", "sessions/log_records.py"}
"""Folders and modules that may read the wall clock: they write a time for people to read."""
WALL_CLOCKS = {"datetime", "time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.strftime"}


def wall_clocks(source: str) -> set[str]:
    """Return the wall clocks that a module names."""
    seen: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            seen |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            seen |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            seen.add(f"{node.value.id}.{node.attr}")
    return seen & WALL_CLOCKS


@pytest.mark.parametrize(("package", "allowed"), [(ami_proto, set()), (ami_backends, FOR_READERS)])
def test_only_text_for_people_uses_the_wall_clock(package: ModuleType, allowed: set[str]) -> None:
    """L1, invariant 1, R-HEALTH-03. Fault: setting the clock made timers due at once, or an hour late."""
    root = Path(str(package.__file__)).parent
    modules = sorted(root.rglob("*.py"))
    assert len(modules) > 20
    found = {
        path.relative_to(root): clocks
        for path in modules
        if (clocks := wall_clocks(path.read_text(encoding="utf-8")))
    }
    places = {path.as_posix() if path.as_posix() in allowed else path.parts[0] for path in found}
    assert places == allowed, found
    assert wall_clocks("import time\nprint(time.time())") == {"time.time"}
