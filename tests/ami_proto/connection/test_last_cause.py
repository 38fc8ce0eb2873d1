"""R-AUTH-08: every error for want of a connection names the last cause; a wrong secret ends the attempts."""

from dataclasses import replace
from typing import Literal

import pytest

from ami_proto import (
    Action,
    ActionLost,
    ActionTimeout,
    ConnectScheduled,
    Disconnect,
    Fault,
    FaultSeen,
    Message,
    NotReady,
    Reason,
    Sent,
    State,
    StateChanged,
)
from ami_proto.completion import CompletionFailed, Progress, Strategy, Verdict
from conformance.laws.playbook import BANNER, SERVER, Playbook
from tests.playbooks import STATUS, error_of, state_of

PLAIN = replace(SERVER, auth="plain", stable_after=1000.0)
REFUSED = Disconnect(Reason.REFUSED, "by 192.0.2.1")


def refuse_login(play: Playbook) -> None:
    """Have the server refuse the login of the next session."""
    play.connect().receive(BANNER)
    play.reply(play.unanswered[-1], "Message: Authentication failed", status="Error")


# -- NotReady


def test_not_ready_names_why_the_last_session_ended() -> None:
    """R-AUTH-08: in every state before READY; before an attempt has failed there is no cause."""
    play = Playbook(PLAIN).start()
    with pytest.raises(NotReady, match=r"'pbx' is connecting, not ready for actions$") as first:
        play.submit(STATUS)
    assert first.value.cause is None
    play.disconnect(Reason.REFUSED, "by 192.0.2.1")
    with pytest.raises(NotReady, match=r"is disconnected, .*; last cause: connection refused: by 192.0.2.1$"):
        play.submit(STATUS)
    play.wait(1.0)
    with pytest.raises(NotReady, match=r"is connecting, .*connection refused") as again:
        play.submit(STATUS)
    assert again.value.cause == REFUSED
    play.log_in().stop(0.0).wait(1.0)
    with pytest.raises(NotReady, match=r"is closed, .*; last cause: stopped"):
        play.submit(STATUS, wait=True)


# -- actions that wait


def test_an_action_that_was_never_sent_says_so_and_why() -> None:
    """R-AUTH-08: not "timed out", which would mean that the server had been asked."""
    play = Playbook(PLAIN).start()
    ticket = play.submit(STATUS, wait=True, timeout=3)
    play.disconnect(Reason.REFUSED, "by 192.0.2.1").wait(0.1)
    while not play.outcomes(ticket):
        play.wait(0.05)
        if state_of(play) is State.CONNECTING:
            play.disconnect(Reason.REFUSED, "by 192.0.2.1")
    error = error_of(play.outcome(ticket))
    assert isinstance(error, ActionTimeout)
    assert (error.cause, error.sent) == (REFUSED, Sent.NO)
    said = (
        "CoreStatus: not sent, because the server was not ready in time; last cause: connection refused: by"
    )
    assert str(error).startswith(said)


def test_an_action_that_was_due_before_ready_says_so_too() -> None:
    """R-AUTH-08: READY came, and nobody had looked at the clock. There is no cause yet."""
    play = Playbook(PLAIN).start()
    late = play.submit(STATUS, wait=True, timeout=2)
    play.connect().receive(BANNER)
    play.now += 2
    play.reply(play.unanswered[0])
    error = error_of(play.outcome(late))
    assert isinstance(error, ActionTimeout)
    assert (error.cause, str(error).endswith(f"was not ready in time [{late.action_id}]")) == (None, True)


@pytest.mark.parametrize(
    ("shown", "words"),
    [(0, "timed out before it was sent"), (1, "timed out"), (99, "timed out")],
)
def test_a_timeout_says_if_nothing_was_sent(shown: int, words: str) -> None:
    """R-CORR-06: of an action that is stuck in the outbox the server knows nothing."""
    play = Playbook(SERVER).log_in()
    play.lazy = True
    ticket = play.submit(Action("UserEvent", [("X", "y" * 900)] * 3), timeout=1)
    session = play.session
    assert session is not None
    if shown:
        play.connection.poll_transmit(session, 1000 if shown == 1 else 65_536)
    play.wait(1.0).drain()
    assert str(error_of(play.outcome(ticket))) == f"UserEvent: {words} [{ticket.action_id}]"


