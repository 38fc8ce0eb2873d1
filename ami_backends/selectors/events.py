"""Events for blocking consumers: batches out of the machine's bounded queues, on demand."""

import threading
import time
from collections import deque
from concurrent.futures import Future
from types import TracebackType
from typing import Generic, Self, TypeVar, cast

from ami_backends.selectors.thread import ReactorThread
from ami_proto import Drops, Gap, Message, MisuseError, Subscription

BATCH_MAX = 2_000
"""Messages fetched at a time: enough that the letter costs nothing beside them."""

Item = Message | Gap | Drops
T = TypeVar("T")


class Deliveries:
    """Fill batches from subscriptions; those for which there is nothing yet wait as hungry."""

    def __init__(self, thread: ReactorThread) -> None:
        self._thread = thread
        self._hungry: dict[Subscription, Future[list[Item]]] = {}

    # -- for consumers, in any thread

    def fetch(self, subscription: Subscription) -> Future[list[Item]]:
        """Return what will hold the next messages: empty only when there will be no more."""
        batch: Future[list[Item]] = Future()
        if not self._thread.post(lambda: self._fill(subscription, batch)):
            self._fill(subscription, batch)
        return batch

    def settle(self) -> None:
        """Wait until what was posted so far was done: patience begins once somebody has looked."""
        answer = self._thread.ask(lambda: None)
        if answer is not None:
            answer.result()

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription, and the wait for its next messages."""

        def end() -> None:
            self._thread.machine.unsubscribe(subscription)
            batch = self._hungry.pop(subscription, None)
            if batch is not None:
                batch.set_result([])

        self._thread.post(end)

    def raise_failure(self) -> None:
        """Raise what ended the connection, unless it was closed."""
        if self._thread.ended and self._thread.failure is not None:
            raise self._thread.end()

    # -- in the reactor's thread

    def feed(self, subscription: Subscription) -> None:
        """Serve who is hungry for this subscription: it has messages."""
        batch = self._hungry.pop(subscription, None)
        if batch is not None:
            self._fill(subscription, batch)

    def release(self) -> None:
        """Leave nobody hungry: the end has come."""
        for subscription in list(self._hungry):
            self.feed(subscription)

    def _fill(self, subscription: Subscription, batch: Future[list[Item]]) -> None:
        items: list[Item] = []
        poll = self._thread.machine.poll_message
        while len(items) < BATCH_MAX and (item := poll(subscription)) is not None:
            items.append(item)
        if items or self._thread.ended:
            batch.set_result(items)
        else:
            self._hungry[subscription] = batch


class Events(Generic[T]):
    """The messages of one subscription. Threads that share it take turns: each message goes to one.

    Iteration ends when this or the client is closed, and raises `ConnectFailed` when the connection
    was given up.
    """

    def __init__(self, deliveries: Deliveries, subscription: Subscription, *, marks: bool) -> None:
        self._deliveries = deliveries
        self._subscription = subscription
        self._marks = marks
        self._closed = False
        self._turn = threading.Lock()
        self._items: deque[Item] = deque()
        self._batch: Future[list[Item]] | None = None
        """Asked for and not taken yet; a wait that ends early leaves it for the next."""

    def get(self, timeout: float | None = None) -> T:
        """Return the next item. Raises `TimeoutError` after so many seconds without one,
        `MisuseError` when there will be none.
        """
        item = self._next(timeout)
        if item is None:
            raise MisuseError("the subscription is closed")
        return item

    def close(self) -> None:
        """End the subscription and its iteration. Idempotent."""
        self._closed = True
        self._items.clear()
        self._deliveries.unsubscribe(self._subscription)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        item = self._next(None)
        if item is None:
            raise StopIteration
        return item

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _next(self, timeout: float | None) -> T | None:
        deadline = None if timeout is None else time.monotonic() + timeout
        if not self._turn.acquire(timeout=-1 if timeout is None else timeout):
            raise TimeoutError
        try:
            while not self._closed:
                while self._items:
                    item = self._items.popleft()
                    if self._marks or isinstance(item, Message):
                        return cast("T", item)
                patience = None if deadline is None else max(0.0, deadline - time.monotonic())
                if not self._refill(patience):
                    self._deliveries.raise_failure()
                    return None
            return None
        finally:
            self._turn.release()

    def _refill(self, patience: float | None) -> bool:
        """Take the next batch; False when there is none to come."""
        if self._batch is None:
            self._batch = self._deliveries.fetch(self._subscription)
            if self._closed:  # by another thread, perhaps before this request was posted
                return False
            if patience is not None:
                self._deliveries.settle()
        items = self._batch.result(patience)
        self._batch = None
        self._items.extend(items)
        return bool(items)
