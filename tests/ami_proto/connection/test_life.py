"""R-LIFE: the life of a connection, told as stories with a network and Asterisk."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ami_proto import (
    Action,
    ActionLost,
    ActionTimeout,
    Close,
    Connect,
    ConnectScheduled,
    Disconnect,
    EventsDropped,
    Fault,
    Gap,
    Message,
    Reason,
    Sent,
    State,
    StateChanged,
    Tls,
    Watch,
)
from conformance.playbook import BANNER, SERVER, Playbook, frame, hear

PLAIN = replace(SERVER, auth="plain")
PATIENT = replace(SERVER, breaker_threshold=1000)
REFUSAL = ("Message: Authentication failed",)


def cause_of(play: Playbook) -> Disconnect:
    cause = play.connection.snapshot().last_cause
    assert cause is not None
    return cause


def state_of(play: Playbook) -> State:
    return play.connection.state


# -- up


def test_from_closed_to_ready() -> None:
    """R-LIFE-01: each transition is reported; R-AUTH-01: with an MD5 login."""
    play = Playbook()
    assert state_of(play) is State.CLOSED
    assert play.connection.stopped
    play.start().expect_states(State.DISCONNECTED, State.CONNECTING)
    play.expect_commands(Connect(play.session, "192.0.2.1", 5038, None))
    play.connect().expect_states(State.CONNECTED)
    play.expect_commands(Watch(play.session, read=True, write=False))
    play.receive(BANNER).expect_states(State.AUTHENTICATING).expect_heard("Challenge")
    play.reply(play.unanswered[0], "Challenge: 123456789").expect_heard("Login")
    assert play.unanswered[0]["Key"] == "d32b5714dd0e3ae70d4a845d5e524f3f"
    play.reply(play.unanswered[0]).expect_states(State.READY).expect_heard()


def test_a_plain_login_sends_the_secret_and_nothing_shows_it() -> None:
    """R-AUTH-01: the secret leaves on the wire and in no repr, notice or snapshot."""
    play = Playbook(replace(PLAIN, events="call")).log_in()
    (login,) = play.heard
    assert (login.name, login["Secret"], login["Events"]) == ("Login", "s3cret", "call")
    assert "s3cret" not in repr([play.notices, play.connection.snapshot(), play.connection.config])


def test_tls_is_the_drivers_to_do() -> None:
    play = Playbook(replace(SERVER, port=5039, tls=Tls(verify=False))).start()
    assert play.take_commands() == [Connect(play.session, "192.0.2.1", 5039, Tls(verify=False))]


def test_over_tls_what_is_written_keeps_to_the_records() -> None:
    """R-ACT-07: 60 pipelined actions; at most 1024 bytes, and whole lines."""
    play = Playbook(replace(SERVER, tls=Tls())).log_in()
    play.lazy = True
    tickets = [play.submit(Action("CoreStatus")) for _ in range(60)]
    pieces = []
    while piece := play.write():
        pieces.append(piece)
    assert max(map(len, pieces)) <= 1024
    assert all(piece.endswith(b"\r\n") for piece in pieces)
    assert [each.action_id for each in play.heard[-60:]] == [each.action_id for each in tickets]


# -- the timers


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        (replace(SERVER, connect_timeout=3.0), Reason.CONNECT_TIMEOUT),
        (replace(SERVER, banner_timeout=3.0), Reason.BANNER_TIMEOUT),
        (replace(SERVER, login_timeout=3.0), Reason.LOGIN_TIMEOUT),
    ],
)
def test_every_step_has_a_timer_of_its_own(server: object, reason: Reason) -> None:
    """R-AUTH-02: each fires at its own configured value, from its own beginning."""
    assert isinstance(server, type(SERVER))
    play = Playbook(server).start()
    if reason is not Reason.CONNECT_TIMEOUT:
        play.wait(9.9).connect()
    if reason is Reason.LOGIN_TIMEOUT:
        play.wait(4.9).receive(BANNER)
    play.take(StateChanged)
    session = play.session
    play.take_commands()
    play.wait(2.999).expect_states().wait(0.001).expect_states(State.DISCONNECTED)
    assert cause_of(play).reason is reason
    assert play.take_commands() == [Close(session)]


def test_the_challenge_and_the_login_share_one_timer() -> None:
    """R-AUTH-02: whoever answers half of it has no more time."""
    play = Playbook().dial().receive(BANNER).wait(9)
    play.reply(play.unanswered[0], "Challenge: 1").wait(1)
    assert cause_of(play).reason is Reason.LOGIN_TIMEOUT


def test_fully_booted_is_awaited_and_stands_behind_the_gap() -> None:
    """R-AUTH-04, R-FLOW-06: events before the login completes are withheld and counted."""
    play = Playbook(replace(PLAIN, wait_fully_booted=True))
    play.log_in().event("FullyBooted")
    everything = play.subscribe()
    play.event("Hangup").disconnect().wait(1)
    lost = play.now - 1
    play.take(StateChanged)
    play.log_in().event("Newchannel").expect_states(State.CONNECTED, State.AUTHENTICATING).event(
        "FullyBooted"
    ).expect_states(State.READY)
    hangup, gap, booted = play.messages(everything)
    assert isinstance(hangup, Message)
    assert gap == Gap("pbx", lost, play.now, Disconnect(Reason.EOF))
    assert isinstance(booted, Message)
    assert booted.name == "FullyBooted"
    assert play.faults() == {Fault.WITHHELD: 1}


def test_a_server_that_never_boots_is_a_login_timeout() -> None:
    """R-AUTH-02: the wait for FullyBooted ends with the login timer."""
    play = Playbook(replace(PLAIN, wait_fully_booted=True)).log_in().wait(10)
    assert cause_of(play).reason is Reason.LOGIN_TIMEOUT
    assert "system" in cause_of(play).detail


# -- refused


def test_a_refused_login_is_tried_again_with_backoff() -> None:
    """R-AUTH-03: a distinct outcome, with Asterisk's message."""
    play = Playbook(PLAIN).dial().receive(BANNER)
    play.reply(play.unanswered[0], *REFUSAL, status="Error")
    assert play.take(StateChanged)[-1].cause == Disconnect(Reason.LOGIN_REFUSED, "Authentication failed")
    play.wait(1).expect_states(State.CONNECTING)


