"""Completion: when an action has ended, and how. What a strategy is, sees and says.

A strategy is an immutable value, shared by any number of actions. What an action has collected is
handed to it with each message that belongs to the action, and it judges: more to come, done,
failed, or not its business. It holds no state, sees no clock and sends nothing. `strategies.py` has
those that AMI needs, `odd_actions.py` says which action takes which.
"""

from collections.abc import Collection, Sequence
from enum import Enum, unique
from typing import Protocol

from ami_proto.message.message import Message
from ami_proto.values import Kind

EVENTS_MAX = 100_000
"""Events one reply may hold. A dialplan of 50,000 priorities, twice."""

SUCCESSES = frozenset({"success", "follows", "goodbye", "pong", "events on", "events off"})
"""Every first line that is not an error; the last three are 1.4's (facts, 4.2)."""


@unique
class Verdict(Enum):
    """What a message means to the action it belongs to."""

    MORE = "more"
    """Collected; the action goes on."""
    DONE = "done"
    """Collected; the action has succeeded."""
    FAILED = "failed"
    """Collected; the server said no."""
    IGNORE = "ignore"
    """Not part of the answer: left out of the reply, and delivered like any other event."""


class Progress:
    """What one action has collected so far. Strategies look, the engine collects."""

    __slots__ = ("_ami_version", "_complete", "_dropped", "_events", "_response", "_responses")

    def __init__(self, ami_version: tuple[int, ...] = ()) -> None:
        self._ami_version = ami_version
        self._response: Message | None = None
        self._responses = 0
        self._complete: Message | None = None
        self._events: list[Message] = []
        self._dropped = 0

    @property
    def ami_version(self) -> tuple[int, ...]:
        """The version in the session's banner, `(2, 10, 6)`; empty where that said no number."""
        return self._ami_version

    @property
    def response(self) -> Message | None:
        """The response that counts: the first error, or the first of all."""
        return self._response

    @property
    def responses(self) -> int:
        """How many responses have come."""
        return self._responses

    @property
    def complete(self) -> Message | None:
        """The event that closed the list."""
        return self._complete

    @property
    def events(self) -> Sequence[Message]:
        """What else has come, in order: events, raw text, further responses."""
        return self._events

    @property
    def dropped(self) -> int:
        """How much did not fit."""
        return self._dropped

    def begin(self, ami_version: tuple[int, ...]) -> None:
        """Take the version of the server that gets the action."""
        self._ami_version = ami_version

    def collect(self, message: Message, events_max: int, terminal_events: Collection[str] = ()) -> None:
        """Keep a message, up to the cap; what is beyond is counted."""
        if message.kind is Kind.RESPONSE:
            self._collect_response(message, events_max)
        elif self._complete is None and closes(message, terminal_events):
            self._complete = message
        else:
            self._keep(message, len(self._events), events_max)

    def _collect_response(self, response: Message, events_max: int) -> None:
        """Keep a response in its place; an error takes the place of a success that came before it."""
        self._responses += 1
        earlier = self._response
        if earlier is None:
            self._response = response
        elif succeeded(earlier) and not succeeded(response):
            self._response = response
            if not opens_list(earlier):  # the promise of a list that broke off says nothing more
                self._keep(earlier, 0, events_max)
        else:
            self._keep(response, len(self._events), events_max)

    def _keep(self, message: Message, place: int, events_max: int) -> None:
        if len(self._events) < events_max:
            self._events.insert(place, message)
        else:
            self._dropped += 1


class Completion(Protocol):
    """How an action ends. Users may write their own: by subclassing `Strategy`, which has a value
    for all but `judge`, or with all of it. One that raises fails its own action only.

    Everything but `judge` is read once, when the action is submitted.
    """

    @property
    def duration(self) -> float | None:
        """Seconds until the action times out; None takes the configuration's `action_timeout`."""

    @property
    def events_max(self) -> int:
        """How many events the reply may hold; what is beyond is counted as dropped."""

    @property
    def terminal_events(self) -> frozenset[str]:
        """Names of events that close the reply without a header that says so. The one that comes is
        kept apart from the items. An `EventList` header of `Complete` or `Cancelled` closes as well.
        """

    @property
    def async_events(self) -> frozenset[str]:
        """Names of events that are queued like any other (they have a `Privilege`), yet belong to the
        action by their ActionID. They go to the reply and to subscriptions.
        """

    @property
    def response_required(self) -> bool:
        """Whether an end without a response is an error."""

    @property
    def unconfirmed_hint(self) -> str | None:
        """What a timeout means once the server has accepted: a hint where to look, and the action
        ends unconfirmed; None, and it has timed out.
        """

    @property
    def fence(self) -> bool:
        """Whether a `Ping` of the engine's own follows the action, whose pong ends it: failed where an
        error came before, else done. Then what names no action is part of the answer as well.
        """

    def judge(self, progress: Progress, message: Message) -> Verdict:
        """Say what the message means, before it is collected."""


def opens_list(response: Message) -> bool:
    """Whether the response announces a list. `FAXSessions` says `Start` (res/res_fax.c:4463)."""
    return response.get("EventList", "").lower() == "start"


def closes(message: Message, terminal_events: Collection[str] = ()) -> bool:
    """Whether this is the event that closes a list, by its header or by one of these names."""
    if message.kind is not Kind.EVENT:
        return False
    marked = message.get("EventList", "").lower() in ("complete", "cancelled")
    return marked or named(message, terminal_events)


def named(event: Message, names: Collection[str]) -> bool:
    """Whether the event has one of these names, in any case."""
    name = (event.name or "").lower()
    return any(name == each.lower() for each in names)


def succeeded(response: Message) -> bool:
    """Whether the response is no error."""
    return (response.name or "").lower() in SUCCESSES
