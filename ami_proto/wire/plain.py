r"""The fast path: cut whole windows of ordinary frames with a few operations that run in C.

Nearly every frame of a real server begins with `Event: ` or `Response: ` and ends in CRLF CRLF. One pass of
one pattern finds the ends, the first lines and the ActionIDs of such frames. It stops at a frame of any
other form and leaves that to the framer.

The pattern splits the window into a table of three columns, with a row for each match. For

    Event: A\r\nX: 1\r\n\r\nEvent: B\r\nActionID: 7\r\nY: 2\r\n\r\nEvent: C\r\nZ

the table is

    line         content                   mark
    (none)       `Event: A` CRLF `X: 1`    (none)       the window's first frame still has its first line
    `Event: B`   (nothing)                 `ActionID`   a match inside a frame: a mark
    (none)       `: 7` CRLF `Y: 2`         (none)       the text after the mark: part of the row above
    `Event: C`   CRLF `Z`                               the last row is never complete

`_join` joins the rows that a mark divided, and reads the ActionIDs; `_complete` finds the first lines that
the pattern did not separate. Then each row is a frame, and each step over all of them is one call of `map`.

A simpler loop (for each frame: split, find the first line, find the ActionID) had half the rate.
"""

import re
from itertools import compress, count
from operator import not_
from typing import Final, NamedTuple

from ami_proto.values import Kind
from ami_proto.wire.frame import (
    FirstLine,
    FrameType,
    LineStyle,
    classify,
    header_value,
    text,
)

# How many first lines are remembered: several times the event names of all releases.
_FIRST_LINES_MAX: Final = 1024
_FIRST_LINE_SIZE_MAX: Final = 100

# Matches an empty line, with the first line after it if that ends in CRLF. It also matches marks, so that
# one pass finds everything: an ActionID (a blank may come before it), and CRLF LF. The look-ahead lets the
# pattern fail at once on other headers.
_PLAIN_SPLIT: Final = re.compile(
    rb"\r\n(?=[\r\n\t Aa])(?:\r\n([^\r]*+(?=\r\n)|)|([\n\t ]|(?i:ActionID)))"
).split

# A frame without a bare CR or LF: its first line, its content, and the ActionID if that is the
# second line, as in each response of Asterisk.
_SINGLE: Final = re.compile(
    rb"([^\r\n]*+)((?:\r\nActionID: ([^\r\n]*+))?+(?:\r\n[^\r\n]++)*+)\r\n\r\n"
).fullmatch

# First lines of plain frames, shared by all framers of the process: a few hundred event names. This is the
# memo of a pure function: its content changes the speed and nothing else (L9).
_first_lines: dict[bytes, FirstLine] = {}


class Cut(NamedTuple):
    """How much of a window was cut."""

    end: int
    """The offset of the first frame that was not cut."""
    unfinished: bool
    """True if that is a plain frame whose end has not come yet; False if it may have any form."""


def cut_plain(
    frame_type: type[FrameType], data: bytes, begin: int, stop: int, frames: list[FrameType]
) -> Cut:
    """Cut the plain frames at the beginning of `data[begin:stop]`, all at once, and add them to `frames`.

    A plain frame has an ordinary first line and ends in CRLF CRLF.
    """
    parts = _PLAIN_SPLIT(data[begin:stop])
    lines: list[bytes] = [b"", *parts[1::3]]
    contents: list[bytes] = parts[::3]
    marks: list[bytes | None] = parts[2::3]
    clean = b"\n" not in marks
    if not clean:  # CRLF LF makes its frame not plain: the table ends there, and its last row is not cut
        last = marks.index(b"\n")
        del lines[last + 1 :], marks[last:]
    action_ids = _join(lines, contents, marks) if any(marks) else {}
    firsts = list(map(_first_lines.get, lines))
    clean = firsts.pop() is not None and clean  # the last frame is not complete
    if not all(firsts):
        clean = _complete(firsts, lines, contents) and clean
    cut = list(map(frame_type, firsts, contents))
    for number, value in action_ids.items():
        if number >= len(cut):  # the numbers ascend, and no frame from here on was cut
            break
        if value is None:
            cut[number].look_for_action_id()
        else:
            cut[number].action_id = text(value)
    frames += cut
    if clean:
        return Cut(stop - len(lines[-1]) - len(contents[-1]), unfinished=True)
    size = sum(map(len, lines[: len(cut)])) + sum(map(len, contents[: len(cut)])) + 4 * len(cut)
    return Cut(begin + size, unfinished=False)


