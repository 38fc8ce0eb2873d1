"""The vocabulary that every layer shares: servers, sessions, commands, and why a session ended.

Everything here is a frozen value. Nothing here knows how bytes are parsed or what an action is.
"""

from dataclasses import dataclass
from enum import Enum, unique

ServerKey = str
"""What the user calls a server; unique in a cluster and the first part of every ActionID."""


@dataclass(frozen=True, slots=True)
class SessionId:
    """Name one stream of one server. Numbers start at 1 and are never reused."""

    server: ServerKey
    number: int

    def __str__(self) -> str:
        return f"{self.server}#{self.number}"


@unique
class Kind(Enum):
    """What a message is, decided by its first header alone."""

    BANNER = "banner"
    EVENT = "event"
    RESPONSE = "response"
    UNKNOWN = "unknown"
    """Neither: raw text replies (`IAXnetstats`), or a stream out of step."""
    INCOMPLETE = "incomplete"
    """Torn by the end of the stream; never to be taken for a message."""
    OVERSIZED = "oversized"
    """Longer than `max_frame_size` and skipped; name, ActionID and size where they were seen."""


@unique
class Sent(Enum):
    """How much of an action the driver was shown. What was shown may have left the process."""

    NO = "no"
    PARTLY = "partly"
    """Not its end: Asterisk cannot have run it."""
    FULLY = "fully"

    @property
    def retryable(self) -> bool:
        """Whether sending the action again cannot make the server run it twice."""
        return self is not Sent.FULLY


@unique
class State(Enum):
    """Where a connection stands; the transitions are the table in `connection/lifecycle.py`."""

    DISCONNECTED = "disconnected"
    """No stream; the next attempt is scheduled, or waits for admission."""
    CONNECTING = "connecting"
    """A `Connect` is out."""
    CONNECTED = "connected"
    """The stream is up, the banner awaited."""
    AUTHENTICATING = "authenticating"
    READY = "ready"
    DEGRADED = "degraded"
    """A ping went unanswered; actions and events still flow."""
    CLOSING = "closing"
    """Logoff is sent; Goodbye, or the end of the grace, awaited."""
    CLOSED = "closed"
    """Not started, stopped, or given up."""

    @property
    def sending(self) -> bool:
        """Whether actions may be sent."""
        return self is State.READY or self is State.DEGRADED


@unique
class BreakerState(Enum):
    """Whether a server may be asked; the transitions are in `connection/breaker.py`."""

    CLOSED = "closed"
    """It may: attempts follow the backoff."""
    OPEN = "open"
    """It failed too often in a row: no attempt before the cooldown is over."""
    HALF_OPEN = "half open"
    """The one attempt after the cooldown is under way: the probe."""


@unique
class Reason(Enum):
    """Why a session ended, or never began."""

    # what a driver reports
    REFUSED = "connection refused"
    UNREACHABLE = "host unreachable"
    UNRESOLVED = "host name not resolved"
    TLS_FAILED = "TLS handshake failed"
    EOF = "closed by the server"
    RESET = "connection reset"
    NETWORK = "network error"
    # what the engine decides
    CONNECT_TIMEOUT = "connect timed out"
    BANNER_TIMEOUT = "no banner"
    LOGIN_TIMEOUT = "login timed out"
    LOGIN_REFUSED = "login refused"
    SETUP_FAILED = "set-up failed"
    """A set-up action that the configuration calls required did not succeed."""
    HEARTBEAT = "heartbeat unanswered"
    READ_TIMEOUT = "nothing received"
    PROTOCOL = "protocol error"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Why a session ended: the reason, and one line of detail for people."""

    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason.value}: {self.detail}" if self.detail else self.reason.value


@dataclass(frozen=True, slots=True)
class Tls:
    """How to verify the server. Verification of certificate and host name is on by default."""

    ca_file: str | None = None
    """PEM file of trusted certificates; None trusts the system's."""
    verify: bool = True
    server_name: str | None = None
    """The name the certificate must carry; None means the configured host."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Open the stream: TCP, then the TLS handshake where `tls` is given. Answer with
    `handle_connected` once it is verified to be up, or with `handle_disconnected`.
    """

    session: SessionId
    host: str
    port: int
    tls: Tls | None


@dataclass(frozen=True, slots=True)
class Watch:
    """Watch the stream for these, and for nothing else, until the next `Watch`.

    `read=False` pauses reading; `write=True` says that `poll_transmit` has bytes. Both may be
    False. It is only emitted when the interest changed; the interest before the first is nothing.
    """

    session: SessionId
    read: bool
    write: bool


@dataclass(frozen=True, slots=True)
class Close:
    """Close the stream now, whatever its state, a dial under way too. No answer is expected."""

    session: SessionId


Command = Connect | Watch | Close
"""What the engine wants of the network."""
