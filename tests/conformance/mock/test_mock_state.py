"""Actions change the mock's state and lists show it, as in the captures."""

import pytest

from conformance.corpus import capture
from conformance.mock import DialplanStep, MockServer
from conformance.mock.fixtures import FrameLines, MockClient, frames, names
from tests.talking import captured


def subjects(received: list[FrameLines]) -> list[str]:
    return [frame[0].partition(": ")[2] for frame in received]


def header(frame: FrameLines, name: str) -> str:
    return next((line.partition(": ")[2] for line in frame if line.startswith(f"{name}: ")), "")


def output(client: MockClient, command: str) -> str:
    """Return the output of a CLI command."""
    (response, *_) = client.request("Action: Command", f"Command: {command}")
    return "\n".join(line.removeprefix("Output: ") for line in response[2:])


def call(client: MockClient, exten: str, uniqueid: str = "a") -> list[FrameLines]:
    """Place a call and wait until it is answered."""
    order = ("Action: Originate", f"Channel: Local/{exten}@default", f"ChannelId: {uniqueid}")
    return client.request(*order, "Application: Wait", "Data: 60", "Async: true") + client.pass_time(1)


# queues

MEMBER = ("Queue: sales", "Interface: Local/1000@default")


def members(client: MockClient) -> list[tuple[str, ...]]:
    """Return name, penalty, pause and reason of the members of `sales`."""
    wanted = ("Name", "Penalty", "Paused", "PausedReason")
    received = client.request("Action: QueueStatus", "Queue: sales")
    return [
        tuple(header(each, name) for name in wanted) for each in received if each[0] == "Event: QueueMember"
    ]


def test_a_member_that_is_added_changed_and_removed_is_listed_so(client: MockClient) -> None:
    client.request("Action: QueueAdd", *MEMBER, "MemberName: X", "Penalty: 2")
    assert members(client) == [("X", "2", "0", "")]
    client.request("Action: QueuePause", *MEMBER, "Paused: yes", "Reason: lunch")
    assert members(client) == [("X", "2", "1", "lunch")]
    assert "(paused)" in output(client, "queue show sales")
    client.request("Action: QueuePenalty", *MEMBER, "Penalty: 5")
    assert members(client) == [("X", "5", "1", "lunch")]
    client.request("Action: QueueRemove", *MEMBER)
    assert members(client) == []


def test_a_queued_call_counts_for_the_member(client: MockClient) -> None:
    received = call(client, "queue")
    assert {"QueueCallerJoin", "AgentCalled", "AgentConnect", "QueueCallerLeave"} <= set(subjects(received))
    ended = client.request("Action: Hangup", "Channel: a") + client.pass_time(1)
    assert "AgentComplete" in subjects(ended)
    assert "has taken 1 calls" in output(client, "queue show support")
    client.request("Action: QueueReset")
    assert "has taken no calls" in output(client, "queue show support")


def test_a_caller_without_a_free_member_waits_and_leaves(client: MockClient) -> None:
    client.request("Action: QueuePause", "Interface: Local/1000@default", "Paused: yes")
    call(client, "queue")
    assert "support has 1 calls" in output(client, "queue show support")
    ended = subjects(client.request("Action: Hangup", "Channel: a") + client.pass_time(1))
    assert ended.index("QueueCallerAbandon") < ended.index("QueueCallerLeave")
    assert "support has 0 calls" in output(client, "queue show support")


# the database and variables


def test_a_stored_value_is_returned_until_it_is_deleted(client: MockClient) -> None:
    client.request("Action: DBPut", "Family: f", "Key: k", "Val: v")
    (_, item, end) = client.request("Action: DBGet", "Family: f", "Key: k", "ActionID: 1")
    assert item == ["Event: DBGetResponse", "Family: f", "Key: k", "Val: v", "ActionID: 1"]
    assert "ListItems: 1" in end
    assert "/f/k" in output(client, "database show f")
    client.request("Action: DBDelTree", "Family: f")
    assert client.request("Action: DBGet", "Family: f", "Key: k")[0][0] == "Response: Error"


def test_a_channel_variable_is_local_and_a_global_one_is_shared(client: MockClient) -> None:
    call(client, "echo")
    client.request("Action: Setvar", "Variable: V", "Value: all")
    client.request("Action: Setvar", "Channel: a", "Variable: V", "Value: own")
    assert [value_of(client, channel) for channel in ("a", "a;2", "")] == ["own", "all", "all"]


def value_of(client: MockClient, channel: str) -> str:
    target = [f"Channel: {channel}"] if channel else []
    return header(client.request("Action: Getvar", *target, "Variable: V")[0], "Value")


# calls


def places(client: MockClient) -> dict[str, str]:
    """Return application and extension of every channel, by unique ID."""
    received = client.request("Action: CoreShowChannels")
    return {
        header(each, "Uniqueid"): f"{header(each, 'Application')} in {header(each, 'Exten')}"
        for each in received
        if each[0] == "Event: CoreShowChannel"
    }


def test_a_call_is_listed_until_it_is_hung_up(client: MockClient) -> None:
    call(client, "echo")
    assert places(client) == {"a": "Wait in echo", "a;2": "Echo in echo"}
    assert len(output(client, "core show channels concise").splitlines()) == 2
    client.request("Action: Hangup", "Channel: a;2")
    client.pass_time(1)
    assert places(client) == {}
    assert client.request("Action: Hangup", "Channel: a")[0][0] == "Response: Error"


def test_a_redirected_channel_is_listed_at_its_new_place(client: MockClient) -> None:
    call(client, "echo")
    client.request("Action: Redirect", "Channel: a;2", "Context: default", "Exten: 1000", "Priority: 2")
    client.pass_time(0.1)
    assert places(client) == {"a": "Wait in echo", "a;2": "Wait in 1000"}


