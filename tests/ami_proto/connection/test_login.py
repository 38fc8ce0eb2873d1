"""R-AUTH: the login of one session, step by step."""

from dataclasses import replace

import pytest

from ami_proto import ActionFailed, Disconnect, Outcome, Reason, Reply, Sent, ServerConfig, State, Ticket
from ami_proto.completion import ReplyTooLarge
from ami_proto.connection.login import Login, Step
from ami_proto.connection.transitions import Input
from ami_proto.correlation.entry import Purpose
from conformance.laws.playbook import BANNER, SERVER, Playbook
from tests.playbooks import message

TICKET = Ticket("pbx", "pbx:0:1", "Login")


def accepted(*lines: str) -> Outcome:
    return Outcome(TICKET, Reply(message("Response: Success", *lines)), None, Sent.FULLY)


def refused(said: str) -> Outcome:
    reply = Reply(message("Response: Error", f"Message: {said}"))
    return Outcome(TICKET, reply, ActionFailed(TICKET, said, reply, Sent.FULLY), Sent.FULLY)


def unreadable() -> Outcome:
    error = ReplyTooLarge(TICKET, "a frame of its answer was skipped", Reply(), Sent.FULLY)
    return Outcome(TICKET, Reply(), error, Sent.FULLY)


def login(server: ServerConfig = SERVER) -> Login:
    return Login(server)


def test_md5_asks_for_a_challenge_and_answers_it() -> None:
    """R-AUTH-01: MD5 by default; lower-case hex, which Asterisk compares with strcmp."""
    one = login(replace(SERVER, events="call,system"))
    purpose, action = one.begin()
    assert (purpose, action.name, action.headers) == (
        Purpose.CHALLENGE,
        "Challenge",
        (("AuthType", "MD5"),),
    )
    answer = one.answer_challenge(accepted("Challenge: 123456789"))
    assert not isinstance(answer, Disconnect)
    assert answer.headers == (
        ("Username", "ops"),
        ("AuthType", "MD5"),
        ("Key", "d32b5714dd0e3ae70d4a845d5e524f3f"),  # md5 of 123456789s3cret
        ("Events", "call,system"),
    )
    assert SERVER.reveal_secret() not in repr(answer)


def test_plain_sends_the_secret_at_once() -> None:
    """R-AUTH-01: by configuration; never in a repr."""
    purpose, action = login(replace(SERVER, auth="plain")).begin()
    assert purpose is Purpose.LOGIN
    assert action.headers == (("Username", "ops"), ("Secret", "s3cret"))
    assert "s3cret" not in repr(action)


def test_a_secret_of_any_bytes_can_be_hashed() -> None:
    """R-CONF-01: what validates also works."""
    answer = login(replace(SERVER, secret="p\udcffss")).answer_challenge(accepted("Challenge: 1"))
    assert not isinstance(answer, Disconnect)


def test_the_answer_to_the_login_completes_it() -> None:
    one = login()
    one.begin()
    assert one.step == Step.ANSWER_AWAITED
    assert one.finish(accepted()) is None
    assert one.accepted
    assert one.next_setup() is None, "there is nothing to set up"
    assert one.complete
    assert not one.handle_fully_booted()


def test_fully_booted_is_awaited_where_configured() -> None:
    """R-AUTH-04: optionally wait for `FullyBooted` before READY."""
    one = login(replace(SERVER, wait_fully_booted=True))
    one.begin()
    assert not one.handle_fully_booted()
    assert one.overdue() == "no answer"
    assert one.finish(accepted()) is Input.LOGGED_IN
    assert one.step is Step.BOOT_AWAITED
    accepted_then = [one.accepted]
    assert one.handle_fully_booted()
    accepted_then.append(one.accepted)
    assert accepted_then == [False, True]
    assert not one.handle_fully_booted()
    assert one.next_setup() is None
    assert one.complete
    assert not one.handle_fully_booted()


def test_a_refusal_says_what_asterisk_said() -> None:
    """R-AUTH-03: a distinct outcome with Asterisk's message."""
    said = Disconnect(Reason.LOGIN_REFUSED, "Authentication failed")
    assert login().finish(refused("Authentication failed")) == said
    assert login().answer_challenge(refused("Authentication failed")) == said


def test_a_challenge_without_a_challenge_is_told_from_a_refusal() -> None:
    """R-AUTH-03."""
    answer = login().answer_challenge(accepted())
    assert answer == Disconnect(Reason.PROTOCOL, "the answer to Challenge has no challenge")


@pytest.mark.parametrize("outcome", [unreadable(), accepted("Message: no challenge here")])
def test_an_answer_that_makes_no_sense_is_no_refusal(outcome: Outcome) -> None:
    """R-AUTH-03: only Asterisk's own no is one; the rest is a protocol error."""
    answer = login().answer_challenge(outcome)
    assert isinstance(answer, Disconnect)
    assert answer.reason is Reason.PROTOCOL
    failure = login().finish(unreadable())
    assert isinstance(failure, Disconnect)
    assert failure.reason is Reason.PROTOCOL


@pytest.mark.parametrize("status", ["Goodbye", "Pong", "Follows"])
def test_nothing_but_success_is_a_login(status: str) -> None:
    """Invariant 3: no synthetic success, though to other actions these are no errors."""
    play = Playbook(replace(SERVER, auth="plain")).dial().receive(BANNER)
    body = ("--END COMMAND--",) if status == "Follows" else ()
    play.reply(play.unanswered[-1], *body, status=status)
    assert play.connection.state is State.DISCONNECTED
    cause = play.connection.snapshot().last_cause
    assert cause is not None
    assert cause.reason is Reason.PROTOCOL
