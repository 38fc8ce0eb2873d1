"""Cut a byte stream into frames. Only the end of a frame is decided here, not its meaning.

The first line of a frame decides how the frame ends (R-WIRE-02):

* It ends in CRLF, as in all frames of a real Asterisk: the frame ends at an empty CRLF line. A bare LF or CR
  is data, because values from the dialplan do contain them.
* It ends in a bare LF, as from proxies and in raw text replies: LF and CRLF both end a line, and the first
  empty line ends the frame.
* It is `Response: Follows`: the frame is command output up to `--END COMMAND--` and an empty line
  (`follows.py`), if an action of this session awaits such an answer. Else it is a frame like any other: a
  value from the dialplan can hold an empty line and `Response: Follows`, and would swallow all that follows.

There is one scan position, and bytes before it are not read again, so the cost is linear in the number of
bytes, however the stream is cut into chunks. Whole frames are taken from the chunk that they came in. Only
a frame that continues in the next chunk is copied into a buffer, which is bounded by `frame_size_max`.
"""

import re
from typing import Final, Generic

from ami_proto.values import Kind
from ami_proto.wire.banner import banner_name
from ami_proto.wire.follows import find_body, find_end
from ami_proto.wire.frame import NO_FIRST_LINE, FirstLine, FrameType, LineStyle, classify, read_opening
from ami_proto.wire.plain import cut_plain, cut_single, skip_empty_lines

# The largest real frames are `Command` replies and `GetConfigJSON`, a few hundred kB.
FRAME_SIZE_MAX: Final = 4 * 1024 * 1024

# How much of the head of an oversized frame is kept: `Response`, `ActionID` and `Message` come first in a
# reply.
HEAD_SIZE_MAX: Final = 4096

# How much of the end of a frame is kept while it is skipped: more than the longest terminator, 19 bytes,
# and than the look ahead, 10 bytes (`Response: `). The buffer may exceed the limit by as much, because the
# frame may have ended before.
_TAIL_SIZE: Final = 32

# Chunks are cut in windows, so that an odd frame takes the fast path from one window, and not from a whole
# backlog.
_WINDOW: Final = 64 * 1024

_END_CRLF: Final = re.compile(rb"\r\n\r?\n")
_END_LF: Final = re.compile(rb"\n\r?\n")
_NEXT_FRAME: Final = (b"Event: ", b"Response: ")


