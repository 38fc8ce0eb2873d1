"""Completion: when an action has ended, and whether it succeeded.

A strategy judges each message that belongs to an action: more messages follow, done, failed, or not part of
the reply. It is an immutable value, shared by any number of actions; the state of an action is passed to it
as `Progress`. It has no clock and sends nothing. `strategies.py` has the strategies that AMI needs,
`odd_actions.py` the actions that need another than `Automatic`.
"""

from collections.abc import Collection, Sequence
from enum import Enum, unique
from typing import Final, Protocol

from ami_proto.correlation.outcome import Reply
from ami_proto.message.message import Message
from ami_proto.values import EVENT, RESPONSE

EVENTS_MAX = 100_000
"""Events that one reply may hold: twice those of a dialplan of 50,000 priorities."""

SUCCESSES = frozenset({"success", "follows", "goodbye", "pong", "events on", "events off"})
"""The status of every response that is not an error; the last three are of Asterisk 1.4 (facts, 4.2)."""


@unique
class Verdict(Enum):
    """The meaning of a message for the action that it belongs to."""

    MORE = "more"
    """Collected; the action goes on."""
    DONE = "done"
    """Collected; the action has succeeded."""
    FAILED = "failed"
    """Collected; the action has failed."""
    IGNORE = "ignore"
    """Not part of the reply: not collected, and delivered like any other event."""


# Asked for each message of a reply: `values.py` says why they have names of their own.
MORE: Final = Verdict.MORE
DONE: Final = Verdict.DONE
FAILED: Final = Verdict.FAILED
IGNORE: Final = Verdict.IGNORE


class Progress:
    """The messages that an action has collected so far. Strategies read it, the engine fills it."""

    __slots__ = ("_ami_version", "_complete", "_damaged", "_dropped", "_events", "_response", "_responses")

    def __init__(self, ami_version: tuple[int, ...] = ()) -> None:
        self._ami_version = ami_version
        self._response: Message | None = None
        self._responses = 0
        self._complete: Message | None = None
        self._events: list[Message] = []
        self._dropped = 0
        self._damaged = 0

    @property
    def ami_version(self) -> tuple[int, ...]:
        """The version in the session's banner, `(2, 10, 6)`; empty if the banner has no number."""
        return self._ami_version

    @property
    def response(self) -> Message | None:
        """The response that counts: the first error, or the first of all."""
        return self._response

    @property
    def responses(self) -> int:
        """The number of responses so far."""
        return self._responses

    @property
    def complete(self) -> Message | None:
        """The event that closed the list."""
        return self._complete

    @property
    def events(self) -> Sequence[Message]:
        """All other messages, in order: events, raw text, further responses."""
        return self._events

    @property
    def dropped(self) -> int:
        """The number of messages beyond the cap."""
        return self._dropped

    @property
    def damaged(self) -> int:
        """The number of frames that were torn, or may be two that ran together."""
        return self._damaged

    def reply(self) -> Reply:
        """Return the messages collected so far."""
        return Reply(self._response, tuple(self._events), self._complete, self._dropped, self._damaged)

    def note_damage(self) -> None:
        """Count a frame by which an event may be missing."""
        self._damaged += 1

    def begin(self, ami_version: tuple[int, ...]) -> None:
        """Set the version when the action is sent: before that, the server may restart as another version."""
        self._ami_version = ami_version

    def collect(self, message: Message, events_max: int, terminal_events: Collection[str] = ()) -> None:
        """Keep a message, up to the cap; count it beyond that."""
        if message.kind is RESPONSE:
            self._collect_response(message, events_max)
        elif self._complete is None and closes(message, terminal_events):
            self._complete = message
        else:
            self._keep(message, len(self._events), events_max)

    def _collect_response(self, response: Message, events_max: int) -> None:
        """Keep the first response as `response`. An error replaces a success: the caller must see it."""
        self._responses += 1
        earlier = self._response
        if earlier is None:
            self._response = response
        elif succeeded(earlier) and not succeeded(response):
            self._response = response
            if not opens_list(earlier):  # the announcement of a list that broke off is of no use any more
                self._keep(earlier, 0, events_max)
        else:
            self._keep(response, len(self._events), events_max)

    def _keep(self, message: Message, place: int, events_max: int) -> None:
        if len(self._events) < events_max:
            self._events.insert(place, message)
        else:
            self._dropped += 1


class Completion(Protocol):
    """A rule for when an action has ended, and whether it succeeded.

    To write one, subclass `Strategy`, which has a default for everything but `judge`, or implement all of
    this. If it raises, only its own action fails. Everything but `judge` is read once, when the action is
    submitted.
    """

    @property
    def duration(self) -> float | None:
        """Seconds until the action times out; None for the configuration's `action_timeout`."""

    @property
    def events_max(self) -> int:
        """The cap: how many events the reply may hold. Further ones are counted as dropped."""

    @property
    def terminal_events(self) -> frozenset[str]:
        """Names of events that end the reply without an `EventList` header. The event becomes `complete`, and
        is not among the items. An event with `EventList: Complete` or `Cancelled` always ends it.
        """

    @property
    def async_events(self) -> frozenset[str]:
        """Names of events that have the ActionID, and a `Privilege` like events of no action. They
        go to the reply and to subscriptions.
        """

    @property
    def response_required(self) -> bool:
        """Whether an end without a response is an error."""

    @property
    def unconfirmed_hint(self) -> str | None:
        """A hint for the caller, if the event with the result may be missing: at its deadline, an accepted
        action then ends unconfirmed. With None it times out.
        """

    @property
    def fence(self) -> bool:
        """Whether the engine sends a `Ping` after the action, whose pong ends it: as failed if an error came
        before, else as done. Messages without an ActionID before the pong are then part of the reply.
        """

    def judge(self, progress: Progress, message: Message) -> Verdict:
        """Judge a message before it is collected."""


def opens_list(response: Message) -> bool:
    """Whether the response announces a list. `FAXSessions` writes `Start` (res/res_fax.c:4463)."""
    return not response.one_block and response.get("EventList", "").lower() == "start"


def closes(message: Message, terminal_events: Collection[str] = ()) -> bool:
    """Whether this event ends a list: by its `EventList` header, or because it has one of these names."""
    if message.kind is not EVENT:
        return False
    if not message.one_block and message.get("EventList", "").lower() in ("complete", "cancelled"):
        return True
    return named(message, terminal_events)


def named(event: Message, names: Collection[str]) -> bool:
    """Whether the event has one of these names, in any case."""
    name = (event.name or "").lower()
    return any(name == each.lower() for each in names)


def succeeded(response: Message) -> bool:
    """Whether the response is a success: its status is not an error."""
    return (response.name or "").lower() in SUCCESSES
