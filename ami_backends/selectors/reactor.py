"""The loop of the driver: five questions a round, asked of the machine, answered by a selector."""

import logging
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from ami_backends._causes import cause_of
from ami_backends._listener import Listener
from ami_backends._mailbox import Mailbox
from ami_backends._pump import pull, push
from ami_backends._resolve import Found, Resolver, look_up, resolve_numeric
from ami_backends._stream import Phase, Stream, stream_for
from ami_backends._tls import Contexts, tls_contexts
from ami_proto import (
    Close,
    Connect,
    Connection,
    Disconnect,
    MisuseError,
    Notice,
    Reason,
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
        self._listener = Listener(on_notice)
        self._resolver = resolver
        # Made here, because reading certificates blocks.
        self._contexts = tls_contexts(machine.config) if contexts is None else contexts
        self._streams: dict[SessionId, Stream] = {}
        self._watches: dict[SessionId, Watch] = {}
        self._registered: dict[SessionId, tuple[socket.socket, int]] = {}
        self._closed = False
        self._mail = Mailbox()
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
        frames, events = self.machine.frames_received, self.machine.events_received
        self._drain()
        for key, mask in self._select(self._patience(timeout)):
            self._handle_ready(key, mask)
        for session in self._pending():
            self._read(session)
        self.machine.handle_timeout(time.monotonic())
        self._drain()
        work.frames = self.machine.frames_received - frames
        work.events = self.machine.events_received - events
        return work

    def deadline(self) -> float | None:
        """Return when to call `poll` at the latest, on the clock of `time.monotonic`."""
        busy = self._mail or self._pending()
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
        for stream in self._streams.values():
            stream.close()
        self._streams.clear()
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
                    self._watches[session] = command
                    if command.write:
                        self._write(session)  # mostly all goes at once, and the selector need not be told
                    else:
                        self._register(session)
                case Close(session):
                    self._forget(session)

    def _deliver(self, notice: Notice) -> None:
        if isinstance(notice, StateChanged):
            self._work.transitions += 1
        self._listener.hear(notice)

    def _connect(self, command: Connect) -> None:
        """Look the host up, and dial once the answer is here, if it is still wanted then."""
        self._work.connects += 1
        self._streams[command.session] = stream = stream_for(command, self._contexts)

        def deliver(found: Found) -> None:
            self.call_soon(lambda: self._dial(command.session, stream, found))

        look_up(self._resolver, command.host, command.port, deliver)

    def _dial(self, session: SessionId, stream: Stream, found: Found) -> None:
        if self._streams.get(session) is stream and stream.socket is None:
            self._settle(session, cause_of(found) if isinstance(found, OSError) else stream.dial(found))

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
            logger.warning("waiting failed: %s", error)
            for session, stream in list(self._streams.items()):
                if stream.dead:
                    self._lose(session, Disconnect(Reason.NETWORK, str(error)))
            return []

    def _pending(self) -> list[SessionId]:
        """Return the streams that may be read without waiting, because TLS has read ahead."""
        return [
            session
            for session, stream in self._streams.items()
            if stream.pending and session in self._watches and self._watches[session].read
        ]

    def _handle_ready(self, key: selectors.SelectorKey, mask: int) -> None:
        session = key.data
        if session is None:
            self._mail.hear()
            return
        stream = self._streams.get(session)
        if stream is None:
            return
        if stream.phase is not Phase.UP:
            self._settle(session, stream.advance())
            return
        if mask & selectors.EVENT_READ or stream.wants_write:
            self._read(session)
        if mask & selectors.EVENT_WRITE or stream.wants_read:
            self._write(session)

    def _settle(self, session: SessionId, failure: Disconnect | None) -> None:
        """Take the outcome of a step towards a stream that is up."""
        if failure is not None:
            self._lose(session, failure)
            return
        if self._streams[session].phase is Phase.UP:
            self.machine.handle_connected(session, time.monotonic())
        self._register(session)

    def _read(self, session: SessionId) -> None:
        count = pull(self.machine, session, self._streams[session], time.monotonic)
        if isinstance(count, Disconnect):
            self._lose(session, count)
        else:
            self._work.bytes_read += count
            self._register(session)

    def _write(self, session: SessionId) -> None:
        stream = self._streams.get(session)
        if stream is None:
            return
        count = push(self.machine, session, stream, time.monotonic)
        if isinstance(count, Disconnect):
            self._lose(session, count)
        else:
            self._work.bytes_written += count
            self._register(session)

    def _lose(self, session: SessionId, cause: Disconnect) -> None:
        self._forget(session)
        self.machine.handle_disconnected(session, cause, time.monotonic())

    def _forget(self, session: SessionId) -> None:
        stream = self._streams.pop(session, None)
        self._watches.pop(session, None)
        registered = self._registered.pop(session, None)
        if registered is not None:
            self._selector.unregister(registered[0])
        if stream is not None:
            stream.close()

    def _register(self, session: SessionId) -> None:
        """Tell the selector what the stream and the machine wait for now."""
        stream = self._streams.get(session)
        if stream is None or stream.socket is None:
            return
        read, write = stream.wants_read, stream.wants_write
        watch = self._watches.get(session)
        if watch is not None and not (read or write):
            read, write = watch.read, watch.write
        mask = selectors.EVENT_READ * read | selectors.EVENT_WRITE * write
        registered = self._registered.get(session)
        if registered == (stream.socket, mask) or (registered is None and not mask):
            return
        if registered is not None:
            self._selector.unregister(registered[0])
            del self._registered[session]
        if mask:
            try:
                self._selector.register(stream.socket, mask, session)
            except (OSError, ValueError, KeyError) as error:  # its descriptor died under us
                self._lose(session, Disconnect(Reason.NETWORK, str(error)))
                return
            self._registered[session] = (stream.socket, mask)
