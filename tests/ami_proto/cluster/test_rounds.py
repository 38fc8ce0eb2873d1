"""Budgets of work: bytes, frames, messages; debt, and its forgiveness (R-CLUSTER-02)."""

import pytest

from ami_proto import Filter, Overflow
from ami_proto.cluster.rounds import RoundBudgets
from ami_proto.config.limits import ClusterConfig
from ami_proto.drivers import Watch
from tests.ami_proto.cluster.fleet import events, started

LIMITS = ClusterConfig(round_bytes=1024, round_frames=10, round_messages=5)


def heard(rounds: RoundBudgets, *servers: str) -> None:
    """Let these servers bring a little."""
    for server in servers:
        rounds.add(server, 1, 0, 0)


@pytest.mark.parametrize(
    ("work", "rests"),
    [
        ((1023, 9, 4), False),
        ((1024, 0, 0), True),
        ((0, 10, 0), True),
        ((0, 0, 5), True),
    ],
)
def test_each_budget_counts_by_itself(work: tuple[int, int, int], rests: bool) -> None:
    """R-CLUSTER-02: the one that is used up first decides."""
    rounds = RoundBudgets(LIMITS)
    heard(rounds, "other")
    assert rounds.add("busy", *work) is rests
    assert (rounds.rests("busy"), rounds.rests("other"), rounds.resting) == (rests, False, rests)


def test_work_adds_up_within_a_round_and_not_beyond() -> None:
    """R-CLUSTER-02."""
    rounds = RoundBudgets(LIMITS)
    heard(rounds, "other")
    assert not rounds.add("busy", 1000, 0, 0)
    assert rounds.end() == []
    heard(rounds, "other")
    assert not rounds.add("busy", 1000, 0, 0)
    assert rounds.add("busy", 24, 0, 0)


@pytest.mark.parametrize(("frames", "rounds_of_rest"), [(10, 1), (11, 2), (20, 2), (21, 3), (100, 10)])
def test_a_debt_is_paid_by_rounds(frames: int, rounds_of_rest: int) -> None:
    """R-CLUSTER-02: one budget each, the round in which it was made included."""
    rounds = RoundBudgets(LIMITS)
    heard(rounds, "other")
    rounds.add("busy", 0, frames, 0)
    ended = 0
    while rounds.rests("busy"):
        lifted = rounds.end()
        ended += 1
        assert lifted == ([] if rounds.rests("busy") else ["busy"])
        heard(rounds, "other")
    assert ended == rounds_of_rest


def test_what_a_resting_server_brings_late_is_debt_as_well() -> None:
    """R-CLUSTER-02: a driver may have read already; nothing of it is counted twice."""
    rounds = RoundBudgets(LIMITS)
    heard(rounds, "other")
    assert rounds.add("busy", 0, 20, 0)
    assert not rounds.add("busy", 0, 10, 0), "it rests already"
    for _ in range(2):
        assert rounds.end() == []
        heard(rounds, "other")
    assert rounds.end() == ["busy"]


def test_where_nobody_else_was_heard_a_debt_is_forgiven() -> None:
    """R-CLUSTER-02: the one that rests may still be heard itself."""
    rounds = RoundBudgets(LIMITS)
    heard(rounds, "other")
    rounds.add("busy", 0, 1000, 0)
    assert rounds.end() == []
    heard(rounds, "busy")
    assert rounds.end() == ["busy"]


def test_two_flooders_rest_and_are_heard_again_in_turn() -> None:
    """R-CLUSTER-04: the quiet one is never held up."""
    rounds = RoundBudgets(LIMITS)
    heard(rounds, "quiet")
    assert [rounds.add(each, 0, 15, 0) for each in ("one", "two")] == [True, True]
    assert rounds.end() == []
    heard(rounds, "quiet")
    assert not rounds.rests("quiet")
    assert rounds.end() == ["one", "two"]


def test_a_removed_server_owes_nothing() -> None:
    """R-CLUSTER-09."""
    rounds = RoundBudgets(LIMITS)
    heard(rounds, "other")
    rounds.add("busy", 0, 1000, 0)
    rounds.forget("busy")
    assert not rounds.resting
    assert rounds.end() == []


def test_work_of_a_stream_that_has_ended_is_not_counted_against_the_next() -> None:
    """R-CLUSTER-02: also where it had not used up its budget."""
    rounds = RoundBudgets(LIMITS)
    heard(rounds, "other")
    assert not rounds.add("busy", 0, LIMITS.round_frames - 1, 0)
    rounds.forget("busy")
    assert not rounds.add("busy", 0, LIMITS.round_frames - 1, 0)
    assert rounds.add("busy", 0, 1, 0)


def test_a_pause_of_a_resting_server_is_no_news_for_its_driver() -> None:
    """R-CLUSTER-02, R-FLOW-02: it is not read already; lifted, the rest leaves the pause in place."""
    fleet = started("east", "west", limits=LIMITS)
    subscription = fleet.machine.subscribe(Filter(("Tick",)), limit=2, policy=Overflow.PAUSE)
    fleet.tell("west", events("Tack", [1]))
    fleet.tell("east", events("Tack", range(25)))
    assert fleet.machine.poll_command() == Watch(fleet.sessions["east"], read=False, write=False)
    fleet.tell("east", events("Tick", range(2)))
    assert fleet.machine.poll_command() is None
    fleet.commands.clear()
    fleet.settle().wait(1.0)
    assert Watch(fleet.sessions["east"], read=True, write=False) not in fleet.commands
    while fleet.machine.poll_message(subscription) is not None:
        pass
    fleet.settle()
    assert Watch(fleet.sessions["east"], read=True, write=False) in fleet.commands
