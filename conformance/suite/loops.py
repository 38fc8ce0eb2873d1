"""asyncio, asyncio with uvloop, and trio, through anyio."""

import asyncio
import functools
import math
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from blockbuster import blockbuster_ctx

from ami_backends.anyio import Client, connect, connect_machine
from ami_backends.anyio.driver import TaskWaiter
from conformance.laws.peer import PATIENCE
from conformance.suite.backends import (
    A_MOMENT,
    LAWFUL,
    TICK_LATE_MAX,
    LawfulMachines,
    SuiteTask,
    usual_arguments,
)
from conformance.suite.blocking import no_blocking_calls

_T = TypeVar("_T")

LOOP_OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "asyncio": ("asyncio", {}),
    "uvloop": ("asyncio", {"use_uvloop": True}),
    "trio": ("trio", {}),
}
"""anyio's name and options for each loop."""


class Loop:
    """A loop. A test that blocks it, or leaves a task, fails."""

    shared = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.machines = LawfulMachines(name)
        self._loop = name.removesuffix(LAWFUL)
        # The first loop of its kind opens descriptors that stay: before `nothing_left` counts them.
        self._run(anyio.sleep, 0)

    def run(self, program: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        """Run a program in a loop of its own."""
        try:
            with self.machines.judged():
                self._run(self._watched, program, arguments)
        except BaseExceptionGroup as group:
            raise _leaf(group) from None  # pytest shows an assertion's values only outside of a group

    def connect(self, port: int, **options: Any) -> AbstractAsyncContextManager[Client]:
        """Connect on entry."""
        connector = self.machines.connector(connect, connect_machine)
        connected: AbstractAsyncContextManager[Client] = connector(**usual_arguments(port, options))
        return connected

    def client(self, *ports: int, **options: Any) -> Client:
        """Return a client that is not started."""
        return self.machines.client(Client, ports, options)

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        await anyio.sleep(seconds)

    async def spawn(self, function: Callable[..., Any], *arguments: Any) -> SuiteTask:
        """Call it in a task."""
        waiter: TaskWaiter[Any] = TaskWaiter()

        async def begin() -> None:
            try:
                waiter.set_result(await function(*arguments))
            except Exception as error:  # noqa: BLE001 - raised again where the result is asked for
                waiter.set_exception(error)

        self._tasks.start_soon(begin)
        await anyio.lowlevel.checkpoint()
        return waiter

    async def aside(self, function: Callable[..., _T], *arguments: Any) -> _T:
        """Call it in a thread."""
        return await anyio.to_thread.run_sync(functools.partial(function, *arguments))

    async def gave_up(self, seconds: float, function: Callable[..., Any], *arguments: Any) -> bool:
        """Call it in a cancel scope, and cancel that."""
        with anyio.move_on_after(seconds) as scope:
            await function(*arguments)
        return scope.cancelled_caught

    async def eventually(self, condition: Callable[[], object], patience: float = PATIENCE) -> bool:
        """Look every 2 ms until it is true."""
        deadline = anyio.current_time() + patience
        while not (done := bool(condition())) and anyio.current_time() < deadline:
            await anyio.sleep(0.002)
        return done

    def _run(self, function: Callable[..., Any], *arguments: Any) -> None:
        backend, options = LOOP_OPTIONS[self._loop]
        anyio.run(function, *arguments, backend=backend, backend_options=options)

    async def _watched(self, program: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        """Run the program beside a task that notices a blocked loop; compare the tasks before and after."""
        guard = nullcontext() if self._loop == "trio" else blockbuster_ctx()
        before = _task_count()
        with guard, no_blocking_calls():
            async with anyio.create_task_group() as self._tasks:
                self._tasks.start_soon(_tick)
                await anyio.sleep(A_MOMENT)
                await program(**arguments)
                await anyio.sleep(A_MOMENT)
                self._tasks.cancel_scope.cancel()
        assert _task_count() == before, "a task is left"


def _leaf(error: BaseException) -> BaseException:
    """Return the single exception in nested groups, or the group."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        (error,) = error.exceptions
    return error


async def _tick() -> None:
    """Raise when the loop has not run this task for too long."""
    seen = anyio.current_time()
    while True:
        await anyio.sleep(0.01)
        seen, before = anyio.current_time(), seen
        late = seen - before - 0.01
        assert late < TICK_LATE_MAX, f"something blocked the loop for {math.ceil(late * 1000)} ms"


def _task_count() -> int:
    """Count the tasks of the running loop."""
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        import trio

        return trio.lowlevel.current_statistics().tasks_living
