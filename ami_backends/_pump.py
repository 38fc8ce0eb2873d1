"""Bytes between a stream and the machine, as many as go without waiting."""

from collections.abc import Callable

from ami_backends._stream import Stream
from ami_proto import Connection, Disconnect, SessionId

PIECES_MAX = 64
"""Pieces moved at a time for one stream: 64 KiB of TLS records, before the others have their turn."""

Clock = Callable[[], float]


def pull(machine: Connection, session: SessionId, stream: Stream, clock: Clock) -> int | Disconnect:
    """Hand the machine what has come; return how many bytes, or why the stream ended."""
    data = stream.receive()
    if isinstance(data, Disconnect):
        return data
    if data:
        machine.handle_received(session, data, clock())
    return len(data)


def push(machine: Connection, session: SessionId, stream: Stream, clock: Clock) -> int | Disconnect:
    """Write what the machine shows; return how many bytes went, or why the stream ended."""
    written = 0
    for _ in range(PIECES_MAX):
        piece = machine.poll_transmit(session)
        if not piece:
            break
        count = stream.transmit(piece)
        if isinstance(count, Disconnect):
            _read_out(machine, session, stream, clock)
            return count
        machine.handle_sent(session, count, clock())
        written += count
        if count < len(piece):
            break
    return written


def _read_out(machine: Connection, session: SessionId, stream: Stream, clock: Clock) -> None:
    """Read what came before writing failed: often the very words that say why."""
    for _ in range(PIECES_MAX):
        count = pull(machine, session, stream, clock)
        if isinstance(count, Disconnect) or not count:
            return