class Framer(Generic[FrameType]):
    """Turn the bytes of one stream into frames of the given type. Never raises, whatever the bytes.

    `frame_size_max`, at least 1, counts every byte of a frame, its terminator included. A longer frame is
    skipped in bounded memory and returned once, as OVERSIZED (R-WIRE-09).

    With `asks`, the framer stops after the headers of each `Response: Follows`: `question` is then that frame
    as far as it is known, and `answer` says whether output follows. Until then no byte after it is cut, so
    that the caller can handle the frames before it first. Without `asks`, output always follows.
    """

    __slots__ = (
        "_asks",
        "_banner_due",
        "_body",
        "_body_end",
        "_dropped",
        "_first",
        "_frame_type",
        "_has_body",
        "_head",
        "_limit",
        "_next",
        "_rest",
        "_scan",
        "_slow_until",
        "_stopped",
        "_window",
        "question",
    )
    # The state of the open frame. Offsets count from the first of its bytes that is kept.
    _first: FirstLine | None
    _has_body: bool | None
    """Whether command output follows; None while that is not decided."""
    _body: int | None
    _body_end: int | None
    _scan: int
    _dropped: int
    _head: bytes

    def __init__(
        self, frame_type: type[FrameType], *, frame_size_max: int = FRAME_SIZE_MAX, asks: bool = False
    ) -> None:
        self._frame_type = frame_type
        self._limit = frame_size_max
        self._window = min(_WINDOW, frame_size_max)  # so that no frame within a window is too long
        self._asks = asks
        self._banner_due = True
        self._rest = bytearray()
        self._close()
        self.question: FrameType | None = None
        """A frame of which it must be known whether output follows: see `answer`."""
        # While there is a question: a chunk, the offset of the open frame in it, and the offset up to which
        # frames are cut one by one.
        self._stopped = b""
        self._next = self._slow_until = 0

    @property
    def buffered(self) -> int:
        """Number of bytes that are kept because their frame is not complete."""
        return len(self._rest) + len(self._head) + len(self._stopped) - self._next

    @property
    def open(self) -> bool:
        """Whether a frame has begun and must go on. After CRLF LF, which may be an end, it need not."""
        rest, first = self._rest, self._first
        if not rest or rest == b"\r":
            return False
        return self._has_body is True or first is None or not rest.endswith(b"\r\n\n", self._scan)

    def open_frame(self) -> FrameType:
        """Return the open frame as far as it has come: at most its head, for its first line and ActionID."""
        rest = self._rest
        raw = self._head or bytes(rest[: min(HEAD_SIZE_MAX, self._limit)])
        return self._frame(raw, Kind.INCOMPLETE, self._dropped + len(rest))

    def feed(self, data: bytes) -> list[FrameType]:
        """Take the next bytes of the stream and return the frames that they complete."""
        frames: list[FrameType] = []
        if self.question is not None:
            self._stopped += data
            return frames
        if self._rest:
            # Appending to the buffer copies the new bytes only, so that a frame of a megabyte in small chunks
            # costs no more than its bytes. Joining copies the rest as well, and allows the fast path.
            if self._dropped or self._has_body is not None or len(data) < len(self._rest):
                self._rest += data
                end = self._find_end(self._rest, 0, closing=False)
                if end is None:
                    self._keep_rest()
                    return frames
                frames.append(self._finish(self._rest, 0, end))
                data = bytes(memoryview(self._rest)[end:])
            else:
                data = bytes(self._rest) + data  # the rest is read again, which is no more than the new bytes
                self._close()
            self._rest = bytearray()
        elif not self._banner_due and len(data) <= self._window:
            single = cut_single(self._frame_type, data)
            if single is not None:
                return [single]
        self._take(data, 0, 0, frames)
        return frames

    def answer(self, *, has_body: bool) -> list[FrameType]:
        """Take the answer to `question`; return the frames up to the next question or the end of the data.

        With `has_body`, command output follows, up to its end. Else the frame ends at an empty line, like
        any other.
        """
        frames: list[FrameType] = []
        data, start, slow_until = self._stopped, self._next, self._slow_until
        self.question = None
        self._decide(has_body=has_body)
        self._stopped = b""
        self._next = 0
        self._take(data, start, slow_until, frames)
        return frames

    def eof(self) -> list[FrameType]:
        """Take the end of the stream; return the frame that it completes, or the rest as INCOMPLETE."""
        frames: list[FrameType] = []
        while self.question is not None:
            frames += self.answer(has_body=False)
        rest = self._rest
        if rest and rest != b"\r":  # half of an empty line between frames
            end = self._find_end(rest, 0, closing=True)
            frames.append(self._finish(rest, 0, len(rest) if end is None else end, torn=end is None))
        self._rest = bytearray()
        return frames

    def _take(self, data: bytes, start: int, slow_until: int, frames: list[FrameType]) -> None:
        """Cut a chunk from `start` on, where a frame begins; up to `slow_until` one by one."""
        size = len(data)
        while start < size and self.question is None:
            if start < slow_until or self._banner_due:
                start = self._step(data, start, frames)
                continue
            stop = min(start + self._window, size)
            start, unfinished = cut_plain(self._frame_type, data, start, stop, frames)
            if not unfinished:  # an odd frame: one by one through the rest of the window
                slow_until = stop
            elif stop == size:
                self._rest += data[start:]
                return
        if self.question is not None:
            self._stop(data, start, slow_until)

    def _stop(self, data: bytes, start: int, slow_until: int) -> None:
        """Keep a chunk until the question is answered."""
        self._stopped = data
        self._next = start
        self._slow_until = max(slow_until, start + 1)  # the open frame is not cut by the fast path

    def _keep_rest(self) -> None:
        """Keep the open frame, which is in the buffer, until more comes or the question is answered."""
        if self.question is None:
            self._forget_middle()
        else:
            self._stop(bytes(self._rest), 0, 0)
            self._rest = bytearray()

    def _step(self, data: bytes, start: int, frames: list[FrameType]) -> int:
        """Cut one frame of any form; return the offset after it.

        Skips empty lines before it. If its end has not come, its bytes are buffered and the end of the data
        is returned; if there is a question first, the offset of the frame.
        """
        start = skip_empty_lines(data, start)
        end = self._find_end(data, start, closing=False)
        if end is not None:
            frames.append(self._finish(data, start, end))
            return end
        if self.question is not None:
            return start
        self._rest += data[start:]
        self._forget_middle()
        return len(data)

    def _find_end(self, data: bytes | bytearray, start: int, *, closing: bool) -> int | None:
        """Return the offset at which the open frame, which begins at `start`, ends; None if not known yet."""
        first = self._first or self._open(data, start)
        if first is None:
            return None
        if first.kind is Kind.BANNER:
            return start + len(first.line) + 1
        if first.follows:
            if self._has_body is None:
                self._read_follows_head(data, start, first)
            if self._has_body is None:
                return None
            if self._has_body:
                return self._find_follows_end(data, start, first)
        if first.style is LineStyle.LF:
            found = _END_LF.search(data, start + self._scan)
            self._scan = max(self._scan, len(data) - start - 2)
            return found.end() if found else None
        return self._find_crlf_end(data, start, first, closing)

    def _open(self, data: bytes | bytearray, start: int) -> FirstLine | None:
        """Read the first line, once it has ended; None before that."""
        newline = data.find(b"\n", start + self._scan)
        if newline == -1:
            self._scan = len(data) - start
            return None
        line = bytes(data[start:newline])
        name = banner_name(line) if self._banner_due else None
        first: FirstLine | None
        if self._dropped:  # the beginning of the line is gone; only its end decides how the frame ends
            first = classify(line[-1:])
        elif name is not None:
            first = FirstLine(line, LineStyle.LF, Kind.BANNER, name)
        else:
            first = read_opening(data, start, newline)
        if first is None:
            self._scan = max(newline - start - 1, 0)
            return None
        self._first = first
        # At the CR, which may be the first byte of the terminator.
        self._scan = len(first.line) if first.leading else newline - start - 1
        # Only an error may come before the banner, from a proxy or a full server. A banner later is data.
        self._banner_due = self._banner_due and first.kind is Kind.RESPONSE
        return first

    def _find_crlf_end(
        self, data: bytes | bytearray, start: int, first: FirstLine, closing: bool
    ) -> int | None:
        while found := _END_CRLF.search(data, start + self._scan):
            end = found.end()
            if end - found.start() == 4:
                return end
            # CRLF LF: a bug (asterisk#761) made main/manager.c end CoreShowChannelMapComplete with it. In any
            # other frame it may be data, so it is an end only if a new frame begins after it.
            ahead = data[end : end + 10]
            if first.name == b"CoreShowChannelMapComplete" or ahead.startswith(_NEXT_FRAME):
                return end
            if not ahead and closing:
                return end
            if any(begin.startswith(ahead) for begin in _NEXT_FRAME):  # too few bytes to decide
                self._scan = found.start() - start
                return None
            self._scan = end - start
        self._scan = max(self._scan, len(data) - start - 3)
        return None

    def _read_follows_head(self, data: bytes | bytearray, start: int, first: FirstLine) -> None:
        """Find where output would begin, and decide whether it does, or ask."""
        body = find_body(data, data.index(b"\n", start + len(first.line)) + 1, first.style)
        if body is None:
            return
        self._body = body - start
        if self._asks:
            size = body - start
            self.question = self._frame(bytes(data[start:body]), Kind.INCOMPLETE, size)
        else:
            self._decide(has_body=True)

    def _decide(self, *, has_body: bool) -> None:
        self._has_body = has_body
        if has_body and self._body is not None:
            self._scan = self._body

    def _find_follows_end(self, data: bytes | bytearray, start: int, first: FirstLine) -> int | None:
        marker, end = find_end(data, start + self._scan, first.style)
        self._scan = marker - start
        if end is not None:
            self._body_end = marker - start
        return end

    def _finish(self, data: bytes | bytearray, start: int, end: int, *, torn: bool = False) -> FrameType:
        """Return the open frame, and prepare for the next one."""
        size = self._dropped + end - start
        if size > self._limit:
            raw = self._head or bytes(data[start : start + min(HEAD_SIZE_MAX, self._limit)])
            kind = Kind.OVERSIZED
        else:
            raw = bytes(data[start:end])
            first = self._first or NO_FIRST_LINE
            kind = Kind.INCOMPLETE if torn else first.kind
        frame = self._frame(raw, kind, size)
        self._close()
        return frame

    def _frame(self, raw: bytes, kind: Kind, size: int) -> FrameType:
        """Return a frame of these bytes; of an OVERSIZED one they are the head."""
        first = self._first or NO_FIRST_LINE
        if kind is Kind.OVERSIZED or self._dropped:
            newline = raw.find(b"\n")
            first = (newline >= 0 and read_opening(raw, 0, newline)) or NO_FIRST_LINE
        body = body_end = -1
        terminator = b""
        if first.follows and self._has_body is not False:
            body = min(len(raw) if self._body is None else self._body, len(raw)) - len(first.line)
            body_end = len(raw) if self._body_end is None else min(self._body_end, len(raw))
            body_end -= len(first.line)
        elif kind is first.kind and first.style is not LineStyle.LF:
            terminator = raw[-4:] if raw.endswith(b"\r\n\r\n") else raw[-3:]
        frame = self._frame_type(first, raw[len(first.line) : len(raw) - len(terminator)])
        frame.set_odd(kind, terminator, body, body_end, size)
        return frame

    def _close(self) -> None:
        self._first = self._has_body = self._body = self._body_end = None
        self._scan = self._dropped = 0
        self._head = b""

    def _forget_middle(self) -> None:
        """Drop the middle of an open frame that is too long already (R-WIRE-09)."""
        rest = self._rest
        first = self._first
        if not self._dropped and len(rest) <= self._limit + _TAIL_SIZE:
            return
        if first is not None and first.follows and self._has_body is None:
            return  # the headers before the body are bounded, and needed to find where the body begins
        if not self._dropped:
            self._head = bytes(rest[: min(HEAD_SIZE_MAX, self._limit)])
        # What has yet to be searched stays: headers after the output may be longer than the tail.
        drop = max(0, min(len(rest) - _TAIL_SIZE, self._scan))
        del rest[:drop]
        self._dropped += drop
        self._scan -= drop
