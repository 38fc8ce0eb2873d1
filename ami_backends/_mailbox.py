"""Calls for a loop from anywhere: other threads, other tasks, signal handlers."""

import logging
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from ami_backends._log import log_fields, log_raised
from ami_proto import Redaction

logger = logging.getLogger("ami_backends")


class Mailbox:
    """A queue of calls, and a descriptor that is readable while there are any.

    `post` takes no lock and never waits, so that a signal handler may call it too. What a call raises is
    logged, redacted.
    """

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._calls: deque[Callable[[], None]] = deque()
        self._waker, self._wakened = socket.socketpair()
        self._waker.setblocking(False)
        self._wakened.setblocking(False)

    def __len__(self) -> int:
        return len(self._calls)

    def fileno(self) -> int:
        """Return what the loop watches for readability."""
        return self._wakened.fileno()

    def post(self, function: Callable[[], None]) -> None:
        """Have the loop make this call."""
        self._calls.append(function)
        with suppress(OSError):  # full: it wakes anyway; closed: nobody is left to wake
            self._waker.send(b"\0")

    def hear(self) -> None:
        """Let the descriptor be quiet until the next `post`."""
        with suppress(OSError):
            self._wakened.recv(4096)

    def read(self) -> None:
        """Make the calls that wait; those they add wait for the next time. One that raises is logged."""
        for _ in range(len(self._calls)):
            try:
                self._calls.popleft()()
            except Exception as error:  # noqa: BLE001 - a user's function, maybe
                log_raised(logger, "a call by mail raised", error, self._redaction, log_fields(None))

    def close(self) -> None:
        """Close the descriptor. What was posted can still be read."""
        self._waker.close()
        self._wakened.close()
