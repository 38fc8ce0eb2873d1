"""Where frames end, whatever the bytes and however they are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_proto.values import Kind
from ami_proto.wire import FRAME_SIZE_MAX, Frame, Framer
from conformance.corpus import Capture, Case, capture
from tests.cases import (
    BANNER,
    CAPTURES,
    CASES,
    case_id,
    decode,
    decode_case,
    described,
    random_cuts,
    require_every_byte,
    seen,
    stream,
)


@pytest.mark.parametrize("case", CASES, ids=case_id)
class TestCases:
    def test_means_what_is_expected(self, case: Case) -> None:
        """R-WIRE-01 to R-WIRE-12."""
        messages = decode_case(case)
        said = [described(m, e) for m, e in zip(messages, case.expected, strict=False)]
        assert said == list(case.expected)
        assert len(messages) == len(case.expected)

    def test_byte_by_byte(self, case: Case) -> None:
        """R-WIRE-01."""
        assert seen(decode_case(case, range(1, len(stream(case))))) == seen(decode_case(case))

    def test_cut_anywhere(self, case: Case) -> None:
        """R-WIRE-01."""
        whole = seen(decode_case(case))
        for cut in range(1, min(len(stream(case)), 3000)):
            assert seen(decode_case(case, [cut])) == whole, cut

    def test_cut_at_random(self, case: Case) -> None:
        """R-WIRE-01."""
        for seed in range(5):
            assert seen(decode_case(case, random_cuts(len(stream(case)), seed))) == seen(decode_case(case))

    def test_nothing_is_lost(self, case: Case) -> None:
        """R-WIRE-04: `raw` holds every byte, line ends too; only empty lines lie between frames."""
        data, limit = stream(case), case.frame_size_max
        require_every_byte(data, decode(data, at_end=True, frame_size_max=limit))


@pytest.mark.parametrize("captured", CAPTURES, ids=case_id)
class TestCaptures:
    def test_every_frame_is_known(self, captured: Capture) -> None:
        """R-WIRE-03, R-WIRE-07, R-WIRE-11: a banner, events and responses, and the frame that the end cut."""
        kinds = [message.kind for message in decode(captured.data, at_end=True)]
        torn = captured.name.endswith("slow-reader-cut")
        assert kinds.count(Kind.BANNER) == 1
        assert kinds[0] is Kind.BANNER
        assert kinds.count(Kind.INCOMPLETE) == torn
        assert kinds.count(Kind.UNKNOWN) == 0
        assert not any(message.torn for message in decode(captured.data) if message.kind is Kind.RESPONSE)

    def test_as_it_was_read(self, captured: Capture) -> None:
        """R-WIRE-01: in the chunks of the capture."""
        cuts: list[int] = []
        for _, size in captured.chunks:
            cuts.append((cuts[-1] if cuts else 0) + max(size, 0))
        assert seen(decode(captured.data, cuts, at_end=True)) == seen(decode(captured.data, at_end=True))

    def test_byte_by_byte(self, captured: Capture) -> None:
        """R-WIRE-01."""
        data = captured.data
        assert seen(decode(data, range(1, len(data)), at_end=True)) == seen(decode(data, at_end=True))

    def test_cut_anywhere(self, captured: Capture) -> None:
        """R-WIRE-01: at every point of the first 3 kB."""
        data = captured.data[:3000]
        whole = seen(decode(data, at_end=True))
        for cut in range(1, len(data)):
            assert seen(decode(data, [cut], at_end=True)) == whole, cut

    def test_cut_at_random(self, captured: Capture) -> None:
        """R-WIRE-01."""
        whole = seen(decode(captured.data, at_end=True))
        for seed in range(5):
            assert seen(decode(captured.data, random_cuts(len(captured.data), seed), at_end=True)) == whole


# What streams are made of, the ends of frames above all: pieces that make and break every rule.
PIECES = (
    *(b"Event: A\r\n", b"Event: A\n", b"Event: Agents\r\n", b"Event: CoreShowChannelMapComplete\r\n"),
    *(b"Response: Success\r\n", b"Response: Follows\r\n", b"Response: Follows\n", b"--END COMMAND--"),
    *(
        b"Privilege: Command\r\n",
        b"Privilege: x\n",
        b"ActionID: 1\r\n",
        b"ActionID: 2\n",
        b" actionid : 3\r\n",
    ),
    *(b"X: 1\r\n", b"X: 1\n", b"text\r\n", b"E", b"Even", b"Event: ", b"Response: ", b"\xff\x00"),
    *(b"\r\n\r\n", b"\r\n\n", b"\n\r\n", b"\n\n", b"\r\n", b"\n", b"\r"),
    *(b"Asterisk Call Manager/1.1\r\n", b"A: " + b"a" * 40 + b"\r\n"),
)


@given(
    pieces=st.lists(st.sampled_from(PIECES), min_size=5, max_size=30),
    cuts=st.lists(st.integers(0, 400), max_size=12),
    limit=st.sampled_from((40, 100, 200, FRAME_SIZE_MAX)),
    banner=st.booleans(),
)
def test_any_cut_of_any_stream(pieces: list[bytes], cuts: list[int], limit: int, banner: bool) -> None:
    """R-WIRE-01, R-WIRE-09: whole, cut and byte by byte give the same messages, and no byte is lost."""
    data = (BANNER if banner else b"") + b"".join(pieces)
    whole = decode(data, at_end=True, frame_size_max=limit)
    for some in (sorted(cuts), range(1, len(data))):
        assert seen(decode(data, some, at_end=True, frame_size_max=limit)) == seen(whole)
    require_every_byte(data, whole)
    for message in whole:
        assert (message.size > limit) is (message.kind is Kind.OVERSIZED)
        assert len(message.raw) <= limit


@given(st.binary(max_size=300))
def test_noise_never_raises(data: bytes) -> None:
    """R-WIRE-05, L2: neither when it is read nor when its messages are decoded."""
    messages = decode(data, [len(data) // 2], at_end=True)
    require_every_byte(data, messages)
    for message in messages:
        assert (message.output is not None) <= (message.kind is Kind.RESPONSE)
        assert all(isinstance(value, str) for _, value in message.pairs())
        assert repr(message).startswith(f"<Message {message.kind.value}")


def test_windows_make_no_difference() -> None:
    """R-WIRE-01: a backlog is cut in windows of 64 KiB, and frames lie across their edges."""
    odd = b"".join(stream(case) for case in CASES if not case.at_end and case.frame_size_max is None)
    plain = capture("asterisk-22.10.1/call-mix").data
    data = (odd + plain * 4) * 5
    assert len(data) > 40 * 65_536
    assert seen(decode(data)) == seen(decode(data, range(0, len(data), 7_000)))


def test_invented_names_do_not_fill_the_memory() -> None:
    """L6: equal first lines share an object, up to a limit."""
    frames = [b"Event: Made%d\r\n\r\n" % number for number in range(5000)]
    messages, again = decode(b"".join(frames)), decode(b"".join(reversed(frames)))
    assert [each.name for each in messages] == [f"Made{number}" for number in range(5000)]
    shared = [one.first is other.first for one, other in zip(messages, reversed(again), strict=True)]
    assert 0 < sum(shared) <= 1024


class TestOversized:
    GOOD = b"Event: Good\r\nX: 1\r\n\r\n"

    @pytest.mark.parametrize(
        ("head", "filler", "end"),
        [
            (b"Event: Big\r\nActionID: 7\r\nX: ", b"x" * 1000, b"\r\n\r\n"),
            (b"Event: Big\r\nActionID: 7\r\nX: ", b"x" * 1000, b"\r\n\n"),
            (b"Event: Big\nActionID: 7\nX: ", b"x\n" * 500, b"\n"),
            (
                b"Response: Follows\r\nPrivilege: Command\r\nActionID: 7\r\n",
                b"a: b\r\n\r\n" * 100,
                b"--END COMMAND--\r\n\r\n",
            ),
            (b"Response: Follows\nActionID: 7\n", b"Event: x\n\n" * 100, b"--END COMMAND--\n\n"),
        ],
    )
    @pytest.mark.parametrize("chunk", [1, 7, 1000, 70_000, 10**9])
    def test_is_skipped_in_bounded_memory(self, head: bytes, filler: bytes, end: bytes, chunk: int) -> None:
        """R-WIRE-09: once, with its size, name and ActionID; the next frame is intact."""
        limit = 65_536
        big = head + filler * (2 if chunk < 10 else 300) * (100_000 // len(filler)) + end
        framer = Framer(Frame, frame_size_max=limit)
        frames: list[Frame] = []
        data = BANNER + big + self.GOOD
        for begin in range(0, len(data), chunk):
            frames += framer.feed(data[begin : begin + chunk])
            assert framer.buffered < limit + 5000
        banner, oversized, good = frames
        assert oversized.kind is Kind.OVERSIZED
        assert oversized.size == len(big)
        assert oversized.raw == big[:4096]
        assert oversized.name == head.split(b": ")[1].split(b"\n")[0].rstrip(b"\r").decode()
        assert oversized.action_id == "7"
        assert good.raw == self.GOOD
        assert banner.kind is Kind.BANNER

    @pytest.mark.parametrize("chunk", [1, 1000, 10**9])
    def test_a_first_line_that_never_ends(self, chunk: int) -> None:
        """R-WIRE-09."""
        limit = 65_536
        data = b"Event: " + b"x" * 200_000
        framer = Framer(Frame, frame_size_max=limit)
        for begin in range(0, len(data), chunk):
            assert framer.feed(data[begin : begin + chunk]) == []
            assert framer.buffered < limit + 5000
        (frame,) = framer.eof()
        assert (frame.kind, frame.size, frame.name) == (Kind.OVERSIZED, len(data), None)
        assert framer.eof() == []
        assert framer.buffered == 0

    @pytest.mark.parametrize("over", [0, 1])
    @pytest.mark.parametrize("end", [b"\r\n\r\n", b"\r\n\n"])
    def test_the_limit_is_exact(self, over: int, end: bytes) -> None:
        """R-WIRE-09: a frame of exactly the limit is whole, also if its end needs a look ahead."""
        big = b"Event: Big\r\nX: " + b"x" * (200 - 15 - len(end) + over) + end
        for cuts in (range(0), range(1, 300)):
            first, good = decode(big + self.GOOD, cuts, frame_size_max=200)
            assert first.kind is (Kind.OVERSIZED if over else Kind.EVENT)
            assert (first.size, good.name) == (200 + over, "Good")
            assert first.raw == big[:200]

    @pytest.mark.parametrize("over", [0, 1])
    def test_the_default_limit(self, over: int) -> None:
        """R-WIRE-09: 4 MiB."""
        size = 4 * 1024 * 1024 + over
        framer = Framer(Frame)
        framer.feed(BANNER)
        (frame,) = framer.feed(b"Event: Big\r\nX: " + b"x" * (size - 19) + b"\r\n\r\n")
        assert (frame.kind, frame.size) == (Kind.OVERSIZED if over else Kind.EVENT, size)


def test_complete_frames_are_returned_at_once() -> None:
    """R-WIRE-02, R-WIRE-11: no frame waits for the next one, except for asterisk#761."""
    framer = Framer(Frame)
    for data in (
        BANNER,
        b"Event: A\r\n\r\n",
        b"Event: A\n\n",
        b"\r\nEvent: A\n\r\n",
        b"Event: Agents\r\nX: 1\n\r\n\r\n",
        b"Event: CoreShowChannelMapComplete\r\n\n",
        b"Response: Follows\r\n--END COMMAND--\r\n\r\n",
    ):
        assert len(framer.feed(data)) == 1, data
        assert framer.buffered == 0
    assert framer.feed(b"Event: A\r\n\n") == []
    assert [frame.name for frame in framer.feed(b"Event: B\r\n\r\n")] == ["A", "B"]


