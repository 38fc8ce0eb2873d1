"""R-FLOW-01: whom a message concerns, decided before it exists."""

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from ami_proto import (
    ConfigError,
    Disconnect,
    Drops,
    EventsDropped,
    Fault,
    FaultSeen,
    Filter,
    Gap,
    Message,
    MisuseError,
    Notice,
    Overflow,
    Reason,
)
from ami_proto.connection.journal import Journal
from ami_proto.connection.registry import NAME_SIZE_MAX, NAMES_REMEMBERED_MAX, Callouts, Registry
from ami_proto.drivers import MessagesWaiting, Subscription
from ami_proto.wire import Framer
from conformance.laws.playbook import BANNER, SERVER, frame


class Recorded:
    """A registry with one server, and what was announced and reported for it."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.registry = Registry(self.journal)
        self.callouts = self.registry.callouts
        server = self.journal.open(SERVER)
        self.faults = server.faults
        self.delivery = self.registry.open(server)
        self.offer, self.offer_item = self.delivery.offer, self.delivery.offer_item
        self.add, self.remove = self.registry.add, self.registry.remove

    @property
    def unwanted(self) -> int:
        return self.delivery.unwanted

    @property
    def pausing(self) -> bool:
        return self.delivery.pausing

    @property
    def dropped(self) -> int:
        return self.delivery.dropped

    @property
    def notices(self) -> list[Notice]:
        """What was put since the last look."""
        return drained(self.journal)

    @property
    def announced(self) -> list[Subscription]:
        return [each.subscription for each in self.notices if isinstance(each, MessagesWaiting)]

    @property
    def reported(self) -> list[tuple[Fault, str]]:
        return [(each.fault, each.detail) for each in self.notices if isinstance(each, FaultSeen)]

    def add_simple(
        self, *names: str, where: Callable[[Message], bool] | None = None, replies: bool = False
    ) -> Subscription:
        return self.add(Filter(names, where=where, replies=replies), 100, Overflow.DROP_OLDEST)


def drained(journal: Journal) -> list[Notice]:
    notices: list[Notice] = []
    while (notice := journal.poll()) is not None:
        notices.append(notice)
    return notices


def event(name: str, *lines: str) -> Message:
    return Framer(Message).feed(BANNER + frame(f"Event: {name}", *lines))[1]


@pytest.fixture
def all_of_them() -> Recorded:
    return Recorded()


def names_in(subscription: Subscription) -> list[str | None]:
    return [item.name for item in iter(subscription.pull, None) if isinstance(item, Message)]


class Broken(Filter):
    """A filter with code of its own."""

    def accepts(self, name: str) -> bool:
        raise ValueError


@pytest.mark.parametrize("nonsense", ["Hangup", None, Broken()])
def test_what_is_no_filter_is_refused_at_the_request(all_of_them: Recorded, nonsense: Any) -> None:
    """L2, L3, invariant 8: else the next event would raise."""
    with pytest.raises(ConfigError, match="must be a Filter"):
        all_of_them.add(nonsense, 10, Overflow.DROP_OLDEST)
    all_of_them.offer(event("Hangup"))
    assert all_of_them.unwanted == 1


def test_everyone_gets_what_they_want(all_of_them: Recorded) -> None:
    """R-FLOW-01: by name in any case, and glob."""
    everything = all_of_them.add_simple()
    hangups = all_of_them.add_simple("hangup*")
    for name in ("Hangup", "Newchannel", "HangupRequest"):
        all_of_them.offer(event(name))
    assert names_in(everything) == ["Hangup", "Newchannel", "HangupRequest"]
    assert names_in(hangups) == ["Hangup", "HangupRequest"]
    assert all_of_them.unwanted == 0


def test_what_nobody_wants_is_counted_and_never_built(all_of_them: Recorded) -> None:
    """R-FLOW-01: filters are applied before a message object is built."""
    subscription = all_of_them.add_simple("Hangup", where=lambda message: pytest.fail(str(message)))
    all_of_them.offer(event("VarSet"))
    assert all_of_them.unwanted == 1
    assert subscription.pull() is None


def test_a_later_subscription_is_asked_from_then_on(all_of_them: Recorded) -> None:
    all_of_them.offer(event("Hangup"))
    late = all_of_them.add_simple("Hangup")
    all_of_them.offer(event("Hangup"))
    assert late.depth == 1


def test_a_predicate_looks_at_headers(all_of_them: Recorded) -> None:
    """R-FLOW-01: header predicate."""
    mine = all_of_them.add_simple(where=lambda message: message.get("Channel") == "PJSIP/7")
    all_of_them.offer(event("Hangup", "Channel: PJSIP/7"))
    all_of_them.offer(event("Hangup", "Channel: PJSIP/8"))
    assert mine.depth == 1


def test_a_predicate_that_raises_hurts_nobody_else(all_of_them: Recorded) -> None:
    """Invariant 8: reported; the other subscriptions are served."""

    class RudeError(Exception):
        def __repr__(self) -> str:
            raise ValueError

    def rude(message: Message) -> bool:
        raise RudeError

    broken = all_of_them.add_simple(where=lambda message: bool(message["Nothing"]))
    whole = all_of_them.add_simple()
    all_of_them.offer(event("Hangup"))
    assert (broken.depth, whole.depth) == (0, 1)
    assert all_of_them.reported == [(Fault.PREDICATE_FAILED, "Hangup: KeyError('Nothing')")]
    ruder = all_of_them.add_simple(where=rude)
    all_of_them.offer(event("Hangup"))
    assert (broken.depth, ruder.depth, whole.depth) == (0, 0, 2)
    assert all_of_them.reported == [(Fault.PREDICATE_FAILED, "Hangup: RudeError")]
    assert all_of_them.faults == {Fault.PREDICATE_FAILED: 3}


def test_requests_from_inside_a_predicate_are_refused(all_of_them: Recorded) -> None:
    def request(message: Message) -> bool:
        all_of_them.callouts.refuse_requests()
        return True

    all_of_them.add_simple(where=request)
    all_of_them.offer(event("Hangup"))
    assert MisuseError.__name__ in all_of_them.reported[0][1]


def test_list_items_go_to_those_who_asked(all_of_them: Recorded) -> None:
    """R-CORR-12: to subscriptions only when asked for."""
    usual, asking = all_of_them.add_simple(), all_of_them.add_simple(replies=True)
    item = event("CoreShowChannel")
    all_of_them.offer_item(item)
    assert (usual.depth, asking.depth) == (0, 1)
    nothing = event("Unknown")
    all_of_them.remove(asking)
    all_of_them.offer_item(nothing)
    assert all_of_them.unwanted == 0


def test_the_edge_from_empty_is_announced_once(all_of_them: Recorded) -> None:
    subscription = all_of_them.add_simple()
    all_of_them.offer(event("A"))
    all_of_them.offer(event("B"))
    assert all_of_them.announced == [subscription]
    names_in(subscription)
    all_of_them.offer(event("C"))
    assert all_of_them.announced == [subscription]


def test_a_gap_reaches_everybody_and_is_announced(all_of_them: Recorded) -> None:
    """R-FLOW-06: whatever they filter."""
    one, two = all_of_them.add_simple("Hangup"), all_of_them.add_simple()
    all_of_them.offer(event("A"))
    all_of_them.delivery.begin_gap(1.0, None)
    all_of_them.delivery.begin_gap(1.5, Disconnect(Reason.EOF))
    all_of_them.delivery.end_gap(2.0)
    assert all_of_them.announced == [two, one]
    assert one.pull() == Gap("pbx", 1.0, 2.0, None)
    all_of_them.delivery.end_gap(3.0)
    assert one.pull() is None, "a gap is told once"


def test_unsubscribing_works_and_twice_is_no_matter(all_of_them: Recorded) -> None:
    """R-FLOW-01: what it still holds is forgotten."""
    subscription = all_of_them.add_simple()
    all_of_them.offer(event("A"))
    all_of_them.remove(subscription)
    all_of_them.remove(subscription)
    all_of_them.offer(event("A"))
    assert (subscription.pull(), all_of_them.delivery.queues) == (None, [])


def test_an_ended_subscription_is_freed_at_once(all_of_them: Recorded) -> None:
    """L6: a ring of references would keep its predicate, and all that it closes over, until a collection."""
    predicate = partial(bool)
    kept = weakref.ref(predicate)
    subscription = all_of_them.add(Filter(where=predicate), 1, Overflow.DROP_NEWEST)
    all_of_them.offer(event("A"))
    del predicate
    collecting = gc.isenabled()
    gc.disable()
    try:
        all_of_them.remove(subscription)
        del subscription
        assert kept() is None
    finally:
        if collecting:
            gc.enable()


def test_the_drops_of_an_ended_subscription_stay_counted(all_of_them: Recorded) -> None:
    """R-FLOW-03: also for the application that still holds the subscription."""
    subscription = all_of_them.add(Filter(), 1, Overflow.DROP_NEWEST)
    for _ in range(3):
        all_of_them.offer(event("A"))
    all_of_them.remove(subscription)
    assert (subscription.dropped, subscription.depth, all_of_them.dropped) == (2, 0, 2)


def test_a_stranger_is_left_alone(all_of_them: Recorded) -> None:
    """L3: unsubscribing what belongs to another connection changes nothing there."""
    other = Recorded()
    foreign = other.add_simple()
    other.offer(event("A"))
    all_of_them.remove(foreign)
    assert foreign.depth == 1


@pytest.mark.parametrize("limit", [0, -1, float("inf"), float("nan"), None, "5"])
def test_a_limit_is_a_limit(all_of_them: Recorded, limit: object) -> None:
    """R-CONF-01, L6: every queue is bounded."""
    with pytest.raises(ConfigError, match="limit"):
        all_of_them.add(Filter(), limit, Overflow.DROP_OLDEST)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"limit_bytes.*whole number of bytes"):
        all_of_them.add(Filter(), 5, Overflow.DROP_OLDEST, limit)  # type: ignore[arg-type]
    if limit is not None:
        with pytest.raises(ConfigError, match=r"limit_bytes_total.*whole number of bytes"):
            all_of_them.add(Filter(), 5, Overflow.DROP_OLDEST, 1, limit)  # type: ignore[arg-type]
    assert all_of_them.delivery.queues == []


def test_the_bytes_of_all_servers_have_room_for_two_full_queues(all_of_them: Recorded) -> None:
    """R-CONF-01, R-CLUSTER-10: else one server alone could not fill its queue."""
    with pytest.raises(ConfigError, match=r"limit_bytes_total = 199: .* at least 2 times limit_bytes"):
        all_of_them.add(Filter(), 5, Overflow.DROP_OLDEST, 100, 199)
    assert all_of_them.add(Filter(), 5, Overflow.DROP_OLDEST, 100, 200).limit_bytes_total == 200


def test_a_policy_is_a_policy(all_of_them: Recorded) -> None:
    with pytest.raises(ConfigError, match="policy"):
        all_of_them.add(Filter(), 5, "pause")  # type: ignore[arg-type]


def test_a_peer_that_invents_names_costs_no_memory(all_of_them: Recorded) -> None:
    """L6: as many as Asterisk has ten times over, and none that is as long as a frame."""
    subscription = all_of_them.add(Filter(), 10, Overflow.DROP_OLDEST)
    most = 0
    for number in range(NAMES_REMEMBERED_MAX + 10):
        all_of_them.offer(event(f"Invented{number}"))
        most = max(most, len(all_of_them.delivery._by_name))
    longest, long = event("X" * NAME_SIZE_MAX), event("X" * (NAME_SIZE_MAX + 1))
    all_of_them.offer(longest)
    all_of_them.offer(long)
    assert most == NAMES_REMEMBERED_MAX
    assert longest.name in all_of_them.delivery._by_name
    assert long.name not in all_of_them.delivery._by_name
    assert subscription.dropped == NAMES_REMEMBERED_MAX + 2


def test_pausing_is_asked_by_any_of_them(all_of_them: Recorded) -> None:
    all_of_them.add_simple()
    pausing = all_of_them.add(Filter(), 1, Overflow.PAUSE)
    asked = [all_of_them.pausing]
    all_of_them.offer(event("A"))
    asked.append(all_of_them.pausing)
    all_of_them.remove(pausing)
    assert [*asked, all_of_them.pausing] == [False, True, False]


def test_what_has_no_name_is_taken_by_who_takes_an_empty_one(all_of_them: Recorded) -> None:
    """R-FLOW-01: text has none."""
    everything, single = all_of_them.add_simple("*"), all_of_them.add_simple("?")
    all_of_them.offer(Framer(Message).feed(BANNER + frame("no header at all"))[1])
    assert (everything.depth, single.depth) == (1, 0)


def test_a_predicate_that_raises_at_text_is_reported_without_a_name(all_of_them: Recorded) -> None:
    """R-FLOW-01: what is neither event nor response has none."""

    def where(message: Message) -> bool:
        raise ZeroDivisionError

    all_of_them.add_simple(where=where)
    all_of_them.offer(Framer(Message).feed(BANNER + frame("no header at all"))[1])
    assert all_of_them.reported == [(Fault.PREDICATE_FAILED, ": ZeroDivisionError()")]


# -- requests from inside a user's code


def test_requests_are_refused_while_user_code_runs_and_only_then() -> None:
    callouts = Callouts()
    callouts.refuse_requests()
    with callouts, pytest.raises(MisuseError):
        callouts.refuse_requests()
    callouts.refuse_requests()


def test_whatever_the_user_code_raises() -> None:
    callouts = Callouts()
    with pytest.raises(KeyboardInterrupt), callouts:
        raise KeyboardInterrupt
    callouts.refuse_requests()


# -- reports of drops


def dropping(play: Recorded, count: int) -> Subscription:
    """Add a queue that has dropped so many messages."""
    subscription = play.add(Filter(), 1, Overflow.DROP_NEWEST)
    subscription.queues[0].dropped = count
    return subscription


def drops_reported(play: Recorded) -> list[EventsDropped]:
    return [each for each in play.notices if isinstance(each, EventsDropped)]


def test_each_queue_is_reported_with_its_drops_since_the_last_report(all_of_them: Recorded) -> None:
    """R-FLOW-03: delta, total and depth."""
    one, _, three = (dropping(all_of_them, count) for count in (7, 0, 1))
    assert all_of_them.delivery.report_drops()
    assert drops_reported(all_of_them) == [
        EventsDropped("pbx", one, 7, 7, 0),
        EventsDropped("pbx", three, 1, 1, 0),
    ]
    assert not all_of_them.delivery.report_drops()
    one.queues[0].dropped, one.queues[0].depth = 10, 4
    assert all_of_them.delivery.report_drops()
    assert drops_reported(all_of_them) == [EventsDropped("pbx", one, 3, 10, 4)]


def test_the_total_includes_queues_that_have_ended(all_of_them: Recorded) -> None:
    """Invariant 10: drops stay counted when their subscription ends."""
    ended, _ = dropping(all_of_them, 7), dropping(all_of_them, 1)
    all_of_them.remove(ended)
    all_of_them.remove(ended)
    assert all_of_them.dropped == 8


# -- several servers


def test_servers_share_subscriptions_and_keep_their_own_queues() -> None:
    """R-FLOW-01, R-FLOW-02: pulled in turn, in order for each server; every mark names its server."""
    journal = Journal()
    registry = Registry(journal)
    early = registry.add(Filter(), 2, Overflow.DROP_OLDEST)
    one, two = (registry.open(journal.open(replace(SERVER, key=key))) for key in ("one", "two"))
    late = registry.add(Filter(), 2, Overflow.DROP_OLDEST)
    for number in range(3):
        one.offer(event("One", f"Number: {number}"))
    two.offer(event("Two"))
    for subscription in (early, late):
        items = list(iter(subscription.pull, None))
        told = [(item.server, item.get("Number")) if isinstance(item, Message) else item for item in items]
        assert told == [Drops(1, "one"), ("two", None), ("one", "1"), ("one", "2")]
    assert [(delivery.dropped, delivery.unwanted) for delivery in (one, two)] == [(2, 0), (0, 0)]
    assert [notice.server for notice in drained(journal)] == ["one", "one"], "announced once each"


def test_an_unwanted_event_does_not_learn_its_server(all_of_them: Recorded) -> None:
    """R-FLOW-01: it costs one look-up, and nothing is written to it."""
    message = event("Hangup")
    all_of_them.offer(message)
    assert message.server == ""
    all_of_them.add_simple("Hangup", where=lambda message: message.server == "pbx")
    all_of_them.offer(message)
    assert message.server == "pbx"
    assert message == event("Hangup"), "no part of equality"
