"""Blocking clients with the methods of a loop's client, so that one program text runs on every driver.

A program is a coroutine function that is written for a loop: `async with`, `await`, `async for`. On a
blocking client each `await` does its work before the coroutine could wait for anything, so that
`run_to_end` needs no loop: one `send` drives the program from its start to its end. The text is not
changed, so tracebacks and the rewritten assertions of pytest show the same as on a loop.
"""

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Self, TypeVar, cast

_T = TypeVar("_T")


def run_to_end(program: Coroutine[Any, Any, _T]) -> _T:
    """Run a program that never waits for a loop; return or raise what it does.

    Raises `RuntimeError` where it waits all the same, `asyncio.sleep` for one.
    """
    try:
        program.send(None)
    except StopIteration as end:
        result: _T = end.value
        return result
    program.close()  # its `finally` blocks run now, not when it is collected
    raise RuntimeError("the program waits for a loop that does not run")


def awaitable_connect(
    connect: Callable[..., Any],
) -> Callable[..., AbstractAsyncContextManager["AwaitableClient"]]:
    """Return the loop's form of a blocking `connect`: it connects on entry and closes at the end."""
    return lambda *arguments, **options: _Connected(lambda: connect(*arguments, **options))


class AwaitableClient:
    """A blocking client; the methods for which a loop would wait are coroutines."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - of any driver whose calls block
        self._client = client

    @property
    def state(self) -> Any:  # noqa: ANN401
        """Where the connection stands."""
        return self._client.state

    @property
    def listener_errors(self) -> int:
        """How often `on_notice` raised."""
        return cast("int", self._client.listener_errors)

    @property
    def log_errors(self) -> int:
        """How many log records were lost, because a handler or filter raised."""
        return cast("int", self._client.log_errors)

    @property
    def release(self) -> Any:  # noqa: ANN401
        """The release of Asterisk."""
        return self._client.release

    def supports(self, action: str) -> Any:  # noqa: ANN401
        """Whether this release has an action."""
        return self._client.supports(action)

    async def start(self, **options: Any) -> None:  # noqa: ANN401
        """Connect, and stay connected until `close`."""
        self._client.start(**options)

    def running(self, **options: Any) -> AbstractAsyncContextManager["AwaitableClient"]:  # noqa: ANN401
        """Start on entry and close at the end."""
        return _Connected(lambda: self._client.running(**options))

    async def run(self) -> None:
        """Start, and return once the client is closed."""
        self._client.run()

    async def wait_ready(self, timeout: float | None = None, **options: Any) -> None:  # noqa: ANN401
        """Wait until READY was reached once, or until many servers are ready."""
        self._client.wait_ready(timeout, **options)

    @property
    def servers(self) -> Any:  # noqa: ANN401
        """How each server stands."""
        return self._client.servers

    async def add(self, config: Any) -> None:  # noqa: ANN401
        """Add a server."""
        self._client.add(config)

    async def remove(self, server: str, **options: Any) -> None:  # noqa: ANN401
        """Log off from a server, and forget it then."""
        self._client.remove(server, **options)

    async def replace(self, config: Any, **options: Any) -> None:  # noqa: ANN401
        """Remove a server, and add it with another configuration."""
        self._client.replace(config, **options)

    async def reconfigure(self, servers: Any, **options: Any) -> Any:  # noqa: ANN401
        """Make these the servers."""
        return self._client.reconfigure(servers, **options)

    async def send(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        """Send an action and return its whole reply."""
        return self._client.send(*arguments, **options)

    def events(self, *patterns: Any, **options: Any) -> "AwaitableEvents":  # noqa: ANN401
        """Subscribe from this call on; iterate over what it returns."""
        return AwaitableEvents(self._client.events(*patterns, **options))

    def snapshot(self) -> Any:  # noqa: ANN401
        """Return the health of the connection as plain data."""
        return self._client.snapshot()

    def snapshots(self) -> Any:  # noqa: ANN401
        """Return the health of each server as plain data."""
        return self._client.snapshots()

    async def close(self, grace: float | None = None) -> None:
        """Log off, wait for Goodbye at most `grace` seconds, and end."""
        self._client.close(grace)

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        """Return the coroutine function for any other method: `ping`, `originate`, `getvar` ..."""
        call = getattr(self._client, name)

        async def awaited(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
            return call(*arguments, **options)

        return awaited


class AwaitableEvents:
    """The events of a blocking client, for `async for`."""

    def __init__(self, events: Any) -> None:  # noqa: ANN401
        self._events = events

    async def get(self, timeout: float | None = None) -> Any:  # noqa: ANN401
        """Return the next item."""
        return self._events.get(timeout)

    def close(self) -> None:
        """End the subscription and its iteration."""
        self._events.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:  # noqa: ANN401
        try:
            return next(self._events)
        except StopIteration:  # a coroutine that raises it would raise RuntimeError (PEP 479)
            raise StopAsyncIteration from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Connected:
    """Connect on entry, close at the end. What the body raises passes through no frame of this module."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._context: Any = None

    async def __aenter__(self) -> AwaitableClient:
        self._context = self._connect()
        return AwaitableClient(self._context.__enter__())

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.__exit__(kind, value, trace)
