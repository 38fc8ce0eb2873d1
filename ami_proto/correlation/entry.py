"""An open action: what was asked, what has come, and each way in which it can end.

`prepare` makes an entry from an action and its completion strategy; the session opens it, asks it to judge
each message that belongs to the action, and takes one outcome from it.
"""

from collections.abc import Iterable
from enum import Enum, unique
from itertools import islice
from typing import Final

from ami_proto.correlation.action_ids import ActionIds
from ami_proto.correlation.completion import (
    IGNORE,
    Completion,
    Progress,
    Verdict,
    opens_list,
    succeeded,
)
from ami_proto.correlation.odd_actions import AUTOMATIC, blocks_session, fence_allowed
from ami_proto.correlation.outcome import (
    ActionCancelled,
    ActionFailed,
    ActionLost,
    ActionTimeout,
    ActionUnconfirmed,
    CompletionFailed,
    MissingResponse,
    Outcome,
    Reply,
    ReplyTooLarge,
    Ticket,
)
from ami_proto.errors import ConfigError, MisuseError
from ami_proto.message.encoding import Action, encode
from ami_proto.message.message import Message
from ami_proto.values import FULLY, Disconnect, Kind, Sent, ServerKey

NAMES_MAX = 1000
"""Event names that a strategy may declare. A user's strategy may hand out an endless iterator."""

PING = Action("Ping")
"""The action that fences are made of."""

_PlainError = (
    ActionCancelled
    | ActionFailed
    | ActionTimeout
    | ActionUnconfirmed
    | CompletionFailed
    | MissingResponse
    | ReplyTooLarge
)


class ActionBytes:
    """The bytes of one action and of its fence: both go out, or neither.

    `shown` only grows, because shown bytes may have left the process.
    """

    __slots__ = ("_action_size", "committed", "data", "number", "queued", "shown")

    def __init__(self, action: bytes, fence: bytes = b"") -> None:
        self.data = action + fence
        self._action_size = len(action)
        self.shown = 0
        self.number = 0
        """Its place among the session's actions that were shown, from 1. Asterisk answers in this order."""
        self.queued = False
        """In the outbox: put there, and not shown to its end yet."""
        self.committed = False
        """Shown in part, and the rest follows even if the action ends early."""

    @property
    def sent(self) -> Sent:
        """How much of the action was shown, or will be shown in any case."""
        if self.committed or self.shown >= self._action_size:
            return FULLY
        return Sent.NO if self.shown == 0 else Sent.PARTLY


@unique
class Purpose(Enum):
    """Who asked: the application, or the engine itself."""

    USER = "user"
    CHALLENGE = "challenge"
    LOGIN = "login"
    UPTIME = "uptime"
    """How long the server has been up: asked when FullyBooted does not come."""
    RELEASE = "release"
    """Which release of Asterisk the server is."""
    SETUP = "set-up"
    PING = "ping"
    LOGOFF = "logoff"


USER: Final = Purpose.USER
"""Of nearly every action: `values.py` says why it has a name of its own."""


class Declared:
    """What a strategy declares beside its judgement. Raises `ConfigError`, and what the strategy raises."""

    __slots__ = ("async_events", "events_max", "response_required", "terminal_events", "unconfirmed_hint")

    def __init__(self, completion: Completion) -> None:
        self.async_events = _names("async_events", completion.async_events)
        self.terminal_events = _names("terminal_events", completion.terminal_events)
        self.events_max = _count("events_max", completion.events_max)
        self.response_required = bool(completion.response_required)
        self.unconfirmed_hint = _hint("unconfirmed_hint", completion.unconfirmed_hint)


