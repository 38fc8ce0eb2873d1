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
from itertools import repeat
from typing import Final

from ami_proto.values import Kind
from ami_proto.wire.banner import BANNER_NAME, BANNER_PREFIX, BANNER_SIZE_MAX
from ami_proto.wire.frame import FirstLine, Frame, LineStyle, classify

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
_WINDOW: Final = 32 * 1024

# First lines worth remembering: every event name of every release, several times over.
_FIRST_LINES_MAX: Final = 1024
_FIRST_LINE_SIZE_MAX: Final = 100

# What splits plain frames: an empty line, with the first line behind it if that ends in CRLF. It stops
# at marks too, so that one pass finds everything: an ActionID (a blank may precede it), and a CRLF LF.
_PLAIN_SPLIT: Final = re.compile(
    rb"\r\n(?=[\r\n\t Aa])(?:\r\n(?:([^\r]*+)(?=\r\n)|)|([\n\t ]|(?i:ActionID)))"
).split

_NO_FIRST_LINE: Final = FirstLine(b"", LineStyle.LF, Kind.UNKNOWN, b"")

_END_CRLF: Final = re.compile(rb"\r\n\r?\n")
_END_LF: Final = re.compile(rb"\n\r?\n")
_END_FOLLOWS: Final = b"--END COMMAND--\r\n\r\n"
_END_FOLLOWS_LF: Final = re.compile(rb"--END COMMAND--\r?\n\r?\n")
_NEXT_FRAME: Final = (b"Event: ", b"Response: ")
_FOLLOWS_HEADERS: Final = (b"privilege:", b"actionid:")

_CR: Final = 13
_LF: Final = 10


