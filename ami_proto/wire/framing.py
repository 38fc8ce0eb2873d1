"""Cut a byte stream into frames: what ends a frame, and nothing about what it means.

The first line of a frame decides how the frame ends (R-WIRE-02):

* It ended in CRLF, as all real Asterisk frames do: the frame ends at an empty CRLF line, and a bare LF
  or CR is data, because dialplan data really carries them.
* It ended in a bare LF, as proxies and raw text replies do: LF and CRLF both end a line, and the first
  empty one ends the frame.
* It said `Response: Follows`: the frame is command output up to `--END COMMAND--` and an empty line.

There is one scan position, and no byte is looked at again once it was passed, so the cost is linear in
the bytes however they are cut. Whole frames are taken from the chunk they came in; only a frame that is
cut by the end of a chunk is copied into a buffer, and that buffer is bounded by `frame_size_max`.
"""

import re
from typing import Final, Generic, TypeVar

from ami_proto.values import Kind
from ami_proto.wire.banner import BANNER_NAME, BANNER_PREFIX, BANNER_SIZE_MAX
from ami_proto.wire.frame import NO_FIRST_LINE, FirstLine, Frame, LineStyle, classify
from ami_proto.wire.plain import cut_plain, skip_empty_lines

# The largest real frames are `Command` replies and `GetConfigJSON`, a few hundred kB.
FRAME_SIZE_MAX: Final = 4 * 1024 * 1024

# What is kept of an oversized frame. `Response`, `ActionID` and `Message` come first in every reply.
HEAD_SIZE_MAX: Final = 4096

# Beyond the limit, so that a frame which ends within it while its end is still being decided (the
# longest look ahead is `Response: `, 10 bytes) is not skipped.
_SLACK: Final = 16

# What is kept of the end of a frame being skipped: more than the longest terminator, or look ahead.
_TAIL_SIZE: Final = 32

# `Privilege: Command` and an echoed ActionID, which Asterisk cannot have read with more than 1022 bytes.
_FOLLOWS_HEADER_SIZE_MAX: Final = 1100

# Chunks are cut in windows, so that one odd frame costs its window the fast path, and not a whole backlog.
_WINDOW: Final = 64 * 1024

_END_CRLF: Final = re.compile(rb"\r\n\r?\n")
_END_LF: Final = re.compile(rb"\n\r?\n")
_END_FOLLOWS: Final = b"--END COMMAND--\r\n\r\n"
_END_FOLLOWS_LF: Final = re.compile(rb"--END COMMAND--\r?\n\r?\n")
_NEXT_FRAME: Final = (b"Event: ", b"Response: ")
_FOLLOWS_HEADERS: Final = (b"privilege:", b"actionid:")

_CR: Final = 13

F = TypeVar("F", bound=Frame)