def cut_single(frame_type: type[FrameType], data: bytes) -> FrameType | None:
    """Return the plain frame that `data` is; None if it is anything else, or its first line is not known.

    A reply mostly comes in a read of its own, and for one frame this costs half of `cut_plain`.
    """
    found = _SINGLE(data)
    if found is None:
        return None
    line, content, action_id = found.groups()
    first = _first_lines.get(line)
    if first is None:
        return None
    frame = frame_type(first, content)
    if action_id is None:
        frame.look_for_action_id()
    else:
        frame.action_id = text(action_id)
    return frame


def _join(lines: list[bytes], contents: list[bytes], marks: list[bytes | None]) -> dict[int, bytes | None]:
    """Join the rows that marks divided. Return the first ActionID of each such frame; None: not read yet."""
    divided: dict[int, list[bytes]] = {}
    for before, (number, mark) in enumerate(zip(compress(count(), marks), filter(None, marks), strict=True)):
        pieces = divided.setdefault(number - before, [contents[number]])
        pieces += (b"\r\n", mark, contents[number + 1])
    begins_frame = [True, *map(not_, marks)]
    lines[:] = compress(lines, begins_frame)
    contents[:] = compress(contents, begins_frame)
    action_ids: dict[int, bytes | None] = {}
    for frame, pieces in divided.items():
        contents[frame] = b"".join(pieces)
        action_ids[frame] = _action_id(pieces[2], pieces[3])
    return action_ids


def _action_id(mark: bytes, content: bytes) -> bytes | None:
    """Return the value of an ActionID in its usual form; None if the mark may be another header."""
    if mark.isspace() or not content.startswith(b": "):
        return None
    end = content.find(b"\r\n")
    return header_value(content[1:] if end == -1 else content[1:end])


def _complete(firsts: list[FirstLine | None], lines: list[bytes], contents: list[bytes]) -> bool:
    """Find the first lines that the pattern did not separate: new ones, or after empty lines.

    Return False if a frame is not plain; `firsts` then ends before it.
    """
    for number, first in enumerate(firsts):
        if first is not None:
            continue
        span = lines[number] + contents[number]
        begin = skip_empty_lines(span, 0)
        end = span.find(b"\r\n", begin)
        end = len(span) if end == -1 else end
        learned = _learn(span[begin:end])
        if learned is None:
            del firsts[number:]
            return False
        firsts[number] = learned
        lines[number] = span[:end]
        contents[number] = span[end:]
    return True


def _learn(line: bytes) -> FirstLine | None:
    """Return the first line, classified and remembered; None if frames with it are not plain."""
    if first := _first_lines.get(line):
        return first
    if b"\n" in line or len(line) > _FIRST_LINE_SIZE_MAX:
        return None
    first = classify(line + b"\r")
    if first.kind is Kind.UNKNOWN or first.follows or first.style is not LineStyle.CRLF:
        return None
    if len(_first_lines) >= _FIRST_LINES_MAX:
        _first_lines.clear()  # a peer that invents names costs speed, not memory
    _first_lines[line] = first
    return first


def skip_empty_lines(data: bytes, start: int) -> int:
    """Return the offset of the first line that is not empty, or may become so: a CR at the end."""
    while data.startswith((b"\n", b"\r\n"), start):
        start += 1
    return start
