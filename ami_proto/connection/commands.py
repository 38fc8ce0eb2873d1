"""Commands: what the engine wants of the network. And the queue in which they wait for the driver.

At most three wait: a close of the old stream, a dial of the new one, and what to watch, which is decided
only when the driver asks.
"""

from collections import deque
from dataclasses import dataclass
from typing import TypeGuard

from ami_proto.values import SessionId, Tls


@dataclass(frozen=True, slots=True)
class Connect:
    """Open the stream: TCP, then the TLS handshake if `tls` is given.

    Answer with `handle_connected` once the stream is up and verified, or with `handle_disconnected`.
    """

    session: SessionId
    host: str
    port: int
    tls: Tls | None


@dataclass(frozen=True, slots=True)
class Watch:
    """Wait for the stream to become readable, writable, both or neither, until the next `Watch`.

    `read=False` pauses reading; `write=True` says that `poll_transmit` has bytes. It is emitted only when
    the interest changes; before the first one the interest is nothing.
    """

    session: SessionId
    read: bool
    write: bool


def watches(session: SessionId) -> tuple[tuple[Watch, Watch], tuple[Watch, Watch]]:
    """Return every `Watch` of a session: `watches(session)[read][write]`. It is asked for after each fact."""
    return (
        (Watch(session, read=False, write=False), Watch(session, read=False, write=True)),
        (Watch(session, read=True, write=False), Watch(session, read=True, write=True)),
    )


@dataclass(frozen=True, slots=True)
class Look:
    """Read without waiting until a read finds nothing, then report when that read began: `handle_drained`.

    A deadline is due, and the answer may lie in the kernel. A `Watch` with `read=False` suspends it.
    """

    session: SessionId


@dataclass(frozen=True, slots=True)
class Close:
    """Close the stream now, whatever its state, or give up its dial. No answer is expected."""

    session: SessionId


Command = Connect | Watch | Look | Close
"""What the engine wants of the network."""


class CommandQueue:
    """Keep commands in order. After a session's end no command but its own `Close` names it."""

    __slots__ = ("_look", "_queue", "_watched", "looking", "reading_paused")

    def __init__(self) -> None:
        self._queue: deque[Connect | Close] = deque()
        self._watched: Watch | None = None
        self.reading_paused = False
        """Whether the driver was last told not to read."""
        self._look: Look | None = None
        """A look that the driver has yet to be told."""
        self.looking = False
        """Whether the driver was told to look and has not reported yet."""

    def dial(self, connect: Connect) -> None:
        """Ask for a stream."""
        self._queue.append(connect)
        self._watched, self.reading_paused = None, False
        self.end_look()

    def close(self, session: SessionId) -> None:
        """Ask for the stream's end. If the driver has not seen its `Connect`, both are dropped."""
        if not self.forget(session):
            self._queue.append(Close(session))

    def forget(self, session: SessionId) -> bool:
        """Drop the commands of a session that has ended; return whether its `Connect` was among them."""
        if self._watched is not None and self._watched.session == session:
            self.end_look()
        undialled = any(isinstance(each, Connect) and each.session == session for each in self._queue)
        self._queue = deque(each for each in self._queue if each.session != session)
        return undialled

    def look(self, session: SessionId) -> None:
        """Ask for a look, unless one is under way."""
        if not self.looking:
            self._look = Look(session)

    def end_look(self) -> None:
        """Take the answer to a look, or the end of the session that it was for."""
        self._look, self.looking = None, False

    def waiting(self, wanted: Watch | None) -> bool:
        """Whether there is a command to poll, given what the engine wants to watch now."""
        differs = wanted is not self._watched and self._differs(wanted)
        return differs or len(self._queue) > 0 or (self._look is not None and self._can_look(wanted))

    def poll(self, wanted: Watch | None) -> Command | None:
        """Return the next command and forget it."""
        if self._queue:
            return self._queue.popleft()
        # A session has one `Watch` of each kind, so that equal ones are the same.
        if wanted is not self._watched and self._differs(wanted):
            self._watched, self.reading_paused = wanted, not wanted.read
            return wanted
        if self._look is not None and self._can_look(wanted):
            look, self._look, self.looking = self._look, None, True
            return look
        return None

    def _can_look(self, wanted: Watch | None) -> bool:
        return wanted is not None and wanted.read

    def _differs(self, wanted: Watch | None) -> TypeGuard[Watch]:
        if wanted is None:
            return False
        fresh = self._watched is None or self._watched.session is not wanted.session
        return wanted.read or wanted.write or not fresh
