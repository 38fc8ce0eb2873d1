"""The loop of the driver: one task for the machine, one for each session.

A session's task waits for its socket, then reads and writes without waiting. So what left the process
is known to the byte, what a server said before it hung up is read even where writing fails, and each
piece is one TLS record.
"""

import threading
import time
from collections.abc import Callable

import anyio
from anyio.abc import TaskGroup

from ami_backends._listener import Listener
from ami_backends._mailbox import Mailbox
from ami_backends._resolve import Found, Resolver, ThreadResolver, look_up
from ami_backends._tls import Contexts, tls_contexts
from ami_backends.anyio.line import Line
from ami_backends.anyio.promise import Promise
from ami_proto import (
    Close,
    Connect,
    Connection,
    Disconnect,
    MisuseError,
    Notice,
    Reason,
    Redaction,
    SessionId,
    Watch,
)


class Driver:
    """Drive a machine on the running loop. Every method but `call_soon` belongs to the loop's thread.

    Notices go to `on_notice`; one that raises is logged and counted. Call `wake` after a request.
    """

    def __init__(
        self,
        machine: Connection,
        *,
        on_notice: Callable[[Notice], None] | None = None,
        resolver: Resolver | None = None,
        contexts: Contexts | None = None,
    ) -> None:
        self.machine = machine
        redaction = Redaction.of(machine.config)
        self._listener = Listener(on_notice, redaction)
        self._resolver = resolver or ThreadResolver()
        # Reading certificates blocks: give contexts that were made elsewhere, or make the driver there.
        self._contexts = tls_contexts(machine.config) if contexts is None else contexts
        self._lines: dict[SessionId, Line] = {}
        self._mail = Mailbox(redaction)
        self._woken = anyio.Event()
        self._thread = threading.get_ident()

    @property
    def listener_errors(self) -> int:
        """How often `on_notice` raised."""
        return self._listener.errors

    def refuse_strangers(self) -> None:
        """Raise `MisuseError` in another thread than the loop's."""
        if threading.get_ident() != self._thread:
            raise MisuseError("this client belongs to another thread's loop: use anyio.from_thread.run")

    def wake(self) -> None:
        """Have the machine looked at soon."""
        self._woken.set()

    def call_soon(self, function: Callable[[], None]) -> None:
        """Have the loop call this soon. From any thread, and any signal handler."""
        self._mail.post(function)

    async def run(self) -> None:
        """Start the machine, and run it until it has stopped."""
        try:
            self.machine.start(time.monotonic())
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._read_mail)
                while not self.machine.stopped:
                    self._drain(tasks)
                    await self._rest()
                    self.machine.handle_timeout(time.monotonic())
                tasks.cancel_scope.cancel()
        finally:
            self.close()

    def close(self) -> None:
        """Let go of what it holds before `run` and beside its lines. Idempotent."""
        self._mail.close()

    # -- what the machine wants

    def _drain(self, tasks: TaskGroup) -> None:
        """Deliver notices and carry out commands, until there are none."""
        while True:
            while notice := self.machine.poll_notice():
                self._listener.hear(notice)
            command = self.machine.poll_command()
            if command is None:
                return
            match command:
                case Connect(session):
                    self._lines[session] = line = Line(self.machine, command, self._contexts)
                    tasks.start_soon(self._serve, command, line)
                case Watch(session):
                    line = self._lines[session]
                    line.watch(command)
                    line.review()
                case Close(session):
                    self._lines.pop(session).life.cancel()

    async def _rest(self) -> None:
        """Wait until something happened, no longer than the machine allows."""
        deadline = self.machine.poll_timeout()
        # The clock of all drivers, not the loop's own: trio's begins anywhere, uvloop's has milliseconds.
        with anyio.move_on_after(None if deadline is None else deadline - time.monotonic()):
            await self._woken.wait()
        self._woken = anyio.Event()

    async def _read_mail(self) -> None:
        while True:
            await anyio.wait_readable(self._mail)
            self._mail.hear()
            self._mail.read()
            self.wake()

    # -- what the network did

    async def _serve(self, command: Connect, line: Line) -> None:
        """Carry one session from its dial to its end, unless the machine closes it before."""
        with line.life:
            try:
                line.dial(await self._look_up(command.host, command.port))
                while line.failure is None:
                    self.wake()
                    line.handle_ready(*await line.ready())
                cause = line.failure
            except (OSError, ValueError, anyio.ClosedResourceError, anyio.BusyResourceError) as error:
                # Its descriptor died under us.
                cause = Disconnect(Reason.NETWORK, str(error))
            finally:
                line.close()
            self._lines.pop(command.session, None)
            self.machine.handle_disconnected(command.session, cause, time.monotonic())
            self.wake()

    async def _look_up(self, host: str, port: int) -> Found:
        answer: Promise[Found] = Promise()
        look_up(self._resolver, host, port, lambda found: self.call_soon(lambda: answer.set_result(found)))
        return await answer.result()