class Entry:
    """One open action. `deadline` is absolute; None means that a timer of the connection watches it."""

    __slots__ = (
        "_declared",
        "blocks",
        "completion",
        "cut",
        "deadline",
        "doubt",
        "fence_id",
        "outgoing",
        "progress",
        "purpose",
        "shortened",
        "ticket",
        "timer",
    )

    def __init__(
        self,
        ticket: Ticket,
        completion: Completion,
        outgoing: ActionBytes,
        deadline: float | None,
        *,
        purpose: Purpose,
        blocks: bool,
        fence_id: str | None,
        shortened: bool = False,
    ) -> None:
        self.ticket = ticket
        self.completion = completion
        # Read once, here: a user's strategy may raise, and the request can still be refused.
        self._declared = _ORDINARY if completion is AUTOMATIC else Declared(completion)
        self.fence_id = fence_id
        """The ActionID of the fence: the ping after the action, whose pong ends it."""
        self.outgoing = outgoing
        self.deadline = deadline
        self.purpose = purpose
        self.blocks = blocks
        self.shortened = shortened
        """Whether the caller waits less than the strategy's own duration."""
        self.progress = Progress()
        self.doubt: Message | None = None
        """An error without ActionID that came while the fence was open, and may be an earlier action's."""
        self.cut = False
        """Whether it is reported that the reply has met its cap."""
        self.timer: int | None = None
        """The number under which `Deadlines` keeps it while it is open."""

    @property
    def async_events(self) -> frozenset[str]:
        """The names of the events of the event queue that belong to it, in lower case."""
        return self._declared.async_events

    @property
    def ids(self) -> int:
        """How many ActionIDs it uses."""
        return 1 if self.fence_id is None else 2

    def overdue(self, now: float) -> bool:
        """Whether its deadline has passed."""
        return self.deadline is not None and self.deadline <= now

    def judge(self, message: Message) -> Verdict:
        """Ask the strategy, and collect the message unless IGNORE. Raises what the strategy raises."""
        verdict = self.completion.judge(self.progress, message)
        if not isinstance(verdict, Verdict):
            raise TypeError(f"judge returned {type(verdict).__name__}, not a Verdict")
        if verdict is not IGNORE:
            self.collect(message)
        return verdict

    def collect(self, message: Message) -> None:
        """Add a message to the reply."""
        self.progress.collect(message, self._declared.events_max, self._declared.terminal_events)

    @property
    def cap(self) -> str:
        """What bounds the reply, in words."""
        return f"{self.ticket.action_name}: {self.ticket.strategy} keeps {self._declared.events_max} events"

    def lists(self, response: Message) -> bool:
        """Whether a list follows a response that was judged MORE."""
        return opens_list(response) or bool(self._declared.terminal_events)

    @property
    def sent(self) -> Sent:
        """How much of the action was shown to the driver."""
        return self.outgoing.sent

    def reply(self) -> Reply:
        """Return the messages collected so far."""
        return self.progress.reply()

    # -- the ends of an action, each from its evidence

    def done(self) -> Outcome:
        """End with success, or with `MissingResponse` if a required response never came."""
        if self.progress.response is None and self._declared.response_required:
            return self._ended(MissingResponse, "its end came without its response")
        return Outcome(self.ticket, self.reply(), None, self.sent)

    def fenced(self) -> Outcome:
        """End because the fence's pong came: the server has finished the action."""
        response, doubt = self.progress.response, self.doubt
        if response is not None and not succeeded(response):
            return self.failed(response)
        if doubt is not None and (response is None or response.action_id is None):
            what = "an error without ActionID came before its end, and may be its answer"
            return self._ended(ActionUnconfirmed, f"{what}: {_complaint(doubt)}")
        return self.done()

    def failed(self, message: Message) -> Outcome:
        """End because the server reported an error."""
        return self._ended(ActionFailed, _complaint(message))

    def timed_out(self) -> Outcome:
        """End by deadline: unconfirmed if the server had accepted it and the strategy has a hint for that.

        It is too early for the hint if the caller did not wait as long as the strategy would have waited.
        """
        hint = None if self.shortened else self._declared.unconfirmed_hint
        if self.progress.response is not None and hint is not None:
            return self._ended(ActionUnconfirmed, f"accepted, its result unknown: {hint}")
        unsent = self.sent is Sent.NO
        return self._ended(ActionTimeout, "timed out before it was sent" if unsent else "timed out")

    def unsent(self, last: Disconnect | None) -> Outcome:
        """End by deadline while the action waited for READY. `last` is the last cause of the connection."""
        why = "" if last is None else f"; last cause: {last}"
        outcome = self._ended(ActionTimeout, f"not sent, because the server was not ready in time{why}")
        assert isinstance(outcome.error, ActionTimeout), "_ended makes an error of the kind it is given"
        outcome.error.cause = last
        return outcome

    def cancelled(self) -> Outcome:
        """End because the caller cancelled."""
        return self._ended(ActionCancelled, "cancelled")

    def lost(self, cause: Disconnect) -> Outcome:
        """End because the session ended."""
        reply = self.reply()
        return Outcome(self.ticket, reply, ActionLost(self.ticket, cause, reply, self.sent), self.sent)

    def oversized(self, size: int, size_max: int) -> Outcome:
        """End because a frame of the answer exceeded `max_frame_size` and was skipped."""
        what = f"a frame of its answer was skipped: {size} bytes, over max_frame_size = {size_max}"
        return self._ended(ReplyTooLarge, what)

    def broken(self, exception: Exception, description: str) -> Outcome:
        """End because the completion strategy raised."""
        outcome = self._ended(CompletionFailed, f"its completion strategy raised {description}")
        assert outcome.error is not None, "_ended always makes an error"
        outcome.error.__cause__ = exception
        return outcome

    def _ended(self, kind: type[_PlainError], what: str) -> Outcome:
        reply = self.reply()
        return Outcome(self.ticket, reply, kind(self.ticket, what, reply, self.sent), self.sent)


