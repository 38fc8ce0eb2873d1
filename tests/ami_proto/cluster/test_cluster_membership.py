"""Servers that come, go and are replaced while the others run."""

from dataclasses import replace

import pytest

import ami_proto as ami
from ami_proto import (
    Action,
    Drops,
    Filter,
    Gap,
    Message,
    MisuseError,
    Overflow,
    Reason,
    State,
)
from ami_proto.cluster.cluster import Cluster
from ami_proto.drivers import Close, Connect
from tests.ami_proto.cluster.fleet import Fleet, configs, events, started

PING = Action("Ping")


def test_servers_come_and_go_without_touching_the_others() -> None:
    """R-CLUSTER-09."""
    fleet = started("east", "west")
    machine = fleet.machine
    (north,) = configs("north")
    untouched = len(fleet.written["west"])
    machine.add(north, fleet.now)
    fleet.settle().wait(2.0)
    assert machine.states["north"] is State.READY
    machine.remove("east", fleet.now)
    fleet.settle()
    assert list(machine.states) == ["west", "north"]
    assert len(fleet.written["west"]) == untouched
    with pytest.raises(MisuseError, match="no server 'east' here: there are 'west', 'north'"):
        machine.submit(PING, fleet.now, to="east")


def test_two_servers_with_one_key_are_refused() -> None:
    """R-CLUSTER-09: at the start, and later."""
    with pytest.raises(MisuseError, match="server 'east' is here already"):
        Cluster(configs("east", "east"), seed=1)
    fleet = started("east")
    with pytest.raises(MisuseError, match="is here already"):
        fleet.machine.add(configs("east")[0], fleet.now)
    with pytest.raises(MisuseError, match="no server 'nobody' here"):
        fleet.machine.remove("nobody", fleet.now)


def test_an_action_that_waits_for_a_removed_server_ends_with_the_reason() -> None:
    """R-CLUSTER-09."""
    fleet = Fleet(Cluster(configs("east", "west"), seed=1))
    fleet.refusing.add("east")
    fleet.start().wait(1.0)
    machine = fleet.machine
    ticket = machine.submit(PING, fleet.now, to="east", wait=True)
    machine.remove("east", fleet.now)
    fleet.settle()
    error = fleet.outcomes()[ticket.action_id].error
    assert isinstance(error, ami.ActionLost)
    assert error.cause.reason is Reason.STOPPED
    assert "connection refused" in str(error)
    assert list(machine.servers) == ["west"]


def test_a_key_that_comes_back_has_new_ids_and_later_sessions() -> None:
    """R-CLUSTER-09: an old ticket cancels no new action, an old fact names no new session."""
    fleet = started("east")
    machine = fleet.machine
    old_session = fleet.sessions["east"]
    fleet.silent.add("east")
    old = machine.submit(PING, fleet.now, to="east")
    fleet.settle()
    machine.remove("east", fleet.now, grace=0.0)
    fleet.settle().wait(1.0)
    assert list(machine.servers) == []
    fleet.silent.clear()
    machine.add(configs("east")[0], fleet.now)
    fleet.settle().wait(1.0)
    fleet.silent.add("east")
    assert fleet.sessions["east"].number > old_session.number
    new = machine.submit(PING, fleet.now, to="east")
    assert new.action_id.split(":")[1] != old.action_id.split(":")[1]
    machine.cancel(old, fleet.now)
    machine.handle_disconnected(old_session, ami.Disconnect(Reason.EOF), fleet.now)
    fleet.settle()
    assert machine.states["east"] is State.READY
    assert new.action_id not in fleet.outcomes()


def test_the_servers_that_leave_for_good_are_known_until_they_are_gone() -> None:
    """R-CLUSTER-09: one that is replaced stays."""
    fleet = started("east", "west")
    machine = fleet.machine
    assert list(machine.leaving) == []
    machine.remove("east", fleet.now)
    machine.replace(configs("west")[0], fleet.now)
    assert list(machine.leaving) == ["east"]
    assert list(machine.servers) == ["east", "west"]
    machine.remove("west", fleet.now)
    assert list(machine.leaving) == ["east", "west"]
    fleet.settle().wait(2.0)
    assert (list(machine.leaving), list(machine.servers)) == ([], [])


