"""The two forms of `selectors`: blocking calls over a reactor in its thread, and a reactor of one's own."""

import functools
import math
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import FrameType
from typing import Any, TypeVar, cast

from ami_backends import selectors
from ami_backends.anyio import Client
from ami_backends.clients.one_text import AwaitableClient, awaitable_connect, run_to_end
from ami_backends.clients.waiters import OnNotice
from ami_backends.selectors import Reactor, Runner
from ami_backends.selectors.machine_lock import Lock
from ami_proto.drivers import Machine
from conformance.laws.peer import PATIENCE
from conformance.suite.backends import LawfulMachines, usual_arguments
from conformance.suite.leaks import eventually

_T = TypeVar("_T")


class Interrupted(BaseException):
    """Raised by a signal where the main thread waits, as Ctrl-C is."""


class ThreadCall:
    """A call in a thread of its own."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.future: Future[Any] = Future()
        self._thread = threading.Thread(target=self._run, args=(function, arguments), name="suite")
        self._thread.start()

    def join(self) -> Any:
        """Wait for its end; return or raise what it did."""
        self._thread.join(PATIENCE)
        return self.future.result(0)

    async def result(self) -> Any:
        """Wait for its end; return or raise what it did."""
        return self.join()

    def _run(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        try:
            self.future.set_result(function(*arguments))
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            self.future.set_exception(error)


class Threads:
    """Blocking calls over a reactor in its thread; the program runs in the main thread."""

    shared = True

    runner: Callable[[Machine, OnNotice | None], Runner] | None = None
    """In what a client's machine runs; None for a reactor in a thread."""

    def __init__(self, name: str = "selectors") -> None:
        self.name = name
        self.machines = LawfulMachines(name)

    def run(self, program: Callable[..., Coroutine[Any, Any, None]], arguments: Mapping[str, Any]) -> None:
        """Run a program; each of its waits blocks."""
        with self.machines.judged():
            run_to_end(program(**arguments))

    def connect(self, port: int, **options: Any) -> AbstractAsyncContextManager[Client]:
        """Connect on entry."""
        connect = self.machines.connector(selectors.connect, selectors.connect_machine)
        connected = awaitable_connect(connect if self.runner is None else self._running)
        return cast("AbstractAsyncContextManager[Client]", connected(**usual_arguments(port, options)))

    def client(self, *ports: int, **options: Any) -> Client:
        """Return a client that is not started."""
        return cast("Client", AwaitableClient(self._new_client(ports, options)))

    def _running(
        self, port: int, *, timeout: float | None = None, **options: Any
    ) -> AbstractContextManager[selectors.Client]:
        return self._new_client([port], options).running(timeout=timeout)

    def _new_client(self, ports: Sequence[int], options: Mapping[str, Any]) -> selectors.Client:
        return self.machines.client(functools.partial(selectors.Client, runner=self.runner), ports, options)

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)

    async def spawn(self, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> ThreadCall:
        """Call it in a thread."""
        return ThreadCall(lambda: run_to_end(function(*arguments)))

    async def aside(self, function: Callable[..., _T], *arguments: Any) -> _T:
        """Call it."""
        return function(*arguments)

    async def gave_up(
        self, seconds: float, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any
    ) -> bool:
        """Call it, and let a signal interrupt it."""

        def interrupt(_number: int, _frame: FrameType | None) -> None:
            raise Interrupted

        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            await function(*arguments)
        except Interrupted:
            return True
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        return False

    async def eventually(self, condition: Callable[[], object], patience: float = PATIENCE) -> bool:
        """Look every 2 ms until it is true."""
        return eventually(condition, patience)


# -- a reactor of one's own


class OwnedFuture(Future[_T]):
    """A result. While the thread that owns the reactors waits for it, that thread runs their rounds."""

    def result(self, timeout: float | None = None) -> _T:
        """Wait, then return the result or raise the exception. Raises `TimeoutError` after `timeout`."""
        if threading.current_thread() is not threading.main_thread():
            return super().result(timeout)
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.done():
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError
            OwnedRunner.run_rounds()
        return super().result()


class OwnedRunner(Runner):
    """A reactor whose rounds run in the program's own thread, whenever that waits for anything."""

    open: set["OwnedRunner"] = set()  # noqa: RUF012 - all of them, so that one wait runs every reactor

    def __init__(self, machine: Machine, on_notice: OnNotice | None) -> None:
        super().__init__(machine, on_notice)
        reactor = Reactor(machine, on_notice=self.waiters, resolver=selectors.ThreadResolver())
        self.reactor, self._run_once = reactor, reactor.run_once
        self.waiters.driver = self.reactor
        self._in_round = False

    @classmethod
    def run_rounds(cls) -> None:
        """Run one round of each reactor; wait in one of them if none had anything to do."""
        runners = list(cls.open)
        happened = [runner.run_round(0.0) for runner in runners]
        if runners and not any(happened):
            # With several reactors, the others are blind during this wait: keep it short.
            runners[0].run_round(0.02 if len(runners) == 1 else 0.001)

    def run_round(self, timeout: float) -> bool:
        """Run one round, unless the machine has stopped; return whether anything happened."""
        if self not in self.open:
            return False
        self._in_round = True
        try:
            happened = bool(self._run_once(timeout))
        except Exception as error:
            self.waiters.fail(error)
            self._end()
            raise
        finally:
            self._in_round = False
        if self.machine.stopped:
            self._end()
        return happened

    def start(self) -> None:
        """Begin to connect."""
        self.machine.start(time.monotonic())
        self.open.add(self)

    def join(self, timeout: float | None = None) -> None:
        """Run rounds to the end; a thread that does not own the reactors waits until their owner has."""
        owner = threading.current_thread() is threading.main_thread()
        while not self.waiters.ended:
            self.run_rounds() if owner else time.sleep(0.002)

    def new_waiter(self) -> "OwnedFuture[Any]":
        """Return a waiter for any thread."""
        return OwnedFuture()

    def new_lock(self) -> Lock:
        """Return a lock."""
        return threading.Lock()

    @property
    def is_current(self) -> bool:
        """Whether the caller is a notice listener, called in the middle of a round."""
        return self._in_round and threading.current_thread() is threading.main_thread()

    def _end(self) -> None:
        self.open.discard(self)
        self.finish()


class Owned(Threads):
    """A reactor of one's own: every wait of the program is made of rounds."""

    runner = OwnedRunner

    def __init__(self, name: str = "reactor") -> None:
        super().__init__(name)

    async def sleep(self, seconds: float) -> None:
        """Run rounds for so long."""
        _run_rounds_until(lambda: False, seconds)

    async def aside(self, function: Callable[..., _T], *arguments: Any) -> _T:
        """Call it in a thread, and run rounds meanwhile."""
        called = ThreadCall(function, *arguments)
        _run_rounds_until(called.future.done, math.inf)
        return cast("_T", called.join())

    async def eventually(self, condition: Callable[[], object], patience: float = PATIENCE) -> bool:
        """Run rounds until it is true."""
        return _run_rounds_until(condition, patience)

    async def spawn(self, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> ThreadCall:
        """Call it in a thread; the reactor takes its requests between two rounds."""
        return OwnedCall(lambda: run_to_end(function(*arguments)))


class OwnedCall(ThreadCall):
    """A call in a thread that waits for the reactor's rounds."""

    async def result(self) -> Any:
        """Run rounds to its end; return or raise what it did."""
        _run_rounds_until(self.future.done, PATIENCE)
        return self.join()


def _run_rounds_until(condition: Callable[[], object], patience: float) -> bool:
    """Run rounds until it is true, or for so many seconds; return whether it became true."""
    deadline = time.monotonic() + patience
    while not (done := bool(condition())) and time.monotonic() < deadline:
        OwnedRunner.run_rounds()
        if not OwnedRunner.open:
            time.sleep(0.002)
    return done
