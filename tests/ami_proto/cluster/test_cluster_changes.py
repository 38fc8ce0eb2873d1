"""Servers that come, go and come back at bad moments: nothing is kept, lost or started (R-CLUSTER-09)."""

import gc
import sys
from collections.abc import Callable
from typing import Any

import pytest

import ami_proto as ami
from ami_proto import Action, Filter, Gap, MisuseError, Reason, State
from ami_proto.cluster.cluster import Cluster
from ami_proto.cluster.deadlines import STALE_MAX
from ami_proto.cluster.members import PASTS_MAX
from ami_proto.config.limits import ClusterConfig
from ami_proto.drivers import Close, Connect, Watch
from tests.ami_proto.cluster.fleet import Fleet, configs, events, started

PING = Action("Ping")


def drain_commands(machine: Cluster) -> None:
    """Take every command, and no notice."""
    while machine.poll_command() is not None:
        pass


def test_the_end_of_a_subscription_lets_a_server_go() -> None:
    """R-CLUSTER-09: at once, where its last notice was one about that subscription."""
    fleet = started("east", "west")
    machine = fleet.machine
    subscription = machine.subscribe(Filter(), limit=1)
    fleet.tell("east", events("Tick", range(2)))
    fleet.settle()
    fleet.silent.add("east")
    machine.replace(configs("east", host="192.0.2.9")[0], fleet.now)
    fleet.settle()
    fleet.silent.clear()
    fleet.tell("east", events("Tick", range(2)))  # these drops are reported at the end, after CLOSED
    fleet.watches.pop("east")
    machine.handle_disconnected(fleet.sessions.pop("east"), ami.Disconnect(Reason.EOF), fleet.now)
    drain_commands(machine)
    for new in iter(lambda: getattr(machine.poll_notice(), "new", None), State.CLOSED):
        assert new is not None
    assert machine.servers["east"].host == "192.0.2.1"
    machine.unsubscribe(subscription)
    assert machine.servers["east"].host == "192.0.2.9"
    fleet.settle().wait(5.0)
    assert machine.states == {"west": State.READY, "east": State.READY}


def test_a_start_does_not_start_a_server_that_is_leaving() -> None:
    """R-CLUSTER-09: CLOSED, and its notices are not drained yet."""
    fleet = Fleet(Cluster(configs("east", "west"), seed=1))
    machine = fleet.machine
    machine.start(0.0)
    machine.remove("east", 0.0)
    machine.stop(0.0)
    machine.start(0.0)
    assert machine.states == {"east": State.CLOSED, "west": State.DISCONNECTED}
    fleet.settle().wait(5.0)
    assert machine.states == {"west": State.READY}
    assert [key for _, key in fleet.dialled] == ["west"]


def test_the_end_is_seen_also_where_the_last_server_is_let_go() -> None:
    """L5: a driver that drained everything asks once more, and sees that the cluster stopped."""
    fleet = started("east")
    machine = fleet.machine
    fleet.silent.add("east")
    machine.remove("east", fleet.now)
    machine.stop(fleet.now)
    fleet.settle()
    machine.handle_disconnected(fleet.sessions["east"], ami.Disconnect(Reason.EOF), fleet.now)
    machine.handle_timeout(fleet.now)
    while machine.poll_notice() is not None or machine.poll_command() is not None:
        pass
    assert machine.stopped
    assert machine.poll_timeout() == fleet.now
    machine.handle_timeout(fleet.now)
    assert machine.poll_timeout() is None


def test_a_refused_request_changes_nothing() -> None:
    """L3: not even the time at which the cluster is due."""
    fleet = started("east")
    machine = fleet.machine
    machine.subscribe(Filter())
    fleet.tell("east", events("Tick", range(1)))
    before = machine.poll_timeout(), machine.states
    requests: list[Callable[[], object]] = [
        lambda: machine.add(configs("east")[0], fleet.now + 9.0),
        lambda: machine.stop(fleet.now + 9.0, grace=-1.0),
        lambda: machine.remove("east", fleet.now + 9.0, grace=float("nan")),
        lambda: machine.replace(configs("east")[0], fleet.now + 9.0, grace=-1.0),
        lambda: machine.start(fleet.now + 9.0),
        lambda: Cluster(seed=1).stop(0.0, grace=-1.0),
    ]
    for request in requests:
        with pytest.raises(ami.RequestError):
            request()
        assert (machine.poll_timeout(), machine.states) == before


