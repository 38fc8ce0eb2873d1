"""Run a command's program on the driver that `--backend` names.

A program is one coroutine function, written against the asyncio client; it runs on blocking drivers too.
"""

from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext
from enum import StrEnum, unique
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import typer

from ami_backends.cli.exits import UsageProblem
from ami_backends.cli.interrupts import first_signals_only, signals_in_main_greenlet
from ami_backends.clients.one_text import awaitable_connect, run_to_end

if TYPE_CHECKING:
    from ami_backends.anyio import Client

ConnectFunction = Callable[..., AbstractAsyncContextManager["Client"]]
"""`connect` or `connect_cluster` of `ami_backends.anyio`, or the same interface over a blocking client."""

Program = Callable[[ConnectFunction], Coroutine[Any, Any, None]]

Call = Callable[[], Coroutine[Any, Any, None]]

_T = TypeVar("_T")

CALLS_MAX = 50
"""Calls of a program at the same time: more would wait for each other, or need more threads."""


@unique
class BackendName(StrEnum):
    """Names for `--backend`. The anyio driver runs on two loops, asyncio and trio."""

    SELECTORS = "selectors"
    ASYNCIO = "asyncio"
    TRIO = "trio"
    GEVENT = "gevent"


LOOPS = (BackendName.ASYNCIO, BackendName.TRIO)

BackendOption = Annotated[
    BackendName,
    typer.Option("--backend", metavar="DRIVER", help=f"The driver to run on: {', '.join(BackendName)}."),
]


def run_program(backend: BackendName, program: Program, *, many: bool = False) -> None:
    """Run a program on a driver until it returns; with `many`, it gets `connect_cluster`.

    Raises `UsageProblem` if the driver is not installed.
    """
    on_loop = backend in LOOPS
    driver = _module("anyio" if on_loop else backend.value, backend)
    connect = driver.connect_cluster if many else driver.connect
    if on_loop:
        import_module("anyio").run(_with_first_signals_only, program, connect, backend=backend.value)
    else:
        with signals_in_main_greenlet() if backend is BackendName.GEVENT else nullcontext():
            run_to_end(_with_first_signals_only(program, cast("ConnectFunction", awaitable_connect(connect))))


async def call_together(backend: BackendName, calls: Sequence[Call]) -> None:
    """Make calls of a program's client, up to `CALLS_MAX` at the same time; return when all have ended."""
    if backend in LOOPS:
        anyio = import_module("anyio")
        limit = anyio.CapacityLimiter(CALLS_MAX)

        async def make(call: Call) -> None:
            async with limit:
                await call()

        async with anyio.create_task_group() as tasks:
            for call in calls:
                tasks.start_soon(make, call)
    elif backend is BackendName.GEVENT:
        greenlets = import_module("gevent.pool").Pool(CALLS_MAX)
        try:
            for call in calls:
                greenlets.spawn(run_to_end, call())
            greenlets.join(raise_error=True)
        finally:
            greenlets.kill()
    else:
        with ThreadPoolExecutor(CALLS_MAX) as threads:
            for _ in threads.map(lambda call: run_to_end(call()), calls):
                pass


async def call_aside(backend: BackendName, function: Callable[[], _T]) -> _T:
    """Call a function that blocks, in a thread where it would block the loop or the hub."""
    if backend in LOOPS:
        result: _T = await import_module("anyio").to_thread.run_sync(function)
        return result
    if backend is BackendName.GEVENT:
        return cast("_T", import_module("ami_backends.gevent.client").call_in_thread(function))
    return function()


async def _with_first_signals_only(program: Program, connect: ConnectFunction) -> None:
    # Called inside the loop: asyncio and trio install a SIGINT handler first, and that one is wrapped.
    with first_signals_only():
        await program(connect)


def _module(name: str, backend: BackendName) -> ModuleType:
    try:
        if backend is BackendName.TRIO:
            import_module("trio")
        return import_module(f"ami_backends.{name}")
    except ImportError as missing:
        extra = f'pip install "ami-proto[{backend if backend is not BackendName.ASYNCIO else "anyio"}]"'
        raise UsageProblem(f"--backend {backend} needs {missing.name}: {extra}") from None
