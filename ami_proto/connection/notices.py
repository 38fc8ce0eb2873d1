"""Notices: what the application should know. And the queue that keeps them bounded.

Outcomes are never dropped: an undrained one keeps its place among `max_pending_actions`. Faults of
one sort become one notice with a count until it is drained; state changes are kept up to
`STEPS_MAX`, then the latest one absorbs the next.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, unique
from typing import Protocol

from ami_proto.connection.subscription import Subscription
from ami_proto.correlation.outcome import Outcome, Ticket
from ami_proto.values import BreakerState, Disconnect, ServerKey, SessionId, State

STEPS_MAX = 64
"""Undrained state changes, schedules and breaker changes kept one by one: some ten whole reconnects."""


@dataclass(frozen=True, slots=True)
class ActionFinished:
    """An action of the application has ended."""

    outcome: Outcome
    elapsed: float = 0.0
    """Seconds since it was submitted, those included in which it waited for READY."""

    @property
    def ticket(self) -> Ticket:
        """The ticket that `submit` returned."""
        return self.outcome.ticket


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The connection went from one state to another; `cause` where a session ended."""

    server: ServerKey
    session: SessionId | None
    old: State
    new: State
    cause: Disconnect | None = None
    absorbed: int = 0
    """Earlier changes that nobody drained and that this one stands for as well."""


@dataclass(frozen=True, slots=True)
class ConnectScheduled:
    """The next attempt is set: `delay` seconds from the decision, at `due` on the caller's clock."""

    server: ServerKey
    host: str
    port: int
    attempt: int
    delay: float
    due: float
    cause: Disconnect | None


@dataclass(frozen=True, slots=True)
class BreakerChanged:
    """The breaker of a server opened, tried, or closed again.

    `cause` is the failure that opened it, or the end of the connection that closed it; None where a
    probe begins, or has proved the server stable.
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
    """Earlier changes that nobody drained and that this one stands for as well."""


@dataclass(frozen=True, slots=True)
class MessagesWaiting:
    """A subscription's queue was empty and no longer is."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class EventsDropped:
    """A subscription's queue overflowed: `delta` since the last report, `total` since its start."""

    server: ServerKey
    subscription: Subscription
    delta: int
    total: int
    depth: int


@unique
class Fault(Enum):
    """What went wrong without ending the session, or was lost, and is counted."""

    DESYNC = "a frame that is neither event nor response"
    OVERSIZED = "a frame longer than max_frame_size, skipped"
    INCOMPLETE = "a frame torn by the end of the stream"
    TORN = "a half frame run into the next, left out of every answer"
    UNMATCHED = "a response to no open action"
    STRAGGLER = "a list item of an action that has ended"
    WITHHELD = "an event before the login"
    UNEXPECTED = "a message where the protocol has none"
    UNREAD = "a frame behind the end of its session"
    PREDICATE_FAILED = "a subscription's predicate raised"
    OVERRUN = "a driver confirmed more bytes than were shown"
    SETUP_FAILED = "a set-up action did not succeed"
    LOGOFF_UNSENT = "the session ended before Logoff was sent"


class Report(Protocol):
    """Take a fault, so many of its sort at once."""

    def __call__(self, fault: Fault, detail: str, count: int = 1, *, action_id: str | None = None) -> None:
        """Count it, and say so."""


@dataclass(frozen=True, slots=True)
class FaultSeen:
    """Something was lost or out of order; `count` of its sort since the last notice of it."""

    server: ServerKey
    session: SessionId | None
    fault: Fault
    count: int
    detail: str
    """The latest of them, in one line."""
    action_id: str | None = None
    """What the latest of them answered, or would have."""


Notice = (
    ActionFinished
    | StateChanged
    | ConnectScheduled
    | BreakerChanged
    | MessagesWaiting
    | EventsDropped
    | FaultSeen
)


_Step = StateChanged | ConnectScheduled | BreakerChanged
_Key = Fault | Subscription | type[StateChanged] | type[ConnectScheduled] | type[BreakerChanged]


class NoticeQueue:
    """Keep undrained notices in order, and their number within bounds."""

    __slots__ = ("_clock", "_latest", "_queue", "_steps", "_waiting", "outcomes")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._queue: deque[Notice | _Key] = deque()
        self._latest: dict[_Key, FaultSeen | EventsDropped | _Step] = {}
        """What stands at the place of a key in the queue."""
        self._waiting: set[Subscription] = set()
        self._steps = 0
        self.outcomes = 0
        """Undrained outcomes."""

    def __len__(self) -> int:
        return len(self._queue)

    def put_outcome(self, outcome: Outcome) -> None:
        """Report the end of an action."""
        self.outcomes += 1
        self._queue.append(ActionFinished(outcome, self._clock() - outcome.ticket.submitted))

    def put_fault(self, seen: FaultSeen) -> None:
        """Report a fault, together with those of its sort that still wait."""
        earlier = self._latest.get(seen.fault)
        if isinstance(earlier, FaultSeen):
            seen = replace(seen, count=seen.count + earlier.count)
        self._put_at(seen.fault, seen)

    def put_waiting(self, subscription: Subscription) -> None:
        """Report that a subscription has something, unless that report still waits."""
        if subscription not in self._waiting:
            self._waiting.add(subscription)
            self._queue.append(MessagesWaiting(subscription))

    def put_dropped(self, report: EventsDropped) -> None:
        """Report dropped events, together with the report on the same queue that still waits."""
        earlier = self._latest.get(report.subscription)
        if isinstance(earlier, EventsDropped):
            report = replace(report, delta=report.delta + earlier.delta)
        self._put_at(report.subscription, report)

    def put_step(self, step: _Step) -> None:
        """Report a step of the connection's life; those beyond the bound share one place a sort."""
        if self._steps < STEPS_MAX and type(step) not in self._latest:
            self._steps += 1
            self._queue.append(step)
            return
        earlier = self._latest.get(type(step))
        match earlier, step:
            case StateChanged(), StateChanged():
                step = replace(step, old=earlier.old, absorbed=earlier.absorbed + 1)
            case BreakerChanged(), BreakerChanged():
                step = replace(step, old=earlier.old, absorbed=earlier.absorbed + 1)
        self._put_at(type(step), step)

    def forget(self, subscription: Subscription) -> None:
        """Drop what waits about a subscription that has ended."""
        self._waiting.discard(subscription)
        self._latest.pop(subscription, None)
        self._queue = deque(
            each
            for each in self._queue
            if each is not subscription
            and not (isinstance(each, MessagesWaiting) and each.subscription is subscription)
        )

    def poll(self) -> Notice | None:
        """Return the next notice and forget it."""
        if not self._queue:
            return None
        notice = self._queue.popleft()
        if isinstance(notice, Fault | Subscription | type):
            return self._latest.pop(notice)
        if isinstance(notice, ActionFinished):
            self.outcomes -= 1
        elif isinstance(notice, MessagesWaiting):
            self._waiting.discard(notice.subscription)
        else:  # a step of the life; every other sort has a key in its place
            self._steps -= 1
        return notice

    def _put_at(self, key: _Key, notice: FaultSeen | EventsDropped | _Step) -> None:
        if key not in self._latest:
            self._queue.append(key)
        self._latest[key] = notice
