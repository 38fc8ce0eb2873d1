r"""The headers of a frame: decoded line by line, or all at once by a pattern that earlier frames have taught.

`decode_headers` takes any bytes, line by line. What it returns is right by definition. It is slow: it costs
many times as much as all else that happens to a message.

A server writes the headers of an event in the same order each time. So the first line of a frame nearly
always tells which names follow, and one match of one pattern proves it and finds every value:

    \r\nPrivilege: ([^\r]*+)\r\nChannel: ([^\r]*+)

Such a pattern belongs to a `Shape`, the names of a frame in order. `shape_of` learns it after the same names
have come `SIGHTS_MIN` times. A frame that fits no pattern is decoded line by line.

A pattern gives what `decode_headers` gives. A frame fits only if each of its lines ends in CRLF, holds no
other CR, and begins with the very name, one colon and one blank. The name holds no colon, and nothing in it
would move the place where the careful way splits a line. One difference is left: a group keeps LFs at its
end, which are no part of the value. `Message` removes them.

All threads and servers share the shapes. A shape never changes, and each table changes in one step, so a race
between threads costs a second compilation at most. A server that makes up names can push out the shapes of
others. That costs speed and nothing else:

* Time is linear. A group gives nothing back (`*+`), so a match is one pass, and a frame is tried with at most
  `SHAPES_PER_LINE_MAX` patterns. A compilation costs about as much as decoding `SIGHTS_MIN` frames, and so
  many have come before it: learning at most doubles the cost.
* Memory is bounded by the limits below. Python itself keeps the last 512 patterns, too.
"""

import re
from collections.abc import Iterator
from typing import Final

from ami_proto.values import Kind
from ami_proto.wire.frame import FirstLine, Frame, LineStyle, text

Pair = tuple[str | None, str]
"""A header's name and value. The name of a line without a colon is None."""

Values = re.Match[str] | list[str]
"""The values of a frame by place: the groups of a match, or a list."""

SIGHTS_MIN: Final = 64
"""Frames with the same names that come before a pattern is compiled, which costs about as much."""

SHAPES_PER_LINE_MAX: Final = 8
"""Shapes of one first line; the oldest gives way. Releases and channel drivers differ in few headers, but
`Response: Success` begins the replies of all actions."""

SHAPE_SIZE_MAX: Final = 6144
"""Characters of a first line and its pattern: the longest events, with some 130 headers, need less."""

SHAPES_SIZE_MAX: Final = 256 * 1024
"""Characters of all shapes, several times what the events of a release need. Beyond that, all are forgotten.
Python takes 15 to 30 bytes for each."""

SIGHTINGS_MAX: Final = 1024
"""Shapes that are counted and not learned yet. Beyond that, all counts begin anew."""

# A header name with a colon in it: events of several channels have
# `ChanVariable(UnicastRTP/127.0.0.1:5000-0x7f): n=v`, some with a prefix (main/manager.c:7650, all versions).
CHANNEL_VARIABLE: Final = "ChanVariable("
_CHANNEL_VARIABLE_END: Final = "): "


class Shape:
    """The names of a frame's headers in order. A header's place is its number, from 0: the first line."""

    __slots__ = ("count", "first_value", "index", "names")

    def __init__(self, names: tuple[str | None, ...], first_value: str) -> None:
        self.names = names
        self.first_value = first_value
        """The value of the first line."""
        self.index: dict[str, int] = {}
        """The place of the first value of each name, by the name in lower case."""
        for place, name in enumerate(names):
            if name is not None:
                self.index.setdefault(name.lower(), place)
        self.count = len(self.index)
        """How many names there are that differ in more than case."""

    def first_places(self) -> Iterator[tuple[str, int]]:
        """Yield each name once, in the spelling of its first line, and the place of its first value."""
        for place, name in enumerate(self.names):
            if name is not None and self.index[name.lower()] == place:
                yield name, place


