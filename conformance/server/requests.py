"""Read actions as Asterisk 16 to master does: get_input, do_message, astman_get_header of main/manager.c.

Lines end in CRLF or LF; a bare CR is data. A NUL cuts its line short, and a line that begins with one is the
empty line. An empty line ends a message even when nothing came before it: that too is a request, answered by
an error. The two limits below are errors that are reported at the next empty line; the reader never gives up.
"""

import re
from dataclasses import dataclass

LINE_BUFFER = 1024
"""Bytes of a line with its line end: `inbuf[1025]` (main/manager.c), one of them for the final NUL."""

HEADER_LIMIT = 128
"""Header lines in one message, `Action` included: AST_MAX_MANHEADERS (include/asterisk/manager.h)."""

LINE_TOO_LONG = "Failed to parse message: line too long"
TOO_MANY_LINES = "Too many lines in message or allocation failure"

_BLANKS = bytes(range(33)).decode()
"""What ast_skip_blanks skips: every byte below 33."""


def to_text(data: bytes) -> str:
    """Decode so that any byte survives the way back."""
    return data.decode("utf-8", "surrogateescape")


def to_bytes(text: str) -> bytes:
    """Encode what `to_text` decoded, or a text of our own."""
    return text.encode("utf-8", "surrogateescape")


def to_number(text: str) -> int | None:
    """Read a 32-bit integer as `sscanf("%30d")` does, whatever follows it; None without one."""
    match = re.match(r"\s*[-+]?[0-9]{1,30}", text)
    return max(-(2**31), min(int(match[0]), 2**31 - 1)) if match else None


@dataclass(frozen=True, slots=True)
class Request:
    """One message of a client: its lines in order, and what is wrong with it as a whole, if anything."""

    lines: tuple[str, ...] = ()
    fault: str = ""

    @property
    def action(self) -> str:
        """Give the first `Action` that is not empty; only this header skips empty ones."""
        return next(filter(None, self.get_all("Action")), "")

    @property
    def action_id(self) -> str:
        """Give the ActionID to echo; empty means none, even when a second one follows."""
        return self.get("ActionID")

    def get(self, name: str, default: str = "") -> str:
        """Give the value of the first header of that name, empty or not."""
        values = self.get_all(name)
        return values[0] if values else default

    def get_all(self, name: str) -> list[str]:
        """Give every value of a header: a name in any case, then at once a colon, then blanks to skip."""
        start, prefix = len(name) + 1, name.lower() + ":"
        return [line[start:].lstrip(_BLANKS) for line in self.lines if line[:start].lower() == prefix]


class RequestReader:
    """Turn bytes, cut anywhere, into requests: `feed`, then `next_request` until it gives None."""

    def __init__(self) -> None:
        self._input = bytearray()
        self._lines: list[str] = []
        self._too_many = False
        self._too_long = False

    @property
    def room(self) -> int:
        """Say how many bytes one read of Asterisk would take now; over TLS that matters (facts 1.4)."""
        return max(1, LINE_BUFFER - len(self._input))

    def feed(self, data: bytes) -> None:
        """Take bytes from the network."""
        self._input += data

    def next_request(self) -> Request | None:
        """Give the next complete request, or None when more bytes are needed."""
        while (line := self._next_line()) is not None:
            if not line:
                return self._end_message()
            if len(self._lines) < HEADER_LIMIT:
                self._lines.append(to_text(line))
            else:
                self._too_many = True
        return None

    def _next_line(self) -> bytes | None:
        """Cut one line off the input, without its line end and anything behind a NUL."""
        while (end := self._input.find(b"\n", 0, LINE_BUFFER)) < 0:
            if len(self._input) < LINE_BUFFER:
                return None
            # The buffer is full without a line end. Its last byte is kept, in case it is the CR of a CRLF,
            # and what follows becomes a line of its own. (13 and earlier drop that byte too.)
            del self._input[: LINE_BUFFER - 1]
            self._too_long = True
        line = bytes(self._input[:end]).removesuffix(b"\r").partition(b"\0")[0]
        del self._input[: end + 1]
        return line

    def _end_message(self) -> Request:
        """Make a request of the lines so far; "too many" hides "too long", which stays for the next one."""
        fault = ""
        if self._too_many:
            fault, self._too_many = TOO_MANY_LINES, False
        elif self._too_long:
            fault, self._too_long = LINE_TOO_LONG, False
        request = Request(tuple(self._lines), fault)
        self._lines = []
        return request
