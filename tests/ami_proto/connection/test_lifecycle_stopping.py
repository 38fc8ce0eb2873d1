"""R-LIFE-05: a stop says Logoff, waits for Goodbye no longer than its grace, and ends every state."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ami_proto import ActionLost, Disconnect, EventsDropped, Fault, Reason, State, StateChanged
from ami_proto.config.server import DURATION_MAX
from ami_proto.drivers import Close
from conformance.laws.playbook import BANNER, SERVER, Playbook, frame
from tests.playbooks import STATUS, cause_of, state_of


def test_a_stop_says_logoff_and_waits_for_goodbye() -> None:
    """R-LIFE-05: what is pending may finish until then."""
    play = Playbook().log_in()
    ticket = play.submit(STATUS)
    play.take(StateChanged)
    play.take_commands()
    play.stop().expect_states(State.CLOSING).expect_actions("CoreStatus", "Logoff")
    play.reply(ticket)
    assert play.outcome(ticket).succeeded
    play.reply(play.unanswered[-1], status="Goodbye").expect_states(State.CLOSED)
    assert play.take_commands()[-1] == Close(play.session)
    assert play.connection.stopped
    assert play.faults() == {}


def test_a_goodbye_that_does_not_come_is_not_awaited_for_long() -> None:
    """R-LIFE-05: at most `close_grace` by the clock."""
    play = Playbook().log_in()
    ticket = play.submit(STATUS)
    play.stop().wait(0.249)
    assert state_of(play) is State.CLOSING
    play.wait(0.001)
    assert state_of(play) is State.CLOSED
    error = play.outcome(ticket).error
    assert isinstance(error, ActionLost)
    assert "no Goodbye within 0.25 s" in str(error)


def test_the_grace_is_the_callers_to_choose() -> None:
    play = Playbook().log_in().stop(3.0).stop(0.0).wait(2.9)
    assert state_of(play) is State.CLOSING, "stop is idempotent"
    play.wait(0.1)
    assert "3 s" in str(cause_of(play))
    at_once = Playbook().log_in().stop(0.0).wait(0.0)
    assert state_of(at_once) is State.CLOSED


def test_a_server_that_hangs_up_instead_is_fine() -> None:
    play = Playbook().log_in().stop().disconnect()
    assert state_of(play) is State.CLOSED
    assert play.connection.stopped


def test_a_logoff_that_never_left_is_reported() -> None:
    """R-LIFE-05: it could not be sent."""
    play = Playbook().log_in()
    play.lazy = True
    play.stop().wait(1).drain()
    assert play.faults() == {Fault.LOGOFF_UNSENT: 1}


@pytest.mark.parametrize("steps", range(7))
def test_stop_ends_every_state(steps: int) -> None:
    """R-LIFE-05: it never blocks, and CLOSED stays closed."""
    play = Playbook()
    story: list[Callable[[], Playbook]] = [
        play.start,
        play.connect,
        lambda: play.receive(BANNER),
        play.disconnect,
        lambda: play.wait(1).log_in(),
        lambda: play.wait(20),
    ]
    for step in story[:steps]:
        step()
    session = play.session
    play.stop().stop()
    if state_of(play) is State.CLOSING:
        play.wait(0.25)
    assert play.connection.stopped
    play.take_commands()
    play.take(StateChanged)
    play.wait(1000)
    play.connection.handle_connected(session, play.now)
    play.connection.handle_received(session, BANNER, play.now)
    play.drain().expect_commands().expect_states()


def test_closed_can_be_started_again() -> None:
    """R-LIFE-05: until reopened; sessions are numbered on."""
    play = Playbook().log_in().stop(0.0).wait(0.0).log_in()
    assert state_of(play) is State.READY
    assert play.session.number == 2


def test_a_dial_that_nobody_took_up_is_not_closed_either() -> None:
    """L7: no command names a session that never began."""
    play = Playbook(lazy=True).start().stop().drain()
    play.expect_commands()
    assert play.connection.stopped


@pytest.mark.parametrize("end", ["goodbye", "grace", "loss", "behind a loss", "no way back"])
def test_the_drops_of_the_last_interval_are_reported_at_the_end(end: str) -> None:
    """R-FLOW-03, invariant 10: when the connection has stopped, every drop was told of."""
    play = Playbook(replace(SERVER, reconnect=end != "no way back")).log_in()
    subscription = play.subscribe(limit=1)
    play.event("A").event("B").event("C")
    if end != "no way back":
        play.disconnect().wait(0.2).log_in() if end == "behind a loss" else play.stop()
        play.event("D")
    match end:
        case "goodbye":
            last = frame("Response: Goodbye", f"ActionID: {play.unanswered[-1].action_id}")
            play.receive(frame("Event: E", "Privilege: x") + last)
        case "grace":
            play.wait(0.25)
        case "behind a loss":
            play.disconnect().stop()
        case _:
            play.disconnect()
    assert play.connection.stopped
    reports = play.take(EventsDropped)
    assert sum(each.delta for each in reports) == reports[-1].total == subscription.dropped >= 2
    play.wait(0.0)
    assert play.connection.poll_timeout() is None, "and no further report is due"


def test_whoever_logs_off_is_not_asked_any_more() -> None:
    """R-LIFE-05: no ping, no judgement; only the grace ends what the server does not."""
    play = Playbook().log_in().stop(grace=200.0).wait(199.0)
    assert [each.name for each in play.unanswered] == ["Logoff"]
    assert play.take(StateChanged)[-1].new is State.CLOSING
    (closed,) = play.wait(1.0).take(StateChanged)
    assert (closed.new, closed.cause) == (
        State.CLOSED,
        Disconnect(Reason.STOPPED, "no Goodbye within 200 s"),
    )


def test_nobody_is_pinged_behind_the_logoff() -> None:
    """R-LIFE-05: a late pong begins nothing anew, and the end has the grace for its cause."""
    play = Playbook().log_in().wait(15).expect_actions("Ping")
    pong = play.unanswered[0]
    play.stop(grace=60).reply(pong, "Ping: Pong").wait(60).expect_actions("Logoff")
    assert cause_of(play) == Disconnect(Reason.STOPPED, "no Goodbye within 60 s")


def test_the_longest_grace_is_that_of_every_wait() -> None:
    play = Playbook().log_in().stop(grace=DURATION_MAX)
    assert play.connection.poll_timeout() == play.now + DURATION_MAX
