"""R-FLOW-02: a bounded queue with exact accounts, under every policy."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_proto import Decoder, Disconnect, Drops, Filter, Gap, Message, Overflow, Reason
from ami_proto.connection.server_queue import HELD_BYTES_MAX, Reading, ServerQueue
from ami_proto.correlation.pending import Pending
from ami_proto.drivers import QUEUE_BYTES_DEFAULT, Subscription
from conformance.laws.playbook import BANNER, frame

CAUSE = Disconnect(Reason.EOF)


def event(number: int, size: int = 30) -> Message:
    """Return an event of this many bytes."""
    bare = len(frame("Event: E", f"Number: {number}", "X: "))
    return Decoder().feed(BANNER + frame("Event: E", f"Number: {number}", "X: " + "x" * (size - bare)))[1]


EVENTS = [event(number, 40) for number in range(64)]


def gap(started: float, ended: float) -> Gap:
    return Gap("pbx", started, ended, CAUSE)


def queue(
    limit: int = 3, policy: Overflow = Overflow.DROP_OLDEST, limit_bytes: int = QUEUE_BYTES_DEFAULT
) -> ServerQueue:
    return Subscription(Filter(), limit, policy, limit_bytes).open("pbx", reading())


def reading(open_actions: int = 0) -> Reading:
    """Return what a queue knows of a session with so many open actions."""
    known = Reading()
    known.pending = Pending()
    known.pending.user_count = open_actions
    return known


def busy(limit: int, limit_bytes: int = QUEUE_BYTES_DEFAULT) -> ServerQueue:
    """Return a queue that may not pause: an action is open."""
    return Subscription(Filter(), limit, Overflow.PAUSE, limit_bytes).open("pbx", reading(1))


def pull_all(subscription: ServerQueue) -> list[int | Drops | Gap]:
    pulled: list[int | Drops | Gap] = []
    while (item := subscription.pull()) is not None:
        pulled.append(int(item["Number"]) if isinstance(item, Message) else item)
    return pulled


def pushed(subscription: ServerQueue, *numbers: int) -> ServerQueue:
    for number in numbers:
        subscription.push(EVENTS[number])
    return subscription


def test_messages_come_in_order() -> None:
    subscription = pushed(queue(), 1, 2, 3)
    assert (subscription.depth, subscription.empty) == (3, False)
    assert pull_all(subscription) == [1, 2, 3]
    assert (subscription.depth, subscription.empty) == (0, True)


def test_drop_oldest_keeps_the_latest() -> None:
    """R-FLOW-02: the loss is marked where it was: in front."""
    subscription = pushed(queue(), 1, 2, 3, 4, 5)
    assert subscription.dropped == 2
    assert pull_all(subscription) == [Drops(2, "pbx"), 3, 4, 5]


def test_drop_newest_keeps_the_earliest() -> None:
    """R-FLOW-02: the loss is marked where it was: between what came before and after."""
    subscription = pushed(queue(policy=Overflow.DROP_NEWEST), 1, 2, 3, 4, 5)
    subscription.pull()
    pushed(subscription, 6, 7)
    assert subscription.dropped == 3
    assert pull_all(subscription) == [2, 3, Drops(2, "pbx"), 6, Drops(1, "pbx")]


def test_pause_asks_for_a_pause_and_keeps_a_reserve() -> None:
    """R-FLOW-02: with an action open there is a reserve of the same size; beyond it drops are counted."""
    subscription = busy(limit=2)
    asked = []
    for number in range(6):
        pushed(subscription, number)
        asked.append(subscription.pausing)
    assert asked == [False, True, True, True, True, True]
    assert (subscription.depth, subscription.dropped) == (4, 2)
    resumed = []
    for _ in range(4):
        subscription.pull()
        resumed.append(not subscription.pausing)
    assert resumed == [False, False, True, True], "from full until half empty"
    assert pull_all(subscription) == [Drops(2, "pbx")]


def test_the_drop_policies_never_pause() -> None:
    for policy in (Overflow.DROP_OLDEST, Overflow.DROP_NEWEST):
        assert not pushed(queue(1, policy), 1, 2, 3).pausing


def test_a_gap_stands_in_its_place() -> None:
    """R-FLOW-06: consumers see between which messages they were cut off."""
    subscription = pushed(queue(), 1)
    subscription.push_gap(gap(10.0, 20.0))
    pushed(subscription, 2)
    assert subscription.depth == 2
    assert pull_all(subscription) == [1, gap(10.0, 20.0), 2]


def test_gaps_with_only_dropped_messages_between_them_become_one() -> None:
    """R-FLOW-06: also where the next message to leave stands right after the second gap."""
    subscription = pushed(queue(limit=1), 1)
    subscription.push_gap(gap(1.0, 2.0))
    subscription = pushed(subscription, 2)
    subscription.push_gap(gap(3.0, 4.0))
    subscription = pushed(subscription, 3)
    assert pull_all(subscription) == [Drops(2, "pbx"), gap(1.0, 4.0), 3]


def test_gaps_with_nothing_between_them_become_one() -> None:
    """L6: marks are bounded by the messages."""
    subscription = pushed(queue(), 1)
    for number in range(10):
        subscription.push_gap(gap(number, number + 0.5))
    assert pull_all(subscription) == [1, gap(0, 9.5)]


def test_a_gap_outlives_the_messages_around_it() -> None:
    """R-FLOW-06: dropping the oldest message drops no gap."""
    subscription = pushed(queue(), 1)
    subscription.push_gap(gap(1.0, 2.0))
    pushed(subscription, 2)
    subscription.push_gap(gap(3.0, 4.0))
    pushed(subscription, 3, 4, 5, 6)
    assert pull_all(subscription) == [Drops(3, "pbx"), gap(1.0, 4.0), 4, 5, 6]


def test_marks_of_both_sorts_keep_to_one_place_each() -> None:
    """L6: however often a full queue is cut off and overflows again."""
    subscription = pushed(queue(1, Overflow.DROP_NEWEST), 1)
    for number in range(10):
        pushed(subscription, 2)
        subscription.push_gap(gap(number, number + 0.5))
    assert pull_all(subscription) == [1, Drops(10, "pbx"), gap(0, 9.5)]


def test_clearing_forgets_everything_but_the_count() -> None:
    subscription = pushed(busy(limit=1), 1, 2, 3)
    subscription.push_gap(gap(1.0, 2.0))
    subscription.clear()
    assert pull_all(subscription) == []
    assert (subscription.depth, subscription.dropped, subscription.pausing) == (0, 1, False)


def test_12_000_into_10_000_drops_2_000() -> None:
    """R-FLOW-02: counts are exact."""
    subscription = queue(10_000)
    for number in range(12_000):
        subscription.push(EVENTS[number % 64])
    assert (subscription.depth, subscription.dropped) == (10_000, 2_000)
    assert subscription.pull() == Drops(2_000, "pbx")


@pytest.mark.parametrize("limit", [1, 100, 1500])
@pytest.mark.parametrize("limit_bytes", [1, 1000, QUEUE_BYTES_DEFAULT])
def test_a_pause_loses_nothing_of_the_read_that_filled_the_queue(limit: int, limit_bytes: int) -> None:
    """R-FLOW-02: two reads of 64 KiB are held beyond every limit."""
    subscription = queue(limit, Overflow.PAUSE, limit_bytes)
    count = 2 * 65_536 // 40
    for number in range(count):
        subscription.push(EVENTS[number % 64])
    assert (subscription.depth, subscription.depth_bytes) == (count, count * 40)
    assert (subscription.dropped, subscription.pausing) == (0, True)
    for _ in range(limit * 2 + 1):
        subscription.push(EVENTS[0])
    assert subscription.dropped > 0 or limit_bytes > 40 * count, "and no more, whatever the driver does"


def test_held_messages_make_room_for_others_once_they_are_pulled() -> None:
    """R-FLOW-02: each pause may hold as much as the first."""
    subscription = queue(1, Overflow.PAUSE)
    for _ in range(10):
        for number in range(3000):
            subscription.push(EVENTS[number % 64])
        assert len(pull_all(subscription)) == 3000
    assert subscription.dropped == 0


def test_the_message_that_calls_for_a_pause_may_be_as_long_as_a_frame() -> None:
    """R-FLOW-02: it is here already; and a queue with an open action drops it, because it is full."""
    long = event(7, 4_000_000)
    subscription = queue(10, Overflow.PAUSE, 1_000_000)
    for message in (event(1, 300_000), long, EVENTS[2]):
        subscription.push(message)
    assert pull_all(subscription) == [1, 7, 2]
    full = busy(10, 1_000_000)
    for message in (event(1, 300_000), long, EVENTS[2]):
        full.push(message)
    assert pull_all(full) == [1, Drops(1, "pbx"), 2]


def test_long_messages_count_by_their_bytes() -> None:
    """R-FLOW-02: as many as fit are kept, by either policy; one is always kept."""
    for policy, kept in ((Overflow.DROP_OLDEST, [3, 4]), (Overflow.DROP_NEWEST, [0, 1])):
        subscription = queue(10, policy, 2000)
        for number in range(5):
            subscription.push(event(number, 1000))
        lost = Drops(3, "pbx")
        assert pull_all(subscription) == ([lost, *kept] if policy is Overflow.DROP_OLDEST else [*kept, lost])
        assert subscription.depth_bytes == 0
        subscription.push(event(5, 2001))
        assert (subscription.depth, subscription.dropped) == (1, 3), "longer than all bytes: still one"


def test_one_long_message_drives_out_many_short_ones() -> None:
    """R-FLOW-02: and each of them is counted."""
    subscription = queue(100, limit_bytes=10_000)
    for number in range(50):
        subscription.push(event(number, 100))
    subscription.push(event(50, 9_950))
    assert pull_all(subscription) == [Drops(50, "pbx"), 50]


def test_a_long_first_line_counts_as_well() -> None:
    """R-FLOW-02: an event's name, or the blanks before its colon, may be as long as a frame."""
    for line in (f"Event: {'x' * 5000}", f"Event{' ' * 5000}: E"):
        message = Decoder().feed(BANNER + frame(line, "Number: 1"))[1]
        subscription = queue(10, limit_bytes=12_000)
        for _ in range(5):
            subscription.push(message)
        assert (subscription.depth, subscription.depth_bytes) == (2, 2 * message.size)


