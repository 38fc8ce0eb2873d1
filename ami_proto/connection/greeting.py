"""Is the peer an AMI server? Many protocols greet, and then wait; nobody needs to wait with them."""

from collections.abc import Callable

BANNER_BYTES_MAX = 4096
"""Bytes without a banner after which the peer is no AMI server. Asterisk's has 30."""
GREETING_SIZE_MAX = 256
"""How much of the first line is kept to tell whether it is AMI's."""
GREETINGS = (b"asterisk call manager", b"response:", b"event:")
"""How AMI may begin: an error can come before the banner."""


class Greeting:
    """Listen to the first words of a peer, until the banner has come."""

    __slots__ = ("line",)

    def __init__(self) -> None:
        self.line = b""
        """The beginning of the first line, as far as it has come."""

    def strangeness(self, data: bytes, buffered: int, quote: Callable[[bytes], str]) -> str | None:
        """Say why a peer that has not sent a banner will not, if its words show it.

        `data` is what came last, `buffered` the bytes that are no whole frame yet.
        """
        self.line = (self.line + data)[:GREETING_SIZE_MAX]
        first, newline, _ = self.line.lstrip(b"\r\n").partition(b"\n")
        if newline and not first.lower().startswith(GREETINGS):
            return f"it said {quote(first)!r}"
        if buffered > BANNER_BYTES_MAX and not first.lower().startswith(GREETINGS):
            return f"no banner in {buffered} bytes"
        return None
