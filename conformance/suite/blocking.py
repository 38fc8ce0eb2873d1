"""Calls that block a loop, refused in the thread of the loop while a test runs.

A loop whose thread blocks serves nobody. A clock that ticks late would show that too, but a loaded machine
makes every clock late, so that only long blocks could count. These calls count however short they are.

`blockbuster` refuses more calls, but knows the loops of asyncio only, and no certificates.
"""

import builtins
import select
import socket
import ssl
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch


class BlockingCall(AssertionError):
    """A call that blocks was made in the thread of a loop."""


def _always(*_arguments: Any, **_options: Any) -> bool:
    return True


def _reads_names(*_arguments: Any, flags: int = 0, **_options: Any) -> bool:
    return not flags & socket.AI_NUMERICHOST


def _waits(sock: socket.socket, *_arguments: Any, **_options: Any) -> bool:
    return sock.gettimeout() != 0.0


BLOCKING: Final[tuple[tuple[Any, str, Callable[..., bool]], ...]] = (
    (time, "sleep", _always),
    (select, "select", _always),
    (builtins, "open", _always),
    (socket, "getaddrinfo", _reads_names),
    (socket, "gethostbyname", _always),
    *((socket.socket, name, _waits) for name in ("connect", "recv", "recv_into", "send", "sendall")),
    (ssl.SSLContext, "load_verify_locations", _always),
    (ssl.SSLContext, "load_default_certs", _always),
    (ssl.SSLContext, "load_cert_chain", _always),
    (subprocess.Popen, "wait", _always),
)
"""Where a function is, its name, and whether a call with these arguments blocks."""

EXCUSED: Final = (
    "/linecache.py",  # of a warning or a traceback
    "/_pytest/",
    "/pytest_timeout.py",
    "/coverage/",
)
"""Parts of the paths of code that is there only in tests."""


@contextmanager
def no_blocking_calls() -> Iterator[None]:
    """Have each blocking call in this thread raise `BlockingCall`; raise it again at the end.

    The code under test may catch the first one: a driver catches what a listener or resolver raises.
    """
    thread = threading.get_ident()
    made: list[BlockingCall] = []
    with ExitStack() as patches:
        for owner, name, blocks in BLOCKING:
            if not _is_patched_by_gevent(owner):
                guarded = _guarded(getattr(owner, name), f"{owner.__name__}.{name}", blocks, thread, made)
                patches.enter_context(patch.object(owner, name, guarded))
        yield
    if made:
        raise made[0]


def _is_patched_by_gevent(owner: Any) -> bool:
    """Whether gevent has made these calls wait for the hub instead."""
    module = owner.__name__ if hasattr(owner, "__spec__") else owner.__module__
    monkey = sys.modules.get("gevent.monkey")  # not imported for the other drivers
    return monkey is not None and bool(monkey.is_module_patched(module))


def _guarded(
    function: Callable[..., Any],
    name: str,
    blocks: Callable[..., bool],
    thread: int,
    made: list[BlockingCall],
) -> Callable[..., Any]:
    def guarded(*arguments: Any, **options: Any) -> Any:
        if threading.get_ident() == thread and blocks(*arguments, **options):
            stack = traceback.extract_stack()[:-1]
            if not any(part in frame.filename for frame in stack[-4:] for part in EXCUSED):
                where = "".join(traceback.format_list(stack[-6:]))
                made.append(BlockingCall(f"{name} blocks the loop's thread:\n{where}"))
                raise made[-1]
        return function(*arguments, **options)

    return guarded