def test_a_replacement_leaves_a_gap() -> None:
    """R-FLOW-06: what the server told between two connections was not received, whoever asked for them."""
    fleet = started("east", "west")
    machine = fleet.machine
    subscription = machine.subscribe(Filter())
    told_at = fleet.now
    fleet.tell("east", events("Tick", range(1)))
    fleet.settle().wait(5.0)
    fleet.silent.add("east")
    machine.replace(configs("east", host="192.0.2.9")[0], fleet.now, grace=2.0)
    fleet.settle().wait(5.0)
    items = machine.poll_messages(subscription, 10)
    assert [type(each) for each in items] == [ami.Message, Gap]
    gap = items[1]
    assert isinstance(gap, Gap)
    assert (gap.server, gap.started) == ("east", told_at)
    assert gap.ended > told_at
    assert gap.cause is not None
    assert gap.cause.reason is Reason.STOPPED
    machine.remove("east", fleet.now)
    fleet.settle().wait(50.0)
    machine.add(configs("east")[0], fleet.now)
    fleet.settle().wait(5.0)
    (later,) = machine.poll_messages(subscription, 10)
    assert isinstance(later, Gap)
    assert later.ended - later.started >= 50.0


def test_a_new_stream_begins_without_the_debt_of_the_old_one() -> None:
    """R-CLUSTER-02: also what it brought in this very round is forgotten."""
    fleet = started("east", "west", limits=ClusterConfig(round_frames=10), reconnect_max=0.2)
    machine = fleet.machine
    fleet.tell("west", events("Tick", range(1)))
    fleet.tell("east", events("Tick", range(1000)))
    old = fleet.sessions["east"]
    machine.handle_disconnected(old, ami.Disconnect(Reason.EOF), fleet.now)
    while machine.poll_notice() is not None:
        pass
    fleet.now += 1.0
    commands = []
    machine.handle_timeout(fleet.now)
    while (command := machine.poll_command()) is not None:
        commands.append(command)
        if isinstance(command, Connect):
            machine.handle_connected(command.session, fleet.now)
    assert Watch(commands[-1].session, read=True, write=False) == commands[-1]
    assert commands[-1].session.number == old.number + 1


def test_a_server_that_rests_can_be_removed() -> None:
    """R-CLUSTER-02: the rounds that end after that know nothing of it."""
    fleet = started("east", "west", limits=ClusterConfig(round_frames=10))
    machine = fleet.machine
    machine.remove("east", fleet.now)
    drain_commands(machine)
    fleet.tell("west", events("Tick", range(1)))
    fleet.tell("east", events("Tick", range(1000)))
    machine.handle_disconnected(fleet.sessions.pop("east"), ami.Disconnect(Reason.EOF), fleet.now)
    drain_commands(machine)
    while machine.poll_notice() is not None:
        pass
    assert list(machine.servers) == ["west"]
    machine.handle_timeout(fleet.now)
    assert machine.poll_command() is None
    assert machine.poll_timeout() != fleet.now


def test_the_slot_of_a_removed_dial_is_free() -> None:
    """R-CLUSTER-03: and a server that is removed while it waits for its turn takes none."""
    machine = Cluster(configs("a", "b", "c"), seed=1, limits=ClusterConfig(connecting_max=1))
    machine.start(0.0)
    machine.handle_timeout(0.0)
    assert machine.states["a"] is State.CONNECTING
    machine.remove("b", 0.0)
    machine.remove("a", 0.0)
    machine.handle_timeout(1.0)
    assert machine.states["c"] is State.CONNECTING


