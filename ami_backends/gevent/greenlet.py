"""A reactor in a greenlet of its own, waiting in gevent's hub."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

import gevent
from gevent.event import AsyncResult
from gevent.selectors import GeventSelector
from gevent.thread import allocate_lock  # type: ignore[import-not-found]

from ami_backends._resolve import ThreadResolver
from ami_backends._tls import tls_contexts
from ami_backends.selectors.reactor import Reactor
from ami_backends.selectors.runner import Lock, Runner
from ami_proto import Connection, MisuseError, Notice

T = TypeVar("T")


class Promise(Generic[T]):
    """As `concurrent.futures.Future`, for greenlets of one hub."""

    def __init__(self) -> None:
        self._value: AsyncResult[T] = AsyncResult()

    def done(self) -> bool:
        """Say whether it was kept or broken."""
        return bool(self._value.ready())

    def set_result(self, result: T) -> None:
        """Keep it."""
        self._value.set(result)

    def set_exception(self, exception: BaseException) -> None:
        """Break it."""
        self._value.set_exception(exception)

    def result(self, timeout: float | None = None) -> T:
        """Wait, and return or raise what became of it. Raises `TimeoutError` after so many seconds."""
        self._value.wait(timeout)
        if not self._value.ready():
            raise TimeoutError
        return cast("T", self._value.get())


class ReactorGreenlet(Runner):
    """Run a machine in a greenlet. Calls may come from every other greenlet of the same hub."""

    def __init__(self, machine: Connection, on_notice: Callable[[Notice], None] | None) -> None:
        super().__init__(machine, on_notice)
        self._hub = gevent.get_hub()
        # Reading certificates blocks.
        contexts = self._hub.threadpool.apply(tls_contexts, (machine.config,)) if machine.config.tls else {}
        self.reactor = Reactor(
            machine,
            on_notice=self.desk.handle_notice,
            resolver=ThreadResolver(),
            contexts=contexts,
            selector=GeventSelector(),
        )
        self._greenlet = gevent.Greenlet(self.run)

    def start(self) -> None:
        """Begin to connect."""
        self._greenlet.start()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end."""
        self._greenlet.join(timeout)

    def promise(self) -> Promise[Any]:
        """Return a promise."""
        return Promise()

    def lock(self) -> Lock:
        """Return a lock."""
        return cast("Lock", allocate_lock())

    @property
    def own(self) -> bool:
        """Whether this is the reactor's greenlet."""
        return gevent.getcurrent() is self._greenlet

    def refuse_strangers(self) -> None:
        """Raise `MisuseError` in another thread than the hub's."""
        if gevent.get_hub() is not self._hub:
            raise MisuseError("this client belongs to another thread's hub")
