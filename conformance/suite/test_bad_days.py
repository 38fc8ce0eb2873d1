"""Servers that go away: refused and back, cut, frozen, stopped, killed, and readers that are too slow."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ami_proto import (
    ActionLost,
    ActionTimeout,
    Fault,
    Gap,
    Message,
    Notice,
    NotReady,
    Overflow,
    Reason,
    State,
    StateChanged,
)
from conformance.peer import Line, PeerFactory
from conformance.server import Fault as Planned
from conformance.server import LoopbackServer, MockProcess, MockServer
from conformance.server.faults import Asked, Cut, Freeze
from conformance.server.fixtures import MockServerFactory
from conformance.suite.backends import Backend

PATIENCE = 10.0

ATTENTIVE: dict[str, Any] = {"heartbeat_interval": 0.05, "heartbeat_timeout": 0.05, "read_timeout": 5.0}
"""Options of a client that finds out soon."""


@pytest.fixture
def mock_process() -> Iterator[MockProcess]:
    """Give the mock as a process of its own."""
    with MockProcess() as process:
        yield process


def moves(notices: list[Notice]) -> list[State]:
    """Return the states that a connection came to."""
    return [notice.new for notice in notices if isinstance(notice, StateChanged)]


# -- away, and back


async def test_a_server_that_refuses_and_comes_back(backend: Backend, mock_server: LoopbackServer) -> None:
    """R-LIFE-03, R-HEALTH-06: five losses in a row, in order and by RST, five times back."""
    async with backend.connect(mock_server.port) as pbx:
        for number in range(5):
            await backend.aside(mock_server.stop_accepting)
            await backend.aside(cutting(mock_server, number % 2 == 0))
            assert await backend.eventually(lambda: not pbx.state.sending)
            with pytest.raises(NotReady):
                await pbx.send("Ping")
            await backend.aside(mock_server.resume_accepting)
            assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
    assert mock_server.accepted == 6


async def test_a_server_that_is_not_there_yet(backend: Backend, mock_server: LoopbackServer) -> None:
    """R-LIFE-04: `retry` waits for it."""
    await backend.aside(mock_server.stop_accepting)
    task = await backend.spawn(pinged, backend, mock_server.port)
    await backend.sleep(0.05)
    await backend.aside(mock_server.resume_accepting)
    assert await task.result() == "Pong"


async def pinged(backend: Backend, port: int) -> str:
    """Return the answer to a ping on a connection that waits for its server."""
    async with backend.connect(port, retry=True) as pbx:
        return str((await pbx.send("Ping"))["Ping"])


async def test_a_cut_in_the_middle_of_a_frame(
    backend: Backend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-CORR-07, R-WIRE-12, R-FLOW-06: half a frame is counted, and the gap is where it was."""
    mock_core.faults.append(Planned(Asked(1, "UserEvent"), Cut(25), links=[1]))
    async with backend.connect(mock_server.port) as pbx:
        with pbx.events("UserEvent", marks=True) as heard:
            with pytest.raises(ActionLost) as lost:
                await pbx.send("UserEvent", UserEvent="Lost")
            assert lost.value.cause.reason is Reason.EOF
            await pbx.send("UserEvent", UserEvent="Found", wait=True)
            assert isinstance(await heard.get(PATIENCE), Gap)
            found = await heard.get(PATIENCE)
            assert isinstance(found, Message)
            assert found["UserEvent"] == "Found"
        assert pbx.snapshot().faults == {Fault.INCOMPLETE: 1}


# -- there, and silent


