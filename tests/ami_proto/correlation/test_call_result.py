"""The result of an Originate: each way in which it may end."""

import pytest

from ami_proto import (
    ActionError,
    ActionFailed,
    ActionLost,
    ActionTimeout,
    ActionUnconfirmed,
    CallStatus,
    Decoder,
    Disconnect,
    Message,
    Reason,
    Reply,
    Sent,
    Ticket,
)
from ami_proto.correlation.call_result import call_result, failed_call

TICKET = Ticket("pbx", "pbx-1", "Originate")


def message(text: str) -> Message:
    return Decoder().feed(text.encode())[0]


QUEUED = message("Response: Success\r\nMessage: Originate successfully queued\r\n\r\n")


def result_event(response: str, reason: str, uniqueid: str = "1.1") -> Message:
    headers = f"Response: {response}\r\nReason: {reason}\r\nUniqueid: {uniqueid}"
    return message(f"Event: OriginateResponse\r\n{headers}\r\n\r\n")


def test_a_call_that_was_answered() -> None:
    """R-TYPE-05: only if Asterisk said so."""
    result = call_result(Reply(QUEUED, (result_event("Success", "4"),)))
    assert (result.status, result.reason, result.answered) == (CallStatus.ANSWERED, "", True)
    assert result.uniqueid == "1.1"


def test_a_call_for_whose_result_nobody_waited() -> None:
    """R-TYPE-05."""
    result = call_result(Reply(QUEUED))
    assert (result.status, result.answered, result.event, result.uniqueid) == (
        CallStatus.QUEUED,
        False,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        ("0", CallStatus.FAILED, "not dialled, or hung up before it was answered"),
        ("1", CallStatus.NO_ANSWER, "the other side hung up"),
        ("3", CallStatus.NO_ANSWER, "nobody answered in time"),
        ("5", CallStatus.BUSY, "busy"),
        ("8", CallStatus.FAILED, "congestion"),
        ("77", CallStatus.FAILED, "reason 77"),
        ("", CallStatus.FAILED, "no reason given"),
    ],
)
def test_a_call_that_failed_says_why(code: str, status: CallStatus, reason: str) -> None:
    """R-TYPE-05."""
    reply = Reply(QUEUED, (result_event("Failure", code, "<unknown>"),))
    result = failed_call(ActionFailed(TICKET, "Failure", reply, Sent.FULLY))
    assert (result.status, result.reason, result.uniqueid) == (status, reason, None)
    assert not result.answered


def test_a_call_that_was_refused_has_asterisk_s_words() -> None:
    """R-TYPE-05."""
    refused = message("Response: Error\r\nMessage: Extension does not exist.\r\n\r\n")
    result = failed_call(ActionFailed(TICKET, "Extension does not exist.", Reply(refused), Sent.FULLY))
    assert (result.status, result.reason) == (CallStatus.FAILED, "Extension does not exist.")


LOST = Disconnect(Reason.EOF)


def errors(reply: Reply) -> list[ActionError]:
    return [
        ActionUnconfirmed(TICKET, "no event came", reply, Sent.FULLY),
        ActionTimeout(TICKET, "no answer in 5 s", reply, Sent.FULLY),
        ActionLost(TICKET, LOST, reply, Sent.FULLY),
    ]


def test_an_accepted_call_without_a_result_is_not_called_failed() -> None:
    """R-TYPE-05."""
    found = [failed_call(error).status for error in errors(Reply(QUEUED))]
    assert found == [CallStatus.UNCONFIRMED, CallStatus.DIALLING, CallStatus.UNCONFIRMED]


@pytest.mark.parametrize("error", errors(Reply())[1:], ids=lambda error: type(error).__name__)
def test_where_nothing_is_known_the_error_is_raised(error: ActionError) -> None:
    """R-TYPE-05: its `sent` says whether there may be a call."""
    with pytest.raises(type(error)) as caught:
        failed_call(error)
    assert caught.value is error


def test_the_value_of_a_reply_is_the_header_that_is_the_answer() -> None:
    """R-TYPE-04: of Getvar, and of DBGet, whose answer is in its event."""
    getvar = Reply(message("Response: Success\r\nVariable: X\r\nValue: 1\r\n\r\n"))
    dbget = Reply(QUEUED, (message("Event: DBGetResponse\r\nFamily: f\r\nKey: k\r\nVal: 2\r\n\r\n"),))
    assert (getvar.value, dbget.value) == ("1", "2")
    for reply in (Reply(), Reply(QUEUED)):
        with pytest.raises(KeyError, match="Value"):
            _ = reply.value
