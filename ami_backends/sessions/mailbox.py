"""Calls for a loop, posted from other threads, other tasks and signal handlers."""

import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from ami_backends.sessions.log_records import DriverLog, log_fields


class Mailbox:
    """A queue of calls, and a descriptor that is readable while calls wait.

    `post` takes no lock and never waits, so that a signal handler may call it too: Python runs one between
    any two instructions of the main thread, which may hold the lock already.
    """

    def __init__(self, log: DriverLog) -> None:
        self._log = log
        self._calls: deque[Callable[[], None]] = deque()  # its `append` and `popleft` are atomic
        self.attended = False
        """Whether the loop has promised to look for calls before it waits. Then `post` need not wake it."""
        self._sender, self._receiver = socket.socketpair()
        self._sender.setblocking(False)
        self._receiver.setblocking(False)

    def __len__(self) -> int:
        return len(self._calls)

    def fileno(self) -> int:
        """Return the descriptor that the loop watches for readability."""
        return self._receiver.fileno()

    def post(self, function: Callable[[], None]) -> None:
        """Have the loop call this."""
        # The call first, the byte second: a loop that wakes in between finds the call, and the byte only
        # wakes it once more. The other way round it would clear the byte, find nothing, and sleep. For the
        # same reason a loop that ends its attendance looks for calls after that.
        self._calls.append(function)
        if not self.attended:
            self.wake()

    def wake(self) -> None:
        """Have the loop come round."""
        with suppress(OSError):  # the buffer is full: the loop wakes anyway. Closed: there is no loop
            self._sender.send(b"\0")

    def clear_signal(self) -> None:
        """Make the descriptor unreadable until the next `post`. Call before `run_calls`."""
        with suppress(OSError):
            self._receiver.recv(4096)  # if more bytes wait, the loop wakes once more, which is harmless

    def run_calls(self) -> None:
        """Make the calls that wait. An exception of one is logged, with secrets masked.

        Calls that these calls post wait for the next time: two that post each other would never end.
        """
        for _ in range(len(self._calls)):
            try:
                self._calls.popleft()()
            except Exception as error:  # noqa: BLE001 - it may be a user's function
                self._log.raised("a posted call raised", error, log_fields(None))

    def close(self) -> None:
        """Close the descriptor. `run_calls` still makes the calls that wait."""
        self._sender.close()
        self._receiver.close()
