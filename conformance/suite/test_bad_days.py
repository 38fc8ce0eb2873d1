"""Servers that go away and come back: refusing, cut, frozen, stopped, killed; and slow readers."""

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
)
from conformance.laws.peer import PATIENCE, PeerConnection, PeerFactory
from conformance.mock import LoopbackServer, MockProcess, MockServer
from conformance.mock import PlannedFault as Planned
from conformance.mock.faults import DropMidFrame, Freeze, OnRequest
from conformance.mock.fixtures import MockServerFactory
from conformance.suite.backends import SuiteBackend, states_entered

ATTENTIVE: dict[str, Any] = {"heartbeat_interval": 0.05, "heartbeat_timeout": 0.05, "read_timeout": 5.0}
"""Options of a client that notices a silent server within a quarter of a second."""


@pytest.fixture
def mock_process() -> Iterator[MockProcess]:
    """Start the mock server as a process of its own."""
    with MockProcess() as process:
        yield process


# -- away, and back


async def test_a_server_that_refuses_and_comes_back(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-LIFE-03, R-HEALTH-06: five losses in a row, by EOF and by RST."""
    async with backend.connect(mock_server.port) as pbx:
        for number in range(5):
            await backend.aside(mock_server.stop_accepting)
            await backend.aside(link_dropper(mock_server, number % 2 == 0))
            assert await backend.eventually(lambda: not pbx.state.sending)
            with pytest.raises(NotReady):
                await pbx.send("Ping")
            await backend.aside(mock_server.resume_accepting)
            assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
    assert mock_server.accepted == 6


async def test_a_server_that_starts_later(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-LIFE-04: `retry` waits for it."""
    await backend.aside(mock_server.stop_accepting)
    task = await backend.spawn(pinged, backend, mock_server.port)
    await backend.sleep(0.05)
    await backend.aside(mock_server.resume_accepting)
    assert await task.result() == "Pong"


async def pinged(backend: SuiteBackend, port: int) -> str:
    """Connect with `retry`, and return the answer to a ping."""
    async with backend.connect(port, retry=True) as pbx:
        return str((await pbx.send("Ping"))["Ping"])


async def test_a_cut_in_the_middle_of_a_frame(
    backend: SuiteBackend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-CORR-07, R-WIRE-12, R-FLOW-06: half a frame is counted; the gap is in its place."""
    mock_core.faults.append(Planned(OnRequest(1, "UserEvent"), DropMidFrame(25), links=[1]))
    async with backend.connect(mock_server.port) as pbx:
        with pbx.events("UserEvent", marks=True) as subscription:
            with pytest.raises(ActionLost) as lost:
                await pbx.send("UserEvent", UserEvent="Lost")
            assert lost.value.cause.reason is Reason.EOF
            await pbx.send("UserEvent", UserEvent="Found", wait=True)
            assert isinstance(await subscription.get(PATIENCE), Gap)
            found = await subscription.get(PATIENCE)
            assert isinstance(found, Message)
            assert found["UserEvent"] == "Found"
        assert pbx.snapshot().faults == {Fault.INCOMPLETE: 1}


# -- there, and silent


async def test_a_half_open_connection_is_replaced(
    backend: SuiteBackend, mock_server: LoopbackServer, mock_core: MockServer
) -> None:
    """R-HEALTH-01: DEGRADED at the first unanswered ping, closed at the third."""
    mock_core.faults.append(Planned(OnRequest(3), Freeze(), links=[1]))
    notices: list[Notice] = []
    async with backend.connect(mock_server.port, on_notice=notices.append, **ATTENTIVE) as pbx:
        with pytest.raises(ActionLost) as lost:
            await pbx.send("Ping")
        assert lost.value.cause.reason is Reason.HEARTBEAT
        assert State.DEGRADED in states_entered(notices)
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
    assert mock_server.accepted == 2


async def test_a_server_that_sends_single_bytes_is_alive_and_its_action_times_out(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-CORR-06, R-HEALTH-02: each byte is a sign of life; the action ends at its own deadline."""

    def drip(connection: PeerConnection) -> None:
        connection.accept_login()
        action = connection.read_action()
        answer = f"Response: Success\r\nActionID: {action['ActionID']}\r\nPing: Pong\r\n\r\n".encode()
        for byte in answer[:20]:
            connection.send(bytes([byte]))
            time.sleep(0.01)
        connection.send(answer[20:])
        connection.serve()

    async with backend.connect(start_peer(drip).port, **ATTENTIVE) as pbx:
        session = pbx.snapshot().session
        with pytest.raises(ActionTimeout):
            await pbx.send("Command", Command="core show uptime", timeout=0.05)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().faults == {Fault.UNMATCHED: 1}
        assert pbx.snapshot().session == session


# -- the server's process


async def test_a_stopped_process_keeps_or_loses_its_session(
    backend: SuiteBackend, mock_process: MockProcess
) -> None:
    """R-HEALTH-01: SIGSTOP and SIGCONT. A client with long timeouts keeps its session, another does not."""
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
        assert State.DEGRADED in states_entered(seen)
        await backend.aside(mock_process.continue_process)
        assert (await held.result())["Ping"] == "Pong"
        assert (await leaver.send("Ping", wait=True))["Ping"] == "Pong"
        assert keeper.snapshot().session == kept
        assert leaver.snapshot().session != left


async def test_a_process_that_is_stopped_for_a_moment_keeps_its_session(
    backend: SuiteBackend, mock_process: MockProcess
) -> None:
    """R-HEALTH-01: DEGRADED, and READY again with the answer."""
    seen: list[Notice] = []
    options: dict[str, Any] = {**ATTENTIVE, "heartbeat_timeout": 0.5}
    async with backend.connect(mock_process.port, on_notice=seen.append, **options) as pbx:
        session = pbx.snapshot().session
        await backend.aside(mock_process.stop_process)
        assert await backend.eventually(lambda: pbx.state is State.DEGRADED)
        await backend.aside(mock_process.continue_process)
        assert await backend.eventually(lambda: states_entered(seen)[-2:] == [State.DEGRADED, State.READY])
        assert pbx.snapshot().session == session


async def test_a_process_that_is_killed_in_the_middle_of_an_action(
    backend: SuiteBackend, mock_process: MockProcess
) -> None:
    """R-CORR-07, R-FLOW-06: the action is lost once, and the gap is among the events."""
    async with backend.connect(mock_process.port) as pbx:
        with pbx.events("UserEvent", marks=True) as subscription:
            await pbx.send("UserEvent", UserEvent="Before")
            held = await backend.spawn(pbx.send, "WaitEvent", {"Timeout": 30})
            assert await backend.eventually(lambda: pbx.snapshot().actions_pending == 1)
            await backend.aside(mock_process.kill)
            with pytest.raises(ActionLost) as lost:
                await held.result()
            assert lost.value.cause.reason in (Reason.EOF, Reason.RESET)
            await backend.aside(mock_process.restart)
            await pbx.send("UserEvent", UserEvent="After", wait=True)
            before, gap, after = [await subscription.get(PATIENCE) for _ in range(3)]
        assert isinstance(before, Message)
        assert isinstance(gap, Gap)
        assert isinstance(after, Message)
        assert (before["UserEvent"], after["UserEvent"]) == ("Before", "After")


# -- our own side


async def test_a_reader_that_is_too_slow_is_cut_off(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-FLOW-02, R-FLOW-06: policy PAUSE drops nothing, until the server ends the session.

    Asterisk waits `writetimeout` for the kernel to take a frame, and then closes without a word.
    """
    server = await backend.aside(lambda: mock_server_factory(write_timeout=0.1))
    async with backend.connect(server.port) as pbx:
        with pbx.events("Big", marks=True, limit=100, policy=Overflow.PAUSE) as subscription:
            await backend.aside(server.call, push_big_events)
            assert await backend.eventually(lambda: not server.core.sessions)
            numbers = []
            while isinstance(item := await subscription.get(PATIENCE), Message):
                numbers.append(int(item["Number"]))
            assert isinstance(item, Gap)
        assert numbers == list(range(len(numbers)))
        assert 100 <= len(numbers) < BIG_COUNT
        assert pbx.snapshot().faults == {Fault.INCOMPLETE: 1}
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"


async def test_signals_during_a_wait(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-DRIVER-01: EINTR does no harm."""
    with repeated_alarms(0.005) as rung:
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
"""Bytes of one event; all events together exceed the buffers of two sockets."""


def push_big_events(core: MockServer) -> None:
    """Push large numbered events to every session."""
    for session in core.sessions.values():
        for number in range(BIG_COUNT):
            session.push(big_event(number))


def big_event(number: int) -> bytes:
    """Return one large event."""
    return b"Event: Big\r\nPrivilege: user,all\r\nNumber: %d\r\nFill: %b\r\n\r\n" % (number, b"x" * BIG_SIZE)


def link_dropper(server: LoopbackServer, by_reset: bool) -> Any:
    """Return a function that drops every link."""
    return lambda: server.drop_links(reset=by_reset)


@contextmanager
def repeated_alarms(seconds: float) -> Iterator[list[int]]:
    """Raise SIGALRM every so many seconds; give the list of the handled ones."""
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _frame: rung.append(number))
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield rung
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
