"""The actions a session has open: found by ActionID, ended by answer, deadline, cancel or loss."""

from collections.abc import Iterable
from enum import Enum, unique
from itertools import islice

from ami_proto.correlation.completion import Completion, Progress, Verdict, opens_list, succeeded
from ami_proto.correlation.deadlines import Deadlines
from ami_proto.correlation.fences import Fences
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
from ami_proto.correlation.outgoing import Outgoing
from ami_proto.errors import ConfigError
from ami_proto.message.message import Message
from ami_proto.values import Disconnect, Kind, Sent

NAMES_MAX = 1000
"""Event names that a strategy may declare; it may be one that never stops naming them."""

_PlainError = (
    ActionCancelled
    | ActionFailed
    | ActionTimeout
    | ActionUnconfirmed
    | CompletionFailed
    | MissingResponse
    | ReplyTooLarge
)


@unique
class Purpose(Enum):
    """Who asked: the application, or the engine itself."""

    USER = "user"
    CHALLENGE = "challenge"
    LOGIN = "login"
    SETUP = "set-up"
    PING = "ping"
    LOGOFF = "logoff"


class Entry:
    """One open action. `deadline` is absolute, None where a timer of the engine watches instead."""

    __slots__ = (
        "_events_max",
        "_response_required",
        "_terminal_events",
        "_unconfirmed_hint",
        "async_events",
        "blocks",
        "completion",
        "deadline",
        "fence_id",
        "outgoing",
        "progress",
        "purpose",
        "ticket",
        "timer",
    )

    def __init__(
        self,
        ticket: Ticket,
        completion: Completion,
        outgoing: Outgoing,
        deadline: float | None,
        *,
        purpose: Purpose,
        blocks: bool,
        fence_id: str | None,
    ) -> None:
        self.ticket = ticket
        self.completion = completion
        # Read once, here: a user's strategy may raise, and this is still inside the request.
        self.async_events = _names("async_events", completion.async_events)
        self._terminal_events = _names("terminal_events", completion.terminal_events)
        self._events_max = _count("events_max", completion.events_max)
        self._response_required = bool(completion.response_required)
        self._unconfirmed_hint = _hint("unconfirmed_hint", completion.unconfirmed_hint)
        self.fence_id = fence_id
        """The ActionID of the ping behind the action, whose pong ends it."""
        self.outgoing = outgoing
        self.deadline = deadline
        self.purpose = purpose
        self.blocks = blocks
        self.progress = Progress()
        self.timer: int | None = None
        """What its deadline is removed by, while it is open."""

    @property
    def ids(self) -> int:
        """How many ActionIDs it takes."""
        return 1 if self.fence_id is None else 2

    def overdue(self, now: float) -> bool:
        """Whether its deadline has passed."""
        return self.deadline is not None and self.deadline <= now

    def judge(self, message: Message) -> Verdict:
        """Ask the strategy, and collect what it takes. Raises whatever the strategy raises."""
        verdict = self.completion.judge(self.progress, message)
        if not isinstance(verdict, Verdict):
            raise TypeError(f"judge returned {type(verdict).__name__}, not a Verdict")
        if verdict is not Verdict.IGNORE:
            self.collect(message)
        return verdict

    def collect(self, message: Message) -> None:
        """Take a message into the reply."""
        self.progress.collect(message, self._events_max, self._terminal_events)

    def lists(self, response: Message) -> bool:
        """Whether a list follows this response, of which it was judged that more is to come."""
        return opens_list(response) or bool(self._terminal_events)

    @property
    def sent(self) -> Sent:
        """How much of it was shown."""
        return self.outgoing.sent

    def reply(self) -> Reply:
        """Return what has been collected."""
        progress = self.progress
        return Reply(progress.response, tuple(progress.events), progress.complete, progress.dropped)

    # -- the ends of an action, each from its evidence

    def done(self) -> Outcome:
        """End with success; without the response it needs, with an error."""
        if self.progress.response is None and self._response_required:
            return self._ended(MissingResponse, "its end came without its response")
        return Outcome(self.ticket, self.reply(), None, self.sent)

    def fenced(self) -> Outcome:
        """End because the server has come to what follows the action."""
        response = self.progress.response
        return self.done() if response is None or succeeded(response) else self.failed(response)

    def failed(self, message: Message) -> Outcome:
        """End with the server's no."""
        return self._ended(ActionFailed, _complaint(message))

    def timed_out(self) -> Outcome:
        """End by deadline: unconfirmed where the server had accepted and the strategy says so."""
        hint = self._unconfirmed_hint
        if self.progress.response is not None and hint is not None:
            return self._ended(ActionUnconfirmed, f"accepted, its result unknown: {hint}")
        return self._ended(ActionTimeout, "timed out")

    def cancelled(self) -> Outcome:
        """End because the caller no longer wants it."""
        return self._ended(ActionCancelled, "cancelled")

    def lost(self, cause: Disconnect) -> Outcome:
        """End with the session."""
        reply = self.reply()
        return Outcome(self.ticket, reply, ActionLost(self.ticket, cause, reply, self.sent), self.sent)

    def oversized(self, size: int, size_max: int) -> Outcome:
        """End because a frame of its answer was skipped."""
        what = f"a frame of its answer was skipped: {size} bytes, over max_frame_size = {size_max}"
        return self._ended(ReplyTooLarge, what)

    def broken(self, exception: Exception, description: str) -> Outcome:
        """End because the strategy raised."""
        outcome = self._ended(CompletionFailed, f"its completion strategy raised {description}")
        assert outcome.error is not None, "an outcome that was made of an error has it"
        outcome.error.__cause__ = exception
        return outcome

    def _ended(self, kind: type[_PlainError], what: str) -> Outcome:
        reply = self.reply()
        return Outcome(self.ticket, reply, kind(self.ticket, what, reply, self.sent), self.sent)


