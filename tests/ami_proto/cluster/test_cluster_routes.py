"""Which server an action goes to: the routes, and what they are told when none is ready."""

from typing import Any

import pytest

from ami_proto import (
    Action,
    MisuseError,
    NotReady,
    Reason,
    State,
)
from ami_proto.cluster.cluster import Cluster
from ami_proto.errors import NoServerReady
from ami_proto.routes import Failover, LeastPending, RoundRobin, Sticky
from tests.ami_proto.cluster.fleet import Fleet, configs, started

PING = Action("Ping")
KEYS = ("east", "north", "west")


def test_round_robin_gives_each_ready_server_its_turn() -> None:
    """R-CLUSTER-05: the default; a server that is not ready is passed over."""
    fleet = started(*KEYS)
    chosen = [fleet.machine.submit(PING, fleet.now).server for _ in range(6)]
    assert chosen == list(KEYS) * 2
    fleet.refusing.add("north")
    fleet.settle().lose("north")
    assert [fleet.machine.submit(PING, fleet.now, to=RoundRobin()).server for _ in range(4)] == [
        "east",
        "west",
    ] * 2


def test_failover_takes_the_first_of_its_list() -> None:
    """R-CLUSTER-05."""
    fleet = started(*KEYS)
    route = Failover(("north", "east"))
    assert fleet.machine.submit(PING, fleet.now, to=route).server == "north"
    fleet.refusing.update(KEYS)
    fleet.settle().lose("north")
    assert fleet.machine.submit(PING, fleet.now, to=route).server == "east"
    fleet.settle().lose("east")
    with pytest.raises(NoServerReady, match="no server for the route"):
        fleet.machine.submit(PING, fleet.now, to=route)


def test_least_pending_takes_the_idlest() -> None:
    """R-CLUSTER-05."""
    fleet = started(*KEYS)
    fleet.silent.update(KEYS)
    for key in ("east", "east", "north"):
        fleet.machine.submit(PING, fleet.now, to=key)
    assert [fleet.machine.submit(PING, fleet.now, to=LeastPending()).server for _ in range(4)] == [
        "west",
        "north",
        "west",
        "east",
    ]


def test_sticky_keeps_a_key_where_it_is() -> None:
    """R-CLUSTER-05: only the keys of a server that is gone move, and they spread."""
    fleet = started(*KEYS)
    fleet.refusing.add("north")

    def homes() -> dict[str, str]:
        keys = [f"caller{number}" for number in range(90)]
        return {key: fleet.machine.submit(PING, fleet.now, to=Sticky(key)).server for key in keys}

    before = homes()
    assert {list(before.values()).count(key) > 15 for key in KEYS} == {True}
    fleet.settle().lose("north")
    after = homes()
    assert {after[key] for key in before if before[key] == "north"} == {"east", "west"}
    assert all(after[key] == home for key, home in before.items() if home != "north")
    fleet.refusing.clear()
    fleet.wait(120.0)
    assert homes() == before, "a server that comes back has its keys again"


def test_none_ready_names_why_for_each_server() -> None:
    """R-CLUSTER-05: one sentence, with state and last cause; nothing is changed."""
    fleet = started(*KEYS)
    fleet.refusing.update(KEYS)
    for key in KEYS:
        fleet.lose(key)
    with pytest.raises(NotReady) as caught:
        fleet.machine.submit(PING, fleet.now)
    assert isinstance(caught.value, NoServerReady)
    assert list(caught.value.servers) == list(KEYS)
    causes = [each.cause and each.cause.reason for each in caught.value.servers.values()]
    assert set(causes) <= {Reason.EOF, Reason.REFUSED}
    assert all(repr(key) in str(caught.value) for key in KEYS)
    assert "\n" not in str(caught.value)
    with pytest.raises(NoServerReady, match="there are no servers"):
        Fleet(Cluster(seed=1)).start().machine.submit(PING, 0.0)


def test_an_action_that_may_wait_is_given_to_a_server_that_may_come() -> None:
    """R-CLUSTER-05: in turns, and it is sent once that server is READY."""
    machine = Cluster(configs(*KEYS), seed=1)
    fleet = Fleet(machine)
    machine.start(0.0)
    tickets = [machine.submit(PING, 0.0, wait=True) for _ in range(3)]
    assert sorted(each.server for each in tickets) == sorted(KEYS)
    fleet.settle().wait(5.0)
    assert all(fleet.outcomes()[each.action_id].succeeded for each in tickets)


class Stubborn:
    """A route that chooses what it was not offered."""

    def choose(self, servers: object) -> str:
        return "elsewhere"


def test_wrong_targets_are_typed_and_one_sentence() -> None:
    """R-CLUSTER-05: an unknown key, a route that chooses a stranger, and no route at all."""
    fleet = started(*KEYS)
    targets: tuple[tuple[Any, str], ...] = (
        ("nort", "no server 'nort' here"),
        (Stubborn(), "which it was not offered"),
        (7, "to must be the key of a server, or a route"),
    )
    for target, what in targets:
        with pytest.raises(MisuseError, match=what):
            fleet.machine.submit(PING, fleet.now, to=target)
    assert fleet.settle().outcomes() == {}


class Meddling:
    """A route that asks the machine for something while it chooses."""

    def __init__(self, machine: Cluster) -> None:
        self.machine = machine

    def choose(self, servers: object) -> str:
        self.machine.stop(0.0)
        return "east"


def test_a_route_may_ask_for_nothing() -> None:
    """Requests are refused from inside a route, as from inside a predicate."""
    fleet = started(*KEYS)
    with pytest.raises(MisuseError, match="from inside"):
        fleet.machine.submit(PING, fleet.now, to=Meddling(fleet.machine))
    assert set(fleet.machine.states.values()) == {State.READY}
