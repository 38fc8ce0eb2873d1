"""Many servers behind one surface: what a cluster adds to its connections, and what it must not add."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

import ami_proto as ami
from ami_proto import (
    Action,
    Drops,
    EventsDropped,
    Filter,
    Gap,
    Message,
    MisuseError,
    Overflow,
    Reason,
    State,
)
from ami_proto.cluster.cluster import Cluster
from ami_proto.cluster.members import Members
from ami_proto.config.limits import ClusterConfig
from ami_proto.connection.journal import Journal
from ami_proto.connection.registry import Registry
from ami_proto.drivers import Connect, SessionId, Watch
from conformance.laws.playbook import frame
from tests.ami_proto.cluster.fleet import Fleet, configs, events, started

PING = Action("Ping")
KEYS = ("east", "north", "west")


# -- many are what one is


def story(fleet: Fleet[Any], keys: tuple[str, ...]) -> dict[str, list[object]]:
    """Live some minutes with these servers; return what each of them saw and brought, times apart."""
    subscription = fleet.machine.subscribe(Filter(), limit=3)
    fleet.start().wait(5.0)
    brought: dict[str, list[object]] = {key: [] for key in keys}
    for key in keys:
        fleet.machine.submit(PING, fleet.now, to=key)
    fleet.settle()
    for key in keys:
        fleet.tell(key, events("Tick", range(7)))
        fleet.tell(key, b"Event: Half\r\n")
    fleet.settle()
    for key in keys:
        fleet.tell(key, b"\r\n")
        fleet.machine.submit(Action("QueueStatus"), fleet.now, to=key, timeout=2.0)
    fleet.settle().wait(20.0)
    fleet.silent.update(keys)
    fleet.wait(200.0)
    fleet.silent.clear()
    fleet.wait(100.0)
    for item in fleet.pull_all(subscription):
        brought[item.server].append(item if isinstance(item, Drops) else type(item))
    for key in keys:
        ends = [each for each in fleet.outcomes().values() if each.ticket.server == key]
        brought[key] += [(each.ticket.action_id, each.succeeded, each.sent) for each in ends]
        brought[key] += [b"".join(fleet.written[key]), fleet.machine.states[key]]
        steps = [each for each in fleet.notices if isinstance(each, ami.StateChanged)]
        brought[key] += [(each.old, each.new) for each in steps if each.server == key]
        delays = [each for each in fleet.notices if isinstance(each, ami.ConnectScheduled)]
        brought[key] += [each.delay for each in delays if each.server == key]
    return brought


def test_three_servers_behave_as_three_connections_do() -> None:
    """R-CLUSTER-08: bytes, ActionIDs, outcomes, queues and backoff of each are those of one alone."""
    together = story(Fleet(Cluster(configs(*KEYS), seed=1)), KEYS)
    for key in KEYS:
        (config,) = configs(key)
        alone = story(Fleet(ami.Connection(config, seed=1)), (key,))
        assert together[key] == alone[key]


def test_a_server_that_fails_keeps_no_other_out() -> None:
    """R-CLUSTER-01: neither at the start nor later."""
    fleet = Fleet(Cluster(configs(*KEYS, reconnect_max=1.0), seed=1))
    fleet.refusing.add("east")
    fleet.start().wait(10.0)
    assert fleet.machine.states == {
        "east": fleet.machine.states["east"],
        "north": State.READY,
        "west": State.READY,
    }
    assert fleet.machine.states["east"] is not State.READY
    fleet.refusing.clear()
    fleet.wait(120.0)
    assert set(fleet.machine.states.values()) == {State.READY}


def test_a_fact_about_an_unknown_server_changes_nothing() -> None:
    """L2: facts never raise."""
    fleet = started(*KEYS)
    stranger = SessionId("elsewhere", 1)
    fleet.machine.handle_connected(stranger, 1.0)
    fleet.machine.handle_received(stranger, b"x", 1.0)
    fleet.machine.handle_drained(stranger, 1.0)
    fleet.machine.handle_sent(stranger, 1, 1.0)
    fleet.machine.handle_disconnected(stranger, ami.Disconnect(Reason.EOF), 1.0)
    assert fleet.machine.poll_transmit(stranger) == b""
    fleet.machine.cancel(ami.Ticket("elsewhere", "x", "Ping"), 1.0)
    assert fleet.machine.poll_notice() is None
    assert fleet.machine.poll_command() is None


# -- the throttle


def test_dials_keep_the_rate_and_the_bound() -> None:
    """R-CLUSTER-03: 100 servers, ten dials a second; and never more than seven under way."""
    keys = [f"pbx{number:03}" for number in range(100)]
    fleet = Fleet(Cluster(configs(*keys), seed=1, limits=ClusterConfig(connect_rate=10.0, connect_burst=1)))
    fleet.start().wait(30.0)
    times = [time for time, _ in fleet.dialled]
    assert [key for _, key in fleet.dialled] == keys
    assert all(later - time >= 0.0999 for time, later in pairwise(times))
    assert set(fleet.machine.states.values()) == {State.READY}

    limits = ClusterConfig(connect_rate=1000.0, connect_burst=100, connecting_max=7)
    machine = Cluster(configs(*keys), seed=1, limits=limits)
    machine.start(0.0)
    machine.handle_timeout(0.0)
    dials = []
    while (command := machine.poll_command()) is not None:
        dials.append(command)
    assert len(dials) == 7
    machine.handle_connected(dials[0].session, 1.0)
    machine.handle_timeout(1.0)
    later = []
    while (command := machine.poll_command()) is not None:
        later.append(command)
    assert [type(each) for each in later] == [Watch, Connect], "one is up, and one more is dialled"


def test_a_hundred_lost_at_once_come_back_at_the_rate() -> None:
    """R-CLUSTER-07: without a storm, and all of them."""
    limits = ClusterConfig(connect_rate=20.0, connect_burst=5)
    fleet = started(*(f"pbx{number}" for number in range(3)), limits=limits)
    for number in range(3, 100):
        fleet.machine.add(configs(f"pbx{number}")[0], fleet.now)
    fleet.settle().wait(30.0)
    fleet.dialled.clear()
    for key in list(fleet.sessions):
        fleet.watches.pop(key, None)
        fleet.machine.handle_disconnected(fleet.sessions.pop(key), ami.Disconnect(Reason.EOF), fleet.now)
    fleet.settle().wait(60.0)
    times = [time for time, _ in fleet.dialled]
    assert len(times) == 100
    assert all(len([each for each in times if time <= each < time + 1.0]) <= 20 + 5 for time in times)
    assert set(fleet.machine.states.values()) == {State.READY}


# -- rounds and rest

SMALL = ClusterConfig(round_frames=10)


def test_a_flooder_rests_while_others_have_something() -> None:
    """R-CLUSTER-02: it is not read, its debt is paid by rounds, and then it is read again."""
    fleet = started("east", "west", limits=SMALL)
    fleet.tell("west", events("Tick", range(1)))
    fleet.tell("east", events("Tick", range(35)))
    session = fleet.sessions["east"]
    assert fleet.machine.poll_command() == Watch(session, read=False, write=False)
    assert fleet.machine.poll_timeout() == fleet.now, "a round is due while one rests"
    rounds = 0
    while (command := fleet.machine.poll_command()) is None:
        fleet.tell("west", events("Tick", range(1)))
        fleet.machine.handle_timeout(fleet.now)
        rounds += 1
    assert command == Watch(session, read=True, write=False)
    assert rounds == 4, "35 frames at 10 a round: this round and three more"


def test_nobody_rests_alone() -> None:
    """R-CLUSTER-02: where no other server was heard, nobody waits; and debts are forgiven."""
    fleet = started("east", "west", limits=SMALL)
    fleet.machine.handle_timeout(fleet.now)  # another round begins
    fleet.tell("east", events("Tick", range(1000)))
    assert fleet.machine.poll_command() is None
    fleet.tell("west", events("Tick", range(1)))
    fleet.tell("east", events("Tick", range(1)))
    assert isinstance(fleet.machine.poll_command(), Watch)
    fleet.machine.handle_timeout(fleet.now)
    fleet.machine.handle_timeout(fleet.now)
    command = fleet.machine.poll_command()
    assert isinstance(command, Watch)
    assert command.read


def test_rest_delays_writes_of_nobody_and_ends_with_the_stream() -> None:
    """R-CLUSTER-02: rest hides reads and nothing else; a new stream begins without it."""
    fleet = started("east", "west", limits=SMALL)
    fleet.tell("west", events("Tick", range(1)))
    fleet.tell("east", events("Tick", range(500)))
    fleet.machine.submit(PING, fleet.now, to="east")
    command = fleet.machine.poll_command()
    assert (isinstance(command, Watch) and (command.read, command.write)) == (False, True)
    first = fleet.sessions["east"]
    fleet.machine.handle_disconnected(first, ami.Disconnect(Reason.EOF), fleet.now)
    fleet.sessions.pop("east")
    fleet.watches.pop("east")
    fleet.settle().wait(120.0)
    assert fleet.machine.states["east"] is State.READY
    assert fleet.reads("east")


# -- subscriptions


def test_servers_take_turns_and_a_flooder_drops_its_own() -> None:
    """R-CLUSTER-04, R-FLOW-05: in order for each server; the queue of one is no other's."""
    fleet = started(*KEYS)
    subscription = fleet.machine.subscribe(Filter(("Tick",)), limit=4)
    fleet.tell("east", events("Tick", range(100)))
    fleet.tell("north", events("Tick", range(3)))
    fleet.tell("west", events("Tick", range(2)))
    items = fleet.pull_all(subscription)
    assert [each.server for each in items[:6]] == ["east", "north", "west"] * 2
    drops = [each for each in items if isinstance(each, Drops)]
    assert drops == [Drops(96, "east")]
    for key, numbers in (("east", "96 97 98 99"), ("north", "0 1 2"), ("west", "0 1")):
        mine = [each["Number"] for each in items if isinstance(each, Message) and each.server == key]
        assert mine == numbers.split()


