"""R-LIFE-01: one table, every pair defined."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from itertools import product

import pytest

from ami_proto import LIFECYCLE, Disconnect, Reason, State, StateChanged
from ami_proto.connection.lifecycle import TABLE, Effect, Input, Transition
from conformance.playbook import BANNER, SERVER, Playbook

PLAIN = replace(SERVER, auth="plain")

LIVING = [state for state in State if state not in (State.CLOSED, State.CLOSING)]
WITH_SESSION = [state for state in LIVING if state is not State.DISCONNECTED]


def reachable(start: State) -> set[State]:
    found, frontier = {start}, [start]
    while frontier:
        state = frontier.pop()
        following = {TABLE[state, each].state for each in Input} - found
        found |= following
        frontier += following
    return found


def test_every_pair_is_defined() -> None:
    """R-LIFE-01: as data, from which the diagram in the docs is drawn."""
    assert set(TABLE) == set(product(State, Input))
    assert LIFECYCLE is TABLE


def test_every_state_is_reached_and_every_state_can_be_left_for_ready() -> None:
    """R-LIFE-06: no state from which READY cannot be reached again, nor one that is never entered."""
    for state in State:
        assert reachable(state) == set(State)


def test_every_effect_and_every_input_is_used() -> None:
    assert {each.effect for each in TABLE.values()} == set(Effect)
    for event in Input:
        assert any(TABLE[state, event].effect is not Effect.NOTHING for state in State)


def test_what_has_no_effect_changes_no_state() -> None:
    """R-LIFE-01: what means nothing in a state changes nothing there."""
    for (state, _), step in TABLE.items():
        if step.effect is Effect.NOTHING:
            assert step.state is state


@pytest.mark.parametrize("state", LIVING)
def test_every_living_state_can_be_stopped(state: State) -> None:
    """R-LIFE-05: politely where somebody is there to be polite to."""
    polite = state.sending
    expected = Transition(State.CLOSING, Effect.LOG_OFF) if polite else Transition(State.CLOSED, Effect.END)
    assert TABLE[state, Input.STOP] == expected


@pytest.mark.parametrize("state", WITH_SESSION)
def test_every_session_can_be_lost(state: State) -> None:
    """R-HEALTH-06: a loss always leads to another try, or to CLOSED where none is wanted."""
    assert TABLE[state, Input.LOST] == Transition(State.DISCONNECTED, Effect.RETRY)
    assert TABLE[state, Input.GIVEN_UP] == Transition(State.CLOSED, Effect.END)


def test_closed_stays_closed_until_reopened() -> None:
    """R-LIFE-05: nothing but START leads out of CLOSED."""
    leaving = [event for event in Input if TABLE[State.CLOSED, event].state is not State.CLOSED]
    assert leaving == [Input.START]


def test_closing_only_ends() -> None:
    """R-LIFE-05: no second Logoff, no way back."""
    assert {TABLE[State.CLOSING, event].state for event in Input} == {State.CLOSING, State.CLOSED}
    assert TABLE[State.CLOSING, Input.STOP].effect is Effect.NOTHING


def test_the_first_miss_degrades_and_a_pong_heals() -> None:
    """R-HEALTH-01: DEGRADED, and back."""
    assert TABLE[State.READY, Input.MISSED] == Transition(State.DEGRADED, Effect.SUSPECT)
    assert TABLE[State.DEGRADED, Input.ANSWERED] == Transition(State.READY, Effect.TRUST)
    assert TABLE[State.READY, Input.ANSWERED].effect is Effect.NOTHING


# -- every pair, on a real connection


def in_state(state: State) -> Playbook:
    """Return a story that has come to this state."""
    play = Playbook(PLAIN)
    way: dict[State, Callable[[], Playbook]] = {
        State.CLOSED: lambda: play,
        State.DISCONNECTED: lambda: play.start().disconnect(),
        State.CONNECTING: play.start,
        State.CONNECTED: play.dial,
        State.AUTHENTICATING: lambda: play.dial().receive(BANNER),
        State.READY: play.log_in,
        State.DEGRADED: lambda: play.log_in().wait(20),
        State.CLOSING: lambda: play.log_in().stop(),
    }
    way[state]()
    assert play.connection.state is state
    play.notices.clear()
    play.take_commands()
    return play


@pytest.mark.parametrize("event", Input)
@pytest.mark.parametrize("state", State)
def test_every_pair_does_what_the_table_says(state: State, event: Input) -> None:
    """R-LIFE-01: each transition is reported with its cause; what means nothing changes nothing."""
    play = in_state(state)
    life, step, cause = play.connection._life, TABLE[state, event], Disconnect(Reason.NETWORK, "told")
    before = (dict(life.timers._deadlines), life.session, life.backoff.failures)
    life._apply(event, play.now, cause)
    play.drain()
    changes = play.take(StateChanged)
    if step.effect is Effect.NOTHING:
        assert (dict(life.timers._deadlines), life.session, life.backoff.failures) == before
        assert (changes, play.notices, play.take_commands()) == ([], [], [])
    elif step.state is state:
        assert changes == []
        assert dict(life.timers._deadlines) != before[0] or play.take_commands()
    else:
        assert (changes[0].old, changes[0].new, changes[0].cause) == (state, step.state, cause)


def test_the_table_is_data_that_nobody_changes() -> None:
    """R-LIFE-01."""
    step = TABLE[State.CLOSED, Input.START]
    with pytest.raises(FrozenInstanceError):
        step.state = State.READY  # type: ignore[misc]
