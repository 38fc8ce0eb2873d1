"""R-HEALTH: whether the peer is still there."""

import pytest

from ami_proto import Action, Disconnect, Fault, Overflow, Reason, State, StateChanged
from ami_proto.connection.heartbeat import Heartbeat, Judgement
from ami_proto.connection.timers import Timer, Timers
from ami_proto.drivers import Watch
from conformance.laws.playbook import SERVER, Playbook, frame
from tests.playbooks import cause_of

COMMAND = Action("Command", {"Command": "core show channels"})


def beat() -> tuple[Heartbeat, Timers]:
    timers = Timers()
    heartbeat = Heartbeat(SERVER, timers)
    heartbeat.begin(0.0)
    return heartbeat, timers


def judge(heartbeat: Heartbeat, timer: Timer, now: float, *, late: float = 0.0) -> Judgement:
    return heartbeat.judge(timer, now - late, now, paused=False, blocked_until=None)


# -- the judge alone


def test_silence_calls_for_a_ping_and_a_second_one_waits_for_the_first() -> None:
    """R-HEALTH-01: at most one in flight."""
    heartbeat, timers = beat()
    assert (timers.get(Timer.SILENCE), timers.get(Timer.READ)) == (15.0, 45.0)
    assert judge(heartbeat, Timer.SILENCE, 15.0) is Judgement.PING
    heartbeat.handle_pinged(15.0)
    assert timers.get(Timer.PONG) == 20.0
    assert judge(heartbeat, Timer.SILENCE, 16.0) is Judgement.WAIT


def test_the_third_miss_is_the_last() -> None:
    """R-HEALTH-01: the first means DEGRADED, the third closes the session."""
    heartbeat, _ = beat()
    judged = [judge(heartbeat, Timer.PONG, 20.0 + number) for number in range(3)]
    assert judged == [Judgement.MISSED, Judgement.MISSED, Judgement.DEAD]


def test_a_pong_forgives_every_miss() -> None:
    heartbeat, timers = beat()
    judge(heartbeat, Timer.PONG, 20.0)
    heartbeat.handle_pinged(20.0)
    heartbeat.handle_answered(21.0)
    assert heartbeat.misses == 0
    assert timers.get(Timer.PONG) is None


@pytest.mark.parametrize("timer", [Timer.PONG, Timer.READ])
def test_a_late_timer_judges_nobody_once(timer: Timer) -> None:
    """After a suspension supervision waits one more period, each timer for itself."""
    heartbeat, timers = beat()
    other = Timer.READ if timer is Timer.PONG else Timer.PONG
    assert judge(heartbeat, other, 100.0, late=2.0) is Judgement.WAIT
    assert judge(heartbeat, timer, 100.0, late=1.001) is Judgement.WAIT
    assert timers.get(timer) == 100.0 + (5.0 if timer is Timer.PONG else 45.0)
    assert judge(heartbeat, timer, 200.0, late=2.0) is not Judgement.WAIT


def test_a_process_that_is_suspended_again_is_forgiven_again() -> None:
    """Once for each silence: bytes came in between."""
    heartbeat, _ = beat()
    for resumed in (100.0, 300.0):
        assert judge(heartbeat, Timer.READ, resumed, late=2.0) is Judgement.WAIT
        heartbeat.handle_received(resumed)


def test_a_second_late_is_not_late() -> None:
    heartbeat, _ = beat()
    assert judge(heartbeat, Timer.READ, 46.0, late=1.0) is Judgement.DEAD


def test_a_read_timeout_stretches_to_a_blocking_action_once() -> None:
    """R-HEALTH-07: to that action's deadline, and not from one action to the next for ever."""
    heartbeat, timers = beat()
    stretched = heartbeat.judge(Timer.READ, 45.0, 45.0, paused=False, blocked_until=70.0)
    assert (stretched, timers.get(Timer.READ)) == (Judgement.WAIT, 70.0)
    again = heartbeat.judge(Timer.READ, 70.0, 70.0, paused=False, blocked_until=100.0)
    assert again is Judgement.DEAD
    heartbeat.handle_received(71.0)
    anew = heartbeat.judge(Timer.READ, 116.0, 116.0, paused=False, blocked_until=120.0)
    assert anew is Judgement.WAIT


def test_nothing_is_judged_during_a_pause() -> None:
    """R-HEALTH-01: what comes during a pause cannot be read: each timer waits one more period."""
    heartbeat, _ = beat()
    for timer in (Timer.SILENCE, Timer.PONG, Timer.READ):
        assert heartbeat.judge(timer, 45.0, 45.0, paused=True, blocked_until=None) is Judgement.WAIT


