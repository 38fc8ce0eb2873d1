"""One session's I/O: which readiness it waits for, and when bytes move without a wait."""

import time
from collections import deque
from typing import Any

import pytest

from ami_backends.sessions.session_io import ByteCounts, SessionIO
from ami_backends.sessions.stream import Phase
from ami_proto import Disconnect, Reason
from ami_proto.drivers import Connect, SessionId, Watch

SESSION = SessionId("pbx", 1)


class Bytes:
    """The part of a machine that a session uses: bytes to write, and bytes received."""

    def __init__(self) -> None:
        self.outbound = deque[bytes]()
        self.received = b""
        self.drained: list[float] = []

    def handle_drained(self, _session: SessionId, looked_at: float) -> None:
        self.drained.append(looked_at)

    def poll_transmit(self, _session: SessionId) -> bytes:
        return self.outbound[0] if self.outbound else b""

    def handle_sent(self, _session: SessionId, count: int, _now: float) -> None:
        piece = self.outbound.popleft()
        if count < len(piece):
            self.outbound.appendleft(piece[count:])

    def handle_received(self, _session: SessionId, data: bytes, _now: float) -> None:
        self.received += data


class Pipe:
    """A stream that is up and takes `room` bytes."""

    phase = Phase.UP
    wants_read = wants_write = pending = False

    def __init__(self) -> None:
        self.room: int | Disconnect = 0
        self.inbound: deque[bytes | Disconnect] = deque()

    def transmit(self, piece: bytes) -> int | Disconnect:
        if isinstance(self.room, Disconnect):
            return self.room
        count = min(self.room, len(piece))
        self.room -= count
        return count

    def receive(self) -> bytes | Disconnect:
        return self.inbound.popleft() if self.inbound else b""


@pytest.fixture
def machine() -> Bytes:
    return Bytes()


@pytest.fixture
def pipe() -> Pipe:
    return Pipe()


@pytest.fixture
def session_io(machine: Bytes, pipe: Pipe) -> SessionIO:
    stand_in: Any = machine
    session_io = SessionIO(
        stand_in, Connect(SESSION, "127.0.0.1", 5038, None), {}, time.monotonic, ByteCounts()
    )
    session_io.stream = pipe  # type: ignore[assignment]
    return session_io


def test_bytes_that_go_at_once_need_no_wait(session_io: SessionIO, machine: Bytes, pipe: Pipe) -> None:
    machine.outbound.append(b"all")
    pipe.room = 100
    session_io.watch(Watch(SESSION, read=True, write=True))
    assert not machine.outbound
    assert session_io.interest == (True, False)


def test_bytes_left_over_are_waited_for(session_io: SessionIO, machine: Bytes, pipe: Pipe) -> None:
    """R-FLOW-04."""
    machine.outbound.append(b"half")
    pipe.room = 2
    session_io.watch(Watch(SESSION, read=True, write=True))
    assert session_io.interest == (True, True)
    pipe.room = 100
    session_io.handle_ready(readable=False, writable=True)
    assert not machine.outbound


def test_bytes_queued_after_the_last_one_are_not_forgotten(
    session_io: SessionIO, machine: Bytes, pipe: Pipe
) -> None:
    """R-FLOW-04, L10: the machine wants to write as before, so it emits no `Watch` for them."""
    machine.outbound.append(b"full")
    session_io.watch(Watch(SESSION, read=True, write=True))
    pipe.room = 4
    session_io.handle_ready(readable=False, writable=True)
    machine.outbound.append(b"late")
    assert session_io.interest == (True, True)
    pipe.room = 4
    session_io.handle_ready(readable=False, writable=True)
    assert not machine.outbound
    session_io.watch(Watch(SESSION, read=True, write=False))
    assert session_io.interest == (True, False)
    machine.outbound.append(b"more")
    pipe.room = 4
    session_io.watch(Watch(SESSION, read=True, write=True))
    assert session_io.interest == (True, False), "the kernel has room again"


def test_bytes_that_came_before_a_write_failed_are_read(
    session_io: SessionIO, machine: Bytes, pipe: Pipe
) -> None:
    """R-WIRE-11."""
    machine.outbound.append(b"too late")
    pipe.room = Disconnect(Reason.RESET)
    pipe.inbound.extend([b"why", b" not", Disconnect(Reason.EOF)])
    session_io.watch(Watch(SESSION, read=True, write=True))
    assert machine.received == b"why not"
    assert session_io.failure == Disconnect(Reason.RESET)


def test_a_read_that_found_nothing_is_dated_by_its_beginning(machine: Bytes, pipe: Pipe) -> None:
    """R-TIME-02: bytes that come during the read were not there when it began."""
    stand_in: Any = machine
    now = iter(range(100, 200))
    session_io = SessionIO(stand_in, Connect(SESSION, "127.0.0.1", 5038, None), {}, lambda: float(next(now)))
    session_io.stream = pipe  # type: ignore[assignment]
    session_io.watch(Watch(SESSION, read=True, write=False))
    receive, begun = pipe.receive, []

    def slow() -> bytes | Disconnect:
        begun.append(next(now))  # time passes while the kernel is asked
        return receive()

    pipe.receive = slow  # type: ignore[method-assign]
    pipe.inbound.append(b"some")
    session_io.look()
    session_io.handle_ready(readable=True, writable=False)
    assert machine.drained == []
    session_io.handle_ready(readable=True, writable=False)
    assert len(machine.drained) == 1
    assert machine.drained[0] < begun[1]
    session_io.handle_ready(readable=True, writable=False)
    assert len(machine.drained) == 1, "nobody has asked for another look"


def test_the_needs_of_the_stream_come_first(session_io: SessionIO, pipe: Pipe) -> None:
    session_io.watch(Watch(SESSION, read=True, write=False))
    pipe.wants_write = True
    assert session_io.interest == (False, True)
