"""The faults of a proxy, and what they do to one direction of a link."""

import math
from dataclasses import dataclass, field
from typing import Literal

PIECE_MAX = 65_536
"""Most bytes per read and per write."""
THROTTLE_STEP = 0.02
"""Seconds between the pieces of a throttled direction, at rates above 50 bytes per second."""


@dataclass(frozen=True)
class ProxyFault:
    """A fault of a link, in one direction or both. This one harms nothing."""

    towards: Literal["client", "server", "both"] = field(default="client", kw_only=True)


@dataclass(frozen=True)
class Latency(ProxyFault):
    """Each byte, and the end of the stream, arrives `seconds` later."""

    seconds: float


@dataclass(frozen=True)
class Throttle(ProxyFault):
    """`rate` bytes per second, more than 0."""

    rate: float

    def __post_init__(self) -> None:
        if not 0 < self.rate < math.inf:
            raise ValueError("rate is a number of bytes per second above 0")


@dataclass(frozen=True)
class OneByte(ProxyFault):
    """Each byte is a segment of its own. A reader that is slower than the proxy finds several at once."""


@dataclass(frozen=True)
class SlowLoris(OneByte):
    """One byte each `interval` seconds."""

    interval: float


@dataclass(frozen=True)
class HalfClose(ProxyFault):
    """One direction ends in order; the other direction goes on."""


@dataclass(frozen=True)
class BlackHole(ProxyFault):
    """Nothing is carried while this is set, and nothing is lost."""

    towards: Literal["client", "server", "both"] = field(default="both", kw_only=True)


@dataclass(frozen=True)
class CutAfter(ProxyFault):
    """The link ends after `count` bytes."""

    count: int
    reset: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class CutFrame(ProxyFault):
    """The link ends in the middle of a frame. Number 1 is the first frame that begins after `set`."""

    number: int = 1
    offset: int = 16
    reset: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Drop(CutAfter):
    """The link ends at once."""

    count: int = field(default=0, init=False)
    towards: Literal["client", "server", "both"] = field(default="both", kw_only=True)


@dataclass(frozen=True)
class Reset(Drop):
    """The link ends at once, by RST."""

    reset: bool = field(default=True, init=False)


def piece_max(fault: ProxyFault) -> int:
    """Return the most bytes of one write."""
    if isinstance(fault, Throttle):
        return max(1, min(PIECE_MAX, int(fault.rate * THROTTLE_STEP)))
    return 1 if isinstance(fault, OneByte) else PIECE_MAX


def rest_after(fault: ProxyFault, size: int) -> float:
    """Return the seconds without a write after one of so many bytes."""
    if isinstance(fault, Throttle):
        return size / fault.rate
    return fault.interval if isinstance(fault, SlowLoris) else 0.0


class CarriedBytes:
    """What one direction has carried, and how much more its cuts let pass."""

    def __init__(self) -> None:
        self._count = 0  # bytes since the faults were set
        self._frame = 1  # the number of the current frame; 0 if it had begun when the faults were set
        self._size = 0  # bytes of the current frame so far
        self._tail = b""  # its last three: an end may be spread over several reads

    def mark(self) -> None:
        """Count from now on."""
        self._count, self._frame = 0, 0 if self._size else 1

    def add(self, data: bytes) -> None:
        """Count bytes that were written."""
        self._count += len(data)
        if ends := self._frame_ends(data):
            self._frame += len(ends)
            self._size, self._tail, data = 0, b"", data[ends[-1] :]
        self._size += len(data)
        self._tail = (self._tail + data)[-3:]

    def room(self, fault: ProxyFault, data: bytes) -> float:
        """Return how many bytes of `data`, which come next, a fault lets pass before it ends the link."""
        if isinstance(fault, CutAfter):
            return fault.count - self._count
        if not isinstance(fault, CutFrame):
            return math.inf
        frame, start = self._frame, -self._size
        for end in self._frame_ends(data):
            if frame == fault.number:
                return min(start + fault.offset, end - 1)
            frame, start = frame + 1, end
        return start + fault.offset if frame == fault.number else math.inf

    def _frame_ends(self, data: bytes) -> list[int]:
        text, ends, start = self._tail + data, [], 0
        while (end := text.find(b"\r\n\r\n", start)) >= 0:
            start = end + 4
            ends.append(start - len(self._tail))
        return ends
