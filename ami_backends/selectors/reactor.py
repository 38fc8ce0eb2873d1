"""The loop of the driver: each round asks the machine the five questions of a driver.

See `docs/explanation/write-your-own-driver.md`. A round makes posted calls, delivers notices and carries out
commands; waits in the selector until a socket is ready or the machine's deadline is due; moves bytes; tells
the machine the time; then delivers and carries out once more.

A reactor that shares its machine with callers holds `lock` in all of that but the wait. A caller that has the
lock meanwhile makes a request, and calls `transmit`: it writes, and leaves everything else to the reactor's
thread, which is woken only if it has something to do before it would wake by itself. No caller touches the
selector: not every kind may be changed while a thread waits in it.
"""

import selectors
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from math import inf

from ami_backends.sessions.causes import as_connect_failed
from ami_backends.sessions.listener import Listener
from ami_backends.sessions.log_records import DriverLog, log_fields
from ami_backends.sessions.mailbox import Mailbox
from ami_backends.sessions.resolve import Found, Resolver, look_up, resolve_numeric
from ami_backends.sessions.session_io import ByteCounts, SessionIO
from ami_backends.sessions.tls import Contexts, tls_contexts
from ami_proto import ConfigError, Disconnect, MisuseError, Notice, Reason, StateChanged
from ami_proto.drivers import Close, Command, Connect, Look, Machine, ServerKey, SessionId, Watch

WAIT_MAX = 86_400.0
"""Seconds of the longest single wait. Systems refuse longer ones (epoll: 31 bits of milliseconds)."""


@dataclass(slots=True)
class Work:
    """What one round did. It is false if nothing happened: an owner may go and do other work then."""

    bytes_read: int = 0
    bytes_written: int = 0
    frames: int = 0
    events: int = 0
    transitions: int = 0
    connects: int = 0

    def __bool__(self) -> bool:
        return any((self.bytes_read, self.bytes_written, self.frames, self.transitions, self.connects))