class LearnedShape(Shape):
    """A shape with a pattern. The place of a header is the number of its group; the first line has none."""

    __slots__ = ("match", "size")

    def __init__(self, names: tuple[str | None, ...], first_value: str, pattern: str, size: int) -> None:
        super().__init__(names, first_value)
        self.match = re.compile(pattern).fullmatch
        """Match the text of a frame after its first line."""
        self.size = size
        for name in filter(None, names):  # as the server spells it, too: most programs do the same
            self.index[name] = self.index[name.lower()]


# Memos of pure functions: their content changes the speed and nothing else (L9).
_shapes: dict[bytes, tuple[LearnedShape, ...]] = {}
"""Shapes by first line, the latest first."""
_sightings: dict[int, int] = {}
"""How often names have come, by their hash. Of two with an equal hash, one is learned early."""


learned_shapes: Final = _shapes.get
"""Return the shapes that frames with this first line have had; None if none was learned."""


def shape_of(first: FirstLine, pairs: list[Pair]) -> Shape:
    """Return the shape of a frame that was decoded line by line; learn it if it has come often enough."""
    names = tuple([name for name, _ in pairs])
    for shape in learned_shapes(first.line, ()):
        if shape.names == names:  # a line has no blank after its colon, or another CR
            return shape
    first_value = pairs[0][1] if pairs else ""
    if not _is_due(first, names) or (pattern := _pattern(first, names)) is None:
        return Shape(names, first_value)
    learned = LearnedShape(names, first_value, pattern, len(first.line) + len(pattern))
    _remember(first.line, learned)
    return learned


def _is_due(first: FirstLine, names: tuple[str | None, ...]) -> bool:
    """Count these names after this first line; return whether they have come often enough."""
    sighting = hash((first.line, names))
    count = _sightings.get(sighting, 0) + 1
    if count < SIGHTS_MIN:
        if len(_sightings) >= SIGHTINGS_MAX:
            _sightings.clear()
        _sightings[sighting] = count
        return False
    _sightings.pop(sighting, None)
    return True


def _pattern(first: FirstLine, names: tuple[str | None, ...]) -> str | None:
    """Return a pattern for the lines after the first; None if only the careful way is right."""
    ordinary = first.kind is Kind.EVENT or (first.kind is Kind.RESPONSE and not first.follows)
    if not ordinary or first.leading or first.style is not LineStyle.CRLF:
        return None
    pattern = ""
    for name in names[1:]:
        if name is None or ":" in name or CHANNEL_VARIABLE in name:
            return None
        pattern += f"\r\n{re.escape(name)}: ([^\r]*+)"
        if len(first.line) + len(pattern) > SHAPE_SIZE_MAX:
            return None
    return pattern


def _remember(line: bytes, shape: LearnedShape) -> None:
    held = sum(each.size for shapes in list(_shapes.values()) for each in shapes)
    if held + shape.size > SHAPES_SIZE_MAX:
        _shapes.clear()
    _shapes[line] = (shape, *learned_shapes(line, ())[: SHAPES_PER_LINE_MAX - 1])


def decode_headers(frame: Frame) -> list[Pair]:
    """Return every header line in order, without the output of `Response: Follows`."""
    pairs: list[Pair] = []
    for line in _header_lines(frame):
        name, colon, value = line.partition(":")
        if not colon:
            pairs.append((None, line.rstrip("\r\n")))
            continue
        if CHANNEL_VARIABLE in name and (end := line.find(_CHANNEL_VARIABLE_END)) >= 0:
            name, value = line[: end + 1], line[end + 2 :]
        pairs.append((name.strip(" \t"), value.removeprefix(" ").rstrip("\r\n")))
    return pairs


def _header_lines(frame: Frame) -> list[str]:
    """Return the header lines. Empty pieces are not lines: an empty line would have ended the frame."""
    headers = text(frame.first.line + frame.headers)
    # Where the first line ended in CRLF, a bare LF is data: dialplan values have them.
    if frame.first.style is not LineStyle.CRLF:
        headers = headers.replace("\r\n", "\n")
        return [line for line in headers.split("\n") if line]
    return [line for line in headers.split("\r\n") if line]
