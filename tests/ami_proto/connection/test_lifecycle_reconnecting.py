"""R-LIFE, R-HEALTH: down and up again, with a gap in the stream and a backoff between attempts."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ami_proto import (
    Action,
    ActionLost,
    ConnectScheduled,
    Disconnect,
    Gap,
    Message,
    Reason,
    State,
    StateChanged,
)
from conformance.laws.playbook import BANNER, SERVER, Playbook, frame
from tests.playbooks import STATUS, cause_of, state_of

PATIENT = replace(SERVER, breaker_threshold=1000)


def test_a_new_connection_is_a_new_session() -> None:
    """R-LIFE-02: no byte crosses; R-CORR-07: what was open ended with the old one."""
    play = Playbook().log_in()
    ticket, old = play.submit(STATUS), play.session
    play.receive(b"Response: Success\r\nActionID: ").disconnect().wait(1).log_in()
    assert play.session != old
    assert [each.name for each in play.sent_actions] == ["Challenge", "Login"]
    late = frame("Response: Success", f"ActionID: {ticket.action_id}")
    play.connection.handle_received(old, late, play.now)
    play.drain().reply(ticket)
    assert isinstance(play.outcome(ticket).error, ActionLost)
    assert state_of(play) is State.READY


@pytest.mark.parametrize("state", [State.CONNECTING, State.CONNECTED, State.AUTHENTICATING, State.READY])
def test_facts_of_old_sessions_are_ignored(state: State) -> None:
    """R-LIFE-02, L2: an unknown or superseded session."""
    play = Playbook().dial()
    old = play.session
    play.disconnect().wait(1)
    play.connect() if state is State.CONNECTED else None
    play.connect().receive(BANNER) if state is State.AUTHENTICATING else None
    play.log_in() if state is State.READY else None
    play.take(StateChanged)
    play.take_commands()
    for session in (old, replace(old, number=99), replace(old, server="other")):
        play.connection.handle_connected(session, play.now)
        play.connection.handle_received(session, BANNER, play.now)
        play.connection.handle_sent(session, 5, play.now)
        play.connection.handle_disconnected(session, Disconnect(Reason.EOF), play.now)
        assert play.connection.poll_transmit(session) == b""
    play.drain().expect_states().expect_commands()
    assert state_of(play) is state
    assert play.faults() == {}


# -- the gap


def test_a_loss_is_visible_in_the_stream_of_events() -> None:
    """R-FLOW-06: as a gap: from, to, and why."""
    play = Playbook().log_in()
    everything = play.subscribe()
    play.event("Hangup").disconnect(Reason.RESET)
    lost = play.now
    play.wait(3)
    play.disconnect(Reason.REFUSED).wait(3).log_in().event("Newchannel")
    first, gap, last = play.messages(everything)
    assert gap == Gap("pbx", lost, play.now, Disconnect(Reason.RESET)), "why it began, not what came later"
    assert isinstance(first, Message)
    assert isinstance(last, Message)


@pytest.mark.parametrize(
    ("die", "reason"),
    [
        (lambda play: play.receive(b"Event: Half").wait(7).disconnect(), Reason.EOF),
        (lambda play: play.receive(b"\r\n").wait(30), Reason.HEARTBEAT),
        (lambda play: play.receive(b"\r\n").wait(5).receive(b"").wait(25), Reason.HEARTBEAT),
        (lambda play: play.submit(Action("WaitEvent"), timeout=40) and play.wait(45), Reason.READ_TIMEOUT),
        (lambda play: play.receive(b"Event: Half").wait(60), Reason.PROTOCOL),
    ],
    ids=["eof", "heartbeat", "no bytes are none", "read timeout", "frame timeout"],
)
def test_a_gap_begins_when_bytes_came_last(die: Callable[[Playbook], object], reason: Reason) -> None:
    """R-FLOW-06: what happened between the last bytes and the verdict was not seen either."""
    play = Playbook().log_in()
    everything = play.subscribe("Hangup")
    play.wait(3).receive(frame("Event: Heard"))
    heard = play.now
    die(play)
    assert cause_of(play).reason is reason
    assert play.now > heard
    play.wait(1).log_in()
    assert play.messages(everything) == [Gap("pbx", heard, play.now, cause_of(play))]


def test_a_stop_and_a_start_leave_a_gap_too() -> None:
    """R-FLOW-06: a gap record appears for every reconnect."""
    play = Playbook().log_in()
    everything = play.subscribe()
    stopped = play.now
    play.stop().reply(play.unanswered[-1], status="Goodbye").wait(5).log_in()
    assert play.messages(everything) == [Gap("pbx", stopped, play.now, Disconnect(Reason.STOPPED))]


def test_a_first_connect_is_no_gap() -> None:
    play = Playbook()
    everything = play.subscribe()
    play.log_in()
    assert play.messages(everything) == []


def test_there_is_no_gap_before_the_first_login() -> None:
    """R-FLOW-06: nothing was missed by who has not been there yet, however often the dial failed."""
    play = Playbook(PATIENT)
    heard = play.subscribe()
    play.start()
    for _ in range(3):
        play.disconnect(Reason.REFUSED).wait(60)
    play.log_in()
    assert play.connection.poll_message(heard) is None


# -- the backoff


def test_a_server_that_drops_at_once_is_not_hammered() -> None:
    """R-HEALTH-05, R-HEALTH-03: never faster than the backoff allows, the floor always holds."""
    play = Playbook().start()
    begins = []
    for _ in range(30):
        while state_of(play) is not State.CONNECTING:
            play.wait(0.01)
        begins.append(play.now)
        play.log_in().disconnect()
    scheduled = [each.delay for each in play.take(ConnectScheduled)]
    assert min(scheduled[1:]) >= 0.1
    assert max(scheduled) <= 30
    assert max(scheduled[-10:]) > 10, "accepting and dropping does not reset it"
    assert begins[-1] - begins[0] >= sum(scheduled[1:30]) - 0.001


def test_the_reported_delay_is_the_scheduled_one() -> None:
    """R-HEALTH-03: and the attempts are counted."""
    play = Playbook().start()
    for attempt in range(2, 8):
        play.take(ConnectScheduled)
        play.disconnect(Reason.REFUSED)
        (scheduled,) = play.take(ConnectScheduled)
        assert scheduled.attempt == attempt
        assert scheduled.due == play.now + scheduled.delay
        assert scheduled.cause == Disconnect(Reason.REFUSED)
        play.take_commands()
        play.wait(scheduled.delay - 0.0001).expect_commands()
        play.wait(0.0002)
        assert len(play.take_commands()) == 1


def test_the_backoff_begins_again_only_when_stable() -> None:
    """R-HEALTH-03: after `stable_after` in READY, and DEGRADED is not READY."""
    play = Playbook(PATIENT).start()
    for _ in range(5):
        play.disconnect(Reason.REFUSED).wait(31)
        play.connection.handle_connected(play.session, play.now)
    failures = play.connection.snapshot().connect_failures
    play.receive(BANNER).reply(play.unanswered[0], "Challenge: 1").reply(play.unanswered[0])
    play.wait(9.9)
    assert play.connection.snapshot().connect_failures == failures >= 5
    play.wait(0.2)
    assert play.connection.snapshot().connect_failures == 0


def test_a_degraded_connection_is_not_stable() -> None:
    """R-HEALTH-03: the time counts again from the moment it is READY again."""
    play = Playbook(replace(SERVER, heartbeat_interval=1.0)).start().disconnect(Reason.REFUSED).wait(1)
    play.log_in().wait(10.5)
    failures = [play.connection.snapshot().connect_failures]
    play.reply(play.unanswered[0])
    for _ in range(4):
        play.event("Hangup").wait(0.99)
        failures.append(play.connection.snapshot().connect_failures)
    for _ in range(7):
        play.event("Hangup").wait(0.99)
    assert failures == [1] * 5
    assert play.connection.snapshot().connect_failures == 0


def test_without_reconnect_a_loss_is_the_end() -> None:
    play = Playbook(replace(SERVER, reconnect=False)).log_in()
    play.disconnect().wait(100)
    assert state_of(play) is State.CLOSED
    assert cause_of(play).reason is Reason.EOF


def test_without_retry_the_first_failure_is_the_end_and_a_later_one_is_not() -> None:
    play = Playbook(replace(SERVER, retry=False)).start().disconnect(Reason.REFUSED)
    assert state_of(play) is State.CLOSED
    play.log_in().disconnect().wait(1).disconnect(Reason.REFUSED).wait(1)
    assert state_of(play) is State.CONNECTING


def test_each_gap_has_its_own_beginning_and_cause() -> None:
    """R-FLOW-06: also the second."""
    play = Playbook().log_in()
    everything = play.subscribe()
    gaps = []
    for reason in (Reason.RESET, Reason.EOF):
        lost = play.now
        play.disconnect(reason).wait(1).log_in()
        gaps.append(Gap("pbx", lost, play.now, Disconnect(reason)))
        assert play.messages(everything) == gaps[-1:]
        play.wait(5).event("Newchannel")
        assert len(play.messages(everything)) == 1


def test_a_start_is_a_first_one_each_time() -> None:
    """R-LIFE-05: what was reached before the stop does not count for `retry`."""
    play = Playbook(replace(SERVER, retry=False)).log_in()
    play.stop().reply(play.unanswered[-1], status="Goodbye")
    play.start().disconnect(Reason.REFUSED)
    assert state_of(play) is State.CLOSED
