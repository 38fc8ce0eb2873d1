"""R-CORR-03: what a result holds, and the error it raises."""

from dataclasses import replace

import pytest

from ami_proto import (
    ActionError,
    ActionFailed,
    ActionLost,
    ActionTimeout,
    Disconnect,
    Outcome,
    Reason,
    Reply,
    Sent,
    Ticket,
)
from tests.playbooks import message

TICKET = Ticket("pbx", "pbx:0123abcd:1", "Hangup")


def test_a_reply_reads_like_its_response() -> None:
    item = message("Event: Item")
    reply = Reply(message("Response: Success", "Value: 5"), (item,))
    assert reply["value"] == "5"
    assert reply.get("Nothing") is None
    assert reply.get("Nothing", "x") == "x"
    assert list(reply) == [item]
    assert reply.output is None
    assert not reply.truncated
    assert Reply(dropped=1).truncated


def test_a_reply_without_a_response_has_no_headers() -> None:
    reply = Reply()
    with pytest.raises(KeyError):
        reply["Value"]
    assert reply.get("Value", "x") == "x"
    assert reply.output is None
    assert reply.dropped == 0


def test_command_output_is_at_hand() -> None:
    """R-WIRE-08: the lines of either format."""
    assert Reply(message("Response: Success", "Output: a", "Output:  b")).output == ["a", " b"]


def test_an_error_raises_with_everything_in_it() -> None:
    """R-CORR-03: a typed error with the ActionID and Asterisk's message."""
    reply = Reply(message("Response: Error", "Message: No such channel"))
    error = ActionFailed(TICKET, "No such channel", reply, Sent.FULLY)
    outcome = Outcome(TICKET, reply, error, Sent.FULLY)
    assert not outcome.succeeded
    with pytest.raises(ActionFailed, match="Hangup: No such channel") as caught:
        outcome.unwrap()
    assert caught.value.message == "No such channel"
    assert caught.value.action_id == TICKET.action_id
    assert TICKET.action_id in str(caught.value)
    assert caught.value.reply is reply


def test_success_gives_the_reply() -> None:
    reply = Reply()
    outcome = Outcome(TICKET, reply, None, Sent.FULLY)
    assert outcome.succeeded
    assert outcome.unwrap() is reply


def test_errors_are_what_python_calls_them_too() -> None:
    cause = Disconnect(Reason.EOF)
    lost = ActionLost(TICKET, cause, Reply(), Sent.NO)
    assert isinstance(lost, ConnectionError)
    assert lost.cause is cause
    assert "closed by the server" in str(lost)
    assert issubclass(ActionTimeout, TimeoutError)
    assert issubclass(ActionTimeout, ActionError)


def test_only_asterisk_s_own_words_for_an_unknown_action_are_explained() -> None:
    """R-TYPE-06: another error may quote them, and the action is known then."""
    ticket = replace(TICKET, action_name="PJSIPSetMaintenance")
    words = "Invalid/unknown command: PJSIPSetMaintenance."
    for said, explained in ((words, True), (f"The proxy said: {words}", False)):
        error = ActionFailed(ticket, said, Reply(), Sent.FULLY)
        error.explain("16.28.0")
        assert error.hint.startswith("Asterisk 16.28.0 has no PJSIPSetMaintenance") is explained
        assert bool(error.hint) is explained


def test_a_ticket_reads_as_action_and_id() -> None:
    assert str(TICKET) == "Hangup pbx:0123abcd:1"


def test_a_ticket_is_the_same_whenever_it_was_submitted() -> None:
    """So that one can be made by hand, to cancel or to look up."""
    assert TICKET.submitted == 0.0
    later = replace(TICKET, submitted=5.0)
    assert (later, hash(later), repr(later)) == (TICKET, hash(TICKET), repr(TICKET))


@pytest.mark.parametrize(
    ("result", "name"),
    [(TICKET, "server"), (Reply(), "events"), (Outcome(TICKET, Reply(), None, Sent.FULLY), "error")],
    ids=lambda each: type(each).__name__,
)
def test_what_has_happened_cannot_be_changed(result: object, name: str) -> None:
    """R-CORR-03: many may be handed the same one."""
    with pytest.raises(AttributeError):
        setattr(result, name, None)
