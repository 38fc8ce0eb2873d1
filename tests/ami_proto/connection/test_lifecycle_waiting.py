"""R-LIFE-03: actions wait for READY, and a throttled connection for permission to dial."""

from dataclasses import replace

from ami_proto import Action, ActionLost, ActionTimeout, Disconnect, Reason, Sent, State
from conformance.laws.playbook import BANNER, SERVER, Playbook, read_actions
from tests.playbooks import STATUS, error_of, state_of

PLAIN = replace(SERVER, auth="plain")


def test_an_action_can_wait_for_ready() -> None:
    """R-LIFE-03: across sessions, within its own timeout, with `sent=NO` if it never leaves."""
    play = Playbook().start()
    waits = play.submit(STATUS, wait=True)
    hurried = play.submit(Action("Ping"), wait=True, timeout=1)
    play.disconnect(Reason.REFUSED).wait(1.5).log_in().expect_actions("CoreStatus")
    play.reply(waits)
    assert play.outcome(waits).succeeded
    late = play.outcome(hurried)
    assert isinstance(late.error, ActionTimeout)
    assert late.sent is Sent.NO


def test_what_waited_and_was_sent_waits_no_more() -> None:
    """R-LIFE-03, L4: it is lost with its session, and is not sent again on the next."""
    play = Playbook().start()
    originate = play.submit(Action("Originate", {"Channel": "PJSIP/7"}), wait=True)
    play.log_in().disconnect()
    (outcome,) = play.outcomes(originate)
    assert isinstance(outcome.error, ActionLost)
    play.wait(60.0).log_in().wait(60.0)
    assert b"Originate" not in play.wire
    assert len(play.outcomes(originate)) <= 1
    assert play.connection.snapshot().actions_waiting == 0


def test_what_waited_too_long_is_not_sent() -> None:
    """R-LIFE-03: READY may come before anybody looks at the clock; not a byte is shown then."""
    play = Playbook(PLAIN).start()
    late = play.submit(Action("Hangup", {"Channel": "PJSIP/7"}), wait=True, timeout=2)
    soon = play.submit(STATUS, wait=True, timeout=2.001)
    play.connect().receive(BANNER)
    play.now += 2
    play.reply(play.unanswered[0])
    assert state_of(play) is State.READY
    outcome = play.outcome(late)
    assert isinstance(outcome.error, ActionTimeout)
    assert outcome.sent is Sent.NO
    play.wait(0.0).expect_actions("CoreStatus").reply(soon)
    assert play.outcome(soon).succeeded
    assert b"Hangup" not in play.wire


def test_what_waited_is_sent_even_if_the_login_is_not_acknowledged_yet() -> None:
    """L2: the cap was checked when it was submitted; READY must not raise about it."""
    play = Playbook(replace(PLAIN, max_outbound_bytes=16 * 1024), lazy=True).start().drain()
    headers = [("H", "x" * 1000)] * 16 + [("H", "x" * 215)]
    play.submit(Action("UserEvent", headers), wait=True)
    play.connect().receive(BANNER)
    login = play.connection.poll_transmit(play.session)
    play.reply(read_actions(login)[0].action_id)
    assert state_of(play) is State.READY
    assert play.connection.snapshot().outbound_bytes > 16 * 1024


def test_a_stop_ends_what_waits() -> None:
    """R-CORR-07: once, with the reason."""
    play = Playbook().start()
    ticket = play.submit(STATUS, wait=True)
    play.stop()
    error = play.outcome(ticket).error
    assert isinstance(error, ActionLost)
    assert (error.cause.reason, error.sent) == (Reason.STOPPED, Sent.NO)


def test_a_throttled_connection_asks_before_it_dials() -> None:
    """No `Connect` without permission: a cluster's throttle grants it."""
    play = Playbook(throttled=True).start().wait(100)
    play.expect_commands()
    asked = [play.connection.wants_admission]
    play.now += 9
    play.connection.admit(play.now)
    assert state_of(play) is State.CONNECTING
    play.drain()
    assert len(play.take_commands()) == 1
    assert play.connection.poll_timeout() == play.now + 10, "the dial begins now"
    play.connection.admit(play.now)
    play.drain().expect_commands()
    play.disconnect(Reason.REFUSED)
    asked.append(play.connection.wants_admission)
    play.wait(1)
    asked.append(play.connection.wants_admission)
    play.stop()
    asked.append(play.connection.wants_admission)
    assert asked == [True, False, True, False], "the backoff comes first, and a stop last"


def test_what_waits_at_the_end_is_told_why_it_came() -> None:
    """R-CORR-07, R-AUTH-03: a refused login that is not retried."""
    play = Playbook(replace(PLAIN, retry_refused=False)).dial()
    ticket = play.submit(STATUS, wait=True)
    play.receive(BANNER).reply(play.unanswered[0], "Message: Authentication failed", status="Error")
    error = error_of(play.outcome(ticket))
    assert isinstance(error, ActionLost)
    assert error.cause == Disconnect(Reason.LOGIN_REFUSED, "Authentication failed")
