"""R-FLOW: a full queue of events pauses the reading, or drops and counts."""

import pytest

from ami_proto import Drops, EventsDropped, Overflow, State
from ami_proto.drivers import MessagesWaiting, Watch
from conformance.laws.playbook import Playbook, frame
from tests.playbooks import STATUS


def test_a_pausing_queue_stops_the_reading_and_its_consumer_resumes_it(ready: Playbook) -> None:
    """R-FLOW-02: by `Watch`, as the interest changes."""
    subscription = ready.subscribe(limit=2, policy=Overflow.PAUSE)
    ready.take_commands()
    ready.event("A").expect_commands().event("B")
    ready.expect_commands(Watch(ready.session, read=False, write=False))
    assert len(ready.messages(subscription)) == 2
    ready.expect_commands(Watch(ready.session, read=True, write=False))


def test_pausing_is_limited_by_correlation(ready: Playbook) -> None:
    """R-FLOW-02: reading stops only while no ticket is open; beyond the reserve drops are counted."""
    subscription = ready.subscribe(limit=2, policy=Overflow.PAUSE)
    ready.event("A").event("B")
    ticket = ready.submit(STATUS)
    assert ready.watch == Watch(ready.session, read=True, write=False)
    for _ in range(5):
        ready.event("C")
    ready.reply(ticket)
    assert ready.watch == Watch(ready.session, read=False, write=False)
    assert ready.outcome(ticket).succeeded
    *messages, lost = ready.messages(subscription)
    assert (len(messages), lost) == (4, Drops(3, "pbx"))


def test_a_stop_reads_on(ready: Playbook) -> None:
    """R-LIFE-05: Goodbye comes on the same stream."""
    ready.subscribe(limit=1, policy=Overflow.PAUSE)
    ready.event("A").stop()
    assert ready.watch == Watch(ready.session, read=True, write=False)


def test_12_000_into_10_000_drops_exactly_2_000(ready: Playbook) -> None:
    """R-FLOW-02, R-FLOW-03, R-FLOW-05: the session survives, and the losses are exact."""
    subscription = ready.subscribe()
    for _ in range(12):
        ready.receive(frame("Event: VarSet", "Privilege: dialplan,all") * 1000)
    ready.wait(1)
    reports = ready.take(EventsDropped)
    assert sum(each.delta for each in reports) == reports[-1].total == subscription.dropped == 2000
    first, *rest = ready.messages(subscription)
    assert (first, len(rest)) == (Drops(2000, "pbx"), 10_000)
    assert ready.connection.state is State.READY


def test_reports_of_drops_are_at_most_one_each_interval(ready: Playbook) -> None:
    """R-FLOW-03: with delta, total and depth."""
    subscription = ready.subscribe(limit=1)
    for _ in range(101):
        ready.event("VarSet")
        ready.wait(0.05)
    ready.wait(2)
    reports = ready.take(EventsDropped)
    assert 5 <= len(reports) <= 7
    assert sum(each.delta for each in reports) == reports[-1].total == 100
    assert reports[-1].depth == 1
    assert reports[-1].subscription is subscription


@pytest.mark.parametrize("count", range(5))
def test_the_snapshot_has_the_drops_of_every_subscription(ready: Playbook, count: int) -> None:
    """R-FLOW-02: of so many that overflow beside one that does not."""
    ready.subscribe(limit=100)
    full = [ready.subscribe(limit=1) for _ in range(count)]
    for _ in range(4):
        ready.event("VarSet")
    snapshot = ready.connection.snapshot()
    assert [each.dropped for each in snapshot.subscriptions] == [0, *[3] * count]
    assert snapshot.events_dropped == 3 * count
    for subscription in full:
        ready.connection.unsubscribe(subscription)
        assert ready.connection.snapshot().events_dropped == 3 * count


def test_an_ended_subscription_is_heard_of_no_more(ready: Playbook) -> None:
    """R-FLOW-01: unsubscribing works, and nothing that waits names it."""
    subscription = ready.subscribe(limit=1)
    ready.lazy = True
    ready.event("A").event("B")
    ready.connection.unsubscribe(subscription)
    ready.connection.unsubscribe(subscription)
    ready.event("C").drain()
    assert [each for each in ready.notices if isinstance(each, MessagesWaiting | EventsDropped)] == []
    assert ready.connection.poll_message(subscription) is None
