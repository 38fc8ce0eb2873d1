"""One virtual TCP link: what is written here arrives there, later, in order and in pieces, or not at all.

At its far end is a session of the mock server, at its near end a driver. The link is the network and both
kernels: it has latency, segments, a send buffer of its own, and every way to end that TCP has.
"""

from collections import deque
from functools import partial
from random import Random

import ami_proto as ami
from conformance.server import Session
from conformance.server.timeline import Timeline

from .weather import Weather

SEND_BUFFER = 4096
"""Bytes that may be under way to the server; small, so that writing has to wait."""
SEGMENT_MAX = 1460


class Link:
    """A stream between a driver and a session, from its connect to its end."""

    def __init__(self, timeline: Timeline, random: Random, weather: Weather, session: Session) -> None:
        self.session = session
        self.weather = weather
        """What may go wrong from now on; the network clears it when it heals."""
        self.carries_up = True
        """Whether bytes still reach the server; `carries_down` likewise for the driver."""
        self.carries_down = True
        self.end: ami.Disconnect | None = None
        """How the stream ended for the driver, who learns it once everything before it was read."""
        self.closed = False
        """Whether the driver has closed it."""
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
        """Whether a write would take anything."""
        return self._under_way < SEND_BUFFER and self.end is None

    def read(self) -> bytes:
        """Return some of what has arrived, a segment at least; nothing at the end of the stream."""
        count = self._random.randint(1, len(self._arrived)) if self._arrived else 0
        return b"".join([self._arrived.popleft() for _ in range(count)])

    def write(self, data: bytes) -> int:
        """Send bytes; return how many were taken."""
        room = SEND_BUFFER - self._under_way
        if self.weather.short_writes:
            room = self._random.randint(0, room)
        taken = data[:room]
        self._under_way += len(taken)
        for segment in self._segments(taken):
            self._up_at = max(self._up_at, self._timeline.now + self._latency())
            self._timeline.after(self._up_at - self._timeline.now, partial(self._arrive_up, segment))
        return len(taken)

    def close(self) -> None:
        """Close the stream; the server learns it, if anything reaches it."""
        self.closed = True
        self._arrived.clear()
        self._timeline.after(self._latency(), self._hang_up)

    # -- the server's side

    def collect(self) -> None:
        """Send what the session has to say, and its end."""
        data = b"" if self.session.frozen else self.session.transmit()
        for segment in self._segments(data):
            self._schedule_down(partial(self._arrive_down, segment))
        if self.session.closed and not (self._finished or self.session.frozen):
            self._finished = True
            if self.session.reset:
                self.reset()
            else:
                self._schedule_down(partial(self._end, ami.Reason.EOF))

    # -- what befalls it

    def reset(self) -> None:
        """Break it by RST: what is under way is lost, and the driver knows at once."""
        self._arrived.clear()
        self._end(ami.Reason.RESET)
        self._hang_up()
        self.carries_up = self.carries_down = False

    def sever(self, *, up: bool = True, down: bool = True) -> None:
        """Carry nothing any more, and say nothing about it."""
        self.carries_up = self.carries_up and not up
        self.carries_down = self.carries_down and not down

    @property
    def sound(self) -> bool:
        """Whether it carries in both directions, and nobody has closed it."""
        return self.carries_up and self.carries_down and not self.session.closed and self.end is None

    # -- helpers

    def _arrive_up(self, segment: bytes) -> None:
        if self.carries_up:
            self._under_way -= len(segment)
            self.session.receive(segment, self._timeline.now)

    def _arrive_down(self, segment: bytes) -> None:
        if self.carries_down and not self.closed:
            self._arrived.append(segment)

    def _end(self, reason: ami.Reason) -> None:
        if self.carries_down and self.end is None:
            self.end = ami.Disconnect(reason)

    def _hang_up(self) -> None:
        if self.carries_up:
            self.session.handle_disconnected()

    def _schedule_down(self, deed: partial[None]) -> None:
        self._down_at = max(self._down_at, self._timeline.now + self._latency())
        self._timeline.after(self._down_at - self._timeline.now, deed)

    def _latency(self) -> float:
        return self._random.uniform(0.001, 1.0 if self.weather.slow else 0.01)

    def _segments(self, data: bytes) -> list[bytes]:
        """Cut bytes as a network does."""
        pieces: list[bytes] = []
        start = 0
        while start < len(data):
            size = self.session.piece_size or SEGMENT_MAX
            if self.weather.segments and size > 1:
                size = self._random.choice((self._random.randint(1, 20), self._random.randint(1, size)))
            pieces.append(data[start : start + size])
            start += size
        return pieces
