"""The loop of the driver: one task for the machine's time, one for each session.

A session's task waits for its socket, then reads and writes without waiting. So it is known to the byte what
has left the process, a server's last words are read even if a write fails, and each piece is one TLS record.
The streams of the loops do not say the first, lose the second, and may join pieces.

After each read, and after each request, `pump` delivers notices and carries out commands at once, in the
task that is running: a wake-up of the main task costs more than all of that. The main task waits for the
machine's next deadline, and is woken where there is an earlier one, or where many requests are to leave
together.
"""

import threading
import time
from collections.abc import Callable
from math import inf
from typing import Generic, cast

import anyio
from anyio.abc import TaskGroup

from ami_backends.anyio.asyncio_callbacks import CallbackSession, FutureWaiter
from ami_backends.anyio.session_task import SessionTask
from ami_backends.anyio.tasks import TASK_NAME, as_asyncio, running_loop
from ami_backends.clients.waiters import OnNotice, T
from ami_backends.sessions.causes import as_connect_failed
from ami_backends.sessions.listener import Listener
from ami_backends.sessions.log_records import DriverLog
from ami_backends.sessions.mailbox import Mailbox
from ami_backends.sessions.resolve import Found, Resolver, ThreadResolver, look_up
from ami_backends.sessions.tls import Contexts, tls_contexts
from ami_proto import Disconnect, MisuseError, Reason
from ami_proto.drivers import Close, Connect, Look, Machine, SessionId, Watch