def test_a_thousand_that_leave_together_cost_no_more_each() -> None:
    """R-CLUSTER-07: looking at one server that leaves never looks at the others that do."""

    def calls(size: int) -> int:
        machine = Cluster(configs(*(f"pbx{number}" for number in range(size))), seed=1)
        machine.start(0.0)
        for key in list(machine.servers):
            machine.remove(key, 0.0)
        count = 0

        def note(_frame: object, kind: str, _argument: object) -> None:
            nonlocal count
            count += kind == "call"

        sys.setprofile(note)
        try:
            while machine.poll_notice() is not None:
                pass
        finally:
            sys.setprofile(None)
        assert not machine.servers
        return count

    assert calls(400) < 5 * calls(100)


def test_keys_that_come_and_go_leave_nothing_behind() -> None:
    """L6: no deadline, turn or dial of a server that is gone."""
    fleet = started("stays")
    machine = fleet.machine
    for number in range(300):
        machine.add(configs(f"pbx{number}")[0], fleet.now)
        fleet.settle()
        machine.remove(f"pbx{number}", fleet.now, grace=0.0)
        fleet.settle().wait(0.05)
    assert list(machine.servers) == ["stays"]
    assert len(machine._agenda._deadlines._heap) <= STALE_MAX + 2
    kept: tuple[Any, ...] = (
        machine._agenda.commanding,
        machine._agenda._touched,
        machine._leaving,
        machine._open - {"stays"},
        machine._rounds._debts,
        machine._throttle._connecting,
        machine._throttle._waiting,
        machine._turns._hopeful,
    )
    assert not any(kept)
    assert list(machine._turns._ready) == ["stays"]


def test_pasts_are_bounded_and_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-CLUSTER-09: a key that was forgotten counts on from the highest number that was."""
    monkeypatch.setattr("ami_proto.cluster.members.PASTS_MAX", 3)
    fleet = started("stays")
    machine = fleet.machine
    instances = set()
    for number in range(6):
        for _ in range(2):
            machine.add(configs(f"pbx{number}")[0], fleet.now)
            fleet.settle().wait(1.0)
            session = fleet.sessions[f"pbx{number}"]
            instances.add(machine.submit(PING, fleet.now, to=f"pbx{number}").action_id)
            fleet.settle()
            machine.remove(f"pbx{number}", fleet.now)
            fleet.settle()
    assert len(machine._members._pasts) == 3
    assert session.number == 4, "after two of its own, and two that a forgotten key had"
    machine.add(configs("pbx0")[0], fleet.now)
    fleet.settle().wait(1.0)
    assert fleet.sessions["pbx0"].number == 3
    assert machine.submit(PING, fleet.now, to="pbx0").action_id not in instances
    assert PASTS_MAX >= 1000


def test_a_forgotten_key_counts_on_from_its_sessions_and_not_from_its_generations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R-CLUSTER-09: it had one generation and three sessions."""
    monkeypatch.setattr("ami_proto.cluster.members.PASTS_MAX", 1)
    fleet = started("stays", "goes", reconnect_max=0.2)
    machine = fleet.machine
    for _ in range(2):
        machine.handle_disconnected(fleet.sessions["goes"], ami.Disconnect(Reason.EOF), fleet.now)
        fleet.settle().wait(1.0)
    assert fleet.sessions["goes"].number == 3
    machine.remove("goes", fleet.now)
    machine.add(configs("other")[0], fleet.now)
    fleet.settle().wait(1.0)
    machine.remove("other", fleet.now)
    fleet.settle().wait(1.0)
    assert list(machine._members._pasts) == ["other"]
    machine.add(configs("goes")[0], fleet.now)
    fleet.settle().wait(1.0)
    assert fleet.sessions["goes"].number == 4


