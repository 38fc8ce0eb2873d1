"""The commands that wait for the driver: at most a close of the old stream and a dial of the new,
and then what to watch, decided only when someone asks.
"""

from collections import deque

from ami_proto.values import Close, Command, Connect, SessionId, Watch


class CommandQueue:
    """Keep commands in order. After a session's end none names it, but for its own `Close`."""

    __slots__ = ("_queue", "_watched")

    def __init__(self) -> None:
        self._queue: deque[Connect | Close] = deque()
        self._watched: Watch | None = None

    def dial(self, connect: Connect) -> None:
        """Ask for a stream."""
        self._queue.append(connect)
        self._watched = None

    def close(self, session: SessionId) -> None:
        """Ask for the stream's end; one whose `Connect` nobody has seen is simply not opened."""
        if not self.forget(session):
            self._queue.append(Close(session))

    def forget(self, session: SessionId) -> bool:
        """Drop what names a session that has ended; return whether its `Connect` was among it."""
        undialled = any(isinstance(each, Connect) and each.session == session for each in self._queue)
        self._queue = deque(each for each in self._queue if each.session != session)
        return undialled

    @property
    def deaf(self) -> bool:
        """Whether the driver was last told not to read."""
        return self._watched is not None and not self._watched.read

    def waiting(self, wanted: Watch | None) -> bool:
        """Whether there is a command to poll, given what the engine wants to watch now."""
        return bool(self._queue) or self._differs(wanted)

    def poll(self, wanted: Watch | None) -> Command | None:
        """Return the next command and forget it."""
        if self._queue:
            return self._queue.popleft()
        if not self._differs(wanted):
            return None
        self._watched = wanted
        return wanted

    def _differs(self, wanted: Watch | None) -> bool:
        if wanted is None or wanted == self._watched:
            return False
        fresh = self._watched is None or self._watched.session != wanted.session
        return wanted.read or wanted.write or not fresh