def test_a_replacement_begins_once_the_old_one_has_ended() -> None:
    """R-CLUSTER-09: with the new configuration; `add` of a key that is leaving raises."""
    fleet = started("east", "west")
    machine = fleet.machine
    (config,) = configs("east", host="192.0.2.77", secret="changed")
    fleet.commands.clear()
    machine.replace(config, fleet.now)
    with pytest.raises(MisuseError, match="is still leaving"):
        machine.add(config, fleet.now)
    fleet.settle().wait(2.0)
    dials = [each for each in fleet.commands if isinstance(each, Connect | Close)]
    assert [type(each) for each in dials] == [Close, Connect]
    assert isinstance(dials[1], Connect)
    assert dials[1].host == "192.0.2.77"
    assert machine.states == {"west": State.READY, "east": State.READY}
    assert any(b"Secret: changed" in each for each in fleet.written["east"])
    machine.replace(replace(config, host="192.0.2.78"), fleet.now)
    machine.remove("east", fleet.now)
    fleet.settle().wait(2.0)
    assert list(machine.servers) == ["west"], "a removal takes back the replacement"


def test_what_a_removed_server_told_is_still_delivered_and_counted() -> None:
    """R-CLUSTER-09, R-FLOW-05: messages, drops and totals."""
    fleet = started("east", "west")
    machine = fleet.machine
    subscription = machine.subscribe(Filter(("Tick",)), limit=3)
    fleet.tell("east", events("Tick", range(5)))
    fleet.settle()
    received = machine.events_received
    machine.remove("east", fleet.now)
    fleet.settle().wait(20.0)
    assert list(machine.servers) == ["west"]
    assert machine.events_received == received
    assert subscription.dropped == 2
    items = fleet.pull_all(subscription)
    assert items[0] == Drops(2, "east")
    assert [each["Number"] for each in items[1:] if isinstance(each, Message)] == ["2", "3", "4"]
    assert (len(subscription.queues), subscription.dropped, subscription.depth) == (1, 2, 0)


def test_what_a_replaced_server_told_comes_before_its_successor_s_words() -> None:
    """R-CLUSTER-04, R-CLUSTER-09: in order for each key; the drops of each are counted once."""
    fleet = started("east", "west")
    machine = fleet.machine
    subscription = machine.subscribe(Filter(("Tick",)), limit=4)
    fleet.tell("east", events("Tick", range(6)))
    machine.replace(configs("east")[0], fleet.now)
    fleet.settle().wait(2.0)
    assert machine.snapshots()["east"].events_dropped == 0
    fleet.tell("east", events("Tick", range(6, 9)))
    fleet.settle()
    items = [each for each in fleet.pull_all(subscription) if not isinstance(each, Gap)]
    assert items[0] == Drops(5, "east")
    assert [each["Number"] for each in items[1:] if isinstance(each, Message)] == ["5", "6", "7", "8"]
    assert (machine.snapshots()["east"].events_dropped, subscription.dropped) == (3, 5)
    assert len(subscription.queues) == 2


def test_a_paused_queue_that_is_taken_over_pauses_the_successor() -> None:
    """R-FLOW-02, R-CLUSTER-09: it is still full; pulled, it lets the new server be read."""
    fleet = started("east")
    machine = fleet.machine
    subscription = machine.subscribe(Filter(("Tick",)), limit=2, policy=Overflow.PAUSE)
    fleet.tell("east", events("Tick", range(2)))
    fleet.settle()
    machine.replace(configs("east")[0], fleet.now)
    fleet.settle().wait(2.0)
    fleet.tell("east", events("Tick", range(2, 3)))
    fleet.settle()
    assert not fleet.reads("east")
    numbers = [each["Number"] for each in fleet.pull_all(subscription) if isinstance(each, Message)]
    assert numbers == ["0", "1", "2"]
    fleet.settle()
    assert fleet.reads("east")


def test_a_subscription_begins_with_servers_that_come_later() -> None:
    """R-CLUSTER-09."""
    fleet = started("east")
    machine = fleet.machine
    subscription = machine.subscribe(Filter(("Tick",)))
    machine.add(configs("west")[0], fleet.now)
    fleet.settle().wait(2.0)
    fleet.tell("west", events("Tick", [1]))
    (message,) = fleet.pull_all(subscription)
    assert message.server == "west"
