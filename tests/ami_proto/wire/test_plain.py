"""What is cut on the fast path: the same frames as ever, but by operations on many at once (R-WIRE-10)."""

from random import Random

import pytest

from ami_proto.message import Decoder
from ami_proto.values import Kind
from ami_proto.wire import Frame
from ami_proto.wire.plain import Cut, cut_plain, cut_single
from conformance.corpus import Capture
from tests.cases import BANNER, CAPTURES, case_id, decode, seen
from tests.mutants import mutants

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


@pytest.mark.parametrize("name", [*USUAL, *ODD])
def test_a_read_of_one_frame(name: str) -> None:
    """R-WIRE-01: only a frame that is plain and alone, with a first line that is known, is cut at once."""
    data = (USUAL | ODD)[name]
    decode(
        BANNER + b"Response: Success\r\n\r\nEvent: CoreShowChannelMapComplete\r\n\r\nEvent: Agents\r\n\r\n"
    )
    single = cut_single(Frame, data)
    assert (single is not None) is (name in USUAL and name not in ("empty-line", "empty-lines", "cr-in-name"))
    if single is not None:
        (whole,) = decode(BANNER + data)[1:]
        assert (single.raw, single.name, single.action_id) == (data, whole.name, whole.action_id)
    for longer in (data + data, data + b"\r\n", data + b"Event: A\r\n", b"\r\n" + data, data[:-1]):
        assert cut_single(Frame, longer) is None


@pytest.mark.parametrize("captured", CAPTURES, ids=case_id)
def test_reads_of_one_frame_give_the_same(captured: Capture) -> None:
    """R-WIRE-01: frames of captures, and frames like them, alone in one read and in two."""
    draw = Random(captured.name)
    frames = [each.raw for each in decode(captured.data) if each.kind is not Kind.BANNER]
    for raw in draw.sample(frames, min(20, len(frames))):
        for data in (raw, *mutants(raw, draw)):
            alone, cut = Decoder(), Decoder()
            messages, same = ([*each.feed(BANNER + raw), *each.feed(b"")] for each in (alone, cut))
            messages += [*alone.feed(data), *alone.eof()]
            same += [*cut.feed(data[:1]), *cut.feed(data[1:]), *cut.eof()]
            assert seen(messages) == seen(same)


def test_a_limit_holds_for_a_read_of_one_frame() -> None:
    """R-WIRE-09."""
    decoder = Decoder(frame_size_max=30)
    decoder.feed(BANNER + b"Event: A\r\n\r\n")
    for size, kind in ((30, Kind.EVENT), (31, Kind.OVERSIZED)):
        (message,) = decoder.feed(b"Event: A\r\nX: ".ljust(size - 4, b"x") + b"\r\n\r\n")
        assert (message.kind, message.size) == (kind, size)


def test_usual_first_lines_are_remembered() -> None:
    """L6: but not long ones, because a peer that invents names would fill the memory."""
    long = "a" * 1000
    once, again = (
        [decode(BANNER + f"Event: {name}\r\n\r\n".encode())[1] for name in ("B", long)] for _ in range(2)
    )
    assert [each.name for each in once] == [each.name for each in again] == ["B", long]
    assert [one.first is other.first for one, other in zip(once, again, strict=True)] == [True, False]
