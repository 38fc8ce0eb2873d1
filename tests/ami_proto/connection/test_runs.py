"""R-FLOW-01, R-FLOW-02: events that come and go many at once are what they are one by one.

Two servers get the same events, one through `offer_events` and `pull_many`, the other through `offer` and
`pull`. Everything that a consumer or a snapshot can see must be the same.
"""

from collections import deque
from random import Random

import pytest

from ami_proto import Drops, EventsDropped, Filter, Gap, Message, Notice, Overflow
from ami_proto.connection.journal import Journal
from ami_proto.connection.registry import Delivery, Registry
from ami_proto.drivers import MessagesWaiting, Subscription
from ami_proto.message import Decoder
from conformance.corpus import capture
from conformance.laws.playbook import BANNER, SERVER, frame

NAMES = ("Hangup", "Newchannel", "QueueMember", "QueueCaller", "VarSet")
FILTERS = (
    Filter(),
    Filter(("Queue*",)),
    Filter(("hangup", "VarSet")),
    Filter(block=("Queue*",)),
    Filter(("Newchannel",), where=lambda message: message["Number"] > "5"),
    Filter(where=lambda message: bool(1 / (int(message["Number"]) % 7)) or True),  # sometimes it raises
)


class Side:
    """One of the two: a registry with one server, and its subscriptions."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.registry = Registry(self.journal)
        self.delivery: Delivery = self.registry.open(self.journal.open(SERVER))
        self.subscriptions: list[Subscription] = []

    @property
    def seen(self) -> list[object]:
        """Everything that can be looked at, and the notices, which are drained."""
        notices: list[Notice] = []
        while (notice := self.journal.poll()) is not None:
            notices.append(notice)
        return [
            (self.delivery.unwanted, self.delivery.dropped, self.delivery.pausing),
            *(_without_subscription(notice, self.subscriptions) for notice in notices),
            *((each.depth, each.depth_bytes, each.dropped, len(each.pauses)) for each in self.subscriptions),
        ]


def _without_subscription(notice: Notice, subscriptions: list[Subscription]) -> object:
    if isinstance(notice, MessagesWaiting | EventsDropped):
        return type(notice), subscriptions.index(notice.subscription)
    return notice


def events(random: Random, count: int) -> list[Message]:
    """Return random events; most are short, and often one name comes several times in a row."""
    decoder = Decoder()
    decoder.feed(BANNER)
    names = [name for _ in range(count) for name in [random.choice(NAMES)] * random.choice((1, 1, 5))]
    lines = [f"Number: {random.randint(0, 9)}" for _ in names]
    padding = ["Padding: " + "x" * random.choice((0, 0, 0, 900)) for _ in names]
    parts = zip(names, lines, padding, strict=True)
    return decoder.feed(b"".join(frame(f"Event: {name}", *rest) for name, *rest in parts))[:count]


def pulled(subscription: Subscription, limit: int, limit_bytes: int) -> list[Message | Gap | Drops]:
    """Pull one by one what `pull_many` should return."""
    items: list[Message | Gap | Drops] = []
    size = 0
    subscription.note_pull()
    while len(items) < limit and size < limit_bytes and (item := subscription.pull()) is not None:
        items.append(item)
        size += item.size if isinstance(item, Message) else 0
    return items


@pytest.mark.parametrize("seed", range(60))
def test_many_at_once_are_what_they_are_one_by_one(seed: int) -> None:
    random = Random(f"runs {seed}")
    many, single = Side(), Side()
    for wanted in random.sample(FILTERS, random.randint(1, len(FILTERS))):
        limits = (
            random.choice((3, 8, 1000)),
            random.choice(tuple(Overflow)),
            random.choice((700, 4000, 10**6)),
        )
        for side in (many, single):
            side.subscriptions.append(side.registry.add(wanted, *limits))
    for step in range(30):
        come = events(random, random.choice((1, 2, 10, 30)))
        unread = deque(come)
        many.delivery.offer_events(unread)
        assert not unread
        for message in come:
            single.delivery.offer(message)
        if random.random() < 0.2:
            for side in (many, single):
                side.delivery.begin_gap(float(step), None)
                side.delivery.end_gap(step + 0.5)
        assert many.seen == single.seen
        number = random.randrange(len(many.subscriptions))
        limit, limit_bytes = random.choice((0, 1, 3, 1000)), random.choice((1, 2000, 10**9))
        items = many.subscriptions[number].pull_many(limit, limit_bytes)
        assert items == pulled(single.subscriptions[number], limit, limit_bytes)
        assert many.seen == single.seen


@pytest.mark.parametrize("name", ["asterisk-22.10.1/call-mix"])
def test_a_capture_reaches_each_subscription_as_it_is(name: str) -> None:
    """Frames of every kind: a run ends before each that is not an event of no action."""
    frames = [each for each in Decoder().feed(capture(name).data) if each.kind is not each.kind.BANNER]
    side = Side()
    side.subscriptions.append(side.registry.add(Filter(), 10**6, Overflow.DROP_OLDEST))
    unread, rest = deque(frames), []
    while unread:
        side.delivery.offer_events(unread)
        if unread:
            rest.append(unread.popleft())
    delivered = side.subscriptions[0].pull_many(10**6, 10**9)
    assert delivered == [each for each in frames if each.kind is each.kind.EVENT and each.action_id is None]
    assert rest == [each for each in frames if each.kind is not each.kind.EVENT or each.action_id is not None]
    assert all(each.server == SERVER.key for each in delivered if isinstance(each, Message))


def test_a_predicate_is_asked_with_nothing_left_to_push() -> None:
    """An interrupt by the user loses one event at most; the others were queued, or are still unread."""

    def interrupt(message: Message) -> bool:
        raise KeyboardInterrupt

    side = Side()
    plain = side.registry.add(Filter(("Hangup",)), 100, Overflow.DROP_OLDEST)
    side.registry.add(Filter(("Newchannel",), where=interrupt), 100, Overflow.DROP_OLDEST)
    decoder = Decoder()
    decoder.feed(BANNER)
    names = ["Hangup", "Hangup", "Newchannel", "Hangup"]
    unread = deque(decoder.feed(b"".join(frame(f"Event: {name}") for name in names)))
    with pytest.raises(KeyboardInterrupt):
        side.delivery.offer_events(unread)
    assert plain.depth == 2
    assert [each.name for each in unread] == ["Hangup"]