@pytest.mark.parametrize("first_fact", ["time", "bytes"])
def test_the_heartbeat_begins_anew_after_a_pause(first_fact: str) -> None:
    """R-HEALTH-01, -02: with the first fact, whose time it takes; an unanswered ping is forgotten."""
    heartbeat, timers = beat()
    judge(heartbeat, Timer.PONG, 20.0)
    heartbeat.handle_pinged(20.0)
    heartbeat.handle_resumed()
    assert heartbeat.resumed
    if first_fact == "time":
        heartbeat.handle_time(50.0)
    else:
        heartbeat.handle_received(50.0)
    assert (heartbeat.resumed, heartbeat.misses) == (False, 0)
    assert dict(timers) == {Timer.SILENCE: 65.0, Timer.READ: 95.0}
    heartbeat.handle_time(60.0)
    assert timers[Timer.SILENCE] == 65.0, "only once"


def test_bytes_postpone_the_next_ping_only_while_none_is_missed() -> None:
    """R-HEALTH-01: a peer that has missed one must answer the next, however much else it says."""
    heartbeat, timers = beat()
    judge(heartbeat, Timer.PONG, 20.0)
    heartbeat.handle_received(25.0)
    assert (timers.get(Timer.SILENCE), timers.get(Timer.READ)) == (15.0, 70.0)
    heartbeat.handle_answered(26.0)
    assert timers.get(Timer.SILENCE) == 41.0
    heartbeat.handle_received(27.0)
    assert timers.get(Timer.SILENCE) == 42.0


# -- the whole story


def test_a_quiet_server_is_pinged_and_answers(ready: Playbook) -> None:
    """R-HEALTH-01: after `heartbeat_interval` of silence, for ever."""
    for _ in range(5):
        ready.wait(14.999).expect_actions()
        ready.wait(0.001).expect_actions("Ping")
        ready.reply(ready.unanswered[0], "Ping: Pong").expect_states()
    assert ready.connection.state is State.READY


def test_bytes_are_a_sign_of_life_and_no_bytes_are_none(ready: Playbook) -> None:
    """R-HEALTH-01: silence is what counts."""
    ready.wait(10).event("Newchannel").wait(14).expect_actions()
    ready.receive(b"").wait(1).expect_actions("Ping")


def test_one_miss_degrades_and_a_late_pong_heals(ready: Playbook) -> None:
    """R-HEALTH-01: the first failure means DEGRADED and an immediate next ping."""
    subscription = ready.subscribe()
    ready.wait(20).expect_states(State.DEGRADED).expect_actions("Ping", "Ping")
    ready.event("Newchannel")
    assert len(ready.messages(subscription)) == 1, "events still flow"
    ticket = ready.submit(Action("CoreStatus"))
    ready.reply(ready.unanswered[0], "Ping: Pong").expect_states(State.READY)
    ready.reply(ticket)
    assert ready.outcome(ticket).succeeded, "actions are still allowed"


def test_three_misses_close_the_session(ready: Playbook) -> None:
    """R-HEALTH-01: and the next one is tried; R-HEALTH-06: loss with pings pending reconnects."""
    ready.wait(29.999).expect_states(State.DEGRADED)
    session = ready.session
    ready.wait(0.001).expect_states(State.DISCONNECTED)
    (cause,) = {each.cause for each in ready.notices if hasattr(each, "cause")}
    assert cause is not None
    assert cause.reason is Reason.HEARTBEAT
    ready.wait(1).expect_states(State.CONNECTING)
    assert ready.session != session


@pytest.mark.parametrize("pings", range(6))
def test_a_loss_with_pings_in_flight_always_reconnects(ready: Playbook, pings: int) -> None:
    """R-HEALTH-06: a loss with k pings pending."""
    ready.wait(14 + 5 * min(pings, 3) if pings else 1)
    if ready.connection.state is not State.DISCONNECTED:
        ready.disconnect(Reason.RESET)
    ready.wait(0.2).log_in()
    assert ready.connection.state is State.READY


def test_the_answer_to_the_first_of_three_pings_still_counts(ready: Playbook) -> None:
    """R-HEALTH-01: however late it comes, the peer serves us."""
    ready.wait(29).expect_actions("Ping", "Ping", "Ping").expect_states(State.DEGRADED)
    ready.reply(ready.unanswered[0], "Ping: Pong").expect_states(State.READY)
    assert ready.faults() == {}