@pytest.mark.parametrize(("size", "kind"), [(256, Kind.BANNER), (257, Kind.UNKNOWN)])
def test_the_longest_banner(size: int, kind: Kind) -> None:
    """R-WIRE-03: with its CR, and without its LF."""
    (message,) = decode(BANNER[:-2] + b"0" * (size - len(BANNER) + 1) + b"\r\n\r\n")
    assert message.kind is kind


def test_a_line_that_only_begins_like_a_banner() -> None:
    """R-WIRE-03."""
    data = BANNER.replace(b"\r\n", b"x" * 300 + b"\r\nX: 1\r\n\r\n")
    assert [(message.kind, message.raw) for message in decode(data)] == [(Kind.UNKNOWN, data)]


@pytest.mark.parametrize("banner", [BANNER, b"Asterisk Call Manager/9.0.0\n"])
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    "error",
    [b"Response: Error\r\nMessage: no\r\n\r\n", b"Response: Error\nMessage: no\n\n", b"\r\nresponse: x\n\n"],
)
def test_an_error_may_come_before_the_banner(error: bytes, count: int, banner: bytes) -> None:
    """R-WIRE-03: however both are cut; after the banner, a second one is an unknown frame."""
    data = error * count + banner + b"Event: A\r\n\r\n" + banner + b"\r\n"
    whole = decode(data)
    kinds = [Kind.RESPONSE] * count + [Kind.BANNER, Kind.EVENT, Kind.UNKNOWN]
    assert [message.kind for message in whole] == kinds
    for cut in range(1, len(data)):
        assert seen(decode(data, [cut])) == seen(whole), cut
    assert seen(decode(data, range(1, len(data)))) == seen(whole)


@pytest.mark.parametrize("first", [b"Event: A\r\n\r\n", b"what is this?\n\n"])
def test_only_an_error_may_come_before_the_banner(first: bytes) -> None:
    """R-WIRE-03: whether or not an error came before it, and however they are cut."""
    error = b"Response: Error\r\nMessage: no\r\n\r\n"
    for data in (first + BANNER + b"\r\n", error + first + BANNER + b"\r\n"):
        for cut in range(len(data)):
            assert decode(data, [cut])[-1].kind is Kind.UNKNOWN, cut


@pytest.mark.parametrize("rest", [b"", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\n\n\r"])
def test_empty_lines_at_the_end_are_ignored(rest: bytes) -> None:
    """R-WIRE-02."""
    for cuts in (range(0), range(1, 100)):
        messages = decode(BANNER + b"Event: A\r\n\r\n" + rest, cuts, at_end=True)
        assert [message.kind for message in messages] == [Kind.BANNER, Kind.EVENT]
