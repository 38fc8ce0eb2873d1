"""The loop of the driver: five questions a round, asked of the machine, answered by a selector."""

import logging
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from ami_backends._line import Line, Traffic
from ami_backends._listener import Listener
from ami_backends._log import log_fields, log_warning
from ami_backends._mailbox import Mailbox
from ami_backends._resolve import Found, Resolver, look_up, resolve_numeric
from ami_backends._tls import Contexts, tls_contexts
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
    StateChanged,
    Watch,
)

logger = logging.getLogger("ami_backends")

WAIT_MAX = 86_400.0
"""Seconds one wait lasts at most; no system takes any number (epoll: 31 bits of milliseconds)."""


@dataclass(slots=True)
class Work:
    """What one round did. An owner that yields only when nothing happened looks at its truth."""

    bytes_read: int = 0
    bytes_written: int = 0
    frames: int = 0
    events: int = 0
    transitions: int = 0
    connects: int = 0

    def __bool__(self) -> bool:
        return any((self.bytes_read, self.bytes_written, self.frames, self.transitions, self.connects))


class Reactor:
    """Drive a machine with a selector. Every method but `call_soon` belongs to one thread.

    Notices go to `on_notice`; one that raises is logged and counted. Hosts are IP addresses unless a
    resolver is given. An outer loop waits for `fileno` to be readable, at most until `deadline`,
    and calls `poll`.
    """

    def __init__(
        self,
        machine: Connection,
        *,
        on_notice: Callable[[Notice], None] | None = None,
        resolver: Resolver = resolve_numeric,
        contexts: Contexts | None = None,
        selector: selectors.BaseSelector | None = None,
    ) -> None:
        self.machine = machine
        redaction = Redaction.of(machine.config)
        self._listener = Listener(on_notice, redaction)
        self._resolver = resolver
        # Made here, because reading certificates blocks.
        self._contexts = tls_contexts(machine.config) if contexts is None else contexts
        self._lines: dict[SessionId, Line] = {}
        self._registered: dict[SessionId, tuple[socket.socket, int]] = {}
        self._eager: set[SessionId] = set()
        """Lines that can be read without waiting."""
        self._traffic = Traffic()
        self._closed = False
        self._mail = Mailbox(redaction)
        self._selector = selectors.DefaultSelector() if selector is None else selector
        self._selector.register(self._mail, selectors.EVENT_READ, None)
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
            raise ValueError(f"timeout = {timeout!r}: must be 0 or more seconds, or None")
        work = self._work = Work()
        before = self._totals()
        self._drain()
        for key, mask in self._select(self._patience(timeout)):
            self._handle_ready(key.data, mask)
        for session in list(self._eager):
            self._handle_ready(session, selectors.EVENT_READ)
        self.machine.handle_timeout(time.monotonic())
        self._drain()
        counts = (after - then for after, then in zip(self._totals(), before, strict=True))
        work.bytes_read, work.bytes_written, work.frames, work.events = counts
        return work

    def deadline(self) -> float | None:
        """Return when to call `poll` at the latest, on the clock of `time.monotonic`."""
        busy = self._mail or self._eager
        return time.monotonic() if busy else self.machine.poll_timeout()

    def fileno(self) -> int:
        """Return what an outer loop watches for readability (epoll, kqueue and devpoll have it)."""
        number: int = self._selector.fileno()  # type: ignore[attr-defined]
        return number

    def call_soon(self, function: Callable[[], None]) -> None:
        """Have the reactor's thread call this in its next round. From any thread, and any signal handler."""
        self._mail.post(function)

    def read_mail(self) -> None:
        """Make the calls that wait; those they add wait for the next round."""
        self._mail.read()

    @property
    def listener_errors(self) -> int:
        """How often `on_notice` raised."""
        return self._listener.errors

    def close(self) -> None:
        """Close every socket at once. Stop the machine first, if Asterisk is to hear of it."""
        self._closed = True
        for line in self._lines.values():
            line.close()
        self._lines.clear()
        self._selector.close()
        self._mail.close()

    # -- what the machine wants

    def _drain(self) -> None:
        """Read the mail, deliver notices, carry out commands, until there are none."""
        self.read_mail()
        while True:
            while notice := self.machine.poll_notice():
                self._deliver(notice)
            command = self.machine.poll_command()
            if command is None:
                return
            match command:
                case Connect():
                    self._connect(command)
                case Watch(session):
                    line = self._lines[session]
                    line.watch(command)
                    self._settle(line)
                case Close(session):
                    self._forget(session)

    def _deliver(self, notice: Notice) -> None:
        if isinstance(notice, StateChanged):
            self._work.transitions += 1
        self._listener.hear(notice)

    def _connect(self, command: Connect) -> None:
        """Look the host up, and dial once the answer is here, if it is still wanted then."""
        self._work.connects += 1
        line = Line(self.machine, command, self._contexts, time.monotonic, self._traffic)
        self._lines[command.session] = line

        def deliver(found: Found) -> None:
            self.call_soon(lambda: self._dial(line, found))

        look_up(self._resolver, command.host, command.port, deliver)

    def _dial(self, line: Line, found: Found) -> None:
        if self._lines.get(line.session) is line and line.stream.socket is None:
            line.dial(found)
            self._settle(line)

    # -- what the network did

    def _patience(self, timeout: float | None) -> float:
        """Return how long to wait: no longer than the owner, the machine and the mail allow."""
        patience = WAIT_MAX if timeout is None else min(timeout, WAIT_MAX)
        deadline = self.deadline()
        return patience if deadline is None else min(patience, max(0.0, deadline - time.monotonic()))

    def _select(self, patience: float) -> list[tuple[selectors.SelectorKey, int]]:
        try:
            return self._selector.select(patience)
        except OSError as error:
            # A descriptor died under us: find it, and let the others live.
            log_warning(logger, f"waiting failed: {error}", log_fields(self.machine.key))
            for line in list(self._lines.values()):
                if line.stream.dead:
                    self._lose(line, Disconnect(Reason.NETWORK, str(error)))
            return []

    def _handle_ready(self, session: SessionId | None, mask: int) -> None:
        if session is None:
            self._mail.hear()
        elif (line := self._lines.get(session)) is not None:
            line.handle_ready(bool(mask & selectors.EVENT_READ), bool(mask & selectors.EVENT_WRITE))
            self._settle(line)

    def _settle(self, line: Line) -> None:
        """Take what became of a line: its end, or what it waits for now."""
        if line.failure is not None:
            self._lose(line, line.failure)
            return
        try:
            self._register(line)
        except (OSError, ValueError, KeyError) as error:  # its descriptor died under us
            self._lose(line, Disconnect(Reason.NETWORK, str(error)))
            return
        if line.pending:
            self._eager.add(line.session)
        else:
            self._eager.discard(line.session)

    def _register(self, line: Line) -> None:
        """Tell the selector what to wait for."""
        if line.stream.socket is None:
            return
        read, write = line.interest
        wanted = (line.stream.socket, selectors.EVENT_READ * read | selectors.EVENT_WRITE * write)
        registered = self._registered.get(line.session)
        if registered == wanted:
            return
        if registered is not None:
            del self._registered[line.session]
            self._selector.unregister(registered[0])
        if read or write:
            self._selector.register(*wanted, line.session)
            self._registered[line.session] = wanted

    def _lose(self, line: Line, cause: Disconnect) -> None:
        self._forget(line.session)
        self.machine.handle_disconnected(line.session, cause, time.monotonic())

    def _forget(self, session: SessionId) -> None:
        registered = self._registered.pop(session, None)
        if registered is not None:
            self._selector.unregister(registered[0])
        self._eager.discard(session)
        line = self._lines.pop(session, None)
        if line is not None:
            line.close()

    def _totals(self) -> tuple[int, int, int, int]:
        traffic, machine = self._traffic, self.machine
        return traffic.read, traffic.written, machine.frames_received, machine.events_received