class Reactor:
    """Drive a machine with a selector. Every method but `call_soon` and `transmit` belongs to one thread.

    Notices go to `on_notice`; an exception of it is logged and counted. Hosts must be IP addresses unless a
    resolver is given. Another loop can drive a reactor: wait until `fileno` is readable, at most until
    `deadline`, and call `poll`. `lock` is held while the machine is used.
    """

    def __init__(
        self,
        machine: Machine,
        *,
        on_notice: Callable[[Notice], None] | None = None,
        resolver: Resolver = resolve_numeric,
        contexts: Contexts | None = None,
        selector: selectors.BaseSelector | None = None,
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        self.machine = machine
        self.lock = nullcontext() if lock is None else lock
        """Held while the machine is used."""
        self._wakes_at = -inf
        """When the wait ends at the latest; in the past while the reactor does not wait."""
        self._log = DriverLog(lambda: machine.redaction)
        self._listener = Listener(on_notice, self._log)
        self._resolver = resolver
        # Now and not at the first dial: reading certificates blocks, and a wrong file raises here.
        self._contexts = tls_contexts(machine.servers) if contexts is None else contexts
        self._sessions: dict[SessionId, SessionIO] = {}
        self._registered: dict[SessionId, tuple[socket.socket, int]] = {}
        self._pending: set[SessionId] = set()
        """Sessions with bytes that TLS has read ahead: the selector does not report them."""
        self._byte_counts = ByteCounts()
        self._closed = False
        with as_connect_failed(machine.servers):  # a process may have no descriptor left
            self._mailbox = Mailbox(self._log)
            try:
                self._selector = selectors.DefaultSelector() if selector is None else selector
                self._selector.register(self._mailbox, selectors.EVENT_READ, None)
            except OSError:
                self._mailbox.close()
                raise
        self._work = Work()

    # -- for its owner

    def poll(self) -> Work:
        """Do what can be done without waiting."""
        return self.run_once(0.0)

    def run_once(self, timeout: float | None = None) -> Work:
        """Wait at most `timeout` seconds (None: as long as it takes) for one round, and do it."""
        if self._closed:
            raise MisuseError("this reactor is closed")
        if timeout is not None and not timeout >= 0:
            raise ConfigError("timeout", "must be 0 or more seconds, or None", value=timeout)
        work = self._work = Work()
        try:
            with self.lock:
                before = self._totals()
                self._mailbox.attended = True
                self._drain()
                self._mailbox.attended = False  # before the look for calls that decides how long to wait
                seconds = self._wait_seconds(timeout)
            ready = self._select(seconds)
            self._mailbox.attended = True
            with self.lock:
                self._wakes_at = -inf
                self._act(ready)
                after = self._totals()
        finally:
            self._mailbox.attended = False
        work.bytes_read, work.bytes_written = after[0] - before[0], after[1] - before[1]
        work.frames, work.events = after[2] - before[2], after[3] - before[3]
        return work

    def transmit(self) -> None:
        """Write what a request has queued, in the caller's thread, which holds the lock.

        Everything else that the network should do is left to the reactor's thread. The caller writes for
        sessions that are up; their sockets are closed by the reactor's thread, under the lock.
        """
        machine = self.machine
        while (command := machine.poll_command()) is not None:
            if isinstance(command, Watch):
                session_io = self._sessions[command.session]
                session_io.watch(command)
                if not self._settled(session_io):  # the kernel is full, or the stream has ended
                    self.call_soon(partial(self._settle_again, session_io))
            else:
                self.call_soon(partial(self._carry_out, command))
        deadline = machine.poll_timeout()  # due, where there are notices
        if deadline is not None and deadline < self._wakes_at:
            self._mailbox.wake()

    def deadline(self) -> float | None:
        """Return the latest time to call `poll`, on the clock of `time.monotonic`; None for any time."""
        busy = self._mailbox or self._pending
        return time.monotonic() if busy else self.machine.poll_timeout()

    @property
    def calls_waiting(self) -> bool:
        """Whether a posted call has not been made."""
        return bool(self._mailbox)

    def fileno(self) -> int:
        """Return the descriptor that another loop watches for readability. Not every selector has one:
        those of epoll, kqueue and devpoll do.
        """
        number: int = self._selector.fileno()  # type: ignore[attr-defined]
        return number

    def call_soon(self, function: Callable[[], None]) -> None:
        """Have the reactor's thread call this in its next round. Safe in any thread and signal handler."""
        self._mailbox.post(function)

    def run_calls(self) -> None:
        """Make the calls that were posted; calls that they post wait for the next round."""
        self._mailbox.run_calls()

    @property
    def listener_errors(self) -> int:
        """How often `on_notice` raised."""
        return self._listener.errors

    @property
    def log_errors(self) -> int:
        """How many log records were lost, because a handler or filter raised."""
        return self._log.errors

    def close(self) -> None:
        """Close every socket at once. To log off first, stop the machine and run it to its end."""
        self._closed = True
        for session_io in self._sessions.values():
            session_io.close()
        self._sessions.clear()
        self._selector.close()
        self._mailbox.close()

    # -- what the machine wants

    def _drain(self) -> None:
        """Make posted calls, deliver notices and carry out commands, until there are none."""
        self.run_calls()
        while True:
            while notice := self.machine.poll_notice():
                self._deliver(notice)
            command = self.machine.poll_command()
            if command is None:
                return
            self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        match command:
            case Watch(session):
                session_io = self._sessions[session]
                session_io.watch(command)
                self._settle(session_io)
            case Look(session):
                session_io = self._sessions[session]
                session_io.look()
                self._settle(session_io)
            case Connect():
                self._connect(command)
            case Close(session):
                self._forget(session)

    def _deliver(self, notice: Notice) -> None:
        if isinstance(notice, StateChanged):
            self._work.transitions += 1
        self._listener.notify(notice)

    def _connect(self, command: Connect) -> None:
        """Look the host up; dial when the addresses are known, if the session still exists then."""
        self._work.connects += 1
        session_io = SessionIO(self.machine, command, self._contexts, time.monotonic, self._byte_counts)
        self._sessions[command.session] = session_io

        def deliver(found: Found) -> None:
            self.call_soon(lambda: self._dial(session_io, found))

        look_up(self._resolver, command.host, command.port, deliver)

    def _dial(self, session_io: SessionIO, found: Found) -> None:
        # The machine may have closed the session meanwhile, and a user's resolver may deliver twice.
        if self._sessions.get(session_io.session) is session_io and session_io.stream.socket is None:
            session_io.dial(found)
            self._settle(session_io)

    # -- what the network did

    def _act(self, ready: list[tuple[selectors.SelectorKey, int]]) -> None:
        """Move bytes, tell the machine the time, and do what follows."""
        for key, mask in ready:
            self._handle_ready(key.data, mask)
        for session in list(self._pending):
            self._handle_ready(session, selectors.EVENT_READ)
        self.machine.handle_timeout(time.monotonic())
        self._drain()

    def _wait_seconds(self, timeout: float | None) -> float:
        """Return how long to wait: the shortest of the owner's, the machine's and the mailbox's limits."""
        seconds = WAIT_MAX if timeout is None else min(timeout, WAIT_MAX)
        deadline = self.deadline()
        self._wakes_at = inf if deadline is None else deadline
        return seconds if deadline is None else min(seconds, max(0.0, deadline - time.monotonic()))

    def _select(self, seconds: float) -> list[tuple[selectors.SelectorKey, int]]:
        try:
            return self._selector.select(seconds)
        except OSError as error:
            # Other code closed a descriptor of ours, and the selector refuses to wait for it. End the session
            # that has it; the others go on.
            self._log.warning(f"waiting failed: {error}", log_fields(self._only_server()))
            with self.lock:
                for session_io in list(self._sessions.values()):
                    if session_io.stream.dead:
                        self._lose(session_io, Disconnect(Reason.NETWORK, str(error)))
            return []

    def _handle_ready(self, session: SessionId | None, mask: int) -> None:
        if session is None:
            self._mailbox.clear_signal()
        elif (session_io := self._sessions.get(session)) is not None:
            session_io.handle_ready(bool(mask & selectors.EVENT_READ), bool(mask & selectors.EVENT_WRITE))
            self._settle(session_io)

    def _settled(self, session_io: SessionIO) -> bool:
        """Whether `_settle` has nothing to do."""
        registered = self._registered.get(session_io.session)
        wanted = (session_io.stream.socket, _events_of(session_io))
        return session_io.failure is None and registered == wanted and not session_io.pending

    def _settle_again(self, session_io: SessionIO) -> None:
        """Settle a session that a caller wrote for, if it still exists."""
        if self._sessions.get(session_io.session) is session_io:
            self._settle(session_io)

    def _settle(self, session_io: SessionIO) -> None:
        """Act on the state of a session after it moved: its end, or what to wait for next."""
        if session_io.failure is not None:
            self._lose(session_io, session_io.failure)
            return
        try:
            self._register(session_io)
        except (OSError, ValueError, KeyError) as error:  # other code closed its descriptor
            self._lose(session_io, Disconnect(Reason.NETWORK, str(error)))
            return
        if session_io.pending:
            self._pending.add(session_io.session)
        elif self._pending:
            self._pending.discard(session_io.session)

    def _register(self, session_io: SessionIO) -> None:
        """Have the selector wait for what the session needs."""
        if session_io.stream.socket is None:
            return  # its host is being looked up
        wanted = (session_io.stream.socket, _events_of(session_io))
        # The socket is part of the comparison: the next address of a name has a new socket, perhaps with the
        # number of the old one.
        registered = self._registered.get(session_io.session)
        if registered == wanted:
            return
        if registered is not None:
            del self._registered[session_io.session]
            self._selector.unregister(registered[0])
        if wanted[1]:
            self._selector.register(*wanted, session_io.session)
            self._registered[session_io.session] = wanted

    def _lose(self, session_io: SessionIO, cause: Disconnect) -> None:
        self._forget(session_io.session)
        self.machine.handle_disconnected(session_io.session, cause, time.monotonic())

    def _forget(self, session: SessionId) -> None:
        registered = self._registered.pop(session, None)
        if registered is not None:
            self._selector.unregister(registered[0])
        self._pending.discard(session)
        session_io = self._sessions.pop(session, None)
        if session_io is not None:
            session_io.close()

    def _totals(self) -> tuple[int, int, int, int]:
        byte_counts, machine = self._byte_counts, self.machine
        return byte_counts.read, byte_counts.written, machine.frames_received, machine.events_received

    def _only_server(self) -> ServerKey | None:
        """Return the server of a record that is about the whole machine, if there is just one."""
        servers = list(self.machine.servers)
        return servers[0] if len(servers) == 1 else None


def _events_of(session_io: SessionIO) -> int:
    """Return what a selector should wait for."""
    read, write = session_io.interest
    return selectors.EVENT_READ * read | selectors.EVENT_WRITE * write
