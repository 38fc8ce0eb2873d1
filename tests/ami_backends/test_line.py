"""A line between socket and machine: what it waits for, whatever happens between two looks at it."""

import time
from collections import deque
from typing import Any

import pytest

from ami_backends._line import Line, Traffic
from ami_backends._stream import Phase
from ami_proto import Connect, Disconnect, Reason, SessionId, Watch

SESSION = SessionId("pbx", 1)


class Bytes:
    """As much of a machine as a line needs: bytes to write, and what came."""

    def __init__(self) -> None:
        self.outbound = deque[bytes]()
        self.received = b""

    def poll_transmit(self, _session: SessionId) -> bytes:
        return self.outbound[0] if self.outbound else b""

    def handle_sent(self, _session: SessionId, count: int, _now: float) -> None:
        piece = self.outbound.popleft()
        if count < len(piece):
            self.outbound.appendleft(piece[count:])

    def handle_received(self, _session: SessionId, data: bytes, _now: float) -> None:
        self.received += data


class Pipe:
    """A stream that is up and takes as much as it is told to."""

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
def line(machine: Bytes, pipe: Pipe) -> Line:
    stand_in: Any = machine
    line = Line(stand_in, Connect(SESSION, "127.0.0.1", 5038, None), {}, time.monotonic, Traffic())
    line.stream = pipe  # type: ignore[assignment]
    return line


def test_what_goes_at_once_is_not_waited_for(line: Line, machine: Bytes, pipe: Pipe) -> None:
    machine.outbound.append(b"all")
    pipe.room = 100
    line.watch(Watch(SESSION, read=True, write=True))
    assert not machine.outbound
    assert line.interest == (True, False)


def test_what_did_not_go_is_waited_for(line: Line, machine: Bytes, pipe: Pipe) -> None:
    """R-FLOW-04."""
    machine.outbound.append(b"half")
    pipe.room = 2
    line.watch(Watch(SESSION, read=True, write=True))
    assert line.interest == (True, True)
    pipe.room = 100
    line.handle_ready(readable=False, writable=True)
    assert not machine.outbound


def test_what_is_queued_behind_the_last_byte_is_not_forgotten(line: Line, machine: Bytes, pipe: Pipe) -> None:
    """R-FLOW-04, L10: the machine wants to write as before, so it says nothing new, and goes on waiting."""
    machine.outbound.append(b"full")
    line.watch(Watch(SESSION, read=True, write=True))
    pipe.room = 4
    line.handle_ready(readable=False, writable=True)
    machine.outbound.append(b"late")
    assert line.interest == (True, True)
    pipe.room = 4
    line.handle_ready(readable=False, writable=True)
    assert not machine.outbound
    line.watch(Watch(SESSION, read=True, write=False))
    assert line.interest == (True, False)


def test_what_was_said_before_a_write_failed_is_read(line: Line, machine: Bytes, pipe: Pipe) -> None:
    """R-WIRE-11."""
    machine.outbound.append(b"too late")
    pipe.room = Disconnect(Reason.RESET)
    pipe.inbound.extend([b"why", b" not", Disconnect(Reason.EOF)])
    line.watch(Watch(SESSION, read=True, write=True))
    assert machine.received == b"why not"
    assert line.failure == Disconnect(Reason.RESET)


def test_what_the_stream_needs_goes_first(line: Line, pipe: Pipe) -> None:
    line.watch(Watch(SESSION, read=True, write=False))
    pipe.wants_write = True
    assert line.interest == (False, True)