def test_bridged_channels_are_listed_in_their_bridge(client: MockClient) -> None:
    call(client, "echo", "a")
    call(client, "echo", "b")
    client.request("Action: Bridge", "Channel1: a;2", "Channel2: b;2")
    (item,) = (each for each in client.request("Action: BridgeList") if each[0] == "Event: BridgeListItem")
    assert header(item, "BridgeNumChannels") == "2"
    client.request("Action: Hangup", "Channel: a")
    client.pass_time(1)
    assert (places(client), client.server.state.bridges) == ({}, {})


def test_one_side_of_a_bridge_is_transferred(client: MockClient) -> None:
    call(client, "dial")
    received = client.request("Action: BlindTransfer", "Channel: a;2", "Context: default", "Exten: echo")
    assert received[0] == ["Response: Success", "Message: Transfer succeeded"]
    client.pass_time(0.1)
    assert "Echo in echo" in places(client).values()


def test_a_parked_call_is_listed_until_it_gives_up(client: MockClient) -> None:
    call(client, "park")
    assert "ParkedCall" in subjects(client.request("Action: ParkedCalls"))
    assert "ParkedCallTimeOut" in subjects(client.pass_time(60))
    assert "ParkedCall" not in subjects(client.request("Action: ParkedCalls"))


def test_a_conference_is_listed_while_it_has_members(client: MockClient) -> None:
    call(client, "conf", "a")
    call(client, "conf", "b")
    assert (
        subjects(client.request("Action: ConfbridgeList", "Conference: room1")).count("ConfbridgeList") == 2
    )
    assert "ConfbridgeEnd" in subjects(
        client.request("Action: Hangup", "Channel: /conf/") + client.pass_time(1)
    )
    assert client.server.state.conferences == {}


def test_a_failed_dial_continues_in_the_dialplan(client: MockClient) -> None:
    client.server.state.dialplan["try"] = (
        DialplanStep("Dial", "Local/busy@default"),
        DialplanStep("Dial", "SIP/x"),
        DialplanStep("Echo"),
    )
    call(client, "try")
    assert places(client)["a;2"] == "Echo in try"
    statuses = client.server.state.channels
    assert {each.variables.get("DIALSTATUS") for each in statuses.values()} == {None, "CHANUNAVAIL"}


# the captures of the server's life


def test_debugging_adds_the_captured_headers_to_every_event(client: MockClient) -> None:
    output(client, "manager set debug on")
    real = {
        each[0]: origin(each)
        for each in captured("asterisk-22.10.1/manager-debug")
        if "SequenceNumber" in names(each)
    }
    mock = [each for exten in ("user", "dial", "conf") for each in call(client, exten, exten) if origin(each)]
    assert mock
    for number, each in enumerate(mock):
        assert each[3] == f"SequenceNumber: {number}"
        assert origin(each) == real[each[0]]
    output(client, "manager set debug off")
    assert not any(map(origin, client.pass_time(5)))


def origin(frame: FrameLines) -> list[str]:
    return [line for line in frame[3:8] if line.startswith(("File: ", "Line: ", "Func: "))]


def test_a_filtered_user_receives_the_captured_events() -> None:
    client = MockClient(MockServer())
    client.login("filtered", "filtered")
    sent = [text for _, text in capture("asterisk-22.10.1/filtered").sent]
    first = client.send(sent[1]) + client.pass_time(3)
    second = client.send(sent[2]) + client.send(sent[3]) + client.pass_time(3)
    real = captured("asterisk-22.10.1/filtered")
    cut = next(index for index, each in enumerate(real) if "ActionID: pbx:cap:2" in each)
    assert set(subjects(first)) == set(subjects(real[2:cut])) - {"SuccessfulAuth", "FullyBooted", "TestEvent"}
    assert subjects(second) == subjects(real[cut:-1])


@pytest.mark.parametrize("release", ["asterisk-16.28.0", "asterisk-22.10.1"])
def test_cli_commands_print_texts_of_the_captured_kind(release: str) -> None:
    """The outcome, one line or many, and whether there are empty lines."""
    client = MockClient(MockServer(banner={"asterisk-16.28.0": "5.0.4"}.get(release, "11.0.0")))
    client.login(events="off")
    recorded = capture(f"{release}/command-outputs")
    real = [each for each in frames(recorded.data) if "ActionID: pbx:cap:0" not in each]
    for (_, text), theirs in zip(recorded.sent[1:], real, strict=False):
        (ours,) = client.send(text)
        assert ours[:3] == theirs[:3]
        assert kind(ours) == kind(theirs), text


def kind(frame: FrameLines) -> tuple[bool, bool]:
    return len(frame) > 4, "Output: " in frame[3:]


def test_a_restart_publishes_shutdown_and_closes_every_link(client: MockClient) -> None:
    call(client, "1000")
    other = MockClient(client.server)
    other.login()
    client.receive()
    assert client.request("Action: Command", "Command: core restart now") == []
    received = other.receive() + other.pass_time(5)
    real = captured("asterisk-22.10.1/reload-restart")
    ends = [each for each in real if each[0] in ("Event: Hangup", "Event: Shutdown")]
    assert [names(each) for each in received if each[0] in ("Event: Hangup", "Event: Shutdown")] == list(
        map(names, ends)
    )
    assert received[-1][3:] == real[-1][3:]
    assert (client.session.closed, other.session.closed, client.receive()) == (True, True, [])


def test_a_reload_is_published(client: MockClient) -> None:
    response, event = client.request("Action: Reload")
    assert (response[1], event[3:]) == ("Message: Module Reloaded", ["Module: All", "Status: 0"])
    assert client.request("Action: Command", "Command: core reload")[1][3:] == ["Module: All", "Status: 0"]
