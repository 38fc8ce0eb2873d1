"""R-FLOW-02: a bounded queue with exact accounts, under every policy."""

from time import perf_counter
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ami_proto import (
    ConfigError,
    Decoder,
    Disconnect,
    Drops,
    Filter,
    Gap,
    Message,
    Overflow,
    Reason,
    Subscription,
)
from conformance.playbook import BANNER, frame

CAUSE = Disconnect(Reason.EOF)


def event(number: int) -> Message:
    return Decoder().feed(BANNER + frame("Event: E", f"Number: {number}"))[1]


EVENTS = [event(number) for number in range(64)]


def gap(started: float, ended: float) -> Gap:
    return Gap("pbx", started, ended, CAUSE)


def queue(limit: int = 3, policy: Overflow = Overflow.DROP_OLDEST) -> Subscription:
    return Subscription(Filter(), limit, policy)


def pull_all(subscription: Subscription) -> list[int | Drops | Gap]:
    pulled: list[int | Drops | Gap] = []
    while (item := subscription.pull()) is not None:
        pulled.append(int(item["Number"]) if isinstance(item, Message) else item)
    return pulled


def pushed(subscription: Subscription, *numbers: int) -> Subscription:
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
    assert pull_all(subscription) == [Drops(2), 3, 4, 5]


def test_drop_newest_keeps_the_earliest() -> None:
    """R-FLOW-02: the loss is marked where it was: between what came before and after."""
    subscription = pushed(queue(policy=Overflow.DROP_NEWEST), 1, 2, 3, 4, 5)
    subscription.pull()
    pushed(subscription, 6, 7)
    assert subscription.dropped == 3
    assert pull_all(subscription) == [2, 3, Drops(2), 6, Drops(1)]


def test_pause_asks_for_a_pause_and_keeps_a_reserve() -> None:
    """R-FLOW-02: what does not fit goes to a reserve of the same size, beyond it drops are counted."""
    subscription = queue(limit=2, policy=Overflow.PAUSE)
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
    assert pull_all(subscription) == [Drops(2)]


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
    assert pull_all(subscription) == [Drops(3), gap(1.0, 4.0), 4, 5, 6]


def test_marks_of_both_sorts_keep_to_one_place_each() -> None:
    """L6: however often a full queue is cut off and overflows again."""
    subscription = pushed(queue(1, Overflow.DROP_NEWEST), 1)
    for number in range(10):
        pushed(subscription, 2)
        subscription.push_gap(gap(number, number + 0.5))
    assert pull_all(subscription) == [1, Drops(10), gap(0, 9.5)]


def test_clearing_forgets_everything_but_the_count() -> None:
    subscription = pushed(queue(limit=1, policy=Overflow.PAUSE), 1, 2, 3)
    subscription.push_gap(gap(1.0, 2.0))
    subscription.clear()
    assert pull_all(subscription) == []
    assert (subscription.depth, subscription.dropped, subscription.pausing) == (0, 1, False)


def test_12_000_into_10_000_drops_2_000() -> None:
    """R-FLOW-02: counts are exact."""
    subscription = Subscription(Filter(), 10_000, Overflow.DROP_OLDEST)
    for number in range(12_000):
        subscription.push(EVENTS[number % 64])
    assert (subscription.depth, subscription.dropped) == (10_000, 2_000)
    assert subscription.pull() == Drops(2_000)


@given(
    policy=st.sampled_from(Overflow),
    limit=st.integers(1, 5),
    steps=st.lists(st.sampled_from(["push", "push", "pull", "gap", "clear"]), max_size=100),
)
def test_every_message_is_pulled_dropped_or_waiting(policy: Overflow, limit: int, steps: list[str]) -> None:
    """R-FLOW-02, R-FLOW-05: exact accounts and bounded marks, whatever the order."""
    subscription = queue(limit, policy)
    came = pulled = marked = forgotten = 0
    last = -1
    for step in steps:
        if step == "push":
            subscription.push(EVENTS[came % 64])
            came += 1
        elif step == "pull":
            item = subscription.pull()
            if isinstance(item, Drops):
                marked += item.count
            elif isinstance(item, Message):
                pulled += 1
        elif step == "gap":
            last += 1
            subscription.push_gap(gap(last, last))
        else:
            forgotten += subscription.depth
            subscription.clear()
            marked = subscription.dropped
        room = limit * 2 if policy is Overflow.PAUSE else limit
        assert subscription.depth <= room
        assert len(subscription._queue) <= 3 * room + 2, "marks are bounded by the messages"
        assert came == pulled + subscription.depth + subscription.dropped + forgotten
        assert subscription.pausing <= (policy is Overflow.PAUSE and subscription.depth * 2 > limit)
    assert marked + sum(each.count for each in pull_all(subscription) if isinstance(each, Drops)) == (
        subscription.dropped
    )


# -- filters


