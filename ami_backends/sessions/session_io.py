"""One session between its socket and the machine: bytes both ways, as many as go without waiting."""

from collections.abc import Callable
from dataclasses import dataclass

from ami_backends.sessions.causes import cause_of
from ami_backends.sessions.resolve import Found
from ami_backends.sessions.stream import Phase, Stream
from ami_backends.sessions.tls import Contexts, context_of
from ami_proto import ConfigError, Disconnect, Reason
from ami_proto.drivers import Connect, Machine, Watch

PIECES_MAX = 64
"""Pieces moved at a time for one session: 64 KiB of TLS records. Then the other sessions have their turn."""

Interest = tuple[bool, bool]
"""Whether to wait for readability, and for writability."""


@dataclass(slots=True)
class ByteCounts:
    """Bytes that all sessions of a driver have moved."""

    read: int = 0
    written: int = 0


class SessionIO:
    """A session's stream, from its dial to its end.

    The driver waits for `interest`, then calls `handle_ready`.
    Once `failure` is set the session has ended: call `handle_disconnected` of the machine, and `close`.
    """

    def __init__(
        self,
        machine: Machine,
        command: Connect,
        contexts: Contexts,
        clock: Callable[[], float],
        byte_counts: ByteCounts | None = None,
    ) -> None:
        tls = command.tls
        self.session = command.session
        self.stream = Stream(None, "")
        self.failure: Disconnect | None = None
        try:
            if tls is not None:
                self.stream = Stream(context_of(contexts, tls), tls.server_name or command.host)
        except ConfigError as error:  # it ends this session, and none of the machine's other servers
            self.failure = Disconnect(Reason.TLS_FAILED, str(error))
        self._machine = machine
        self._clock = clock
        self._byte_counts = ByteCounts() if byte_counts is None else byte_counts
        self._watch = Watch(command.session, read=False, write=False)
        self._looking = False
        """Whether the machine waits for a read that finds nothing."""
        self._blocked = False
        """Whether bytes were left over by a write since the last `Watch`."""

    @property
    def interest(self) -> Interest:
        """What to wait for. The needs of the stream come first: until they are met it moves no bytes."""
        stream = self.stream
        if stream.wants_read or stream.wants_write:
            return stream.wants_read, stream.wants_write
        return self._watch.read, self._watch.write and self._blocked

    @property
    def pending(self) -> bool:
        """Whether to read without waiting: TLS has read ahead, or the machine wants to know what there is."""
        return (self.stream.pending or self._looking) and self._watch.read

    def dial(self, found: Found) -> None:
        """Begin to connect to the first address that can be tried."""
        if self.failure is not None:
            return
        self._take(cause_of(found) if isinstance(found, OSError) else self.stream.dial(found))

    def watch(self, watch: Watch) -> None:
        """Take what the machine wants to watch from now on.

        Bytes to write are tried at once: mostly all of them go, and no wait is needed.
        """
        self._watch = watch
        self._blocked = False
        if watch.write:
            self._write()

    def look(self) -> None:
        """Read until a read finds nothing, and report that to the machine."""
        self._looking = True

    def handle_ready(self, readable: bool, writable: bool) -> None:
        """Move the bytes that the socket is ready for, or take the next step of opening it."""
        stream = self.stream
        if stream.phase is not Phase.UP:
            self._take(stream.advance())
            return
        # TLS: a read that had to write is repeated when the socket is writable, and the reverse.
        if readable or stream.wants_write:
            self._read()
        if self.failure is None and (writable or stream.wants_read):
            self._write()

    def close(self) -> None:
        """Close the socket, whatever its phase."""
        self.stream.close()

    def _take(self, failure: Disconnect | None) -> None:
        """Take the result of a step of opening the stream."""
        self.failure = failure
        if failure is None and self.stream.phase is Phase.UP:
            self._machine.handle_connected(self.session, self._clock())
            self._looking = True  # the machine learns from the first report that this driver makes them

    def _read(self) -> int:
        """Give the machine the bytes that have come; return how many."""
        looked_at = self._clock()  # before the read: bytes that come during it do not count as found
        data = self.stream.receive()
        if isinstance(data, Disconnect):
            self.failure = self.failure or data
            return 0
        if data:
            self._byte_counts.read += len(data)
            self._machine.handle_received(self.session, data, self._clock())
        elif self._looking:
            self._looking = False
            self._machine.handle_drained(self.session, looked_at)
        return len(data)

    def _write(self) -> None:
        """Write the machine's bytes until the kernel takes no more."""
        for _ in range(PIECES_MAX):
            piece = self._machine.poll_transmit(self.session)
            if not piece:
                return
            count = self.stream.transmit(piece)
            if isinstance(count, Disconnect):
                self._read_out()
                self.failure = count
                return
            self._byte_counts.written += count
            self._machine.handle_sent(self.session, count, self._clock())
            if count < len(piece):
                break
        # The kernel is full, or it is the turn of another session. This stays set until the next `Watch`,
        # also if the next write succeeds: the machine emits `Watch` only when its interest changes, and so
        # does not announce bytes that it queues meanwhile.
        self._blocked = True

    def _read_out(self) -> None:
        """Read the bytes that came before writing failed: they often say why the server hung up."""
        for _ in range(PIECES_MAX):
            if not self._read():
                return
