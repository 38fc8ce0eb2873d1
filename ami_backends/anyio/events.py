"""Events for tasks: pulled from the machine's bounded queue, one at a time."""

from threading import get_ident
from types import TracebackType
from typing import Generic, Self, cast

import anyio
from anyio.lowlevel import checkpoint

from ami_backends.anyio.driver import Driver
from ami_backends.clients.waiters import T, Waiters, warn_forgotten
from ami_proto import Message, MisuseError, Overflow
from ami_proto.drivers import Subscription

YIELD_MESSAGES = 2_000
"""Messages handed out before other tasks have their turn. It must be more than one read brings, or a flood
outruns a consumer that could keep up with it."""


class Events(Generic[T]):
    """The messages of one subscription. Tasks that share it get each message once among them.

    Iteration ends when this or the client is closed, and raises `ConnectFailed` when the connection was
    given up. An iteration that is forgotten ends its subscription when it is garbage, and warns.
    """

    _closed = True  # until it is complete: `__del__` is called for half of one, too

    def __init__(
        self, driver: Driver, waiters: Waiters, subscription: Subscription, *, marks: bool, client: object
    ) -> None:
        self._client = client  # not garbage, and so not logged off, while its events are used
        self._driver = driver
        self._waiters = waiters
        self._subscription = subscription
        self._marks = marks
        self._pauses = subscription.policy is Overflow.PAUSE
        self._arrived = anyio.Event()
        self._arrived.set()
        self._left = YIELD_MESSAGES
        """Messages to hand out until other tasks have their turn."""
        self._has_short_way = not (marks or self._pauses)
        self._thread = get_ident()
        self._closed = False

    async def get(self, timeout: float | None = None) -> T:
        """Return the next item. Raises `MessageTimeout` if none comes within `timeout` seconds, and
        `MisuseError` once the subscription is closed.
        """
        await self._yield_to_loop()
        item = self._pull()  # first without a scope: `get(0)` must find a message that waits
        if item is None:
            with anyio.move_on_after(timeout) as limit:
                item = await self._next()
            if timeout is not None and limit.cancelled_caught:
                raise self._waiters.message_timeout(timeout)
        if item is None:
            raise MisuseError("the subscription is closed")
        return item

    def close(self) -> None:
        """End the subscription and its iteration. Idempotent."""
        self._driver.refuse_other_threads()
        self._closed = True
        self._waiters.unsubscribe(self._subscription)
        self._driver.wake()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        # The short way of a flood, which brings hundreds of messages in each turn: no coroutine but this.
        if self._has_short_way and self._left > 1 and get_ident() == self._thread:
            self._left -= 1
            message = self._waiters.machine.poll_message(self._subscription)
            if isinstance(message, Message):
                return cast("T", message)
        await self._yield_to_loop()
        item = await self._next()
        if item is None:
            raise StopAsyncIteration
        return item

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # This may run in any thread, and inside the engine. So it touches nothing but the mailbox.
        if not self._closed and not self._waiters.ended:
            waiters, subscription = self._waiters, self._subscription
            self._driver.call_soon(lambda: waiters.unsubscribe(subscription))
            warn_forgotten(self, subscription)

    async def _yield_to_loop(self) -> None:
        """Let other tasks run now and then, the driver among them: it may resume reading for this queue."""
        self._driver.refuse_other_threads()
        self._left -= 1
        if self._left <= 0:
            self._left = YIELD_MESSAGES
            await checkpoint()

    async def _next(self) -> T | None:
        while (item := self._pull()) is None and not self._closed:
            if self._waiters.ended:
                if self._waiters.failure is not None:
                    raise self._waiters.end_error()
                return None
            await self._wait_for_messages()
        return item

    def _pull(self) -> T | None:
        """Take the next item from the queue; without marks, the next message."""
        if self._pauses:
            self._driver.wake()  # a pull may end a pause, or begin its time anew
        while (item := self._waiters.machine.poll_message(self._subscription)) is not None:
            if self._marks or isinstance(item, Message):
                return cast("T", item)
        return None

    async def _wait_for_messages(self) -> None:
        """Wait until the empty queue has messages, or can have none any more."""
        # Tasks that share a subscription share the event: only the first of them asks to be notified.
        if self._arrived.is_set():
            self._arrived = anyio.Event()
            self._waiters.await_messages(self._subscription, self._arrived.set)
        await self._arrived.wait()