# -- the end of a pause


def full(limit: int = 2) -> ServerQueue:
    """Return a queue that pauses since time 0."""
    subscription = pushed(queue(limit, Overflow.PAUSE), *range(limit))
    assert subscription.pause_end_unknown
    assert not subscription.end_pause(0.0, 60.0, late=False)
    assert (subscription.pause_end_unknown, subscription.pause_end(60.0)) == (False, 60.0)
    return subscription


def test_a_pause_ends_after_its_longest_time_and_the_queue_drops() -> None:
    """R-TIME-03: nothing else tells a forgotten queue from a slow consumer."""
    subscription = full()
    assert not subscription.end_pause(59.9, 60.0, late=False)
    assert subscription.end_pause(60.0, 60.0, late=False)
    assert (subscription.pausing, subscription.pause_end(60.0)) == (False, None)
    assert not subscription.end_pause(120.0, 60.0, late=False), "it ends once"
    pushed(subscription, *range(10))
    assert (subscription.pausing, subscription.depth, subscription.dropped) == (False, 4, 8)


@pytest.mark.parametrize("expired", [False, True])
def test_a_pull_begins_the_time_anew(expired: bool) -> None:
    """R-TIME-03: a consumer that comes back after the end of the pause may pause again."""
    subscription = full(10)
    assert subscription.end_pause(60.0 if expired else 59.0, 60.0, late=False) is expired
    subscription.pull()
    assert (subscription.pausing, subscription.pause_end_unknown) == (True, True)
    assert not subscription.end_pause(500.0, 60.0, late=False)
    assert subscription.pause_end(60.0) == 560.0
    for _ in range(5):
        subscription.pull()
    assert (subscription.pausing, subscription.pause_end(60.0)) == (False, None)


