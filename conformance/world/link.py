"""One virtual TCP connection: bytes arrive at the other side later, in order, in pieces, or not at all.

On one side is a driver, on the other a session of the mock server. The link stands for the network and both
kernels: latency, segments, a send buffer, and every way in which TCP ends.
"""

import re
from collections import deque
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Protocol

import ami_proto as ami
from conformance.mock import MockSession
from conformance.mock.timeline import Timeline

from .weather import Weather

SEND_BUFFER = 4096
"""Bytes that may be on their way to the server; few, so that writing has to wait."""
SEGMENT_MAX = 1460
ORDER = 1e-6
"""Seconds between two segments: more than the rounding of a time, so that they never change places."""
SEGMENTS_READ_MAX = 65_536 // SEGMENT_MAX
"""Segments of one read: a read is at most 64 KiB."""
_ACTION_ID = re.compile(rb"ActionID: (.*?)\r\n")


class BytesLedger(Protocol):
    """What is entered of the bytes of one session."""

    def ask(self, data: bytes, now: float) -> None:
        """Enter bytes that reached the server."""

    def tell(self, data: bytes, now: float) -> None:
        """Enter bytes that left the server."""


class SimulatedLink:
    """A stream between a driver and a session of the server, from its connect to its end."""

    def __init__(
        self,
        timeline: Timeline,
        random: Random,
        weather: Weather,
        session: MockSession,
        ledger: BytesLedger,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """Call `wake` whenever there may be something to read, or room to write."""
        self.session = session
        self.ledger = ledger
        """What the server was asked and told here."""
        self.weather = weather
        """The troubles from now on; the network removes them when it heals."""
        self.carries_up = True
        """Whether bytes still reach the server; `carries_down` likewise for the driver."""
        self.carries_down = True
        self.end: ami.Disconnect | None = None
        """How the stream ended. The driver learns that after it has read everything before."""
        self.closed = False
        """Whether the driver has closed it."""
        self.action_id = b""
        """The latest ActionID that the driver has written."""
        self._wake = wake
        self._timeline = timeline
        self._random = random
        self._arrived: deque[bytes] = deque()
        self._under_way = 0
        self._up_at = self._down_at = 0.0
        self._finished = False

    # -- the driver's side

    @property
    def readable(self) -> bool:
        """Whether there are bytes, or the end of the stream."""
        return bool(self._arrived) or self.end is not None

    @property
    def writable(self) -> bool:
        """Whether a write would take any bytes."""
        return self._under_way < SEND_BUFFER and self.end is None

    def read(self) -> bytes:
        """Return some of the received bytes, at least a segment; nothing at the end of the stream."""
        most = min(len(self._arrived), SEGMENTS_READ_MAX)
        count = self._random.randint(1, most) if most else 0
        return b"".join([self._arrived.popleft() for _ in range(count)])

    def write(self, data: bytes) -> int:
        """Send bytes; return how many were taken."""
        room = SEND_BUFFER - self._under_way
        if self.weather.short_writes:
            room = self._random.randint(0, room)
        taken = data[:room]
        for found in _ACTION_ID.finditer(taken):
            self.action_id = found[1]
        self._under_way += len(taken)
        for segment in self._segments(taken):
            self._up_at = max(self._up_at + ORDER, self._timeline.now + self._latency())
            self._timeline.after(self._up_at - self._timeline.now, partial(self._arrive_up, segment))
        return len(taken)

    def close(self) -> None:
        """Close the stream; the server learns that if anything reaches it."""
        self.closed = True
        self._arrived.clear()
        self._timeline.after(self._latency(), self._hang_up)

    # -- the server's side

    def collect(self) -> None:
        """Send the session's output, and its end."""
        data = b"" if self.session.frozen else self.session.transmit()
        self.ledger.tell(data, self._timeline.now)
        for segment in self._segments(data):
            self._schedule_down(partial(self._arrive_down, segment))
        if self.session.closed and not (self._finished or self.session.frozen):
            self._finished = True
            if self.session.reset:
                self.reset()
            else:
                self._schedule_down(partial(self._end, ami.Reason.EOF))

    # -- troubles

    def reset(self) -> None:
        """Break it by RST: bytes on their way are lost, and the driver knows at once."""
        self._arrived.clear()
        self._end(ami.Reason.RESET)
        self._hang_up()
        self.carries_up = self.carries_down = False

    def sever(self, *, up: bool = True, down: bool = True) -> None:
        """Carry nothing from now on, and report nothing."""
        self.carries_up = self.carries_up and not up
        self.carries_down = self.carries_down and not down

    def hold(self, until: float, *, up: bool) -> None:
        """Let nothing that is sent from now on arrive in one direction before a time."""
        if up:
            self._up_at = max(self._up_at, until)
        else:
            self._down_at = max(self._down_at, until)

    @property
    def sound(self) -> bool:
        """Whether it carries in both directions, and neither side has closed it."""
        return self.carries_up and self.carries_down and not self.session.closed and self.end is None

    # -- helpers

    def _arrive_up(self, segment: bytes) -> None:
        if self.carries_up:
            self._under_way -= len(segment)
            self.ledger.ask(segment, self._timeline.now)
            self.session.receive(segment, self._timeline.now)
            self._wake()

    def _arrive_down(self, segment: bytes) -> None:
        if self.carries_down and not self.closed:
            self._arrived.append(segment)
            self._wake()

    def _end(self, reason: ami.Reason) -> None:
        if self.carries_down and self.end is None:
            self.end = ami.Disconnect(reason)
            self._wake()

    def _hang_up(self) -> None:
        if self.carries_up:
            self.session.handle_disconnected()

    def _schedule_down(self, deed: partial[None]) -> None:
        self._down_at = max(self._down_at + ORDER, self._timeline.now + self._latency())
        self._timeline.after(self._down_at - self._timeline.now, deed)

    def _latency(self) -> float:
        return self._random.uniform(0.001, 1.0 if self.weather.slow else 0.01)

    def _segments(self, data: bytes) -> list[bytes]:
        """Cut bytes into segments."""
        pieces: list[bytes] = []
        start = 0
        while start < len(data):
            size = self.session.piece_size or SEGMENT_MAX
            if self.weather.segments and size > 1:
                size = self._random.choice((self._random.randint(1, 20), self._random.randint(1, size)))
            pieces.append(data[start : start + size])
            start += size
        return pieces