def test_a_pause_stops_only_the_server_whose_queue_is_full() -> None:
    """R-CLUSTER-04, R-FLOW-02: and pulling lets it go on."""
    fleet = started("east", "west")
    subscription = fleet.machine.subscribe(Filter(("Tick",)), limit=2, policy=Overflow.PAUSE)
    fleet.tell("east", events("Tick", range(2)))
    fleet.tell("west", events("Tick", range(1)))
    fleet.settle()
    assert (fleet.reads("east"), fleet.reads("west")) == (False, True)
    fleet.pull_all(subscription)
    fleet.settle()
    assert (fleet.reads("east"), fleet.reads("west")) == (True, True)
    fleet.tell("east", events("Tick", range(2)))
    fleet.settle()
    assert not fleet.reads("east")
    assert len(fleet.machine.poll_messages(subscription, 10)) == 2
    fleet.settle()
    assert fleet.reads("east")
    fleet.tell("east", events("Tick", range(2)))
    fleet.settle()
    fleet.machine.unsubscribe(subscription)
    fleet.settle()
    assert fleet.reads("east")


def test_a_flooder_loses_for_the_bytes_of_all_and_a_quiet_server_does_not() -> None:
    """R-CLUSTER-10, R-FLOW-03: the loss is reported for the server that had it."""
    fleet = started("east", "west")
    subscription = fleet.machine.subscribe(Filter(("Tick",)), limit_bytes=4_000, limit_bytes_total=8_000)
    fleet.tell("west", events("Tick", range(20)))
    fleet.tell("east", events("Tick", range(200)))
    fleet.wait(5.0)
    dropped = [each for each in fleet.notices if isinstance(each, EventsDropped)]
    assert {each.server for each in dropped} == {"east"}
    assert subscription.dropped == sum(each.delta for each in dropped) == 200 - (subscription.depth - 20)
    items = fleet.pull_all(subscription)
    assert Drops(subscription.dropped, "east") in items
    assert sum(each.server == "west" for each in items) == 20