def prepare(
    ids: ActionIds,
    server: ServerKey,
    action: Action,
    completion: Completion,
    *,
    now: float = 0.0,
    deadline: float | None,
    purpose: Purpose = USER,
    asked_by: str | None = None,
    shortened: bool = False,
) -> Entry:
    """Return the entry of an action under the next ActionIDs. Draw them once the entry is open.

    Reads what the strategy declares, so whatever a user's strategy raises comes out of here. Raises
    `MisuseError` for a fence after an action that the fence's ping would end.
    """
    action_id, fence_id, fence = ids.peek(), None, b""
    if completion.fence:
        if not fence_allowed(action):
            raise MisuseError(f"{action.name}: the ping of a fence would end it; take another completion")
        fence_id = ids.peek(ahead=1)
        fence = encode(PING, fence_id)
    return Entry(
        Ticket(server, action_id, action.name, now, type(completion).__name__, action, asked_by),
        completion,
        ActionBytes(encode(action, action_id), fence),
        deadline,
        purpose=purpose,
        blocks=blocks_session(action),
        fence_id=fence_id,
        shortened=shortened,
    )


def _names(key: str, given: object) -> frozenset[str]:
    """Return the event names that a strategy declares, in lower case. Raises `ConfigError`."""
    rule = f"must be a set of names of events, at most {NAMES_MAX}"
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ConfigError(key, rule)
    names = list(islice(given, NAMES_MAX + 1))
    if len(names) > NAMES_MAX or not all(isinstance(name, str) for name in names):
        raise ConfigError(key, rule)
    return frozenset(name.lower() for name in names)


def _count(key: str, given: object) -> int:
    if not isinstance(given, int) or given < 0:
        raise ConfigError(key, "must be a whole number, zero or more", value=given)
    return given


def _hint(key: str, given: object) -> str | None:
    if given is not None and not isinstance(given, str):
        raise ConfigError(key, "must be text, or None")
    return given


_ORDINARY = Declared(AUTOMATIC)
"""Of the strategy of nearly every action: read once for all of them."""


def _complaint(message: Message) -> str:
    """Return the server's error text as one line.

    A `Command` has it in `Output` (facts, 3), an `OriginateResponse` in `Reason`.
    """
    if message.kind is Kind.EVENT:
        return f"{message.name}: {message.get('Response')} (Reason {message.get('Reason', '?')})"
    text = " ".join(message.output) if message.output else message.get("Message")
    return text.strip() if text and text.strip() else f"Response: {message.name}"
