"""The drivers under proof, and what a program of the suite can do besides talking to its client."""

import functools
import importlib
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar, cast

from ami_backends.anyio import Client
from conformance.leaks import PATIENCE

T = TypeVar("T")


def words_of(port: int, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to call `connect` with: the mock's first user, who reconnects at once, unless told more."""
    usual = {"host": "127.0.0.1", "username": "admin", "secret": "s3cr3t"}
    quick = {"reconnect_min": 0.01, "reconnect_max": 0.02}
    return {"port": port, **usual, **quick, **options}


class Task(Protocol):
    """Something that goes on beside the program."""

    async def result(self) -> Any:
        """Wait for its end; return or raise what it did."""
        ...


class Backend(Protocol):
    """A driver, in the words of a loop; where calls block, the same words without `await`."""

    name: str

    def run(self, program: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        """Run a test of the suite from outside any loop; raise if it leaves a task or greenlet behind."""
        ...

    def connect(self, port: int, **options: Any) -> AbstractAsyncContextManager[Client]:
        """Connect to a port of this machine as the mock's first user. Options are those of `connect`."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let time pass; the loop goes on."""
        ...

    async def spawn(self, function: Callable[..., Any], *arguments: Any) -> Task:
        """Begin something of the client that waits, `pbx.send` for one, and go on."""
        ...

    async def aside(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call something that blocks, a switch of the server for one, off the loop."""
        ...

    async def gave_up(self, seconds: float, function: Callable[..., Any], *arguments: Any) -> bool:
        """Call something that waits, and give it up after so long: cancelled, killed, interrupted.

        Returns whether it had to be given up.
        """
        ...

    async def eventually(self, condition: Callable[[], object], patience: float = PATIENCE) -> bool:
        """Wait until something that happens elsewhere is true; tell whether it became so."""
        ...


NAMES = ("selectors", "reactor", "asyncio", "uvloop", "trio", "gevent")
"""The drivers of this project; `gevent-patched` needs a process of its own (`test_monkey_patched.py`)."""


@functools.cache
def backend_of(name: str) -> Backend:
    """Return a backend by its name, or by `module:name`."""
    if ":" in name:
        module_name, _, attribute = name.partition(":")
        return cast("Backend", getattr(importlib.import_module(module_name), attribute)())
    if name in ("asyncio", "uvloop", "trio"):
        from conformance.suite.loops import Loop

        return Loop(name)
    if name in ("gevent", "gevent-patched"):
        from conformance.suite.greenlets import Greenlets

        return cast("Backend", Greenlets(name))
    if name in ("selectors", "reactor"):
        from conformance.suite.threads import Owned, Threads

        return cast("Backend", Threads() if name == "selectors" else Owned())
    raise ValueError(f"no backend {name!r}: {', '.join((*NAMES, 'gevent-patched'))}, or module:name")
