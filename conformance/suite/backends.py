"""The drivers under proof, and what a program of the suite can do besides talking to its client."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from ami_backends.anyio import Client
from conformance.leaks import PATIENCE

T = TypeVar("T")

LATE_MAX = 1.0
"""Seconds that a tick may come late on a loaded machine before something is said to have blocked the loop."""

CLOCK_STEP = 0.005
"""Seconds that a wait may seem too short, because uvloop's clock counts whole milliseconds."""

A_MOMENT = 0.001
"""Seconds before and after a program, for the clock beside it to begin and to look once more."""


def words_of(port: int, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to call `connect` with: the mock's first user, who reconnects at once, unless told more."""
    usual = {"host": "127.0.0.1", "username": "admin", "secret": "s3cr3t"}
    quick = {"reconnect_min": 0.01, "reconnect_max": 0.02, "breaker_threshold": 1_000_000}
    return {"port": port, **usual, **quick, **options}


class Task(Protocol):
    """Something that goes on beside the program."""

    async def result(self) -> Any:
        """Wait for its end; return or raise what it did."""
        ...


class Backend(Protocol):
    """A driver, in the words of a loop; where calls block, the same words without `await`."""

    name: str

    shared: bool
    """Whether its clients belong to every thread; else a call from another one raises `MisuseError`."""

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