class Driver:
    """Drive a machine on the running loop. Every method but `call_soon` belongs to the loop's thread.

    Notices go to `on_notice`; an exception of it is logged and counted. Call `wake` or `pump` after each
    request to the machine: the driver may be waiting, and a request changes what it should wait for.
    """

    def __init__(
        self,
        machine: Machine,
        *,
        on_notice: OnNotice | None = None,
        resolver: Resolver | None = None,
        contexts: Contexts | None = None,
    ) -> None:
        self.machine = machine
        self._log = DriverLog(lambda: machine.redaction)
        self._listener = Listener(on_notice, self._log)
        self._resolver = resolver or ThreadResolver()
        # Reading certificates blocks a loop: an application may pass `contexts` that it made in a thread.
        self._contexts = tls_contexts(machine.servers) if contexts is None else contexts
        self._sessions: dict[SessionId, SessionTask] = {}
        with as_connect_failed(machine.servers):  # a process may have no descriptor left
            self._mailbox = Mailbox(self._log)
        self._woken = anyio.Event()
        self._tasks: TaskGroup | None = None
        """The tasks of the sessions, while `run` runs."""
        self._pumping = False
        self._request_handled = False
        """Whether a request was carried out at once since the last `pump`."""
        self._failure: BaseException | None = None
        """Raised in another task, or in a callback. The main task raises it, and so ends the driver."""
        self._awaited_time = -inf
        """When the main task ends its wait; in the past while it does not wait."""
        self._thread = threading.get_ident()
        self._loop = running_loop()
        self._asyncio_loop = as_asyncio(self._loop)

    @property
    def listener_errors(self) -> int:
        """How often `on_notice` raised."""
        return self._listener.errors

    @property
    def log_errors(self) -> int:
        """How many log records were lost, because a handler or filter raised."""
        return self._log.errors

    def refuse_other_threads(self) -> None:
        """Raise `MisuseError` in another thread than the loop's."""
        if threading.get_ident() != self._thread:
            raise MisuseError("this client belongs to another thread's loop: use anyio.from_thread.run")

    def refuse_other_loops(self) -> None:
        """Raise `MisuseError` in another thread, or outside of the loop in this one."""
        self.refuse_other_threads()
        if running_loop() is not self._loop:
            raise MisuseError("this client belongs to the loop that started it")

    def wake(self) -> None:
        """Have the driver look at the machine soon."""
        self._woken.set()

    def pump(self) -> None:
        """Deliver notices and carry out commands now. Raises nothing: the main task raises it.

        A listener may call this again: the pump that called it goes on until nothing is left.
        """
        if self._pumping:
            return
        if self._tasks is None or self._failure is not None:
            self._woken.set()
            return
        self._request_handled = False
        try:
            self._pumping = True
            self._drain(self._tasks)
            deadline = self.machine.poll_timeout()
        except BaseException as error:  # noqa: BLE001 - Ctrl-C, most likely: not for the task that pumps
            deadline = None
            self.fail(error)
        finally:
            self._pumping = False
        if deadline is not None and deadline < self._awaited_time:
            self._woken.set()

    def fail(self, error: BaseException) -> None:
        """End with this error: the main task raises it."""
        self._failure = self._failure or error
        self._woken.set()

    def handle_request(self) -> None:
        """Carry out a request at once if it is the first since a read; those after it leave together.

        So a caller that waits for each reply waits for no other task, and a thousand callers do not make a
        thousand writes.
        """
        if self._request_handled:
            self._woken.set()
            return
        self.pump()
        self._request_handled = True

    def waiter(self) -> "TaskWaiter[T] | FutureWaiter[T]":
        """Return what one task of this loop can wait for."""
        return TaskWaiter() if self._asyncio_loop is None else FutureWaiter(self._asyncio_loop)

    def call_soon(self, function: Callable[[], None]) -> None:
        """Have the loop call this soon. Safe in any thread and signal handler."""
        self._mailbox.post(function)

    async def run(self) -> None:
        """Start the machine, and run it until it has stopped."""
        try:
            self.machine.start(time.monotonic())
            async with anyio.create_task_group() as self._tasks:
                self._tasks.start_soon(self._serve_mailbox, name=TASK_NAME)
                while not self.machine.stopped:
                    self.pump()
                    await self._wait()
                    self.machine.handle_timeout(time.monotonic())
                self._tasks.cancel_scope.cancel()
        finally:
            self._tasks = None
            self.close()

    def close(self) -> None:
        """Close the mailbox, which `run` does at its end: for a driver that never ran. Idempotent."""
        self._mailbox.close()

    # -- what the machine wants

    def _drain(self, tasks: TaskGroup) -> None:
        """Deliver notices and carry out commands, until there are none."""
        while True:
            while notice := self.machine.poll_notice():
                self._listener.notify(notice)
            command = self.machine.poll_command()
            if command is None:
                return
            match command:
                case Connect(session):
                    self._sessions[session] = task = self._new_session(command)
                    tasks.start_soon(self._serve, command, task, name=TASK_NAME)
                case Watch(session):
                    task = self._sessions[session]
                    task.watch(command)
                    task.interrupt_wait()
                case Look(session):
                    task = self._sessions[session]
                    task.look()
                    task.interrupt_wait()
                case Close(session):
                    self._sessions.pop(session).cancel()

    def _new_session(self, command: Connect) -> SessionTask:
        if self._asyncio_loop is None:
            return SessionTask(self.machine, command, self._contexts, self)
        return CallbackSession(self.machine, command, self._contexts, self)

    async def _wait(self) -> None:
        """Wait until something happened, at most until the machine's deadline. Raise what `fail` took."""
        if self._failure is not None:
            raise self._failure
        deadline = self.machine.poll_timeout()
        self._awaited_time = inf if deadline is None else deadline
        # `time.monotonic` and not the loop's clock, so that times in notices compare with the application's:
        # trio's clock has an arbitrary origin, and uvloop's only whole milliseconds.
        with anyio.move_on_after(None if deadline is None else deadline - time.monotonic()):
            await self._woken.wait()
        self._awaited_time = -inf
        # Before the next `_drain` and not after it: a `wake` by a listener meanwhile must end the next wait.
        self._woken = anyio.Event()
        if self._failure is not None:
            raise self._failure

    async def _serve_mailbox(self) -> None:
        while True:
            await anyio.wait_readable(self._mailbox)
            self._mailbox.clear_signal()
            self._mailbox.run_calls()
            self.wake()

    # -- what the network did

    async def _serve(self, command: Connect, task: SessionTask) -> None:
        """Carry one session from its dial to its end, unless the machine closes it before."""
        with task.scope:
            try:
                task.dial(await self._look_up(command.host, command.port))
                cause = await task.serve()
            except (OSError, ValueError, anyio.ClosedResourceError, anyio.BusyResourceError) as error:
                # Other code closed the descriptor. Each loop has its own way to say so; Busy is for a number
                # that was reused at once by a socket on which another task waits.
                cause = Disconnect(Reason.NETWORK, str(error))
            finally:
                task.close()
            # Not reached after `Close`: the scope swallows the cancellation and ends the block.
            self._sessions.pop(command.session, None)
            self.machine.handle_disconnected(command.session, cause, time.monotonic())
            self.pump()

    async def _look_up(self, host: str, port: int) -> Found:
        waiter: TaskWaiter[Found] = TaskWaiter()
        look_up(self._resolver, host, port, lambda found: self.call_soon(lambda: waiter.set_result(found)))
        return await waiter.result()


class TaskWaiter(Generic[T]):
    """A task that waits for one result: `Waiter` for the tasks of one loop."""

    def __init__(self) -> None:
        self._done = anyio.Event()
        self._result: T | None = None
        self._exception: BaseException | None = None

    def done(self) -> bool:
        """Whether there is a result or an exception."""
        return self._done.is_set()

    def set_result(self, result: T) -> None:
        """Wake the task: its call returns this."""
        self._result = result
        self._done.set()

    def set_exception(self, exception: BaseException) -> None:
        """Wake the task: its call raises this."""
        self._exception = exception
        self._done.set()

    async def result(self) -> T:
        """Wait, then return the result or raise the exception."""
        await self._done.wait()
        if self._exception is not None:
            raise self._exception
        return cast("T", self._result)