def test_ten_heartbeat_deaths_in_a_row_recover_ten_times() -> None:
    """R-HEALTH-06: dead for ever after three missed heartbeats was the ancestor's fate."""
    play = Playbook().log_in()
    for _ in range(10):
        play.wait(30)
        assert play.take(StateChanged)[-1].new in (State.DISCONNECTED, State.CONNECTING)
        play.wait(30).log_in()
        play.take(StateChanged)
    assert play.connection.state is State.READY


def test_the_read_timeout_judges_when_pings_are_held_back(ready: Playbook) -> None:
    """R-HEALTH-07: no ping while a blocking action is open, one behind it; R-HEALTH-02: then it is over."""
    ticket = ready.submit(COMMAND, timeout=100)
    ready.wait(99).expect_states().expect_actions("Command")
    ready.wait(1).expect_states().expect_actions("Command", "Ping")
    assert "timed out" in str(ready.outcome(ticket).error), "the action's own deadline comes first"
    ready.wait(4.999).expect_states()
    ready.wait(0.001).expect_states(State.DISCONNECTED)
    cause = ready.connection.snapshot().last_cause
    assert cause == Disconnect(Reason.READ_TIMEOUT, "no frame for 105 s")


def test_a_quiet_server_keeps_its_session_when_a_blocking_action_was_given_up(ready: Playbook) -> None:
    """R-HEALTH-07: it was quiet because nobody asked; the last ping's answer decides."""
    ready.submit(COMMAND, timeout=100)
    ready.wait(100).expect_actions("Command", "Ping").reply(ready.unanswered[-1], "Ping: Pong")
    ready.wait(15).expect_actions("Ping").expect_states()


def test_no_second_ping_goes_behind_one_that_is_awaited() -> None:
    """R-HEALTH-01: at most one in flight, the last one included."""
    heartbeat, timers = beat()
    heartbeat.judge(Timer.READ, 45.0, 45.0, paused=False, blocked_until=60.0)
    heartbeat.handle_pinged(58.0)
    assert judge(heartbeat, Timer.READ, 60.0) is Judgement.WAIT
    assert timers.get(Timer.READ) == 65.0
    assert judge(heartbeat, Timer.READ, 65.0) is Judgement.DEAD


def test_a_stream_of_blocking_actions_hides_no_dead_server(ready: Playbook) -> None:
    """R-LIFE-06: no state without a deadline, whatever the application does."""
    for _ in range(100):
        if ready.connection.state is not State.READY:
            break
        ready.submit(COMMAND)
        ready.wait(1)
    assert ready.connection.state is not State.READY


def test_after_a_blocking_action_pings_go_on(ready: Playbook) -> None:
    ticket = ready.submit(COMMAND, timeout=100)
    ready.wait(50).reply(ticket, "Message: Command output follows", "Output: x")
    ready.wait(15).expect_actions("Ping")


def test_a_miss_sends_no_ping_behind_a_blocking_action(ready: Playbook) -> None:
    """R-HEALTH-07: the immediate next ping waits as well; it would even end a WaitEvent."""
    ready.wait(15).expect_actions("Ping")
    ready.submit(Action("WaitEvent", {"Timeout": "60"}), timeout=70)
    ready.wait(30).expect_states(State.DEGRADED).expect_actions("Ping", "WaitEvent")


def test_a_busy_server_is_asked_again_once_the_blocking_action_has_ended(ready: Playbook) -> None:
    """R-HEALTH-01, R-HEALTH-07: within `heartbeat_interval`, whatever else it says; and READY comes back."""
    ready.wait(15)
    ticket = ready.submit(COMMAND, timeout=60)
    for _ in range(30):
        ready.event("Newchannel").wait(1)
    ready.expect_states(State.DEGRADED).expect_actions("Ping", "Command")
    ready.reply(ticket, "Message: Command output follows", "Output: x")
    ended = ready.now
    while not ready.unanswered and ready.now < ended + 15:
        ready.event("Newchannel").wait(0.5)
    ready.expect_actions("Ping").reply(ready.unanswered[0], "Ping: Pong").expect_states(State.READY)
    for _ in range(29):
        ready.event("Newchannel").wait(1)
    ready.expect_actions().expect_states()


def test_a_suspended_process_does_not_blame_the_peer(ready: Playbook) -> None:
    """After a timer that comes more than a second late supervision re-arms once."""
    ready.wait(16).expect_actions("Ping")
    ready.oversleep(3600).expect_states()
    ready.reply(ready.unanswered[0], "Ping: Pong").wait(14)
    assert ready.connection.state is State.READY


def test_it_blames_the_peer_when_it_stays_silent_after_that(ready: Playbook) -> None:
    ready.wait(16).oversleep(3600)
    ready.wait(4.999).expect_states()
    ready.wait(11).expect_states(State.DEGRADED, State.DISCONNECTED, State.CONNECTING)


