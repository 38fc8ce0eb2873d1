"""R-CORR-14: responses without ActionID count in the oldest fence, errors only if they cannot be others."""

from dataclasses import replace

import pytest

from ami_proto import Action, ActionFailed, ActionUnconfirmed, Fault, Message, SetupAction, State
from ami_proto.completion import Fence
from ami_proto.correlation.odd_actions import completion_for
from conformance.laws.playbook import SERVER, Playbook, frame
from tests.playbooks import LINES, STATUS, TEXT, error_of, logged_in, pong, state_of

EVENTS = Action("Events", {"EventMask": "call"})
LOAD = Action("ModuleLoad", {"Module": "app_nosuch.so"})
REFUSED = frame("Response: Error", "Message: Permission denied")
ON = frame("Response: Success", "Events: On")


def test_events_is_fenced() -> None:
    """R-CORR-14: 1.8.0 to 1.8.4 answer it without ActionID, `brokeneventsaction=yes` not at all."""
    assert completion_for(EVENTS) == Fence(response_required=False)


@pytest.mark.parametrize(
    "answer", [ON, frame("Response: Events On"), frame("Response: Success", "Events: Off")]
)
def test_an_answer_without_action_id_is_the_fences(ready: Playbook, answer: bytes) -> None:
    """R-CORR-14."""
    ticket = ready.submit(EVENTS)
    reply = pong(ready.receive(answer), ticket).outcome(ticket).unwrap()
    assert reply.response is not None
    assert reply.response.raw == answer
    assert ready.faults() == {}


def test_an_action_that_is_not_answered_at_all_ends_with_its_pong(ready: Playbook) -> None:
    """R-CORR-14: `Events` with a full mask under `brokeneventsaction=yes`."""
    ticket = ready.submit(EVENTS)
    assert pong(ready, ticket).outcome(ticket).succeeded


@pytest.mark.parametrize("action", [EVENTS, TEXT, Action("Queues"), LOAD, Action("JabberSend")])
def test_an_error_without_action_id_is_a_failure(ready: Playbook, action: Action) -> None:
    """R-CORR-14: the pong alone proves no success, whether or not a response is required."""
    ticket = ready.submit(action)
    error = pong(ready.receive(REFUSED), ticket).outcome(ticket).error
    assert isinstance(error, ActionFailed)
    assert error.message == "Permission denied"
    assert error.reply.response is not None
    assert ready.faults() == {}


def test_an_error_after_text_is_a_failure(ready: Playbook) -> None:
    """R-CORR-14: its text is in the reply all the same."""
    ticket = ready.submit(TEXT)
    outcome = pong(ready.receive(LINES, REFUSED), ticket).outcome(ticket)
    assert isinstance(outcome.error, ActionFailed)
    assert [each.raw for each in outcome.reply] == [LINES]


def test_set_up_actions_without_action_id_complete_the_login() -> None:
    """R-CORR-14, R-AUTH-06: on 1.8.0 `Events` as a required set-up action."""
    play = logged_in_with_events()
    pong_of_setup(play.receive(ON))
    assert state_of(play) is State.READY


def test_a_required_set_up_action_that_is_refused_without_action_id_fails_the_login() -> None:
    """R-CORR-14, R-AUTH-06."""
    play = logged_in_with_events()
    pong_of_setup(play.receive(REFUSED))
    assert state_of(play) is State.DISCONNECTED
    cause = play.connection.snapshot().last_cause
    assert cause is not None
    assert "Permission denied" in cause.detail


def logged_in_with_events() -> Playbook:
    """Return a story in which the set-up action `Events` waits for its answer."""
    setup = (SetupAction("Events", (("EventMask", "call"),), required=True),)
    play = Playbook(replace(SERVER, setup=setup)).log_in()
    return play.expect_actions("Events", "Ping")


def pong_of_setup(play: Playbook) -> None:
    """Answer the ping after the set-up action."""
    play.reply(play.sent_actions[-1], "Ping: Pong")


# -- earlier actions


def test_an_error_while_an_earlier_action_lacks_its_answer_is_unmatched(ready: Playbook) -> None:
    """R-CORR-14: it was the earlier one's, as the order of the answers shows."""
    earlier, ticket = ready.submit(STATUS), ready.submit(EVENTS)
    ready.receive(REFUSED)
    assert ready.faults() == {Fault.UNMATCHED: 1}
    ready.reply(earlier)
    assert ready.outcome(earlier).succeeded
    assert pong(ready, ticket).outcome(ticket).succeeded


