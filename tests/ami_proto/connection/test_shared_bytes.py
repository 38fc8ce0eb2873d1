"""R-CLUSTER-10: the queues of a subscription share one bound in bytes; only those lose that hold much."""

from collections.abc import Sequence
from random import Random

import pytest

from ami_proto import Decoder, Drops, Filter, Message, Overflow
from ami_proto.connection.server_queue import HELD_BYTES_MAX, Reading, ServerQueue
from ami_proto.connection.subscription import QUEUE_BYTES_TOTAL_DEFAULT
from ami_proto.correlation.pending import Pending
from ami_proto.drivers import QUEUE_BYTES_DEFAULT, Subscription
from conformance.laws.playbook import BANNER, frame

TOTAL = 20_000
LIMIT_BYTES = TOTAL // 2
DROPPING = (Overflow.DROP_OLDEST, Overflow.DROP_NEWEST)


def event(number: int, size: int = 100) -> Message:
    """Return an event of this many bytes."""
    bare = len(frame("Event: E", f"Number: {number}", "X: "))
    return Decoder().feed(BANNER + frame("Event: E", f"Number: {number}", "X: " + "x" * (size - bare)))[1]


def shared(
    count: int, policy: Overflow, *, limit: int = 100_000, open_actions: int = 0
) -> tuple[Subscription, list[ServerQueue]]:
    """Return a subscription of so many servers, and its queues."""
    subscription = Subscription(Filter(), limit, policy, LIMIT_BYTES, TOTAL)
    reading = Reading()
    reading.pending = Pending()
    reading.pending.user_count = open_actions
    return subscription, [subscription.open(f"pbx{number}", reading) for number in range(count)]


def push(queue: ServerQueue, number: int, size: int = 100) -> None:
    """Push a message as a delivery does."""
    message = event(number, size)
    message.sender = queue.server
    was_empty = queue.empty
    queue.push(message)
    if was_empty:
        queue.subscription.add_ready(queue)


def flood(queues: Sequence[ServerQueue], rounds: int = 300) -> None:
    """Let each server push so many messages, in turns."""
    for number in range(rounds):
        for queue in queues:
            push(queue, number)


