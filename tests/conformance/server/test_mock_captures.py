"""The mock beside the captures: the same actions at the same times, the same shapes of answers.

A shape is a message's first line, then its header names in order.
"""

import re
from hashlib import md5
from itertools import pairwise

import pytest

from conformance.corpus import capture
from conformance.server import MockServer
from conformance.server.actions import ACTIONS
from conformance.server.fixtures import Frame, Talk, frames, names

BANNERS = {"asterisk-22.10.1": "11.0.0", "asterisk-16.28.0": "5.0.4"}


@pytest.fixture(params=sorted(BANNERS))
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


COVERED = sorted({action.name for action in ACTIONS} - {"ListCommands"} | {"NoSuchAction"})
"""All that the mock knows, and one that it knows not to; ListCommands just has fewer rows than Asterisk's."""


@pytest.mark.parametrize("name", ["login-md5", "login-wrong", "permission-denied", "odd-input"])
def test_the_whole_conversation_has_the_captured_shape(version: str, name: str) -> None:
    """Ordered as captured, but for `odd-input`, where pipelined actions raced with their own events."""
    banner, real = captured(version, name)
    talk, mock = replay(version, name)
    assert talk.banner == banner
    theirs, ours = [names(frame) for frame in real], [names(frame) for frame in mock]
    if name == "odd-input":
        theirs, ours = sorted(theirs), sorted(ours)
    assert ours == theirs


def test_what_does_not_change_is_the_same_to_the_letter() -> None:
    """Values too, less times, addresses and random numbers."""
    _, real = captured("asterisk-22.10.1", "permission-denied")
    _, mock = replay("asterisk-22.10.1", "permission-denied")
    fixed = (
        "Response",
        "ActionID",
        "Message",
        "EventList",
        "ListItems",
        "Event",
        "Queue",
        "Name",
        "Strategy",
        "Ping",
    )
    assert [only(frame, fixed) for frame in mock] == [only(frame, fixed) for frame in real]


@pytest.mark.parametrize("action", COVERED)
def test_each_action_answers_in_the_captured_shape(version: str, action: str) -> None:
    """The response, the kinds of items where both have any, and the end of the list."""
    ids = [
        line(text, "ActionID")
        for _, text in sent(version, "all-actions-quiet")
        if line(text, "Action") == action
    ]
    _, real = captured(version, "all-actions-quiet")
    _, mock = replay(version, "all-actions-quiet")
    assert ids
    for action_id in ids:
        theirs, ours = replies(real, action_id), replies(mock, action_id)
        assert normal(ours[0]) == normal(theirs[0])
        assert names(ours[-1]) == names(theirs[-1]) or action in ("Command", "ListCommands")
        assert shapes(ours[1:]) <= shapes(theirs[1:])


def test_live_channels_are_listed_in_the_captured_shape() -> None:
    """`CoreShowChannels` and `Status` with calls up."""
    _, real = captured("asterisk-22.10.1", "call-mix")
    talk = Talk(MockServer())
    talk.login(events="off")
    talk.say(
        "Action: Originate", "Channel: Local/1000@default", "Application: Wait", "Data: 9", "Async: true"
    )
    talk.pass_time(0.1)
    for action in ("CoreShowChannels", "Status"):
        item = "CoreShowChannel" if action == "CoreShowChannels" else action
        mock = [
            names(frame)
            for frame in talk.say(f"Action: {action}", "ActionID: a")
            if f"Event: {item}" in frame
        ]
        theirs = [names(frame) for frame in real if f"Event: {item}" in frame]
        assert len(mock) == 2
        assert all(shape == theirs[0] for shape in mock)


