"""Clients of many servers: the machine that they drive, and how each server stands.

A client of one server has a `Connection`, one of many a `Cluster`. Both are machines to a driver; only the
second has servers that come and go.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ami_proto import Disconnect, MisuseError, ServerConfig, Snapshot, State
from ami_proto.drivers import Machine, ServerKey


@runtime_checkable
class Fleet(Protocol):
    """What a machine has whose servers come and go, as those of `Cluster` do."""

    @property
    def leaving(self) -> Collection[ServerKey]:
        """The servers that are removed as soon as they have ended, and not replaced."""

    def add(self, config: ServerConfig, now: float) -> None:
        """Add a server."""

    def remove(self, server: ServerKey, now: float, *, grace: float | None = None) -> None:
        """Stop a server, and forget it then."""

    def replace(self, config: ServerConfig, now: float, *, grace: float | None = None) -> None:
        """Remove the server with this key, and add it with this configuration then."""


ServerConfigs = Iterable[ServerConfig] | Mapping[ServerKey, ServerConfig]
"""The configurations of many servers, as a program has them or as `read_servers` returns them."""

Change = Callable[[Fleet, float], None]
"""A request that changes which servers there are; the number is the time."""


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """How one server of a client stood at one moment."""

    config: ServerConfig
    state: State
    last_cause: Disconnect | None
    """Why the latest attempt or session ended, unless it is READY."""
    given_up: bool = False
    """Whether it is CLOSED although nobody stopped it: nothing is tried until it is replaced."""

    @property
    def ending(self) -> bool:
        """Whether the application has stopped it: it is removed or replaced as soon as it has ended."""
        return self.state in (State.CLOSING, State.CLOSED) and not self.given_up


@dataclass(frozen=True, slots=True)
class FleetChanges:
    """The servers that `reconfigure` changed; false if it changed nothing."""

    added: tuple[ServerKey, ...] = ()
    removed: tuple[ServerKey, ...] = ()
    replaced: tuple[ServerKey, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.replaced)

    def make(
        self, fleet: Fleet, wanted: Mapping[ServerKey, ServerConfig], now: float, grace: float | None
    ) -> None:
        """Have a machine make them."""
        leaving = fleet.leaving
        for key in self.removed:
            fleet.remove(key, now, grace=grace)
        for key in self.replaced:
            fleet.replace(wanted[key], now, grace=grace)
        for key in self.added:
            if key in leaving:  # it was removed before, and has not ended yet
                fleet.replace(wanted[key], now, grace=grace)
            else:
                fleet.add(wanted[key], now)


def changes_between(
    present: Mapping[ServerKey, ServerStatus], wanted: Mapping[ServerKey, ServerConfig]
) -> FleetChanges:
    """Return what has to change. `present` are the servers that nobody has removed.

    A server that is being replaced is replaced once more: it is not known here by which configuration.
    """
    return FleetChanges(
        tuple(key for key in wanted if key not in present),
        tuple(key for key in present if key not in wanted),
        tuple(
            key
            for key, status in present.items()
            if key in wanted and (status.ending or status.config != wanted[key])
        ),
    )


def only(snapshots: Mapping[ServerKey, Snapshot]) -> Snapshot:
    """Return the snapshot of the only server. Raises `MisuseError` where there are many, or none."""
    if len(snapshots) != 1:
        raise MisuseError(f"this client has {len(snapshots)} servers: snapshots() has the health of each")
    return next(iter(snapshots.values()))


def as_configs(servers: object) -> tuple[ServerConfig, ...]:
    """Return the configurations of many servers. Raises `MisuseError` for anything else."""
    if isinstance(servers, Mapping):  # as `read_servers` returns it
        servers = servers.values()
    if not isinstance(servers, Iterable) or isinstance(servers, str):
        servers = (servers,)
    return tuple(checked_config(each) for each in servers)


def by_key(configs: Iterable[ServerConfig]) -> dict[ServerKey, ServerConfig]:
    """Return configurations by their keys. Raises `MisuseError` if two have the same one."""
    found: dict[ServerKey, ServerConfig] = {}
    for config in configs:
        if found.setdefault(config.key, config) is not config:
            raise MisuseError(f"two configurations have the key {config.key!r}")
    return found


def checked_config(server: object) -> ServerConfig:
    """Return the configuration of one server. Raises `MisuseError` for anything else."""
    if not isinstance(server, ServerConfig):
        raise MisuseError(f"a client takes ServerConfigs or a machine, not {type(server).__name__}")
    return server


def as_fleet(machine: Machine) -> Fleet:
    """Return a machine whose servers come and go. Raises `MisuseError` for the machine of one server."""
    if not isinstance(machine, Fleet):
        raise MisuseError("this client has one server for life: connect_cluster makes one of many")
    return machine
