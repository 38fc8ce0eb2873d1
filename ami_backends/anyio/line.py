"""A line that has a task of its own, which waits for its socket."""

from collections.abc import Awaitable, Callable

import anyio
from anyio.lowlevel import checkpoint

from ami_backends import _line
from ami_backends._line import Interest, Traffic
from ami_backends._tls import Contexts
from ami_proto import Connect, Connection


class Line(_line.Line):
    """A line whose wait ends when it is for something else than is wanted by now."""

    def __init__(self, machine: Connection, command: Connect, contexts: Contexts, traffic: Traffic) -> None:
        super().__init__(machine, command, contexts, anyio.current_time, traffic)
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
                await anyio.wait_readable(self._descriptor)
                ready = (True, False)
            elif write:
                await anyio.wait_writable(self._descriptor)
                ready = (False, True)
            else:
                await anyio.sleep_forever()
        return ready

    @property
    def _descriptor(self) -> int:
        return -1 if self.stream.socket is None else self.stream.socket.fileno()

    async def _either(self) -> Interest:
        ready = [False, False]

        async def wait(index: int, until: Callable[[int], Awaitable[None]]) -> None:
            await until(self._descriptor)
            ready[index] = True
            both.cancel_scope.cancel()

        async with anyio.create_task_group() as both:
            both.start_soon(wait, 0, anyio.wait_readable)
            both.start_soon(wait, 1, anyio.wait_writable)
        return ready[0], ready[1]
