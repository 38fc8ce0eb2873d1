"""One frame: its bytes, its kind, and the cheap looks that decide whether it is worth decoding."""

import re
from enum import Enum, unique
from typing import Final

from ami_proto.values import Kind

# `Response: Follows` decides the format of command output, never the banner's version (R-WIRE-08).
_FOLLOWS: Final = b"Follows"
_KINDS: Final = {b"event": Kind.EVENT, b"response": Kind.RESPONSE}

_ACTION_ID: Final = re.compile(rb"\n[ \t]*(?i:ActionID)[ \t]*:")
_PRIVILEGE: Final = re.compile(rb"\n[ \t]*(?i:Privilege)[ \t]*:")


@unique
class LineStyle(Enum):
    """What ends a line inside a frame."""

    CRLF = "crlf"
    """A bare LF or CR is data."""
    LF = "lf"
    """LF and CRLF alike."""
    AGENTS = "agents"
    """LF and CRLF alike, but only an empty CRLF line ends the frame: apps/app_agent_pool.c:2601 writes
    `CallStarted: %ld\\n`, from 12 to master.
    """


class FirstLine:
    """What the first line of a frame says. Frames that begin alike share it."""

    __slots__ = ("follows", "kind", "line", "name", "style", "text")

    def __init__(self, line: bytes, style: LineStyle, kind: Kind, name: bytes) -> None:
        self.line = line
        """The line without its end."""
        self.style = style
        self.kind = kind
        self.name = name
        """The event's name or the response's status; empty where there is neither."""
        known = kind is not Kind.UNKNOWN
        self.text: str | None = text(name) if known else None
        """The name as text; None where there is neither."""
        self.follows = kind is Kind.RESPONSE and name == _FOLLOWS
        """What comes after the headers is command output, up to `--END COMMAND--` (13 and earlier)."""


NO_FIRST_LINE: Final = FirstLine(b"", LineStyle.LF, Kind.UNKNOWN, b"")
"""What a frame begins with whose first line is not known, or not an ordinary one."""


def classify(line: bytes) -> FirstLine:
    """Say what a first line means; `line` is without its LF, but with the CR before that, if any."""
    style = LineStyle.CRLF if line.endswith(b"\r") else LineStyle.LF
    line = line.removesuffix(b"\r")
    header, colon, value = line.partition(b":")
    kind = _KINDS.get(header.strip(b" \t").lower(), Kind.UNKNOWN) if colon else Kind.UNKNOWN
    if kind is Kind.UNKNOWN:
        return FirstLine(line, style, kind, b"")
    name = header_value(value)
    if style is LineStyle.CRLF and kind is Kind.EVENT and name == b"Agents":
        style = LineStyle.AGENTS
    return FirstLine(line, style, kind, name)


def header_value(value: bytes) -> bytes:
    """Return what follows a colon as the value it stands for: less one blank, and CR and LF at its end."""
    return (value[1:] if value.startswith(b" ") else value).rstrip(b"\r\n")


def text(value: bytes) -> str:
    """Return bytes as text that gives the same bytes back: AMI has no charset (R-WIRE-05)."""
    return value.decode("utf-8", "surrogateescape")


class Frame:
    """One frame as it was received. Nothing but its first line and its ActionID is looked at.

    The layer above makes its messages of it by inheritance, so that a message costs one object.
    """

    __slots__ = ("_odd", "action_id", "content", "first", "kind", "name")

    def __init__(self, first: FirstLine, content: bytes) -> None:
        self.first = first
        self.kind = first.kind
        self.name = first.text
        """The event's name or the response's status; None where there is neither, or it was cut off."""
        self.action_id: str | None = None
        """The value of the first `ActionID` header; None where there is none, or it was cut off."""
        self.content = content
        """What comes between the text of the first line and the empty line, line ends included."""
        self._odd: _Odd | None = None

    @property
    def raw(self) -> bytes:
        """Every byte of the frame, its empty line included; of an OVERSIZED one only the head."""
        return self.first.line + self.content + (self._odd.end if self._odd else b"\r\n\r\n")

    @property
    def size(self) -> int:
        """The bytes the frame took on the wire, those of an OVERSIZED one that were skipped included."""
        if self._odd:
            return self._odd.size
        return len(self.first.line) + len(self.content) + 4

    @property
    def body(self) -> int:
        """Where the command output of `Response: Follows` begins in `content`; -1 in any other frame."""
        return self._odd.body if self._odd else -1

    @property
    def has_privilege(self) -> bool:
        """Whether there is a `Privilege` header: the mark of an event nobody asked for."""
        return self.content.startswith(b"\r\nPrivilege:") or self._find(_PRIVILEGE) is not None

    def look_for_action_id(self) -> None:
        """Set `action_id`, by the rules of this frame's lines."""
        found = self._find(_ACTION_ID)
        self.action_id = None if found is None else text(found)

    def set_odd(self, kind: Kind, end: bytes, body: int, size: int) -> None:
        """Set what only a frame has that took the careful path: another kind or end, a body, a true size."""
        self.kind = kind
        self._odd = _Odd(end, body, size)
        self.look_for_action_id()

    def _find(self, header: re.Pattern[bytes]) -> bytes | None:
        """Return the value of the first such header, or None."""
        body = self.body
        content = self.content if body < 0 else self.content[:body]
        if self.first.kind is Kind.UNKNOWN:
            content = b"\r\n" + self.first.line + content  # even the first line may be that header
        bare_lf_is_data = self.first.style is LineStyle.CRLF
        found = header.search(content)
        while found and bare_lf_is_data and not content.startswith(b"\r", found.start() - 1):
            found = header.search(content, found.end())
        if not found:
            return None
        stop = content.find(b"\r\n" if bare_lf_is_data else b"\n", found.end())
        if stop == -1:
            if self._odd and not self._odd.end:
                return None
            stop = len(content)
        return header_value(content[found.end() : stop])


class _Odd:
    __slots__ = ("body", "end", "size")

    def __init__(self, end: bytes, body: int, size: int) -> None:
        self.end = end
        self.body = body
        self.size = size
