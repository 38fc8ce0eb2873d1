"""Events for blocking consumers: fetched in batches from the machine's bounded queues, on demand.

A consumer's thread must not touch the machine, so each fetch is a call that the reactor's thread makes. A
fetch that finds the queue empty stays open until there are messages: `Waiters` fills it then.
"""

import time
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Generic, Self, cast

from ami_backends.clients.calls import Item
from ami_backends.clients.waiters import T, warn_forgotten
from ami_backends.selectors.runner import BlockingWaiter, Runner
from ami_proto import AmiError, Message, MisuseError, Overflow
from ami_proto.drivers import Subscription

BATCH_MAX = 2_000
"""Messages fetched at a time: so many that the cost of a posted call does not count."""
BATCH_BYTES_MAX = 4 * 1024 * 1024
"""Bytes fetched at a time, which are held beside those of the queue: more than ordinary messages need."""
SIGN_INTERVAL = 0.1
"""Seconds between two signs that the consumer of a batch is there. A queue that pauses reading waits for its
consumer at most `pause_max`; a slow one may take longer than that for one batch."""


class Events(Generic[T]):
    """The messages of one subscription. Threads that share it take turns: each message goes to one of them.

    Iteration ends when this or the client is closed, and raises `ConnectFailed` when the connection was
    given up. An iteration that is forgotten ends its subscription when it is garbage, and warns.
    """

    def __init__(self, runner: Runner, subscription: Subscription, *, marks: bool, client: object) -> None:
        self._client = client  # not garbage, and so not logged off, while its events are used
        self._runner = runner
        self._marks = marks
        self._turn = runner.new_lock()
        self._items: deque[Item] = deque()  # its `popleft` is atomic
        self._pop = self._items.popleft
        self._batch: BlockingWaiter[list[Item]] | None = None
        """Requested and not taken yet. A call that times out leaves it here for the next one: its messages
        have left the machine's queue, or will."""
        self._sign_due = 0.0
        self._pauses = subscription.policy is Overflow.PAUSE
        self._source = _Source(runner, subscription)

    def get(self, timeout: float | None = None) -> T:
        """Return the next item. Raises `MessageTimeout` if none comes within `timeout` seconds, and
        `MisuseError` once the subscription is closed.
        """
        try:
            item = self._next(timeout)
        except TimeoutError as error:
            if timeout is None or isinstance(error, AmiError):  # the error that ended the client
                raise
            raise self._runner.waiters.message_timeout(timeout) from None
        if item is None:
            raise MisuseError("the subscription is closed")
        return item

    def close(self) -> None:
        """End the subscription and its iteration. Idempotent."""
        self._source.closed = True
        self._items.clear()
        self._runner.post(self._source.unsubscribe)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        # Mostly a batch is here, and there is nothing to wait for: no turn, and one frame for each message.
        try:
            item = self._pop()
        except IndexError:
            return self._next_or_stop()
        if self._pauses:
            self._give_sign()
        if self._marks or isinstance(item, Message):
            return cast("T", item)
        return self._next_or_stop()

    def _next_or_stop(self) -> T:
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

    def __del__(self) -> None:
        source: _Source | None = getattr(self, "_source", None)  # None: `__init__` has failed
        if source is not None and source.forget():
            warn_forgotten(self, source.subscription)

    def _next(self, timeout: float | None) -> T | None:
        self._runner.refuse_blocking()
        deadline = None if timeout is None else time.monotonic() + timeout
        if not self._turn.acquire(timeout=-1 if timeout is None else timeout):
            raise TimeoutError
        try:
            while not self._source.closed:
                while (item := self._take()) is not None:
                    if self._pauses:
                        self._give_sign()
                    if self._marks or isinstance(item, Message):
                        return cast("T", item)
                remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
                if not self._refill(remaining):
                    self._raise_failure()
                    return None
            return None
        finally:
            self._turn.release()

    def _take(self) -> Item | None:
        """Return the next item of the batch. Also threads that do not have the turn take some."""
        with suppress(IndexError):
            return self._pop()
        return None

    def _raise_failure(self) -> None:
        """Raise the error that ended the connection, if there is one."""
        waiters = self._runner.waiters
        if waiters.ended and waiters.failure is not None:
            raise waiters.end_error()

    def _give_sign(self) -> None:
        """Say now and then that messages of the batch are taken."""
        now = time.monotonic()
        if now >= self._sign_due:
            self._sign_due = now + SIGN_INTERVAL
            self._runner.post(self._source.give_sign)

    def _refill(self, timeout: float | None) -> bool:
        """Take the next batch; return False when no more can come."""
        if self._batch is None:
            self._batch = self._request_batch()
            if self._source.closed:  # by another thread, perhaps before the batch was requested
                return False
            if timeout is not None:
                # The timeout is for messages that are still to come. `get(0)` must find those that wait
                # already, however long the reactor's thread takes to look.
                self._wait_for_posted()
        items = self._batch.result(timeout)
        self._batch = None
        self._items.extend(items)
        if self._source.closed:  # meanwhile, by another thread: `close` has cleared what was here before
            self._items.clear()
        return bool(items)

    def _request_batch(self) -> BlockingWaiter[list[Item]]:
        """Have the reactor's thread fetch the next messages. An empty batch means that no more can come."""
        batch: BlockingWaiter[list[Item]] = self._runner.new_waiter()
        source = self._source  # not `self`, which must not be kept by an open fetch
        if not self._runner.post(lambda: source.fill(batch)):
            source.fill(batch)  # the reactor has ended, and the rest of the queue is ours to take
        return batch

    def _wait_for_posted(self) -> None:
        """Wait until the reactor's thread has made the calls posted so far."""
        waiter = self._runner.ask(lambda: None)
        if waiter is not None:
            waiter.result()


class _Source:
    """What the reactor's thread does for an `Events`, without a reference to it.

    A fetch stays open for as long as no message comes. It must not keep an `Events` alive that its consumer
    has forgotten.
    """

    def __init__(self, runner: Runner, subscription: Subscription) -> None:
        self.subscription = subscription
        self.closed = False
        self._runner = runner

    def fill(self, batch: BlockingWaiter[list[Item]]) -> None:
        """Fill a batch from the queue, now or when there is something."""
        items = self._runner.machine.poll_messages(self.subscription, BATCH_MAX, BATCH_BYTES_MAX)
        if items or self.closed or self._runner.waiters.ended:
            batch.set_result(items)
        else:
            self._runner.waiters.await_messages(self.subscription, lambda: self.fill(batch))

    def unsubscribe(self) -> None:
        """End the subscription, and wake the caller that waits for a batch."""
        self._runner.waiters.unsubscribe(self.subscription)

    def give_sign(self) -> None:
        """Say that the consumer is there."""
        self._runner.machine.poll_messages(self.subscription, 0)

    def forget(self) -> bool:
        """End the subscription of an `Events` that is garbage; return whether there was one to end.

        A finaliser may run in any thread, inside the engine, and while this thread holds any lock. So this
        only posts to the mailbox, which takes none.
        """
        if self.closed or self._runner.waiters.ended or self._runner.forked:
            return False
        self.closed = True
        self._runner.reactor.call_soon(self.unsubscribe)
        return True
