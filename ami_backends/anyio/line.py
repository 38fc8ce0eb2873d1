"""The stream of one session, and how its task waits for it."""

import anyio
from anyio.lowlevel import checkpoint

from ami_backends._stream import Stream
from ami_proto import Disconnect

Interest = tuple[bool, bool]
"""Reading, writing."""


class Line:
    """A stream that its own task serves and others may interrupt."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.life = anyio.CancelScope()
        """Ends the task."""
        self.failure: Disconnect | None = None
        """What ended the stream."""
        self._watch: Interest = (False, False)
        self._rest = anyio.CancelScope()
        self._awaited: Interest = (False, False)

    def watch(self, read: bool, write: bool) -> None:
        """Take what is wanted from now on; a wait for something else ends."""
        self._watch = (read, write)
        if self._interest() != self._awaited:
            self._rest.cancel()

    def fail(self, cause: Disconnect) -> None:
        """Take the end of the stream; the first word counts."""
        self.failure = self.failure or cause
        self._rest.cancel()

    async def ready(self) -> Interest:
        """Wait until the socket can do what is wanted, and say what; nothing when the wish has changed."""
        self._awaited = read, write = self._interest()
        if read and self.stream.pending:
            await checkpoint()
            return True, False
        with anyio.CancelScope() as self._rest:
            if read and write:
                return await self._either()
            if read:
                await anyio.wait_readable(self._descriptor())
            elif write:
                await anyio.wait_writable(self._descriptor())
            else:
                await anyio.sleep_forever()
            return read, write
        return False, False

    def _interest(self) -> Interest:
        """Return what to wait for: what the stream itself needs goes first."""
        own = (self.stream.wants_read, self.stream.wants_write)
        return own if any(own) else self._watch

    def _descriptor(self) -> int:
        return -1 if self.stream.socket is None else self.stream.socket.fileno()

    async def _either(self) -> Interest:
        readable = writable = False

        async def wait_readable() -> None:
            nonlocal readable
            await anyio.wait_readable(self._descriptor())
            readable = True
            both.cancel_scope.cancel()

        async def wait_writable() -> None:
            nonlocal writable
            await anyio.wait_writable(self._descriptor())
            writable = True
            both.cancel_scope.cancel()

        async with anyio.create_task_group() as both:
            both.start_soon(wait_readable)
            both.start_soon(wait_writable)
        return readable, writable