def test_a_server_that_answers_every_other_ping_costs_no_memory(ready: Playbook) -> None:
    """L6: pings that nobody will ever answer are forgotten."""
    for _ in range(50):
        ready.wait(20)
        ready.reply(ready.unanswered[-1], "Ping: Pong")
    session = ready.connection._lifecycle.session
    assert session is not None
    assert len(session.pending) <= 3


def test_while_reading_is_paused_nobody_is_judged(ready: Playbook) -> None:
    """R-FLOW-02, R-HEALTH-01: while paused, heartbeat supervision is suspended."""
    subscription = ready.subscribe(limit=1, policy=Overflow.PAUSE)
    ready.event("Newchannel")
    assert ready.watch == Watch(ready.session, read=False, write=False)
    ready.wait(59.9).expect_states().expect_actions()
    ready.messages(subscription)
    assert ready.watch == Watch(ready.session, read=True, write=False)
    ready.wait(31).expect_states(State.DEGRADED, State.DISCONNECTED, State.CONNECTING)


def test_a_resumed_reader_has_time_to_hear_what_came(ready: Playbook) -> None:
    """R-FLOW-02: the read timeout does not strike in the moment of the resumption."""
    subscription = ready.subscribe(limit=1, policy=Overflow.PAUSE)
    ready.event("Newchannel").wait(44.999)
    ready.messages(subscription)
    ready.wait(0.5).expect_states()
    ready.event("Newchannel").expect_states()


def test_a_reader_that_is_polled_but_once_has_time_as_well(ready: Playbook) -> None:
    """R-FLOW-02, L10: the moment of the resumption counts, not how often anybody looked."""
    connection = ready.connection
    subscription = ready.subscribe(limit=1, policy=Overflow.PAUSE)
    ready.lazy = True
    ready.event("Newchannel")
    assert connection.poll_command() == Watch(ready.session, read=False, write=False)
    connection.handle_timeout(ready.now + 44.9)
    connection.poll_message(subscription)
    assert connection.poll_command() == Watch(ready.session, read=True, write=False)
    connection.handle_timeout(ready.now + 45.0)
    assert connection.state is State.READY


@pytest.mark.parametrize("told", [False, True])
def test_nobody_is_judged_while_the_driver_does_not_read_or_soon_will_not(
    ready: Playbook, told: bool
) -> None:
    """R-FLOW-02, L10: from the full queue to the Watch that resumes, whenever the driver fetches them."""
    connection = ready.connection
    subscription = ready.subscribe(limit=1, policy=Overflow.PAUSE)
    ready.lazy = True
    ready.event("Newchannel")
    if told:
        connection.poll_command()
        connection.poll_message(subscription)
    connection.handle_timeout(ready.now + 45.0)
    assert connection.state is State.READY


def test_a_pong_behind_a_backlog_is_no_miss(ready: Playbook) -> None:
    """R-FLOW-02: the first event of the backlog does not use up the time that the pong was given."""
    subscription = ready.subscribe("Newchannel", limit=1, policy=Overflow.PAUSE)
    ready.wait(15).expect_actions("Ping").event("Newchannel").wait(9.9)
    ready.messages(subscription)
    ready.event("VarSet").wait(4.9).reply(ready.unanswered[0], "Ping: Pong").expect_states()


def test_a_pong_is_a_fault_only_when_nobody_asked(ready: Playbook) -> None:
    """R-CORR-08: counted, and nothing changes."""
    ready.reply("pbx:ffffffff:77", "Ping: Pong")
    assert ready.faults() == {Fault.UNMATCHED: 1}


def test_an_open_frame_has_its_time_once_more_after_a_pause(ready: Playbook) -> None:
    """R-TIME-01, R-FLOW-02: its end may have come while nothing was read."""
    subscription = ready.subscribe(limit=1, policy=Overflow.PAUSE)
    ready.receive(frame("Event: Newchannel") + b"Event: Slow\r\n").wait(59.0)
    ready.messages(subscription)
    ready.wait(0.1).expect_states().wait(59.0).expect_states()
    ready.wait(2.0).expect_states(State.DISCONNECTED, State.CONNECTING)
    assert cause_of(ready).reason is Reason.PROTOCOL


def test_an_open_frame_is_excused_once_where_time_came_late(ready: Playbook) -> None:
    """R-TIME-01: this process was suspended, and the driver reports no reads."""
    ready.receive(b"Event: Slow\r\n").oversleep(100.0).expect_states()
    ready.wait(60.0).expect_states(State.DISCONNECTED)
    assert cause_of(ready).reason is Reason.PROTOCOL
