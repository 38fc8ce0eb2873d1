"""Notices: what the application should know. Values only; `journal.py` makes and keeps them.

Every notice names its server.
"""

from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Final

from ami_proto.connection.subscription import Subscription
from ami_proto.correlation.outcome import Outcome, Ticket
from ami_proto.message.redact import Redaction
from ami_proto.values import BreakerState, Disconnect, Sent, ServerKey, SessionId, State

SAID_LENGTH_MAX = 500
"""Characters of what an audit says about a failed action: a server's message can be as long as a frame."""

_BUILT_IN: Final = Redaction()


@dataclass(frozen=True, slots=True)
class ActionFinished:
    """An action of the application has ended. If it `left`, this is also what an audit needs to know of it.

    What an audit reads is masked when it is asked for, so it costs nothing where nobody does.
    """

    outcome: Outcome
    elapsed: float = 0.0
    """Seconds since it was submitted, including the time that it waited for READY."""
    redaction: Redaction = field(default=_BUILT_IN, compare=False, repr=False)
    """What must not be shown of the server's words and of the action."""

    @property
    def ticket(self) -> Ticket:
        """The ticket that `submit` returned."""
        return self.outcome.ticket

    @property
    def server(self) -> ServerKey:
        """The server that the action was for."""
        return self.outcome.ticket.server

    @property
    def left(self) -> bool:
        """Whether bytes of the action may have left the process."""
        return self.outcome.sent is not Sent.NO

    @property
    def asked_by(self) -> str | None:
        """On whose behalf it was sent, in the words of the caller of `submit`."""
        return self.outcome.ticket.asked_by

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of the action in the order of sending, with secrets masked."""
        ticket = self.outcome.ticket
        if ticket.action is None:
            return ()
        return tuple(self.redaction.headers(ticket.action.headers, ticket.action_name))

    @property
    def said(self) -> str:
        """Why it did not succeed, with the server's words, masked and cut; empty if it succeeded."""
        error = self.outcome.error
        return "" if error is None else self.redaction.beginning(str(error), SAID_LENGTH_MAX)


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The connection went from one state to another; `cause` where a session ended."""

    server: ServerKey
    session: SessionId | None
    old: State
    new: State
    cause: Disconnect | None = None
    absorbed: int = 0
    """Earlier changes that were never drained and that this one stands for as well."""


@dataclass(frozen=True, slots=True)
class ConnectScheduled:
    """The next attempt is scheduled: in `delay` seconds, at `due` on the caller's clock."""

    server: ServerKey
    host: str
    port: int
    attempt: int
    delay: float
    due: float
    cause: Disconnect | None
    depth: int = 0
    """Messages of this server that wait in the queues of all subscriptions."""


@dataclass(frozen=True, slots=True)
class BreakerChanged:
    """The breaker of a server opened, tried, or closed again.

    `cause` is the failure that opened it, or the end of the connection that closed it. It is None when a
    probe begins, and when a probe has proved the server stable.
    """

    server: ServerKey
    old: BreakerState
    new: BreakerState
    cause: Disconnect | None = None
    failures: int = 0
    """Failures in a row, since the connection was last stable."""
    openings: int = 0
    """How often it opened since the start."""
    absorbed: int = 0
    """Earlier changes that were never drained and that this one stands for as well."""


@dataclass(frozen=True, slots=True)
class MessagesWaiting:
    """A subscription was empty and has messages now; `server` sent the first of them."""

    subscription: Subscription
    server: ServerKey


@dataclass(frozen=True, slots=True)
class EventsDropped:
    """A subscription's queue for `server` overflowed.

    `delta` messages were lost since the last report, `total` since the subscription began; `depth` wait.
    """

    server: ServerKey
    subscription: Subscription
    delta: int
    total: int
    depth: int


@unique
class Fault(Enum):
    """A loss or a disorder that is counted and does not by itself end the session."""

    DESYNC = "a frame that is neither event nor response"
    OVERSIZED = "a frame longer than max_frame_size, skipped"
    INCOMPLETE = "a frame torn by the end of the stream"
    TORN = "a half frame that ran into the next, left out of every answer"
    REPEATED = "a list item with its headers twice: it may be two, one of them torn"
    UNMATCHED = "a response to no open action"
    STRAGGLER = "a list item of an action that has ended"
    TRUNCATED = "a reply with more events than its strategy keeps"
    WITHHELD = "an event before the login"
    UNEXPECTED = "a message where the protocol has none"
    UNREAD = "a frame after the end of its session"
    PREDICATE_FAILED = "a subscription's predicate raised"
    OVERRUN = "a driver confirmed more bytes than were shown"
    BOOTING = "a server that is still booting, long after the login"
    BOOT_HIDDEN = "no FullyBooted: the user's classes, or a filter, hide it"
    SETUP_FAILED = "a set-up action did not succeed"
    PAUSE_EXPIRED = "a full queue that paused reading was not pulled within pause_max"
    LOGOFF_UNSENT = "the session ended before Logoff was sent"


@dataclass(frozen=True, slots=True)
class FaultSeen:
    """Something was lost or out of order: `count` faults of one kind since the last notice of it."""

    server: ServerKey
    session: SessionId | None
    fault: Fault
    count: int
    detail: str
    """The latest of them in one line, redacted."""
    action_id: str | None = None
    """The ActionID of the latest of them, if it had one of ours."""


Notice = (
    ActionFinished
    | StateChanged
    | ConnectScheduled
    | BreakerChanged
    | MessagesWaiting
    | EventsDropped
    | FaultSeen
)
