"""The open actions of a session: found by ActionID, by deadline, and by what names no action.

Asterisk serves a session strictly in order. So a message that names no action belongs to the list that is
open, or to the oldest fence: the ping that the engine sends after an action whose end nothing else marks.
"""

from collections import OrderedDict
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Generic, TypeVar

from ami_proto.correlation.entry import USER, Entry
from ami_proto.values import FULLY, Sent

Item = TypeVar("Item")

GARBAGE_MIN = 64
"""Removed entries of the heap below which a clean-up is not worth its cost."""

LATE_RESPONSES_MAX = 5000
"""Ended actions whose answer is still due that are remembered: as many as may be pending by default. Command
output that answers a forgotten one is taken for frames."""

ABANDONED_MAX = 256
"""Fences without their action that are remembered: a peer that answers no ping must not cost memory."""


class Pending:
    """The open actions of one session, in the order of submission."""

    __slots__ = (
        "_blocking",
        "_deadlines",
        "_entries",
        "_fences",
        "_late_responses",
        "_open_list",
        "answered",
        "collecting",
        "size",
        "user_count",
    )

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._deadlines: Deadlines[Entry] = Deadlines()
        self._blocking: dict[Entry, None] = {}
        self._fences: Fences[Entry] = Fences()
        self._open_list: Entry | None = None
        self._late_responses: OrderedDict[str, int] = OrderedDict()
        """The numbers of actions that ended before their answer, by ActionID, and by that of their fence."""
        self.answered = 0
        """The highest number of an action, or of its fence, that was answered by its ActionID."""
        self.collecting = False
        """Whether a message without ActionID may belong to an action. Read for every event: a field."""
        self.size = 0
        """Bytes of the open actions together."""
        self.user_count = 0
        """How many actions of the application are open."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def collector(self) -> Entry | None:
        """The action that an event without ActionID belongs to.

        It is the list whose response came last, while that is open (`IAXpeers`, chan_iax2.c:7101); else
        the action with the oldest fence.
        """
        return self._open_list if self._open_list is not None else self.fenced

    @property
    def fenced(self) -> Entry | None:
        """The action with the oldest fence, once it was sent.

        Raw text belongs to it even while a list is open: no list has raw text in it.
        """
        front = self._fences.front
        return front if front is not None and front.sent is FULLY else None

    @property
    def abandoned(self) -> bool:
        """Whether an event without ActionID belongs to an action that has ended."""
        return self._open_list is None and self.fence_abandoned

    @property
    def fence_abandoned(self) -> bool:
        """Whether the oldest fence is that of an action that has ended; its answer is still due."""
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
        self.user_count += entry.purpose is USER
        self.size += len(entry.outgoing.data)

    def find(self, action_id: str) -> Entry | None:
        """Return the open action with exactly this ActionID."""
        return self._entries.get(action_id)

    def awaits_response(self, action_id: str | None) -> bool:
        """Whether the first response to an action with this ActionID is due, also if the action has ended."""
        if action_id is None:
            return False
        entry = self._entries.get(action_id)
        if entry is None:
            return action_id in self._late_responses
        return entry.progress.responses == 0 and entry.sent is not Sent.NO

    def note_answer(self, number: int) -> None:
        """Take the answer to the action of this number. Asterisk answers in order: earlier ones had theirs.

        So an error without ActionID that came before this answer is not that of a later action.
        """
        if number > self.answered:
            self.answered = number
            front = self._fences.front if self.collecting else None
            if front is not None and front.outgoing.number > number:
                front.doubt = None

    def take_late_response(self, action_id: str | None) -> None:
        """Take an answer to no open action: it may be that of one that has ended."""
        if action_id is not None:
            self.note_answer(self._late_responses.pop(action_id, 0))

    def reached(self, entry: Entry) -> bool:
        """Whether every action before this one was answered: then an answer without ActionID is its own."""
        return self.answered >= entry.outgoing.number - 1

    def is_fence(self, action_id: str | None) -> bool:
        """Whether this is the ActionID of a fence whose pong is due."""
        return action_id in self._fences

    def pass_fence(self, action_id: str) -> Entry | None:
        """Take the pong of a fence; return the action that it ends, unless that has ended already."""
        entry = self._fences.passed(action_id)
        self._note_collecting()
        return entry

    def remove(self, entry: Entry) -> bool:
        """Close an action; False if it was not open."""
        if self._entries.pop(entry.ticket.action_id, None) is None:
            return False
        if entry.timer is not None:
            self._deadlines.remove(entry.timer)
        if entry.outgoing.number > self.answered:
            self._expect_late_responses(entry)
        if entry.blocks:
            del self._blocking[entry]
        if entry.fence_id is not None:
            self._end_fence(entry.fence_id, entry.sent)
        if self._open_list is entry:
            self._open_list = None
        if self.collecting:
            self._note_collecting()
        self.user_count -= entry.purpose is USER
        self.size -= len(entry.outgoing.data)
        return True

    def _expect_late_responses(self, entry: Entry) -> None:
        """Remember which answers are still due to an action that was shown and ends."""
        due = self._late_responses
        due[entry.ticket.action_id] = entry.outgoing.number
        if entry.fence_id is not None:
            due[entry.fence_id] = entry.outgoing.number
        while len(due) > LATE_RESPONSES_MAX:
            due.popitem(last=False)

    def _end_fence(self, fence_id: str, sent: Sent) -> None:
        """Withdraw the fence of an action that has ended. The server still answers a fence that was shown."""
        if sent is Sent.NO:
            self._fences.withdraw(fence_id)
        else:
            self._fences.abandon(fence_id)

    def open_list(self, entry: Entry) -> None:
        """Remember the action whose list is open."""
        self._open_list = entry
        self.collecting = True

    def _note_collecting(self) -> None:
        self.collecting = self._open_list is not None or len(self._fences) > 0

    def blocked_until(self, now: float) -> float | None:
        """Return until when an open action may keep Asterisk from answering anything else, or None."""
        deadlines = [entry.deadline for entry in self._blocking if entry.deadline is not None]
        latest = max(deadlines, default=now)
        return latest if latest > now else None

    def next_deadline(self) -> float | None:
        """Return the earliest deadline of an open action."""
        return self._deadlines.next()

    def pop_due(self, now: float) -> Entry | None:
        """Close and return the action that is overdue longest."""
        entry = self._deadlines.pop_due(now)
        if entry is not None:
            self.remove(entry)
        return entry

    def pop_all(self) -> list[Entry]:
        """Close every action; return them in the order of submission."""
        entries = list(self._entries.values())
        for entry in entries:
            self.remove(entry)
        return entries


class Fences(Generic[Item]):
    """The fences of a session in the order of sending.

    An item that ends early abandons its fence: the fence keeps its place, because its answer is still due.
    """

    __slots__ = ("_abandoned", "_fences")

    def __init__(self) -> None:
        self._fences: OrderedDict[str, Item | None] = OrderedDict()
        self._abandoned: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._fences)

    def __contains__(self, action_id: str | None) -> bool:
        return action_id in self._fences

    @property
    def front(self) -> Item | None:
        """The item of the oldest fence; None if it was abandoned, or there is no fence."""
        return self._fences[next(iter(self._fences))] if self._fences else None

    def add(self, action_id: str, item: Item) -> None:
        """Add the newest fence."""
        self._fences[action_id] = item

    def withdraw(self, action_id: str) -> None:
        """Forget a fence that was never sent."""
        self._fences.pop(action_id, None)

    def abandon(self, action_id: str) -> None:
        """Keep the place of a fence whose item has ended, until its answer comes."""
        if action_id not in self._fences:
            return
        self._fences[action_id] = None
        self._abandoned[action_id] = None
        if len(self._abandoned) > ABANDONED_MAX:
            self._forget(next(iter(self._abandoned)))

    def passed(self, action_id: str) -> Item | None:
        """Take the answer of a fence and return its item.

        Abandoned fences before it are forgotten: the server answers in order, so theirs will not come.
        """
        while (first := next(iter(self._fences))) != action_id and first in self._abandoned:
            self._forget(first)
        item = self._fences[action_id]
        self._forget(action_id)
        return item

    def _forget(self, action_id: str) -> None:
        del self._fences[action_id]
        self._abandoned.pop(action_id, None)


class Deadlines(Generic[Item]):
    """A heap of deadlines with removal: O(log n) each, due items in order, each once."""

    __slots__ = ("_heap", "_live", "_numbers")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._live: dict[int, Item] = {}
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._live)

    def add(self, deadline: float, item: Item) -> int:
        """Keep an item until the deadline; return the number to remove it by."""
        number = next(self._numbers)
        self._live[number] = item
        heappush(self._heap, (deadline, number))
        return number

    def remove(self, number: int) -> None:
        """Forget an item. Does nothing when it was due already, or was never kept."""
        self._live.pop(number, None)
        garbage = len(self._heap) - len(self._live)
        if garbage > GARBAGE_MIN and garbage > len(self._live):
            self._heap = [entry for entry in self._heap if entry[1] in self._live]
            heapify(self._heap)

    def next(self) -> float | None:
        """Return the earliest deadline."""
        heap = self._heap
        while heap and heap[0][1] not in self._live:
            heappop(heap)
        return heap[0][0] if heap else None

    def pop_due(self, now: float) -> Item | None:
        """Return the earliest item that is due, and forget it."""
        deadline = self.next()
        if deadline is None or deadline > now:
            return None
        return self._live.pop(heappop(self._heap)[1])
