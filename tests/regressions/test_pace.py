"""Faults of the ancestor with time: reconnects too fast, delays untrue, and whose clock it was."""

import ast
from bisect import bisect_left
from dataclasses import replace
from pathlib import Path

import pytest
from virtual import Virtual

import ami_backends
import ami_proto
from ami_backends.telemetry.records import record_of
from ami_proto import ConnectScheduled, Reason, State, StateChanged
from conformance.playbook import SERVER, Playbook
from conformance.server import Fault, MockServer, User
from conformance.server.faults import Drop, LoggedIn


def test_5000_reconnects_a_second_against_a_server_that_drops_after_login() -> None:
    """R-HEALTH-05. A login reset the backoff, so a server that drops whom it let in was hammered."""
    server = MockServer(users=[User(SERVER.username, SERVER.secret)], faults=[Fault(LoggedIn(), Drop())])
    world = Virtual(SERVER, server)
    start = world.now
    world.machine.start(start)
    world.until(lambda: world.now > start + 60)
    attempts = [each.due for each in world.kept(ConnectScheduled)]
    assert len(attempts) > 5
    assert len([each for each in world.kept(StateChanged) if each.new is State.READY]) >= len(attempts) - 1
    busiest = max(bisect_left(attempts, due + 1.0) - place for place, due in enumerate(attempts))
    assert busiest <= 1 / SERVER.reconnect_min + 1
    assert len(attempts) < 60 / SERVER.reconnect_min / 10


def test_a_backoff_above_its_own_cap() -> None:
    """R-HEALTH-03. The jitter was added to the cap, and after a long night the power of two overflowed."""
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


def test_a_logged_delay_that_differs_from_the_real_one() -> None:
    """R-HEALTH-03. The delay was drawn once for the log and once for the timer; the breaker had a third."""
    play = Playbook(replace(SERVER, breaker_threshold=4, breaker_cooldown=7.0)).start()
    play.take(ConnectScheduled)
    for failures in range(1, 8):
        failed, session = play.now, play.session
        play.disconnect(Reason.REFUSED)
        (scheduled,) = play.take(ConnectScheduled)
        record = record_of(scheduled)
        assert record is not None
        assert record.fields["backoff"] == scheduled.delay
        assert scheduled.due == failed + scheduled.delay
        assert (scheduled.delay >= 7.0) == (failures >= 4)
        play.wait(scheduled.delay - 0.001)
        assert play.session == session
        play.wait(0.002)
        assert play.session != session


FOR_PEOPLE = {"cli/records.py", "cli/screen.py", "telemetry/records.py"}
"""Who may look at the wall clock: what writes a time for somebody to read."""
WALL_CLOCKS = {"datetime", "time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.strftime"}


def wall_clocks(source: str) -> set[str]:
    """Return which wall clocks a module looks at."""
    seen: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            seen |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            seen |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            seen.add(f"{node.value.id}.{node.attr}")
    return seen & WALL_CLOCKS


@pytest.mark.parametrize("package", [ami_proto, ami_backends], ids=lambda each: str(each.__name__))
def test_a_wall_clock_anywhere(package: object) -> None:
    """L1, invariant 1 (R-HEALTH-03). When the clock was set, every timer came at once, or an hour later."""
    root = Path(str(getattr(package, "__file__", ""))).parent
    modules = sorted(root.rglob("*.py"))
    assert len(modules) > 20
    found = {
        str(path.relative_to(root)): clocks
        for path in modules
        if (clocks := wall_clocks(path.read_text(encoding="utf-8")))
    }
    assert found.keys() <= FOR_PEOPLE, found
    assert wall_clocks("import time\nprint(time.time())") == {"time.time"}
