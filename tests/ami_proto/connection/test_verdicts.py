"""Bytes before verdicts: deadlines of a session wait for what the kernel holds (R-TIME-02)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_proto import ActionTimeout, Overflow, Reason, State
from ami_proto.connection import verdicts
from ami_proto.connection.timers import JUDGING_TIMERS, Timer
from ami_proto.drivers import Look, Watch
from conformance.laws.playbook import BANNER, SERVER, Playbook, frame
from tests.playbooks import STATUS, cause_of, logged_in, state_of

NOTHING = frame("Event: Tick", "Privilege: system,all")


@pytest.fixture
def looked() -> Playbook:
    """Return a READY connection whose driver has reported once that there is nothing to read."""
    play = logged_in().find_nothing()
    play.take_commands()
    return play


def sleep(play: Playbook, seconds: float) -> Playbook:
    """Let time pass in one step, as it does for a process that is stopped."""
    return play.oversleep(seconds)


def looks(play: Playbook) -> int:
    """Return how many looks were asked for since the last look here."""
    return [each == Look(play.session) for each in play.take_commands()].count(True)


def test_an_overdue_action_is_not_judged_before_a_look(looked: Playbook) -> None:
    """R-TIME-02: the answer has come in time and lies in the kernel."""
    ticket = looked.submit(STATUS, timeout=2.0)
    sleep(looked, 4.0)
    assert (looks(looked), looked.outcomes(ticket)) == (1, [])
    looked.reply(ticket).find_nothing()
    assert looked.outcome(ticket).succeeded


def test_it_times_out_once_a_look_has_found_nothing(looked: Playbook) -> None:
    ticket = looked.submit(STATUS, timeout=2.0)
    sleep(looked, 4.0).find_nothing()
    looked.wait(0)
    assert isinstance(looked.outcome(ticket).error, ActionTimeout)


def test_a_look_that_began_before_the_deadline_does_not_count(looked: Playbook) -> None:
    """R-TIME-02: bytes may have come between the read and the deadline."""
    ticket = looked.submit(STATUS, timeout=2.0)
    began = looked.now + 1.999
    sleep(looked, 4.0)
    assert looks(looked) == 1
    looked.find_nothing(began).wait(0)
    assert (looks(looked), looked.outcomes(ticket)) == (1, [])
    looked.find_nothing(began + 0.001).wait(0)
    assert isinstance(looked.outcome(ticket).error, ActionTimeout)


def test_the_driver_is_asked_once_and_then_time_alone_changes_nothing(looked: Playbook) -> None:
    """L5: what waits for a look leaves the deadline."""
    looked.submit(STATUS, timeout=2.0)
    sleep(looked, 4.0)
    assert looks(looked) == 1
    assert (looked.connection.poll_timeout() or 0.0) > looked.now
    sleep(looked, 0.5)
    assert looks(looked) == 0


def test_a_driver_that_never_reports_is_judged_by_time() -> None:
    """R-TIME-02: until the first report of a machine, and no look is asked for."""
    play = logged_in()
    ticket = play.submit(STATUS, timeout=2.0)
    play.take_commands()
    sleep(play, 4.0)
    assert looks(play) == 0
    assert isinstance(play.outcome(ticket).error, ActionTimeout)


def test_the_next_session_begins_without_a_look(looked: Playbook) -> None:
    """R-TIME-02: what one stream has told says nothing about the next."""
    looked.disconnect().wait(1.0)
    looked.connect().find_nothing().receive(BANNER)
    looked.take_commands()
    sleep(looked, 60.0)
    assert looks(looked) == 1
    assert state_of(looked) is State.AUTHENTICATING
    looked.find_nothing().wait(0)
    assert cause_of(looked).reason is Reason.LOGIN_TIMEOUT


def test_a_look_ends_with_its_session(looked: Playbook) -> None:
    """L7: no command names a session that has ended."""
    looked.lazy = True
    looked.submit(STATUS, timeout=2.0)
    sleep(looked, 4.0).disconnect()
    looked.drain()
    assert not any(isinstance(each, Look) for each in looked.take_commands())


@pytest.mark.parametrize(
    ("reason", "prepare"),
    [
        (Reason.BANNER_TIMEOUT, lambda play: play.connect().find_nothing()),
        (Reason.LOGIN_TIMEOUT, lambda play: play.connect().find_nothing().receive(BANNER)),
    ],
)
def test_banner_and_login_are_judged_after_a_look(reason: Reason, prepare: object) -> None:
    play = Playbook().start()
    assert callable(prepare)
    prepare(play)
    play.take_commands()
    sleep(play, 60.0)
    assert (looks(play), play.connection.snapshot().last_cause) == (1, None)
    play.find_nothing().wait(0)
    assert cause_of(play).reason is reason


def test_the_grace_is_judged_after_a_look(looked: Playbook) -> None:
    """R-LIFE-05: a Goodbye that has come is read first."""
    looked.stop()
    looked.take_commands()
    sleep(looked, 5.0)
    assert (looks(looked), state_of(looked)) == (1, State.CLOSING)
    looked.reply(looked.unanswered[-1], status="Goodbye")
    assert state_of(looked) is State.CLOSED
    assert cause_of(looked).reason is Reason.STOPPED


def test_silence_is_ended_by_events_that_lie_in_the_kernel(looked: Playbook) -> None:
    """R-TIME-02, R-HEALTH-02: a living session is not ended for a silence that was ours."""
    sleep(looked, 45.6)
    assert looks(looked) == 1
    looked.receive(NOTHING)
    for ping in looked.unanswered:
        looked.reply(ping, "Ping: Pong")
    looked.find_nothing().wait(0)
    assert state_of(looked) is State.READY


def test_a_dial_is_judged_by_time(looked: Playbook) -> None:
    """R-TIME-02: there is nothing to read yet."""
    looked.disconnect().wait(1.0)
    looked.take_commands()
    sleep(looked, 60.0)
    assert cause_of(looked).reason is Reason.CONNECT_TIMEOUT


def test_an_action_that_waits_is_judged_by_time(looked: Playbook) -> None:
    """R-TIME-02: no byte of the peer can end it."""
    looked.disconnect().wait(1.0)
    looked.connect().find_nothing()
    ticket = looked.submit(STATUS, timeout=1.0, wait=True)
    sleep(looked, 1.5)
    assert isinstance(looked.outcome(ticket).error, ActionTimeout)


def test_no_look_is_asked_for_while_reading_is_paused(looked: Playbook) -> None:
    """R-TIME-02: `Watch(read=False)` suspends it; the heartbeat excuses the peer."""
    looked.subscribe(limit=1, policy=Overflow.PAUSE)
    looked.receive(NOTHING)
    looked.expect_commands(Watch(looked.session, read=False, write=False))
    sleep(looked, 3600.0)
    assert not any(isinstance(each, Look) for each in looked.take_commands())
    assert state_of(looked) is State.READY


def test_a_flood_delays_a_verdict_until_the_kernel_must_be_empty(
    looked: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-TIME-02: so many bytes after the deadline, everything that had come by then has been read."""
    monkeypatch.setattr(verdicts, "FLOOD_BYTES", 10 * len(NOTHING))
    ticket = looked.submit(STATUS, timeout=2.0)
    sleep(looked, 2.5)
    for _ in range(9):
        looked.receive(NOTHING).wait(0)
        assert looked.outcomes(ticket) == []
    looked.receive(NOTHING)
    assert looked.connection.poll_timeout() is not None
    assert (looked.connection.poll_timeout() or 0.0) <= looked.now, "enough has come: due"
    looked.wait(0)
    assert isinstance(looked.outcome(ticket).error, ActionTimeout)


