"""Reports of what full queues dropped: exact, and not too many (R-FLOW-03)."""

from ami_proto.config import ServerConfig
from ami_proto.connection.notices import EventsDropped, NoticeQueue
from ami_proto.connection.subscriptions import Subscriptions
from ami_proto.connection.timers import Timer, Timers


class DropReports:
    """Say what each queue has dropped since the last report on it."""

    __slots__ = ("_config", "_notices", "_subscriptions", "_timers")

    def __init__(
        self, config: ServerConfig, subscriptions: Subscriptions, notices: NoticeQueue, timers: Timers
    ) -> None:
        self._config = config
        self._subscriptions = subscriptions
        self._notices = notices
        self._timers = timers

    def put_due(self, now: float) -> None:
        """Report, unless the last report is younger than `drop_report_interval`: then its timer will."""
        if self._timers.deadline(Timer.DROP_REPORT) is None and self.put_all():
            self._timers.set(Timer.DROP_REPORT, now + self._config.drop_report_interval)

    def put_all(self) -> bool:
        """Report at once; return whether there was anything."""
        overflowing = [each for each in self._subscriptions if each.dropped > each.reported]
        for each in overflowing:
            delta, each.reported = each.dropped - each.reported, each.dropped
            self._notices.put_dropped(EventsDropped(self._config.key, each, delta, each.dropped, each.depth))
        return bool(overflowing)
