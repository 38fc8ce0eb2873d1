"""A machine whose reactor runs in a thread or greenlet of its own, and calls posted to it.

A call of the user becomes a function that the reactor's own thread makes, and the caller waits for its
result. A `send` has a shorter way, `try_request`: where nobody uses the machine, the caller does. It saves
the reactor's thread one round, and two threads a change between them (`machine_lock.py`).

The main thread never takes the shorter way. Python runs signal handlers there between any two instructions,
and what they raise, such as `KeyboardInterrupt`, would leave the machine half changed. Greenlets do take it:
there the reactor runs in the same thread, and an interrupt that meets the machine ends the client either way.
"""

import errno
import os
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from ami_backends.clients.signals import SignalWatch
from ami_backends.clients.waiters import OnNotice, T, Waiter, Waiters
from ami_backends.selectors.machine_lock import Lock, MachineLock, ThreadLock
from ami_backends.selectors.reactor import Reactor
from ami_backends.selectors.thread_waiter import ThreadWaiter
from ami_backends.sessions.causes import connect_failed
from ami_backends.sessions.resolve import ThreadResolver
from ami_backends.sessions.tls import Contexts, tls_contexts
from ami_proto import MisuseError, ServerConfig
from ami_proto.drivers import Machine, ServerKey


class BlockingWaiter(Waiter[T], Protocol[T]):
    """A caller that blocks in `result` until its result has come."""

    def result(self, timeout: float | None = None) -> T:
        """Wait, then return the result or raise the exception. Raises `TimeoutError` after `timeout`."""
        ...


class ReactorCalls(Protocol):
    """What drives a machine, round after round: `Reactor`, or a driver of yours."""

    @property
    def listener_errors(self) -> int:
        """How often `on_notice` raised."""

    @property
    def log_errors(self) -> int:
        """How many log records were lost."""

    def run_once(self) -> object:
        """Do one round: wait for the network, a posted call or the machine's deadline, and act on it."""

    def call_soon(self, function: Callable[[], None], /) -> None:
        """Post a call to the next round. Safe in any thread, signal handler and finaliser."""

    def run_calls(self) -> None:
        """Make the calls that were posted, also after `close`."""

    def close(self) -> None:
        """Free what it holds. Idempotent."""


