"""A line that has a task of its own, which waits for its socket."""

import time
from collections.abc import Awaitable, Callable

import anyio
from anyio.lowlevel import checkpoint

from ami_backends import _line
from ami_backends._line import Interest
from ami_backends._stream import Stream
from ami_backends._tls import Contexts
from ami_proto import Connect, Connection


class Line(_line.Line):
    """A line whose wait ends when it is for something else than is wanted by now."""

    def __init__(self, machine: Connection, command: Connect, contexts: Contexts) -> None:
        super().__init__(machine, command, contexts, time.monotonic)
        self.life = anyio.CancelScope()
        """Ends the task."""
        self._rest = anyio.CancelScope()
        self._awaited: Interest = (False, False)

    def review(self) -> None:
        """End the wait if the wish has changed, or there is nothing left to wait for."""
        if self.failure is not None or self.interest != self._awaited:
            self._rest.cancel()

    async def ready(self) -> Interest:
        """Wait until the socket is ready for what is wanted; return for what, if the wish stays the same."""
        self._awaited = read, write = self.interest
        if self.pending:
            await checkpoint()
            return True, write
        ready = (False, False)
        with anyio.CancelScope() as self._rest:
            if read and write:
                ready = await self._either()
            elif read:
                await anyio.wait_readable(self.stream)
                ready = (True, False)
            elif write:
                await anyio.wait_writable(self.stream)
                ready = (False, True)
            else:
                await anyio.sleep_forever()
        return ready

    async def _either(self) -> Interest:
        ready = [False, False]

        async def wait(index: int, until: Callable[[Stream], Awaitable[None]]) -> None:
            await until(self.stream)
            ready[index] = True
            both.cancel_scope.cancel()

        async with anyio.create_task_group() as both:
            both.start_soon(wait, 0, anyio.wait_readable)
            both.start_soon(wait, 1, anyio.wait_writable)
        return ready[0], ready[1]
