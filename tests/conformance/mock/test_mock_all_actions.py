"""The mock compared with `all-actions-quiet` and `all-actions-events`: 98 actions each, on both versions.

A capture is cut where the next action was sent; the bytes between are the answer, with the events that came
meanwhile. An answer must be exactly the same: the messages, their headers, the order of both. Two tables list
the differences with their reasons; a test fails if a difference in a table does not exist.
"""

import re
from functools import cache

import pytest

from conformance.corpus import capture
from conformance.mock import MockServer
from conformance.mock.fixtures import FrameLines, names

BANNERS = {"asterisk-22.10.1": "11.0.0", "asterisk-16.28.0": "5.0.4"}
CONVERSATIONS = [
    f"{version}/{name}" for version in BANNERS for name in ("all-actions-quiet", "all-actions-events")
]

SHAPE_DIFFERS = {"ListCommands": "each server lists its own actions, and the mock has fewer"}
"""Actions whose answer has another shape, and why."""

VALUES_DIFFER = SHAPE_DIFFERS | {
    "Command": "Asterisk 16 makes the columns of `core show channels` narrower",
    "DeviceStateList": "the captured servers had devices left from other tests, in the order of a hash",
    "ExtensionStateList": "the order is that of a hash",
    "ShowDialPlan": "the mock has rows of each format, but not all of the sample configuration",
}
"""Actions whose answer has other values, and why."""

ONLY_IN_16 = {"Command"}
"""The differences that 22 does not have."""

VARYING = (
    r"^((?:AsteriskVersion|Challenge|CoreProcessedCalls|LastReload|SessionID|Uptime): ).*",
    r"^(Output: )\d+ calls? processed",
    r"(@default-)\d{8}",
    r"(127\.0\.0\.1[:/])\d+",
    r"()\b1795\d{6}(?:\.\d+)?",
    r"()\d\d:\d\d:\d\d(?:\.\d+)?",
)
"""Values that differ in every run (versions, counts, channels, ports, times), after a constant start."""


def action_of(text: str) -> str:
    return text.partition("\r\n")[0].removeprefix("Action: ")


def actions_of(conversation: str) -> list[str]:
    return [action_of(text) for _, text in capture(conversation).sent]


CASES = [(conversation, action) for conversation in CONVERSATIONS for action in actions_of(conversation)]


@pytest.mark.parametrize(("conversation", "action"), CASES)
def test_an_answer_has_the_captured_shape(conversation: str, action: str) -> None:
    theirs, ours = shape(captured(conversation)[action]), shape(replayed(conversation)[action])
    if differs(SHAPE_DIFFERS, conversation, action):
        assert ours != theirs
    else:
        assert ours == theirs


@pytest.mark.parametrize(("conversation", "action"), CASES)
def test_an_answer_has_the_captured_values(conversation: str, action: str) -> None:
    theirs, ours = plain(captured(conversation)[action]), plain(replayed(conversation)[action])
    if differs(VALUES_DIFFER, conversation, action):
        assert ours != theirs
    else:
        assert ours == theirs


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_commands_are_listed_as_captured(conversation: str) -> None:
    """Each action of the mock has the captured name, synopsis and classes, in the same order."""
    theirs = captured(conversation)["ListCommands"][0][2:]
    ours = replayed(conversation)["ListCommands"][0][2:]
    assert ours == [line for line in theirs if line in ours]


@pytest.mark.parametrize("conversation", CONVERSATIONS)
@pytest.mark.parametrize("action", ["DeviceStateList", "ExtensionStateList", "ShowDialPlan"])
def test_a_list_of_its_own_has_captured_items(conversation: str, action: str) -> None:
    """Except two extensions that only the mock has, and device states, which depend on earlier calls."""
    theirs, ours = (
        {tuple(line for line in frame if not line.startswith("State: ")) for frame in frames[1:-1]}
        for frames in (captured(conversation)[action], replayed(conversation)[action])
    )
    own = {"Extension: ring", "Extension: short"}
    assert ours
    assert not [item for item in ours - theirs if not own & set(item)]


# reading and replaying


def differs(table: dict[str, str], conversation: str, action: str) -> bool:
    return action in table and not (action in ONLY_IN_16 and "22." in conversation)


@cache
def captured(conversation: str) -> dict[str, list[FrameLines]]:
    """Return the received bytes by action: each action was sent after the answer to the last one."""
    whole = capture(conversation)
    actions = actions_of(conversation)
    received = dict.fromkeys(actions, b"")
    position = 0
    for at, size in whole.chunks:
        sent = sum(when <= at for when, _ in whole.sent)
        received[actions[max(0, sent - 1)]] += whole.data[position : position + max(size, 0)]
        position += max(size, 0)
    return {action: messages(data) for action, data in received.items()}


@cache
def replayed(conversation: str) -> dict[str, list[FrameLines]]:
    """Send the same actions at the same times to a mock."""
    sent = capture(conversation).sent
    session = MockServer(banner=BANNERS[conversation.partition("/")[0]]).connect(0.0)
    ends = [when for when, _ in sent[1:]] + [sent[-1][0] + 2.0]
    received = {}
    for (when, text), end in zip(sent, ends, strict=True):
        session.receive(text.encode("latin-1"), when)
        while (deadline := session.timeout()) is not None and deadline <= end:
            session.handle_timeout(deadline)
        received[action_of(text)] = messages(session.transmit())
    return received


def messages(data: bytes) -> list[FrameLines]:
    """Cut at empty lines; a superfluous empty line makes a message without lines."""
    parts = data.decode("utf-8", "surrogateescape").removesuffix("\r\n\r\n").split("\r\n\r\n")
    return [part.split("\r\n") for part in parts]


def shape(frames: list[FrameLines]) -> tuple[list[list[str]], set[tuple[str, ...]]]:
    """Return the header names of all messages in order; the items of a list become a set."""
    listed = any("EventList: " in line for line in frames[0])
    items = [frame for frame in frames[1:-1] if listed]
    return [names(frame) for frame in frames if frame not in items], {tuple(names(item)) for item in items}


def plain(frames: list[FrameLines]) -> list[FrameLines]:
    """Remove the values that differ in every run."""
    return [[_masked(line) for line in frame] for frame in frames]


def _masked(line: str) -> str:
    for pattern in VARYING:
        line = re.sub(pattern, r"\1...", line)
    return line
