"""One session's I/O in a task of its own, which waits for the session's socket."""

import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import anyio
from anyio.lowlevel import checkpoint

from ami_backends.anyio.tasks import TASK_NAME
from ami_backends.sessions.session_io import Interest, SessionIO
from ami_backends.sessions.stream import Stream
from ami_backends.sessions.tls import Contexts
from ami_proto import Disconnect
from ami_proto.drivers import Connect, Machine, Watch


class SessionDriver(Protocol):
    """What a session needs of its driver."""

    def pump(self) -> None:
        """Deliver notices and carry out commands: the machine was told a fact."""

    def fail(self, error: BaseException) -> None:
        """End with this error, which the machine raised."""


class SessionTask(SessionIO):
    """A session whose task runs `serve`. Other tasks call `interrupt_wait` after they changed it."""

    def __init__(self, machine: Machine, command: Connect, contexts: Contexts, driver: SessionDriver) -> None:
        super().__init__(machine, command, contexts, time.monotonic)
        self.scope = anyio.CancelScope()
        """Cancel this to end the task."""
        self._driver = driver
        self._wait = anyio.CancelScope()
        self._awaited: Interest = (False, False)

    async def serve(self) -> Disconnect:
        """Move bytes both ways until the session has failed; return why it has."""
        while self.failure is None:
            await self._serve_interest()
        return self.failure

    def watch(self, watch: Watch) -> None:
        """Take what the machine wants to watch. A stream that has failed is not written to again."""
        if self.failure is None:
            super().watch(watch)

    def interrupt_wait(self) -> None:
        """End the task's wait if it is for the wrong thing by now, or if the session has ended."""
        if self._interest_changed:
            self._wait.cancel()

    def cancel(self) -> None:
        """End the task."""
        self.scope.cancel()

    @property
    def _interest_changed(self) -> bool:
        return self.failure is not None or self.pending or self.interest != self._awaited

    async def _serve_interest(self) -> None:
        """Move bytes for as long as the interest stays the same."""
        self._awaited = self.interest
        if self.pending:
            # No wait would end for bytes inside OpenSSL. Let the other tasks have their turn, though: a flood
            # over TLS must not stop the loop.
            await checkpoint()
            self._move(self.handle_ready, True, self._awaited[1])
            return
        # Not a scope for each wait: that would cost a tenth of an action.
        with anyio.CancelScope() as self._wait:
            while not self._interest_changed:
                self._move(self.handle_ready, *await self._wait_ready())

    def _move(self, move: Callable[..., object], *ready: bool) -> None:
        """Move bytes, then do what that calls for."""
        try:
            move(*ready)
        except BaseException as error:  # noqa: BLE001 - Ctrl-C in a predicate too: a task or loop would lose it
            self._driver.fail(error)
        self.interrupt_wait()
        if self.failure is None:  # else the machine is told of the end first
            self._driver.pump()

    async def _wait_ready(self) -> Interest:
        """Wait until the socket is ready; return for what."""
        read, write = self._awaited
        if read and write:
            return await self._wait_either()
        if read:
            await anyio.wait_readable(self.stream)
        elif write:
            await anyio.wait_writable(self.stream)
        else:
            await anyio.sleep_forever()
        return read, write

    async def _wait_either(self) -> Interest:
        """Wait for both in two tasks, as anyio has no call for that; the first one ends the other."""
        ready = [False, False]

        async def wait(index: int, until: Callable[[Stream], Awaitable[None]]) -> None:
            await until(self.stream)
            ready[index] = True
            both.cancel_scope.cancel()

        async with anyio.create_task_group() as both:
            both.start_soon(wait, 0, anyio.wait_readable, name=TASK_NAME)
            both.start_soon(wait, 1, anyio.wait_writable, name=TASK_NAME)
        return ready[0], ready[1]
