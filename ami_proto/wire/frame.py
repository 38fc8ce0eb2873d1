"""One frame: its bytes, its kind, and the few headers that are read without decoding the rest."""

import re
from enum import Enum, unique
from typing import Final, TypeVar

from ami_proto.values import Kind

# `Response: Follows` decides the format of command output; the version in the banner cannot (R-WIRE-08).
_FOLLOWS: Final = b"Follows"
_KINDS: Final = {b"event": Kind.EVENT, b"response": Kind.RESPONSE}

END_COMMAND: Final = b"--END COMMAND--"
"""The line after the output of `Response: Follows`."""

# The longest ActionID that Asterisk reads has fewer bytes, and so has any first line after it.
_LEADING_LINE_SIZE_MAX: Final = 1100

# What `Event` and `Response` may begin with, as far as it has come.
_KIND_BEGUN: Final = re.compile(rb"[ \t]*+(?:\Z|(?i:e|r))")

# The character before the name may be a bare LF, which is data in frames of CRLF lines: `_find` looks again.
_ACTION_ID: Final = re.compile(rb"\n[ \t]*(?i:ActionID)[ \t]*:")
_PRIVILEGE: Final = re.compile(rb"\n[ \t]*(?i:Privilege)[ \t]*:")


@unique
class LineStyle(Enum):
    """How lines inside a frame end."""

    CRLF = "crlf"
    """CRLF; a bare LF or CR is data."""
    LF = "lf"
    """LF or CRLF."""
    AGENTS = "agents"
    """LF or CRLF, and only an empty CRLF line ends the frame: apps/app_agent_pool.c:2601 writes
    `CallStarted: %ld\\n`, from 12 to master.
    """


class FirstLine:
    """The parts of a first line. Frames with equal first lines share one object."""

    __slots__ = ("follows", "kind", "leading", "line", "name", "size", "style", "text")

    def __init__(
        self, line: bytes, style: LineStyle, kind: Kind, name: bytes, *, leading: bool = False
    ) -> None:
        self.line = line
        """The line without its end; both lines, where an ActionID leads."""
        self.size = len(line) + 4
        """Bytes of the line and of the end of an ordinary frame."""
        self.leading = leading
        """An `ActionID` line comes before the line that names the kind."""
        self.style = style
        self.kind = kind
        self.name = name
        """The event's name or the response's status; empty if the frame is neither."""
        known = kind is not Kind.UNKNOWN
        self.text: str | None = text(name) if known else None
        """The name as text; None if the frame is neither."""
        self.follows = kind is Kind.RESPONSE and name == _FOLLOWS
        """It says that command output follows the headers, up to `--END COMMAND--` (13 and earlier)."""


NO_FIRST_LINE: Final = FirstLine(b"", LineStyle.LF, Kind.UNKNOWN, b"")
"""Stands for a first line that is not known, or not an ordinary one."""


def classify(line: bytes, after: bytes | None = None) -> FirstLine:
    """Read a first line. `line` is without its LF, and with the CR before that, if any.

    Where `after`, the line after it, names the kind, both lines together count as the first.
    """
    style = LineStyle.CRLF if line.endswith(b"\r") else LineStyle.LF
    header, colon, value = (line if after is None else after).removesuffix(b"\r").partition(b":")
    kind = _KINDS.get(header.strip(b" \t").lower(), Kind.UNKNOWN) if colon else Kind.UNKNOWN
    if kind is Kind.UNKNOWN:
        return FirstLine(line.removesuffix(b"\r"), style, kind, b"")
    name = header_value(value)
    if style is LineStyle.CRLF and kind is Kind.EVENT and name == b"Agents":
        style = LineStyle.AGENTS
    if after is not None:
        line += b"\n" + after
    return FirstLine(line.removesuffix(b"\r"), style, kind, name, leading=after is not None)


def read_opening(data: bytes | bytearray, begin: int, newline: int) -> FirstLine | None:
    """Read the first line of a frame, from `begin` to its LF at `newline`; None if more bytes are needed.

    Some servers write the ActionID first: apps/app_rpt.c of Asterisk 1.8.0 to 1.8.11, chan_voter, the login
    of astmanproxy. Then the line after it names the kind.
    """
    line = bytes(data[begin:newline])
    if not _ACTION_ID.match(b"\n" + line):
        return classify(line)
    end = data.find(b"\n", newline + 1, newline + 1 + _LEADING_LINE_SIZE_MAX)
    after = bytes(data[newline + 1 : newline + 1 + _LEADING_LINE_SIZE_MAX if end == -1 else end])
    if not _KIND_BEGUN.match(after):
        return classify(line)
    if end == -1:
        return None if len(after) < _LEADING_LINE_SIZE_MAX else classify(line)
    return classify(line, after)