class Framer(Generic[F]):
    """Turn the bytes of one stream into frames of a type. Never raises, whatever the bytes.

    `frame_size_max` counts every byte of a frame, its terminator included. A longer one is skipped
    with bounded memory and reported once, as OVERSIZED (R-WIRE-09).
    """

    __slots__ = (
        "_banner_due",
        "_body",
        "_dropped",
        "_first",
        "_frame_type",
        "_head",
        "_limit",
        "_rest",
        "_scan",
    )

    def __init__(self, frame_type: type[F], *, frame_size_max: int = FRAME_SIZE_MAX) -> None:
        self._frame_type = frame_type
        self._limit = frame_size_max
        self._banner_due = True
        # The open frame: its bytes, and what is known of it. Offsets count from its first kept byte.
        self._rest = bytearray()
        self._first: FirstLine | None = None
        self._body = -1
        self._scan = 0
        self._head = b""
        self._dropped = 0

    @property
    def buffered(self) -> int:
        """Bytes held back because their frame is not complete."""
        return len(self._rest) + len(self._head)

    def feed(self, data: bytes) -> list[F]:
        """Take the next bytes of the stream and return the frames they complete."""
        frames: list[F] = []
        if self._rest:
            if self._dropped or len(data) < len(self._rest):
                self._rest += data
                end = self._find_end(self._rest, 0, closing=False)
                if end < 0:
                    self._forget_middle()
                    return frames
                frames.append(self._finish(self._rest, 0, end))
                data = bytes(memoryview(self._rest)[end:])
            else:
                data = bytes(self._rest) + data  # looked at again, but never more than the new bytes
                self._close()
            self._rest = bytearray()
        self._take(data, frames)
        return frames

    def eof(self) -> list[F]:
        """Return what the end of the stream completes, then the torn rest as INCOMPLETE, if any."""
        rest = self._rest
        frames: list[F] = []
        if rest and rest != b"\r":
            end = self._find_end(rest, 0, closing=True)
            frames.append(self._finish(rest, 0, end if end >= 0 else len(rest), torn=end < 0))
        self._rest = bytearray()
        return frames

    def _take(self, data: bytes, frames: list[F]) -> None:
        """Cut a chunk that begins where a frame begins."""
        size = len(data)
        start = 0
        while self._banner_due and 0 <= start < size:
            start = self._step(data, start, frames)
        while 0 <= start < size:
            begin = start
            stop = min(begin + _WINDOW, size)
            if stop - begin <= self._limit:
                start, unfinished = cut_plain(self._frame_type, data, begin, stop, frames)
                if unfinished and stop == size:
                    self._rest += data[start:]
                    return
                if unfinished and start > begin:
                    continue  # the next window begins with it
            while 0 <= start < stop:
                start = self._step(data, start, frames)

    def _step(self, data: bytes, start: int, frames: list[F]) -> int:
        """Cut one frame of any sort, empty lines before it skipped.

        Return where it ends, or -1 when it does not end here: what there is of it is then buffered.
        """
        start = skip_empty_lines(data, start)
        if start == len(data):
            return -1
        if start == len(data) - 1 and data[start] == _CR:
            self._rest += b"\r"
            return -1
        end = self._find_end(data, start, closing=False)
        if end < 0:
            self._rest += data[start:]
            self._forget_middle()
            return -1
        frames.append(self._finish(data, start, end))
        return end

    def _find_end(self, data: bytes | bytearray, start: int, *, closing: bool) -> int:
        """Return where the open frame, which begins at `start`, ends; -1 when that is not known yet."""
        if self._first is None:
            newline = data.find(b"\n", start + self._scan)
            if newline < 0:
                self._scan = len(data) - start
                return -1
            self._open(data, start, newline)
        first = self._first
        assert first is not None  # set by _open
        if first.kind is Kind.BANNER:
            return start + self._scan + 1
        if first.follows:
            return self._find_follows_end(data, start, first.style)
        if first.style is LineStyle.LF:
            found = _END_LF.search(data, start + self._scan)
            if found:
                return found.end()
            self._scan = max(self._scan, len(data) - start - 2)
            return -1
        return self._find_crlf_end(data, start, first, closing)

    def _open(self, data: bytes | bytearray, start: int, newline: int) -> None:
        """Note what the first line says; of one that is being skipped, only how it ended."""
        line = bytes(data[start:newline])
        banner = self._banner_due and line.startswith(BANNER_PREFIX) and len(line) <= BANNER_SIZE_MAX
        self._scan = newline - start
        if self._dropped:
            self._first = first = classify(line[-1:])
        elif banner:
            self._first = first = FirstLine(line, LineStyle.LF, Kind.BANNER, BANNER_NAME)
        else:
            self._first = first = classify(line)
        # An error may come before the banner (a proxy, a full server); nothing else does.
        self._banner_due = self._banner_due and first.kind is Kind.RESPONSE
        if first.style is not LineStyle.LF:
            self._scan -= 1  # the CR of the first line may be the first byte of the terminator

    def _find_crlf_end(self, data: bytes | bytearray, start: int, first: FirstLine, closing: bool) -> int:
        while found := _END_CRLF.search(data, start + self._scan):
            end = found.end()
            if end - found.start() == 4:
                return end
            # `\r\n\n`: asterisk#761, where main/manager.c ended CoreShowChannelMapComplete with it.
            ahead = data[end : end + 10]
            if first.name == b"CoreShowChannelMapComplete" or ahead.startswith(_NEXT_FRAME):
                return end
            if not ahead and closing:
                return end
            if any(begin.startswith(ahead) for begin in _NEXT_FRAME):
                self._scan = found.start() - start
                return -1
            self._scan = end - start
        self._scan = max(self._scan, len(data) - start - 3)
        return -1

    def _find_follows_end(self, data: bytes | bytearray, start: int, style: LineStyle) -> int:
        if self._body < 0:
            body = _find_follows_body(data, start + self._scan, style)
            if body < 0:
                return -1
            self._body = self._scan = body - start
        if style is LineStyle.LF:
            found = _END_FOLLOWS_LF.search(data, start + self._scan)
            end = found.end() if found else -1
        else:
            end = data.find(_END_FOLLOWS, start + self._scan)
            end = end + len(_END_FOLLOWS) if end >= 0 else -1
        if end < 0:
            self._scan = max(self._scan, len(data) - start - len(_END_FOLLOWS) + 1)
        return end

    def _finish(self, data: bytes | bytearray, start: int, end: int, *, torn: bool = False) -> F:
        """Return the open frame, and be ready for the next one."""
        size = self._dropped + end - start
        first = self._first
        body = self._body
        if size > self._limit:
            raw = self._head or bytes(data[start : start + min(HEAD_SIZE_MAX, self._limit)])
            first = classify(raw[: raw.index(b"\n")]) if b"\n" in raw else NO_FIRST_LINE
            kind = Kind.OVERSIZED
        else:
            raw = bytes(data[start:end])
            first = first or NO_FIRST_LINE
            kind = Kind.INCOMPLETE if torn else first.kind
        terminator = b""
        if kind is first.kind and first.style is not LineStyle.LF and not first.follows:
            terminator = raw[-4:] if raw.endswith(b"\r\n\r\n") else raw[-3:]
        frame = self._frame_type(first, raw[len(first.line) : len(raw) - len(terminator)])
        if first.follows:
            body = (body if 0 <= body < len(raw) else len(raw)) - len(first.line)
        frame.set_odd(kind, terminator, body, size)
        self._close()
        return frame

    def _close(self) -> None:
        self._first = None
        self._body = -1
        self._scan = self._dropped = 0
        self._head = b""

    def _forget_middle(self) -> None:
        """Keep the head and the tail of an open frame that is too long already (R-WIRE-09)."""
        rest = self._rest
        first = self._first
        if not self._dropped and len(rest) <= self._limit + _SLACK:
            return
        if first is not None and first.follows and self._body < 0:
            return  # the headers before the body are bounded, and where the body begins must be seen
        drop = len(rest) - _TAIL_SIZE
        if drop <= 0:
            return
        if not self._dropped:
            self._head = bytes(rest[: min(HEAD_SIZE_MAX, self._limit)])
        del rest[:drop]
        self._dropped += drop
        self._scan -= drop


def _find_follows_body(data: bytes | bytearray, newline: int, style: LineStyle) -> int:
    """Return where the output begins behind `Response: Follows`, or -1 when that is not known yet.

    There may be a `Privilege` line (not in 1.0), then an `ActionID` line, and no empty line
    (13:main/manager.c:5290). Where lines end in CRLF, one that ends in LF is output already.
    """
    begin = data.find(b"\n", newline) + 1
    for name in _FOLLOWS_HEADERS:
        start = bytes(data[begin : begin + len(name)]).lower()
        if start != name:
            if name.startswith(start):
                return -1
            continue
        end = data.find(b"\n", begin, begin + _FOLLOWS_HEADER_SIZE_MAX)
        if end < 0 and len(data) < begin + _FOLLOWS_HEADER_SIZE_MAX:
            return -1
        if end < 0 or (style is not LineStyle.LF and data[end - 1] != _CR):
            break
        begin = end + 1
    return begin
