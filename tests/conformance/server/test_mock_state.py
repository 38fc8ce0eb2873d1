"""What you do to the mock shows in what you list, and what the captures of its life show."""

import pytest
from talking import captured

from conformance.corpus import capture
from conformance.server import MockServer, Step
from conformance.server.fixtures import Frame, Talk, frames, names


def subjects(heard: list[Frame]) -> list[str]:
    return [frame[0].partition(": ")[2] for frame in heard]


def header(frame: Frame, name: str) -> str:
    return next((line.partition(": ")[2] for line in frame if line.startswith(f"{name}: ")), "")


def output(talk: Talk, command: str) -> str:
    """Give what a CLI command prints."""
    (response, *_) = talk.say("Action: Command", f"Command: {command}")
    return "\n".join(line.removeprefix("Output: ") for line in response[2:])


def call(talk: Talk, exten: str, uniqueid: str = "a") -> list[Frame]:
    """Place a call and wait until it is answered."""
    order = ("Action: Originate", f"Channel: Local/{exten}@default", f"ChannelId: {uniqueid}")
    return talk.say(*order, "Application: Wait", "Data: 60", "Async: true") + talk.pass_time(1)


# queues

MEMBER = ("Queue: sales", "Interface: Local/1000@default")


def members(talk: Talk) -> list[tuple[str, ...]]:
    """Give name, penalty, pause and reason of the members of `sales`."""
    wanted = ("Name", "Penalty", "Paused", "PausedReason")
    heard = talk.say("Action: QueueStatus", "Queue: sales")
    return [tuple(header(each, name) for name in wanted) for each in heard if each[0] == "Event: QueueMember"]


def test_a_member_that_is_added_changed_and_removed_is_listed_so(talk: Talk) -> None:
    talk.say("Action: QueueAdd", *MEMBER, "MemberName: X", "Penalty: 2")
    assert members(talk) == [("X", "2", "0", "")]
    talk.say("Action: QueuePause", *MEMBER, "Paused: yes", "Reason: lunch")
    assert members(talk) == [("X", "2", "1", "lunch")]
    assert "(paused)" in output(talk, "queue show sales")
    talk.say("Action: QueuePenalty", *MEMBER, "Penalty: 5")
    assert members(talk) == [("X", "5", "1", "lunch")]
    talk.say("Action: QueueRemove", *MEMBER)
    assert members(talk) == []


def test_a_queued_call_counts_for_the_member(talk: Talk) -> None:
    heard = call(talk, "queue")
    assert {"QueueCallerJoin", "AgentCalled", "AgentConnect", "QueueCallerLeave"} <= set(subjects(heard))
    ended = talk.say("Action: Hangup", "Channel: a") + talk.pass_time(1)
    assert "AgentComplete" in subjects(ended)
    assert "has taken 1 calls" in output(talk, "queue show support")
    talk.say("Action: QueueReset")
    assert "has taken no calls" in output(talk, "queue show support")


def test_a_caller_whom_nobody_can_take_waits_and_leaves(talk: Talk) -> None:
    talk.say("Action: QueuePause", "Interface: Local/1000@default", "Paused: yes")
    call(talk, "queue")
    assert "support has 1 calls" in output(talk, "queue show support")
    ended = subjects(talk.say("Action: Hangup", "Channel: a") + talk.pass_time(1))
    assert ended.index("QueueCallerAbandon") < ended.index("QueueCallerLeave")
    assert "support has 0 calls" in output(talk, "queue show support")


# the database and variables


def test_what_is_put_is_got_until_it_is_deleted(talk: Talk) -> None:
    talk.say("Action: DBPut", "Family: f", "Key: k", "Val: v")
    (_, item, end) = talk.say("Action: DBGet", "Family: f", "Key: k", "ActionID: 1")
    assert item == ["Event: DBGetResponse", "Family: f", "Key: k", "Val: v", "ActionID: 1"]
    assert "ListItems: 1" in end
    assert "/f/k" in output(talk, "database show f")
    talk.say("Action: DBDelTree", "Family: f")
    assert talk.say("Action: DBGet", "Family: f", "Key: k")[0][0] == "Response: Error"


