"""What asyncio alone can do for less: call back when a socket is ready, and wake one task by a future.

`SessionTask` and `TaskWaiter` are the clear way, and the only one on trio. They build much for each wait: a
reader that asyncio registers and removes, a task switch, a scope, an event. Without these, calls that are
made one after the other cost half as much. A test drives the same bytes through both ways and compares what
comes out.
"""

import asyncio
from typing import Generic, cast

from ami_backends.anyio.session_task import SessionDriver, SessionTask
from ami_backends.clients.waiters import T
from ami_backends.sessions.stream import Phase
from ami_backends.sessions.tls import Contexts
from ami_proto.drivers import Connect, Machine


class CallbackSession(SessionTask):
    """A session that the loop calls back once its stream is up; its task waits for the end.

    TLS is served by the task alone, as in every other loop: OpenSSL wants to wait for one thing in order to
    do the other. So is everything where the loop has no readers, as that of Windows; and on uvloop, whose
    readers go silent at a reset that comes together with bytes: it must be told to watch anew.
    """

    def __init__(self, machine: Machine, command: Connect, contexts: Contexts, driver: SessionDriver) -> None:
        super().__init__(machine, command, contexts, driver)
        self._loop = asyncio.get_running_loop()
        self._by_callbacks = command.tls is None and isinstance(self._loop, asyncio.SelectorEventLoop)
        self._end: FutureWaiter[None] | None = None
        """For what ends the callbacks: the session has failed. None while the task serves it."""
        self._descriptor = -1
        """Kept, because a socket that was closed has forgotten its own."""
        self._has_reader = self._has_writer = False
        self._read_due: asyncio.Handle | None = None
        """The call that reads without waiting, where the machine looks."""

    def interrupt_wait(self) -> None:
        """Have the loop watch for what is wanted by now."""
        end = self._end
        if end is None:
            super().interrupt_wait()
        elif self.failure is not None:
            self._finish(None)
        elif not end.done():
            try:
                self._follow_interest()
            except (OSError, ValueError) as error:  # other code closed the descriptor
                self._finish(error)

    def cancel(self) -> None:
        """End the task, and the callbacks at once."""
        self._remove_callbacks()
        super().cancel()

    async def _serve_interest(self) -> None:
        if not self._by_callbacks or self.stream.phase is not Phase.UP:
            await super()._serve_interest()
            return
        self._descriptor = self.stream.fileno()
        self._end = FutureWaiter(self._loop)
        try:
            try:
                self._follow_interest()
            except NotImplementedError:
                self._by_callbacks = False
            else:
                await self._end.result()
        finally:
            # Before the socket is closed: its number may be another's then.
            self._remove_callbacks()
            self._end = None

    # -- what the loop calls

    def _handle_readable(self) -> None:
        self._move(self._read)

    def _handle_writable(self) -> None:
        self._move(self._write)

    def _read_now(self) -> None:
        self._read_due = None
        if self.pending:
            self._move(self._read)

    def _finish(self, error: Exception | None) -> None:
        """Have the task go on, and raise this if there is anything to raise."""
        self._remove_callbacks()
        if self._end is None or self._end.done():
            return
        if error is None:
            self._end.set_result(None)
        else:
            self._end.set_exception(error)

    # -- what the loop watches

    def _follow_interest(self) -> None:
        """Add and remove callbacks so that they are those of the interest."""
        read, write = self.interest
        if read is not self._has_reader:
            if read:
                self._loop.add_reader(self._descriptor, self._handle_readable)
            else:
                self._loop.remove_reader(self._descriptor)
            self._has_reader = read
        if write is not self._has_writer:
            if write:
                self._loop.add_writer(self._descriptor, self._handle_writable)
            else:
                self._loop.remove_writer(self._descriptor)
            self._has_writer = write
        if self.pending and self._read_due is None:
            self._read_due = self._loop.call_soon(self._read_now)

    def _remove_callbacks(self) -> None:
        """Remove what is there, also from a loop that is closed: that has nothing left, and does not mind."""
        if self._has_reader:
            self._loop.remove_reader(self._descriptor)
        if self._has_writer:
            self._loop.remove_writer(self._descriptor)
        if self._read_due is not None:
            self._read_due.cancel()
        self._has_reader = self._has_writer = False
        self._read_due = None


class FutureWaiter(Generic[T]):
    """`TaskWaiter` for one task of asyncio: the task awaits the future that the result is set on.

    A future that was cancelled with its task takes no result. An exception is kept beside the future: asyncio
    logs the exception of a future that no task has awaited.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._future: asyncio.Future[T] = loop.create_future()
        self._exception: BaseException | None = None

    def done(self) -> bool:
        """Whether there is a result or an exception."""
        return self._future.done() and not self._future.cancelled()

    def set_result(self, result: T) -> None:
        """Wake the task: its call returns this."""
        if not self._future.done():
            self._future.set_result(result)

    def set_exception(self, exception: BaseException) -> None:
        """Wake the task: its call raises this."""
        self._exception = exception
        self.set_result(cast("T", None))

    async def result(self) -> T:
        """Wait, then return the result or raise the exception."""
        result = await self._future
        if self._exception is not None:
            raise self._exception
        return result
