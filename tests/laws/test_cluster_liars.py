"""Clusters that break a law for one of their servers, and the checks that catch them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

import ami_proto as ami
from ami_proto.drivers import Command, Connect, MessagesWaiting, ServerKey, SessionId, Watch
from conformance.laws import LawBroken, LawfulCluster
from conformance.laws.playbook import SERVER
from conformance.laws.server_books import total_complaint
from tests.ami_proto.cluster.fleet import Fleet, configs, events

LIMITS = ami.ClusterConfig(round_frames=10)
PING = ami.Action("Ping")


def story(kind: type[ami.Cluster]) -> None:
    """Live with two servers: answers, a flood, a loss, a replacement, a removal, a refusal, an end."""
    keys = configs("east", "west", max_pending_actions=3)
    machine = LawfulCluster(kind(keys, seed=1, limits=LIMITS))
    fleet = Fleet(machine).start().wait(1.0)
    subscription = machine.subscribe(ami.Filter(), limit=2)
    fleet.silent.add("west")
    for to in ("west", "west", "west", "east"):
        machine.submit(PING, fleet.now, to=to)
    for _ in range(2):
        with pytest.raises(ami.RequestError):
            machine.submit(PING, fleet.now, to="west")
    fleet.settle()
    fleet.tell("west", events("Tick", range(1)))
    fleet.tell("east", events("Tick", range(35)))
    fleet.settle()
    machine.poll_messages(subscription, 10)
    fleet.lose("west").wait(10.0)
    machine.replace(configs("west", host="192.0.2.9")[0], fleet.now, grace=0.5)
    fleet.settle().wait(5.0)
    fleet.silent.clear()
    machine.submit(PING, fleet.now, to="west")
    fleet.settle()
    machine.remove("east", fleet.now)
    fleet.settle().wait(5.0)
    machine.add(configs("east")[0], fleet.now)
    fleet.settle().wait(5.0)
    machine.submit(PING, fleet.now)
    fleet.settle()
    machine.stop(fleet.now)
    fleet.settle().wait(30.0)
    assert machine.stopped
    assert not machine.open
    assert machine.poll_timeout() is None


def test_an_honest_cluster_keeps_every_law() -> None:
    """L2 to L7, for each server, also for those that come and go."""
    story(ami.Cluster)


class Raises(ami.Cluster):
    law = "L2"

    def handle_timeout(self, now: float) -> None:
        super().handle_timeout(now)
        if now > 5.0:
            raise KeyError("west")


class RefusesTooLate(ami.Cluster):
    law = "L3"

    def submit(self, *arguments: Any, **options: Any) -> ami.Ticket:
        try:
            return super().submit(*arguments, **options)
        except ami.Backpressure:
            self._now += 1.0
            super().submit(PING, self._now, to="east")
            raise


class ForgetsWithTheServer(ami.Cluster):
    """Let a server go although the outcomes of its actions wait."""

    law = "L4"

    def poll_notice(self) -> ami.Notice | None:
        notice = super().poll_notice()
        return super().poll_notice() if isinstance(notice, ami.ActionFinished) else notice


class AnswersForAnother(ami.Cluster):
    """Return a ticket of the other server."""

    law = "L4"

    def submit(self, *arguments: Any, **options: Any) -> ami.Ticket:
        ticket = super().submit(*arguments, **options)
        return replace(ticket, server="west" if ticket.server == "east" else "east")


class Oversleeps(ami.Cluster):
    law = "L5"

    def poll_timeout(self) -> float | None:
        return None if self._agenda.command_waiting else super().poll_timeout()


class RestsForEver(ami.Cluster):
    """Pay no debt, and so spin."""

    law = "L5"

    def handle_timeout(self, now: float) -> None:
        debts = dict(self._rounds._debts)
        super().handle_timeout(now)
        self._rounds._debts.update(debts)


class RestsWithoutMercy(ami.Cluster):
    """Forgive no debt where nobody else is heard."""

    law = "L5"

    def handle_timeout(self, now: float) -> None:
        for server in list(self._rounds._debts):
            self._rounds.add(f"not {server}", 1, 0, 0)
        super().handle_timeout(now)


class HoardsForOne(ami.Cluster):
    """Hold for one server what two may hold together."""

    law = "L6"

    def snapshots(self) -> Mapping[ServerKey, ami.Snapshot]:
        seen = dict(super().snapshots())
        if "west" in seen and seen["west"].subscriptions:
            queues = tuple(replace(each, depth=3) for each in seen["west"].subscriptions)
            seen["west"] = replace(seen["west"], subscriptions=queues)
        return seen


class WatchesTheDead(ami.Cluster):
    """Ask to watch the first stream of `west` after its end."""

    law = "L7"

    def poll_command(self) -> Command | None:
        command = super().poll_command()
        if isinstance(command, Watch) and command.session.server == "west":
            return replace(command, session=SessionId("west", 1))
        return command


class CountsAnew(ami.Cluster):
    """Give the sessions of a key that comes back the numbers of old ones."""

    law = "L7"

    def poll_command(self) -> Command | None:
        command = super().poll_command()
        if isinstance(command, Connect) and command.session.server == "west":
            return replace(command, session=SessionId("west", 1))
        return command


class MovesInSilence(ami.Cluster):
    """Hide one change of the state of `east`."""

    law = "every change is reported"

    def poll_notice(self) -> ami.Notice | None:
        notice = super().poll_notice()
        hidden = isinstance(notice, ami.StateChanged) and notice.server == "east"
        return super().poll_notice() if hidden and notice.new is ami.State.CLOSED else notice  # type: ignore[union-attr]


class SendsOldIds(ami.Cluster):
    """Make the connections of a key that comes back with the randomness of the first."""

    law = "bytes that were shown are sent"

    def poll_notice(self) -> ami.Notice | None:
        notice = super().poll_notice()
        for key, past in self._members._pasts.items():
            self._members._pasts[key] = past._replace(generations=0)
        return notice


LIARS = (
    Raises,
    RefusesTooLate,
    ForgetsWithTheServer,
    AnswersForAnother,
    Oversleeps,
    RestsForEver,
    RestsWithoutMercy,
    HoardsForOne,
    WatchesTheDead,
    CountsAnew,
    MovesInSilence,
    SendsOldIds,
)


@pytest.mark.parametrize("liar", LIARS)
def test_a_cluster_that_breaks_a_law_is_caught(liar: Any) -> None:
    """L2 to L7, for each server: each by the law it breaks."""
    with pytest.raises(LawBroken) as broken:
        story(liar)
    assert broken.value.law == liar.law


class OverlooksThePolicy(ami.Cluster):
    """Say that a policy forbids what is sent all the same."""

    @property
    def servers(self) -> Mapping[ServerKey, ami.ServerConfig]:
        return {key: replace(each, policy="observe") for key, each in super().servers.items()}


class AsksOneServerOnly(ami.Cluster):
    """Refuse an action that another server would take."""

    def submit(self, *arguments: Any, **options: Any) -> ami.Ticket:
        return super().submit(*arguments, **(options | {"to": "east"}))


@pytest.mark.parametrize("liar", [OverlooksThePolicy, AsksOneServerOnly])
def test_a_cluster_that_breaks_a_policy_is_caught(liar: type[ami.Cluster]) -> None:
    """R-POLICY-01."""
    observed = liar is AsksOneServerOnly
    servers = [*configs("east", policy="observe" if observed else "all"), *configs("west")]
    fleet = Fleet(LawfulCluster(liar(servers, seed=1))).start().wait(1.0)
    with pytest.raises(LawBroken) as broken:
        fleet.machine.submit(ami.Action("Setvar", {"Variable": "x", "Value": "1"}), fleet.now)
    assert broken.value.law == "routing"


def test_messages_of_two_servers_are_announced_once() -> None:
    """L5: the subscription was empty once, whoever filled it."""
    fleet = Fleet(LawfulCluster(ami.Cluster(configs("east", "west"), seed=1))).start().wait(1.0)
    fleet.machine.subscribe(ami.Filter())
    for key in ("east", "west"):
        fleet.tell(key, events("Tick", range(1)))
    fleet.settle()
    assert len([each for each in fleet.notices if isinstance(each, MessagesWaiting)]) == 1


def test_the_bytes_of_all_queues_are_watched() -> None:
    """R-CLUSTER-10, L6: a single message is always allowed."""
    seen = ami.Connection(SERVER, seed=1)
    seen.subscribe(ami.Filter(), limit_bytes=500, limit_bytes_total=1000)
    (queue,) = seen.snapshot().subscriptions
    full = replace(queue, depth=2, depth_bytes=500)
    assert total_complaint([full, full, replace(queue, depth=1, depth_bytes=9000)], 4096) is None
    more = replace(queue, depth=2, depth_bytes=1)
    assert total_complaint([full, full, more], 4096) == "1001 bytes, 1000 allowed"
    paused = replace(full, policy=ami.Overflow.PAUSE, depth_bytes=500 + 4096 + 2 * 65_536)
    assert total_complaint([paused, paused], 4096) is None
    assert total_complaint([paused, replace(paused, depth_bytes=paused.depth_bytes + 1)], 4096) is not None
