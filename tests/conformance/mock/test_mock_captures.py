"""The mock compared with the captures: the same actions at the same times, the same shapes of answers.

A shape is a message's first line, then its header names in order.
"""

import re
from hashlib import md5
from itertools import pairwise

import pytest

from conformance.corpus import capture
from conformance.mock import MockServer
from conformance.mock.fixtures import FrameLines, MockClient, names
from tests.talking import captured

BANNERS = {"asterisk-22.10.1": "11.0.0", "asterisk-16.28.0": "5.0.4"}


@pytest.fixture(params=sorted(BANNERS))
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("name", ["login-md5", "login-wrong", "permission-denied", "odd-input"])
def test_the_whole_conversation_has_the_captured_shape(version: str, name: str) -> None:
    """In the captured order, except `odd-input`, where pipelined actions raced with their own events."""
    real = captured(f"{version}/{name}")
    client, mock = replay(version, name)
    assert capture(f"{version}/{name}").data.startswith(client.banner.encode())
    theirs, ours = [names(frame) for frame in real], [names(frame) for frame in mock]
    if name == "odd-input":
        theirs, ours = sorted(theirs), sorted(ours)
    assert ours == theirs


def test_constant_values_are_the_captured_ones() -> None:
    """Compare values too, except times, addresses and random numbers."""
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
    """`CoreShowChannels` and `Status` during calls."""
    real = captured("asterisk-22.10.1/call-mix")
    client = MockClient(MockServer())
    client.login(events="off")
    client.request(
        "Action: Originate", "Channel: Local/1000@default", "Application: Wait", "Data: 9", "Async: true"
    )
    client.pass_time(0.1)
    for action in ("CoreShowChannels", "Status"):
        item = "CoreShowChannel" if action == "CoreShowChannels" else action
        mock = [
            names(frame)
            for frame in client.request(f"Action: {action}", "ActionID: a")
            if f"Event: {item}" in frame
        ]
        theirs = [names(frame) for frame in real if f"Event: {item}" in frame]
        assert len(mock) == 2
        assert all(shape == theirs[0] for shape in mock)


# reading captures


def sent(version: str, name: str) -> list[tuple[float, str]]:
    """Return the sent texts with their times; the text is Latin-1."""
    return list(capture(f"{version}/{name}").sent)


def replay(version: str, name: str) -> tuple[MockClient, list[FrameLines]]:
    """Send the recorded actions to the mock at the same times, with a new MD5 key."""
    client = MockClient(MockServer(banner=BANNERS[version]))
    received: list[FrameLines] = []
    rows = sent(version, name)
    for (when, text), (later, _) in pairwise([*rows, (rows[-1][0] + 2.0, "")]):
        received += client.send(with_key(client, text).encode("latin-1"))
        received += client.pass_time(later - when)
    return client, received


def with_key(client: MockClient, text: str) -> str:
    key = md5(f"{client.session.challenge}s3cr3t".encode()).hexdigest()
    return re.sub(r"Key: [0-9a-f]{32}", f"Key: {key}", text)


def only(frame: FrameLines, wanted: tuple[str, ...]) -> list[str]:
    return [header for header in frame if header.partition(":")[0] in wanted]


def line(text: str, name: str) -> str:
    match = re.search(rf"^{name}: (.*?)\r?$", text, re.MULTILINE)
    return match[1] if match else ""
