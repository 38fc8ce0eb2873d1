"""The driver that a command runs on. Its program is one text, written for a loop, and runs on all of them."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from enum import StrEnum, unique
from importlib import import_module
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Self, cast

import typer

from ami_backends.cli.exits import UsageProblem
from ami_backends.cli.interrupts import heard_by_the_main_greenlet, heard_once

if TYPE_CHECKING:
    from ami_backends.anyio import Client

Connect = Callable[..., AbstractAsyncContextManager["Client"]]
"""`ami_backends.anyio.connect`, or what does the same with a blocking client."""

Program = Callable[[Connect], Coroutine[Any, Any, None]]


@unique
class Backend(StrEnum):
    """The names of the drivers; asyncio and trio are two loops of one."""

    SELECTORS = "selectors"
    ASYNCIO = "asyncio"
    TRIO = "trio"
    GEVENT = "gevent"


BackendOption = Annotated[Backend, typer.Option("--backend", help="The driver, and with it the loop.")]


def run(backend: Backend, program: Program) -> None:
    """Run a program on this driver, to its end. Raises `UsageProblem` where it is not installed."""
    if backend in (Backend.ASYNCIO, Backend.TRIO):
        driver = _module("anyio", backend)
        import_module("anyio").run(_heard_once, program, driver.connect, backend=backend.value)
    else:
        driver = _module(backend.value, backend)
        with heard_by_the_main_greenlet() if backend is Backend.GEVENT else nullcontext():
            _run_at_once(_heard_once(program, _at_once(driver.connect)))


async def _heard_once(program: Program, connect: Connect) -> None:
    """Run a program where the loop handles signals in its own way already."""
    with heard_once():
        await program(connect)


def _module(name: str, backend: Backend) -> ModuleType:
    try:
        if backend is Backend.TRIO:
            import_module("trio")
        return import_module(f"ami_backends.{name}")
    except ImportError as missing:
        extra = f'pip install "ami-proto[{backend if backend is not Backend.ASYNCIO else "anyio"}]"'
        raise UsageProblem(f"--backend {backend} needs {missing.name}: {extra}") from None


# -- blocking clients, in the words of a loop


def _at_once(connect: Callable[..., Any]) -> Connect:
    """Return a `connect` that blocks where the loop's would wait."""

    @asynccontextmanager
    async def connected(*words: Any, **options: Any) -> AsyncIterator["Client"]:  # noqa: ANN401
        with connect(*words, **options) as client:
            yield cast("Client", _ClientAtOnce(client))

    return connected


def _run_at_once(program: Coroutine[Any, Any, None]) -> None:
    """Run a program none of whose waits is left to a loop."""
    try:
        program.send(None)
    except StopIteration:
        return
    raise RuntimeError("the program waits for a loop that does not run")


class _ClientAtOnce:
    """Each `await` is over when it begins."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401
        self._client = client

    async def send(self, *words: Any, **options: Any) -> Any:  # noqa: ANN401
        return self._client.send(*words, **options)

    def snapshot(self) -> Any:  # noqa: ANN401
        return self._client.snapshot()

    def events(self, *words: Any, **options: Any) -> "_EventsAtOnce":  # noqa: ANN401
        return _EventsAtOnce(self._client.events(*words, **options))


class _EventsAtOnce:
    """Each `await` is over when it begins."""

    def __init__(self, events: Any) -> None:  # noqa: ANN401
        self._events = events

    async def get(self, timeout: float | None = None) -> Any:  # noqa: ANN401
        return self._events.get(timeout)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:  # noqa: ANN401
        try:
            return next(self._events)
        except StopIteration:
            raise StopAsyncIteration from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._events.close()
