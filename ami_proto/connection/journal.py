"""What a machine tells its application: every notice is made, redacted, counted and kept here.

A `Journal` keeps the undrained notices of all servers in the order in which they came. Each server
writes to it through a `ServerJournal` of its own, which knows that server's clock, session, redaction and
fault totals, and bounds its undrained notices. So no server takes the room of another.

The bounds, for each server:

* Outcomes are never dropped. An undrained one keeps its place among `max_pending_actions`.
* Faults of one kind are one notice with a count until it is drained, and so are the drops of one queue.
* State changes, schedules and breaker changes are kept one by one up to `STEPS_MAX`; after that the latest
  notice of each kind absorbs the next.
"""

from collections import deque
from dataclasses import replace

from ami_proto.config.server import ServerConfig
from ami_proto.connection.notices import (
    ActionFinished,
    BreakerChanged,
    ConnectScheduled,
    EventsDropped,
    Fault,
    FaultSeen,
    MessagesWaiting,
    Notice,
    StateChanged,
)
from ami_proto.connection.subscription import Subscription
from ami_proto.correlation.entry import Entry
from ami_proto.correlation.outcome import Outcome
from ami_proto.errors import MisuseError, described
from ami_proto.message.message import Message
from ami_proto.message.redact import Redaction
from ami_proto.values import Disconnect, SessionId

NOW_MAX = 1e12
"""Thirty thousand years, before or after zero; far beyond, a float cannot tell a second from the next."""
STEPS_MAX = 64
"""Undrained state changes, schedules and breaker changes kept one by one: some ten whole reconnects."""
CHARACTERS_MAX = 60
"""Characters of a strange line that are quoted."""
DETAIL_SIZE_MAX = 500
"""Characters of a whole report: a server's message can be as long as a frame."""

_Step = StateChanged | ConnectScheduled | BreakerChanged
_MergeKey = Fault | Subscription | type[StateChanged] | type[ConnectScheduled] | type[BreakerChanged]


def checked_time(now: float, latest: float) -> float:
    """Return the time of a request, not before the latest. Raises `MisuseError` for NaN and infinities."""
    if latest < now < NOW_MAX:
        return now
    if not -NOW_MAX < now < NOW_MAX:
        raise MisuseError(f"now = {now!r} is no time in seconds")
    return latest


class _Slot:
    """One place in the order of notices. A notice that merges with a later one is replaced in its slot."""

    __slots__ = ("merge_key", "notice", "writer")

    def __init__(self, writer: "ServerJournal", notice: Notice, merge_key: _MergeKey | None = None) -> None:
        self.writer = writer
        self.notice = notice
        self.merge_key = merge_key
        """What later notices must have in common with this one to merge with it; None never merges."""


