"""Completion strategies: when an action has ended, and how.

A strategy is an immutable value, shared by any number of actions. What an action has collected is
handed to it with each message that belongs to the action, and it judges: more to come, done,
failed, or not its business. It holds no state, sees no clock and sends nothing.

A response that reports an error ends every kind of action: lists break off in the middle
(`ShowDialPlan`, main/pbx.c:4388; `CoreShowChannelMap`, main/manager.c:6864).
"""

from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Protocol

from ami_proto.message.encode import Action
from ami_proto.message.message import Message
from ami_proto.values import Kind

EVENTS_MAX = 100_000
"""Events one reply may hold. A dialplan of 50,000 priorities, twice."""

ORIGINATE_TIMEOUT_DEFAULT = 30.0
"""What Asterisk takes when `Timeout` is absent (main/manager.c:5275)."""
ORIGINATE_MARGIN = 5.0
"""Between the end of the dialling and the event that tells of it."""

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
    """What one action has collected so far. Strategies look, the engine writes."""

    __slots__ = ("complete", "dropped", "events", "response")

    def __init__(self) -> None:
        self.response: Message | None = None
        self.complete: Message | None = None
        self.events: list[Message] = []
        self.dropped = 0

    def collect(self, message: Message, events_max: int) -> None:
        """Keep a message, up to the cap; what is beyond is counted."""
        if message.kind is Kind.RESPONSE and (self.response is None or not succeeded(message)):
            self.response = message  # an error in mid-list says more than the promise of the list
        elif message.kind is Kind.EVENT and ends_list(message):
            self.complete = message
        elif len(self.events) < events_max:
            self.events.append(message)
        else:
            self.dropped += 1


class Completion(Protocol):
    """How an action ends. Users may write their own; one that raises fails its own action only."""

    @property
    def duration(self) -> float | None:
        """Seconds until the action times out; None takes the configuration's `action_timeout`."""

    @property
    def events_max(self) -> int:
        """How many events the reply may hold; what is beyond is counted as dropped."""

    @property
    def async_events(self) -> frozenset[str]:
        """Lower-case names of events that are queued like any other (they have a `Privilege`),
        yet belong to the action by their ActionID. They go to the reply and to subscriptions.
        """

    @property
    def response_required(self) -> bool:
        """Whether an end without a response is an error."""

    @property
    def unconfirmed_hint(self) -> str | None:
        """What a timeout means once the server has accepted: a hint where to look, and the action
        ends unconfirmed; None, and it has timed out.
        """

    def judge(self, progress: Progress, message: Message) -> Verdict:
        """Say what the message means, before it is collected."""


@dataclass(frozen=True, slots=True)
class Automatic:
    """Let the server's response decide: a list when it says `EventList: start`, else done.

    Serves every action that keeps AMI's convention, known or not: plain responses, command output
    of both formats, every list since 13.2.
    """

    duration: float | None = None
    events_max: int = EVENTS_MAX
    async_events: frozenset[str] = frozenset()
    response_required: bool = True
    unconfirmed_hint: str | None = None

    def judge(self, progress: Progress, message: Message) -> Verdict:
        """Say what the message means, before it is collected."""
        if message.kind is Kind.RESPONSE:
            return _judge_response(message, when_good=Verdict.MORE if opens_list(message) else Verdict.DONE)
        return Verdict.DONE if ends_list(message) else Verdict.MORE


@dataclass(frozen=True, slots=True)
class AsyncEvent:
    """Expect a response, and then one event with the same ActionID that tells the result.

    Without the event the action ends unconfirmed: it was accepted, and nobody knows more.
    """

    event: str
    """Its name. A header `Response` in it that is no success makes the action fail."""
    unconfirmed_hint: str | None
    """What to look at when the event does not come."""
    duration: float | None = None
    events_max: int = 1
    response_required: bool = True
    async_events: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "async_events", frozenset({self.event.lower()}))

    def judge(self, progress: Progress, message: Message) -> Verdict:
        """Say what the message means, before it is collected."""
        if message.kind is Kind.RESPONSE:
            return _judge_response(message, when_good=Verdict.MORE)
        if (message.name or "").lower() not in self.async_events:
            return Verdict.IGNORE
        status = message.get("Response")
        return Verdict.DONE if status is None or status.lower() in SUCCESSES else Verdict.FAILED


def completion_for(action: Action) -> Completion:
    """Choose the strategy of an action from its name and headers."""
    if action.name.lower() == "originate":
        duration = _dial_timeout(action) + ORIGINATE_MARGIN
        if blocks_session(action):
            return Automatic(duration)
        return AsyncEvent(
            "OriginateResponse",
            unconfirmed_hint="OriginateResponse needs class 'call' in the user's read classes and in the"
            " event mask, and no event filter that hides it",
            duration=duration,
        )
    return Automatic()


def blocks_session(action: Action) -> bool:
    """Whether Asterisk may serve nothing else on the session while this action runs.

    One thread serves a session, strictly in order: a synchronous Originate holds it until the call
    is answered, a Command until the command has run, WaitEvent until an event comes.
    """
    name = action.name.lower()
    if name == "originate":
        return (action.get("Async") or "").strip().lower() not in ASTERISK_TRUE
    return name in ("command", "waitevent")


ASTERISK_TRUE = frozenset({"yes", "true", "y", "t", "1", "on"})
"""What Asterisk takes for true (main/utils.c, ast_true)."""


def opens_list(response: Message) -> bool:
    """Whether the response announces a list. `FAXSessions` says `Start` (res/res_fax.c:4463)."""
    return (response.get("EventList") or "").lower() == "start"


def ends_list(event: Message) -> bool:
    """Whether the event closes a list."""
    return (event.get("EventList") or "").lower() in ("complete", "cancelled")


def succeeded(response: Message) -> bool:
    """Whether the response is no error."""
    return (response.name or "").lower() in SUCCESSES


def _judge_response(response: Message, when_good: Verdict) -> Verdict:
    return when_good if succeeded(response) else Verdict.FAILED


def _dial_timeout(originate: Action) -> float:
    """Return the Originate's own `Timeout`, which is in milliseconds, in seconds."""
    text = (originate.get("Timeout") or "").strip()
    return int(text) / 1000 if text.isdecimal() and len(text) < 10 else ORIGINATE_TIMEOUT_DEFAULT
