"""A client for asyncio and trio: the words of the blocking one, with `await` where the loop needs it."""

import secrets
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Literal, Unpack, overload

import anyio
import anyio.to_thread

from ami_backends._desk import Desk, Item
from ami_backends._signals import SignalWatch
from ami_backends._tls import Contexts, tls_contexts
from ami_backends._words import ConnectOptions, Scalar, Value, as_action, as_config
from ami_backends.anyio.driver import Driver
from ami_backends.anyio.events import Events
from ami_backends.anyio.promise import Promise
from ami_proto import (
    QUEUE_LIMIT_DEFAULT,
    Action,
    Completion,
    Connection,
    Filter,
    Message,
    Notice,
    Outcome,
    Overflow,
    Reply,
    ServerConfig,
    Snapshot,
    State,
)


def connect(
    host: str,
    port: int = 5038,
    *,
    username: str,
    secret: str,
    on_notice: Callable[[Notice], None] | None = None,
    stop_on: Iterable[signal.Signals] = (),
    **options: Unpack[ConnectOptions],
) -> AbstractAsyncContextManager["Client"]:
    """Connect and log in on entry, give the client once it is ready, and close it at the end.

    It reconnects by itself until then. A first attempt that fails raises `ConnectFailed` or
    `LoginRefused`, unless `retry` says to keep trying. `options` are the keys of `ServerConfig`.
    `on_notice` hears every notice, on the loop. The first of the signals `stop_on` logs off:
    iteration ends, later calls raise `NotReady`. Raises `ConfigError`, `MisuseError` as well.
    """
    return _connected(as_config(host, port, username, secret, **options), on_notice, tuple(stop_on))


@asynccontextmanager
async def _connected(
    config: ServerConfig, on_notice: Callable[[Notice], None] | None, stop_on: tuple[signal.Signals, ...]
) -> AsyncIterator["Client"]:
    contexts = await anyio.to_thread.run_sync(tls_contexts, config) if config.tls else {}
    client = Client(config, contexts, on_notice)
    failure = None
    try:
        with SignalWatch(stop_on, client._stop_soon):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client._run, tasks.cancel_scope)
                try:
                    await client.wait_ready()
                    yield client
                except anyio.get_cancelled_exc_class():
                    raise
                except BaseException as error:  # noqa: BLE001 - raised below as it is, where no group wraps it
                    failure = error
                finally:
                    await client._finish()
    finally:
        client._driver.close()
    failure = client._interrupt or failure
    if failure is not None:
        raise failure


