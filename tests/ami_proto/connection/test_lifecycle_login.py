"""R-AUTH: from the dial to READY, and what ends a login."""

from dataclasses import replace

import pytest

from ami_proto import (
    ActionLost,
    Disconnect,
    Fault,
    Gap,
    Message,
    Reason,
    ServerConfig,
    State,
    StateChanged,
    Tls,
)
from ami_proto.drivers import Close, Connect, Watch
from conformance.laws.playbook import BANNER, SERVER, Playbook, frame
from tests.playbooks import STATUS, cause_of, state_of

PLAIN = replace(SERVER, auth="plain")
REFUSAL = ("Message: Authentication failed",)


def test_from_closed_to_ready() -> None:
    """R-LIFE-01: each transition is reported; R-AUTH-01: with an MD5 login."""
    play = Playbook()
    assert state_of(play) is State.CLOSED
    assert play.connection.stopped
    play.start().expect_states(State.DISCONNECTED, State.CONNECTING)
    play.expect_commands(Connect(play.session, "192.0.2.1", 5038, None))
    play.connect().expect_states(State.CONNECTED)
    play.expect_commands(Watch(play.session, read=True, write=False))
    play.receive(BANNER).expect_states(State.AUTHENTICATING).expect_actions("Challenge")
    play.reply(play.unanswered[0], "Challenge: 123456789").expect_actions("Login")
    assert play.unanswered[0]["Key"] == "d32b5714dd0e3ae70d4a845d5e524f3f"
    play.reply(play.unanswered[0]).expect_states(State.READY).expect_actions()


def test_a_plain_login_sends_the_secret_and_nothing_shows_it() -> None:
    """R-AUTH-01: the secret leaves on the wire and in no repr, notice or snapshot."""
    play = Playbook(replace(PLAIN, events="call")).log_in()
    (login,) = play.sent_actions
    assert (login.name, login["Secret"], login["Events"]) == ("Login", "s3cret", "call")
    assert "s3cret" not in repr([play.notices, play.connection.snapshot(), play.connection.config])


def test_tls_is_the_drivers_to_do() -> None:
    play = Playbook(replace(SERVER, port=5039, tls=Tls(verify=False))).start()
    assert play.take_commands() == [Connect(play.session, "192.0.2.1", 5039, Tls(verify=False))]


def test_over_tls_what_is_written_keeps_to_the_records() -> None:
    """R-ACT-07: 60 pipelined actions; at most 1024 bytes, and whole lines."""
    play = Playbook(replace(SERVER, tls=Tls())).log_in()
    play.lazy = True
    tickets = [play.submit(STATUS) for _ in range(60)]
    pieces = []
    while piece := play.write():
        pieces.append(piece)
    assert max(map(len, pieces)) <= 1024
    assert all(piece.endswith(b"\r\n") for piece in pieces)
    assert [each.action_id for each in play.sent_actions[-60:]] == [each.action_id for each in tickets]


# -- the timers


@pytest.mark.parametrize(
    ("server", "reason", "detail"),
    [
        (replace(SERVER, connect_timeout=3.0), Reason.CONNECT_TIMEOUT, "no connection within 3 s"),
        (
            replace(SERVER, connect_timeout=3.0, tls=Tls()),
            Reason.CONNECT_TIMEOUT,
            "no connection, or no TLS handshake, within 3 s",
        ),
        (
            replace(SERVER, banner_timeout=3.0),
            Reason.BANNER_TIMEOUT,
            (
                "nothing that begins like AMI within 3 s; is this the AMI port?"
                " A TLS port, 5039 by default, is silent when it is dialled without TLS"
            ),
        ),
        (replace(SERVER, login_timeout=3.0), Reason.LOGIN_TIMEOUT, "no answer within 3 s"),
    ],
)
def test_every_step_has_a_timer_of_its_own(server: ServerConfig, reason: Reason, detail: str) -> None:
    """R-AUTH-02: each fires at its own configured value, from its own beginning, and says what is missing."""
    play = Playbook(server).start()
    if reason is not Reason.CONNECT_TIMEOUT:
        play.wait(9.9).connect()
    if reason is Reason.LOGIN_TIMEOUT:
        play.wait(4.9).receive(BANNER)
    play.take(StateChanged)
    session = play.session
    play.take_commands()
    play.wait(2.999).expect_states().wait(0.001).expect_states(State.DISCONNECTED)
    assert cause_of(play) == Disconnect(reason, detail)
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


# -- refused


def test_a_refused_login_is_tried_again_with_backoff() -> None:
    """R-AUTH-03: a distinct outcome, with Asterisk's message."""
    play = Playbook(replace(PLAIN, retry_refused=True)).dial().receive(BANNER)
    play.reply(play.unanswered[0], *REFUSAL, status="Error")
    assert play.take(StateChanged)[-1].cause == Disconnect(Reason.LOGIN_REFUSED, "Authentication failed")
    play.wait(1).expect_states(State.CONNECTING)


def test_or_is_the_end_by_configuration() -> None:
    """R-AUTH-03: or terminal; then CLOSED with the cause."""
    play = Playbook(replace(PLAIN, retry_refused=False)).dial().receive(BANNER)
    ticket = play.submit(STATUS, wait=True)
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
