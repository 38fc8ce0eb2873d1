"""R-POLICY-01: which server of a cluster gets an action that some of their policies forbid."""

from collections.abc import Mapping
from typing import Any

import pytest

from ami_proto import Action, Backpressure, Cluster, Forbidden, MisuseError, NoServerReady, Policy, Snapshot
from ami_proto.routes import Failover, LeastPending, RoundRobin, Route, Standing, Sticky
from conformance.laws import LawfulCluster
from tests.ami_proto.cluster.fleet import Fleet, configs

PING = Action("Ping")
SETVAR = Action("Setvar", {"Variable": "x", "Value": "1"})
KEYS = ("east", "north", "west")
EVERY_ROUTE = (None, RoundRobin(), LeastPending(), Failover(KEYS))


def fleet_of(*observing: str, keys: tuple[str, ...] = KEYS, **options: Any) -> Fleet[LawfulCluster]:
    """Return a lawful cluster that is ready, some of whose servers may only be observed."""
    policies = {key: "observe" if key in observing else "all" for key in keys}
    servers = [configs(key, policy=policy, **options)[0] for key, policy in policies.items()]
    return Fleet(LawfulCluster(Cluster(servers, seed=1))).start().wait(1.0)


def written(fleet: Fleet[LawfulCluster], *servers: str) -> bytes:
    """Return everything that was written to these servers."""
    return b"".join(piece for server in servers for piece in fleet.written[server])


@pytest.mark.parametrize("route", EVERY_ROUTE)
def test_a_choice_falls_on_a_server_that_allows_the_action(route: Route | None) -> None:
    """R-POLICY-01: where the caller leaves the choice; what all may have still goes to all."""
    fleet = fleet_of("east", "west")
    assert {fleet.machine.submit(SETVAR, fleet.now, to=route).server for _ in range(4)} == {"north"}
    fleet.settle()
    assert b"Setvar" not in written(fleet, "east", "west")
    if route is None:
        assert {fleet.machine.submit(PING, fleet.now).server for _ in range(3)} == set(KEYS)


@pytest.mark.parametrize("key", ["east", "west"])
def test_an_action_for_a_server_goes_to_no_other(key: str) -> None:
    """R-POLICY-01: a caller that names a server gets its policy, also where others would allow the action."""
    fleet = fleet_of("east", "west")
    before = fleet.machine.snapshots()
    with pytest.raises(Forbidden, match=f"the policy for server '{key}' forbids Setvar"):
        fleet.machine.submit(SETVAR, fleet.now, to=key)
    assert fleet.machine.snapshots() == before
    fleet.settle()
    assert b"Setvar" not in written(fleet, *KEYS)


def test_a_sticky_action_goes_to_no_other_server() -> None:
    """R-POLICY-01, R-CLUSTER-05: what a key stands for is at its server alone."""
    fleet = fleet_of("east", "west")
    refused = 0
    for number in range(30):
        try:
            assert fleet.machine.submit(SETVAR, fleet.now, to=Sticky(str(number))).server == "north"
        except Forbidden:
            refused += 1
        fleet.settle()
    assert 0 < refused < 30


@pytest.mark.parametrize("route", EVERY_ROUTE)
def test_where_every_policy_forbids_it_the_refusal_says_so(route: Route | None) -> None:
    """R-POLICY-01: and the turns are as before."""
    fleet = fleet_of(*KEYS)
    before: Mapping[str, Snapshot] = fleet.machine.snapshots()
    for _ in range(2):
        with pytest.raises(Forbidden, match="the policy for server 'east' forbids Setvar"):
            fleet.machine.submit(SETVAR, fleet.now, to=route)
    assert fleet.machine.snapshots() == before
    assert [fleet.machine.submit(PING, fleet.now).server for _ in range(3)] == list(KEYS)


def away(fleet: Fleet[LawfulCluster], *servers: str) -> Fleet[LawfulCluster]:
    """Lose servers, which do not come back for now."""
    for server in servers:
        fleet.refusing.add(server)
        fleet.lose(server)
    return fleet


@pytest.mark.parametrize("server", ["north", "nobody"])
def test_a_server_that_the_route_cannot_have_forbids_nothing(server: str) -> None:
    """R-POLICY-01, R-CLUSTER-05: the one that the route names is away, or unknown; that is the reason."""
    fleet = away(fleet_of("east", "west"), "north")
    with pytest.raises(NoServerReady, match="'north'"):
        fleet.machine.submit(SETVAR, fleet.now, to=Failover((server,)))


@pytest.mark.parametrize("server", ["west", "north"])
def test_the_refusal_is_that_of_the_server_that_the_route_chose(server: str) -> None:
    """R-POLICY-01: not that of another server that forbids the action too."""
    fleet = fleet_of(*KEYS)
    with pytest.raises(Forbidden, match=f"the policy for server '{server}' forbids Setvar"):
        fleet.machine.submit(SETVAR, fleet.now, to=Failover((server, "east")))


@pytest.mark.parametrize("wait", [False, True])
def test_a_sticky_action_does_not_wait_for_another_server(wait: bool) -> None:
    """R-POLICY-01, R-CLUSTER-05: sticky keeps to its server, which forbids the action."""
    fleet = away(fleet_of("east"), "north", "west")
    with pytest.raises(Forbidden, match="the policy for server 'east' forbids Setvar"):
        fleet.machine.submit(SETVAR, fleet.now, to=Sticky("7"), wait=wait)


