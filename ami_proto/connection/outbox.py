"""The outbound bytes of one session: bounded, shown in pieces, never taken back once shown.

A driver peeks with `piece`, writes, and confirms with `acknowledge`. Between the two it may fail, be
cancelled, or have to try again with the very same bytes because OpenSSL says so. So a piece that was shown
stays the same, to the byte, until it is acknowledged, wholly or in part.

Over TLS, Asterisk reads at most 1024 bytes of a record and leaves the rest inside OpenSSL until
more arrives on the socket (main/manager.c:7217, main/iostream.c:171; all versions). A piece is one
record there: at most 1024 bytes, and it ends where a line ends.
"""

from collections import OrderedDict

from ami_proto.correlation.entry import ActionBytes
from ami_proto.errors import Backpressure

TRANSMIT_LIMIT = 65_536
"""Bytes a driver is shown in one piece: what a kernel takes in one go."""

TLS_PIECE_MAX = 1024
"""Bytes that Asterisk takes from a TLS record in one go: the size of its line buffer."""


class Outbox:
    """Queue actions, show their bytes in pieces that end at line ends."""

    __slots__ = (
        "_actions_shown",
        "_bytes_max",
        "_partly_acknowledged",
        "_piece",
        "_piece_max",
        "_queue",
        "size",
    )

    def __init__(self, bytes_max: int, *, tls: bool) -> None:
        self._queue: OrderedDict[ActionBytes, None] = OrderedDict()
        self.size = 0
        """The bytes that are not acknowledged."""
        self._bytes_max = bytes_max
        self._piece = b""
        self._partly_acknowledged = False
        self._actions_shown = 0
        """How many actions were shown, at least in part."""
        self._piece_max = TLS_PIECE_MAX if tls else bytes_max

    def put(self, outgoing: ActionBytes, *, urgent: bool = False) -> None:
        """Queue one action. Raises `Backpressure` beyond the cap, unless it is urgent.

        Urgent are the engine's own actions (login, ping, logoff), a few hundred bytes at most, and actions
        that waited for READY, whose bytes were bounded while they waited.
        """
        size = len(outgoing.data)
        if not urgent and self.size + size > self._bytes_max:
            raise Backpressure(f"{self.size} bytes wait to be sent, {size} more exceed {self._bytes_max}")
        self._queue[outgoing] = None
        outgoing.queued = True
        self.size += size

    def withdraw(self, outgoing: ActionBytes) -> None:
        """Take an action back, as if it had never been queued, unless a part of it was shown.

        Such an action goes out to its end and counts as sent from now on: without its end, its beginning
        would run into the next action.
        """
        if not outgoing.queued:
            return
        if outgoing.shown == 0:
            del self._queue[outgoing]
            outgoing.queued = False
            self.size -= len(outgoing.data)
        else:
            outgoing.committed = True

    def piece(self, limit: int) -> bytes:
        """Show the next bytes: whole lines, at most `limit` bytes unless one line is longer."""
        if self.size > 0 and (not self._piece or self._partly_acknowledged):
            self._piece = self._extended(self._piece, min(limit, self._piece_max))
            self._partly_acknowledged = False
        return self._piece

    def acknowledge(self, count: int) -> int:
        """Forget bytes that were written; return how many of `count` had been shown."""
        if count != len(self._piece):
            count = max(0, min(count, len(self._piece)))
        self._piece = self._piece[count:]
        self.size -= count
        self._partly_acknowledged = self._partly_acknowledged or count > 0
        return count

    def _extended(self, piece: bytes, limit: int) -> bytes:
        """Return the piece with as many more lines as fit, at least one if it is empty."""
        parts, room = [piece], limit - len(piece)
        while self._queue:
            outgoing = next(iter(self._queue))
            data, start = outgoing.data, outgoing.shown
            end = data.rfind(b"\n", start, start + max(room, 0)) + 1
            if end <= start:
                if any(parts):
                    break
                end = data.index(b"\n", start) + 1
            parts.append(data[start:end])
            room -= end - start
            if start == 0:
                self._actions_shown += 1
                outgoing.number = self._actions_shown
            outgoing.shown = end
            if end < len(data):
                break
            del self._queue[outgoing]
            outgoing.queued = False
        return b"".join(parts)