def test_a_removed_server_is_freed() -> None:
    """L6: nothing refers to its connection any more, apart from its queued messages."""
    fleet = started("east", "west")
    machine = fleet.machine
    subscription = machine.subscribe(Filter())
    fleet.tell("east", events("Tick", range(3)))
    machine.remove("east", fleet.now)
    fleet.settle()
    gc.collect()
    alive = [each for each in gc.get_objects() if isinstance(each, ami.Connection)]
    assert [each.key for each in alive if each._registry is machine._registry] == ["west"]
    assert subscription.depth == 3
    machine.unsubscribe(subscription)
    assert (subscription.depth, machine.poll_message(subscription)) == (0, None)


def test_an_interrupt_in_a_predicate_loses_no_command() -> None:
    """R-FLOW-02: the pause that the event before it called for is told all the same."""

    def where(_message: ami.Message) -> bool:
        raise KeyboardInterrupt

    fleet = started("east", "west")
    machine = fleet.machine
    machine.subscribe(Filter(("Tick",)), limit=1, policy=ami.Overflow.PAUSE)
    machine.subscribe(Filter(("Tick",), where=where))
    with pytest.raises(KeyboardInterrupt):
        fleet.tell("east", events("Tick", range(1)))
    assert machine.poll_command() == Watch(fleet.sessions["east"], read=False, write=False)


def test_a_removal_takes_back_a_removal_and_says_so_once() -> None:
    """R-CLUSTER-09: remove, replace, remove, in any order while it leaves; one Logoff, one Close."""
    fleet = started("east", "west")
    machine = fleet.machine
    fleet.silent.add("east")
    fleet.commands.clear()
    machine.remove("east", fleet.now, grace=5.0)
    machine.replace(configs("east", host="192.0.2.9")[0], fleet.now)
    machine.replace(configs("east", host="192.0.2.10")[0], fleet.now)
    fleet.settle()
    with pytest.raises(MisuseError, match="still leaving"):
        machine.add(configs("east")[0], fleet.now)
    fleet.wait(10.0)
    closes = [each for each in fleet.commands if isinstance(each, Close)]
    assert len(closes) == 1
    logoffs = b"".join(fleet.written["east"]).count(b"Action: Logoff")
    assert logoffs == 1
    assert machine.servers["east"].host == "192.0.2.10"


def test_a_key_that_comes_back_goes_on_with_the_queue_that_it_left() -> None:
    """R-CLUSTER-04, L6: messages stay in order, the limit holds, and each connection counts its own drops."""
    fleet = started("east", "west")
    machine = fleet.machine
    subscription = machine.subscribe(Filter(("Tick",)), limit=3, policy=ami.Overflow.DROP_NEWEST)
    fleet.tell("east", events("Tick", range(4)))
    for round_ in range(3):
        machine.replace(configs("east")[0], fleet.now)
        fleet.settle().wait(1.0)
        fleet.tell("east", events("Tick", range(10 * round_ + 10, 10 * round_ + 12)))
        fleet.settle()
        assert machine.snapshots()["east"].events_dropped == 2
    assert (subscription.depth, subscription.dropped, len(subscription.queues)) == (3, 7, 2)
    assert [each["Number"] for each in pulled(machine, subscription, 3)] == ["0", "1", "2"]
    machine.poll_messages(subscription, 10)
    fleet.tell("east", events("Tick", [77]))
    machine.remove("east", fleet.now)
    fleet.settle()
    machine.add(configs("east")[0], fleet.now)
    fleet.settle().wait(1.0)
    fleet.tell("east", events("Tick", [78]))
    kinds = [type(each) for each in machine.poll_messages(subscription, 10)]
    assert kinds == [ami.Message, Gap, ami.Message]
    machine.remove("east", fleet.now)
    fleet.settle()
    assert (len(subscription.queues), subscription.dropped) == (1, 7)


def pulled(machine: Cluster, subscription: Any, count: int) -> list[ami.Message]:
    """Return so many messages."""
    items = [machine.poll_message(subscription) for _ in range(count)]
    return [each for each in items if isinstance(each, ami.Message)]
