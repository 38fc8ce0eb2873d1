"""One session's I/O in a task of its own, which waits for the session's socket."""

import time
from collections.abc import Awaitable, Callable

import anyio
from anyio.lowlevel import checkpoint

from ami_backends.anyio.tasks import TASK_NAME
from ami_backends.sessions.session_io import Interest, SessionIO
from ami_backends.sessions.stream import Stream
from ami_backends.sessions.tls import Contexts
from ami_proto.drivers import Connect, Machine


class SessionTask(SessionIO):
    """A session whose task waits in `wait_ready`. Other tasks call `interrupt_wait` after they changed it."""

    def __init__(self, machine: Machine, command: Connect, contexts: Contexts) -> None:
        super().__init__(machine, command, contexts, time.monotonic)
        self.scope = anyio.CancelScope()
        """Cancel this to end the task."""
        self._wait = anyio.CancelScope()
        self._awaited: Interest = (False, False)

    def interrupt_wait(self) -> None:
        """End the task's wait if it is for the wrong thing by now, or if the session has ended."""
        if self.failure is not None or self.pending or self.interest != self._awaited:
            self._wait.cancel()

    async def wait_ready(self) -> Interest:
        """Wait until the socket is ready; return for what. Both are False after an interrupted wait."""
        self._awaited = read, write = self.interest
        if self.pending:
            # No wait would end for bytes inside OpenSSL. Let the other tasks have their turn, though: a flood
            # over TLS must not stop the loop.
            await checkpoint()
            return True, write
        ready = (False, False)
        # A fresh scope for each wait: `interrupt_wait` cancels this wait only, and not the task.
        with anyio.CancelScope() as self._wait:
            if read and write:
                ready = await self._wait_either()
            elif read:
                await anyio.wait_readable(self.stream)
                ready = (True, False)
            elif write:
                await anyio.wait_writable(self.stream)
                ready = (False, True)
            else:
                await anyio.sleep_forever()
        return ready

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
