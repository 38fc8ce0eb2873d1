"""Events for tasks: pulled out of the machine's bounded queue, one at a time."""

from types import TracebackType
from typing import Generic, Self, TypeVar, cast

import anyio
from anyio.lowlevel import checkpoint

from ami_backends._desk import Desk
from ami_backends.anyio.driver import Driver
from ami_proto import Message, MisuseError, Subscription

BREATH_MESSAGES = 2_000
"""Messages handed out between two looks at the loop: more than one read brings, or a flood would overtake a
consumer that keeps up with it."""

T = TypeVar("T")


class Events(Generic[T]):
    """The messages of one subscription. Tasks that share it get each message once among them.

    Iteration ends when this or the client is closed, and raises `ConnectFailed` when the connection
    was given up.
    """

    def __init__(self, driver: Driver, desk: Desk, subscription: Subscription, *, marks: bool) -> None:
        self._driver = driver
        self._desk = desk
        self._subscription = subscription
        self._marks = marks
        self._closed = False
        self._news = anyio.Event()
        self._news.set()
        self._handed_out = 0

    async def get(self, timeout: float | None = None) -> T:
        """Return the next item. Raises `TimeoutError` after so many seconds without one,
        `MisuseError` when there will be none.
        """
        await self._breathe()
        item = self._pull()
        if item is None:
            with anyio.fail_after(timeout):
                item = await self._next()
        if item is None:
            raise MisuseError("the subscription is closed")
        return item

    def close(self) -> None:
        """End the subscription and its iteration. Idempotent."""
        self._driver.refuse_strangers()
        self._closed = True
        self._desk.unsubscribe(self._subscription)
        self._driver.wake()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        await self._breathe()
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

    async def _breathe(self) -> None:
        """Let the loop come round now and then: a queue that empties may let reading go on."""
        self._driver.refuse_strangers()
        self._handed_out += 1
        if self._handed_out % BREATH_MESSAGES == 0:
            self._driver.wake()
            await checkpoint()

    async def _next(self) -> T | None:
        while (item := self._pull()) is None and not self._closed:
            if self._desk.ended:
                if self._desk.failure is not None:
                    raise self._desk.end()
                return None
            await self._wait_for_news()
        return item

    def _pull(self) -> T | None:
        """Take the next item that is wanted, if there is one."""
        while (item := self._desk.machine.poll_message(self._subscription)) is not None:
            if self._marks or isinstance(item, Message):
                return cast("T", item)
        return None

    async def _wait_for_news(self) -> None:
        """Wait until the empty queue is no longer empty, or will stay so."""
        if self._news.is_set():
            self._news = anyio.Event()
            self._desk.await_messages(self._subscription, self._news.set)
        self._driver.wake()  # an empty queue may let reading go on
        await self._news.wait()
