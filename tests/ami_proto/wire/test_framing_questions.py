"""A framer that asks whether output follows: where it stops, what it keeps, and what is open (R-WIRE-08)."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ami_proto.message import Decoder
from ami_proto.values import Kind
from ami_proto.wire import Frame, Framer
from tests.cases import BANNER

EVENT = b"Event: A\r\n\r\n"
HEAD = b"Response: Follows\r\nPrivilege: Command\r\nActionID: %b\r\n"
END = b"--END COMMAND--\r\n\r\n"

# Output for the action 1 that would be frames, a forged head, and heads in other forms.
PIECES = (
    *(
        EVENT,
        HEAD % b"1" + b"a\n" + EVENT + END,
        HEAD % b"1" + END,
        HEAD % b"2" + b"\r\n",
        HEAD % b"2" + b"\r\n\r\n",
    ),
    *(b"Response: Follows\r\n\r\n", b"Response: Follows\n\n", b"ActionID: 1\r\nResponse: Follows\r\nx" + END),
    *(
        b"ActionID: 2\r\nResponse: Follows\r\n\r\n",
        b"ActionID: 2\r\nEvent: B\r\n\r\n",
        b"ActionID: 2\r\n\r\n",
    ),
    *(
        HEAD % b"1" + b"x" * 80 + END,
        b"Event: Long\r\nX: " + b"x" * 80 + b"\r\n\r\n",
        b"Event: C\r\n\r\n\n",
        b"\r\n",
    ),
)


def asking(*, frame_size_max: int = 1000) -> Framer[Frame]:
    """Return a framer that asks, after its banner."""
    framer = Framer(Frame, frame_size_max=frame_size_max, asks=True)
    framer.feed(BANNER)
    return framer


def answered(framer: Framer[Frame], frames: list[Frame]) -> list[Frame]:
    """Answer every question: output follows for the action 1 alone."""
    while (head := framer.question) is not None:
        assert head.first.follows
        frames += framer.answer(has_body=head.action_id == "1")
    return frames


def cut(data: bytes, cuts: Iterable[int], frame_size_max: int) -> list[tuple[Kind, bytes, int, str | None]]:
    """Return what a framer makes of a stream that is cut at these offsets."""
    framer, begin = asking(frame_size_max=frame_size_max), 0
    frames: list[Frame] = []
    for each in [*cuts, len(data)]:
        frames += answered(framer, framer.feed(data[begin:each]))
        assert framer.buffered <= frame_size_max + 1200
        begin = each
    return [(each.kind, each.raw, each.size, each.action_id) for each in frames + framer.eof()]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=6),
    st.lists(st.integers(0, 600), max_size=6),
    st.sampled_from([30, 64, 1000]),
)
def test_any_cut_gives_the_same_frames(pieces: list[bytes], cuts: list[int], frame_size_max: int) -> None:
    """R-WIRE-01, R-WIRE-07, R-WIRE-08, R-WIRE-09: with forged heads among real output, and tiny limits."""
    data = b"".join(pieces)
    whole = cut(data, [], frame_size_max)
    assert cut(data, sorted(each for each in cuts if each < len(data)), frame_size_max) == whole
    assert cut(data, range(1, len(data)), frame_size_max) == whole


def test_nothing_after_a_question_is_cut_before_it_is_answered() -> None:
    """R-WIRE-08: what has come waits, and what comes, too."""
    framer = asking()
    data = EVENT + HEAD % b"1" + b"a\n" + END + EVENT
    (first,) = framer.feed(data)
    assert (first.name, framer.question and framer.question.action_id) == ("A", "1")
    assert framer.feed(EVENT) == []
    assert framer.buffered == len(data)
    output, *events = framer.answer(has_body=True)
    assert (output.raw, len(events), framer.buffered) == (HEAD % b"1" + b"a\n" + END, 2, 0)


def test_the_end_of_the_stream_answers_no() -> None:
    """R-WIRE-11: what was whole without output is handed out."""
    framer = asking()
    framer.feed(b"Response: Follows\r\n\r\n" + EVENT + b"Event: Half")
    assert [each.kind for each in framer.eof()] == [Kind.RESPONSE, Kind.EVENT, Kind.INCOMPLETE]


def test_many_questions_in_one_chunk_cost_no_more_than_their_bytes() -> None:
    """R-WIRE-10: the rest of the chunk is neither copied nor cut again."""
    framer = asking()
    frames = answered(framer, framer.feed((HEAD % b"1" + END + b"Response: Follows\r\n\r\n") * 20_000))
    assert len(frames) == 40_000


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", False),
        (b"\r", False),
        (b"\r\n", False),
        (b"E", True),
        (b"Event: A\r\n", True),
        (b"Event: A\r\nX: 1\r\n\n", False),
        (b"Event: A\r\nX: 1\r\n\nEve", True),
        (b"Event: A\r\nX: 1\r\n\nnot a frame", True),
        (b"ActionID: 1\r\n", True),
        (b"no header\nat all", True),
        (HEAD % b"1" + b"a\r\n\n", True),
        (HEAD % b"1" + b"--END COMMAND--\r\nServer: x", True),
        (HEAD % b"1" + END, False),
        (EVENT, False),
    ],
)
def test_when_a_frame_is_open(data: bytes, expected: bool) -> None:
    """R-TIME-01: after CRLF LF, which may be an end, it need not go on."""
    framer = asking()
    answered(framer, framer.feed(data))
    assert framer.open is expected


@pytest.mark.parametrize("size", [10, 5000])
def test_what_is_known_of_an_open_frame(size: int) -> None:
    """R-TIME-01: size and ActionID, also of one that is being skipped."""
    for begin in (HEAD % b"1", b"Event: A\r\nActionID: 1\r\n", b"ActionID: 1\r\nResponse: Success\r\n"):
        framer = asking()
        answered(framer, framer.feed(begin + b"x" * size))
        frame = framer.open_frame()
        assert (frame.kind, frame.size, frame.action_id) == (Kind.INCOMPLETE, len(begin) + size, "1")
        assert frame.first.kind in (Kind.RESPONSE, Kind.EVENT)


# -- limits of the headers around output


def output_of(data: bytes) -> list[str] | None:
    """Return the output of the first message after the banner."""
    return Decoder().feed(BANNER + data)[1].output


@pytest.mark.parametrize(("count", "read"), [(7, True), (8, False)])
def test_so_many_headers_may_come_before_the_action_id(count: int, read: bool) -> None:
    """R-WIRE-08: bounded, or output without an ActionID would be read to its end for one."""
    headers = b"".join(b"X-%d: 1\r\n" % number for number in range(count))
    (_, message) = Decoder().feed(BANNER + b"Response: Follows\r\n" + headers + b"ActionID: 1\r\na\n" + END)
    assert (message.action_id == "1") is read
    assert (message.output == ["a"]) is read


@pytest.mark.parametrize("piece", [1, 10_000])
@pytest.mark.parametrize(("size", "ends"), [(2048, True), (2049, False)])
def test_so_long_may_headers_after_output_be(size: int, ends: bool, piece: int) -> None:
    """R-WIRE-08: however the stream is cut."""
    trailer = b"\r\nX: " + b"x" * (size - 9) + b"\r\n\r\n"
    assert len(trailer) == size
    data = BANNER + HEAD % b"1" + b"a\n--END COMMAND--" + trailer + EVENT + END
    decoder = Decoder()
    messages = [
        message for at in range(0, len(data), piece) for message in decoder.feed(data[at : at + piece])
    ]
    assert messages[1].output is not None
    assert (messages[1].output == ["a"]) is ends


def test_a_frame_after_the_mark_is_output_like_any_other() -> None:
    """R-WIRE-08: `Event` and `Response` are no headers of the end."""
    data = HEAD % b"1" + b"--END COMMAND--\r\nEvent: A\r\n\r\n--END COMMAND--\r\nresponse: B\r\n\r\n" + END
    assert output_of(data) == ["--END COMMAND--", "Event: A", "", "--END COMMAND--", "response: B", ""]


def test_headers_after_skipped_output_are_found_wherever_they_are_cut() -> None:
    """R-WIRE-09: they may be longer than the tail that is kept of a skipped frame."""
    data = HEAD % b"1" + b"x" * 500 + b"\n--END COMMAND--\r\nX: " + b"x" * 100 + b"\r\n\r\n" + EVENT
    assert cut(data, range(1, len(data)), 64) == cut(data, [], 64)
    assert [(kind, size) for kind, _, size, _ in cut(data, [], 64)] == [
        (Kind.OVERSIZED, len(data) - len(EVENT)),
        (Kind.EVENT, len(EVENT)),
    ]


@pytest.mark.parametrize("limit", [64, 10_000])
@pytest.mark.parametrize("long", [b"ActionID: " + b"1" * 2000, b"ActionID: 1\r\nEvent: " + b"x" * 2000])
def test_a_line_that_is_too_long_decides_no_kind(long: bytes, limit: int) -> None:
    """R-WIRE-07, R-WIRE-09: however it is cut, and whether it is skipped or not."""
    data = long + b"\r\nResponse: Success\r\n\r\n" + EVENT
    assert cut(data, range(1, len(data)), limit) == cut(data, [], limit)
    assert [kind for kind, *_ in cut(data, [], limit)][-1] is Kind.EVENT


# -- a decoder that knows what was sent


def test_a_decoder_that_knows_what_was_sent() -> None:
    """R-WIRE-08: output follows in the first response to an action, and in no other."""
    data = BANNER + HEAD % b"2" + b"\r\n" + HEAD % b"1" + EVENT + END + HEAD % b"1" + b"\r\n" + EVENT
    messages = Decoder(sent=["1", "3"]).feed(data)
    assert [each.kind.value for each in messages] == ["banner", "response", "response", "response", "event"]
    assert [each.output for each in messages[1:4]] == [None, ["Event: A", ""], None]
    single = Decoder(sent=iter(["1", "3"]))
    assert [one for byte in data for one in single.feed(bytes([byte]))] == messages
    assert all(each.output is None for each in Decoder(sent=[]).feed(data))