def test_a_channel_variable_is_its_own_and_a_global_one_everybodys(talk: Talk) -> None:
    call(talk, "echo")
    talk.say("Action: Setvar", "Variable: V", "Value: all")
    talk.say("Action: Setvar", "Channel: a", "Variable: V", "Value: own")
    assert [value_of(talk, channel) for channel in ("a", "a;2", "")] == ["own", "all", "all"]


def value_of(talk: Talk, channel: str) -> str:
    target = [f"Channel: {channel}"] if channel else []
    return header(talk.say("Action: Getvar", *target, "Variable: V")[0], "Value")


# calls


def places(talk: Talk) -> dict[str, str]:
    """Give application and extension of every channel, by unique id."""
    heard = talk.say("Action: CoreShowChannels")
    return {
        header(each, "Uniqueid"): f"{header(each, 'Application')} in {header(each, 'Exten')}"
        for each in heard
        if each[0] == "Event: CoreShowChannel"
    }


def test_a_call_is_listed_until_it_is_hung_up(talk: Talk) -> None:
    call(talk, "echo")
    assert places(talk) == {"a": "Wait in echo", "a;2": "Echo in echo"}
    assert len(output(talk, "core show channels concise").splitlines()) == 2
    talk.say("Action: Hangup", "Channel: a;2")
    talk.pass_time(1)
    assert places(talk) == {}
    assert talk.say("Action: Hangup", "Channel: a")[0][0] == "Response: Error"


def test_a_redirected_channel_is_listed_at_its_new_place(talk: Talk) -> None:
    call(talk, "echo")
    talk.say("Action: Redirect", "Channel: a;2", "Context: default", "Exten: 1000", "Priority: 2")
    talk.pass_time(0.1)
    assert places(talk) == {"a": "Wait in echo", "a;2": "Wait in 1000"}


def test_bridged_channels_are_listed_in_their_bridge(talk: Talk) -> None:
    call(talk, "echo", "a")
    call(talk, "echo", "b")
    talk.say("Action: Bridge", "Channel1: a;2", "Channel2: b;2")
    (item,) = (each for each in talk.say("Action: BridgeList") if each[0] == "Event: BridgeListItem")
    assert header(item, "BridgeNumChannels") == "2"
    talk.say("Action: Hangup", "Channel: a")
    talk.pass_time(1)
    assert (places(talk), talk.server.world.bridges) == ({}, {})


def test_one_side_of_a_bridge_is_transferred(talk: Talk) -> None:
    call(talk, "dial")
    heard = talk.say("Action: BlindTransfer", "Channel: a;2", "Context: default", "Exten: echo")
    assert heard[0] == ["Response: Success", "Message: Transfer succeeded"]
    talk.pass_time(0.1)
    assert "Echo in echo" in places(talk).values()


def test_a_parked_call_is_listed_until_it_gives_up(talk: Talk) -> None:
    call(talk, "park")
    assert "ParkedCall" in subjects(talk.say("Action: ParkedCalls"))
    assert "ParkedCallTimeOut" in subjects(talk.pass_time(60))
    assert "ParkedCall" not in subjects(talk.say("Action: ParkedCalls"))


def test_a_conference_is_listed_while_somebody_is_in(talk: Talk) -> None:
    call(talk, "conf", "a")
    call(talk, "conf", "b")
    assert subjects(talk.say("Action: ConfbridgeList", "Conference: room1")).count("ConfbridgeList") == 2
    assert "ConfbridgeEnd" in subjects(talk.say("Action: Hangup", "Channel: /conf/") + talk.pass_time(1))
    assert talk.server.world.conferences == {}


