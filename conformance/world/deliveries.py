"""What a subscription was given, compared with what the server told.

Every message that enters a queue has a number, from 1. A queue that loses messages leaves `Drops` where they
were lost, so the number of each message that is pulled is known: the last one's, the drops since, and one.
Under that number the ledger has the bytes.

A batch is what one read brought to a queue. Its size is the machine's own count (what the queue holds and has
dropped); the ledger says whether that can be true. Mostly it also says which frame has which number. Where a
reply's items may or may not go to the queue, or the bytes are in disorder, the frames are only candidates.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import ami_proto as ami

from .contradiction import Complaints
from .ledger import SessionLedger

EVENTS = "events"
GAPS = "one gap a reconnect"
DROPS = "drops are counted"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A frame that may be in a queue; `sure` says that it must be."""

    raw: bytes
    sure: bool = True


@dataclass(slots=True)
class Batch:
    """Messages `first` to `last` of a queue."""

    first: int
    last: int
    candidates: Sequence[Candidate]
    session: SessionLedger | None
    """Set where the bytes are in disorder: then each message is somewhere in the bytes of this session."""
    matched: int = 0
    """How many of the candidates are delivered or passed over."""
    sure_delivered: int = 0
    dropped: int = 0
    """How many of its messages the marks have counted."""
    refused: int | None = None
    """How many of them did not get into the queue; None if the queue drops its oldest messages later."""

    @property
    def exact(self) -> bool:
        """Whether each message is known by its number."""
        return self.session is None and len(self.candidates) == self.last - self.first + 1

    @property
    def sure(self) -> int:
        """How many of the messages must be there."""
        return sum(each.sure for each in self.candidates)


@dataclass(frozen=True, slots=True)
class ExpectedGap:
    """A gap after the message of number `place`. Without `certain`, disorder hides whether there was one."""

    place: int
    started: float
    ended: float
    cause: ami.Disconnect | None
    certain: bool