def test_or_is_the_end_by_configuration() -> None:
    """R-AUTH-03: or terminal; then CLOSED with the cause."""
    play = Playbook(replace(PLAIN, retry_refused=False)).dial().receive(BANNER)
    ticket = play.submit(Action("CoreStatus"), wait=True)
    play.reply(play.unanswered[0], *REFUSAL, status="Error").wait(100)
    assert play.take(StateChanged)[-1].new is State.CLOSED
    assert isinstance(play.outcome(ticket).error, ActionLost)
    assert cause_of(play).reason is Reason.LOGIN_REFUSED


def test_an_error_without_action_id_during_the_login_is_no_refusal() -> None:
    """R-AUTH-03: it answers some other bytes; with `retry_refused=False` too it is tried again."""
    play = Playbook(replace(PLAIN, retry_refused=False)).dial().receive(BANNER)
    play.receive(frame("Response: Error", "Message: Missing action in request"))
    assert state_of(play) is State.DISCONNECTED
    assert cause_of(play).reason is Reason.PROTOCOL


def test_events_before_the_login_are_withheld() -> None:
    """R-AUTH-04: and counted."""
    play = Playbook()
    everything = play.subscribe()
    play.dial().receive(BANNER).event("Hangup").event("Hangup")
    assert play.faults() == {Fault.WITHHELD: 2}
    assert play.messages(everything) == []


@pytest.mark.parametrize("reason", [Reason.REFUSED, Reason.UNREACHABLE, Reason.TLS_FAILED, Reason.UNRESOLVED])
def test_a_failed_dial_is_reported_at_once(reason: Reason) -> None:
    """R-LIFE-04: and not at the timeout."""
    play = Playbook().start()
    play.take(StateChanged)
    play.disconnect(reason)
    (change,) = play.take(StateChanged)
    assert (change.new, change.cause) == (State.DISCONNECTED, Disconnect(reason))


# -- down and up again


def test_a_new_connection_is_a_new_session() -> None:
    """R-LIFE-02: no byte crosses; R-CORR-07: what was open ended with the old one."""
    play = Playbook().log_in()
    ticket, old = play.submit(Action("CoreStatus")), play.session
    play.receive(b"Response: Success\r\nActionID: ").disconnect().wait(1).log_in()
    assert play.session != old
    assert [each.name for each in play.heard] == ["Challenge", "Login"]
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
        (lambda play: play.wait(7).disconnect(), Reason.EOF),
        (lambda play: play.wait(30), Reason.HEARTBEAT),
        (lambda play: play.wait(5).receive(b"").wait(25), Reason.HEARTBEAT),
        (lambda play: play.submit(Action("WaitEvent"), timeout=40) and play.wait(45), Reason.READ_TIMEOUT),
    ],
    ids=["eof", "heartbeat", "no bytes are none", "read timeout"],
)
def test_a_gap_begins_when_bytes_came_last(die: Callable[[Playbook], object], reason: Reason) -> None:
    """R-FLOW-06: what happened between the last bytes and the verdict was not seen either."""
    play = Playbook().log_in()
    everything = play.subscribe("Hangup")
    play.wait(3).receive(b"Event: Half")
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


