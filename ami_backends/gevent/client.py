"""Calls that block their greenlet: a client whose reactor runs in a greenlet of its own."""

import signal
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Generic, cast

import gevent
from gevent.event import AsyncResult
from gevent.selectors import GeventSelector
from gevent.thread import allocate_lock  # type: ignore[import-not-found]

from ami_backends import selectors
from ami_backends.clients.arguments import ConnectCall, called_like, connect_arguments
from ami_backends.clients.fleet import ServerConfigs, as_configs
from ami_backends.clients.waiters import OnNotice, T
from ami_backends.selectors.machine_lock import Lock, MachineLock
from ami_backends.selectors.reactor import Reactor
from ami_backends.selectors.runner import Runner
from ami_backends.sessions.causes import as_connect_failed
from ami_backends.sessions.resolve import ThreadResolver
from ami_backends.sessions.tls import Contexts, tls_contexts
from ami_proto import ClusterConfig, MisuseError, ServerConfig
from ami_proto.drivers import Machine, ServerKey


@called_like(connect_arguments)
def connect(call: ConnectCall) -> "Client":
    """Connect, log in, and return the client once it is ready: see `ami_backends.selectors.connect`.

    `on_notice` is called with every notice, in the reactor's greenlet.
    """
    return Client(call.config, on_notice=call.on_notice, stop_on=call.stop_on)._opened(call.timeout)


def connect_machine(
    machine: Machine,
    *,
    on_notice: OnNotice | None = None,
    stop_on: Iterable[signal.Signals] = (),
    timeout: float | None = None,
) -> "Client":
    """Do as `connect` with a machine made elsewhere: for tests and simulations."""
    return Client(machine, on_notice=on_notice, stop_on=stop_on)._opened(timeout)


def connect_cluster(
    servers: ServerConfigs,
    *,
    on_notice: OnNotice | None = None,
    stop_on: Iterable[signal.Signals] = (),
    limits: ClusterConfig | None = None,
) -> "Client":
    """Connect to many servers: see `ami_backends.selectors.connect_cluster`."""
    client = Client(as_configs(servers), on_notice=on_notice, stop_on=stop_on, limits=limits)
    client.start(wait=False)
    return client


def call_in_thread(function: Callable[[], T]) -> T:
    """Call a function that blocks in a thread of the hub; the greenlet waits."""
    called: Future[T] = Future()

    def call() -> None:  # raises nothing: the hub prints what it raises on stderr
        try:
            called.set_result(function())
        except BaseException as error:  # noqa: BLE001 - raised again where the caller waits
            called.set_exception(error)

    gevent.get_hub().threadpool.apply(call)
    return called.result(0)


class GreenletWaiter(Generic[T]):
    """A greenlet that waits for one result: `BlockingWaiter` for the greenlets of one hub.

    Not a `Future`: without monkey-patching that one blocks the thread, and with it the hub.
    """

    def __init__(self) -> None:
        self._value: AsyncResult[T] = AsyncResult()

    def done(self) -> bool:
        """Whether there is a result or an exception."""
        return bool(self._value.ready())

    def set_result(self, result: T) -> None:
        """Wake the greenlet: its call returns this."""
        self._value.set(result)

    def set_exception(self, exception: BaseException) -> None:
        """Wake the greenlet: its call raises this."""
        self._value.set_exception(exception)

    def result(self, timeout: float | None = None) -> T:
        """Wait, then return the result or raise the exception. Raises `TimeoutError` after `timeout`."""
        self._value.wait(timeout)
        if not self._value.ready():
            raise TimeoutError  # `AsyncResult.get` would raise `gevent.Timeout`, which is not an `Exception`
        return cast("T", self._value.get())


HELD_INTERVAL = 0.001
"""Seconds between two looks at a lock that a caller holds whose strategy or route waits for something."""


class GreenletLock(MachineLock):
    """A machine lock among the greenlets of one hub. Nothing but a wait changes between them.

    Ctrl-C may be raised between any two calls of Python code, and must not leave it taken. So taking it
    and noting the holder are one step, and releasing it makes no call.
    """

    def __init__(self) -> None:
        self._holders: dict[None, object] = {}
        """The greenlet that has it, if any, under None."""

    @property
    def held_here(self) -> bool:
        """Whether the calling greenlet has it."""
        return self._holders.get(None) is gevent.getcurrent()

    def try_call(self, request: Callable[[], None]) -> bool:
        """Call this under the lock, if nobody holds it; return whether it was called."""
        caller, holders = gevent.getcurrent(), self._holders
        if holders:
            return False
        try:
            if holders.setdefault(None, caller) is not caller:  # a signal handler came in between
                return False
            request()
        finally:
            if holders and holders[None] is caller:
                del holders[None]
        return True

    def __enter__(self) -> None:
        caller, holders = gevent.getcurrent(), self._holders
        while holders.setdefault(None, caller) is not caller:
            gevent.sleep(HELD_INTERVAL)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._holders.clear()


class ReactorGreenlet(Runner):
    """Run a machine in a greenlet. Calls may come from every other greenlet of the same hub."""

    def __init__(self, machine: Machine, on_notice: OnNotice | None) -> None:
        with as_connect_failed(machine.servers):  # the hub needs descriptors as well
            self._hub = gevent.get_hub()
            super().__init__(machine, on_notice)
            self.shareable = self.reactor = Reactor(
                machine,
                on_notice=self.waiters,
                resolver=ThreadResolver(),
                contexts=self.contexts,
                selector=GeventSelector(),
                lock=self.machine_lock,
            )
        self.waiters.driver = self.reactor
        self._greenlet = gevent.Greenlet(self.run)

    def start(self) -> None:
        """Start the greenlet."""
        self._greenlet.start()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the greenlet has ended."""
        self._greenlet.join(timeout)

    def new_waiter(self) -> GreenletWaiter[Any]:
        """Return a waiter for greenlets."""
        return GreenletWaiter()

    def new_lock(self) -> Lock:
        """Return a lock on which greenlets wait."""
        return cast("Lock", allocate_lock())

    @property
    def is_current(self) -> bool:
        """Whether the caller runs in the reactor's greenlet."""
        return gevent.getcurrent() is self._greenlet

    @property
    def interruptible(self) -> bool:
        """False: what interrupts a greenlet may interrupt the reactor's just as well."""
        return False

    def new_machine_lock(self) -> MachineLock:
        """Return a lock on which greenlets wait."""
        return GreenletLock()

    def read_contexts(self, servers: Mapping[ServerKey, ServerConfig]) -> Contexts:
        """Read the certificates of servers in a thread: reading blocks, and with it the hub."""
        if not any(config.tls for config in servers.values()):
            return {}
        return call_in_thread(lambda: tls_contexts(servers))

    def refuse_other_threads(self) -> None:
        """Raise `MisuseError` in a thread with another hub: waiting there would block that hub."""
        if gevent.get_hub() is not self._hub:
            raise MisuseError("this client belongs to another thread's hub")
        if gevent.getcurrent() is self._hub:
            raise MisuseError(
                "a blocking call in the hub, as from a signal handler, would block every greenlet"
            )


class Client(selectors.Client):
    """One server or many, kept connected: `selectors.Client` whose methods block the calling greenlet."""

    _new_runner = ReactorGreenlet
