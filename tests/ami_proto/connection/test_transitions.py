"""R-LIFE-01: one table, every pair defined."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from ami_proto import ConnectScheduled, MisuseError, Reason, ServerConfig, SetupAction, State, StateChanged
from ami_proto.connection.transitions import TRANSITIONS, Effect, Input, Transition
from ami_proto.drivers import Watch
from conformance.laws.playbook import BANNER, SERVER, Playbook

PLAIN = replace(SERVER, auth="plain")

LIVING = [state for state in State if state not in (State.CLOSED, State.CLOSING)]
WITH_SESSION = [state for state in LIVING if state is not State.DISCONNECTED]


def reachable(start: State) -> set[State]:
    found, frontier = {start}, [start]
    while frontier:
        state = frontier.pop()
        following = {TRANSITIONS[state, each].state for each in Input} - found
        found |= following
        frontier += following
    return found


def test_every_pair_is_defined() -> None:
    """R-LIFE-01: as data, from which the diagram in the docs is drawn."""
    assert set(TRANSITIONS) == set(product(State, Input))


def test_every_state_is_reached_and_every_state_can_be_left_for_ready() -> None:
    """R-LIFE-06: no state from which READY cannot be reached again, nor one that is never entered."""
    for state in State:
        assert reachable(state) == set(State)


def test_every_effect_and_every_input_is_used() -> None:
    assert {each.effect for each in TRANSITIONS.values()} == set(Effect)
    for event in Input:
        assert any(TRANSITIONS[state, event].effect is not Effect.NOTHING for state in State)


def test_what_has_no_effect_changes_no_state() -> None:
    """R-LIFE-01: what means nothing in a state changes nothing there."""
    for (state, _), step in TRANSITIONS.items():
        if step.effect is Effect.NOTHING:
            assert step.state is state


@pytest.mark.parametrize("state", LIVING)
def test_every_living_state_can_be_stopped(state: State) -> None:
    """R-LIFE-05: politely where somebody is there to be polite to."""
    polite = state.sending
    expected = Transition(State.CLOSING, Effect.LOG_OFF) if polite else Transition(State.CLOSED, Effect.END)
    assert TRANSITIONS[state, Input.STOP] == expected


@pytest.mark.parametrize("state", WITH_SESSION)
def test_every_session_can_be_lost(state: State) -> None:
    """R-HEALTH-06: a loss always leads to another try, or to CLOSED where none is wanted."""
    assert TRANSITIONS[state, Input.LOST] == Transition(State.DISCONNECTED, Effect.RETRY)
    assert TRANSITIONS[state, Input.GIVEN_UP] == Transition(State.CLOSED, Effect.END)


def test_closed_stays_closed_until_reopened() -> None:
    """R-LIFE-05: nothing but START leads out of CLOSED."""
    leaving = [event for event in Input if TRANSITIONS[State.CLOSED, event].state is not State.CLOSED]
    assert leaving == [Input.START]


def test_closing_only_ends() -> None:
    """R-LIFE-05: no second Logoff, no way back."""
    assert {TRANSITIONS[State.CLOSING, event].state for event in Input} == {State.CLOSING, State.CLOSED}
    assert TRANSITIONS[State.CLOSING, Input.STOP].effect is Effect.NOTHING


def test_the_first_miss_degrades_and_a_pong_heals() -> None:
    """R-HEALTH-01: DEGRADED, and back."""
    assert TRANSITIONS[State.READY, Input.MISSED] == Transition(State.DEGRADED, Effect.SUSPECT)
    assert TRANSITIONS[State.DEGRADED, Input.ANSWERED] == Transition(State.READY, Effect.TRUST)
    assert TRANSITIONS[State.READY, Input.ANSWERED].effect is Effect.NOTHING


# -- every pair, on a real connection

UNKNOWN = "x"
"""An ActionID that the connection did not draw."""


def in_state(state: State, server: ServerConfig) -> Playbook:
    """Return a story that has come to this state."""
    play = Playbook(server, throttled=state is State.DISCONNECTED)
    way: dict[State, Callable[[], Playbook]] = {
        State.CLOSED: lambda: play,
        State.DISCONNECTED: play.start,
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


def cause_it(play: Playbook, event: Input) -> None:
    """Do what this input stands for, also where it means nothing."""
    state = play.connection.state
    match event:
        case Input.START if state is not State.CLOSED:
            with pytest.raises(MisuseError):
                play.start()
        case Input.START:
            play.start()
        case Input.ADMITTED:
            play.connection.admit(play.now)
            play.drain()
        case Input.CONNECTED:
            play.connect()
        case Input.BANNER:
            play.receive(BANNER)
        case Input.LOGGED_IN | Input.ACCEPTED:
            play.reply(play.sent_actions[0] if play.sent_actions else UNKNOWN)
        case Input.BOOTED:
            play.reply(play.sent_actions[0] if play.sent_actions else UNKNOWN).event("FullyBooted")
        case Input.MISSED if state is State.AUTHENTICATING:
            play.reply(play.sent_actions[0]).wait(SERVER.heartbeat_interval + SERVER.heartbeat_timeout)
        case Input.MISSED:
            play.wait(SERVER.heartbeat_timeout + (SERVER.heartbeat_interval if state is State.READY else 0))
        case Input.ANSWERED if state is State.READY:
            play.wait(SERVER.heartbeat_interval).reply(play.sent_actions[-1], "Ping: Pong")
        case Input.ANSWERED:
            play.reply(play.sent_actions[-1] if state is State.DEGRADED else UNKNOWN, "Ping: Pong")
        case Input.LOST | Input.GIVEN_UP:
            play.disconnect(Reason.RESET)
        case Input.STOP:
            play.stop()
        case Input.GOODBYE:
            play.reply(play.sent_actions[-1] if state is State.CLOSING else UNKNOWN, status="Goodbye")


PAIRS = [
    (state, event)
    for state, event in product(State, Input)
    # Pings go out in three states; elsewhere nothing can be missed.
    if event is not Input.MISSED or state in (State.AUTHENTICATING, State.READY, State.DEGRADED)
]


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_every_pair_does_what_the_table_says(state: State, event: Input) -> None:
    """R-LIFE-01: each transition is reported with its cause; what means nothing changes nothing."""
    again = event is not Input.GIVEN_UP
    server = replace(PLAIN, retry=again, reconnect=again)
    if state is State.AUTHENTICATING and event in (Input.LOGGED_IN, Input.BOOTED, Input.MISSED):
        server = replace(server, wait_fully_booted=True, setup=(SetupAction("Filter"),))
    play = in_state(state, server)
    step, reasons = TRANSITIONS[state, event], {Input.LOST, Input.GIVEN_UP, Input.STOP}
    cause_it(play, event)
    changes, commands = play.take(StateChanged), play.take_commands()
    if step.state is state:
        assert (changes, play.connection.state) == ([], state)
        assert step.effect in (Effect.NOTHING, Effect.AWAIT_BOOT, Effect.SET_UP, Effect.SUSPECT)
        assert [each for each in commands if not isinstance(each, Watch)] == []
    else:
        assert (changes[0].old, changes[0].new) == (state, step.state)
        reason = None if changes[0].cause is None else changes[0].cause.reason
        assert event not in reasons or reason is (Reason.STOPPED if event is Input.STOP else Reason.RESET)


@pytest.mark.parametrize("state", [*WITH_SESSION, State.CLOSING])
def test_a_session_takes_its_timers_with_it(state: State) -> None:
    """R-LIFE-02: after a loss the next thing due is the next attempt, however late that is."""
    play = in_state(state, replace(PLAIN, reconnect_min=3600.0, reconnect_max=3600.0))
    play.disconnect(Reason.RESET).wait(0.0)
    deadline, scheduled = play.connection.poll_timeout(), play.take(ConnectScheduled)
    if state is State.CLOSING:
        assert (deadline, scheduled) == (None, [])
    else:
        assert [each.due for each in scheduled] == [deadline]


def test_the_table_is_data_that_nobody_changes() -> None:
    """R-LIFE-01."""
    step = TRANSITIONS[State.CLOSED, Input.START]
    with pytest.raises(AttributeError):
        step.state = State.READY  # type: ignore[misc]
