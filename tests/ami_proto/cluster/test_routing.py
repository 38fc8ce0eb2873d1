"""Routes at bad moments: servers that are full, and routes that are no routes (R-CLUSTER-05)."""

from collections.abc import Mapping
from typing import Any

import pytest

from ami_proto import (
    Action,
    Backpressure,
    Cluster,
    ConfigError,
    Connection,
    MisuseError,
    NoServerReady,
    NotReady,
    State,
)
from ami_proto.routes import Failover, LeastPending, RoundRobin, Route, Standing, Sticky
from tests.ami_proto.cluster.fleet import Fleet, configs, started

PING = Action("Ping")


def filled() -> Fleet[Any]:
    """Return a cluster whose server `east` says nothing and has as many actions as it may."""
    fleet = started("east", "west", max_pending_actions=3)
    fleet.silent.add("east")
    for _ in range(3):
        fleet.machine.submit(PING, fleet.now, to="east")
    return fleet.settle()


@pytest.mark.parametrize("route", [None, RoundRobin(), LeastPending(), Failover(("east", "west"))])
def test_a_full_server_keeps_no_action_from_another(route: Route | None) -> None:
    """R-CLUSTER-05: one server that hangs is no reason to refuse what another could do."""
    fleet = filled()
    for _ in range(5):
        assert fleet.machine.submit(PING, fleet.now, to=route).server == "west"
        fleet.settle()


@pytest.mark.parametrize("route", [None, LeastPending(), Failover(("west", "east"))])
def test_where_all_are_full_the_refusal_says_so(route: Route | None) -> None:
    """R-CLUSTER-05: and a sticky action goes to no other server."""
    fleet = filled()
    fleet.silent.add("west")
    for _ in range(3):
        fleet.machine.submit(PING, fleet.now, to="west")
    with pytest.raises(Backpressure, match="3 actions are pending"):
        fleet.machine.submit(PING, fleet.now, to=route)


def test_a_sticky_action_keeps_to_its_server() -> None:
    """R-CLUSTER-05: also where that is full."""
    fleet = filled()
    refused = 0
    for number in range(20):
        try:
            assert fleet.machine.submit(PING, fleet.now, to=Sticky(str(number))).server == "west"
        except Backpressure:
            refused += 1
        fleet.settle()
    assert 0 < refused < 20


def test_the_least_pending_server_is_one_with_room() -> None:
    """R-CLUSTER-05: where fewer actions are more than a server may have."""
    fleet = started("east", max_pending_actions=1)
    fleet.machine.add(configs("west")[0], fleet.now)
    fleet.settle().wait(1.0)
    fleet.silent.update(("east", "west"))
    for key in ("east", "west", "west"):
        fleet.machine.submit(PING, fleet.now, to=key)
    assert fleet.machine.submit(PING, fleet.now, to=LeastPending()).server == "west"


class Careless:
    """A route that returns something else than a key."""

    def choose(self, servers: object) -> Any:
        return ["east"]


@pytest.mark.parametrize(
    ("route", "what"),
    [(RoundRobin, "a route: an object"), (Careless(), "which it was not offered"), (Careless, "a route: an")],
)
def test_a_route_that_is_none_is_refused(route: Any, what: str) -> None:
    """R-CLUSTER-05: the class of a route is no route, and a list is no key."""
    fleet = started("east", "west")
    with pytest.raises(MisuseError, match=what):
        fleet.machine.submit(PING, fleet.now, to=route)


class Failing:
    """A route that fails."""

    def choose(self, servers: object) -> str:
        raise ZeroDivisionError


def test_the_error_of_a_route_reaches_its_caller_and_changes_nothing() -> None:
    """R-CLUSTER-05: requests are taken again afterwards."""
    fleet = started("east", "west")
    with pytest.raises(ZeroDivisionError):
        fleet.machine.submit(PING, fleet.now, to=Failing())
    assert fleet.machine.submit(PING, fleet.now).server == "east"


def test_no_action_goes_to_a_server_that_is_leaving() -> None:
    """R-CLUSTER-05: neither while it says goodbye, nor to wait for one that is CLOSED."""
    fleet = started("east", "west")
    fleet.silent.add("east")
    fleet.machine.remove("east", fleet.now)
    assert fleet.machine.states["east"] is State.CLOSING
    assert {fleet.machine.submit(PING, fleet.now).server for _ in range(5)} == {"west"}
    fleet.machine.stop(fleet.now)
    with pytest.raises(NoServerReady, match="'east' is closing"):
        fleet.machine.submit(PING, fleet.now, wait=True)

    machine = Cluster(configs("east", "west"), seed=1)
    machine.start(0.0)
    machine.remove("east", 0.0)
    assert machine.states["east"] is State.CLOSED
    assert {machine.submit(PING, 0.0, wait=True).server for _ in range(5)} == {"west"}


class Counting:
    """A route that asks how many servers there are."""

    def choose(self, servers: Mapping[str, Standing]) -> str | None:
        assert len(servers) == len(list(servers))
        return list(servers)[-1] if len(servers) == 2 else None


def test_a_route_may_count_its_servers() -> None:
    """R-CLUSTER-05: what it is told is a mapping."""
    fleet = started("east", "west")
    assert fleet.machine.submit(PING, fleet.now, to=Counting()).server == "west"
    with pytest.raises(NoServerReady):
        started("east", "north", "west").machine.submit(PING, 1.0, to=Counting())


class Preferring:
    """A route that looks for one server, and takes any other one where that is not ready."""

    def __init__(self, server: str) -> None:
        self.server = server

    def choose(self, servers: Mapping[str, Standing]) -> str | None:
        standing = servers.get(self.server)
        return next(iter(servers)) if standing is None else standing.server


def test_a_route_may_look_for_a_server_that_is_not_ready() -> None:
    """R-CLUSTER-05: a mapping has None for it, also for a server that is there and not ready."""
    fleet = started("east", "west")
    fleet.silent.add("west")
    for wanted, found in (("west", "west"), ("nowhere", "east")):
        assert fleet.machine.submit(PING, fleet.now, to=Preferring(wanted)).server == found
    fleet.machine.remove("west", fleet.now)
    assert fleet.machine.submit(PING, fleet.now, to=Preferring("west")).server == "east"


def test_failover_needs_a_server() -> None:
    """R-CONF-01."""
    refused: tuple[Any, ...] = ((), [], "east", None)
    for nonsense in refused:
        with pytest.raises(ConfigError, match="servers: must be a sequence of server keys"):
            Failover(nonsense)


def test_a_connection_takes_routes_as_well() -> None:
    """R-CLUSTER-05, R-DRIVER-07: the same program for one server; a route that excludes it is refused."""
    (config,) = configs("east")
    fleet = Fleet(Connection(config, seed=1)).start().wait(1.0)
    routes: list[Route] = [RoundRobin(), LeastPending(), Sticky("x"), Failover(("west", "east"))]
    for route in routes:
        assert fleet.machine.submit(PING, fleet.now, to=route).server == "east"
    with pytest.raises(NotReady, match="'east' is ready, and no server of the route"):
        fleet.machine.submit(PING, fleet.now, to=Failover(("west",)))
    assert list(fleet.machine.snapshots()) == list(fleet.machine.servers) == ["east"]