class Pending:
    """The open actions of one session, in the order they were submitted."""

    __slots__ = (
        "_blocking",
        "_deadlines",
        "_entries",
        "_fences",
        "_open_list",
        "_user_count",
        "collecting",
        "size",
    )

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._deadlines: Deadlines[Entry] = Deadlines()
        self._blocking: dict[Entry, None] = {}
        self._fences: Fences[Entry] = Fences()
        self._open_list: Entry | None = None
        self._user_count = 0
        self.collecting = False
        """Whether what names no action may be part of an answer all the same; asked for every event."""
        self.size = 0
        """Bytes of the open actions."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def user_count(self) -> int:
        """How many actions of the application are open."""
        return self._user_count

    @property
    def collector(self) -> Entry | None:
        """The action that what names none belongs to: the list whose response came last, while it is
        open (`IAXpeers`, chan_iax2.c:7101); else the one whose fence is in front, once it was sent.
        """
        return self._open_list if self._open_list is not None else self.fenced

    @property
    def fenced(self) -> Entry | None:
        """The action whose fence is in front, once it was sent. Raw text is its answer, whatever list is
        open: Asterisk serves one action after the other, and no list has raw text in it.
        """
        front = self._fences.front
        return front if front is not None and front.sent is Sent.FULLY else None

    @property
    def abandoned(self) -> bool:
        """Whether an event that names no action belongs to one that has ended."""
        return self._open_list is None and self.fence_abandoned

    @property
    def fence_abandoned(self) -> bool:
        """Whether the fence in front is that of an action that has ended; its answer is still to come."""
        return len(self._fences) > 0 and self._fences.front is None

    def add(self, entry: Entry) -> None:
        """Open an action."""
        self._entries[entry.ticket.action_id] = entry
        if entry.deadline is not None:
            entry.timer = self._deadlines.add(entry.deadline, entry)
        if entry.blocks:
            self._blocking[entry] = None
        if entry.fence_id is not None:
            self._fences.add(entry.fence_id, entry)
            self.collecting = True
        self._user_count += entry.purpose is Purpose.USER
        self.size += len(entry.outgoing.data)

    def find(self, action_id: str) -> Entry | None:
        """Return the open action with exactly this ActionID."""
        return self._entries.get(action_id)

    def is_fence(self, action_id: str | None) -> bool:
        """Whether this is the ActionID of a fence whose pong is to come."""
        return action_id in self._fences

    def pass_fence(self, action_id: str) -> Entry | None:
        """Take the pong of a fence: return the action it ends, if that has not ended already."""
        entry = self._fences.passed(action_id)
        self._note_collecting()
        return entry

    def remove(self, entry: Entry) -> bool:
        """Close an action; False if it was not open."""
        if self._entries.pop(entry.ticket.action_id, None) is None:
            return False
        if entry.timer is not None:
            self._deadlines.remove(entry.timer)
        self._blocking.pop(entry, None)
        if entry.fence_id is not None:
            self._end_fence(entry.fence_id, entry.sent)
        if self._open_list is entry:
            self._open_list = None
        if self.collecting:
            self._note_collecting()
        self._user_count -= entry.purpose is Purpose.USER
        self.size -= len(entry.outgoing.data)
        return True

    def _end_fence(self, fence_id: str, sent: Sent) -> None:
        """Take back the fence of an action that has ended; one that was shown is still answered."""
        if sent is Sent.NO:
            self._fences.withdraw(fence_id)
        else:
            self._fences.abandon(fence_id)

    def open_list(self, entry: Entry) -> None:
        """Remember whose list the items without ActionID belong to."""
        self._open_list = entry
        self.collecting = True

    def _note_collecting(self) -> None:
        self.collecting = self._open_list is not None or len(self._fences) > 0

    def blocked_until(self, now: float) -> float | None:
        """Return until when an open action may keep Asterisk from answering anything else."""
        deadlines = [entry.deadline for entry in self._blocking if entry.deadline is not None]
        latest = max(deadlines, default=now)
        return latest if latest > now else None

    def next_deadline(self) -> float | None:
        """Return the earliest deadline of an open action."""
        return self._deadlines.next()

    def pop_due(self, now: float) -> Entry | None:
        """Close and return the action whose deadline has passed longest ago."""
        entry = self._deadlines.pop_due(now)
        if entry is not None:
            self.remove(entry)
        return entry

    def pop_all(self) -> list[Entry]:
        """Close everything; return it in the order of submission."""
        entries = list(self._entries.values())
        for entry in entries:
            self.remove(entry)
        return entries


def _names(key: str, given: object) -> frozenset[str]:
    """Return the names of events that a strategy declares, in lower case. Raises `ConfigError`."""
    rule = f"must be a set of names of events, at most {NAMES_MAX}"
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ConfigError(key, given, rule)
    names = list(islice(given, NAMES_MAX + 1))
    if len(names) > NAMES_MAX or not all(isinstance(name, str) for name in names):
        raise ConfigError(key, given, rule)
    return frozenset(name.lower() for name in names)


def _count(key: str, given: object) -> int:
    if not isinstance(given, int) or given < 0:
        raise ConfigError(key, given, "must be a whole number, zero or more")
    return given


def _hint(key: str, given: object) -> str | None:
    if given is not None and not isinstance(given, str):
        raise ConfigError(key, given, "must be text, or None")
    return given


def _complaint(message: Message) -> str:
    """Return what the server said, in one line.

    `Command` puts its complaint into `Output` (facts, 3); `OriginateResponse` into `Reason`.
    """
    if message.kind is Kind.EVENT:
        return f"{message.name}: {message.get('Response')} (Reason {message.get('Reason', '?')})"
    text = " ".join(message.output) if message.output else message.get("Message")
    return text.strip() if text and text.strip() else f"Response: {message.name}"
