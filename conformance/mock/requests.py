"""Read actions as Asterisk 16 to master does: get_input, do_message, astman_get_header of main/manager.c.

Lines end in CRLF or LF; a bare CR is data. A NUL cuts its line short, and a line that begins with a NUL
counts as empty. An empty line ends a message even when no header came before it: that is a request too, and
its answer is an error. A message beyond one of the two limits below gets an error at the next empty line; the
reader then continues with the next message.
"""

import re
from dataclasses import dataclass

LINE_BUFFER = 1024
"""Longest line in bytes, line end included: `inbuf[1025]` (main/manager.c) less the final NUL."""

HEADER_LIMIT = 128
"""Most header lines of a message, `Action` too: AST_MAX_MANHEADERS (include/asterisk/manager.h)."""

LINE_TOO_LONG = "Failed to parse message: line too long"
TOO_MANY_LINES = "Too many lines in message or allocation failure"

_BLANKS = bytes(range(33)).decode()
"""The characters that ast_skip_blanks skips: every byte below 33."""


def to_text(data: bytes) -> str:
    """Decode UTF-8; invalid bytes become surrogates, so that `to_bytes` restores them."""
    return data.decode("utf-8", "surrogateescape")


def to_bytes(text: str) -> bytes:
    """Encode as UTF-8, with the surrogates of `to_text` as the bytes they stand for."""
    return text.encode("utf-8", "surrogateescape")


def to_number(text: str) -> int | None:
    """Parse a leading integer as `sscanf("%30d")` does, clamped to 32 bits; None if there is none."""
    match = re.match(r"\s*[-+]?[0-9]{1,30}", text)
    return max(-(2**31), min(int(match[0]), 2**31 - 1)) if match else None


@dataclass(frozen=True, slots=True)
class Request:
    """One message of a client: its header lines in order, and the error that it gets, if any."""

    lines: tuple[str, ...] = ()
    fault: str = ""

    @property
    def action(self) -> str:
        """The first `Action` with a value; only this header skips empty ones (GET_HEADER_SKIP_EMPTY)."""
        return next(filter(None, self.get_all("Action")), "")

    @property
    def action_id(self) -> str:
        """The ActionID to echo. An empty first header means no ActionID, even if a second one has a value."""
        return self.get("ActionID")

    def get(self, name: str, default: str = "") -> str:
        """Return the value of the first header of that name, which may be empty."""
        values = self.get_all(name)
        return values[0] if values else default

    def get_all(self, name: str) -> list[str]:
        """Return the values of all headers of that name.

        Case does not matter; the colon follows the name immediately; leading blanks of the value are skipped.
        """
        start, prefix = len(name) + 1, name.lower() + ":"
        return [line[start:].lstrip(_BLANKS) for line in self.lines if line[:start].lower() == prefix]


class RequestReader:
    """Turn bytes, cut anywhere, into requests: `feed`, then `next_request` until it returns None."""

    def __init__(self) -> None:
        self._input = bytearray()
        self._lines: list[str] = []
        self._too_many = False
        self._too_long = False

    @property
    def room(self) -> int:
        """Bytes that one read of Asterisk would take now. It matters over TLS (facts 1.4)."""
        return max(1, LINE_BUFFER - len(self._input))

    def feed(self, data: bytes) -> None:
        """Add bytes that were received."""
        self._input += data

    def next_request(self) -> Request | None:
        """Return the next complete request, or None if more bytes are needed."""
        while (line := self._next_line()) is not None:
            if not line:
                return self._end_message()
            if len(self._lines) < HEADER_LIMIT:
                self._lines.append(to_text(line))
            else:
                self._too_many = True
        return None

    def _next_line(self) -> bytes | None:
        """Take one line off the input, without its line end and without anything after a NUL."""
        while (end := self._input.find(b"\n", 0, LINE_BUFFER)) < 0:
            if len(self._input) < LINE_BUFFER:
                return None
            # The buffer is full and has no line end. get_input (main/manager.c) discards it but for the last
            # byte, which may be the CR of a CRLF; the rest of the long line becomes a line of its own.
            # 13 and earlier drop the last byte too.
            del self._input[: LINE_BUFFER - 1]
            self._too_long = True
        line = bytes(self._input[:end]).removesuffix(b"\r").partition(b"\0")[0]
        del self._input[: end + 1]
        return line

    def _end_message(self) -> Request:
        """Make a request of the lines so far. "Too many" wins; "too long" then fails the next request."""
        fault = ""
        if self._too_many:
            fault, self._too_many = TOO_MANY_LINES, False
        elif self._too_long:
            fault, self._too_long = LINE_TOO_LONG, False
        request = Request(tuple(self._lines), fault)
        self._lines = []
        return request