class Runner(ABC):
    """Run a machine until it has stopped. Subclasses say in what: a thread, a greenlet."""

    reactor: ReactorCalls
    cut = False  # no loop of another's can end it

    def __init__(self, machine: Machine, on_notice: OnNotice | None) -> None:
        self.machine = machine
        self.ready: BlockingWaiter[None] = self.new_waiter()
        self.waiters = Waiters(machine, self.ready, on_notice)
        self.signals = SignalWatch((), self.stop_soon)
        """Set by the client: the signals that log off."""
        self.contexts = self.read_contexts(machine.servers)
        """How to verify each server. Those of servers that are added come in later."""
        self._process = os.getpid()
        self._calls: deque[Callable[[], None]] = deque()  # its `append`, `popleft` and `remove` are atomic
        """Calls that were posted and not made, in order."""
        self.shareable: Reactor | None = None
        """The reactor, if it shares the machine with callers under `machine_lock`."""
        self._shared: Reactor | None = None
        """The same, once the machine was started: an action that comes earlier waits for that."""
        self.machine_lock = self.new_machine_lock()
        self._broken = False
        """Whether a request was interrupted or failed in the middle."""

    # -- the differences between threads and greenlets

    @abstractmethod
    def start(self) -> None:
        """Start the reactor, and with it the machine."""

    @abstractmethod
    def join(self, timeout: float | None = None) -> None:
        """Wait until the reactor has ended."""

    @abstractmethod
    def new_waiter(self) -> BlockingWaiter[Any]:
        """Return a waiter: the caller waits for it, and the reactor gives it a result."""

    @abstractmethod
    def new_lock(self) -> Lock:
        """Return a lock for callers among themselves."""

    @property
    @abstractmethod
    def is_current(self) -> bool:
        """Whether the caller is the reactor's own thread or greenlet: it runs a notice listener."""

    @property
    def interruptible(self) -> bool:
        """Whether a signal handler may raise in the calling thread, and would interrupt a request."""
        return True

    def new_machine_lock(self) -> MachineLock:
        """Return what the reactor and its callers share the machine with."""
        return ThreadLock()

    def read_contexts(self, servers: Mapping[ServerKey, ServerConfig]) -> Contexts:
        """Read the certificates of servers, where that may block. Raises `ConfigError`."""
        return tls_contexts(servers)

    def refuse_other_threads(self) -> None:  # noqa: B027 - threads allow calls from everywhere
        """Raise `MisuseError` in a thread that cannot wait for this reactor."""

    # -- for callers

    @property
    def forked(self) -> bool:
        """Whether this process is a child of the one that the reactor runs in.

        A fork copies the sockets and not the thread: the child has a client whose reactor never runs.
        """
        return os.getpid() != self._process

    def refuse_forked(self) -> None:
        """Raise `MisuseError` in a child of the process: nothing would wake a caller there."""
        if self.forked:
            raise MisuseError("a client does not survive a fork: connect in the child")

    def refuse_blocking(self) -> None:
        """Raise `MisuseError` where a blocking call would wait for itself, or for another hub."""
        self.refuse_other_threads()
        if self.is_current:
            raise MisuseError("a blocking call from a notice listener would wait for itself")
        if self.machine_lock.held_here:
            raise MisuseError("a blocking call from inside a request of this client would wait for itself")

    def try_request(self, request: Callable[[], None]) -> bool:
        """Have the caller make a request, if nobody uses the machine; return False otherwise: then post it.

        Posted calls come first, so that what one caller does keeps its order.
        """
        reactor = self._shared
        if reactor is None or self.interruptible:
            return False
        self.refuse_forked()
        made = False

        def make() -> None:
            nonlocal made
            if reactor.calls_waiting or self._calls or self.waiters.ended:
                return
            made = True
            try:
                request()
                reactor.transmit()
            except BaseException as error:  # as in `run`: the machine may be half changed
                self.waiters.fail(error)
                self._broken = True
                reactor.call_soon(lambda: None)
                raise

        self.machine_lock.try_call(make)
        return made

    def call(self, function: Callable[[], T]) -> T:
        """Have the reactor's thread make a call, and return its result. Raises if the client has ended."""
        waiter = self.ask(function)
        if waiter is None:
            raise self.waiters.end_error()
        return waiter.result()

    def ask(self, function: Callable[[], T]) -> BlockingWaiter[T] | None:
        """Have the reactor's thread make a call; return a waiter for its result, None after the end."""
        waiter: BlockingWaiter[T] = self.new_waiter()

        def call() -> None:
            try:
                waiter.set_result(function())
            except Exception as error:  # noqa: BLE001 - raised again where the caller waits
                waiter.set_exception(error)

        if self.is_current or self.machine_lock.held_here:
            call()
            return waiter
        return waiter if self.post(call) else None

    def post(self, function: Callable[[], None]) -> bool:
        """Have the reactor's thread make a call; return False after the end."""
        self.refuse_other_threads()
        self.refuse_forked()
        # No lock: a signal handler that interrupts this may post as well. `finish` notes the end before it
        # makes the last calls. So a caller that finds no end has its call made; one that finds the end takes
        # its call back, unless it is being made.
        self._calls.append(function)
        self.reactor.call_soon(self._make_calls)
        if self.waiters.ended:
            with suppress(ValueError):
                self._calls.remove(function)
                return False
        return True

    def stop_soon(self) -> None:
        """Post a stop. Safe in any thread, signal handler and finaliser."""
        self.reactor.call_soon(self.stop)

    def close(self) -> None:
        """Free what it holds, where `start` was not called or failed."""
        self.signals.close()
        self.reactor.close()

    # -- in the reactor's own thread or greenlet

    def _make_calls(self) -> None:
        """Make the posted calls, also one whose caller was interrupted before it could wake the reactor."""
        for _ in range(len(self._calls)):
            try:
                function = self._calls.popleft()
            except IndexError:  # its caller took it back
                return
            function()

    def _make_last_calls(self) -> None:
        self.reactor.run_calls()
        while self._calls:  # a caller may be about to wake the reactor
            self._make_calls()

    def stop(self, grace: float | None = None) -> None:
        """Have the machine log off and end."""
        self.machine.stop(time.monotonic(), grace=grace)

    def run(self) -> None:
        """Run the machine from its start to its end."""
        try:
            self.machine.start(time.monotonic())
            self._shared = self.shareable
            while not (self._broken or self.machine.stopped):
                self.reactor.run_once()
        except BaseException as error:
            self.waiters.fail(error)
            # An exception of a bug is raised in the callers. Ctrl-C, or a kill of the greenlet, goes its way.
            if not isinstance(error, Exception):
                raise
        finally:
            self.finish()

    def finish(self) -> None:
        """Make the last calls, close the reactor, and wake every caller."""
        try:
            with self.machine_lock:  # no caller has the machine, and none will
                self.waiters.ended = True
            self._make_last_calls()
            self.close()
        finally:  # also if Ctrl-C is raised meanwhile, which may happen in a greenlet
            self.waiters.release()


class ReactorThread(Runner):
    """Run a machine in a daemon thread. Calls may come from every other thread.

    Override `new_reactor` to have a driver of yours run in the thread.
    """

    def __init__(self, machine: Machine, on_notice: OnNotice | None) -> None:
        super().__init__(machine, on_notice)
        self.reactor = reactor = self.new_reactor(machine, self.waiters)
        if isinstance(reactor, Reactor) and reactor.lock is self.machine_lock:
            self.shareable = reactor
        self.waiters.driver = self.reactor
        self._main = threading.main_thread().ident
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._run_in_thread, name=f"ami-{self.waiters.names}", daemon=True
        )

    def new_reactor(self, machine: Machine, on_notice: OnNotice) -> ReactorCalls:
        """Return what drives the machine, and calls `on_notice` with each of its notices."""
        return Reactor(
            machine,
            on_notice=on_notice,
            resolver=ThreadResolver(),
            contexts=self.contexts,
            lock=self.machine_lock,
        )

    def start(self) -> None:
        """Start the thread."""
        try:
            self._thread.start()
        except RuntimeError as error:  # the system has no thread left, as it may have no descriptor
            raise connect_failed(self.machine.servers, OSError(errno.EAGAIN, str(error))) from error

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended."""
        # Not `Thread.join` at once: Ctrl-C in it can mark a running thread as ended (bpo-45274, up to
        # Python 3.12). After the event the join takes no time in which Ctrl-C could come.
        if self._ended.wait(timeout):
            self._thread.join()

    def new_waiter(self) -> ThreadWaiter[Any]:
        """Return a waiter for threads."""
        return ThreadWaiter()

    def new_lock(self) -> Lock:
        """Return a lock."""
        return threading.Lock()

    @property
    def is_current(self) -> bool:
        """Whether the caller runs in the reactor's thread."""
        return threading.current_thread() is self._thread

    @property
    def interruptible(self) -> bool:
        """Whether this is the main thread, in which signal handlers run."""
        return threading.get_ident() == self._main

    def _run_in_thread(self) -> None:
        try:
            self.run()
        finally:
            self._ended.set()