def test_where_it_stays_open_whose_error_it_was_nothing_is_proved(ready: Playbook) -> None:
    """R-CORR-14: the earlier action is never answered, so the error may be the answer to either."""
    earlier, ticket = ready.submit(STATUS), ready.submit(EVENTS)
    error = pong(ready.receive(REFUSED), ticket).outcome(ticket).error
    assert isinstance(error, ActionUnconfirmed)
    assert "Permission denied" in str(error)
    assert ready.outcomes(earlier) == []


@pytest.mark.parametrize("how", ["cancel", "timeout"])
def test_an_earlier_action_that_ended_early_still_has_its_answer_due(ready: Playbook, how: str) -> None:
    """R-CORR-14: an error may be its answer, until its answer has come."""
    earlier, ticket = ready.submit(STATUS, timeout=1), ready.submit(EVENTS)
    if how == "cancel":
        ready.cancel(earlier)
    else:
        ready.wait(1)
    ready.receive(REFUSED)
    assert ready.faults() == {Fault.UNMATCHED: 1}
    ready.reply(earlier).receive(REFUSED)
    error = error_of(pong(ready, ticket).outcome(ticket))
    assert isinstance(error, ActionFailed), "the second came after the earlier one's answer"


def test_a_ping_that_is_not_answered_counts_as_earlier_too() -> None:
    """R-CORR-14: the heartbeat's own, as 1.6.0 answers it: without ActionID."""
    play = logged_in().wait(15).expect_actions("Ping")
    ticket = play.submit(EVENTS)
    play.receive(REFUSED)
    assert isinstance(error_of(pong(play, ticket).outcome(ticket)), ActionUnconfirmed)


def test_an_earlier_fence_that_was_abandoned_is_settled_by_its_pong(ready: Playbook) -> None:
    """R-CORR-14."""
    gone, ticket = ready.submit(TEXT), ready.submit(EVENTS)
    ready.cancel(gone).receive(REFUSED)
    assert ready.faults() == {Fault.UNMATCHED: 1}
    pong(ready, gone).receive(REFUSED)
    assert isinstance(error_of(pong(ready, ticket).outcome(ticket)), ActionFailed)


def test_a_later_action_is_no_earlier_one(ready: Playbook) -> None:
    """R-CORR-14: Asterisk answers in order, so what is behind the fence is not answered yet."""
    ticket, later = ready.submit(EVENTS), ready.submit(STATUS)
    pong(ready.receive(REFUSED), ticket)
    assert isinstance(error_of(ready.outcome(ticket)), ActionFailed)
    assert ready.reply(later).outcome(later).succeeded


def test_an_answer_of_its_own_ends_the_doubt(ready: Playbook) -> None:
    """R-CORR-14: a success with its ActionID is evidence."""
    ready.submit(STATUS)
    ticket = ready.submit(EVENTS)
    ready.receive(REFUSED).reply(ticket, "Events: On")
    assert pong(ready, ticket).outcome(ticket).succeeded


def test_a_success_without_action_id_does_not(ready: Playbook) -> None:
    """R-CORR-14: it may be the earlier action's, and the error its own."""
    ready.submit(STATUS)
    ticket = ready.submit(EVENTS)
    ready.receive(ON, REFUSED)
    assert isinstance(error_of(pong(ready, ticket).outcome(ticket)), ActionUnconfirmed)


# -- no fence


def test_without_a_fence_it_is_unmatched(ready: Playbook) -> None:
    """R-CORR-14, R-CORR-08: as before."""
    everything = ready.subscribe()
    ticket = ready.submit(STATUS)
    ready.receive(REFUSED, ON)
    assert ready.faults() == {Fault.UNMATCHED: 2}
    assert ready.reply(ticket).outcome(ticket).succeeded
    assert [each for each in ready.messages(everything) if isinstance(each, Message)] == []


def test_before_the_fence_was_sent_it_is_unmatched(ready: Playbook) -> None:
    """R-CORR-14: not an answer to what the server has not seen."""
    ready.lazy = True
    ready.submit(EVENTS)
    ready.receive(REFUSED).drain()
    assert ready.faults() == {Fault.UNMATCHED: 1}


def test_half_of_one_is_no_answer(ready: Playbook) -> None:
    """R-WIRE-11, R-CORR-14: it ran into the next frame."""
    ticket = ready.submit(EVENTS)
    ready.receive(b"Response: Error\r\n" + frame("Response: Success", "Events: On"))
    assert ready.faults() == {Fault.TORN: 1}
    assert pong(ready, ticket).outcome(ticket).succeeded


def test_another_connections_answer_is_not_the_fences(ready: Playbook) -> None:
    """R-CORR-08: it has an ActionID, and not this one's."""
    ticket = ready.submit(EVENTS)
    ready.receive(frame("Response: Error", "ActionID: somebody:else:1", "Message: no"))
    assert ready.faults() == {Fault.UNMATCHED: 1}
    assert pong(ready, ticket).outcome(ticket).succeeded
