"""The completion strategies that AMI needs. All are immutable values.

With every strategy but `Fence`, a response with an error ends the action, also in the middle of a list:
nothing comes after it (`ShowDialPlan`, main/pbx.c:4388; `CoreShowChannelMap`, main/manager.c:6864).
"""

from dataclasses import dataclass, field

from ami_proto.correlation.completion import (
    DONE,
    EVENTS_MAX,
    FAILED,
    IGNORE,
    MORE,
    SUCCESSES,
    Progress,
    Verdict,
    closes,
    named,
    opens_list,
    succeeded,
)
from ami_proto.errors import ConfigError
from ami_proto.message.message import Message
from ami_proto.values import RESPONSE

LISTS_MARKED_SINCE = (2, 7)
"""The AMI version of Asterisk 13.2: since then every list has `EventList` headers (facts, 4.1)."""

NOTHING_LISTED = "there are no "
"""Beginning of a success that takes the place of an empty list (apps/app_voicemail.c:14456)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """The base of strategies, with defaults for everything that `Completion` asks for but `judge`.

    Subclass it with a `judge` of your own; without further fields that needs no `dataclass`.
    """

    duration: float | None = None
    events_max: int = EVENTS_MAX
    terminal_events: frozenset[str] = frozenset()
    async_events: frozenset[str] = frozenset()
    response_required: bool = True
    unconfirmed_hint: str | None = None
    fence: bool = False


class Automatic(Strategy):
    """Expect a list if the response has `EventList: start`; else the response ends the action.

    Serves every action that follows AMI's convention, known or not: plain responses, command output of both
    formats, every list since 13.2. Older servers do not announce a list: there, the response to an action
    with `terminal_events` begins one.
    """

    __slots__ = ()

    def judge(self, progress: Progress, message: Message) -> Verdict:
        """Judge a message before it is collected."""
        if message.kind is not RESPONSE:
            return DONE if closes(message, self.terminal_events) else MORE
        # A second success in the middle of a list is not its end.
        listing = progress.response is not None or self._begins_list(progress, message)
        return _judge_response(message, when_good=MORE if listing else DONE)

    def _begins_list(self, progress: Progress, response: Message) -> bool:
        if opens_list(response):
            return True
        if not self.terminal_events or not () < progress.ami_version < LISTS_MARKED_SINCE:
            return False
        return not response.get("Message", "").lower().startswith(NOTHING_LISTED)


class SingleResponse(Strategy):
    """Expect one response and nothing else, even if it announces a list."""

    __slots__ = ()

    def judge(self, progress: Progress, message: Message) -> Verdict:
        """Judge a message before it is collected."""
        if message.kind is not RESPONSE:
            return IGNORE
        return _judge_response(message, when_good=DONE)


class CommandOutput(Strategy):
    """Expect one response with the output of a command, in either format. A success without output fails."""

    __slots__ = ()

    def judge(self, progress: Progress, message: Message) -> Verdict:
        """Judge a message before it is collected."""
        if message.kind is not RESPONSE:
            return IGNORE
        return _judge_response(message, when_good=FAILED if message.output is None else DONE)


class EventList(Strategy):
    """Expect a response and then a list, whether or not the response announces one.

    The list ends with its `EventList` header, or with an event that `terminal_events` names.
    """

    __slots__ = ()

    def judge(self, progress: Progress, message: Message) -> Verdict:
        """Judge a message before it is collected."""
        if message.kind is RESPONSE:
            return _judge_response(message, when_good=MORE)
        return DONE if closes(message, self.terminal_events) else MORE


@dataclass(frozen=True, slots=True)
class MultiResponse(Strategy):
    """Expect this number of responses. Messages between them are part of the reply."""

    count: int

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ConfigError("count", "must be a whole number of responses, at least one", value=self.count)

    def judge(self, progress: Progress, message: Message) -> Verdict:
        """Judge a message before it is collected."""
        if message.kind is not RESPONSE:
            return MORE
        last = progress.responses + 1 >= self.count
        return _judge_response(message, when_good=DONE if last else MORE)


@dataclass(frozen=True, slots=True)
class AsyncEvent(Strategy):
    """Expect a response, and then one event with the same ActionID that has the result.

    Without the event, the action times out. With an `unconfirmed_hint` it ends unconfirmed instead: the
    server accepted it, and the result is not known.
    """

    event: str
    """The name of the event. If it has a header `Response` that is not a success, the action fails."""
    async_events: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "async_events", frozenset({self.event}))

    def judge(self, progress: Progress, message: Message) -> Verdict:
        """Judge a message before it is collected."""
        if message.kind is RESPONSE:
            return _judge_response(message, when_good=MORE)
        if not named(message, self.async_events):
            return IGNORE
        status = message.get("Response")
        return DONE if status is None or status.lower() in SUCCESSES else FAILED


@dataclass(frozen=True, slots=True)
class EventOnly(AsyncEvent):
    """Expect one event with the ActionID. A response may come before it; an error ends the action."""

    response_required: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Fence(Strategy):
    """Collect everything up to the answer to a `Ping` that is sent right after the action.

    For actions whose reply has no end that can be recognised, or no ActionID: Asterisk serves a session
    strictly one action after the other, so when the ping is answered, the action is complete. The reply holds
    its responses, its events, and text that is neither.
    """

    fence: bool = field(default=True, kw_only=True)

    def judge(self, progress: Progress, message: Message) -> Verdict:
        """Judge a message before it is collected."""
        return MORE


def _judge_response(response: Message, when_good: Verdict) -> Verdict:
    return when_good if succeeded(response) else FAILED
