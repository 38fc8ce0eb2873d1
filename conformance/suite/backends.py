"""What a test of the suite needs of a driver (`SuiteBackend`), and the drivers of this project by name."""

import functools
import importlib
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Protocol, TypeVar, cast

from ami_backends.anyio import Client
from ami_backends.clients.arguments import connect_arguments
from ami_backends.clients.lifetime import new_machine
from ami_proto import Cluster, ClusterConfig, Notice, ServerConfig, State, StateChanged
from conformance.laws import Lawful, LawfulCluster
from conformance.laws.peer import HOST, PATIENCE

_T = TypeVar("_T")

LAWFUL = "-lawful"
"""A backend of this name has every machine watched by the laws of `conformance.laws`."""

SLOW_UNDER_LAWS = "seconds of load; the laws are checked under smaller loads and in conformance.world"
"""Why a test is not repeated on the backends that have the laws checked."""

DRIVER_NAMES = ("selectors", "reactor", "asyncio", "uvloop", "trio", "gevent")
"""The drivers of this project; `gevent-patched` needs a process of its own (`test_monkey_patched.py`)."""

BACKEND_NAMES = (*DRIVER_NAMES, *(name + LAWFUL for name in ("selectors", "asyncio", "trio", "gevent")))
"""Those that run by default. Under the laws, `reactor` and `uvloop` would show nothing more."""

TICK_LATE_MAX = 1.0
"""Seconds that a tick may be late on a loaded machine before the loop counts as blocked."""

CLOCK_STEP = 0.005
"""Seconds that a wait may seem too short, because uvloop's clock counts whole milliseconds."""

A_MOMENT = 0.001
"""Seconds before and after a program, so that the ticking task runs at least once on each side."""


class SuiteTask(Protocol):
    """A call that runs beside the program."""

    async def result(self) -> Any:
        """Wait for its end; return or raise what it did."""
        ...


class SuiteBackend(Protocol):
    """A driver under test, in the words of a loop.

    A driver whose calls block has the same coroutines; they never wait for a loop
    (`ami_backends.clients.one_text`).
    """

    name: str

    shared: bool
    """Whether every thread may call its clients; else a call from another thread raises `MisuseError`."""

    def run(self, program: Callable[..., Coroutine[Any, Any, None]], arguments: Mapping[str, Any]) -> None:
        """Run a test of the suite from outside any loop; raise if it leaves a task or greenlet."""
        ...

    def connect(self, port: int, **options: Any) -> AbstractAsyncContextManager[Client]:
        """Connect to a port of this machine as the mock's first user. Options are those of `connect`."""
        ...

    def client(self, *ports: int, **options: Any) -> Client:
        """Return a client for the same, which is not started. `timeout` is not among its options.

        For several ports it is a client of many servers, with `host:port` for keys.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Let time pass while the loop goes on."""
        ...

    async def spawn(self, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> SuiteTask:
        """Begin a call that waits, `pbx.send` for one, and go on."""
        ...

    async def aside(self, function: Callable[..., _T], *arguments: Any) -> _T:
        """Call a function that blocks, a switch of the mock server for one, outside the loop."""
        ...

    async def gave_up(
        self, seconds: float, function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any
    ) -> bool:
        """Begin a call that waits and cancel, kill or interrupt it after `seconds`.

        Returns False if it ended by itself before.
        """
        ...

    async def eventually(self, condition: Callable[[], object], patience: float = PATIENCE) -> bool:
        """Wait at most `patience` seconds until a condition holds; return whether it does."""
        ...


def usual_arguments(port: int, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return keywords for `connect`: the mock's first user, reconnecting at once, unless `options` differ.

    Nobody asks for the release, so that a scripted peer is sent nothing but what its test sends.
    """
    usual = {"host": HOST, "username": "admin", "secret": "s3cr3t", "ask_release": False}
    quick = {"reconnect_min": 0.01, "reconnect_max": 0.02, "breaker_threshold": 1_000_000}
    return {"port": port, **usual, **quick, **options}


def states_entered(notices: Iterable[Notice]) -> list[State]:
    """Return the states that a connection has entered, in order."""
    return [notice.new for notice in notices if isinstance(notice, StateChanged)]


class LawfulMachines:
    """The machines of a backend whose name ends in `-lawful`; does nothing for the others."""

    def __init__(self, backend_name: str) -> None:
        self._lawful = backend_name.endswith(LAWFUL)
        self._machines: list[Lawful] = []

    def connector(
        self, connect: Callable[..., Any], connect_machine: Callable[..., Any]
    ) -> Callable[..., Any]:
        """Return a driver's own `connect`, or one that has the machine watched."""
        return functools.partial(self._connect, connect_machine) if self._lawful else connect

    def client(self, new_client: Callable[..., _T], ports: Sequence[int], options: Mapping[str, Any]) -> _T:
        """Return what `new_client` makes of these ports and options: a client that is not started."""
        limits: ClusterConfig | None = options.get("limits")
        options = {name: value for name, value in options.items() if name != "limits"}
        calls = [connect_arguments(**usual_arguments(port, options)) for port in ports]
        configs = tuple(call.config for call in calls)
        server = configs[0] if len(configs) == 1 else configs
        words: dict[str, Any] = {"on_notice": calls[0].on_notice, "stop_on": calls[0].stop_on}
        if self._lawful:
            return new_client(self._watched(server, limits), **words)
        return new_client(server, **words, limits=limits)

    @contextmanager
    def judged(self) -> Iterator[None]:
        """Raise the first law that a machine broke, after the program: its driver may only have logged it."""
        self._machines.clear()
        try:
            yield
        finally:
            for machine in self._machines:
                if machine.broken is not None:
                    raise machine.broken

    def _connect(self, connect_machine: Callable[..., Any], **arguments: Any) -> Any:
        call = connect_arguments(**arguments)
        machine = self._watched(call.config)
        return connect_machine(machine, on_notice=call.on_notice, stop_on=call.stop_on, timeout=call.timeout)

    def _watched(
        self, server: ServerConfig | tuple[ServerConfig, ...], limits: ClusterConfig | None = None
    ) -> Lawful:
        made = new_machine(server, limits)
        limits = ClusterConfig() if limits is None else limits
        machine = LawfulCluster(made, limits=limits) if isinstance(made, Cluster) else Lawful(made)
        self._machines.append(machine)
        return machine


@functools.cache
def backend_of(name: str) -> SuiteBackend:
    """Return a backend by its name, or by `module:name`.

    Raises `ValueError`, or what the import of the module raises.
    """
    if ":" in name:
        module_name, _, attribute = name.partition(":")
        return cast("SuiteBackend", getattr(importlib.import_module(module_name), attribute)())
    driver = name.removesuffix(LAWFUL)
    # Imported here: these modules import this one, and gevent must not be loaded for other drivers.
    if driver in ("asyncio", "uvloop", "trio"):
        from conformance.suite.loops import Loop

        return Loop(name)
    if driver in ("gevent", "gevent-patched"):
        from conformance.suite.greenlets import Greenlets

        return Greenlets(name)
    if driver in ("selectors", "reactor"):
        from conformance.suite.threads import Owned, Threads

        return Threads(name) if driver == "selectors" else Owned(name)
    raise ValueError(f"no backend {name!r}: {', '.join((*BACKEND_NAMES, 'gevent-patched'))}, or module:name")
