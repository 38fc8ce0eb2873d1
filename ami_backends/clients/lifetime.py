"""The one life of a client: it is made, started once, and closed once; and what a forgotten one says."""

import os
import secrets
import warnings
from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar, cast

from ami_backends.clients.fleet import ServerConfigs, ServerStatus, as_configs
from ami_backends.clients.waiters import Waiters
from ami_proto import Cluster, ClusterConfig, Connection, MisuseError, ServerConfig, Snapshot, State
from ami_proto.drivers import Machine, ServerKey, brief_names


class MachineRunner(Protocol):
    """What runs a machine: the part that every client uses. It must not refer to the client.

    So a client that the program has forgotten becomes garbage while its connection lives, and can warn.
    """

    waiters: Waiters

    @property
    def cut(self) -> bool:
        """Whether it ended because its loop did, and not by `stop` or an error."""

    def stop_soon(self) -> None:
        """Post a stop. Safe in any thread, signal handler and finaliser."""


AnyRunner = TypeVar("AnyRunner", bound=MachineRunner)


class Life(Generic[AnyRunner]):
    """Where a client is between its making and its end.

    The machine is made when the client is started, and not before: the children of a process that forks in
    between would draw the same ActionIDs and pauses from it.
    """

    def __init__(
        self, server: ServerConfig | ServerConfigs | Machine, limits: ClusterConfig | None = None
    ) -> None:
        self._server = _checked(server)
        if limits is not None and not isinstance(self._server, tuple):
            raise MisuseError(
                "limits are those of many servers: pass several ServerConfigs, or a list of one"
            )
        self._limits = limits
        if isinstance(self._server, ServerConfig):
            self._names = repr(self._server.key)
        elif isinstance(self._server, tuple):
            self._names = brief_names(repr(config.key) for config in self._server) or "no server"
        else:
            self._names = brief_names(map(repr, self._server.servers))
        self._begun = self.closed = False
        self.runner: AnyRunner | None = None
        """What runs the machine, or ran it; None before `start`."""
        self._process = os.getpid()

    @property
    def begun(self) -> AnyRunner:
        """What runs the machine. Raises `MisuseError` before `start`."""
        if self.runner is None:
            what = "was closed before it was started" if self.closed else "was not started"
            raise MisuseError(f"the client of {self._names} {what}")
        return self.runner

    def begin(self) -> Machine:
        """Return the machine to start. Raises `MisuseError` if this client was started or closed before."""
        self.refuse_closed()
        if self._begun:
            raise MisuseError(f"the client of {self._names} was started before")
        self._begun = True
        return new_machine(self._server, self._limits)

    def refuse_closed(self) -> None:
        """Raise `MisuseError` if this client was closed."""
        if self.closed:
            raise MisuseError(f"the client of {self._names} was closed: make a new one")

    def set_runner(self, runner: AnyRunner) -> None:
        """Note what runs the machine."""
        self._process = os.getpid()
        self.runner = runner

    def fail_to_begin(self) -> None:
        """Forget `begin`: nothing was started, and it may be tried again."""
        self._begun = False

    def close(self) -> None:
        """Note that the program closed the client."""
        self.closed = True

    def forget(self, client: object) -> None:
        """Warn that the client is garbage and was never closed, and have it log off.

        For finalisers, which may run in any thread and inside the engine: this only posts to the mailbox.
        """
        runner = self.runner
        if self.closed or runner is None or os.getpid() != self._process:
            return
        if runner.cut or not runner.waiters.ended:
            runner.stop_soon()
            what = f"the client of {self._names} was never closed: call close, or use running"
            warnings.warn(what, ResourceWarning, stacklevel=3, source=client)

    # -- what a client shows at any time

    @property
    def state(self) -> State:
        """State of the connection: CLOSED before the start."""
        return State.CLOSED if self.runner is None else self.runner.waiters.state

    @property
    def listener_errors(self) -> int:
        """How often `on_notice` raised."""
        return 0 if self.runner is None else self.runner.waiters.listener_errors

    @property
    def log_errors(self) -> int:
        """How many log records were lost."""
        return 0 if self.runner is None else self.runner.waiters.log_errors

    def first_snapshots(self) -> Mapping[ServerKey, Snapshot] | None:
        """Return the health of a client that was not started, None after the start."""
        return new_machine(self._server, self._limits).snapshots() if self.runner is None else None

    def first_servers(self) -> Mapping[ServerKey, ServerStatus] | None:
        """Return how each server of a client stands that was not started, None after the start."""
        if self.runner is not None:
            return None
        servers = new_machine(self._server, self._limits).servers
        return {key: ServerStatus(config, State.CLOSED, None) for key, config in servers.items()}


def new_machine(
    server: ServerConfig | tuple[ServerConfig, ...] | Machine, limits: ClusterConfig | None = None
) -> Machine:
    """Return a machine that nothing else drives, or the caller's own."""
    # Random, so that clients of many processes do not reconnect to a server at the same moments.
    seed = secrets.randbits(64)
    if isinstance(server, ServerConfig):
        return Connection(server, seed=seed)
    return Cluster(server, seed=seed, limits=limits) if isinstance(server, tuple) else server


def _checked(server: object) -> ServerConfig | tuple[ServerConfig, ...] | Machine:
    """Return what a client was made of. Raises `MisuseError` for anything else."""
    if isinstance(server, ServerConfig):
        return server
    if hasattr(server, "poll_command"):
        return cast("Machine", server)
    return as_configs(server)