def test_a_sign_of_the_consumer_counts_as_a_pull() -> None:
    """R-TIME-03: a driver may have fetched messages that its consumer has not taken yet."""
    subscription = full()
    subscription.note_pull()
    assert subscription.pause_end_unknown
    idle = queue(2, Overflow.PAUSE)
    idle.note_pull()
    assert (idle.pausing, idle.pause_end_unknown) == (False, False)


def test_a_pause_whose_end_comes_late_is_excused_once() -> None:
    """R-TIME-03: a suspended process could not pull. Until the next pull a second time is no excuse."""
    subscription = full(10)
    assert not subscription.end_pause(100.0, 60.0, late=True)
    assert subscription.pause_end(60.0) == 160.0
    assert subscription.end_pause(200.0, 60.0, late=True)
    subscription.pull()
    subscription.end_pause(200.0, 60.0, late=False)
    assert not subscription.end_pause(300.0, 60.0, late=True), "excused anew"


SIZES = (40, 100, 700, 3000, 70_000)
SIZED = {size: [event(number, size) for number in range(64)] for size in SIZES}


@dataclass
class Account:
    """What a careful owner of a queue writes down."""

    queue: ServerQueue
    waiting: list[int] = field(default_factory=list)
    """The sizes of the messages that wait, in order."""
    came: int = 0
    pulled: int = 0
    forgotten: int = 0
    dropped: int = 0
    expired: bool = False
    held: int = 0

    def push(self, size: int) -> None:
        message, each = SIZED[size][self.came % 64], self.queue
        self.came += 1
        subscription = each.subscription
        limit, limit_bytes = subscription.limit, subscription.limit_bytes
        capacity = limit * 2 if subscription.policy is Overflow.PAUSE else limit
        was_pausing = each.pausing
        each.push(message)
        if subscription.policy is Overflow.DROP_OLDEST:
            while self.waiting and (len(self.waiting) >= limit or sum(self.waiting) + size > limit_bytes):
                self.waiting.pop(0)
                self.dropped += 1
        elif self.waiting and (len(self.waiting) >= capacity or sum(self.waiting) + size > limit_bytes):
            pause = subscription.policy is Overflow.PAUSE and each._reading.can_pause and not self.expired
            if not pause or (was_pausing and self.held + size > HELD_BYTES_MAX):
                self.dropped += 1
                return
            self.held += size if was_pausing else 0
        self.waiting.append(size)

    def pull(self) -> Drops | Gap | None:
        item = self.queue.pull()
        if isinstance(item, Message):
            assert item.size == self.waiting.pop(0)
            self.pulled += 1
        self.settle()
        return None if isinstance(item, Message) else item

    def clear(self) -> None:
        self.forgotten += len(self.waiting)
        self.waiting.clear()
        self.queue.clear()
        self.settle()

    def settle(self) -> None:
        """Take a pull: it ends an expiry, and frees the room for held messages."""
        self.expired = False
        limit, limit_bytes = self.queue.subscription.limit, self.queue.subscription.limit_bytes
        if len(self.waiting) <= limit and sum(self.waiting) <= limit_bytes:
            self.held = 0

    def check(self) -> None:
        each, subscription = self.queue, self.queue.subscription
        assert (each.depth, each.depth_bytes) == (len(self.waiting), sum(self.waiting))
        assert each.dropped == self.dropped
        assert self.came == self.pulled + len(self.waiting) + self.dropped + self.forgotten
        if subscription.policy is Overflow.PAUSE:
            most = subscription.limit_bytes + max(SIZES) + HELD_BYTES_MAX
            assert each.depth_bytes <= most
            half = max(1, subscription.limit_bytes // 2)
            half_empty = each.depth * 2 <= subscription.limit and each.depth_bytes * 2 <= half
            is_full = each.depth >= subscription.limit or each.depth_bytes >= half
            assert not (each.pausing and half_empty)
            assert each.pausing or self.expired or not is_full
        else:
            assert each.depth <= subscription.limit
            assert each.depth_bytes <= subscription.limit_bytes or each.depth == 1
            assert not each.pausing


@given(
    policy=st.sampled_from(Overflow),
    limit=st.integers(1, 5),
    limit_bytes=st.sampled_from([1, 100, 1000, 10_000, 1_000_000]),
    steps=st.lists(
        st.sampled_from([*SIZES, *SIZES, "pull", "pull", "gap", "clear", "open", "close", "expire", "sign"]),
        min_size=20,
    ),
)
def test_every_message_is_pulled_dropped_or_waiting(
    policy: Overflow, limit: int, limit_bytes: int, steps: list[str | int]
) -> None:
    """R-FLOW-02, R-FLOW-05: exact accounts and bounded marks, in messages and bytes, whatever the order."""
    account = Account(queue(limit, policy, limit_bytes))
    subscription = account.queue
    pending = subscription._reading.pending
    assert pending is not None
    marked = gaps = 0
    for step in steps:
        if isinstance(step, int):
            account.push(step)
        elif step == "pull":
            item = account.pull()
            marked += item.count if isinstance(item, Drops) else 0
        elif step == "gap":
            gaps += 1
            subscription.push_gap(gap(gaps, gaps))
        elif step == "clear":
            account.clear()
            marked = subscription.dropped
        elif step == "expire":
            subscription.end_pause(0.0, 0.0, late=False)
            account.expired = account.expired or account.queue._expired
        elif step == "sign":
            subscription.note_pull()
            account.settle()
        else:
            pending.user_count = int(step == "open")
        account.check()
    waiting = pull_all(subscription)
    assert marked + sum(each.count for each in waiting if isinstance(each, Drops)) == subscription.dropped
    # Between two messages, and before the first, stand one drop and one gap at most.
    for is_mark, marks in groupby(waiting, lambda each: not isinstance(each, int)):
        if is_mark:
            assert max(Counter(map(type, marks)).values()) == 1, waiting


def test_it_is_shown_by_what_it_takes_and_holds() -> None:
    subscription = Subscription(Filter(), 3, Overflow.DROP_OLDEST)
    subscription.queues += [pushed(queue(), 1), pushed(queue(), 2, 3)]
    assert repr(subscription) == "<Subscription * 3/3>"
    assert repr(Subscription(Filter(("A", "B")), 5, Overflow.PAUSE)) == "<Subscription A,B 0/5>"


@pytest.mark.parametrize("first", [gap(1.0, 2.0), Drops(1, "pbx")])
def test_marks_in_front_of_everything_become_one_as_well(first: Gap | Drops) -> None:
    """R-FLOW-06, L6: nobody drains, and nothing but losses comes."""
    subscription = pushed(queue(1, Overflow.DROP_NEWEST), 1)
    for number in range(5):
        if isinstance(first, Gap):
            subscription.push_gap(gap(number, number + 0.5))
        pushed(subscription, 2)
    subscription.pull()
    pushed(subscription, 3, 4)
    marks = [gap(0, 4.5), Drops(5, "pbx")] if isinstance(first, Gap) else [Drops(5, "pbx")]
    assert sorted(map(str, pull_all(subscription))) == sorted(map(str, [*marks, 3, Drops(1, "pbx")]))


def test_two_gaps_in_an_empty_queue_become_one() -> None:
    """R-FLOW-06: from the first to the last."""
    subscription = queue()
    for number in range(3):
        subscription.push_gap(gap(number, number + 0.5))
    assert pull_all(subscription) == [gap(0, 2.5)]
