"""The same conversations with the mock and with real Asterisk: the same answers, the same events.

Answers are compared in order. Events are compared by the channel that tells them: each channel's come in one
order, while what two channels tell is a race. Of every message the header names count, and the values that
do not vary.
"""

import contextlib
import re
import time
from collections.abc import Iterator

import pytest
from real_asterisk import BANNERS, session

from conformance.asterisk.conversations import CONVERSATIONS, Say
from conformance.asterisk.raw import Frame, RawSession, logged_in
from conformance.asterisk.targets import Target
from conformance.server import LoopbackServer, MockServer, Step

pytestmark = pytest.mark.asterisk

QUIET = 0.4
"""Seconds after the last step, for events that lag behind."""


STORIES_MAX = 3
"""How often a real server is asked for a story at most."""

DIFFERENCES: dict[tuple[str, int], str] = {}
"""Conversations that differ, by name and version, and why."""


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_conversation_is_the_same_with_the_mock(asterisk: Target, name: str) -> None:
    """Replies are the same every time; a server whose events differ is asked again, for its threads race."""
    asterisk.local("conversations")  # the extensions come from our own configuration
    with mock(asterisk.version) as ami:
        ours = hold(ami, CONVERSATIONS[name])
    for _ in range(STORIES_MAX):
        theirs = held_for_real(asterisk, name)
        assert ours[0] == theirs[0]
        if ours[1] == theirs[1]:
            break
    if (name, asterisk.version) in DIFFERENCES:
        assert ours[1] != theirs[1], "a listed difference that no longer exists"
    else:
        assert ours[1] == theirs[1]


def held_for_real(asterisk: Target, name: str) -> tuple[list[list[str]], dict[str, list[list[str]]]]:
    clear_the_stage(asterisk)
    with session(asterisk, events="on") as ami:
        return hold(ami, CONVERSATIONS[name])


def clear_the_stage(asterisk: Target) -> None:
    """Begin with a server that knows of no call: what lists show is part of a conversation.

    Bridges of parking lots and conferences outlive their calls, so only a restart clears them.
    """
    with session(asterisk) as ami:
        left = ami.list("CoreShowChannels") + ami.list("BridgeList")
    if left:
        asterisk.restart()


@contextlib.contextmanager
def mock(version: int) -> Iterator[RawSession]:
    server = MockServer(banner=BANNERS[version])
    server.world.dialplan["ring"] = (Step("Ringing"), Step("Wait", "60"))
    with (
        LoopbackServer(server) as host,
        logged_in(host.host, host.port, "admin", "s3cr3t", events="on") as ami,
    ):
        yield ami


def hold(ami: RawSession, conversation: list[Say]) -> tuple[list[list[str]], dict[str, list[list[str]]]]:
    """Have a conversation: its answers in order, and each channel's events in order."""
    frames, ids = [], set()
    for say in conversation:
        action, *headers = say.text.split("|")
        pairs = [(name, value) for name, _, value in (header.partition(": ") for header in headers)]
        ids.add(action_id := ami.send(action, *pairs))
        frames += read_to_end(ami, action_id)
        if say.until is not None and not any(is_awaited(frame, say.until) for frame in frames):
            frames += read_until(ami, say.until)
    time.sleep(QUIET)
    frames += read_to_end(ami, ami.send("Ping"))[:-1]
    answers = [shape(frame) for frame in frames if frame["ActionID"] in ids and not is_event(frame)]
    told: dict[str, list[list[str]]] = {}
    for frame in frames:
        if is_event(frame) and frame["Event"] not in APART:
            told.setdefault(teller(frame), []).append(shape(frame))
    return answers, told


def read_to_end(ami: RawSession, action_id: str) -> list[Frame]:
    """Read to the end of an answer: a response alone, or the end of its list."""
    frames: list[Frame] = []
    while True:
        frames.append(frame := ami.read())
        if frame["ActionID"] == action_id and not is_event(frame):
            if frame["EventList"].lower() == "complete":
                return frames
            if frame["Response"] and frame["EventList"].lower() != "start":
                return frames


def read_until(ami: RawSession, until: tuple[str, str]) -> list[Frame]:
    frames = [ami.read()]
    while not is_awaited(frames[-1], until):
        frames.append(ami.read())
    return frames


def is_awaited(frame: Frame, until: tuple[str, str]) -> bool:
    """Say whether an event is awaited: `Newexten Wait` of `a;2`, `VarSet` of `a;2 BRIDGEPEER`."""
    event, _, application = until[0].partition(" ")
    uniqueid, _, variable = until[1].partition(" ")
    return (
        frame["Event"] == event
        and frame["Uniqueid"] == uniqueid
        and application in ("", frame["Application"])
        and variable in ("", frame["Variable"])
    )


def is_event(frame: Frame) -> bool:
    """Say whether this came of itself; items of lists have no Privilege, but for Status."""
    return bool(frame["Privilege"]) and frame["Event"] not in ("", "Status")


APART = {
    "TestEvent",
    "SuccessfulAuth",
    "FullyBooted",
    "DeviceStateChange",
    "QueueMemberStatus",
    "RequestBadFormat",
}
"""Sent by a special build, about the session, or by threads that lag behind."""


def teller(frame: Frame) -> str:
    """Name the thread that tells: a channel's, or one that the event has to itself."""
    if frame["Event"] == "OriginateResponse":
        return "whoever ordered"
    for name in ("Uniqueid", "DestUniqueid", "LocalOneUniqueid"):
        if len(frame[name].partition(";")[0]) == 1:
            return f"channel {frame[name]}"
    return plain(frame["Channel"] or frame["DestChannel"] or frame["LocalOneChannel"]) or frame["Event"]


TOLD = (
    "Application", "AppData", "Cause", "ChannelState", "Digit", "Direction", "DialStatus", "Event",
    "EventList", "ListItems", "Message", "Module", "Output", "Paused", "PausedReason", "Penalty", "Reason",
    "Response", "Result", "Ringinuse", "Status", "Variable",
)  # fmt: skip
"""Headers whose values count."""


def shape(frame: Frame) -> list[str]:
    """Give header names in order, with the values that do not vary."""
    return [f"{name}: {plain(value)}" if name in TOLD else name for name, value in frame.headers]


def plain(value: str) -> str:
    return re.sub(r"-[0-9a-f]{8};", ";", value)
