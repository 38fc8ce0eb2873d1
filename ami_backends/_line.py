"""One session between its socket and the machine: bytes both ways, as far as they go without waiting."""

from collections.abc import Callable
from dataclasses import dataclass

from ami_backends._causes import cause_of
from ami_backends._resolve import Found
from ami_backends._stream import Phase, Stream
from ami_backends._tls import Contexts
from ami_proto import Connect, Connection, Disconnect, Watch

PIECES_MAX = 64
"""Pieces moved at a time for one line: 64 KiB of TLS records, before the others have their turn."""

Interest = tuple[bool, bool]
"""Reading, writing."""


@dataclass(slots=True)
class Traffic:
    """Bytes that all lines of a driver have moved."""

    read: int = 0
    written: int = 0


class Line:
    """A stream on its way up, then up. The driver waits for `interest`, and calls `handle_ready`.

    Once `failure` is set the line has ended: the machine is to be told, and `close` called.
    """

    def __init__(
        self,
        machine: Connection,
        command: Connect,
        contexts: Contexts,
        clock: Callable[[], float],
        traffic: Traffic | None = None,
    ) -> None:
        tls = command.tls
        self.session = command.session
        self.stream = Stream(contexts[tls], tls.server_name or command.host) if tls else Stream(None, "")
        self.failure: Disconnect | None = None
        self._machine = machine
        self._clock = clock
        self._traffic = Traffic() if traffic is None else traffic
        self._watch = Watch(command.session, read=False, write=False)
        self._blocked = False
        """Whether bytes did not go since the machine last said what it wants."""

    @property
    def interest(self) -> Interest:
        """What to wait for: what the stream itself needs goes first."""
        stream = self.stream
        if stream.wants_read or stream.wants_write:
            return stream.wants_read, stream.wants_write
        return self._watch.read, self._watch.write and self._blocked

    @property
    def pending(self) -> bool:
        """Whether it can be read without waiting, because TLS has read ahead."""
        return self.stream.pending and self._watch.read

    def dial(self, found: Found) -> None:
        """Go to the first address that can be tried."""
        self._advance(cause_of(found) if isinstance(found, OSError) else self.stream.dial(found))

    def watch(self, watch: Watch) -> None:
        """Take what the machine wants from now on; mostly all bytes go at once, and nobody need wait."""
        self._watch = watch
        self._blocked = False
        if watch.write:
            self._write()

    def handle_ready(self, readable: bool, writable: bool) -> None:
        """Do what the socket is ready for."""
        stream = self.stream
        if stream.phase is not Phase.UP:
            self._advance(stream.advance())
            return
        if readable or stream.wants_write:
            self._read()
        if self.failure is None and (writable or stream.wants_read):
            self._write()

    def close(self) -> None:
        """Close the socket, whatever its phase."""
        self.stream.close()

    def _advance(self, failure: Disconnect | None) -> None:
        self.failure = failure
        if failure is None and self.stream.phase is Phase.UP:
            self._machine.handle_connected(self.session, self._clock())

    def _read(self) -> int:
        """Hand the machine what has come; return how many bytes."""
        data = self.stream.receive()
        if isinstance(data, Disconnect):
            self.failure = self.failure or data
            return 0
        if data:
            self._traffic.read += len(data)
            self._machine.handle_received(self.session, data, self._clock())
        return len(data)

    def _write(self) -> None:
        """Write what the machine shows, as far as it goes."""
        for _ in range(PIECES_MAX):
            piece = self._machine.poll_transmit(self.session)
            if not piece:
                return
            count = self.stream.transmit(piece)
            if isinstance(count, Disconnect):
                self._read_out()
                self.failure = count
                return
            self._traffic.written += count
            self._machine.handle_sent(self.session, count, self._clock())
            if count < len(piece):
                break
        # Until the machine says that nothing is left: it may put more behind these at any moment.
        self._blocked = True

    def _read_out(self) -> None:
        """Read what came before writing failed: often the very words that say why."""
        for _ in range(PIECES_MAX):
            if not self._read():
                return
