"""The mock's calls and the capture `call-mix`: eleven kinds of calls, each channel's events in order.

Each channel has a thread of its own in Asterisk, so only the events of one channel have a fixed order.
"""

import re

import pytest

from conformance.corpus import capture
from conformance.mock import MockServer
from conformance.mock.fixtures import FrameLines, MockClient, names
from tests.talking import captured

RELEASES = ("asterisk-16.28.0", "asterisk-22.10.1")

KINDS = ("1000", "agi", "busy", "conf", "dial", "echo", "fail", "nosuch", "park", "queue", "user")

DIFFERENCES = {
    "conf": "in the captures a prompt plays for two seconds before the caller joins",
    "park": "ParkedCall and ParkedCallGiveUp come from the lot, not from the channel",
    "queue": "AgentComplete comes from the queue, in the middle of the channel's leave",
}
"""Kinds of calls whose channels have the same events in another order, and why."""

Story = dict[str, list[list[str]]]
"""The events of each channel of a call, by the channel's name without the number of its pair."""


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in DIFFERENCES])
def test_every_channel_has_its_captured_events(release: str, kind: str) -> None:
    assert mocked(release, kind) == real(release, kind)


@pytest.mark.parametrize("kind", DIFFERENCES)
def test_some_channels_have_them_in_another_order(release: str, kind: str) -> None:
    ours, theirs = mocked(release, kind), real(release, kind)
    assert {name: sorted(events) for name, events in ours.items()} == {
        name: sorted(events) for name, events in theirs.items()
    }


@pytest.mark.parametrize("kind", DIFFERENCES)
def test_a_listed_difference_exists(kind: str) -> None:
    assert any(mocked(release, kind) != real(release, kind) for release in RELEASES)


def real(release: str, kind: str) -> Story:
    """Return the story of the first such call in the capture."""
    return story(captured(f"{release}/call-mix"), order(release, kind))


def mocked(release: str, kind: str) -> Story:
    """Return the story of the same call in the mock, hung up where the captured call was."""
    client = MockClient(MockServer(banner={"asterisk-16.28.0": "5.0.4"}.get(release, "11.0.0")))
    client.login()
    text = order(release, kind)
    return story(client.send(text.encode("latin-1")) + client.pass_time(60), text)


def order(release: str, kind: str) -> str:
    """Return the text of the first Originate of a kind; it is Latin-1."""
    sent = capture(f"{release}/call-mix").sent
    return next(text for _, text in sent if f"Channel: Local/{kind}@" in text)


def story(messages: list[FrameLines], text: str) -> Story:
    """Collect the events of each channel of the call, and those of the call."""
    action_id = header(text.split("\r\n"), "ActionID")
    queued = next(index for index, each in enumerate(messages) if f"ActionID: {action_id}" in each)
    kind = header(text.split("\r\n"), "Channel")
    linked = next(
        header(frame, "Linkedid")
        for frame in messages[queued:]
        if frame[0] == "Event: Newchannel" and header(frame, "Channel").startswith(f"{kind}-")
    )
    events: Story = {}
    for frame in messages[queued:]:
        if belongs(frame, linked, action_id):
            events.setdefault(channel_of(frame), []).append(shape(frame))
    return events


def belongs(frame: FrameLines, linked: str, action_id: str) -> bool:
    """Whether an event is about the call: a list item is not, and TestEvent needs a special build."""
    if frame[0] == "Event: OriginateResponse":
        return f"ActionID: {action_id}" in frame
    listed = any(line.startswith("ActionID: ") for line in frame)
    return not listed and any(line.endswith(f"Linkedid: {linked}") for line in frame)


def channel_of(frame: FrameLines) -> str:
    """Return the name of the channel that an event is about."""
    if frame[0] == "Event: OriginateResponse":
        return "the order"
    wanted = ("Channel", "DestChannel", "LocalOneChannel", "ParkeeChannel")
    name = next(value for key in wanted if (value := header(frame, key)))
    return re.sub(r"-[0-9a-f]{8}", "", name)


TOLD = re.compile(
    r"(?:Event|Privilege|Channel(?:State|StateDesc)|CallerIDNum|CallerIDName|Cause|Cause-txt|Variable|Application"
    r"|AppData|DialStatus|DialString|BridgeTechnology|BridgeNumChannels|Reason|Response|UserEvent|Queue): "
)
"""Headers whose values are compared; of the others only the names are."""


def shape(frame: FrameLines) -> list[str]:
    """Return the header names of an event in order, with the constant values."""
    return [line if TOLD.match(line) else name for line, name in zip(frame, names(frame), strict=True)]


def header(frame: FrameLines, name: str) -> str:
    return next((line.partition(": ")[2] for line in frame if line.startswith(f"{name}: ")), "")
