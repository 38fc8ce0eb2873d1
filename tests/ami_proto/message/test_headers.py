"""Headers by a learned shape: the same as line by line, for captures and for whatever resembles them.

`require_law` writes down what every look at a message returns, in terms of `decode_headers` alone.
"""

import copy
import pickle
import re
import sys
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ami_proto.message import Decoder, Message, headers
from ami_proto.message.headers import decode_headers
from ami_proto.values import Kind
from conformance.corpus import Capture
from conformance.long_runs.heap_use import weigh
from tests.cases import BANNER, CAPTURES, CASES, case_id, decode, stream
from tests.mutants import PIECES, mutants

NAMES = ("ActionID", "Event", "Response", "EventList", "Privilege", "Output", "ChanVariable", "X", "")

CALL = (
    b"Event: Newchannel\r\nPrivilege: call,all\r\nChannel: SIP/%d\r\nChannelState: 0\r\nExten: \r\n"
    b"Uniqueid: 1.%d\r\n\r\n"
)


@pytest.fixture(autouse=True)
def quick_to_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without shapes, and learn each at the second sight."""
    monkeypatch.setattr(headers, "SIGHTS_MIN", 2)
    forget()


def forget() -> None:
    headers._shapes.clear()
    headers._sightings.clear()


def one(data: bytes) -> Message:
    (message,) = Decoder().feed(data)
    return message


def taught(data: bytes) -> Message:
    """Return the message after its shape was learned, if it can be."""
    for _ in range(2):
        one(data).pairs()
    return one(data)


def is_shaped(message: Message) -> bool:
    """Whether the headers of a message were found by a shape."""
    message.pairs()
    return isinstance(message._values, re.Match)


def require_law(message: Message) -> None:
    """Require that every look at a message says what its lines say, decoded one by one."""
    raw = message.raw
    assert (message.torn, message.repeated) == (law_of_torn(message), law_of_repeated(message))
    lines = law(message)
    firsts: dict[str, tuple[str, str]] = {}
    values: dict[str, list[str]] = {}
    for name, value in lines:
        if name is not None:
            firsts.setdefault(name.lower(), (name, value))
            values.setdefault(name.lower(), []).append(value)
    spelled = list(firsts.values())
    # In the order in which a program may look: single headers first, all of them later.
    for name in {*NAMES, *(name for name, _ in spelled)}:
        for written in (name, name.lower(), name.upper()):
            wanted = values.get(written.lower(), [])
            assert message.get(written) == (wanted[0] if wanted else None)
            assert (written in message) == bool(wanted)
        assert message.get_all(name) == values.get(name.lower(), [])
    assert message.pairs() == lines
    assert list(message.items()) == list(zip(message, message.values(), strict=True)) == spelled
    assert len(message) == len(message.items()) == len(spelled)
    assert (message.raw, message.size) == (
        raw,
        len(raw) if message.kind is not Kind.OVERSIZED else message.size,
    )


def law(message: Message) -> list[headers.Pair]:
    return [] if message.kind is Kind.BANNER else decode_headers(message)


def law_of_torn(message: Message) -> bool:
    """Say what R-WIRE-12 says, of decoded headers."""
    values: dict[str, list[str]] = {
        wanted: [] for wanted in ("actionid", "event", "response", "eventlist", "privilege")
    }
    for name, value in law(message):
        if name is not None and name.lower() in values:
            values[name.lower()].append(value)
    event, name = message.kind is Kind.EVENT, (message.name or "").lower()
    if not event and message.kind is not Kind.RESPONSE:
        return False
    if event and message.has_privilege and name not in ("status", "peerstatus"):
        return False
    if len(set(values["actionid"])) > 1:
        return True
    begins = [("e", each) for each in values["event"]] + [("r", each) for each in values["response"]]
    may_look_torn = event and name in ("originateresponse", "bridgeexec", "userevent")
    if not may_look_torn and (len(set(begins)) > 1 or len(begins) > max(1, len(values["actionid"]))):
        return True
    terminal = (values["eventlist"] or [""])[0].lower() in ("complete", "cancelled")
    return event and terminal and not name.endswith("complete")


def law_of_repeated(message: Message) -> bool:
    return sum(name is not None and name.lower() == "actionid" for name, _ in law(message)) > 1


@pytest.mark.parametrize("captured", CAPTURES, ids=case_id)
def test_captures_decode_the_same(captured: Capture) -> None:
    """R-WIRE-04, R-WIRE-12: before and after their shapes were learned."""
    for _ in range(2):
        looked: set[object] = set()
        again = decode(captured.data, at_end=True)
        for message in again:
            names = message.first, *(name for name, _ in law(message))
            if names in looked:
                assert message.pairs() == law(message)
            else:
                looked.add(names)
                require_law(message)
    shaped = sum(map(is_shaped, decode(captured.data)))
    assert shaped > (0.95 * len(again) if captured.name.endswith("call-mix") else 0)


def test_odd_frames_decode_the_same() -> None:
    """R-WIRE-02, R-WIRE-04, R-WIRE-06, R-WIRE-08."""
    for _ in range(3):
        for case in CASES:
            for message in decode(stream(case), at_end=case.at_end, frame_size_max=case.frame_size_max):
                require_law(message)


@pytest.mark.parametrize("captured", CAPTURES, ids=case_id)
def test_mutated_frames_decode_the_same(captured: Capture) -> None:
    """R-WIRE-02, R-WIRE-04, R-WIRE-05, R-WIRE-06: right after the frame that they resemble was learned."""
    draw = Random(captured.name)
    frames = {each.raw for each in decode(captured.data) if each.kind is not Kind.BANNER and each.size < 4000}
    shaped = seen = 0
    for raw in draw.sample(sorted(frames), min(15, len(frames))):
        forget()
        for message in decode(BANNER + 3 * raw):
            message.pairs()
        for mutant in mutants(raw, draw):
            for message in decode(BANNER + mutant, at_end=True)[1:]:
                require_law(message)
                shaped += is_shaped(message)
                seen += 1
    assert 0.05 * seen < shaped < 0.9 * seen


VALUES = st.lists(st.sampled_from((*PIECES, b"a", b"1,2", b"x=y")), max_size=3).map(b"".join)


@settings(deadline=None)
@given(
    names=st.lists(st.sampled_from([name.encode() for name in NAMES] + [b"x", b"A B", b"(a)"]), max_size=6),
    ends=st.sampled_from((b"\r\n", b"\r\n", b"\n")),
    values=st.lists(VALUES, min_size=12, max_size=12),
)
def test_frames_with_the_same_names_decode_the_same(
    names: list[bytes], ends: bytes, values: list[bytes]
) -> None:
    """R-WIRE-02, R-WIRE-04, R-WIRE-05, R-WIRE-06: whatever the values are."""
    plain = ends.join([b"Event: A", *(b"%b: 1" % name for name in names), b"", b""])
    for message in decode(BANNER + 3 * plain):
        require_law(message)
    for drawn in (values[:6], values[6:]):
        lines = [b"%b: %b" % pair for pair in zip(names, drawn, strict=False)]
        for message in decode(BANNER + ends.join([b"Event: A", *lines, b"", b""]), at_end=True):
            require_law(message)


class TestShapes:
    @pytest.mark.parametrize(
        "data",
        [
            b"Event: A\r\nX: 1\r\n\r\n",
            b"Response: Success\r\nActionID: 1\r\nMessage: x\r\n\r\n",
            b"event:A\r\nX:\xff \xc3\xa9\r\n\r\n".replace(b"X:", b"X: "),
            b"Event: A\r\nX: 1\r\nx: 2\r\nX: 3\r\n\r\n",
            b"Event: A\r\nOutput: \r\n: b\r\nA B: \na\r\n(x): 1\r\n\r\n",
            b"Event: A\r\nX: 1\n\n\r\nY: 2\n\r\n\r\n",
        ],
    )
    def test_ordinary_frames_have_one(self, data: bytes) -> None:
        """R-WIRE-04, L9."""
        assert not is_shaped(one(data))
        message = taught(data)
        require_law(message)
        assert is_shaped(message)

    @pytest.mark.parametrize(
        "data",
        [
            b"Event: A\r\nX:1\r\n\r\n",
            b"Event: A\r\nX : 1\r\n\r\n",
            b"Event: A\r\n X: 1\r\n\r\n",
            b"Event: A\r\nX: 1\r\r\n\r\n",
            b"Event: A\r\nno colon\r\n\r\n",
            b"Event: A\r\nChanVariable(a:b): c=d\r\n\r\n",
            b"Event: A\r\nChanVariable(a: c=d\r\n\r\n",
            b"Event: A\nX: 1\n\n",
            b"Event: Agents\r\nX: 1\r\n\r\n",
            b"ActionID: 1\r\nEvent: A\r\nX: 1\r\n\r\n",
            b"X: 1\r\nY: 2\r\n\r\n",
            b"Response: Follows\r\nPrivilege: Command\r\nX: 1\n--END COMMAND--\r\n\r\n",
            b"Event: A\r\n" + b"X: 1\r\n" * 1000 + b"\r\n",
            b"Event: " + b"A" * 7000 + b"\r\nX: 1\r\n\r\n",
        ],
    )
    def test_odd_and_long_frames_have_none(self, data: bytes) -> None:
        """R-WIRE-02, R-WIRE-04, R-WIRE-06, R-WIRE-08."""
        message = taught(data)
        require_law(message)
        assert not is_shaped(message)

    def test_the_oldest_shape_of_a_line_gives_way(self) -> None:
        """L6."""
        frames = [b"Event: A\r\nX%d: 1\r\n\r\n" % number for number in range(9)]
        for frame in frames:
            assert is_shaped(taught(frame))
        assert [is_shaped(one(frame)) for frame in frames] == [False] + [True] * 8

    def test_what_was_read_costs_little(self) -> None:
        """L6: the text takes the place of the bytes, and values are no objects until they are wanted."""
        data = b"".join(
            CALL.replace(b"Exten", b"Exten: s\r\nHeader%d" % at) % (at, at) for at in (1, 2) * 100
        )
        lines = b"".join(b"Header%d: value %d\r\n" % (at, at) for at in range(24))
        data = b"".join(CALL[:-2] % (number, number) + lines + b"\r\n" for number in range(200))
        for message in Decoder().feed(data):
            message.pairs()
        tracemalloc.start()
        try:
            messages = Decoder().feed(data)
            unread, _ = tracemalloc.get_traced_memory()
            for message in messages:
                assert message["uniqueid"].startswith("1.")
                assert len(dict(message.items())) == 30
            read, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert read / len(messages) < 1500
        assert (read - unread) / len(messages) < 800


class TestHostileServer:
    """A server that makes up names costs speed, and neither memory nor more than linear time (L6)."""

    def test_the_tables_are_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """L6: shapes in all, those of a line, and shapes that are only counted."""
        monkeypatch.setattr(headers, "SHAPES_SIZE_MAX", 8_000)
        monkeypatch.setattr(headers, "SIGHTINGS_MAX", 50)
        sizes: list[int] = []
        for number in range(400):
            for line in (b"Event: A", b"Event: B%d" % number):
                frame = (
                    line + b"\r\n" + b"".join(b"N%d-%d: 1\r\n" % (number, at) for at in range(4)) + b"\r\n"
                )
                assert is_shaped(taught(frame))
            for at in range(3):
                one(b"Event: C\r\nOnce%d-%d: 1\r\n\r\n" % (number, at)).pairs()
            assert len(headers._sightings) <= 50
            assert max(map(len, headers._shapes.values())) <= headers.SHAPES_PER_LINE_MAX
            held = [shape for shapes in headers._shapes.values() for shape in shapes]
            sizes.append(sum(shape.size for shape in held))
        assert 6_000 < max(sizes) <= 8_000
        assert weigh([shape.index for shape in held]) < 30 * sum(shape.size for shape in held)

    def test_a_frame_is_read_in_linear_time(self) -> None:
        """R-WIRE-10: also one that almost fits all shapes of its line."""
        for number in range(8):
            names = b"".join(b"X%d: 1\r\n" % at for at in range(30))
            assert is_shaped(taught(b"Event: A\r\n" + names + b"Y%d: 1\r\n\r\n" % number))

        def rate(size: int) -> float:
            filler = b"\n: " * size
            frame = b"Event: A\r\n" + names.replace(b": 1", b": " + filler) + b"Z: 1\r\n\r\n"
            messages = Decoder().feed(frame)
            begin = thread_time()
            for message in messages:
                assert len(message.pairs()) == 32
            return size / (thread_time() - begin)

        patience = thread_time() + 10.0
        small = large = 0.0
        while large <= 0.25 * small or not large:
            assert thread_time() < patience
            small, large = max(small, rate(500)), max(large, rate(16_000))

    def test_a_flood_of_shapes_costs_others_no_result(self) -> None:
        """L9: a shape that was pushed out is learned anew, and in between the result is the same."""
        good = CALL % (1, 1)
        whole = taught(good).pairs()
        for number in range(3_000):
            one(b"Event: E%d\r\nN%d: 1\r\n\r\n" % (number % 700, number)).pairs()
            assert one(good).pairs() == whole
        assert is_shaped(taught(good))


def test_threads_that_learn_at_once_agree() -> None:
    """L9: one message read by all, and messages of their own."""
    data = b"".join(CALL % (number, number) for number in range(300))
    wanted = [law(message) for message in Decoder().feed(data)]
    shared = Decoder().feed(data)

    def read(_: int) -> bool:
        own = Decoder().feed(data)
        forget()
        return all(
            message["UNIQUEID"] == pairs[5][1]
            and message.pairs() == pairs
            and dict(message.items()) == dict(pairs)
            for messages in (shared, own)
            for message, pairs in zip(messages, wanted, strict=True)
        )

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(read, range(8)))
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
@pytest.mark.parametrize("looked", [False, True])
def test_a_message_can_be_copied_and_pickled(again: Callable[[Message], Message], looked: bool) -> None:
    """R-WIRE-04: before and after its headers were read."""
    message = taught(CALL.replace(b"SIP", b"\xff") % (1, 2))
    message.sender = "pbx"
    if looked:
        assert is_shaped(message)
    other = again(message)
    assert (other, other.server, other.action_id) == (message, "pbx", None)
    require_law(other)
