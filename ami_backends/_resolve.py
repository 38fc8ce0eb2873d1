"""Host names -> addresses, never on a loop's own time."""

import socket
import threading
from collections.abc import Callable

Address = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]
"""A family and what `socket.connect` takes for it."""

Found = list[Address] | OSError
Resolver = Callable[[str, int, Callable[[Found], None]], None]
"""Look up a host and port, and hand the result to a function, now or later, in any thread."""


def look_up(resolver: Resolver, host: str, port: int, deliver: Callable[[Found], None]) -> None:
    """Ask a resolver; whatever it raises is an answer too."""
    try:
        resolver(host, port, deliver)
    except Exception as error:  # noqa: BLE001 - a user's code
        deliver(socket.gaierror(socket.EAI_FAIL, f"the resolver failed: {error!r}"))


def resolve_numeric(host: str, port: int, deliver: Callable[[Found], None]) -> None:
    """Take an IP address for what it is; a name is an error, since looking it up would block."""
    try:
        deliver(_addresses_of(host, port, socket.AI_NUMERICHOST))
    except socket.gaierror:
        deliver(socket.gaierror(socket.EAI_NONAME, f"{host!r} is no IP address, and there is no resolver"))


class ThreadResolver:
    """Look names up in threads of their own, one for each name at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking: dict[tuple[str, int], list[Callable[[Found], None]]] = {}

    def __call__(self, host: str, port: int, deliver: Callable[[Found], None]) -> None:
        """Look up; an address needs no thread, and a name that is being asked for no second one."""
        try:
            deliver(_addresses_of(host, port, socket.AI_NUMERICHOST))
            return
        except socket.gaierror:
            pass
        with self._lock:
            waiting = self._asking.setdefault((host, port), [])
            waiting.append(deliver)
            if len(waiting) > 1:
                return
        threading.Thread(target=self._ask, args=(host, port), name=f"ami-resolve-{host}", daemon=True).start()

    def _ask(self, host: str, port: int) -> None:
        found: Found
        try:
            found = _addresses_of(host, port, 0)
        except OSError as error:
            found = error
        with self._lock:
            waiting = self._asking.pop((host, port))
        for deliver in waiting:
            deliver(found)


def _addresses_of(host: str, port: int, flags: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, f"{host!r} is no host name") from error
    return [(family, address) for family, _, _, _, address in found]
