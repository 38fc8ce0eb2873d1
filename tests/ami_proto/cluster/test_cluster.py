"""Many servers behind one surface: what a cluster adds to its connections, and what it must not add."""

import sys
from collections.abc import Callable
from dataclasses import replace
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
    NotReady,
    Overflow,
    Reason,
    State,
)
from ami_proto.cluster.cluster import Cluster
from ami_proto.cluster.members import Members
from ami_proto.config.limits import ClusterConfig
from ami_proto.connection.journal import Journal
from ami_proto.connection.registry import Registry
from ami_proto.drivers import Close, Connect, SessionId, Subscription, Watch
from ami_proto.errors import NoServerReady
from ami_proto.routes import Failover, LeastPending, RoundRobin, Sticky
from conformance.laws.playbook import frame
from tests.ami_proto.cluster.fleet import Fleet, configs, events, started

PING = Action("Ping")
KEYS = ("east", "north", "west")


def everything(fleet: Fleet[Any], subscription: Subscription) -> list[Message | Gap | Drops]:
    """Pull all that a subscription has."""
    items = []
    while (item := fleet.machine.poll_message(subscription)) is not None:
        items.append(item)
    return items


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
    for item in everything(fleet, subscription):
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


# -- routes


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


# -- coming and going


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
    items = everything(fleet, subscription)
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
    items = [each for each in everything(fleet, subscription) if not isinstance(each, Gap)]
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
    numbers = [each["Number"] for each in everything(fleet, subscription) if isinstance(each, Message)]
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
    (message,) = everything(fleet, subscription)
    assert message.server == "west"


# -- the cost


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


# -- subscriptions


def test_servers_take_turns_and_a_flooder_drops_its_own() -> None:
    """R-CLUSTER-04, R-FLOW-05: in order for each server; the queue of one is no other's."""
    fleet = started(*KEYS)
    subscription = fleet.machine.subscribe(Filter(("Tick",)), limit=4)
    fleet.tell("east", events("Tick", range(100)))
    fleet.tell("north", events("Tick", range(3)))
    fleet.tell("west", events("Tick", range(2)))
    items = everything(fleet, subscription)
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
    everything(fleet, subscription)
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
    items = everything(fleet, subscription)
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
    gaps = [each for each in everything(fleet, subscription) if isinstance(each, Gap)]
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
