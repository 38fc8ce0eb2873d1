"""What a fact, a poll and a queue cost: the same, however many servers there are."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

import ami_proto as ami
from ami_proto import (
    Action,
    Filter,
    Overflow,
    Reason,
)
from ami_proto.cluster.cluster import Cluster
from ami_proto.config.limits import ClusterConfig
from ami_proto.drivers import SessionId
from conformance.laws.playbook import frame
from tests.ami_proto.cluster.fleet import Fleet, configs, events, started

PING = Action("Ping")


def calls_of(fleet: Fleet[Cluster], server: str) -> int:
    """Return how many Python functions it takes to handle an event of a server and to drain everything."""
    count = 0

    def note(_frame: object, kind: str, _argument: object) -> None:
        nonlocal count
        count += kind == "call"

    data, session, machine = events("Tick", range(3)), fleet.sessions[server], fleet.machine
    sys.setprofile(note)
    try:
        machine.handle_received(session, data, fleet.now)
        while machine.poll_notice() is not None or machine.poll_command() is not None:
            pass
        machine.poll_timeout()
        machine.handle_timeout(fleet.now)
        assert not machine.stopped
        assert machine.frames_received >= machine.events_received > 0
    finally:
        sys.setprofile(None)
    return count


def test_polling_costs_the_same_however_many_servers_there_are() -> None:
    """R-CLUSTER-07: 10 and 1000, counted in calls."""
    counts = []
    for size in (10, 1000):
        limits = ClusterConfig(connect_rate=1e6, connect_burst=1000, connecting_max=1000)
        fleet = started(*(f"pbx{number}" for number in range(size)), limits=limits)
        subscription = fleet.machine.subscribe(Filter(("Tick",)), limit=1000)
        calls_of(fleet, "pbx7")  # the queues of this name are found once
        counts.append(calls_of(fleet, "pbx7"))
        assert subscription.depth == 6
    assert counts[0] == counts[1]


@pytest.mark.parametrize("policy", Overflow)
def test_queues_beyond_their_share_cost_the_same_however_many_servers_there_are(policy: Overflow) -> None:
    """R-CLUSTER-07, R-CLUSTER-10: a push and a batch; in calls, and in the queues that are looked through."""
    counts = []
    for size in (10, 1000):
        limits = ClusterConfig(connect_rate=1e6, connect_burst=1000, connecting_max=1000)
        fleet = started(*(f"pbx{number}" for number in range(size)), limits=limits)
        subscription = fleet.machine.subscribe(
            Filter(("Tick",)), limit_bytes=100 * size, limit_bytes_total=200 * size, policy=policy
        )
        fleet.tell("pbx3", frame("Event: Tick", "X: " + "x" * 100 * size))
        fleet.settle()
        for _ in range(2):  # the names are known then, and the first drops were reported
            calls_of(fleet, "pbx7")
        queues, subscription.queues = subscription.queues, Unread(subscription.queues)
        counts.append(calls_of(fleet, "pbx7"))
        beyond = bool(subscription.pauses)
        assert len(fleet.machine.poll_messages(subscription, 2)) == 2
        subscription.queues = queues
        assert beyond or subscription.dropped, "the share of 100 bytes is exceeded"
    assert counts[0] == counts[1]


class Unread(list[Any]):
    """A list that nobody may go through."""

    def __iter__(self) -> Any:
        raise AssertionError("a call goes through all servers")


def test_frames_that_the_end_of_a_stream_completes_are_in_the_totals() -> None:
    """R-CLUSTER-06, R-WIRE-11."""
    fleet = started("east", "west")
    frames, seen = fleet.machine.frames_received, fleet.machine.events_received
    fleet.tell("east", b"Event: Tick\r\nNumber: 1\r\n\n")
    assert fleet.machine.events_received == seen
    fleet.refusing.add("east")
    fleet.lose("east")
    assert (fleet.machine.frames_received, fleet.machine.events_received) == (frames + 1, seen + 1)


@pytest.mark.parametrize(
    "fact",
    [
        lambda machine, session: machine.handle_connected(session, 5.0),
        lambda machine, session: machine.handle_received(session, b"", 5.0),
        lambda machine, session: machine.handle_drained(session, 5.0),
        lambda machine, session: machine.handle_sent(session, 0, 5.0),
        lambda machine, session: machine.handle_disconnected(session, ami.Disconnect(Reason.EOF), 5.0),
        lambda machine, _session: machine.handle_timeout(5.0),
    ],
)
@pytest.mark.parametrize("server", ["east", "nowhere"])
def test_each_fact_brings_the_time(fact: Callable[[Cluster, SessionId], None], server: str) -> None:
    """R-CLUSTER-08: what is due at once is due at the latest time that was told, of whichever server."""
    machine = Cluster(configs("east"), seed=1)
    machine.start(0.0)
    assert machine.poll_timeout() == 0.0
    fact(machine, SessionId(server, 7))
    assert machine.poll_timeout() == 5.0


def test_a_touched_server_is_looked_at_when_the_driver_asks() -> None:
    """R-CLUSTER-08: its deadline and its commands are true in each poll, whatever came before."""
    fleet = started("east", "west")
    machine = fleet.machine
    fleet.silent.add("east")
    machine.submit(PING, fleet.now, to="east", timeout=2.0)
    fleet.settle()
    assert machine.poll_timeout() == fleet.now + 2.0
    ticket = machine.submit(PING, fleet.now, to="east", timeout=1.0)
    while machine.poll_command() is not None:
        pass
    assert machine.poll_timeout() == fleet.now + 1.0
    machine.cancel(ticket, fleet.now)
    while machine.poll_notice() is not None or machine.poll_command() is not None:
        pass
    assert machine.poll_timeout() == fleet.now + 2.0
    fleet.tell("west", events("Tick", range(3)))
    assert machine.poll_timeout() == fleet.now + 2.0, "nobody wants these: there is nothing to do"
    machine.submit(PING, fleet.now, to="west")
    assert machine.poll_timeout() == fleet.now, "a command waits"
    assert machine.poll_command() is not None
    assert machine.poll_timeout() == fleet.now + 2.0


def test_dials_keep_the_rate_the_burst_and_the_number_under_way() -> None:
    """R-CLUSTER-03: each limit in its place."""
    limits = ClusterConfig(connect_rate=1.0, connect_burst=2, connecting_max=3)
    machine = Cluster(configs(*(f"pbx{number}" for number in range(6))), seed=1, limits=limits)
    machine.start(0.0)
    dialled = []
    for now in (0.0, 1.0, 2.0, 3.0):
        machine.handle_timeout(now)
        while (command := machine.poll_command()) is not None:
            dialled.append((now, command.session.server))
    assert dialled == [(0.0, "pbx0"), (0.0, "pbx1"), (1.0, "pbx2")]