def test_actions_that_wait_when_the_application_stops_name_the_cause() -> None:
    """R-AUTH-08: the stop, and why they were still waiting."""
    play = Playbook(PLAIN).start()
    ticket = play.submit(STATUS, wait=True)
    play.disconnect(Reason.REFUSED).stop()
    error = error_of(play.outcome(ticket))
    assert isinstance(error, ActionLost)
    assert error.cause == Disconnect(Reason.STOPPED, "before it was ready; last cause: connection refused")
    unhurt = Playbook(PLAIN).start()
    ticket = unhurt.submit(STATUS, wait=True)
    unhurt.stop()
    assert str(error_of(unhurt.outcome(ticket))).startswith("CoreStatus: connection lost: stopped [")


# -- a refused login


@pytest.mark.parametrize("failures", [0, 1, 3])
def test_a_refused_login_before_the_first_ready_is_the_end(failures: int) -> None:
    """R-AUTH-08, R-AUTH-03: with `retry=True` too, and also if the server was away at first."""
    play = Playbook(PLAIN).start()
    for _ in range(failures):
        play.disconnect(Reason.REFUSED).wait(5.0)
    refuse_login(play)
    assert play.take(StateChanged)[-1].new is State.CLOSED
    assert state_of(play) is State.CLOSED


def test_a_login_that_is_refused_after_ready_is_tried_again() -> None:
    """R-AUTH-03: the secret was right, so the refusal may pass (a reload, a limit of sessions)."""
    play = Playbook(PLAIN).start().log_in().disconnect().wait(1.0)
    refuse_login(play)
    assert state_of(play) is State.DISCONNECTED
    play.wait(5.0).log_in()
    assert state_of(play) is State.READY
    play.stop(0.0).wait(1.0).start()
    refuse_login(play)
    assert state_of(play) is State.CLOSED, "a new start knows nothing of the old READY"


@pytest.mark.parametrize(("asked", "state"), [(True, State.DISCONNECTED), (False, State.CLOSED)])
@pytest.mark.parametrize("served", [True, False])
def test_the_caller_may_ask_otherwise(asked: bool | Literal["auto"], state: State, served: bool) -> None:
    """R-AUTH-03, R-AUTH-08."""
    play = Playbook(replace(PLAIN, retry_refused=asked)).start()
    if served:
        play.log_in().disconnect().wait(1.0)
    refuse_login(play)
    assert state_of(play) is state


# -- what reports carry


def test_a_scheduled_attempt_says_how_many_messages_wait() -> None:
    """R-OBS-05, R-OBS-02: over all queues."""
    play = Playbook(SERVER).log_in()
    play.subscribe("Hangup")
    play.subscribe("Hang*")
    play.event("Hangup").event("Hangup").event("Other").disconnect()
    assert play.take(ConnectScheduled)[-1].depth == 4


class Endless(Strategy):
    """Raise at the fourth event."""

    def judge(self, progress: Progress, message: Message) -> Verdict:
        if message["Number"] == "4":
            raise ValueError("enough")
        return Verdict.MORE


@pytest.mark.parametrize("events_max", [0, 2, 3])
def test_the_notice_of_a_cut_reply_names_action_strategy_and_cap(events_max: int) -> None:
    """R-FLOW-08: once for each action, whatever ends it."""
    play = Playbook(SERVER).log_in()
    ticket = play.submit(Action("QueueStatus"), completion=Endless(events_max=events_max))
    play.reply(ticket, "Number: 0", "EventList: start")
    for number in range(1, 5):
        play.item(ticket, "QueueMember", f"Number: {number}")
    (seen,) = play.take(FaultSeen)
    said = f"QueueStatus: Endless keeps {events_max} events"
    assert (seen.fault, seen.detail, seen.action_id) == (Fault.TRUNCATED, said, ticket.action_id)
    outcome = play.outcome(ticket)
    assert isinstance(outcome.error, CompletionFailed)
    assert (outcome.ticket.strategy, outcome.reply.dropped) == ("Endless", 4 - events_max)
