"""asyncio, asyncio with uvloop, and trio, by way of anyio."""

import asyncio
import functools
import math
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from blockbuster import blockbuster_ctx

from ami_backends.anyio import Client, connect
from ami_backends.anyio.promise import Promise
from conformance.leaks import PATIENCE
from conformance.suite.backends import A_MOMENT, LATE_MAX, Task, words_of

T = TypeVar("T")

OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "asyncio": ("asyncio", {}),
    "uvloop": ("asyncio", {"use_uvloop": True}),
    "trio": ("trio", {}),
}
"""What anyio calls each loop."""


class Loop:
    """A loop. Whatever blocks it fails the test, and so does a task that is left."""

    shared = False

    def __init__(self, name: str) -> None:
        self.name = name
        # The first loop of its kind opens descriptors that stay.
        self._run(anyio.sleep, 0)

    def run(self, program: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        """Run a program in a loop of its own."""
        self._run(self._watched, program, arguments)

    def connect(self, port: int, **options: Any) -> AbstractAsyncContextManager[Client]:
        """Connect on entry."""
        return connect(**words_of(port, options))

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        await anyio.sleep(seconds)

    async def spawn(self, function: Callable[..., Any], *arguments: Any) -> Task:
        """Call it in a task."""
        promise: Promise[Any] = Promise()

        async def begin() -> None:
            try:
                promise.set_result(await function(*arguments))
            except Exception as error:  # noqa: BLE001 - raised again where the result is asked for
                promise.set_exception(error)

        self._tasks.start_soon(begin)
        await anyio.lowlevel.checkpoint()
        return promise

    async def aside(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call it in a thread."""
        return await anyio.to_thread.run_sync(functools.partial(function, *arguments))

    async def gave_up(self, seconds: float, function: Callable[..., Any], *arguments: Any) -> bool:
        """Call it in a scope that is cancelled."""
        with anyio.move_on_after(seconds) as scope:
            await function(*arguments)
        return scope.cancelled_caught

    async def eventually(self, condition: Callable[[], object], patience: float = PATIENCE) -> bool:
        """Look again and again."""
        deadline = anyio.current_time() + patience
        while not (done := bool(condition())) and anyio.current_time() < deadline:
            await anyio.sleep(0.002)
        return done

    def _run(self, function: Callable[..., Any], *arguments: Any) -> None:
        backend, options = OPTIONS[self.name]
        anyio.run(function, *arguments, backend=backend, backend_options=options)

    async def _watched(self, program: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        """Run the program beside a clock that notices a blocked loop; count the tasks before and after."""
        guard = nullcontext() if self.name == "trio" else blockbuster_ctx()
        before = _task_count()
        with guard:
            async with anyio.create_task_group() as self._tasks:
                self._tasks.start_soon(_tick)
                await anyio.sleep(A_MOMENT)
                await program(**arguments)
                await anyio.sleep(A_MOMENT)
                self._tasks.cancel_scope.cancel()
        assert _task_count() == before, "a task is left"


async def _tick() -> None:
    """Fail when the loop does not come round for too long."""
    seen = anyio.current_time()
    while True:
        await anyio.sleep(0.01)
        seen, before = anyio.current_time(), seen
        late = seen - before - 0.01
        assert late < LATE_MAX, f"something blocked the loop for {math.ceil(late * 1000)} ms"


def _task_count() -> int:
    """Count the tasks of the running loop."""
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        import trio

        return trio.lowlevel.current_statistics().tasks_living
