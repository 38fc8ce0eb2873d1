"""R-FLOW-01: whom a message concerns, decided before it exists."""

from collections.abc import Callable
from typing import Any

import pytest

from ami_proto import ConfigError, Fault, Filter, Gap, Message, MisuseError, Overflow, Subscription
from ami_proto.connection.callouts import Callouts
from ami_proto.connection.subscriptions import NAME_SIZE_MAX, NAMES_REMEMBERED_MAX, Subscriptions
from ami_proto.wire import Framer
from conformance.playbook import BANNER, frame


class Recorded(Subscriptions):
    """Subscriptions that remember what they announced and reported."""

    def __init__(self) -> None:
        self.announced: list[Subscription] = []
        self.reported: list[tuple[Fault, str]] = []
        self.callouts = Callouts()
        super().__init__(
            self.callouts, self.announced.append, lambda *fault, **_: self.reported.append(fault)
        )

    def add_simple(
        self, *names: str, where: Callable[[Message], bool] | None = None, replies: bool = False
    ) -> Subscription:
        return self.add(Filter(names, where=where, replies=replies), 100, Overflow.DROP_OLDEST)


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
    assert subscription.empty


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
    ruder = all_of_them.add_simple(where=rude)
    whole = all_of_them.add_simple()
    all_of_them.offer(event("Hangup"))
    assert (broken.depth, ruder.depth, whole.depth) == (0, 0, 1)
    assert all_of_them.reported == [
        (Fault.PREDICATE_FAILED, "Hangup: KeyError('Nothing')"),
        (Fault.PREDICATE_FAILED, "Hangup: RudeError"),
    ]


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
    assert all_of_them.announced == [subscription] * 2


def test_a_gap_reaches_everybody_and_is_announced(all_of_them: Recorded) -> None:
    """R-FLOW-06: whatever they filter."""
    one, two = all_of_them.add_simple("Hangup"), all_of_them.add_simple()
    all_of_them.offer(event("A"))
    gap = Gap("pbx", 1.0, 2.0, None)
    all_of_them.mark(gap)
    assert all_of_them.announced == [two, one]
    assert one.pull() == gap


def test_unsubscribing_works_and_twice_is_no_matter(all_of_them: Recorded) -> None:
    """R-FLOW-01: what it still holds is forgotten."""
    subscription = all_of_them.add_simple()
    all_of_them.offer(event("A"))
    assert all_of_them.remove(subscription)
    assert not all_of_them.remove(subscription)
    all_of_them.offer(event("A"))
    assert subscription.pull() is None
    assert list(all_of_them) == []


def test_a_stranger_is_left_alone(all_of_them: Recorded) -> None:
    """L3: unsubscribing what belongs to another connection changes nothing there."""
    other = Recorded()
    foreign = other.add_simple()
    other.offer(event("A"))
    assert not all_of_them.remove(foreign)
    assert foreign.depth == 1


@pytest.mark.parametrize("limit", [0, -1, float("inf"), float("nan"), None, "5"])
def test_a_limit_is_a_limit(all_of_them: Recorded, limit: object) -> None:
    """R-CONF-01, L6: every queue is bounded."""
    with pytest.raises(ConfigError, match="limit"):
        all_of_them.add(Filter(), limit, Overflow.DROP_OLDEST)  # type: ignore[arg-type]
    assert list(all_of_them) == []


def test_a_policy_is_a_policy(all_of_them: Recorded) -> None:
    with pytest.raises(ConfigError, match="policy"):
        all_of_them.add(Filter(), 5, "pause")  # type: ignore[arg-type]


def test_a_peer_that_invents_names_costs_no_memory(all_of_them: Recorded) -> None:
    """L6: as many as Asterisk has ten times over, and none that is as long as a frame."""
    subscription = all_of_them.add(Filter(), 10, Overflow.DROP_OLDEST)
    most = 0
    for number in range(NAMES_REMEMBERED_MAX + 10):
        all_of_them.offer(event(f"Invented{number}"))
        most = max(most, len(all_of_them._by_name))
    longest, long = event("X" * NAME_SIZE_MAX), event("X" * (NAME_SIZE_MAX + 1))
    all_of_them.offer(longest)
    all_of_them.offer(long)
    assert most == NAMES_REMEMBERED_MAX
    assert longest.name in all_of_them._by_name
    assert long.name not in all_of_them._by_name
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