@pytest.mark.parametrize("route", [Failover(("west", "north")), Failover(("nobody", "west", "north"))])
def test_an_action_may_wait_for_a_listed_server_that_allows_it(route: Failover) -> None:
    """R-POLICY-01: also where a server that is not of the list is ready and allows it."""
    fleet = away(fleet_of("west"), "north")
    assert fleet.machine.submit(SETVAR, fleet.now, to=route, wait=True).server == "north"
    with pytest.raises(Forbidden, match="'west'"):
        fleet.machine.submit(SETVAR, fleet.now, to=route)


@pytest.mark.parametrize("route", [*EVERY_ROUTE, Failover(("east", "west"))])
def test_where_waiting_is_in_vain_a_ready_server_says_so(route: Route | None) -> None:
    """R-POLICY-01: and not one that is away."""
    fleet = away(fleet_of(*KEYS), "east")
    ready = "'west'" if route == Failover(("east", "west")) else "'north'"
    with pytest.raises(Forbidden, match=ready):
        fleet.machine.submit(SETVAR, fleet.now, to=route, wait=True)


@pytest.mark.parametrize("route", EVERY_ROUTE)
def test_each_policy_is_asked_once(route: Route | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-CLUSTER-07: equal ones together, to choose; and once more where the action is submitted."""
    asked: list[Policy] = []
    objection = Policy.objection

    def noted(policy: Policy, action: str, headers: Any) -> str | None:
        asked.append(policy)
        return objection(policy, action, headers)

    servers = [*configs("east", "north", policy="observe"), *configs("west")]
    fleet = Fleet(Cluster(servers, seed=1)).start().wait(1.0)  # without laws, which ask as well
    monkeypatch.setattr(Policy, "objection", noted)
    assert fleet.machine.submit(SETVAR, fleet.now, to=route).server == "west"
    assert asked == [Policy("observe")]
    with pytest.raises(Forbidden):
        fleet.machine.submit(SETVAR, fleet.now, to="east")
    assert asked == [Policy("observe")] * 2


@pytest.mark.parametrize("route", EVERY_ROUTE)
def test_a_full_server_that_allows_it_comes_before_one_that_forbids_it(route: Route | None) -> None:
    """R-POLICY-01, R-CLUSTER-05: "full" passes, "forbidden" does not, so the caller is told the first."""
    fleet = fleet_of("east", "west", max_pending_actions=1)
    fleet.silent.update(KEYS)
    fleet.machine.submit(PING, fleet.now, to="north")
    with pytest.raises(Backpressure, match="1 actions are pending"):
        fleet.machine.submit(SETVAR, fleet.now, to=route)


@pytest.mark.parametrize("route", EVERY_ROUTE)
def test_an_action_that_may_wait_waits_for_a_server_that_allows_it(route: Route | None) -> None:
    """R-POLICY-01: rather than be refused by those that are ready."""
    fleet = fleet_of("east", "west")
    fleet.refusing.add("north")
    fleet.lose("north")
    assert fleet.machine.submit(SETVAR, fleet.now, to=route, wait=True).server == "north"
    with pytest.raises(Forbidden):
        fleet.machine.submit(SETVAR, fleet.now, to=route)


def test_without_a_ready_server_the_refusal_is_about_that() -> None:
    """R-POLICY-01, R-CLUSTER-05: there is no server whose policy could be asked."""
    fleet = fleet_of("east", keys=("east",))
    fleet.refusing.add("east")
    fleet.lose("east")
    with pytest.raises(NoServerReady):
        fleet.machine.submit(SETVAR, fleet.now)
    with pytest.raises(Forbidden):
        fleet.machine.submit(SETVAR, fleet.now, wait=True)


def test_a_server_that_is_replaced_has_its_new_policy() -> None:
    """R-POLICY-01, R-CLUSTER-09."""
    fleet = fleet_of("east", keys=("east",))
    fleet.machine.replace(configs("east", policy=Policy(allow=("Setvar",)))[0], fleet.now, grace=0.0)
    fleet.settle().wait(2.0)
    assert fleet.machine.submit(SETVAR, fleet.now).server == "east"
    with pytest.raises(Forbidden):
        fleet.machine.submit(PING, fleet.now)


def test_who_asked_comes_with_the_notice_of_each_server() -> None:
    """R-POLICY-02."""
    fleet = fleet_of()
    for key in ("east", "west"):
        fleet.machine.submit(SETVAR, fleet.now, to=key, asked_by=f"ann at {key}")
    fleet.settle()
    told = {each.ticket.server: each.ticket.asked_by for each in fleet.outcomes().values()}
    assert told == {"east": "ann at east", "west": "ann at west"}


class Stubborn:
    """A route of a user that looks at no standing."""

    def choose(self, servers: Mapping[str, Standing]) -> str:
        """Return a server that forbids everything but observing."""
        return "east"


def test_a_route_that_ignores_the_policies_is_refused() -> None:
    """R-POLICY-01: the check is where the action is submitted, not in the routes."""
    fleet = fleet_of("east")
    with pytest.raises(Forbidden):
        fleet.machine.submit(SETVAR, fleet.now, to=Stubborn())
    with pytest.raises(MisuseError):
        fleet.machine.submit(SETVAR, fleet.now, to="nobody")