class Framer:
    """Turn the bytes of one stream into frames. Never raises, whatever the bytes.

    `frame_size_max` counts every byte of a frame, its terminator included. A longer one is skipped
    with bounded memory and reported once, as OVERSIZED (R-WIRE-09).
    """

    __slots__ = ("_banner_due", "_body", "_dropped", "_first", "_head", "_limit", "_rest", "_scan")

    def __init__(self, *, frame_size_max: int = FRAME_SIZE_MAX) -> None:
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

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes of the stream and return the frames they complete."""
        frames: list[Frame] = []
        if self._rest:
            if self._first is None and self._rest == b"\r":
                self._rest = bytearray()  # perhaps half an empty line: decided with what follows
                data = b"\r" + data
            else:
                self._rest += data
                end = self._find_end(self._rest, 0, closing=False)
                if end < 0:
                    self._forget_middle()
                    return frames
                frames.append(self._finish(self._rest, 0, end))
                del self._rest[:end]
                data = bytes(self._rest)
                self._rest = bytearray()
        self._take(data, frames)
        return frames

    def eof(self) -> list[Frame]:
        """Return what the end of the stream completes, then the torn rest as INCOMPLETE, if any."""
        rest = self._rest
        frames: list[Frame] = []
        if rest and rest != b"\r":
            end = self._find_end(rest, 0, closing=True)
            frames.append(self._finish(rest, 0, end if end >= 0 else len(rest), torn=end < 0))
        self._rest = bytearray()
        return frames

    def _take(self, data: bytes, frames: list[Frame]) -> None:
        """Cut a chunk that begins where a frame begins."""
        size = len(data)
        start = self._step(data, 0, frames) if self._banner_due and size else 0
        plain_allowed = self._limit >= _WINDOW
        while 0 <= start < size:
            begin = start
            stop = min(begin + _WINDOW, size)
            clean = False
            if plain_allowed:
                start, clean = _cut_plain(data, begin, stop, frames)
            if clean and begin < start and stop < size:
                continue
            while 0 <= start < stop:
                start = self._step(data, start, frames)

    def _step(self, data: bytes, start: int, frames: list[Frame]) -> int:
        """Cut one frame of any sort, empty lines before it skipped.

        Return where it ends, or -1 when it does not end here: what there is of it is then buffered.
        """
        start = _skip_empty_lines(data, start)
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
        self._banner_due = False
        self._scan = newline - start
        if self._dropped:
            self._first = first = classify(line[-1:])
        elif banner:
            self._first = first = FirstLine(line, LineStyle.LF, Kind.BANNER, BANNER_NAME)
        else:
            self._first = first = classify(line)
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
            if not closing and any(begin.startswith(ahead) for begin in _NEXT_FRAME):
                self._scan = found.start() - start
                return -1
            self._scan = found.start() - start + 2
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

    def _finish(self, data: bytes | bytearray, start: int, end: int, *, torn: bool = False) -> Frame:
        """Return the open frame, and be ready for the next one."""
        size = self._dropped + end - start
        first = self._first
        body = self._body
        if size > self._limit:
            raw = self._head or bytes(data[start : start + min(HEAD_SIZE_MAX, self._limit)])
            first = classify(raw[: raw.index(b"\n")]) if b"\n" in raw else _NO_FIRST_LINE
            kind = Kind.OVERSIZED
        else:
            raw = bytes(data[start:end])
            first = first or _NO_FIRST_LINE
            kind = Kind.INCOMPLETE if torn else first.kind
        terminator = b""
        if kind is first.kind and first.style is not LineStyle.LF and not first.follows:
            terminator = raw[-4:] if raw.endswith(b"\r\n\r\n") else raw[-3:]
        frame = Frame(first, raw[len(first.line) : len(raw) - len(terminator)])
        if first.follows:
            body = (body if 0 <= body < len(raw) else len(raw)) - len(first.line)
        frame.set_odd(kind, terminator, body, size)
        self._first = None
        self._body = -1
        self._scan = self._dropped = 0
        self._head = b""
        return frame

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


# What plain frames began with, for every Framer of the process: a few hundred event names at most.
_first_lines: dict[bytes, FirstLine] = {}


def _cut_plain(data: bytes, begin: int, stop: int, frames: list[Frame]) -> tuple[int, bool]:
    """Cut the plain frames that `data[begin:stop]` begins with, by operations on the whole of it.

    Plain is a frame whose first line is an ordinary one and which ends in CRLF CRLF. Return where the
    first frame begins that was not cut, and whether it is plain too as far as can be seen, only unfinished.
    """
    parts = _PLAIN_SPLIT(data if stop - begin == len(data) else data[begin:stop])
    lines: list[bytes] = [b"", *parts[1::3]]
    contents: list[bytes] = parts[::3]
    marks: list[bytes | None] = parts[2::3]
    action_ids: dict[int, bytes | None] = {}
    clean = _join(lines, contents, marks, action_ids) if any(marks) else True
    firsts = list(map(_first_lines.get, lines, repeat(_NO_FIRST_LINE)))
    firsts.pop()  # the last one is unfinished
    if _NO_FIRST_LINE in firsts:
        clean = _complete(firsts, lines, contents) and clean
    cut = list(map(Frame, firsts, contents))
    for number, value in action_ids.items():
        if number >= len(cut):
            break
        if value is None:
            cut[number].look_for_action_id()
        else:
            cut[number].action_id_bytes = value
    frames += cut
    if clean:
        return stop - len(lines[-1] or b"") - len(contents[-1]), True
    count = len(cut)
    return begin + sum(map(len, lines[:count])) + sum(map(len, contents[:count])) + 4 * count, False


def _join(
    lines: list[bytes], contents: list[bytes], marks: list[bytes | None], action_ids: dict[int, bytes | None]
) -> bool:
    """Join frames that the pattern split at marks, and note their first ActionID; None says: look again.

    Return False when a mark shows that a frame is not plain; it is then the last one of the lists.
    """
    clean = True
    joined_lines: list[bytes] = []
    joined: list[bytes] = []
    open_line = lines[0]
    pieces = contents[:1]
    for line, mark, content in zip(lines[1:], marks, contents[1:], strict=True):
        if mark is None:
            joined_lines.append(open_line)
            joined.append(pieces[0] if len(pieces) == 1 else b"".join(pieces))
            open_line = line
            pieces = [content]
            continue
        if mark == b"\n":
            clean = False
            break
        number = len(joined)
        if number not in action_ids:
            end = content.find(b"\r\n")
            value = content[2:end] if end >= 0 else content[2:]
            canonical = content.startswith(b": ") and len(mark) > 1
            action_ids[number] = value.rstrip(b"\r\n") if canonical else None
        pieces += (b"\r\n", mark, content)
    lines[:] = [*joined_lines, open_line]
    contents[:] = [*joined, b"".join(pieces)]
    return clean


def _complete(firsts: list[FirstLine], lines: list[bytes], contents: list[bytes]) -> bool:
    """Find the first lines that the pattern did not: unknown as yet, or behind empty lines.

    Return False when one begins a frame that is not plain; `firsts` is then cut before it.
    """
    for number, first in enumerate(firsts):
        if first is not _NO_FIRST_LINE:
            continue
        span = (lines[number] or b"") + contents[number]
        begin = _skip_empty_lines(span, 0)
        end = span.find(b"\r\n", begin)
        end = end if end >= 0 else len(span)
        learned = _learn(span[begin:end])
        if learned is None:
            del firsts[number:]
            return False
        firsts[number] = learned
        lines[number] = span[:end]
        contents[number] = span[end:]
    return True


def _learn(line: bytes) -> FirstLine | None:
    """Return what a first line says if frames that begin with it are plain."""
    if first := _first_lines.get(line):
        return first
    if b"\n" in line or b"\r" in line or len(line) > _FIRST_LINE_SIZE_MAX:
        return None
    first = classify(line + b"\r")
    if first.kind is Kind.UNKNOWN or first.follows or first.style is not LineStyle.CRLF:
        return None
    if len(_first_lines) >= _FIRST_LINES_MAX:
        _first_lines.clear()  # a peer that makes up names costs speed, not memory
    _first_lines[line] = first
    return first


def _skip_empty_lines(data: bytes, start: int) -> int:
    size = len(data)
    while start < size:
        if data[start] == _LF:
            start += 1
        elif data[start] == _CR and start + 1 < size and data[start + 1] == _LF:
            start += 2
        else:
            break
    return start


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
