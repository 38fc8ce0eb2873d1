"""Host names -> addresses. Looking a name up blocks, so it never happens in a loop's thread."""

import errno
import socket
import threading
from collections.abc import Callable
from typing import Final

Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]
"""A family, and the address that `socket.connect` takes for it."""

Found = list[Address] | OSError
"""The result of a look-up: addresses in the order in which to try them, or the failure."""

EXHAUSTED: Final = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}
"""Errors of a process or system that has no descriptor or memory left."""

Resolver = Callable[[str, int, Callable[[Found], None]], None]
"""Looks up a host and port, and calls the function with the result: now or later, in any thread."""


def look_up(resolver: Resolver, host: str, port: int, deliver: Callable[[Found], None]) -> None:
    """Call a resolver. An exception of its own becomes a failed look-up."""
    try:
        resolver(host, port, deliver)
    except Exception as error:  # noqa: BLE001 - the user's code
        if isinstance(error, OSError) and error.errno in EXHAUSTED:
            deliver(error)  # says nothing about the name
            return
        deliver(socket.gaierror(socket.EAI_FAIL, f"the resolver failed: {error!r}"))


def resolve_numeric(host: str, port: int, deliver: Callable[[Found], None]) -> None:
    """Accept IP addresses only. A name fails, because looking it up would block."""
    try:
        deliver(_addresses_of(host, port, socket.AI_NUMERICHOST))
    except socket.gaierror:
        deliver(
            socket.gaierror(socket.EAI_NONAME, f"{host!r} is not an IP address, and there is no resolver")
        )


class ThreadResolver:
    """Look names up in threads: one thread for each name and port that is being looked up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, int], list[Callable[[Found], None]]] = {}

    def __call__(self, host: str, port: int, deliver: Callable[[Found], None]) -> None:
        """Look up. An address needs no thread; a second request for a name shares the first one's."""
        try:
            deliver(_addresses_of(host, port, socket.AI_NUMERICHOST))
            return
        except socket.gaierror:
            pass  # a name
        with self._lock:
            waiting = self._waiting.setdefault((host, port), [])
            waiting.append(deliver)
            # A name server that hangs must not cost a thread for each attempt to connect.
            if len(waiting) > 1:
                return
        # A daemon: getaddrinfo cannot be interrupted, and must not hold the process at its end.
        thread = threading.Thread(
            target=self._look_up, args=(host, port), name=f"ami-resolve-{host}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:  # the system has no thread left; the next attempt tries again
            self._deliver(host, port, OSError(errno.EAGAIN, str(error)))

    def _look_up(self, host: str, port: int) -> None:
        found: Found
        try:
            found = _addresses_of(host, port, 0)
        except OSError as error:
            found = error
        self._deliver(host, port, found)

    def _deliver(self, host: str, port: int, found: Found) -> None:
        with self._lock:
            waiting = self._waiting.pop((host, port))
        for deliver in waiting:
            deliver(found)


def _addresses_of(host: str, port: int, flags: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError as error:  # an empty label, or one that is too long, does not reach the system
        raise socket.gaierror(socket.EAI_NONAME, f"{host!r} is not a host name") from error
    return [(family, address) for family, _, _, _, address in found]
