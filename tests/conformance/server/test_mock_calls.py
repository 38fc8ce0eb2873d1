"""The mock's calls: what an Originate answers, what it sets in motion, and how it ends."""

import pytest
from talking import firsts

from conformance.server.actions.originate import split_variables
from conformance.server.fixtures import Talk


def test_an_unknown_technology_fails_with_reason_0(talk: Talk) -> None:
    asked = talk.say(
        "Action: Originate",
        "Channel: NoTech/x",
        "Exten: 1000",
        "Context: default",
        "Priority: 1",
        "Async: true",
        "ActionID: 1",
    )
    assert firsts(asked) == ["Response: Success"]
    (event,) = talk.pass_time(1)
    assert event[:1] + event[3:] == [
        "Event: OriginateResponse",
        "ActionID: 1",
        "Response: Failure",
        "Channel: NoTech/x",
        "Context: default",
        "Exten: 1000",
        "Reason: 0",
        "Uniqueid: <unknown>",
        "CallerIDNum: <unknown>",
        "CallerIDName: <unknown>",
    ]


def test_an_originate_that_nobody_answers_gives_up(talk: Talk) -> None:
    talk.say(
        "Action: Originate", "Channel: Local/ring@default", "Application: Wait", "Timeout: 5000", "Async: 1"
    )
    (outcome,) = (frame for frame in talk.pass_time(6) if frame[0] == "Event: OriginateResponse")
    assert "Reason: 3" in outcome
    assert talk.server.world.channels == {}


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ([], "Channel not specified"),
        (["Channel: Local"], "Invalid channel"),
        (["Channel: Local/1", "Timeout: soon"], "Invalid timeout"),
        (["Channel: Local/1", "Exten: 1000"], "Originate with 'Exten' requires 'Context' and 'Priority'"),
        (["Channel: Local/1", "Exten: no", "Context: default", "Priority: 1"], "Extension does not exist."),
    ],
)
def test_an_impossible_originate_is_an_error_at_once(talk: Talk, headers: list[str], message: str) -> None:
    assert talk.say("Action: Originate", *headers) == [["Response: Error", f"Message: {message}"]]


def test_hanging_up_one_half_ends_both(talk: Talk) -> None:
    talk.say("Action: Originate", "Channel: Local/echo@default", "Application: Echo", "Async: true")
    talk.pass_time(1)
    name = next(iter(talk.server.world.channels))
    response, *events = talk.say("Action: Hangup", f"Channel: {name}")
    assert response == ["Response: Success", "Message: Channel Hungup"]
    assert firsts(events) == ["Event: HangupRequest", "Event: Hangup", "Event: DeviceStateChange"]
    assert firsts(talk.pass_time(60)) == [
        "Event: SoftHangupRequest",
        "Event: Hangup",
        "Event: DeviceStateChange",
    ]


def test_hanging_up_by_pattern_is_a_list(talk: Talk) -> None:
    talk.say("Action: Originate", "Channel: Local/echo@default", "Application: Echo", "Async: true")
    talk.pass_time(1)
    heard = talk.say("Action: Hangup", "Channel: /^Local.*$/")
    assert "ListItems: 2" in heard[3]
    assert talk.server.world.channels == {}


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("A=1", [("A", "1")]),
        ("B=x=y,C=3", [("B", "x=y"), ("C", "3")]),
        (r'Q="a,b",R=c\,d\"', [("Q", "a,b"), ("R", 'c,d"')]),
        ("F=(a,b),G=[c,d]", [("F", "(a,b)"), ("G", "[c,d]")]),
    ],
)
def test_variables_split_at_unprotected_commas(text: str, pairs: list[tuple[str, str]]) -> None:
    assert split_variables(text) == pairs