@pytest.mark.parametrize("exten", ["user", "busy", "fail", "1000", "nosuch"])
def test_a_call_tells_the_captured_story(exten: str) -> None:
    """Every event of the first such call in `call-mix`: name, headers, states, causes, reasons, in order."""
    _, real = captured("asterisk-22.10.1", "call-mix")
    text = next(
        text for _, text in sent("asterisk-22.10.1", "call-mix") if f"Channel: Local/{exten}@" in text
    )
    talk = Talk(MockServer())
    talk.login()
    mock = talk.send(text.encode("latin-1")) + talk.pass_time(60)
    ours, theirs = story(mock, exten, line(text, "ActionID")), story(real, exten, line(text, "ActionID"))
    assert ours == theirs


# reading captures


def captured(version: str, name: str) -> tuple[str, list[Frame]]:
    """Give the banner line and the messages of a capture."""
    data = capture(f"{version}/{name}").data
    banner, _, rest = data.partition(b"\r\n")
    return banner.decode() + "\r\n", frames(rest)


def sent(version: str, name: str) -> list[tuple[float, str]]:
    """Give when what was sent; the text is Latin-1."""
    return list(capture(f"{version}/{name}").sent)


def replay(version: str, name: str) -> tuple[Talk, list[Frame]]:
    """Send the mock what was sent then, at the same times, with the MD5 key computed anew."""
    talk = Talk(MockServer(banner=BANNERS[version]))
    heard: list[Frame] = []
    rows = sent(version, name)
    for (when, text), (later, _) in pairwise([*rows, (rows[-1][0] + 2.0, "")]):
        heard += talk.send(with_key(talk, text).encode("latin-1"))
        heard += talk.pass_time(later - when)
    return talk, heard


def with_key(talk: Talk, text: str) -> str:
    key = md5(f"{talk.session.challenge}s3cr3t".encode()).hexdigest()
    return re.sub(r"Key: [0-9a-f]{32}", f"Key: {key}", text)


def replies(messages: list[Frame], action_id: str) -> list[Frame]:
    """Give the messages that answer one action, or the bare error that does."""
    return [
        frame for frame in messages if f"ActionID: {action_id}" in frame and "Event: UserEvent" not in frame
    ]


def normal(frame: Frame) -> list[str]:
    """Give a response's shape with its message; command output counts as one header."""
    shape = [name for index, name in enumerate(names(frame)) if name != "Output" or index < 4]
    return [*shape, line("\r\n".join(frame), "Message")]


def shapes(messages: list[Frame]) -> set[tuple[str, ...]]:
    return {tuple(names(frame)) for frame in messages}


def story(messages: list[Frame], exten: str, action_id: str) -> list[Frame]:
    """Give the events of one call with all that does not vary.

    Less DeviceStateChange and TestEvent: the first lags behind in a thread of its own, the second needs a
    special build.
    """
    queued = next(index for index, each in enumerate(messages) if f"ActionID: {action_id}" in each)
    created = (each for each in messages[queued:] if "Event: Newchannel" in each)
    started = next(each for each in created if f"Exten: {exten}" in each)
    base = line("\r\n".join(started), "Channel").removesuffix(";1")
    told = (frame for frame in messages if belongs(frame, base, action_id) and frame[0] not in APART)
    return [[VARYING.sub(r"\1: ...", header) for header in frame] for frame in told]


APART = {"Event: TestEvent", "Event: CoreShowChannel", "Event: Status"}
VARYING = re.compile(r"^((?:Dest|LocalOne|LocalTwo)?(?:Channel|Uniqueid|Linkedid)|Timestamp): [^<].*$")


def belongs(frame: Frame, base: str, action_id: str) -> bool:
    channels = (value.partition(": ")[2] for value in frame if "Channel: " in value)
    mine = any(channel.startswith(base) for channel in channels)
    return mine or ("Event: OriginateResponse" in frame and f"ActionID: {action_id}" in frame)


def only(frame: Frame, wanted: tuple[str, ...]) -> list[str]:
    return [header for header in frame if header.partition(":")[0] in wanted]


def line(text: str, name: str) -> str:
    match = re.search(rf"^{name}: (.*?)\r?$", text, re.MULTILINE)
    return match[1] if match else ""
