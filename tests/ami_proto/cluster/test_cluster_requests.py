"""What a cluster owes its driver and its caller in each call: the time, refusals, rests that end, errors."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ami_proto import (
    Action,
    Filter,
    Message,
    MisuseError,
)
from ami_proto.cluster.cluster import Cluster
from ami_proto.cluster.members import Member
from ami_proto.config.limits import ClusterConfig
from ami_proto.drivers import Look, SessionId, Watch
from ami_proto.routes import RoundRobin
from tests.ami_proto.cluster.fleet import configs, events, started

PING = Action("Ping")


def test_each_request_is_refused_from_inside_a_predicate() -> None:
    """L3: also those that the state would refuse."""
    fleet = started("east")
    machine, refused = fleet.machine, []
    subscription = machine.subscribe(Filter(("Else",)))
    ticket = machine.submit(PING, fleet.now)
    (config,) = configs("west")
    requests: list[Callable[[], object]] = [
        lambda: machine.start(fleet.now),
        lambda: machine.stop(fleet.now),
        lambda: machine.add(config, fleet.now),
        lambda: machine.remove("east", fleet.now),
        lambda: machine.replace(config, fleet.now),
        lambda: machine.submit(PING, fleet.now),
        lambda: machine.submit(PING, fleet.now, to=RoundRobin()),
        lambda: machine.cancel(ticket, fleet.now),
        lambda: machine.subscribe(Filter()),
        lambda: machine.unsubscribe(subscription),
    ]

    def where(_message: Message) -> bool:
        for request in requests:
            with pytest.raises(MisuseError, match="from inside"):
                request()
            refused.append(request)
        return True

    machine.subscribe(Filter(("Tick",), where=where))
    fleet.tell("east", events("Tick", range(1)))
    assert refused == requests


def test_each_request_brings_the_time() -> None:
    """R-CLUSTER-08: what is due at once is due at the latest time that was told."""
    machine = Cluster(configs("east"), seed=1)
    machine.start(2.0)
    assert machine.poll_timeout() == 2.0
    machine.add(configs("west")[0], 3.0)
    assert machine.poll_timeout() == 3.0
    ticket = machine.submit(PING, 4.0, to="east", wait=True)
    assert machine.poll_timeout() == 4.0
    machine.cancel(ticket, 5.0)
    assert machine.poll_timeout() == 5.0
    machine.remove("west", 6.0)
    assert machine.poll_timeout() == 6.0
    machine.replace(configs("east")[0], 7.0)
    assert machine.poll_timeout() == 7.0
    machine.stop(8.0)
    assert machine.poll_timeout() == 8.0
    machine.cancel(ticket, 1.0)
    assert machine.poll_timeout() == 8.0, "never backwards"


@pytest.mark.parametrize("now", [float("nan"), float("inf"), 1e13])
def test_a_cluster_without_servers_refuses_it_too(now: float) -> None:
    """L3: no connection does it for the cluster then."""
    machine = Cluster(seed=1)
    with pytest.raises(MisuseError, match="is no time"):
        machine.start(now)
    assert machine.stopped
    machine.start(0.0)
    with pytest.raises(MisuseError, match="is no time"):
        machine.stop(now)
    assert not machine.stopped


def test_the_secret_of_each_server_stays_hidden() -> None:
    """R-OBS-04: of those that were added, removed and replaced as well."""
    (east,), (west,) = configs("east", secret="eastern-secret"), configs("west", secret="western-secret")
    machine = Cluster([east], seed=1)
    machine.add(west, 0.0)
    machine.remove("west", 0.0)
    machine.replace(replace(east, secret="later-secret"), 0.0)
    shown = machine.redaction.text("eastern-secret western-secret later-secret")
    assert "-secret" not in shown


def test_a_time_beyond_all_times_is_ignored() -> None:
    """L2: as by a connection."""
    machine = Cluster(configs("east"), seed=1)
    machine.start(0.0)
    for now in (1e12, float("nan"), -1.0):
        machine.handle_timeout(now)
    assert machine.poll_timeout() == 0.0


def test_a_cluster_that_was_not_started_has_nothing_to_do() -> None:
    machine = Cluster(configs("east"), seed=1)
    assert (machine.stopped, machine.poll_timeout(), machine.poll_command()) == (True, None, None)


def test_a_budget_of_messages_is_exact() -> None:
    """R-CLUSTER-02: those that a subscription wanted, from the first one on."""
    for count in (4, 5):
        fleet = started("east", "west", limits=ClusterConfig(round_messages=5))
        fleet.machine.subscribe(Filter(("Tick",)))
        fleet.tell("west", events("Tick", range(1)))
        fleet.tell("east", events("Else", range(9)) + events("Tick", range(count)))
        assert fleet.machine._rounds.rests("east") is (count == 5)


def test_a_rest_that_is_over_leaves_nothing_to_do() -> None:
    """R-CLUSTER-02: the driver was told, and an event that nobody wants wakes it no more."""
    fleet = started("east", "west", limits=ClusterConfig(round_frames=5))
    fleet.tell("west", events("Tick", range(1)))
    fleet.tell("east", events("Tick", range(9)))
    assert fleet.machine._rounds.rests("east")
    fleet.settle()
    assert fleet.reads("east")
    fleet.tell("east", events("Tick", range(1)))
    due = fleet.machine.poll_timeout()
    assert due is not None
    assert due > fleet.now


def test_a_look_is_told_although_the_watch_before_it_changes_nothing() -> None:
    """R-CLUSTER-02: a pause of reading ends in the middle of a rest."""
    session = SessionId("east", 1)
    reads, pauses = Watch(session, read=True, write=False), Watch(session, read=False, write=False)
    commands: list[Any] = [reads, pauses, reads, Look(session)]

    class Scripted:
        def poll_command(self) -> Any:
            return commands.pop(0) if commands else None

    member = Member(Scripted())  # type: ignore[arg-type]
    assert member.poll_command(resting=False) == reads
    assert member.poll_command(resting=True) == pauses
    assert member.poll_command(resting=True) == Look(session)
    assert member.poll_command(resting=True) is None
    member.rest_changed = True
    assert member.poll_command(resting=False) == reads


def test_each_round_counts_its_own_messages() -> None:
    """R-CLUSTER-02: three in each of three rounds are not nine."""
    fleet = started("east", "west", limits=ClusterConfig(round_messages=5))
    fleet.machine.subscribe(Filter(("Tick",)))
    for _ in range(3):
        fleet.tell("west", events("Tick", range(1)))
        fleet.tell("east", events("Tick", range(3)))
        assert not fleet.machine._rounds.rests("east")
        fleet.machine.handle_timeout(fleet.now)


def test_an_error_says_that_there_are_no_servers() -> None:
    with pytest.raises(MisuseError, match=r"there are none$"):
        Cluster(seed=1).submit(PING, 0.0, to="east")


@pytest.mark.parametrize(
    ("count", "end"), [(4, "'pbx3'"), (5, "'pbx4'"), (6, "'pbx4' and 1 more"), (9, "'pbx4' and 4 more")]
)
def test_an_error_names_the_first_servers(count: int, end: str) -> None:
    machine = Cluster(configs(*(f"pbx{number}" for number in range(count))), seed=1)
    with pytest.raises(MisuseError) as refused:
        machine.submit(PING, 0.0, to="east")
    assert str(refused.value).startswith("no server 'east' here: there are 'pbx0', 'pbx1', 'pbx2', ")
    assert str(refused.value).endswith(end)
