"""The vocabulary that every layer shares: servers, sessions, states, and why a session ended.

Everything here is a frozen value. Nothing here knows how bytes are parsed or what an action is.
"""

from dataclasses import dataclass
from enum import Enum, unique
from typing import Final, NoReturn, final, overload

ServerKey = str
"""The name that the user gives a server: unique in a cluster, and the first part of every ActionID."""


@overload
def plain(value: str) -> str: ...
@overload
def plain(value: object) -> object: ...
def plain(value: object) -> object:
    """Return text as an exact `str`; anything else as it is, for the caller to refuse.

    A subclass (a member of `class Queue(str, Enum)`) may format, compare or hash itself as another text than
    it holds. What is checked must be what is written, so text that enters is made plain once.
    """
    return str.__str__(value) if isinstance(value, str) else value


MASK: Final = "***"
"""Shown in place of a secret."""


@final
class Secret:
    """A text that no output shows: `str`, `repr` and every format of it are `***`.

    `reveal()` returns the text. Immutable and hashable; equal to a `Secret` of the same text, never to a
    `str`. It has no length and no slices, so that no part of it slips into a message.
    """

    # Not a dataclass: `dataclasses.asdict` would take it apart and show the text.
    __slots__ = ("_text",)
    _text: str

    def __init__(self, secret: "Secret | str") -> None:
        text: object = secret._text if isinstance(secret, Secret) else secret
        if not isinstance(text, str):
            raise TypeError(f"a secret must be text, not {type(text).__name__}")
        object.__setattr__(self, "_text", plain(text))

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return MASK

    def __format__(self, specification: str) -> str:
        return format(MASK, specification)

    def __reduce__(self) -> tuple[type["Secret"], tuple[str]]:
        # The default of `pickle` and `copy` sets attributes, which `__setattr__` refuses.
        return Secret, (self._text,)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Secret cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Secret cannot be changed")


@dataclass(frozen=True, slots=True)
class SessionId:
    """The name of one stream to one server. Numbers start at 1 and are never reused."""

    server: ServerKey
    number: int

    def __hash__(self) -> int:
        # A driver looks sessions up all the time, and seldom has two of one server.
        return hash(self.server)

    def __str__(self) -> str:
        return f"{self.server}#{self.number}"


@unique
class Kind(Enum):
    """What a message is, decided by its first header alone."""

    BANNER = "banner"
    EVENT = "event"
    RESPONSE = "response"
    UNKNOWN = "unknown"
    """Neither event nor response: a raw text reply (`IAXnetstats`), or a stream out of step."""
    INCOMPLETE = "incomplete"
    """Cut off by the end of the stream. It may look like a whole message, and is not one."""
    OVERSIZED = "oversized"
    """Longer than `max_frame_size` and skipped. Has its size, and name and ActionID if they were seen."""


# Before Python 3.12, finding a member in its enum takes as long as three calls. So what is asked for each
# message and each action has a name of its own, here and beside `Verdict`, `Purpose`, `Step` and `Timer`.
EVENT: Final = Kind.EVENT
RESPONSE: Final = Kind.RESPONSE


@unique
class Sent(Enum):
    """How much of an action was given to the driver. Bytes that it was given may have left the process."""

    NO = "no"
    PARTLY = "partly"
    """Without its end, so that Asterisk cannot have run it."""
    FULLY = "fully"

    @property
    def retryable(self) -> bool:
        """Whether the action can be sent again without a risk that the server runs it twice."""
        return self is not Sent.FULLY


FULLY: Final = Sent.FULLY
"""Of nearly every action that has ended."""


@unique
class State(Enum):
    """The state of a connection. `connection/transitions.py` has the table of transitions."""

    DISCONNECTED = "disconnected"
    """There is no stream. The next attempt is scheduled, or waits for admission."""
    CONNECTING = "connecting"
    """A `Connect` was emitted, and its result is awaited."""
    CONNECTED = "connected"
    """The stream is up, and the banner is awaited."""
    AUTHENTICATING = "authenticating"
    READY = "ready"
    DEGRADED = "degraded"
    """A ping went unanswered; actions and events still flow."""
    CLOSING = "closing"
    """Logoff was sent; Goodbye, or the end of the grace period, is awaited."""
    CLOSED = "closed"
    """Not started, stopped, or given up."""

    sending: bool
    """Whether actions may be sent."""

    def __init__(self, value: str) -> None:
        self.sending = value in ("ready", "degraded")


DISCONNECTED: Final = State.DISCONNECTED
"""A cluster asks for it after each fact."""


@unique
class BreakerState(Enum):
    """Whether a server may be connected to. `connection/breaker.py` has the transitions."""

    CLOSED = "closed"
    """Attempts follow the backoff."""
    OPEN = "open"
    """Too many attempts failed in a row. The next one waits for the cooldown."""
    HALF_OPEN = "half open"
    """The first attempt after the cooldown, the probe, is under way."""


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
    """A required set-up action failed."""
    HEARTBEAT = "heartbeat unanswered"
    READ_TIMEOUT = "nothing received"
    PROTOCOL = "protocol error"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Why a session ended, or never began: the reason, and one line of detail for people."""

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
