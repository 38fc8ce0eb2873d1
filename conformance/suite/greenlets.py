"""gevent, with the standard library patched or not."""

import gc
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar, cast

import gevent
from gevent import monkey

from ami_backends import gevent as ami
from ami_backends.anyio import Client
from ami_backends.clients.one_text import AwaitableClient, awaitable_connect, run_to_end
from conformance.laws.peer import PATIENCE
from conformance.suite.backends import A_MOMENT, LAWFUL, TICK_LATE_MAX, LawfulMachines, usual_arguments
from conformance.suite.blocking import no_blocking_calls
from conformance.suite.threads import ThreadCall

_T = TypeVar("_T")


class GreenletCall:
    """A call in a greenlet of its own."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._outcome: tuple[Any, BaseException | None] | None = None
        self._greenlet = gevent.spawn(self._run, function, arguments)
        gevent.sleep(0)

    async def result(self) -> Any:
        """Wait for its end; return or raise what it did."""
        self._greenlet.join(PATIENCE)
        assert self._outcome is not None, "the call has not ended"
        value, error = self._outcome
        if error is not None:
            raise error
        return value

    def _run(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        try:
            self._outcome = function(*arguments), None
        except Exception as error:  # noqa: BLE001 - raised again where the result is asked for
            self._outcome = None, error


class Greenlets:
    """A hub. A test that blocks it, or leaves a greenlet, fails."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.machines = LawfulMachines(name)
        self._patched = name.removesuffix(LAWFUL) == "gevent-patched"
        self.shared = self._patched  # with patching, a thread is a greenlet of the same hub
        gevent.sleep(0)  # the hub opens descriptors that stay; before `nothing_left` counts them

    def run(self, program: Callable[..., Coroutine[Any, Any, None]], arguments: Mapping[str, Any]) -> None:
        """Run a program, whose waits block its greenlet, beside a clock that notices a blocked hub."""
        assert monkey.is_module_patched("socket") == self._patched
        before = _greenlets()
        ticking = gevent.spawn(_tick)
        try:
            gevent.sleep(A_MOMENT)
            with self.machines.judged(), no_blocking_calls():
                run_to_end(program(**arguments))
            gevent.sleep(A_MOMENT)
            assert ticking.exception is None, ticking.exception
        finally:
            ticking.kill()
        left = _greenlets() - before
        assert not left, left

    def connect(self, port: int, **options: Any) -> AbstractAsyncContextManager[Client]:
        """Connect on entry."""
        connect = self.machines.connector(ami.connect, ami.connect_machine)
        connected = awaitable_connect(connect)(**usual_arguments(port, options))
        return cast("AbstractAsyncContextManager[Client]", connected)

    def client(self, *ports: int, **options: Any) -> Client:
        """Return a client that is not started."""
        made = self.machines.client(ami.Client, ports, options)
        return cast("Client", AwaitableClient(made))

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        gevent.sleep(seconds)

    async def spawn(self, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> GreenletCall:
        """Call it in a greenlet."""
        return GreenletCall(lambda: run_to_end(function(*arguments)))

    async def aside(self, function: Callable[..., _T], *arguments: Any) -> _T:
        """Call it in a thread of its own: the threads of the hub's pool stay alive."""
        called = ThreadCall(function, *arguments)
        while not called.future.done():
            gevent.sleep(0.001)
        return cast("_T", called.join())

    async def gave_up(
        self, seconds: float, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any
    ) -> bool:
        """Call it in a greenlet, and kill the greenlet."""
        greenlet = gevent.spawn(lambda: run_to_end(function(*arguments)))
        greenlet.join(seconds)
        if greenlet.dead:
            greenlet.get()
            return False
        greenlet.kill()
        return True

    async def eventually(self, condition: Callable[[], object], patience: float = PATIENCE) -> bool:
        """Look every 2 ms until it is true."""
        try:
            with gevent.Timeout(patience):
                while not condition():
                    gevent.sleep(0.002)
        except gevent.Timeout:
            return False
        return True


def _tick() -> None:
    """Raise when the hub has not run this greenlet for too long."""
    seen = time.monotonic()
    while True:
        gevent.sleep(0.01)
        seen, before = time.monotonic(), seen
        assert seen - before < TICK_LATE_MAX, f"something blocked the hub for {seen - before:.2f} s"


def _greenlets() -> set[Any]:
    """Return the greenlets that run, except patched threads: `nothing_left` checks those."""
    numbers = {thread.ident for thread in threading.enumerate()}
    # False: it has ended, or was never started.
    running = [each for each in gc.get_objects() if isinstance(each, gevent.Greenlet) and bool(each)]
    return {each for each in running if id(each) not in numbers}