def test_a_pause_for_the_bytes_of_all_stops_the_flooder_only() -> None:
    """R-CLUSTER-10, R-FLOW-02: it loses nothing, and a batch lets it go on."""
    fleet = started("east", "west")
    subscription = fleet.machine.subscribe(
        Filter(("Tick",)), limit_bytes=4_000, limit_bytes_total=8_000, policy=Overflow.PAUSE
    )
    fleet.tell("west", events("Tick", range(20)))
    fleet.tell("east", events("Tick", range(40)))
    fleet.settle()
    assert (fleet.reads("east"), fleet.reads("west")) == (False, True)
    assert len(fleet.machine.poll_messages(subscription, 1000)) == 60
    fleet.settle()
    assert (fleet.reads("east"), fleet.reads("west"), subscription.dropped) == (True, True, 0)


def test_a_gap_names_its_server() -> None:
    """R-FLOW-06."""
    fleet = started("east", "west")
    subscription = fleet.machine.subscribe(Filter())
    fleet.lose("west").wait(120.0)
    gaps = [each for each in fleet.pull_all(subscription) if isinstance(each, Gap)]
    assert [each.server for each in gaps] == ["west"]


# -- the end


def test_stopped_means_asked_closed_and_drained() -> None:
    """R-LIFE-03: a started cluster without servers runs on."""
    machine = Cluster(seed=1)
    assert machine.stopped
    machine.start(0.0)
    assert (machine.stopped, machine.poll_timeout()) == (False, None)
    with pytest.raises(MisuseError, match="started already"):
        machine.start(0.0)
    machine.stop(1.0)
    assert (machine.stopped, machine.poll_timeout()) == (True, 1.0), "due once more: a driver must see it"
    machine.handle_timeout(1.0)
    assert machine.poll_timeout() is None

    fleet = started(*KEYS)
    fleet.machine.stop(fleet.now)
    stopped = [fleet.machine.stopped]
    stopped += [fleet.settle().machine.stopped]
    assert stopped == [False, True]
    assert set(fleet.machine.states.values()) == {State.CLOSED}
    assert [action for action in fleet.written["east"] if b"Logoff" in action]
    fleet.start().wait(5.0)
    assert set(fleet.machine.states.values()) == {State.READY}


