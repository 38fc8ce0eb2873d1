"""One subscription as its consumer sees it: a book for the queue of each server, and the calls that wake it.

A queue outlives the connection to its server. A removed server leaves its messages in it; if the server comes
back before the queue is empty, both go on.
"""

from collections.abc import Callable

import ami_proto as ami
from ami_proto.drivers import ServerKey, Subscription

from .contradiction import Complaints
from .deliveries import DROPS, QueueBook

WAKING = "a queue that has something says so"

Pulled = ami.Message | ami.Gap | ami.Drops


class SubscriptionBook:
    """Compare what one subscription is given with the ledgers. `begin` it once it is made."""

    def __init__(
        self,
        filter: ami.Filter,  # noqa: A002 - the agreed word
        limit: int,
        limit_bytes: int,
        policy: ami.Overflow,
        complaints: Complaints,
    ) -> None:
        self.announced = False
        """Whether the consumer was told that there is something, since it found nothing."""
        self._filter = filter
        self._bounds = limit, limit_bytes, policy
        self._complaints = complaints
        self._subscription: Subscription | None = None
        self._queues: dict[ServerKey, tuple[QueueBook, object]] = {}
        """The book of each server, and the queue that it is about."""

    def watch(self, where: Callable[[ami.Message], bool]) -> Callable[[ami.Message], bool]:
        """Return the predicate, which now also says what it was asked about."""

        def watched(message: ami.Message) -> bool:
            book, _ = self._queues[message.server]
            return book.watch(where)(message)

        return watched

    def begin(self, subscription: Subscription) -> None:
        """Take the subscription itself."""
        self._subscription = subscription

    def open(self, server: ServerKey) -> QueueBook:
        """Return the book of a server that has a connection now: the old one if its queue is still there."""
        queue = self._queue_of(server)
        known = self._queues.get(server)
        if known is not None and known[1] is queue:
            return known[0]
        book = QueueBook(server, self._filter, *self._bounds, self._complaints)
        self._queues[server] = book, queue
        return book

    def take(self, item: Pulled, *, alone: bool) -> None:
        """Take what was pulled; `alone` says that nothing else was pulled in the same call."""
        found = self._queues.get(item.server)
        if found is None:
            self._complaints.fail(DROPS, "the server of what is pulled", list(self._queues), item)
        book, queue = found
        book.take(item, getattr(queue, "depth", None) if alone else None)
        self.close_ended()

    def report(self, notice: ami.EventsDropped) -> None:
        """Take a report of drops."""
        book, queue = self._queues[notice.server]
        book.report(notice.delta, notice.total, getattr(queue, "dropped", 0))

    def check_waking(self) -> None:
        """Require, now that every notice was drained, that the consumer knows of what waits."""
        subscription = self._subscription
        if subscription is not None and subscription.depth and not self.announced:
            waits = f"{subscription.depth} messages wait"
            self._complaints.fail(WAKING, f"{subscription!r}", "MessagesWaiting", waits)

    def close_ended(self) -> None:
        """Judge the queues that are gone: their servers were removed, and all was pulled."""
        for server, (book, queue) in list(self._queues.items()):
            if self._queue_of(server) is not queue:
                del self._queues[server]
                book.close(getattr(queue, "dropped", 0))

    def close(self) -> None:
        """Judge every queue, now that all are empty."""
        for book, queue in self._queues.values():
            book.close(getattr(queue, "dropped", 0))

    def _queue_of(self, server: ServerKey) -> object:
        assert self._subscription is not None, "it has begun"
        return next((each for each in self._subscription.queues if each.server == server), None)
