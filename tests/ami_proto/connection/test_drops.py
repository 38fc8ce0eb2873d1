"""R-FLOW-03: reports of drops are exact, and at most one comes in an interval."""

from dataclasses import replace

from ami_proto import EventsDropped, Filter, Overflow, Subscription
from ami_proto.connection.callouts import Callouts
from ami_proto.connection.drops import DropReports
from ami_proto.connection.notices import NoticeQueue
from ami_proto.connection.subscriptions import Subscriptions
from ami_proto.connection.timers import Timer, Timers
from conformance.playbook import SERVER


class Dropping:
    """Some queues that drop, and what is reported of them."""

    def __init__(self) -> None:
        self.notices = NoticeQueue(lambda: 0.0)
        self.timers = Timers()
        self.subscriptions = Subscriptions(Callouts(), lambda _: None, lambda *_, **__: None)
        config = replace(SERVER, drop_report_interval=2.0)
        self.reports = DropReports(config, self.subscriptions, self.notices, self.timers)

    def queue(self, dropped: int) -> Subscription:
        """Add a queue that has dropped so many messages."""
        subscription = self.subscriptions.add(Filter(), 5, Overflow.DROP_NEWEST)
        subscription.dropped = dropped
        return subscription

    def reported(self) -> list[EventsDropped]:
        return [each for each in iter(self.notices.poll, None) if isinstance(each, EventsDropped)]


def test_each_queue_is_reported_with_what_it_dropped_since() -> None:
    """R-FLOW-03: delta, total and depth."""
    play = Dropping()
    one, _, three = play.queue(7), play.queue(0), play.queue(1)
    assert play.reports.put_all()
    assert play.reported() == [EventsDropped("pbx", one, 7, 7, 0), EventsDropped("pbx", three, 1, 1, 0)]
    assert not play.reports.put_all()
    one.dropped, one.depth = 10, 4
    assert play.reports.put_all()
    assert play.reported() == [EventsDropped("pbx", one, 3, 10, 4)]


def test_the_next_report_waits_for_its_interval() -> None:
    """R-FLOW-03: at most one per `drop_report_interval`."""
    play = Dropping()
    play.reports.put_due(100.0)
    assert play.timers.deadline(Timer.DROP_REPORT) is None, "nothing was reported"
    full = play.queue(1)
    play.reports.put_due(100.0)
    assert play.timers.deadline(Timer.DROP_REPORT) == 102.0
    full.dropped = 2
    play.reports.put_due(101.9)
    assert [each.delta for each in play.reported()] == [1]
    play.timers.clear(Timer.DROP_REPORT)
    play.reports.put_due(102.0)
    assert [each.delta for each in play.reported()] == [1]


def test_the_total_has_those_of_queues_that_have_ended() -> None:
    """Invariant 10: who unsubscribes hears no more of it, and yet it is counted."""
    play = Dropping()
    ended, _ = play.queue(7), play.queue(1)
    play.subscriptions.remove(ended)
    play.subscriptions.remove(ended)
    assert play.subscriptions.dropped == 8