def test_a_flood_does_not_judge_what_was_due_after_it_was_noticed(
    looked: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-TIME-02: each verdict waits for its own bytes."""
    monkeypatch.setattr(verdicts, "FLOOD_BYTES", 2 * len(NOTHING))
    early, late = looked.submit(STATUS, timeout=1.0), looked.submit(STATUS, timeout=2.0)
    sleep(looked, 1.5).receive(NOTHING)
    sleep(looked, 1.0).receive(NOTHING).wait(0)
    assert isinstance(looked.outcome(early).error, ActionTimeout)
    assert looked.outcomes(late) == []
    looked.reply(late)
    assert looked.outcome(late).succeeded


@pytest.mark.parametrize("looked_at", [float("nan"), float("inf"), float("-inf"), 1e300])
def test_a_time_that_is_not_a_time_is_ignored(looked: Playbook, looked_at: float) -> None:
    """L2: facts never raise, and change nothing where they make no sense."""
    ticket = looked.submit(STATUS, timeout=2.0)
    sleep(looked, 4.0).find_nothing(looked_at).wait(0)
    assert looked.outcomes(ticket) == []


def test_a_report_on_another_session_is_ignored(looked: Playbook) -> None:
    """L2, L7."""
    ticket = looked.submit(STATUS, timeout=2.0)
    sleep(looked, 4.0)
    stale = replace(looked.session, number=looked.session.number - 1)
    looked.connection.handle_drained(stale, looked.now)
    looked.wait(0)
    assert looked.outcomes(ticket) == []


def test_every_timer_that_judges_the_peer_waits_and_no_other() -> None:
    """R-TIME-02: not the ping's own timer, stability, dials, backoff, reports."""
    assert set(Timer) - JUDGING_TIMERS == {
        Timer.CONNECT, Timer.RECONNECT, Timer.SILENCE, Timer.STABLE, Timer.PAUSE, Timer.DROP_REPORT,
    }  # fmt: skip


@given(
    timeout=st.floats(0.01, 3.0),
    steps=st.lists(
        st.tuples(st.floats(0.0, 2.0), st.sampled_from(["look", "stale look", "sleep"])), max_size=8
    ),
)
def test_an_answer_that_is_read_before_a_truthful_look_always_counts(
    timeout: float, steps: list[tuple[float, str]]
) -> None:
    """R-TIME-02: an action only times out after a look beyond its deadline."""
    play = Playbook(SERVER).log_in().find_nothing()
    ticket = play.submit(STATUS, timeout=timeout)
    deadline, looked_beyond = play.now + timeout, False
    for seconds, step in steps:
        began = play.now
        sleep(play, seconds)
        if step != "sleep":
            looked_at = play.now if step == "look" else began
            looked_beyond = looked_beyond or looked_at >= deadline
            play.find_nothing(looked_at).wait(0)
        assert bool(play.outcomes(ticket)) <= looked_beyond
    if not looked_beyond:
        play.reply(ticket)
        assert play.outcome(ticket).succeeded


def test_an_open_frame_is_not_judged_before_a_look(looked: Playbook) -> None:
    """R-TIME-01, R-TIME-02: its end has come in time and lies in the kernel."""
    looked.receive(b"Event: Slow\r\n").find_nothing()
    sleep(looked, 100.0)
    assert looks(looked) == 1
    looked.receive(b"\r\n").find_nothing().wait(0)
    assert state_of(looked) is State.READY


def test_an_open_frame_is_judged_once_a_look_has_found_nothing(looked: Playbook) -> None:
    """R-TIME-01, R-TIME-02: at once, however late that is."""
    looked.receive(b"Event: Slow\r\n").find_nothing()
    sleep(looked, 100.0).find_nothing().wait(0)
    assert cause_of(looked).reason is Reason.PROTOCOL


def test_a_flood_of_forged_output_is_judged(looked: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-TIME-01, R-TIME-02: a frame that takes in all that comes does not live for ever."""
    monkeypatch.setattr(verdicts, "FLOOD_BYTES", 1000)
    victim = looked.submit(STATUS, timeout=1.0)
    looked.receive(f"Response: Follows\r\nActionID: {victim.action_id}\r\n".encode()).find_nothing()
    for _ in range(70):
        looked.wait(1.0).receive(NOTHING * 10)
    looked.wait(1.0)
    assert "without the end of a frame that begins 'Response: Follows'" in cause_of(looked).detail
