r"""The fast path: cut whole windows of ordinary frames with a handful of operations that run in C.

Nearly every frame of a real server begins with `Event: ` or `Response: ` and ends in CRLF CRLF. One pass of
one pattern finds where these end, how they begin and where their ActionIDs are; a frame of any other sort
stops it, and is left to the framer.

The pattern splits the window into a table of three columns, a row for each place where it stopped. Of

    Event: A\r\nX: 1\r\n\r\nEvent: B\r\nActionID: 7\r\nY: 2\r\n\r\nEvent: C\r\nZ

the table is

    line         content                   mark
    (none)       `Event: A` CRLF `X: 1`    (none)       the window's first frame still has its first line
    `Event: B`   (nothing)                 `ActionID`   stopped in mid-frame: a mark
    (none)       `: 7` CRLF `Y: 2`         (none)       what follows the mark belongs to the row above
    `Event: C`   CRLF `Z`                               the last row is never complete

`_join` puts rows that a mark divided together again, and learns the ActionIDs on the way; `_complete`
finds the first lines that the pattern did not take apart. What remains is a frame a row, and every step
over all of them is one call of `map`.

A simpler loop (split, find the first line, find the ActionID, for each frame) was measured at half the
rate.
"""

import re
from itertools import compress, count, repeat
from operator import not_
from typing import Final, NamedTuple, TypeVar

from ami_proto.values import Kind
from ami_proto.wire.frame import (
    NO_FIRST_LINE,
    FirstLine,
    Frame,
    LineStyle,
    classify,
    header_value,
    text,
)

F = TypeVar("F", bound=Frame)

# First lines worth remembering: every event name of every release, several times over.
_FIRST_LINES_MAX: Final = 1024
_FIRST_LINE_SIZE_MAX: Final = 100

# What splits plain frames: an empty line, with the first line behind it if that ends in CRLF. It stops
# at marks too, so that one pass finds everything: an ActionID (a blank may precede it), and a CRLF LF.
_PLAIN_SPLIT: Final = re.compile(
    rb"\r\n(?=[\r\n\t Aa])(?:\r\n([^\r]*+(?=\r\n)|)|([\n\t ]|(?i:ActionID)))"
).split

# What plain frames began with, for every Framer of the process: a few hundred event names at most. A memo
# of a pure function: what is in it changes the speed and nothing else (L9).
_first_lines: dict[bytes, FirstLine] = {}


class Cut(NamedTuple):
    """How far a window was cut."""

    end: int
    """Where the first frame begins that was not cut."""
    unfinished: bool
    """Whether that is surely a plain frame whose end has not come yet."""


def cut_plain(frame_type: type[F], data: bytes, begin: int, stop: int, frames: list[F]) -> Cut:
    """Cut the plain frames that `data[begin:stop]` begins with, by operations on the whole of it.

    Plain is a frame whose first line is an ordinary one and which ends in CRLF CRLF.
    """
    parts = _PLAIN_SPLIT(data[begin:stop])
    lines: list[bytes] = [b"", *parts[1::3]]
    contents: list[bytes] = parts[::3]
    marks: list[bytes | None] = parts[2::3]
    clean = b"\n" not in marks
    if not clean:  # CRLF LF: a frame that is not plain; it becomes the last one
        last = marks.index(b"\n")
        del lines[last + 1 :], marks[last:]
    action_ids = _join(lines, contents, marks) if any(marks) else {}
    firsts = list(map(_first_lines.get, lines, repeat(NO_FIRST_LINE)))
    clean = firsts.pop() is not NO_FIRST_LINE and clean  # the last one is unfinished
    if NO_FIRST_LINE in firsts:
        clean = _complete(firsts, lines, contents) and clean
    cut = list(map(frame_type, firsts, contents))
    for number, value in action_ids.items():
        if number >= len(cut):
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


def _join(lines: list[bytes], contents: list[bytes], marks: list[bytes | None]) -> dict[int, bytes | None]:
    """Join what was split at marks, and return the first ActionID of each frame; None says: look for it."""
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
    """Return the value of an ActionID in its usual form, or None for what only looks like one so far."""
    if mark.isspace() or not content.startswith(b": "):
        return None
    end = content.find(b"\r\n")
    return header_value(content[1:] if end == -1 else content[1:end])


def _complete(firsts: list[FirstLine], lines: list[bytes], contents: list[bytes]) -> bool:
    """Find the first lines that the pattern did not: unknown as yet, or behind empty lines.

    Return False when one begins a frame that is not plain; `firsts` is then cut before it.
    """
    for number, first in enumerate(firsts):
        if first is not NO_FIRST_LINE:
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
    """Return what a first line says if frames that begin with it are plain."""
    if first := _first_lines.get(line):
        return first
    if b"\n" in line or len(line) > _FIRST_LINE_SIZE_MAX:
        return None
    first = classify(line + b"\r")
    if first.kind is Kind.UNKNOWN or first.follows or first.style is not LineStyle.CRLF:
        return None
    if len(_first_lines) >= _FIRST_LINES_MAX:
        _first_lines.clear()  # a peer that makes up names costs speed, not memory
    _first_lines[line] = first
    return first


def skip_empty_lines(data: bytes, start: int) -> int:
    """Return where the first line begins that is not empty, or may still become so."""
    while data.startswith((b"\n", b"\r\n"), start):
        start += 1
    return start