class Journal:
    """Keep the undrained notices of every server in order."""

    __slots__ = ("_announced", "_slots")

    def __init__(self) -> None:
        self._slots: deque[_Slot] = deque()
        self._announced: set[Subscription] = set()
        """Subscriptions with an undrained `MessagesWaiting`."""

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be drained."""
        return not self._slots

    def open(self, config: ServerConfig) -> "ServerJournal":
        """Return the journal through which one server writes to this one."""
        return ServerJournal(self, config)

    def put(self, slot: _Slot) -> None:
        """Add a notice at the end."""
        slot.writer.undrained += 1
        self._slots.append(slot)

    def put_waiting(self, writer: "ServerJournal", subscription: Subscription) -> None:
        """Announce messages, unless an announcement for this subscription is undrained."""
        if subscription not in self._announced:
            self._announced.add(subscription)
            self.put(_Slot(writer, MessagesWaiting(subscription, writer.server)))

    def poll(self) -> Notice | None:
        """Return the oldest notice and forget it."""
        if not self._slots:
            return None
        slot = self._slots.popleft()
        if isinstance(slot.notice, MessagesWaiting):
            self._announced.discard(slot.notice.subscription)
        slot.writer.note_drained(slot)
        return slot.notice

    def forget(self, subscription: Subscription) -> None:
        """Drop the notices about a subscription that has ended."""
        kept: deque[_Slot] = deque()
        for slot in self._slots:
            notice = slot.notice
            if isinstance(notice, MessagesWaiting | EventsDropped) and notice.subscription is subscription:
                slot.writer.note_drained(slot)
            else:
                kept.append(slot)
        self._slots = kept
        self._announced.discard(subscription)


class ServerJournal:
    """Make the notices of one server, and bound the undrained ones."""

    __slots__ = (
        "_journal",
        "_merging",
        "_steps",
        "action_id_length_max",
        "faults",
        "last_cause",
        "now",
        "outcomes",
        "redaction",
        "release",
        "server",
        "session",
        "undrained",
    )

    def __init__(self, journal: Journal, config: ServerConfig) -> None:
        self.server = config.key
        self.redaction = Redaction.of(config)
        self.action_id_length_max = config.max_action_id_length
        self.now = -NOW_MAX
        """The latest time that a fact or request brought."""
        self.session: SessionId | None = None
        """The present session."""
        self.last_cause: Disconnect | None = None
        """Why the last session ended. Every error for want of a connection names it."""
        self.release: str | None = None
        """The release of Asterisk that the latest session was told which asked for it."""
        self.faults: dict[Fault, int] = {}
        """Every fault since the connection was made, by kind."""
        self.outcomes = 0
        """Undrained outcomes."""
        self.undrained = 0
        """Undrained notices, outcomes included."""
        self._journal = journal
        self._merging: dict[_MergeKey, _Slot] = {}
        """The undrained slots that later notices merge with."""
        self._steps = 0

    # -- the clock

    def advance(self, now: float) -> None:
        """Advance the clock. Ignores NaN, infinities and times in the past."""
        if self.now < now < NOW_MAX:
            self.now = now

    def checked_time(self, now: float) -> float:
        """Return the time of a request, clamped. Raises `MisuseError` for NaN and infinities."""
        return checked_time(now, self.now)

    # -- notices

    def put_outcome(self, outcome: Outcome) -> None:
        """Report the end of an action."""
        self.outcomes += 1
        elapsed = self.now - outcome.ticket.submitted
        self._journal.put(_Slot(self, ActionFinished(outcome, elapsed, self.redaction)))

    def put_waiting(self, subscription: Subscription) -> None:
        """Report that an empty subscription has messages."""
        self._journal.put_waiting(self, subscription)

    def put_fault(
        self, fault: Fault, detail: object, count: int = 1, *, action_id: str | None = None
    ) -> None:
        """Count a fault and report it, merged with undrained ones of its kind.

        An ActionID that is longer than any of ours is left out: the peer made it up.
        """
        self.faults[fault] = self.faults.get(fault, 0) + count
        if action_id is not None and len(action_id) > self.action_id_length_max:
            action_id = None
        slot = self._merging.get(fault)
        if slot is not None and isinstance(slot.notice, FaultSeen):
            count += slot.notice.count
        self._put_merging(
            fault, FaultSeen(self.server, self.session, fault, count, self.detail(detail), action_id)
        )

    def put_cut(self, entry: Entry) -> None:
        """Report that a reply loses events beyond its cap: once, with the first of them."""
        if entry.progress.dropped and not entry.cut:
            entry.cut = True
            self.put_fault(Fault.TRUNCATED, entry.cap, action_id=entry.ticket.action_id)

    def put_dropped(self, report: EventsDropped) -> None:
        """Report dropped messages, merged with an undrained report on the same subscription."""
        slot = self._merging.get(report.subscription)
        if slot is not None and isinstance(slot.notice, EventsDropped):
            report = replace(report, delta=report.delta + slot.notice.delta)
        self._put_merging(report.subscription, report)

    def put_step(self, step: _Step) -> None:
        """Report a step of the connection's life; beyond `STEPS_MAX` each kind of step has one place."""
        kind = type(step)
        if self._steps < STEPS_MAX and kind not in self._merging:
            self._steps += 1
            self._journal.put(_Slot(self, step))
            return
        slot = self._merging.get(kind)
        match slot and slot.notice, step:
            case StateChanged() as earlier, StateChanged():
                step = replace(step, old=earlier.old, absorbed=earlier.absorbed + 1)
            case BreakerChanged() as earlier, BreakerChanged():
                step = replace(step, old=earlier.old, absorbed=earlier.absorbed + 1)
        self._put_merging(kind, step)

    def note_drained(self, slot: _Slot) -> None:
        """Free the room that a notice of this server took."""
        self.undrained -= 1
        if slot.merge_key is not None:
            del self._merging[slot.merge_key]
        elif isinstance(slot.notice, ActionFinished):
            self.outcomes -= 1
        elif isinstance(slot.notice, _Step):
            self._steps -= 1

    def _put_merging(self, key: _MergeKey, notice: FaultSeen | EventsDropped | _Step) -> None:
        slot = self._merging.get(key)
        if slot is None:
            slot = self._merging[key] = _Slot(self, notice, key)
            self._journal.put(slot)
        slot.notice = notice

    # -- the peer's words, made fit for a log: redacted, printable, short

    def excerpt(self, message: Message) -> str:
        """Return the beginning of the message's first line."""
        return self.quote(message.raw.partition(b"\n")[0])

    def quote(self, line: bytes) -> str:
        """Return the beginning of a line as printable ASCII, other characters escaped."""
        text = line.strip().decode(errors="backslashreplace")
        # Redact before cutting: half a secret would not be recognised.
        shown = _printable(self.redaction.beginning(text, CHARACTERS_MAX))
        return shown.encode("ascii", "backslashreplace").decode()[:CHARACTERS_MAX]

    def detail(self, report: object) -> str:
        """Return a report as one printable line of bounded length. A driver may hand in an exception."""
        text = report if isinstance(report, str) else described(report)
        return _printable(self.redaction.beginning(text, DETAIL_SIZE_MAX))[:DETAIL_SIZE_MAX]


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
