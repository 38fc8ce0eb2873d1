"""R-CORR: an Originate ends with the event that says what became of the call."""

import pytest

from ami_proto import (
    Action,
    ActionFailed,
    ActionLost,
    ActionTimeout,
    ActionUnconfirmed,
    CallStatus,
    Ticket,
)
from ami_proto.completion import AsyncEvent
from ami_proto.drivers import failed_call
from conformance.laws.playbook import Playbook, frame
from tests.playbooks import error_of

ORIGINATE = Action("Originate", {"Channel": "PJSIP/7", "Timeout": "10000"})


def respond(play: Playbook, ticket: Ticket, *lines: str) -> Playbook:
    return play.receive(
        frame("Event: OriginateResponse", "Privilege: call,all", f"ActionID: {ticket.action_id}", *lines)
    )


def test_an_originate_succeeds_with_its_event(ready: Playbook) -> None:
    """R-CORR-12: `OriginateResponse` goes to both, the reply and the subscriptions."""
    calls = ready.subscribe("OriginateResponse")
    ticket = ready.submit(ORIGINATE)
    ready.reply(ticket, "Message: Originate successfully queued").event("Newchannel")
    assert not ready.outcomes(ticket)
    respond(ready, ticket, "Response: Success", "Uniqueid: 1.1")
    reply = ready.outcome(ticket).unwrap()
    assert reply.events[0]["Uniqueid"] == "1.1"
    assert len(ready.messages(calls)) == 1


def test_a_failed_originate_is_no_success(ready: Playbook) -> None:
    """R-CORR-03: a failure with its reason."""
    ticket = ready.submit(ORIGINATE)
    respond(ready.reply(ticket), ticket, "Response: Failure", "Reason: 5")
    error = error_of(ready.outcome(ticket))
    assert isinstance(error, ActionFailed)
    assert "Reason 5" in error.message


def test_an_originate_that_is_refused_ends_at_once(ready: Playbook) -> None:
    ticket = ready.submit(ORIGINATE)
    ready.reply(ticket, "Message: Permission denied", status="Error")
    assert isinstance(error_of(ready.outcome(ticket)), ActionFailed)


def test_an_originate_without_its_event_is_unconfirmed(ready: Playbook) -> None:
    """R-CORR-15: after its own Timeout and a margin; neither success nor failure."""
    ticket = ready.submit(ORIGINATE)
    ready.reply(ticket).wait(14.999)
    assert not ready.outcomes(ticket)
    ready.wait(0.001)
    error = error_of(ready.outcome(ticket))
    assert isinstance(error, ActionUnconfirmed)
    assert "read classes" in str(error)
    assert not ready.outcome(ticket).succeeded


@pytest.mark.parametrize("timeout", [15.0, 16.0])
def test_a_timeout_as_long_as_the_call_changes_nothing(ready: Playbook, timeout: float) -> None:
    """R-CORR-15: the event had all the time that it needs."""
    ticket = ready.submit(ORIGINATE, timeout=timeout)
    ready.reply(ticket).wait(timeout)
    assert isinstance(error_of(ready.outcome(ticket)), ActionUnconfirmed)


def test_an_originate_that_is_not_awaited_to_its_end_is_dialling(ready: Playbook) -> None:
    """R-CORR-15, R-TYPE-05: the telephone still rings, and no class or filter is to blame."""
    ticket = ready.submit(ORIGINATE, timeout=2.0)
    ready.reply(ticket).wait(2.0)
    error = error_of(ready.outcome(ticket))
    assert isinstance(error, ActionTimeout)
    assert "class" not in str(error)
    assert failed_call(error).status is CallStatus.DIALLING


def test_a_strategy_without_a_duration_of_its_own_is_not_cut_short(ready: Playbook) -> None:
    """R-CORR-15: its time is the caller's."""
    strategy = AsyncEvent("OriginateResponse", unconfirmed_hint="look at the read classes")
    ticket = ready.submit(ORIGINATE, completion=strategy, timeout=2.0)
    ready.reply(ticket).wait(2.0)
    assert isinstance(error_of(ready.outcome(ticket)), ActionUnconfirmed)


def test_a_synchronous_originate_holds_the_pings_back(ready: Playbook) -> None:
    """R-HEALTH-07: for as long as it dials, which is its deadline."""
    action = Action("Originate", {"Channel": "PJSIP/7", "Async": "false", "Timeout": "60000"})
    ticket = ready.submit(action)
    ready.wait(64).expect_actions("Originate").expect_states()
    ready.reply(ticket, "Message: Originate successfully queued")
    assert ready.outcome(ticket).succeeded
    ready.wait(15).expect_actions("Ping")


@pytest.mark.parametrize(
    "name", ["Originate", "Redirect", "Hangup", "QueueAdd", "Command", "WaitEvent", "Status"]
)
@pytest.mark.parametrize("answered", [False, True])
def test_a_lost_action_is_not_sent_again(ready: Playbook, name: str, answered: bool) -> None:
    """R-CORR-07: a call that was placed twice is worse than one that may not have been placed."""
    ticket = ready.submit(Action(name, {"Channel": "PJSIP/7"}))
    ready.expect_actions(name)
    if answered and name == "Originate":
        ready.reply(ticket, "Message: Originate successfully queued")
    for _ in range(2):
        ready.disconnect().wait(60).log_in()
        ready.wait(1).expect_actions()
    assert isinstance(error_of(ready.outcome(ticket)), ActionLost)
