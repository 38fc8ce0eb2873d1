"""The mock and real Asterisk give the same replies and events in the same conversation.

Replies are compared in order. Events are compared channel by channel: those of one channel come in a fixed
order, those of two channels race. Of each message, all header names are compared, and the values that do not
vary from run to run.
"""

import contextlib
import re
import time
from collections.abc import Iterator

import pytest

from conformance.asterisk.conversations import CONVERSATIONS, Turn
from conformance.asterisk.raw import RawFrame, RawSession, logged_in
from conformance.asterisk.targets import AsteriskTarget
from conformance.mock import DialplanStep, LoopbackServer, MockServer
from tests.real_asterisk import BANNERS, session

pytestmark = pytest.mark.asterisk

QUIET = 0.4
"""Seconds to wait for late events after the last step."""


STORIES_MAX = 3
"""How often a conversation is repeated at most: threads of the server race for the order of events."""


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_conversation_is_the_same_with_the_mock(asterisk: AsteriskTarget, name: str) -> None:
    """Replies must be the same each time, events at least once in so many conversations."""
    asterisk.local("conversations")  # skips the test for a user's own server: the extensions are ours
    with mock(asterisk.version) as ami:
        ours = hold(ami, CONVERSATIONS[name])
    for _ in range(STORIES_MAX):
        theirs = held_for_real(asterisk, name)
        assert ours[0] == theirs[0]
        if ours[1] == theirs[1]:
            break
    assert ours[1] == theirs[1]


def held_for_real(asterisk: AsteriskTarget, name: str) -> tuple[list[list[str]], dict[str, list[list[str]]]]:
    clear_the_stage(asterisk)
    with session(asterisk, events="on") as ami:
        return hold(ami, CONVERSATIONS[name])


def clear_the_stage(asterisk: AsteriskTarget) -> None:
    """Have the server list no channels and bridges of earlier tests.

    Bridges of parking lots and conferences outlive their calls; only a restart removes them.
    """
    with session(asterisk) as ami:
        left = ami.list("CoreShowChannels") + ami.list("BridgeList")
    if left:
        asterisk.restart()


@contextlib.contextmanager
def mock(version: int) -> Iterator[RawSession]:
    server = MockServer(banner=BANNERS[version])
    server.state.dialplan["ring"] = (DialplanStep("Ringing"), DialplanStep("Wait", "60"))
    with (
        LoopbackServer(server) as host,
        logged_in(host.host, host.port, "admin", "s3cr3t", events="on") as ami,
    ):
        yield ami


def hold(ami: RawSession, conversation: list[Turn]) -> tuple[list[list[str]], dict[str, list[list[str]]]]:
    """Hold a conversation; return its replies in order, and the events in order by their source."""
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


def read_to_end(ami: RawSession, action_id: str) -> list[RawFrame]:
    """Read to the end of a reply: a response alone, or the end of its list."""
    frames: list[RawFrame] = []
    while True:
        frames.append(frame := ami.read())
        if frame["ActionID"] == action_id and not is_event(frame):
            if frame["EventList"].lower() == "complete":
                return frames
            if frame["Response"] and frame["EventList"].lower() != "start":
                return frames


def read_until(ami: RawSession, until: tuple[str, str]) -> list[RawFrame]:
    frames = [ami.read()]
    while not is_awaited(frames[-1], until):
        frames.append(ami.read())
    return frames


def is_awaited(frame: RawFrame, until: tuple[str, str]) -> bool:
    """Tell whether this is the awaited event: `("Newexten Wait", "a;2")`, `("VarSet", "a;2 BRIDGEPEER")`."""
    event, _, application = until[0].partition(" ")
    uniqueid, _, variable = until[1].partition(" ")
    return (
        frame["Event"] == event
        and frame["Uniqueid"] == uniqueid
        and application in ("", frame["Application"])
        and variable in ("", frame["Variable"])
    )


def is_event(frame: RawFrame) -> bool:
    """Tell whether this is an event and no item of a list: only items of Status have a Privilege too."""
    return bool(frame["Privilege"]) and frame["Event"] not in ("", "Status")


APART = {
    "TestEvent",
    "SuccessfulAuth",
    "FullyBooted",
    "DeviceStateChange",
    "QueueMemberStatus",
    "RequestBadFormat",
}
"""Not compared: sent by special builds only, about the session, or by threads that are late."""


def teller(frame: RawFrame) -> str:
    """Name the source of an event: a channel, whose thread sends its events in order, or the event itself."""
    if frame["Event"] == "OriginateResponse":
        return "originate"
    for name in ("Uniqueid", "DestUniqueid", "LocalOneUniqueid"):
        if len(frame[name].partition(";")[0]) == 1:
            return f"channel {frame[name]}"
    return plain(frame["Channel"] or frame["DestChannel"] or frame["LocalOneChannel"]) or frame["Event"]


TOLD = (
    "Application", "AppData", "Cause", "ChannelState", "Digit", "Direction", "DialStatus", "Event",
    "EventList", "ListItems", "Message", "Module", "Output", "Paused", "PausedReason", "Penalty", "Reason",
    "Response", "Result", "Ringinuse", "Status", "Variable",
)  # fmt: skip
"""Headers whose values are compared."""


def shape(frame: RawFrame) -> list[str]:
    """Return the header names in order, with the values that are compared."""
    return [f"{name}: {plain(value)}" if name in TOLD else name for name, value in frame.headers]


def plain(value: str) -> str:
    return re.sub(r"-[0-9a-f]{8};", ";", value)
