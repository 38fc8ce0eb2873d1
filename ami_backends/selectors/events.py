"""Events for blocking consumers: batches out of the machine's bounded queues, on demand."""

import time
from collections import deque
from types import TracebackType
from typing import Generic, Self, TypeVar, cast

from ami_backends._desk import Item
from ami_backends.selectors.runner import Answer, Runner
from ami_proto import Message, MisuseError, Subscription

BATCH_MAX = 2_000
"""Messages fetched at a time: enough that the letter costs nothing beside them."""

T = TypeVar("T")


class Events(Generic[T]):
    """The messages of one subscription. Threads that share it take turns: each message goes to one.

    Iteration ends when this or the client is closed, and raises `ConnectFailed` when the connection
    was given up.
    """

    def __init__(self, runner: Runner, subscription: Subscription, *, marks: bool) -> None:
        self._runner = runner
        self._subscription = subscription
        self._marks = marks
        self._closed = False
        self._turn = runner.lock()
        self._items: deque[Item] = deque()
        self._batch: Answer[list[Item]] | None = None
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
        self._runner.post(lambda: self._runner.desk.unsubscribe(self._subscription))

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
        self._runner.refuse_waiting()
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
                    self._raise_failure()
                    return None
            return None
        finally:
            self._turn.release()

    def _raise_failure(self) -> None:
        """Raise what ended the connection, unless it was closed."""
        desk = self._runner.desk
        if desk.ended and desk.failure is not None:
            raise desk.end()

    def _refill(self, patience: float | None) -> bool:
        """Take the next batch; False when there is none to come."""
        if self._batch is None:
            self._batch = self._asked()
            if self._closed:  # by another thread, perhaps before this request was posted
                return False
            if patience is not None:
                # Patience begins once somebody has looked.
                self._settle()
        items = self._batch.result(patience)
        self._batch = None
        self._items.extend(items)
        return bool(items)

    def _asked(self) -> Answer[list[Item]]:
        """Return what will hold the next messages: empty only when there will be no more."""
        batch: Answer[list[Item]] = self._runner.promise()
        if not self._runner.post(lambda: self._fill(batch)):
            self._fill(batch)
        return batch

    def _settle(self) -> None:
        """Wait until what was posted so far was done."""
        answer = self._runner.ask(lambda: None)
        if answer is not None:
            answer.result()

    def _fill(self, batch: Answer[list[Item]]) -> None:
        """Fill a batch with what there is, or once there is something. In the reactor's thread."""
        items: list[Item] = []
        poll = self._runner.machine.poll_message
        while len(items) < BATCH_MAX and (item := poll(self._subscription)) is not None:
            items.append(item)
        if items or self._closed or self._runner.desk.ended:
            batch.set_result(items)
        else:
            self._runner.desk.await_messages(self._subscription, lambda: self._fill(batch))
