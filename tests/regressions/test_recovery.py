"""Reconnecting, and not reconnecting. `Fault:` says what an earlier library did wrong."""

import selectors
from dataclasses import replace

import pytest

from ami_proto import (
    Action,
    ActionLost,
    BreakerChanged,
    BreakerState,
    ConnectScheduled,
    MisuseError,
    Reason,
    State,
    StateChanged,
)
from ami_proto.drivers import Connect
from conformance.laws.peer import Peer, honest
from conformance.laws.playbook import BANNER, SERVER, Playbook, frame
from conformance.suite.leaks import nothing_left
from tests.peers import Owner

__all__ = ["nothing_left"]

PING = Action("Ping")
HOUR = 3600.0


def await_dial(play: Playbook) -> None:
    """Wait until the attempt that was scheduled last begins, with a new session."""
    before = play.session
    scheduled = play.take(ConnectScheduled)
    assert scheduled, "no attempt is scheduled"
    play.wait(scheduled[-1].due - play.now + 0.001)
    assert play.session.number == before.number + 1


def test_three_missed_heartbeats_lead_to_a_new_session() -> None:
    """R-HEALTH-01, R-HEALTH-06. Fault: the third miss closed the socket and set no timer to dial again."""
    play = Playbook()
    for _ in range(10):
        play.log_in()
        play.wait(SERVER.heartbeat_interval + 3 * SERVER.heartbeat_timeout)
        lost = [each for each in play.take(StateChanged) if each.new is State.DISCONNECTED][-1]
        assert lost.cause is not None
        assert lost.cause.reason is Reason.HEARTBEAT
        await_dial(play)
    assert play.log_in().connection.state is State.READY


@pytest.mark.parametrize("in_flight", range(6))
def test_a_loss_with_pings_in_flight_leads_to_a_new_session(in_flight: int) -> None:
    """R-HEALTH-06. Fault: the pong timer of a lost session was due when there was no session, and raised."""
    # Reconnect so late that every timer of the lost session would be due before the next session begins.
    play = Playbook(replace(SERVER, reconnect_min=HOUR, reconnect_max=HOUR)).log_in()
    if in_flight:
        play.wait(SERVER.heartbeat_interval)
    tickets = [play.submit(PING) for _ in range(in_flight - 1)]
    play.expect_actions(*["Ping"] * in_flight)
    play.disconnect(Reason.RESET)
    assert all(isinstance(play.outcome(each).error, ActionLost) for each in tickets)
    await_dial(play)
    play.log_in().wait(SERVER.heartbeat_interval).expect_actions("Ping")
    play.reply(play.unanswered[0], "Ping: Pong")
    assert play.connection.state is State.READY


def test_no_byte_of_a_session_reaches_the_next_one() -> None:
    """R-LIFE-02. Fault: unsent bytes and half a frame stayed in buffers and met the next stream."""
    play = Playbook(replace(SERVER, auth="plain")).log_in()
    play.lazy = True
    lost = [play.submit(PING), play.submit(Action("Hangup", {"Channel": "PJSIP/7"}))]
    assert play.write(20)
    play.receive(b"Event: Newchannel\r\nUniqueid: 1\r\nLinked")
    play.lazy = False
    play.disconnect()
    await_dial(play)
    play.connect().receive(BANNER)
    play.expect_actions("Login")
    assert play.wire.startswith(b"Action: Login\r\n")
    assert play.reply(play.unanswered[0]).connection.state is State.READY
    assert all(isinstance(play.outcome(each).error, ActionLost) for each in lost)


@pytest.mark.parametrize("state", [State.DISCONNECTED, State.CONNECTING, State.CONNECTED, State.READY])
@pytest.mark.parametrize("farewell", ["goodbye", "loss", "silence"])
def test_a_stopped_connection_does_not_dial(state: State, farewell: str) -> None:
    """R-LIFE-05. Fault: closing looked like a loss to the code that watched the socket, which reconnected."""
    play = Playbook().start()
    if state is State.DISCONNECTED:
        play.disconnect(Reason.REFUSED)
    if state is State.CONNECTED:
        play.connect()
    if state is State.READY:
        play.log_in()
    assert play.connection.state is state
    play.stop().take_commands()
    if state is State.READY and farewell == "goodbye":
        play.receive(frame("Response: Goodbye", f"ActionID: {play.unanswered[-1].action_id}"))
    if farewell == "loss":
        play.disconnect()
    play.wait(HOUR)
    assert play.connection.stopped
    assert not [each for each in play.take_commands() if isinstance(each, Connect)]


class Interrupted(selectors.DefaultSelector):
    """A selector that signals interrupt. Python's own tries again by itself; those of other loops may not."""

    signals = 0
    interruptions = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if Interrupted.signals:
            Interrupted.signals -= 1
            Interrupted.interruptions += 1
            raise InterruptedError("a signal")
        return super().select(timeout)


def test_a_signal_drops_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-DRIVER-01. Fault: an interrupted wait was taken for a broken network, and every socket was closed."""
    monkeypatch.setattr(selectors, "DefaultSelector", Interrupted)
    with Peer(honest) as peer, Owner(peer.port) as one, Owner(peer.port) as other:
        owners = [each.until_ready() for each in (one, other)]
        Interrupted.signals = len(owners)
        for owner in owners:
            owner.reactor.run_once(0.01)
            assert owner.send("Ping").succeeded
        assert (Interrupted.signals, Interrupted.interruptions, peer.accepted) == (0, 2, 2)


def accept(play: Playbook) -> None:
    """Accept the login, after the banner."""
    play.reply(play.unanswered[-1], "Challenge: 1").reply(play.unanswered[-1])


COURSES = ["unanswered dial", "no banner", "no login", "silent after login", "lost", "stopped", "stable"]
"""How the probe ends, each one step further than the one before."""


@pytest.mark.parametrize("course", COURSES)
def test_every_probe_of_the_breaker_ends(course: str) -> None:
    """R-HEALTH-04. Fault: a probe that neither failed nor became stable blocked all later ones."""
    interval = 2.0 if course == "silent after login" else SERVER.heartbeat_interval
    play = Playbook(replace(SERVER, breaker_threshold=1, heartbeat_interval=interval)).start()
    play.disconnect(Reason.REFUSED)
    await_dial(play)
    assert play.take(BreakerChanged)[-1].new is BreakerState.HALF_OPEN
    if course != "unanswered dial":
        play.connect()
    if course not in ("unanswered dial", "no banner"):
        play.receive(BANNER)
    if course not in ("unanswered dial", "no banner", "no login"):
        accept(play)
    if course == "lost":
        play.disconnect()
    if course == "stopped":
        play.stop()
    while play.connection.snapshot().breaker is BreakerState.HALF_OPEN and play.now < HOUR:
        play.wait(1.0)
    ends = [each for each in play.take(BreakerChanged) if each.old is BreakerState.HALF_OPEN]
    assert [each.new is BreakerState.CLOSED for each in ends] == [course in ("stopped", "stable")]


def test_a_second_start_is_refused() -> None:
    """R-LIFE-05. Fault: a second start made a second socket, and the first was never closed."""
    play = Playbook()
    steps = (play.start, play.connect, lambda: play.receive(BANNER), lambda: accept(play), play.stop)
    for step in steps:
        step()
        before = play.connection.snapshot()
        with pytest.raises(MisuseError):
            play.start()
        assert play.connection.snapshot() == before
    assert len([each for each in play.take_commands() if isinstance(each, Connect)]) == 1