@pytest.mark.parametrize(
    ("filter_", "name", "passes"),
    [
        (Filter(), "Anything", True),
        (Filter(("Hangup",)), "Hangup", True),
        (Filter(("hangup",)), "HANGUP", True),
        (Filter(("Hangup",)), "HangupRequest", False),
        (Filter(("Hangup", "New*")), "Newchannel", True),
        (Filter(("Queue*",)), "QueueMemberAdded", True),
        (Filter(("Queue?",)), "Queue", False),
        (Filter(("Queue?",)), "QueueX", True),
        (Filter(("A.B",)), "AxB", False),
        (Filter(block=("VarSet",)), "VarSet", False),
        (Filter(block=("VarSet",)), "Newexten", True),
        (Filter(("Var*",), block=("varset",)), "VarSet", False),
        (Filter(("*",)), "DataGet Tree", True),
        (Filter(("*",)), "two\nlines", True),
    ],
)
def test_filters_choose_by_name(filter_: Filter, name: str, passes: bool) -> None:
    """R-FLOW-01: by name in any case, glob, allow and block lists; block wins."""
    assert filter_.accepts(name) is passes


def matches(pattern: str, name: str) -> bool:
    """Match a glob as one explains it, with no thought for time."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(matches(pattern[1:], name[begin:]) for begin in range(len(name) + 1))
    return bool(name) and pattern[0] in ("?", name[0]) and matches(pattern[1:], name[1:])


LETTERS = "aAbB.\\[(^$|+\n"


@given(pattern=st.text(LETTERS + "***??", max_size=10), name=st.text(LETTERS, max_size=10))
@example(pattern="*ab*b*", name="aab.b")
@example(pattern="a*b*c", name="ac")
@example(pattern="a*a", name="a")
@example(pattern="*?a*a?", name="baaab")
def test_globs_mean_what_they_say(pattern: str, name: str) -> None:
    """R-FLOW-01: `*` any text, `?` any character, all else itself, in any case."""
    wanted = matches(pattern.lower(), name.lower())
    assert Filter((pattern,)).accepts(name) is wanted
    assert Filter(block=(pattern,)).accepts(name) is not wanted


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "pattern", ["*a*b", "*a*a*b", "*a*?" * 10 + "b", "*aa*" * 20 + "b*b", "**a?" * 10 + "b"]
)
def test_a_made_up_name_cannot_stall_a_glob(pattern: str) -> None:
    """R-WIRE-10: a name may be as long as a frame; ten times the name costs some ten times as much."""

    def seconds(size: int) -> float:
        name, choose = "a" * size, Filter((pattern,))
        begin = perf_counter()
        assert not choose.accepts(name)
        return perf_counter() - begin

    assert any(seconds(200_000) < 30 * seconds(20_000) for _ in range(5))


def test_patterns_are_read_once_whatever_holds_them() -> None:
    """R-FLOW-01: a generator has nothing left for a second look."""
    choose = Filter(
        names=(each for each in ("Hangup", "New*")),  # type: ignore[arg-type]
        block=iter(["Newexten"]),  # type: ignore[arg-type]
    )
    for _ in range(2):
        assert [choose.accepts(each) for each in ("hangup", "Newchannel", "Newexten", "VarSet")] == [
            *(True, True),
            *(False, False),
        ]
    assert (choose.names, choose.block) == (("Hangup", "New*"), ("Newexten",))


def test_a_predicate_that_is_none_is_refused_at_once() -> None:
    """R-CONF-01: and not with the first event."""
    with pytest.raises(ConfigError, match="where"):
        Filter(where="Channel")  # type: ignore[arg-type]


def test_one_text_is_no_list_of_patterns() -> None:
    """R-CONF-01: it would be taken for as many patterns as it has letters."""
    with pytest.raises(ConfigError, match="names"):
        Filter("Hangup")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="must be text"):
        Filter(("Newchannel", 7))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="block"):
        Filter(block="Hangup")  # type: ignore[arg-type]


def test_it_is_shown_by_what_it_takes_and_holds() -> None:
    assert repr(pushed(queue(), 1)) == "<Subscription * 1/3>"
    assert repr(Subscription(Filter(("A", "B")), 5, Overflow.PAUSE)) == "<Subscription A,B 0/5>"


@pytest.mark.parametrize("first", [gap(1.0, 2.0), Drops(1)])
def test_marks_in_front_of_everything_become_one_as_well(first: Gap | Drops) -> None:
    """R-FLOW-06, L6: nobody drains, and nothing but losses comes."""
    subscription = pushed(queue(1, Overflow.DROP_NEWEST), 1)
    for number in range(5):
        if isinstance(first, Gap):
            subscription.push_gap(gap(number, number + 0.5))
        pushed(subscription, 2)
    subscription.pull()
    pushed(subscription, 3, 4)
    marks = [gap(0, 4.5), Drops(5)] if isinstance(first, Gap) else [Drops(5)]
    assert sorted(map(str, pull_all(subscription))) == sorted(map(str, [*marks, 3, Drops(1)]))


def test_two_gaps_in_an_empty_queue_become_one() -> None:
    """R-FLOW-06: from the first to the last."""
    subscription = queue()
    for number in range(3):
        subscription.push_gap(gap(number, number + 0.5))
    assert pull_all(subscription) == [gap(0, 2.5)]


@pytest.mark.parametrize("key", ["names", "block"])
@pytest.mark.parametrize("nonsense", ["Hangup", (1,)])
def test_what_is_no_pattern_is_named_by_its_key(key: str, nonsense: Any) -> None:
    """L3: typed, and in one line."""
    with pytest.raises(ConfigError, match=f"^{key} = "):
        Filter(**{key: nonsense})