async def test_a_half_open_link_is_left(
    backend: Backend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-HEALTH-01: DEGRADED at the first unanswered ping, left at the third, and replaced."""
    mock_core.faults.append(Planned(Asked(3), Freeze(), links=[1]))
    notices: list[Notice] = []
    async with backend.connect(mock_server.port, on_notice=notices.append, **ATTENTIVE) as pbx:
        with pytest.raises(ActionLost) as lost:
            await pbx.send("Ping")
        assert lost.value.cause.reason is Reason.HEARTBEAT
        assert State.DEGRADED in moves(notices)
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
    assert mock_server.accepted == 2


async def test_a_slow_loris_keeps_its_session_and_no_action(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-CORR-06, R-HEALTH-02: its drops are a sign of life, so that each action's own deadline judges."""

    def drip(line: Line) -> None:
        line.welcome()
        action = line.hear()
        answer = f"Response: Success\r\nActionID: {action['ActionID']}\r\nPing: Pong\r\n\r\n".encode()
        for byte in answer[:20]:
            line.say(bytes([byte]))
            time.sleep(0.01)
        line.say(answer[20:])
        line.serve()

    async with backend.connect(start_peer(drip).port, **ATTENTIVE) as pbx:
        session = pbx.snapshot().session
        with pytest.raises(ActionTimeout):
            await pbx.send("Command", Command="core show uptime", timeout=0.05)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().faults == {Fault.UNMATCHED: 1}
        assert pbx.snapshot().session == session


# -- the server's process


async def test_a_stopped_process_degrades_and_recovers_or_is_replaced(
    backend: Backend, mock_process: MockProcess
) -> None:
    """R-HEALTH-01: SIGSTOP and SIGCONT. A patient client keeps its session, a strict one does not."""
    port, seen = mock_process.port, list[Notice]()
    patient = {**ATTENTIVE, "heartbeat_timeout": PATIENCE / 3, "read_timeout": 4 * PATIENCE}
    async with (
        backend.connect(port, **patient, banner_timeout=0.2) as keeper,
        backend.connect(port, on_notice=seen.append, **ATTENTIVE, banner_timeout=0.2) as leaver,
    ):
        kept, left = keeper.snapshot().session, leaver.snapshot().session
        await backend.aside(mock_process.stop_process)
        held = await backend.spawn(keeper.send, "Ping")
        assert await backend.eventually(lambda: leaver.state not in (State.READY, State.DEGRADED))
        assert State.DEGRADED in moves(seen)
        await backend.aside(mock_process.continue_process)
        assert (await held.result())["Ping"] == "Pong"
        assert (await leaver.send("Ping", wait=True))["Ping"] == "Pong"
        assert keeper.snapshot().session == kept
        assert leaver.snapshot().session != left


async def test_a_process_that_is_stopped_for_a_moment_is_forgiven(
    backend: Backend, mock_process: MockProcess
) -> None:
    """R-HEALTH-01: DEGRADED, and READY with the answer, in the same session."""
    seen: list[Notice] = []
    options: dict[str, Any] = {**ATTENTIVE, "heartbeat_timeout": 0.5}
    async with backend.connect(mock_process.port, on_notice=seen.append, **options) as pbx:
        session = pbx.snapshot().session
        await backend.aside(mock_process.stop_process)
        assert await backend.eventually(lambda: pbx.state is State.DEGRADED)
        await backend.aside(mock_process.continue_process)
        assert await backend.eventually(lambda: moves(seen)[-2:] == [State.DEGRADED, State.READY])
        assert pbx.snapshot().session == session


async def test_a_process_that_is_killed_in_the_middle_of_an_action(
    backend: Backend, mock_process: MockProcess
) -> None:
    """R-CORR-07, R-FLOW-06: the action is lost once, and the gap stands in the events."""
    async with backend.connect(mock_process.port) as pbx:
        with pbx.events("UserEvent", marks=True) as heard:
            await pbx.send("UserEvent", UserEvent="Before")
            held = await backend.spawn(pbx.send, "WaitEvent", {"Timeout": 30})
            assert await backend.eventually(lambda: pbx.snapshot().actions_pending == 1)
            await backend.aside(mock_process.kill)
            with pytest.raises(ActionLost) as lost:
                await held.result()
            assert lost.value.cause.reason in (Reason.EOF, Reason.RESET)
            await backend.aside(mock_process.restart)
            await pbx.send("UserEvent", UserEvent="After", wait=True)
            before, gap, after = [await heard.get(PATIENCE) for _ in range(3)]
        assert isinstance(before, Message)
        assert isinstance(gap, Gap)
        assert isinstance(after, Message)
        assert (before["UserEvent"], after["UserEvent"]) == ("Before", "After")


# -- our own side


async def test_a_reader_slower_than_the_servers_patience_is_cut_off(
    backend: Backend, mock_server_factory: MockServerFactory
) -> None:
    """R-FLOW-02, R-FLOW-06: policy PAUSE loses nothing, and the server's patience ends the session.

    Asterisk waits `writetimeout` for the kernel to take a frame, and goes without a word.
    """
    server = await backend.aside(lambda: mock_server_factory(write_timeout=0.1))
    async with backend.connect(server.port) as pbx:
        with pbx.events("Big", marks=True, limit=100, policy=Overflow.PAUSE) as heard:
            await backend.aside(server.call, pour)
            assert await backend.eventually(lambda: not server.core.sessions)
            numbers = []
            while isinstance(item := await heard.get(PATIENCE), Message):
                numbers.append(int(item["Number"]))
            assert isinstance(item, Gap)
        assert numbers == list(range(len(numbers)))
        assert 100 <= len(numbers) < BIG_COUNT
        assert pbx.snapshot().faults == {Fault.INCOMPLETE: 1}
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"


async def test_signals_during_a_wait(backend: Backend, mock_server: LoopbackServer) -> None:
    """R-DRIVER-01: EINTR is harmless."""
    with ringing(0.005) as rung:
        async with backend.connect(mock_server.port) as pbx:
            for _ in range(3):
                with pytest.raises(ActionTimeout):
                    await pbx.send("WaitEvent", {"Timeout": 1}, timeout=0.05)
            assert pbx.state is State.READY
            assert pbx.snapshot().session is not None
    assert len(rung) > 5
    assert mock_server.accepted == 1


# -- faults


BIG_COUNT = 4_000

BIG_SIZE = 8_000
"""Bytes of one event; all of them are more than the kernel keeps for two sockets."""


def pour(core: MockServer) -> None:
    """Push large numbered events at everybody."""
    for session in core.sessions.values():
        for number in range(BIG_COUNT):
            session.push(big(number))


def big(number: int) -> bytes:
    """Make a large event."""
    return b"Event: Big\r\nPrivilege: user,all\r\nNumber: %d\r\nFill: %b\r\n\r\n" % (number, b"x" * BIG_SIZE)


def cutting(server: LoopbackServer, by_reset: bool) -> Any:
    """Return what cuts every link."""
    return lambda: server.drop_links(reset=by_reset)


@contextmanager
def ringing(seconds: float) -> Iterator[list[int]]:
    """Have a signal come again and again; give the list of those that were handled."""
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _frame: rung.append(number))
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield rung
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