def header_value(value: bytes) -> bytes:
    """Return the value after a colon: without one blank before it, and CR and LF after it."""
    return (value[1:] if value.startswith(b" ") else value).rstrip(b"\r\n")


def text(value: bytes) -> str:
    """Return bytes as text that can be turned into the same bytes: AMI has no charset (R-WIRE-05)."""
    return value.decode("utf-8", "surrogateescape")


class Frame:
    """One frame as it was received. Only its first line and its ActionID are read.

    `Message` inherits from it, so that a message costs one object.
    """

    __slots__ = (
        "_content",
        "_odd",
        "_one_block",
        "_values",
        "action_id",
        "first",
        "held_bytes",
        "kind",
        "name",
    )

    def __init__(self, first: FirstLine, content: bytes) -> None:
        self.first = first
        self.kind = first.kind
        self.name = first.text
        """The event's name or the response's status; None if the frame is neither, or it was cut off."""
        self.action_id: str | None = None
        """The value of the first `ActionID` header; None if there is none, or it was cut off."""
        self._content: bytes | str = content
        """The content as it was received, or as text once that was wanted: one of the two."""
        self._odd: _Odd | None = None
        self._values: re.Match[str] | list[str] | None = None
        self._one_block: bool | None = None
        """What `Message` has decoded and found. Here, because to run a constructor of its own costs more."""
        self.held_bytes = first.size + len(content)
        """The number of bytes that are kept: its size, but for an OVERSIZED frame, and one byte or two.

        An attribute, because queues add it up, for each message twice.
        """

    @property
    def content(self) -> bytes:
        """The bytes between the text of the first line and the empty line, line ends included."""
        content = self._content
        return content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")

    def content_text(self) -> str:
        """Return the content as text, and keep it as text alone: it is most of what a frame takes."""
        content = self._content
        if isinstance(content, bytes):
            content = self._content = content.decode("utf-8", "surrogateescape")
        return content

    @property
    def raw(self) -> bytes:
        """Every byte of the frame, its empty line included; of an OVERSIZED frame only the head."""
        return self.first.line + self.content + (self._odd.end if self._odd else b"\r\n\r\n")

    @property
    def size(self) -> int:
        """The number of bytes on the wire, skipped bytes of an OVERSIZED frame included."""
        return self._odd.size if self._odd else self.held_bytes

    @property
    def body(self) -> int:
        """The offset in `content` where the output of `Response: Follows` begins; -1 in any other frame."""
        return self._odd.body if self._odd else -1

    @property
    def body_end(self) -> int:
        """The offset in `content` where that output ends; headers may follow the mark of its end."""
        return self._odd.body_end if self._odd else -1

    @property
    def has_privilege(self) -> bool:
        """Whether there is a `Privilege` header: it marks events that no action asked for."""
        return self.content.startswith(b"\r\nPrivilege:") or self._find(_PRIVILEGE) is not None

    def look_for_action_id(self) -> None:
        """Set `action_id` from the headers, whose lines end as this frame's do."""
        found = self._find(_ACTION_ID)
        self.action_id = None if found is None else text(found)

    def set_odd(self, kind: Kind, end: bytes, body: int, body_end: int, size: int) -> None:
        """Set what differs from a plain frame: kind, end, offsets of the body, size on the wire."""
        self.kind = kind
        self._odd = _Odd(end, body, body_end, size)
        self.look_for_action_id()

    @property
    def headers(self) -> bytes:
        """The bytes of `content` that are headers, not command output."""
        if self.body < 0:
            return self.content
        return self.content[: self.body] + self.content[self.body_end + len(END_COMMAND) :]

    def _find(self, header: re.Pattern[bytes]) -> bytes | None:
        """Return the value of the first match, or None."""
        content = self.headers
        if self.first.leading or self.first.kind is Kind.UNKNOWN:
            content = b"\r\n" + self.first.line + content  # the first line itself may be that header
        bare_lf_is_data = self.first.style is LineStyle.CRLF
        found = header.search(content)
        while found and bare_lf_is_data and not content.startswith(b"\r", found.start() - 1):
            found = header.search(content, found.end())
        if not found:
            return None
        stop = content.find(b"\r\n" if bare_lf_is_data else b"\n", found.end())
        if stop == -1:
            if self._odd and not self._odd.end:  # the value was cut off
                return None
            stop = len(content)
        return header_value(content[found.end() : stop])


FrameType = TypeVar("FrameType", bound=Frame)


class _Odd:
    """What few frames need, in an object of its own, so that plain frames stay small."""

    __slots__ = ("body", "body_end", "end", "size")

    def __init__(self, end: bytes, body: int, body_end: int, size: int) -> None:
        self.end = end
        self.body = body
        self.body_end = body_end
        self.size = size