class QueueBook:
    """One queue: a subscription's, of one server."""

    def __init__(
        self,
        server: str,
        filter: ami.Filter,  # noqa: A002 - the agreed word
        limit: int,
        limit_bytes: int,
        policy: ami.Overflow,
        complaints: Complaints,
    ) -> None:
        self.server = server
        self.replies = filter.replies
        self.asked: list[tuple[bytes, bool]] | None = None if filter.where is None else []
        """The frames that the predicate was asked about in the present fact, and whether it took them."""
        self.announced = False
        """Whether the consumer was told that there is something, since it found the queue empty."""
        self.reported = 0
        """Drops that were reported by notice."""
        self._names = [each.lower() for each in filter.names]
        self._block = [each.lower() for each in filter.block]
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._drops_oldest = policy is ami.Overflow.DROP_OLDEST
        self._complaints = complaints
        self._pushed = 0
        self._taken = 0
        """The number of the last message that was pulled."""
        self._floor = 0
        """The place of the last gap: messages before it were pulled or dropped."""
        self._owed = 0
        """Messages that `Drops` has counted since."""
        self._drops = 0
        self._batches: deque[Batch] = deque()
        self._gaps: deque[ExpectedGap] = deque()
        self._offsets: dict[SessionLedger, int] = {}
        """By session: where in its bytes the last message ends that came out of disorder."""

    def wants(self, name: str) -> bool:
        """Whether the names and the block list let an event through."""
        name = name.lower()
        if any(fnmatchcase(name, pattern) for pattern in self._block):
            return False
        return not self._names or any(fnmatchcase(name, pattern) for pattern in self._names)

    def watch(self, where: Callable[[ami.Message], bool]) -> Callable[[ami.Message], bool]:
        """Return the predicate, which now also says what it was asked about."""

        def watched(message: ami.Message) -> bool:
            passed = False
            try:
                passed = bool(where(message))
            finally:
                assert self.asked is not None, "a queue with a predicate has the list"
                self.asked.append((message.raw, passed))
            return passed

        return watched

    # -- what comes in

    def mark(self, started: float, ended: float, cause: ami.Disconnect | None, *, certain: bool) -> None:
        """Expect a gap here."""
        self._gaps.append(ExpectedGap(self._pushed, started, ended, cause, certain))

    def offer(
        self, candidates: Sequence[Candidate], count: int, dropped: int, disorder: SessionLedger | None = None
    ) -> None:
        """Take what a fact has brought.

        The machine says that `count` messages went to the queue, and that it dropped so many in this fact.
        """
        if disorder is None:
            candidates = self._asked(candidates)
            sure = sum(each.sure for each in candidates)
            if not sure <= count <= len(candidates):
                names = [each.raw[:60] for each in candidates]
                self._complaints.fail(
                    EVENTS, "events that the server told and a queue has", f"{sure} of {names}", count
                )
        if self.asked is not None:
            self.asked.clear()
        if count:
            batch = Batch(self._pushed + 1, self._pushed + count, candidates, disorder)
            batch.refused = None if self._drops_oldest else dropped
            self._pushed += count
            self._batches.append(batch)

    def _asked(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Return the candidates that the predicate took; it must have been asked about every sure one."""
        if self.asked is None:
            return candidates
        place = 0
        for raw, _ in self.asked:
            while place < len(candidates) and candidates[place].raw != raw:
                if candidates[place].sure:
                    self._complaints.fail(EVENTS, "the predicate is asked", candidates[place].raw, raw)
                place += 1
            if place == len(candidates):
                self._complaints.fail(EVENTS, "the predicate is asked", "what the server told", raw)
            place += 1
        if any(each.sure for each in candidates[place:]):
            self._complaints.fail(EVENTS, "the predicate is asked", candidates[place:], "nothing")
        return [Candidate(raw) for raw, passed in self.asked if passed]

    def check_room(self, depth: int, depth_bytes: int, count: int, size: int, dropped: int) -> None:
        """Require that nothing was dropped where everything had room. The first two are from before."""
        fits = depth + count <= self._limit and depth_bytes + size <= self._limit_bytes
        if dropped and fits:
            room = f"{depth} of {self._limit} messages, {depth_bytes} of {self._limit_bytes} bytes before"
            self._complaints.fail(DROPS, f"a queue with room ({room})", "no drops", dropped)

    # -- what comes out

    def take(self, item: ami.Message | ami.Gap | ami.Drops, depth: int | None = None) -> None:
        """Take what was pulled, and how many messages are left in the queue, if that is known."""
        if isinstance(item, ami.Message):
            self._take_message(item)
            if self._drops_oldest and depth is not None and depth != self._pushed - self._taken:
                what = f"messages after message {self._taken}: the oldest are dropped"
                self._complaints.fail(DROPS, what, self._pushed - self._taken, depth)
        elif isinstance(item, ami.Drops):
            self._take_drops(item)
        else:
            self._take_gap(item)

    def report(self, delta: int, total: int, dropped: int) -> None:
        """Take a report of drops. `dropped` is the queue's count at this moment, from the snapshot."""
        self.reported += delta
        if self.reported != total or total > dropped:
            self._complaints.fail(DROPS, "reports of drops", f"{total} of {dropped}", self.reported)

    def close(self, dropped: int) -> None:
        """Require that everything was told, now that the queue is empty. `dropped` is its own count."""
        if self._taken + self._owed != self._pushed:
            self._complaints.fail(
                EVENTS,
                "an empty queue",
                f"{self._pushed} messages and drops",
                f"{self._taken} and then {self._owed} drops",
            )
        while self._batches:
            batch = self._batches.popleft()
            batch.dropped += max(0, batch.last - max(self._taken + 1, batch.first) + 1)
            self._settle(batch)
        lacking = [gap for gap in self._gaps if gap.certain]
        if lacking:
            self._complaints.fail(GAPS, "an empty queue", lacking, "no Gap")
        if not self._drops == dropped == self.reported:
            self._complaints.fail(
                DROPS,
                "marks, count and reports of drops",
                dropped,
                f"marks of {self._drops}, reports of {self.reported}",
            )

    def _take_message(self, message: ami.Message) -> None:
        number = self._taken + self._owed + 1
        if not self._floor < number <= self._pushed or message.server != self.server:
            self._complaints.fail(
                EVENTS, f"message {number}", f"{self._floor + 1} to {self._pushed}", message.raw
            )
        while self._gaps and self._gaps[0].place < number:
            gap = self._gaps.popleft()
            if gap.certain:
                self._complaints.fail(GAPS, f"before message {number}", gap, message.raw)
        batch = self._batch_of(number)
        if batch.session is not None:
            self._match_anywhere(message, batch.session)
        elif batch.exact:
            expected = batch.candidates[number - batch.first].raw
            batch.sure_delivered += batch.candidates[number - batch.first].sure
            if message.raw != expected:
                self._complaints.fail(EVENTS, f"message {number}", expected, message.raw)
        else:
            self._match_candidate(message, batch)
        self._taken, self._owed = number, 0

    def _batch_of(self, number: int) -> Batch:
        """Return the batch with this message, and count the drops before it in their batches."""
        dropped = number - self._owed
        while True:
            batch = self._batches[0]
            last = min(number - 1, batch.last)
            batch.dropped += max(0, last - max(dropped, batch.first) + 1)
            if number <= batch.last:
                return batch
            self._settle(self._batches.popleft())

    def _settle(self, batch: Batch) -> None:
        """Require that all messages of a batch that had to come were delivered or dropped."""
        if batch.refused is not None and batch.refused != batch.dropped:
            what = f"messages {batch.first} to {batch.last}, of which some did not get into the queue"
            self._complaints.fail(DROPS, what, batch.refused, batch.dropped)
        lost = batch.sure - batch.sure_delivered - batch.dropped
        if batch.session is None and lost > 0:
            sure = [each.raw[:60] for each in batch.candidates if each.sure]
            self._complaints.fail(EVENTS, f"messages {batch.first} to {batch.last}", sure, f"{lost} missing")

    def _match_candidate(self, message: ami.Message, batch: Batch) -> None:
        for place in range(batch.matched, len(batch.candidates)):
            if batch.candidates[place].raw == message.raw:
                batch.matched = place + 1
                batch.sure_delivered += batch.candidates[place].sure
                return
        expected = [each.raw for each in batch.candidates[batch.matched :]]
        self._complaints.fail(EVENTS, f"one of messages {batch.first} to {batch.last}", expected, message.raw)

    def _match_anywhere(self, message: ami.Message, session: SessionLedger) -> None:
        place = session.told.find(message.raw, self._offsets.get(session, 0))
        if place < 0:
            what = f"a message of session {session.number}, in order"
            self._complaints.fail(EVENTS, what, "bytes that the server told", message.raw)
        self._offsets[session] = place + len(message.raw)

    def _take_drops(self, drops: ami.Drops) -> None:
        self._owed += drops.count
        self._drops += drops.count
        left = self._pushed - self._taken
        if drops.count < 1 or drops.server != self.server or self._owed > left:
            self._complaints.fail(DROPS, "Drops", f"1 to {left} messages of {self.server}", drops)

    def _take_gap(self, gap: ami.Gap) -> None:
        """Compare with the gaps that this one stands for: all with only dropped messages between them.

        A queue that keeps its oldest messages may give the gap first and the drops after it.
        """
        merged: list[ExpectedGap] = []
        while self._gaps and (
            self._gaps[0].place <= self._taken + self._owed
            or (merged and not self._drops_oldest and gap.ended > merged[-1].ended)
        ):
            merged.append(self._gaps.popleft())
        if merged:
            self._floor = merged[-1].place
        else:
            self._complaints.fail(GAPS, f"after message {self._taken}", "no Gap", gap)
        if not all(each.certain for each in merged):
            return
        expected = ami.Gap(self.server, merged[0].started, merged[-1].ended, merged[-1].cause)
        if gap != expected:
            self._complaints.fail(GAPS, f"after message {self._taken}", expected, gap)
