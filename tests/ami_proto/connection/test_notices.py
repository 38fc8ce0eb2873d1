"""R-OBS-01: typed notices, in order, and bounded whatever happens and nobody drains (L6)."""

import pytest

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
    queue = NoticeQueue()
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
    queue = NoticeQueue()
    for number in range(1000):
        queue.put_outcome(outcome(number))
    assert queue.outcomes == 1000
    assert drained(queue) == [ActionFinished(outcome(number)) for number in range(1000)]
    assert queue.outcomes == 0


def test_faults_of_one_sort_become_one_with_a_count() -> None:
    """L6: bounded and counted; the latest detail stays."""
    queue = NoticeQueue()
    for number in range(1000):
        queue.put_fault(fault(detail=str(number)))
        queue.put_fault(fault(Fault.DESYNC, count=2))
    assert drained(queue) == [fault(detail="999", count=1000), fault(Fault.DESYNC, count=2000)]
    queue.put_fault(fault())
    assert drained(queue) == [fault()]


def test_waiting_messages_are_announced_once_until_drained() -> None:
    queue = NoticeQueue()
    for _ in range(3):
        queue.put_waiting(SUBSCRIPTION)
    assert drained(queue) == [MessagesWaiting(SUBSCRIPTION)]
    queue.put_waiting(SUBSCRIPTION)
    assert drained(queue) == [MessagesWaiting(SUBSCRIPTION)]


def test_reports_of_drops_add_up() -> None:
    """R-FLOW-03: coalesced, with delta and total."""
    queue = NoticeQueue()
    queue.put_dropped(drops(5, 5))
    queue.put_dropped(drops(7, 12))
    assert drained(queue) == [drops(12, 12)]


def test_steps_are_kept_up_to_a_bound_and_then_absorbed() -> None:
    """L6: state notices coalesce, and the first of the absorbed says where they began."""
    queue = NoticeQueue()
    for _ in range(STEPS_MAX):
        queue.put_step(changed(State.DISCONNECTED, State.CONNECTING))
    queue.put_step(changed(State.CONNECTING, State.CONNECTED))
    queue.put_step(ConnectScheduled("pbx", 1, 0.1, 1.0, None))
    for _ in range(1000):
        queue.put_step(changed(State.CONNECTED, State.DISCONNECTED))
    queue.put_step(ConnectScheduled("pbx", 2, 0.2, 2.0, None))
    notices = drained(queue)
    assert len(notices) == STEPS_MAX + 2
    assert notices[-2:] == [
        StateChanged("pbx", None, State.CONNECTING, State.DISCONNECTED, None, absorbed=1000),
        ConnectScheduled("pbx", 2, 0.2, 2.0, None),
    ]
    queue.put_step(changed(State.CLOSED, State.DISCONNECTED))
    assert drained(queue) == [changed(State.CLOSED, State.DISCONNECTED)], "and begins anew"


def test_what_waits_about_an_ended_subscription_is_dropped() -> None:
    """L6: subscribing and unsubscribing for ever, with nobody draining, grows nothing."""
    queue = NoticeQueue()
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
