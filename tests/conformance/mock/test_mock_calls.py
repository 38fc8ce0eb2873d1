"""The mock's calls: the answers of an Originate, its events, and its end."""

import pytest

from conformance.mock.actions.originate import split_variables
from conformance.mock.fixtures import MockClient
from tests.talking import firsts


def test_an_unknown_technology_fails_with_reason_0(client: MockClient) -> None:
    asked = client.request(
        "Action: Originate",
        "Channel: NoTech/x",
        "Exten: 1000",
        "Context: default",
        "Priority: 1",
        "Async: true",
        "ActionID: 1",
    )
    assert firsts(asked) == ["Response: Success"]
    (event,) = client.pass_time(1)
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


def test_an_originate_without_an_answer_times_out(client: MockClient) -> None:
    client.request(
        "Action: Originate", "Channel: Local/ring@default", "Application: Wait", "Timeout: 5000", "Async: 1"
    )
    (outcome,) = (frame for frame in client.pass_time(6) if frame[0] == "Event: OriginateResponse")
    assert "Reason: 3" in outcome
    assert client.server.state.channels == {}


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ([], "Channel not specified"),
        (["Channel: Local"], "Invalid channel"),
        (["Channel: Local/1", "Timeout: soon"], "Invalid timeout"),
        (["Channel: Local/1", f"ChannelId: {'x' * 150}"], "Uniqueid length exceeds maximum of 149\n"),
        (["Channel: Local/1", "Exten: 1000"], "Originate with 'Exten' requires 'Context' and 'Priority'"),
        (["Channel: Local/1", "Exten: no", "Context: default", "Priority: 1"], "Extension does not exist."),
    ],
)
def test_an_impossible_originate_is_an_error_at_once(
    client: MockClient, headers: list[str], message: str
) -> None:
    assert client.request("Action: Originate", *headers) == [["Response: Error", f"Message: {message}"]]


def test_hanging_up_one_half_ends_both(client: MockClient) -> None:
    client.request("Action: Originate", "Channel: Local/echo@default", "Application: Echo", "Async: true")
    client.pass_time(1)
    name = next(iter(client.server.state.channels))
    response, *events = client.request("Action: Hangup", f"Channel: {name}")
    assert response == ["Response: Success", "Message: Channel Hungup"]
    assert firsts(events) == ["Event: HangupRequest", "Event: Hangup", "Event: DeviceStateChange"]
    assert firsts(client.pass_time(60)) == [
        "Event: SoftHangupRequest",
        "Event: Hangup",
        "Event: DeviceStateChange",
    ]


def test_hanging_up_by_pattern_is_a_list(client: MockClient) -> None:
    client.request("Action: Originate", "Channel: Local/echo@default", "Application: Echo", "Async: true")
    client.pass_time(1)
    received = client.request("Action: Hangup", "Channel: /^Local.*$/")
    assert "ListItems: 2" in received[3]
    assert client.server.state.channels == {}


def test_channel_ids_are_chosen_and_must_be_new(client: MockClient) -> None:
    """As seen on Asterisk 16 and 22: tests/asterisk/test_library_actions.py."""
    order = ("Action: Originate", "Channel: Local/echo@default", "Application: Echo", "Async: 1")
    client.request(*order, "ChannelId: a", "OtherChannelId: b")
    client.pass_time(1)
    client.request(*order, "ChannelId: c")
    client.pass_time(1)
    client.request(*order, "ChannelId: a")
    (failure,) = client.pass_time(1)
    channels = client.server.state.channels.values()
    assert [(each.uniqueid, each.linkedid) for each in channels] == [
        ("a", "a"), ("b", "a"), ("c", "c"), ("c;2", "c"),
    ]  # fmt: skip
    assert {"Response: Failure", "Reason: 0", "Uniqueid: a"} <= set(failure)


def test_asyncagi_break_lets_the_dialplan_go_on(client: MockClient) -> None:
    """As seen on Asterisk 16 and 22: tests/asterisk/test_library_actions.py."""
    client.request(
        "Action: Originate", "Channel: Local/agi@default", "Application: Echo", "ChannelId: a", "Async: 1"
    )
    client.pass_time(1)
    received = client.request("Action: AGI", "Channel: a;2", "Command: ASYNCAGI BREAK") + client.pass_time(1)
    begins = ["Event: AsyncAGIExec", "Event: AsyncAGIEnd", "Event: VarSet", "Event: Hangup"]
    ends = [frame for frame in received if frame[0] in begins]
    assert firsts(ends) == [*begins, "Event: Hangup"]
    assert ends[2][-2:] == ["Variable: AGISTATUS", "Value: SUCCESS"]


def test_a_caller_who_abandons_a_queue_has_waited(client: MockClient) -> None:
    """Time and position count from the moment at which the caller joined."""
    client.server.state.queues["support"].members.clear()
    for name in ("first", "second"):
        client.request(
            "Action: Originate",
            "Channel: Local/queue@default",
            "Application: Echo",
            f"ChannelId: {name}",
            "Async: 1",
        )
        client.pass_time(4)
    first, second = client.server.state.queues["support"].callers
    gone = [*client.request("Action: Hangup", f"Channel: {first.name}"), *client.pass_time(4.9)]
    gone += client.request("Action: Hangup", f"Channel: {second.name}")
    abandoned = [frame for frame in gone if frame[0] == "Event: QueueCallerAbandon"]
    assert [frame[-4:] for frame in abandoned] == [
        ["Queue: support", "Position: 1", "OriginalPosition: 1", "HoldTime: 7"],
        ["Queue: support", "Position: 1", "OriginalPosition: 2", "HoldTime: 8"],
    ]


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