def test_a_dial_that_fails_goes_on_in_the_dialplan(talk: Talk) -> None:
    talk.server.world.dialplan["try"] = (
        Step("Dial", "Local/busy@default"),
        Step("Dial", "SIP/x"),
        Step("Echo"),
    )
    call(talk, "try")
    assert places(talk)["a;2"] == "Echo in try"
    statuses = talk.server.world.channels
    assert {each.variables.get("DIALSTATUS") for each in statuses.values()} == {None, "CHANUNAVAIL"}


# the captures of the server's life


def test_debugging_adds_the_captured_headers_to_every_event(talk: Talk) -> None:
    output(talk, "manager set debug on")
    real = {
        each[0]: origin(each)
        for each in captured("asterisk-22.10.1/manager-debug")
        if "SequenceNumber" in names(each)
    }
    mock = [each for exten in ("user", "dial", "conf") for each in call(talk, exten, exten) if origin(each)]
    assert mock
    for number, each in enumerate(mock):
        assert each[3] == f"SequenceNumber: {number}"
        assert origin(each) == real[each[0]]
    output(talk, "manager set debug off")
    assert not any(map(origin, talk.pass_time(5)))


def origin(frame: Frame) -> list[str]:
    return [line for line in frame[3:8] if line.startswith(("File: ", "Line: ", "Func: "))]


def test_a_filtered_user_hears_what_the_capture_shows() -> None:
    talk = Talk(MockServer())
    talk.login("filtered", "filtered")
    sent = [text for _, text in capture("asterisk-22.10.1/filtered").sent]
    first = talk.send(sent[1]) + talk.pass_time(3)
    second = talk.send(sent[2]) + talk.send(sent[3]) + talk.pass_time(3)
    real = captured("asterisk-22.10.1/filtered")
    cut = next(index for index, each in enumerate(real) if "ActionID: pbx:cap:2" in each)
    assert set(subjects(first)) == set(subjects(real[2:cut])) - {"SuccessfulAuth", "FullyBooted", "TestEvent"}
    assert subjects(second) == subjects(real[cut:-1])


@pytest.mark.parametrize("release", ["asterisk-16.28.0", "asterisk-22.10.1"])
def test_cli_commands_print_texts_of_the_captured_kind(release: str) -> None:
    """The outcome, one line or many, and whether there are empty lines."""
    talk = Talk(MockServer(banner={"asterisk-16.28.0": "5.0.4"}.get(release, "11.0.0")))
    talk.login(events="off")
    recorded = capture(f"{release}/command-outputs")
    real = [each for each in frames(recorded.data) if "ActionID: pbx:cap:0" not in each]
    for (_, text), theirs in zip(recorded.sent[1:], real, strict=False):
        (ours,) = talk.send(text)
        assert ours[:3] == theirs[:3]
        assert kind(ours) == kind(theirs), text


def kind(frame: Frame) -> tuple[bool, bool]:
    return len(frame) > 4, "Output: " in frame[3:]


def test_a_restart_tells_others_and_closes_every_link(talk: Talk) -> None:
    call(talk, "1000")
    other = Talk(talk.server)
    other.login()
    talk.hear()
    assert talk.say("Action: Command", "Command: core restart now") == []
    told = other.hear() + other.pass_time(5)
    real = captured("asterisk-22.10.1/reload-restart")
    ends = [each for each in real if each[0] in ("Event: Hangup", "Event: Shutdown")]
    assert [names(each) for each in told if each[0] in ("Event: Hangup", "Event: Shutdown")] == list(
        map(names, ends)
    )
    assert told[-1][3:] == real[-1][3:]
    assert (talk.session.closed, other.session.closed, talk.hear()) == (True, True, [])


def test_a_reload_is_told(talk: Talk) -> None:
    response, event = talk.say("Action: Reload")
    assert (response[1], event[3:]) == ("Message: Module Reloaded", ["Module: All", "Status: 0"])
    assert talk.say("Action: Command", "Command: core reload")[1][3:] == ["Module: All", "Status: 0"]
