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

# What is kept of the end of a frame being skipped: more than the longest terminator, or look ahead (10
# bytes, `Response: `). A frame is let grow so far beyond the limit, because its end may lie before that.
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

F = TypeVar("F", bound=Frame)


class Framer(Generic[F]):
    """Turn the bytes of one stream into frames of a type. Never raises, whatever the bytes.

    `frame_size_max`, at least 1, counts every byte of a frame, its terminator included. A longer one is
    skipped with bounded memory and reported once, as OVERSIZED (R-WIRE-09).
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
        "_window",
    )
    # What is known of the open frame. Offsets count from its first kept byte.
    _first: FirstLine | None
    _body: int | None
    _scan: int
    _dropped: int
    _head: bytes

    def __init__(self, frame_type: type[F], *, frame_size_max: int = FRAME_SIZE_MAX) -> None:
        self._frame_type = frame_type
        self._limit = frame_size_max
        self._window = min(_WINDOW, frame_size_max)  # no frame within one is too long
        self._banner_due = True
        self._rest = bytearray()
        self._close()

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
                if end is None:
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
            frames.append(self._finish(rest, 0, len(rest) if end is None else end, torn=end is None))
        self._rest = bytearray()
        return frames

    def _take(self, data: bytes, frames: list[F]) -> None:
        """Cut a chunk that begins where a frame begins."""
        size = len(data)
        start = 0
        while self._banner_due and start < size:
            start = self._step(data, start, frames)
        while start < size:
            stop = min(start + self._window, size)
            start, unfinished = cut_plain(self._frame_type, data, start, stop, frames)
            if not unfinished:
                while start < stop:
                    start = self._step(data, start, frames)
            elif stop == size:
                self._rest += data[start:]
                return

    def _step(self, data: bytes, start: int, frames: list[F]) -> int:
        """Cut one frame of any sort, empty lines before it skipped, and return where the rest begins.

        There is no rest when the frame does not end here: what there is of it is then buffered.
        """
        start = skip_empty_lines(data, start)
        end = self._find_end(data, start, closing=False)
        if end is None:
            self._rest += data[start:]
            self._forget_middle()
            return len(data)
        frames.append(self._finish(data, start, end))
        return end

    def _find_end(self, data: bytes | bytearray, start: int, *, closing: bool) -> int | None:
        """Return where the open frame, which begins at `start`, ends; None when that is not known yet."""
        first = self._first or self._open(data, start)
        if first is None:
            return None
        if first.kind is Kind.BANNER:
            return start + len(first.line) + 1
        if first.follows:
            return self._find_follows_end(data, start, first.style)
        if first.style is LineStyle.LF:
            found = _END_LF.search(data, start + self._scan)
            self._scan = max(self._scan, len(data) - start - 2)
            return found.end() if found else None
        return self._find_crlf_end(data, start, first, closing)

    def _open(self, data: bytes | bytearray, start: int) -> FirstLine | None:
        """Note what the first line says once it has ended; of one that is being skipped, only how."""
        newline = data.find(b"\n", start + self._scan)
        if newline == -1:
            self._scan = len(data) - start
            return None
        line = bytes(data[start:newline])
        banner = self._banner_due and line.startswith(BANNER_PREFIX) and len(line) <= BANNER_SIZE_MAX
        self._scan = newline - start - 1  # where a CR is that may be the first byte of the terminator
        if self._dropped:
            self._first = first = classify(line[-1:])
        elif banner:
            self._first = first = FirstLine(line, LineStyle.LF, Kind.BANNER, BANNER_NAME)
        else:
            self._first = first = classify(line)
        # An error may come before the banner (a proxy, a full server); nothing else does.
        self._banner_due = self._banner_due and first.kind is Kind.RESPONSE
        return first

    def _find_crlf_end(
        self, data: bytes | bytearray, start: int, first: FirstLine, closing: bool
    ) -> int | None:
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
                return None
            self._scan = end - start
        self._scan = max(self._scan, len(data) - start - 3)
        return None

    def _find_follows_end(self, data: bytes | bytearray, start: int, style: LineStyle) -> int | None:
        if self._body is None:
            body = _find_follows_body(data, start + self._scan, style)
            if body is None:
                return None
            self._body = self._scan = body - start
        if style is LineStyle.LF:
            found = _END_FOLLOWS_LF.search(data, start + self._scan)
            end = found.end() if found else None
        else:
            begin = data.find(_END_FOLLOWS, start + self._scan)
            end = None if begin == -1 else begin + len(_END_FOLLOWS)
        self._scan = max(self._scan, len(data) - start - len(_END_FOLLOWS) + 1)
        return end

    def _finish(self, data: bytes | bytearray, start: int, end: int, *, torn: bool = False) -> F:
        """Return the open frame, and be ready for the next one."""
        size = self._dropped + end - start
        first = self._first
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
        body = -1
        if first.follows:
            body = min(len(raw) if self._body is None else self._body, len(raw)) - len(first.line)
        frame.set_odd(kind, terminator, body, size)
        self._close()
        return frame

    def _close(self) -> None:
        self._first = self._body = None
        self._scan = self._dropped = 0
        self._head = b""

    def _forget_middle(self) -> None:
        """Keep the head and the tail of an open frame that is too long already (R-WIRE-09)."""
        rest = self._rest
        first = self._first
        if not self._dropped and len(rest) <= self._limit + _TAIL_SIZE:
            return
        if first is not None and first.follows and self._body is None:
            return  # the headers before the body are bounded, and where the body begins must be seen
        if not self._dropped:
            self._head = bytes(rest[: min(HEAD_SIZE_MAX, self._limit)])
        drop = len(rest) - _TAIL_SIZE
        del rest[:drop]
        self._dropped += drop
        self._scan -= drop


def _find_follows_body(data: bytes | bytearray, first_line: int, style: LineStyle) -> int | None:
    """Return where the output begins behind `Response: Follows`, or None when that is not known yet.

    There may be a `Privilege` line (not in 1.0), then an `ActionID` line, and no empty line
    (13:main/manager.c:5290). Where lines end in CRLF, one that ends in LF is output already.
    """
    line_end = b"\n" if style is LineStyle.LF else b"\r\n"
    begin = data.find(b"\n", first_line) + 1
    for name in _FOLLOWS_HEADERS:
        end = data.find(b"\n", begin, begin + _FOLLOWS_HEADER_SIZE_MAX) + 1
        line = bytes(data[begin : end or begin + _FOLLOWS_HEADER_SIZE_MAX]).lower()
        if not name.startswith(line[: len(name)]):
            continue
        if not end and len(line) < _FOLLOWS_HEADER_SIZE_MAX:
            return None
        if line.endswith(line_end):
            begin = end
    return begin
