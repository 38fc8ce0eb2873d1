"""What is cut on the fast path: the same frames as ever, but by operations on many at once (R-WIRE-10)."""

import pytest

from ami_proto.wire import Frame
from ami_proto.wire.plain import Cut, cut_plain
from tests.cases import BANNER, decode

USUAL = {
    "event": b"Event: A\r\nX: 1\r\nY: 2\r\n\r\n",
    "one-line": b"Event: A\r\n\r\n",
    "response": b"Response: Success\r\nMessage: x\r\n\r\n",
    "action-id": b"Response: Success\r\nActionID: pbx:1\r\nMessage: x\r\n\r\n",
    "action-id-last": b"Event: A\r\nX: 1\r\nactionid: pbx:1\r\n\r\n",
    "action-ids": b"Event: A\r\nActionID: pbx:1\r\nActionID: 2\r\n\r\n",
    "action-like": b"Event: A\r\nActionID: pbx:1\r\nActionIDs: 2\r\nX: 1\r\n folded\r\n\ttoo\r\n\r\n",
    "empty-line": b"\r\nEvent: A\r\nX: 1\r\n\r\n",
    "empty-lines": b"\n\nEvent: A\r\nX: 1\r\n\r\n",
    "cr-in-name": b"Event: A\rB\r\nX: 1\r\n\r\n",
}
ODD = {
    "lf": b"Event: A\nX: 1\n\n",
    "761": b"Event: CoreShowChannelMapComplete\r\nActionID: 3\r\n\n",
    "lf-in-data": b"Event: A\r\nActionID: 3\r\nX: 1\r\n\n2\r\nY: 3\r\n\r\n",
    "unknown": b"some text\r\n\r\n",
    "agents": b"Event: Agents\r\nX: 1\n\r\n\r\n",
    "follows": b"Response: Follows\r\nActionID: 3\r\n\r\n--END COMMAND--\r\n\r\n",
}
AHEAD = b"Event: A\r\nActionID: 1\r\n\r\nEvent: A\r\n\r\n"


class Sure(Frame):
    """A frame whose ActionID must be known without another search."""

    def look_for_action_id(self) -> None:
        raise AssertionError


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Start with one first line in the memo, as after one frame: many others push the known ones out."""
    decode(b"".join(b"Event: Other%d\r\n\r\n" % number for number in range(2000)))
    cut_plain(Frame, AHEAD, 0, len(AHEAD), [])


@pytest.mark.parametrize("name", USUAL)
def test_usual_frames_are_plain(name: str) -> None:
    """R-WIRE-10: all of them are cut, and an unfinished one is reported; only the window is read."""
    usual, begun = USUAL[name], b"Event: A\r\nX"
    data = b"X: outside\r\n\r\n" + AHEAD + usual * 2 + begun + b"\r\n\r\n"
    frames: list[Sure] = []
    begin, stop = 14, len(data) - 4
    assert cut_plain(Sure, data, begin, stop, frames) == Cut(stop - len(begun), unfinished=True)
    assert [frame.raw for frame in frames] == [
        b"Event: A\r\nActionID: 1\r\n\r\n",
        b"Event: A\r\n\r\n",
        *[usual.lstrip(b"\r\n")] * 2,
    ]
    action_id = "pbx:1" if name.startswith("action") else None
    assert [frame.action_id for frame in frames] == ["1", None, action_id, action_id]


@pytest.mark.parametrize("name", ODD)
def test_an_odd_frame_stops_it(name: str) -> None:
    """R-WIRE-01: the frames before it are cut, and the careful path continues with it."""
    data = AHEAD + ODD[name] + AHEAD
    frames: list[Frame] = []
    assert cut_plain(Frame, data, 0, len(data), frames) == Cut(len(AHEAD), unfinished=False)
    assert b"".join(frame.raw for frame in frames) == AHEAD


@pytest.mark.parametrize("usual", USUAL)
@pytest.mark.parametrize("odd", ODD)
def test_odd_frames_among_usual_ones(usual: str, odd: str) -> None:
    """R-WIRE-01, R-WIRE-04: each is decoded as it is alone."""
    pieces = [USUAL[usual], ODD[odd], USUAL[usual], USUAL[usual], ODD[odd], USUAL[usual]]
    alone = [message for piece in pieces for message in decode(BANNER + piece, at_end=True)[1:]]
    together = decode(BANNER + b"".join(pieces), at_end=True)[1:]
    assert together == alone
    assert [each.action_id for each in together] == [each.action_id for each in alone]


def test_usual_first_lines_are_remembered() -> None:
    """L6: but not long ones, because a peer that invents names would fill the memory."""
    long = "a" * 1000
    once, again = (
        [decode(BANNER + f"Event: {name}\r\n\r\n".encode())[1] for name in ("B", long)] for _ in range(2)
    )
    assert [each.name for each in once] == [each.name for each in again] == ["B", long]
    assert [one.first is other.first for one, other in zip(once, again, strict=True)] == [True, False]