# -- stopping


def test_a_stop_says_logoff_and_waits_for_goodbye() -> None:
    """R-LIFE-05: what is pending may finish until then."""
    play = Playbook().log_in()
    ticket = play.submit(Action("CoreStatus"))
    play.take(StateChanged)
    play.take_commands()
    play.stop().expect_states(State.CLOSING).expect_heard("CoreStatus", "Logoff")
    play.reply(ticket)
    assert play.outcome(ticket).succeeded
    play.reply(play.unanswered[-1], status="Goodbye").expect_states(State.CLOSED)
    assert play.take_commands()[-1] == Close(play.session)
    assert play.connection.stopped
    assert play.faults() == {}


def test_a_goodbye_that_does_not_come_is_not_awaited_for_long() -> None:
    """R-LIFE-05: at most `close_grace` by the clock."""
    play = Playbook().log_in()
    ticket = play.submit(Action("CoreStatus"))
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


# -- waiting for READY


def test_an_action_can_wait_for_ready() -> None:
    """R-LIFE-03: across sessions, within its own timeout, with `sent=NO` if it never leaves."""
    play = Playbook().start()
    waits = play.submit(Action("CoreStatus"), wait=True)
    hurried = play.submit(Action("Ping"), wait=True, timeout=1)
    play.disconnect(Reason.REFUSED).wait(1.5).log_in().expect_heard("CoreStatus")
    play.reply(waits)
    assert play.outcome(waits).succeeded
    late = play.outcome(hurried)
    assert isinstance(late.error, ActionTimeout)
    assert late.sent is Sent.NO


def test_what_waited_too_long_is_not_sent() -> None:
    """R-LIFE-03: READY may come before anybody looks at the clock; not a byte is shown then."""
    play = Playbook(PLAIN).start()
    late = play.submit(Action("Hangup", {"Channel": "PJSIP/7"}), wait=True, timeout=2)
    soon = play.submit(Action("CoreStatus"), wait=True, timeout=2.001)
    play.connect().receive(BANNER)
    play.now += 2
    play.reply(play.unanswered[0])
    assert state_of(play) is State.READY
    outcome = play.outcome(late)
    assert isinstance(outcome.error, ActionTimeout)
    assert outcome.sent is Sent.NO
    play.wait(0.0).expect_heard("CoreStatus").reply(soon)
    assert play.outcome(soon).succeeded
    assert b"Hangup" not in play.wire


def test_what_waited_is_sent_even_if_the_login_is_not_acknowledged_yet() -> None:
    """L2: the cap was checked when it was submitted; READY must not raise about it."""
    play = Playbook(replace(PLAIN, max_outbound_bytes=16 * 1024), lazy=True).start().drain()
    headers = [("H", "x" * 1000)] * 16 + [("H", "x" * 215)]
    play.submit(Action("UserEvent", headers), wait=True)
    play.connect().receive(BANNER)
    login = play.connection.poll_transmit(play.session)
    play.reply(hear(login)[0].action_id)
    assert state_of(play) is State.READY
    assert play.connection.snapshot().outbound_bytes > 16 * 1024


def test_a_stop_ends_what_waits() -> None:
    """R-CORR-07: once, with the reason."""
    play = Playbook().start()
    ticket = play.submit(Action("CoreStatus"), wait=True)
    play.stop()
    error = play.outcome(ticket).error
    assert isinstance(error, ActionLost)
    assert (error.cause.reason, error.sent) == (Reason.STOPPED, Sent.NO)


# -- admission


def test_a_throttled_connection_asks_before_it_dials() -> None:
    """No `Connect` without permission: a cluster's throttle grants it."""
    play = Playbook(throttled=True).start().wait(100)
    play.expect_commands()
    asked = [play.connection.wants_admission]
    play.now += 9
    play.connection.admit(play.now)
    assert play.connection._life.timers.next() == play.now + 10, "the dial begins now"
    play.drain()
    assert len(play.take_commands()) == 1
    play.connection.admit(play.now)
    play.drain().expect_commands()
    play.disconnect(Reason.REFUSED)
    asked.append(play.connection.wants_admission)
    play.wait(1)
    asked.append(play.connection.wants_admission)
    play.stop()
    asked.append(play.connection.wants_admission)
    assert asked == [True, False, True, False], "the backoff comes first, and a stop last"


def test_there_is_no_gap_before_the_first_login() -> None:
    """R-FLOW-06: nothing was missed by who has not been there yet, however often the dial failed."""
    play = Playbook(PATIENT)
    heard = play.subscribe()
    play.start()
    for _ in range(3):
        play.disconnect(Reason.REFUSED).wait(60)
    play.log_in()
    assert play.connection.poll_message(heard) is None


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
