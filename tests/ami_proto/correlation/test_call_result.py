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


@pytest.mark.parametrize("headers", ["", "Response: Pong\r\n", "Response: Goodbye\r\n", "Response: \r\n"])
def test_a_result_that_cannot_be_read_is_no_answer(headers: str) -> None:
    """R-TYPE-05: as a torn frame has it. Not even if the reason is that of an answer."""
    event = message(f"Event: OriginateResponse\r\n{headers}Reason: 4\r\nUniqueid: 1.1\r\n\r\n")
    result = call_result(Reply(QUEUED, (event,)))
    assert (result.status, result.reason) == (CallStatus.UNCONFIRMED, "its result cannot be read")
    assert (result.answered, result.uniqueid) == (False, "1.1")


def test_success_counts_in_any_case() -> None:
    """R-TYPE-05: as every status does."""
    assert call_result(Reply(QUEUED, (result_event("SUCCESS", "4"),))).answered
    reply = Reply(QUEUED, (result_event("FAILURE", "5"),))
    assert failed_call(ActionFailed(TICKET, "x", reply, Sent.FULLY)).status is CallStatus.BUSY


def test_a_failure_that_cannot_be_read_is_unconfirmed() -> None:
    """R-TYPE-05: neither success nor failure is proved."""
    for response in ("Succ", "", "Error"):
        reply = Reply(QUEUED, (result_event(response, "4"),))
        result = failed_call(ActionFailed(TICKET, "x", reply, Sent.FULLY))
        assert (result.status, result.reason) == (CallStatus.UNCONFIRMED, "its result cannot be read")


@pytest.mark.parametrize("beside", [(0, 1), (1, 0)])
def test_the_result_is_found_among_further_responses(beside: tuple[int, int]) -> None:
    """R-CORR-03: those stand among the events, before it and after it."""
    before, after = beside
    other = message("Response: OriginateResponse\r\nReason: 1\r\nUniqueid: 9.9\r\n\r\n")
    unnamed = message("Uniqueid: 9.9\r\n\r\n")

    def reply(event: Message) -> Reply:
        return Reply(QUEUED, (*[other, unnamed] * before, event, *[unnamed, other] * after))

    answered, busy = result_event("Success", "4"), result_event("Failure", "5")
    result = call_result(reply(answered))
    assert (result.status, result.event, result.uniqueid) == (CallStatus.ANSWERED, answered, "1.1")
    failed = failed_call(ActionFailed(TICKET, "Failure", reply(busy), Sent.FULLY))
    assert (failed.status, failed.event) == (CallStatus.BUSY, busy)


def test_the_last_result_counts_in_any_case_of_its_name() -> None:
    """R-TYPE-05."""
    first = result_event("Success", "4", "1.1")
    last = message("Event: originateresponse\r\nResponse: Success\r\nUniqueid: 2.2\r\n\r\n")
    assert call_result(Reply(QUEUED, (first, last))).event is last


def test_further_responses_alone_are_no_result() -> None:
    """R-TYPE-05, R-CORR-03: the words of the error are told then."""
    reply = Reply(QUEUED, (message("Response: Success\r\nUniqueid: 9.9\r\n\r\n"),))
    result = call_result(reply)
    assert (result.status, result.event, result.uniqueid) == (CallStatus.QUEUED, None, None)
    failed = failed_call(ActionFailed(TICKET, "No such channel", reply, Sent.FULLY))
    assert (failed.status, failed.reason) == (CallStatus.FAILED, "No such channel")


@pytest.mark.parametrize("uniqueid", ["", "<null>", "<unknown>"])
def test_a_call_without_a_channel_has_no_uniqueid(uniqueid: str) -> None:
    """R-TYPE-05: these are what Asterisk writes then."""
    assert call_result(Reply(QUEUED, (result_event("Success", "4", uniqueid),))).uniqueid is None


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
