"""How a cluster chooses the server of an action: `submit(action, now, to=route)`.

A route is a value. It is told which servers may take the action, and returns the key of one; it has no
reference to the engine, so that it can be written, kept, compared and tested by itself. Any object with
`choose` is a route.

The servers come in the order of their turns: first the one whose latest action is the oldest. So the first
of them is round robin.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ami_proto.errors import ConfigError, MisuseError
from ami_proto.values import ServerKey, State, plain

__all__ = ["Failover", "LeastPending", "RoundRobin", "Route", "Standing", "Sticky"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a route knows of a server."""

    server: ServerKey
    state: State
    actions_pending: int
    """Actions of the application that it has not answered, or that wait for it."""
    full: bool = False
    """Whether these are as many as there may be: the server refuses an action with `Backpressure`."""
    forbids: bool = False
    """Whether its policy does not allow the action: the server refuses it with `Forbidden`."""


class Route(Protocol):
    """Choose a server."""

    def choose(self, servers: Mapping[ServerKey, Standing]) -> ServerKey | None:
        """Return the key of one of these servers; None if none of them will do.

        All of them are ready; or, for an action that may wait, all of them may become ready. There is at
        least one. A standing is made when it is looked at: a route that looks at few servers costs little.
        """


def chosen(route: Route, servers: Mapping[ServerKey, Standing]) -> ServerKey | None:
    """Return the server that a route chooses; None if none will do. Raises `MisuseError` for any other."""
    given: object = route  # a class has `choose` as well, but no server to call it with
    if isinstance(given, type) or not callable(getattr(given, "choose", None)):
        raise MisuseError("to must be the key of a server, or a route: an object with choose()")
    server = plain(route.choose(servers))
    if server is None:
        return None
    if not isinstance(server, str) or server not in servers:
        raise MisuseError(f"the route chose {server!r}, which it was not offered")
    return server


@dataclass(frozen=True, slots=True)
class RoundRobin:
    """The server whose latest action is the oldest, of those that allow the action and are not full."""

    def choose(self, servers: Mapping[ServerKey, Standing]) -> ServerKey | None:
        """Return the first."""
        return _first(servers, servers)


@dataclass(frozen=True, slots=True)
class LeastPending:
    """The server with the fewest open actions; among equals the one whose latest action is the oldest.

    A server that forbids the action gets none while another allows it.
    """

    def choose(self, servers: Mapping[ServerKey, Standing]) -> ServerKey | None:
        """Return the one with the fewest."""
        loads: dict[ServerKey, tuple[bool, bool, int]] = {}
        for server in servers:
            standing = servers[server]
            if not standing.actions_pending and not standing.forbids:
                return server  # none has fewer; and of a thousand servers not all need to be looked at
            loads[server] = standing.forbids, standing.full, standing.actions_pending
        return min(loads, key=loads.__getitem__)


@dataclass(frozen=True, slots=True)
class Failover:
    """The first of a list that is ready, allows the action and is not full.

    Raises `ConfigError` for an empty list.
    """

    servers: tuple[ServerKey, ...]

    def __post_init__(self) -> None:
        servers: object = self.servers
        if not isinstance(servers, tuple | list) or not servers:
            raise ConfigError("servers", "must be a sequence of server keys, at least one")
        object.__setattr__(self, "servers", tuple(map(plain, servers)))

    def choose(self, servers: Mapping[ServerKey, Standing]) -> ServerKey | None:
        """Return the first of the list that is among the servers."""
        return _first([server for server in self.servers if server in servers], servers)


@dataclass(frozen=True, slots=True)
class Sticky:
    """The same server for the same key, as long as it is ready; also if its policy forbids the action.

    When a server goes, only its own keys move, and each to another server; when it comes back, so do they.
    """

    key: str

    def choose(self, servers: Mapping[ServerKey, Standing]) -> ServerKey | None:
        """Return the server that ranks highest for the key."""
        return max(servers, key=self._rank)

    def _rank(self, server: ServerKey) -> bytes:
        pair = f"{len(server)}:{server}:{plain(self.key)}"
        return hashlib.blake2b(pair.encode(errors="surrogatepass"), digest_size=8).digest()


def _first(wanted: Iterable[ServerKey], servers: Mapping[ServerKey, Standing]) -> ServerKey | None:
    """Return the first that allows the action and is not full.

    Where none is so, return the first that allows it, or else the first: its refusal says why.
    """
    full: ServerKey | None = None
    forbidding: ServerKey | None = None
    for server in wanted:
        standing = servers[server]
        if standing.forbids:
            forbidding = server if forbidding is None else forbidding
        elif not standing.full:
            return server
        else:
            full = server if full is None else full
    return forbidding if full is None else full
