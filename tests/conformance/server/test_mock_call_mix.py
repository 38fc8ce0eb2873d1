"""The mock's calls beside the capture `call-mix`: eleven kinds of call, each channel's events in order.

What two channels tell is a race in Asterisk, for each has a thread of its own; what one tells is not.
"""

import re

import pytest
from talking import captured

from conformance.corpus import capture
from conformance.server import MockServer
from conformance.server.fixtures import Frame, Talk, names

RELEASES = ("asterisk-16.28.0", "asterisk-22.10.1")

KINDS = ("1000", "agi", "busy", "conf", "dial", "echo", "fail", "nosuch", "park", "queue", "user")

DIFFERENCES = {
    "conf": "a caller of the captures hears a prompt for two seconds before it is let in",
    "park": "ParkedCall and ParkedCallGiveUp come from the lot, not from the channel",
    "queue": "AgentComplete comes from the queue, in the middle of the channel's leave",
}
"""Kinds whose channels tell the same events in another order, and why."""

Story = dict[str, list[list[str]]]
"""What each channel of a call tells, by the channel's name without the number of its pair."""


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in DIFFERENCES])
def test_every_channel_tells_its_captured_story(release: str, kind: str) -> None:
    assert mocked(release, kind) == real(release, kind)


@pytest.mark.parametrize("kind", DIFFERENCES)
def test_some_channels_tell_it_in_another_order(release: str, kind: str) -> None:
    ours, theirs = mocked(release, kind), real(release, kind)
    assert {name: sorted(told) for name, told in ours.items()} == {
        name: sorted(told) for name, told in theirs.items()
    }


@pytest.mark.parametrize("kind", DIFFERENCES)
def test_a_listed_difference_exists(kind: str) -> None:
    assert any(mocked(release, kind) != real(release, kind) for release in RELEASES)


def real(release: str, kind: str) -> Story:
    """Give the story of the first such call in the capture."""
    return story(captured(f"{release}/call-mix"), order(release, kind))


def mocked(release: str, kind: str) -> Story:
    """Give the story of the same call in the mock, hung up where the capture's was."""
    talk = Talk(MockServer(banner={"asterisk-16.28.0": "5.0.4"}.get(release, "11.0.0")))
    talk.login()
    text = order(release, kind)
    return story(talk.send(text.encode("latin-1")) + talk.pass_time(60), text)


def order(release: str, kind: str) -> str:
    """Give the text of the first Originate of a kind; it is Latin-1."""
    sent = capture(f"{release}/call-mix").sent
    return next(text for _, text in sent if f"Channel: Local/{kind}@" in text)


def story(messages: list[Frame], text: str) -> Story:
    """Gather what each channel of the call tells, and what is told about the call."""
    action_id = header(text.split("\r\n"), "ActionID")
    queued = next(index for index, each in enumerate(messages) if f"ActionID: {action_id}" in each)
    kind = header(text.split("\r\n"), "Channel")
    linked = next(
        header(frame, "Linkedid")
        for frame in messages[queued:]
        if frame[0] == "Event: Newchannel" and header(frame, "Channel").startswith(f"{kind}-")
    )
    told: Story = {}
    for frame in messages[queued:]:
        if belongs(frame, linked, action_id):
            told.setdefault(teller(frame), []).append(shape(frame))
    return told


def belongs(frame: Frame, linked: str, action_id: str) -> bool:
    """Say whether an event is about the call: an item of a list is not; TestEvent needs a special build."""
    if frame[0] == "Event: OriginateResponse":
        return f"ActionID: {action_id}" in frame
    listed = any(line.startswith("ActionID: ") for line in frame)
    return not listed and any(line.endswith(f"Linkedid: {linked}") for line in frame)


def teller(frame: Frame) -> str:
    """Name the channel that an event is about."""
    if frame[0] == "Event: OriginateResponse":
        return "the order"
    wanted = ("Channel", "DestChannel", "LocalOneChannel", "ParkeeChannel")
    name = next(value for key in wanted if (value := header(frame, key)))
    return re.sub(r"-[0-9a-f]{8}", "", name)


TOLD = re.compile(
    r"(?:Event|Privilege|Channel(?:State|StateDesc)|CallerIDNum|CallerIDName|Cause|Cause-txt|Variable|Application"
    r"|AppData|DialStatus|DialString|BridgeTechnology|BridgeNumChannels|Reason|Response|UserEvent|Queue): "
)
"""Headers whose values are compared too; of the others only the names."""


def shape(frame: Frame) -> list[str]:
    """Give an event's header names in order, with the values that do not vary."""
    return [line if TOLD.match(line) else name for line, name in zip(frame, names(frame), strict=True)]


def header(frame: Frame, name: str) -> str:
    return next((line.partition(": ")[2] for line in frame if line.startswith(f"{name}: ")), "")