def test_a_stop_takes_replacements_with_it() -> None:
    """R-LIFE-03: nothing is dialled any more."""
    fleet = started("east")
    machine = fleet.machine
    machine.replace(configs("east")[0], fleet.now)
    machine.stop(fleet.now)
    fleet.commands.clear()
    fleet.settle().wait(60.0)
    assert not [each for each in fleet.commands if isinstance(each, Connect)]
    assert machine.stopped


@pytest.mark.parametrize("now", [float("nan"), float("inf"), 1e13])
def test_a_time_that_is_none_is_refused(now: float) -> None:
    """L3: a request raises and changes nothing; a fact ignores it."""
    fleet = started("east")
    machine = fleet.machine
    requests: list[Callable[[], object]] = [
        lambda: machine.stop(now),
        lambda: machine.submit(PING, now),
        lambda: machine.remove("east", now),
        lambda: machine.add(configs("west")[0], now),
        lambda: machine.cancel(ami.Ticket("east", "x", "Ping"), now),
        lambda: machine.cancel(ami.Ticket("nowhere", "x", "Ping"), now),
    ]
    for request in requests:
        with pytest.raises(MisuseError, match="is no time"):
            request()
    machine.handle_timeout(now)
    machine.handle_received(fleet.sessions["east"], events("Tick", [1]), now)
    assert list(machine.servers) == ["east"]
    assert machine.states["east"] is State.READY
    ticket = machine.submit(PING, fleet.now)
    fleet.settle()
    assert fleet.outcomes()[ticket.action_id].succeeded


def test_the_redaction_hides_what_any_server_hides() -> None:
    """R-OBS-04."""
    servers = [*configs("east", secret="first-secret"), *configs("west", secret="second-secret")]
    redaction = Cluster([*servers, *configs("far", redact_names=("serial",))], seed=1).redaction
    assert redaction.text("first-secret and second-secret") == "*** and ***"
    assert redaction.hides("SerialNumber")


def test_the_secret_of_a_removed_server_stays_hidden() -> None:
    """R-OBS-04, R-CLUSTER-09: what it said last may be logged when it is gone."""
    fleet = started("east", secret="old-secret")
    fleet.machine.replace(configs("east", secret="new-secret")[0], fleet.now)
    fleet.settle().wait(2.0)
    fleet.machine.remove("east", fleet.now)
    fleet.settle().wait(2.0)
    assert list(fleet.machine.servers) == []
    assert fleet.machine.redaction.text("old-secret new-secret") == "*** ***"


def test_snapshots_and_totals_are_plain_data() -> None:
    """R-CLUSTER-06."""
    fleet = started(*KEYS)
    fleet.tell("east", events("Tick", range(4)) + frame("Response: Success", "ActionID: strange"))
    machine = fleet.machine
    seen = machine.snapshots()
    assert list(seen) == list(KEYS)
    assert (seen["east"].events_received, seen["west"].events_received) == (4, 0)
    assert seen["east"].faults == {ami.Fault.UNMATCHED: 1}
    assert machine.events_received == 4
    assert machine.frames_received == sum(each.frames_received for each in seen.values())


def test_an_empty_cluster_says_that_it_has_no_servers() -> None:
    """R-CLUSTER-09: an unknown key is named, and so is what there is."""
    cluster = Cluster(seed=1)
    with pytest.raises(MisuseError, match="no server 'pbx' here: there are none"):
        cluster.remove("pbx", 0.0)
    assert cluster.redaction is cluster.redaction
    members = Members(1, Journal(), Registry(Journal()))
    members.add(configs("east")[0])
    assert (len(members), list(members)) == (1, ["east"])