class Client:
    """One server, kept connected. Belongs to the loop in which it was made."""

    def __init__(
        self, config: ServerConfig, contexts: Contexts, on_notice: Callable[[Notice], None] | None = None
    ) -> None:
        self._machine = Connection(config, seed=secrets.randbits(64))
        self._ready: Promise[None] = Promise()
        self._desk = Desk(self._machine, self._ready, on_notice)
        self._driver = Driver(self._machine, on_notice=self._desk.handle_notice, contexts=contexts)
        self._begun = self._stopped = False
        self._ended = anyio.Event()
        self._interrupt: BaseException | None = None
        """What came to the driver and was meant for the program: Ctrl-C, most likely."""

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._desk.state

    async def wait_ready(self, timeout: float | None = None) -> None:
        """Wait until READY was reached once. Raises `ConnectFailed`, `TimeoutError`."""
        self._driver.refuse_strangers()
        with anyio.fail_after(None if self._ready.done() else timeout):
            await self._ready.result()

    async def send(
        self,
        action: Action | str,
        headers: Mapping[str, Value] | None = None,
        *,
        timeout: float | None = None,
        wait: bool = False,
        completion: Completion | None = None,
        variables: Mapping[str, Scalar] | None = None,
        **keywords: Value,
    ) -> Reply:
        """Send an action and return its whole reply; capitalised keywords are headers.

        `timeout` in seconds; `wait` keeps the action until the connection is ready. Cancellation
        cancels the action and nothing else. Raises an `ActionError` for what became of it, a
        `RequestError` where it could not be sent at all.
        """
        wanted = as_action(action, headers, variables, keywords)
        self._refuse_request()
        now = time.monotonic()
        ticket = self._machine.submit(wanted, now, timeout=timeout, completion=completion, wait=wait)
        answer: Promise[Outcome] = Promise()
        self._desk.expect(ticket, answer)
        self._driver.wake()
        try:
            return (await answer.result()).unwrap()
        finally:
            if not answer.done():
                self._machine.cancel(ticket, time.monotonic())
                self._driver.wake()

    @overload
    def events(
        self,
        *patterns: str,
        block: tuple[str, ...] = (),
        where: Callable[[Message], bool] | None = None,
        replies: bool = False,
        marks: Literal[False] = False,
        limit: int = QUEUE_LIMIT_DEFAULT,
        policy: Overflow = Overflow.DROP_OLDEST,
    ) -> Events[Message]: ...

    @overload
    def events(
        self,
        *patterns: str,
        block: tuple[str, ...] = (),
        where: Callable[[Message], bool] | None = None,
        replies: bool = False,
        marks: bool,
        limit: int = QUEUE_LIMIT_DEFAULT,
        policy: Overflow = Overflow.DROP_OLDEST,
    ) -> Events[Item]: ...

    def events(
        self,
        *patterns: str,
        block: tuple[str, ...] = (),
        where: Callable[[Message], bool] | None = None,
        replies: bool = False,
        marks: bool = False,
        limit: int = QUEUE_LIMIT_DEFAULT,
        policy: Overflow = Overflow.DROP_OLDEST,
    ) -> Events[Message] | Events[Item]:
        """Subscribe from this call on; iterate over what it returns.

        `patterns` are names or globs, none means all; `block` wins over them; `where` sees a message
        before it is queued. With `marks`, gaps and drops come in their place among the messages.
        """
        wanted = Filter(patterns, block, where, replies)
        self._refuse_request()
        subscription = self._machine.subscribe(wanted, limit=limit, policy=policy)
        return Events(self._driver, self._desk, subscription, marks=marks)

    def snapshot(self) -> Snapshot:
        """Return the health of the connection as plain data."""
        return self._desk.snapshot()

    async def close(self, grace: float | None = None) -> None:
        """Log off, wait for Goodbye at most `grace` seconds, and end. Idempotent."""
        self._driver.refuse_strangers()
        self._stop(grace)
        await self._ended.wait()

    def _stop(self, grace: float | None = None) -> None:
        self._machine.stop(time.monotonic(), grace=grace)
        self._stopped = True
        self._driver.wake()

    def _stop_soon(self) -> None:
        self._driver.call_soon(self._stop)

    def _refuse_request(self) -> None:
        """Raise what ended the client, or `MisuseError` in another thread."""
        self._driver.refuse_strangers()
        if self._desk.ended:
            raise self._desk.end()

    async def _run(self, program: anyio.CancelScope) -> None:
        """Run the machine to its end, whatever is cancelled around it, and leave nobody waiting."""
        try:
            with anyio.CancelScope(shield=True):
                if not self._stopped:
                    self._begun = True
                    await self._driver.run()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001 - raised where somebody waits, or in the program
            cause = _leaf(error)
            self._desk.fail(cause)
            if not isinstance(cause, Exception):
                self._interrupt = cause
                program.cancel()
        finally:
            self._desk.release()
            self._ended.set()

    async def _finish(self) -> None:
        """Log off, whatever is cancelled around it; it takes no longer than the grace."""
        self._stop()
        if self._begun:  # a task may be cancelled before it begins, and would never end
            with anyio.CancelScope(shield=True):
                await self._ended.wait()


def _leaf(error: BaseException) -> BaseException:
    """Return what a task group has wrapped, if that is one thing."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        (error,) = error.exceptions
    return error
