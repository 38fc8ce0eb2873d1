"""R-OBS-01: typed notices, in order, and bounded whatever happens and nobody drains (L6)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_proto import (
    ActionFinished,
    ConnectScheduled,
    EventsDropped,
    Fault,
    FaultSeen,
    Filter,
    MessagesWaiting,
    Notice,
    Outcome,
    Overflow,
    Reply,
    Sent,
    SessionId,
    State,
    StateChanged,
    Subscription,
    Ticket,
)
from ami_proto.connection.notices import STEPS_MAX, NoticeQueue

SUBSCRIPTION = Subscription(Filter(), 5, Overflow.DROP_OLDEST)


def outcome(number: int = 1) -> Outcome:
    return Outcome(Ticket("pbx", f"pbx:0:{number}", "Ping"), Reply(), None, Sent.FULLY)


def fault(fault: Fault = Fault.UNMATCHED, detail: str = "", count: int = 1) -> FaultSeen:
    return FaultSeen("pbx", None, fault, count, detail)


def changed(old: State, new: State) -> StateChanged:
    return StateChanged("pbx", None, old, new)


def drops(delta: int, total: int) -> EventsDropped:
    return EventsDropped("pbx", SUBSCRIPTION, delta, total, 5)


def drained(queue: NoticeQueue) -> list[Notice]:
    notices = []
    while (notice := queue.poll()) is not None:
        notices.append(notice)
    assert len(queue) == 0
    return notices


def test_notices_come_in_order() -> None:
    queue = NoticeQueue(lambda: 0.0)
    queue.put_step(changed(State.CLOSED, State.DISCONNECTED))
    queue.put_outcome(outcome())
    queue.put_fault(fault())
    queue.put_waiting(SUBSCRIPTION)
    queue.put_dropped(drops(1, 1))
    assert len(queue) == 5
    assert drained(queue) == [
        changed(State.CLOSED, State.DISCONNECTED),
        ActionFinished(outcome()),
        fault(),
        MessagesWaiting(SUBSCRIPTION),
        drops(1, 1),
    ]


def test_outcomes_are_never_dropped_and_are_counted() -> None:
    """R-CORR-05: an undrained outcome keeps its place among the pending actions."""
    queue = NoticeQueue(lambda: 0.0)
    for number in range(1000):
        queue.put_outcome(outcome(number))
    assert queue.outcomes == 1000
    assert drained(queue) == [ActionFinished(outcome(number)) for number in range(1000)]
    assert queue.outcomes == 0


def test_faults_of_one_sort_become_one_with_a_count() -> None:
    """L6: bounded and counted; the latest detail stays."""
    queue = NoticeQueue(lambda: 0.0)
    for number in range(1000):
        queue.put_fault(fault(detail=str(number)))
        queue.put_fault(fault(Fault.DESYNC, count=2))
    assert drained(queue) == [fault(detail="999", count=1000), fault(Fault.DESYNC, count=2000)]
    queue.put_fault(fault())
    assert drained(queue) == [fault()]


def test_waiting_messages_are_announced_once_until_drained() -> None:
    queue = NoticeQueue(lambda: 0.0)
    for _ in range(3):
        queue.put_waiting(SUBSCRIPTION)
    assert drained(queue) == [MessagesWaiting(SUBSCRIPTION)]
    queue.put_waiting(SUBSCRIPTION)
    assert drained(queue) == [MessagesWaiting(SUBSCRIPTION)]


def test_reports_of_drops_add_up() -> None:
    """R-FLOW-03: coalesced, with delta and total."""
    queue = NoticeQueue(lambda: 0.0)
    queue.put_dropped(drops(5, 5))
    queue.put_dropped(drops(7, 12))
    assert drained(queue) == [drops(12, 12)]


def test_steps_are_kept_up_to_a_bound_and_then_absorbed() -> None:
    """L6: state notices coalesce, and the first of the absorbed says where they began."""
    queue = NoticeQueue(lambda: 0.0)
    for _ in range(STEPS_MAX):
        queue.put_step(changed(State.DISCONNECTED, State.CONNECTING))
    queue.put_step(changed(State.CONNECTING, State.CONNECTED))
    queue.put_step(ConnectScheduled("pbx", "h", 1, 1, 0.1, 1.0, None))
    for _ in range(1000):
        queue.put_step(changed(State.CONNECTED, State.DISCONNECTED))
    queue.put_step(ConnectScheduled("pbx", "h", 1, 2, 0.2, 2.0, None))
    notices = drained(queue)
    assert len(notices) == STEPS_MAX + 2
    assert notices[-2:] == [
        StateChanged("pbx", None, State.CONNECTING, State.DISCONNECTED, None, absorbed=1000),
        ConnectScheduled("pbx", "h", 1, 2, 0.2, 2.0, None),
    ]
    queue.put_step(changed(State.CLOSED, State.DISCONNECTED))
    assert drained(queue) == [changed(State.CLOSED, State.DISCONNECTED)], "and begins anew"


def flapped(queue: NoticeQueue, begin: int, count: int) -> None:
    """Report so many steps, numbered on, two changes and then a schedule."""
    states = list(State)
    for number in range(begin, begin + count):
        if number % 3 == 2:
            queue.put_step(ConnectScheduled("pbx", "h", 1, number, 0.1, 1.0, None))
        else:
            number -= number // 3
            old, new = (states[each % len(states)] for each in (number, number + 1))
            queue.put_step(StateChanged("pbx", SessionId("pbx", number), old, new))


def test_what_was_drained_makes_room() -> None:
    """L6: the bound is on what waits, and not on what ever came."""
    queue = NoticeQueue(lambda: 0.0)
    for begin in range(0, 5 * STEPS_MAX, STEPS_MAX):
        flapped(queue, begin, STEPS_MAX)
        steps = drained(queue)
        assert len(steps) == STEPS_MAX
        assert all(each.absorbed == 0 for each in steps if isinstance(each, StateChanged))


def test_a_slot_that_absorbs_is_never_overtaken() -> None:
    """R-LIFE-01: a driver that drains a little falls behind, and never ends on a state that is gone."""
    queue = NoticeQueue(lambda: 0.0)
    flapped(queue, 0, 3 * STEPS_MAX)
    for _ in range(STEPS_MAX // 2):
        queue.poll()
    flapped(queue, 3 * STEPS_MAX, 3 * STEPS_MAX)
    last = [each for each in drained(queue) if isinstance(each, StateChanged)][-1]
    assert last.session == SessionId("pbx", 4 * STEPS_MAX - 1)


@given(st.lists(st.tuples(st.integers(0, 150), st.integers(0, 90)), max_size=8))
def test_steps_come_in_order_however_they_are_drained(rounds: list[tuple[int, int]]) -> None:
    """R-LIFE-01, L6: each change begins where the one before it ended, and none goes uncounted."""
    queue, steps, came = NoticeQueue(lambda: 0.0), list[Notice](), 0
    for count, polls in rounds:
        flapped(queue, came, count)
        came += count
        steps += [each for each in (queue.poll() for _ in range(polls)) if each is not None]
        assert len(queue) <= STEPS_MAX + 2
    steps += drained(queue)
    changes = [each for each in steps if isinstance(each, StateChanged)]
    schedules = [each.attempt for each in steps if isinstance(each, ConnectScheduled)]
    assert all(earlier.new is later.old for earlier, later in pairwise(changes))
    assert sum(1 + each.absorbed for each in changes) == came - came // 3
    assert [each.session for each in changes[-1:]] == [SessionId("pbx", came - came // 3 - 1)] * (came > 0)
    assert schedules == sorted(schedules)
    assert schedules[-1:] == [came // 3 * 3 - 1] * (came >= 3)


def test_what_waits_about_an_ended_subscription_is_dropped() -> None:
    """L6: subscribing and unsubscribing for ever, with nobody draining, grows nothing."""
    queue = NoticeQueue(lambda: 0.0)
    queue.put_outcome(outcome())
    for _ in range(100):
        ended = Subscription(Filter(), 5, Overflow.DROP_OLDEST)
        queue.put_waiting(ended)
        queue.put_dropped(EventsDropped("pbx", ended, 1, 1, 5))
        queue.put_waiting(SUBSCRIPTION)
        queue.forget(ended)
    assert drained(queue) == [ActionFinished(outcome()), MessagesWaiting(SUBSCRIPTION)]


@pytest.mark.parametrize("kind", Fault)
def test_every_fault_reads_as_a_sentence(kind: Fault) -> None:
    assert len(kind.value.split()) >= 3


def test_a_listener_that_keeps_up_misses_no_step() -> None:
    """R-LIFE-01: each transition is reported by itself to whoever listens."""
    queue = NoticeQueue(lambda: 0.0)
    for number in range(STEPS_MAX * 3):
        queue.put_step(ConnectScheduled("pbx", "h", 1, number, 0.0, 0.0, None))
        step = queue.poll()
        assert isinstance(step, ConnectScheduled)
        assert step.attempt == number


def test_what_waits_about_an_ended_subscription_is_forgotten() -> None:
    """L6: neither its messages nor its drops are announced any more, and both may be again."""
    queue, subscription = NoticeQueue(lambda: 0.0), Subscription(Filter(), 10, Overflow.DROP_OLDEST)
    for _ in range(2):
        queue.put_waiting(subscription)
        queue.put_dropped(EventsDropped("pbx", subscription, 1, 1, 0))
        queue.forget(subscription)
        assert queue.poll() is None
    queue.put_waiting(subscription)
    assert queue.poll() == MessagesWaiting(subscription)
    queue.put_dropped(EventsDropped("pbx", subscription, 2, 3, 0))
    assert queue.poll() == EventsDropped("pbx", subscription, 2, 3, 0)
