"""The mock beside the captures: the same actions at the same times, the same shapes of answers.

A shape is a message's first line, then its header names in order.
"""

import re
from hashlib import md5
from itertools import pairwise

import pytest
from talking import captured

from conformance.corpus import capture
from conformance.server import MockServer
from conformance.server.fixtures import Frame, Talk, names

BANNERS = {"asterisk-22.10.1": "11.0.0", "asterisk-16.28.0": "5.0.4"}


@pytest.fixture(params=sorted(BANNERS))
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("name", ["login-md5", "login-wrong", "permission-denied", "odd-input"])
def test_the_whole_conversation_has_the_captured_shape(version: str, name: str) -> None:
    """Ordered as captured, but for `odd-input`, where pipelined actions raced with their own events."""
    real = captured(f"{version}/{name}")
    talk, mock = replay(version, name)
    assert capture(f"{version}/{name}").data.startswith(talk.banner.encode())
    theirs, ours = [names(frame) for frame in real], [names(frame) for frame in mock]
    if name == "odd-input":
        theirs, ours = sorted(theirs), sorted(ours)
    assert ours == theirs


def test_what_does_not_change_is_the_same_to_the_letter() -> None:
    """Values too, less times, addresses and random numbers."""
    real = captured("asterisk-22.10.1/permission-denied")
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


def test_live_channels_are_listed_in_the_captured_shape() -> None:
    """`CoreShowChannels` and `Status` with calls up."""
    real = captured("asterisk-22.10.1/call-mix")
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


# reading captures


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


def only(frame: Frame, wanted: tuple[str, ...]) -> list[str]:
    return [header for header in frame if header.partition(":")[0] in wanted]


def line(text: str, name: str) -> str:
    match = re.search(rf"^{name}: (.*?)\r?$", text, re.MULTILINE)
    return match[1] if match else ""
