"""R-LIFE-06: every state that can be reached, found by exploration and not by example."""

import pytest

import ami_proto
from ami_proto import BreakerState, State
from ami_proto.connection.lifecycle import Lifecycle
from ami_proto.connection.transitions import Effect
from ami_proto.drivers import TRANSITIONS
from tests.workshop.diagram import BREAKER_ARROWS
from tests.workshop.explore import SCENARIOS, Exploration, ExplorationFailed, explore
from tests.workshop.explore.moves import MOVES
from tests.workshop.explore.subject import Subject

QUICK = ("heartbeat", "throttled", "no reconnect", "no after refusal")
"""Those that are explored here; `.ci/run` explores all."""
HEARTBEAT = SCENARIOS["heartbeat"]


def test_every_state_has_a_deadline_and_leads_to_ready_again(capsys: pytest.CaptureFixture[str]) -> None:
    """R-LIFE-06, R-HEALTH-04, R-HEALTH-06, invariant 7: one outcome for each ticket and each probe.

    Every transition of the table that leads elsewhere is met, and every one of the breaker.
    """
    explored = [explore(name, doubt=20) for name in QUICK]
    assert sum(each.states for each in explored) > 3000
    assert "states" in capsys.readouterr().out
    assert all(each.doubted > 50 for each in explored)
    steps = set().union(*(each.steps for each in explored))
    breaker_steps = set().union(*(each.breaker_steps for each in explored))
    assert steps == {
        (old, step.state)
        for (old, _), step in TRANSITIONS.items()
        if step.effect is not Effect.NOTHING and step.state is not old
    }
    assert breaker_steps == set(BREAKER_ARROWS)


def test_every_move_is_made_in_some_scenario() -> None:
    assert set(MOVES) == {move for scenario in SCENARIOS.values() for move in scenario.moves}


# -- and it would find what is wrong


def broken(name: str = "heartbeat") -> str:
    with pytest.raises(ExplorationFailed) as caught:
        Exploration(SCENARIOS[name]).run()
    return str(caught.value)


def test_it_finds_a_state_without_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-LIFE-06: a dial that nobody watches."""
    dial = Lifecycle._dial

    def unwatched(lifecycle: Lifecycle, now: float) -> None:
        dial(lifecycle, now)
        lifecycle.timers.clear()

    monkeypatch.setattr(Lifecycle, "_dial", unwatched)
    assert "nothing will ever happen here (R-LIFE-06), after: made, start" in broken()


def test_it_finds_a_state_without_a_way_to_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HEALTH-06: a loss that is never followed by another dial, but by ever new delays."""
    monkeypatch.setattr(Lifecycle, "_attempt", lambda life, now: life.retries._schedule(1.0, None, now))
    assert "READY does not come again" in broken()


def test_it_finds_a_breaker_that_outlives_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HEALTH-04: what was started anew begins anew."""
    monkeypatch.setattr("ami_proto.connection.breaker.Breaker.handle_ended", lambda breaker, cause: None)
    assert "a probe after 0 s" in broken()


def test_it_finds_an_attempt_before_the_cooldown_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-HEALTH-04."""
    monkeypatch.setattr("ami_proto.connection.breaker.Breaker.delay_min", 0.0)
    assert "a probe after 1 s" in broken()


def test_it_finds_an_action_without_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 7: what was open when the session ended is forgotten."""
    monkeypatch.setattr("ami_proto.correlation.pending.Pending.pop_all", lambda pending: [])
    assert "tickets are open" in broken("no reconnect")


def test_it_finds_a_fact_of_an_old_session_that_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-LIFE-02."""
    monkeypatch.setattr(
        ami_proto.Connection, "_present", lambda connection, session: connection._lifecycle.session
    )
    assert "a fact about a session that is gone" in broken()


def test_it_finds_a_shape_that_says_too_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two connections of one shape must behave alike, or the exploration has skipped something."""

    def coarse(subject: Subject) -> tuple[State, BreakerState, bool]:
        lifecycle = subject.connection._lifecycle
        return lifecycle.state, lifecycle.retries.breaker.state, bool(subject.requests)

    monkeypatch.setattr("tests.workshop.explore.exploration.shape_of", coarse)
    with pytest.raises(ExplorationFailed, match="two connections of this shape behave differently"):
        Exploration(HEARTBEAT, doubt=1).run()
