"""Is the peer an AMI server, and is its stream in step? The checks that end a session, and their words."""

from collections import deque

from ami_proto.config.server import ServerConfig
from ami_proto.connection.journal import ServerJournal
from ami_proto.wire.banner import parse_banner

BANNER_BYTES_MAX = 4096
"""Bytes without a banner after which the peer is not an AMI server. Asterisk's banner has 30."""
GREETING_SIZE_MAX = 256
"""Bytes of the first line that are kept to tell whether it is AMI's."""
GREETINGS = (b"response:", b"event:")
"""How AMI may begin beside the banner: an error can come before it."""
TLS_RECORDS = (b"\x15\x03", b"\x16\x03")
"""How TLS begins: an alert or a handshake, of any version."""


class Greeting:
    """Judge the first words of a peer until the banner has come.

    Many protocols greet and then wait for the client. Nothing is gained by waiting with them until
    `banner_timeout`.
    """

    __slots__ = ("_journal", "line")

    def __init__(self, journal: ServerJournal) -> None:
        self._journal = journal
        self.line = b""
        """The beginning of the first line, received so far."""

    def objection(self, data: bytes, buffered: int) -> str | None:
        """Return why the peer will send no banner, if its words show that.

        `data` are the newest bytes, `buffered` counts the bytes that are not a whole frame yet.
        """
        self.line = (self.line + data)[:GREETING_SIZE_MAX]
        first, newline, _ = self.line.lstrip(b"\r\n").partition(b"\n")
        if first.startswith(TLS_RECORDS):
            return "it speaks TLS, and was not dialled with TLS"
        if first.lower().startswith(GREETINGS) or parse_banner(first) is not None:
            return None
        if newline:
            return f"it said {self._journal.quote(first)!r}"
        return f"no banner in {buffered} bytes" if buffered > BANNER_BYTES_MAX else None


def no_connection(config: ServerConfig) -> str:
    """Return what has not come about in time."""
    what = "no connection" if config.tls is None else "no connection, or no TLS handshake,"
    return f"{what} within {config.connect_timeout:g} s"


def no_end(excerpt: str, size: int, seconds: float) -> str:
    """Return how much an open frame has taken in that should have ended by now."""
    return f"out of step: {size} bytes in {seconds:g} s without the end of a frame that begins {excerpt!r}"


def no_banner(config: ServerConfig) -> str:
    """Return why no banner may have come: most often the port is not the one that was meant."""
    what = f"nothing that begins like AMI within {config.banner_timeout:g} s; is this the AMI port?"
    # Asterisk says nothing on its TLS port before the handshake.
    if config.tls is not None:
        return what
    return f"{what} A TLS port, 5039 by default, is silent when it is dialled without TLS"


class Desyncs:
    """Count unknown frames in a window of time. After too many, the next frames make no sense either."""

    __slots__ = ("_most", "_times", "_window")

    def __init__(self, config: ServerConfig) -> None:
        self._most = config.max_desyncs
        self._window = config.desync_window
        self._times: deque[float] = deque()

    def __len__(self) -> int:
        return len(self._times)

    def add(self, now: float) -> str | None:
        """Count one. If there are too many now, return how many in which time."""
        self._times.append(now)
        while self._times[0] < now - self._window:
            self._times.popleft()
        return f"{len(self)} in {self._window:g} s" if len(self) > self._most else None