@pytest.mark.parametrize("policy", DROPPING)
@pytest.mark.parametrize("flooders", [1, 2, 4, 9])
def test_a_flooder_leaves_as_much_free_as_it_holds(policy: Overflow, flooders: int) -> None:
    """R-CLUSTER-10: flooders are equal, and a quiet server has room for more than its share meanwhile."""
    subscription, queues = shared(10, policy)
    flood(queues[:flooders])
    held = [queue.depth_bytes for queue in queues[:flooders]]
    free = TOTAL // 2 - sum(held)
    share = TOTAL // 2 // 10
    assert max(held) - min(held) <= 200
    assert abs(held[0] - max(free, share)) <= 200
    quiet = queues[-1]
    while quiet.depth_bytes + 100 <= max(share, free // 2):
        push(quiet, quiet.depth)
    assert (quiet.dropped, quiet.depth_bytes >= share - 100) == (0, True)
    assert subscription.depth_bytes <= TOTAL


@pytest.mark.parametrize("policy", DROPPING)
def test_the_share_is_free_although_each_of_the_others_took_half_of_what_was_left(policy: Overflow) -> None:
    """R-CLUSTER-10: they came one after the other, and none of them says anything any more."""
    subscription, queues = shared(10, policy)
    for queue in queues[:9]:
        flood([queue])
    quiet = queues[9]
    while quiet.depth_bytes + 100 <= TOTAL // 2 // 10:
        push(quiet, quiet.depth)
    assert quiet.dropped == 0
    assert subscription.depth_bytes == sum(queue.depth_bytes for queue in queues) <= TOTAL


def test_a_flooder_shrinks_when_others_come_and_grows_when_they_are_pulled() -> None:
    """R-CLUSTER-10: by its own oldest messages, when its own next message comes."""
    _, (first, *others) = shared(4, Overflow.DROP_OLDEST)
    flood([first])
    alone, dropped = first.depth_bytes, first.dropped
    flood(others, 90)
    assert (first.depth_bytes, first.dropped) == (alone, dropped), "no queue drops for another"
    push(first, 0)
    among_others = first.depth_bytes
    assert among_others < alone
    assert first.dropped == dropped + (alone - among_others) // 100 + 1
    for queue in others:
        queue.clear()
    flood([first])
    assert first.depth_bytes == alone


@pytest.mark.parametrize("policy", DROPPING)
def test_servers_that_are_added_keep_within_the_total(policy: Overflow) -> None:
    """R-CLUSTER-10: their shares are smaller, and those that are there hold more than that."""
    subscription, _ = shared(1, policy)
    for number in range(60):
        queue = subscription.open(f"late{number}", Reading())
        flood([queue], 120)
        assert sum(each.depth_bytes for each in subscription.queues if each.depth > 1) <= TOTAL
        assert queue.depth > 0, "each may hold a message"


@pytest.mark.parametrize("policy", Overflow)
def test_a_long_message_finds_an_empty_queue(policy: Overflow) -> None:
    """R-CLUSTER-10, R-FLOW-02: a queue always holds one message."""
    subscription, queues = shared(10, policy)
    flood(queues[:9])
    push(queues[9], 1, TOTAL)
    assert (queues[9].depth, queues[9].dropped) == (1, 0)
    assert subscription.depth_bytes >= TOTAL


def test_a_pause_stops_those_that_hold_more_than_half_their_room() -> None:
    """R-CLUSTER-10: a quiet server is read on, and a pull of all lets the flooders go on."""
    subscription, queues = shared(10, Overflow.PAUSE)
    flooders, quiet = queues[:9], queues[9]
    flood(flooders, 300)
    for number in range(TOTAL // 2 // 10 // 2 // 100 - 1):
        push(quiet, number)
    assert [queue.pausing for queue in queues] == [True] * 9 + [False]
    assert not subscription.dropped, "what came with the read that calls for the pause is held"
    assert sorted(subscription.paused_servers) == [queue.server for queue in flooders]
    while subscription.pull() is not None:
        pass
    assert not any(queue.pausing for queue in queues)
    assert not subscription.paused_servers


def test_a_pause_ends_when_the_others_were_pulled() -> None:
    """R-CLUSTER-10: the queue has room again, whatever it holds itself; seen at its own next pull."""
    _, (first, second, *_) = shared(4, Overflow.PAUSE)
    push(second, 0, TOTAL)
    flood([first], 13)
    assert (first.pausing, second.pausing) == (True, True), "it holds half of its share"
    for _ in range(5):
        first.pull()
    assert first.pausing, "it holds a third of its share"
    second.pull()
    assert first.pausing
    first.note_pull()
    assert not first.pausing, "it holds a sixth of its room"


def test_a_server_with_an_open_action_drops_beyond_its_room() -> None:
    """R-CLUSTER-10, R-FLOW-02: it cannot pause."""
    subscription, queues = shared(10, Overflow.PAUSE, open_actions=1)
    flood(queues, 300)
    share = TOTAL // 2 // 10
    assert [queue.depth_bytes for queue in queues] == [share] * 10
    assert [queue.dropped for queue in queues] == [300 - share // 100] * 10
    assert subscription.depth_bytes == TOTAL // 2


@pytest.mark.parametrize("policy", Overflow)
def test_one_server_alone_has_its_own_limits_only(policy: Overflow) -> None:
    """R-CLUSTER-10: as without a total, at its least value."""
    kept = []
    for total in (TOTAL, None):
        subscription = Subscription(Filter(), 100_000, policy, LIMIT_BYTES, total)
        reading = Reading()
        reading.pending = Pending()
        reading.pending.user_count = 1
        queue = subscription.open("pbx", reading)
        flood([queue], 700)
        kept.append((queue.depth_bytes, queue.dropped, queue.pausing))
    assert kept[0] == kept[1] == (LIMIT_BYTES, 600, policy is Overflow.PAUSE)


def test_the_total_has_room_for_two_full_queues_at_least() -> None:
    """R-CLUSTER-10: by default."""
    assert Subscription(Filter(), 1, Overflow.PAUSE).limit_bytes_total == QUEUE_BYTES_TOTAL_DEFAULT
    assert QUEUE_BYTES_TOTAL_DEFAULT == 4 * QUEUE_BYTES_DEFAULT
    assert Subscription(Filter(), 1, Overflow.PAUSE, 10**9).limit_bytes_total == 2 * 10**9


class Owner:
    """Push and pull at random, and write down what every message came to."""

    def __init__(self, seed: int, policy: Overflow) -> None:
        self.random = Random(seed)
        self.policy = policy
        self.limit = self.random.choice((40, 10_000))
        self.open_actions = self.random.choice((0, 1))
        count = self.random.randint(1, 12)
        self.subscription, self.queues = shared(
            count, policy, limit=self.limit, open_actions=self.open_actions
        )
        self.share = TOTAL // 2 // count
        self.pushed = dict.fromkeys(self.queues, 0)
        self.told = {queue.server: 0 for queue in self.queues}
        """The number of messages of each server that were pulled or that `Drops` counted."""

    def live(self) -> None:
        chatty = self.random.sample(self.queues, self.random.randint(1, len(self.queues)))
        for _ in range(250):
            if self.random.random() < 0.1:
                for _ in range(self.random.choice((1, 10, 200))):
                    self.take()
            else:
                queue = self.random.choice(chatty if self.random.random() < 0.9 else self.queues)
                size = self.random.choice((60, 100, 700, 2000))
                for _ in range(self.random.choice((1, 1, 20))):
                    self.push(queue, size)
        while self.take():
            pass
        for queue in self.queues:
            assert self.told[queue.server] == self.pushed[queue]
        assert self.subscription.depth_bytes == 0

    def push(self, queue: ServerQueue, size: int) -> None:
        before = {each: each.dropped for each in self.queues}
        depth, held, pausing = queue.depth, queue.depth_bytes, queue.pausing
        push(queue, self.pushed[queue], size)
        self.pushed[queue] += 1
        assert all(each.dropped == before[each] for each in self.queues if each is not queue)
        if queue.dropped > before[queue]:
            # Only the reserve of a pause is longer than the limit.
            assert depth >= self.limit or held + size > min(self.share, LIMIT_BYTES)
        if queue.pausing and not pausing:
            assert depth + 1 >= self.limit or held + size >= self.share // 2
        self.check()

    def check(self) -> None:
        assert self.subscription.depth_bytes == sum(each.depth_bytes for each in self.queues)
        assert set(self.subscription.pauses) == {each for each in self.queues if each.pausing}
        most = TOTAL
        if self.policy is Overflow.PAUSE and not self.open_actions:
            most += len(self.queues) * (2000 + HELD_BYTES_MAX)
        assert sum(each.depth_bytes for each in self.queues if each.depth > 1) <= most

    def take(self) -> bool:
        item = self.subscription.pull()
        if isinstance(item, Drops):
            self.told[item.server] += item.count
        elif isinstance(item, Message):
            assert int(item["Number"]) == self.told[item.server], "in its place, after what was lost"
            self.told[item.server] += 1
        return item is not None


@pytest.mark.parametrize("policy", Overflow)
@pytest.mark.parametrize("seed", range(8))
def test_every_message_is_delivered_or_counted_in_its_place(policy: Overflow, seed: int) -> None:
    """R-CLUSTER-10, R-FLOW-05: and no server loses or pauses within its share, whatever the others do."""
    Owner(seed, policy).live()
