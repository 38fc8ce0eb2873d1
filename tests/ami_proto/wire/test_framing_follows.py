"""Where `Response: Follows` ends and its output begins, beside one pattern over the whole (R-WIRE-08)."""

import re

import pytest
from cases import BANNER
from hypothesis import given
from hypothesis import strategies as st

from ami_proto.values import Kind
from ami_proto.wire import Frame, Framer

FOLLOWS = {
    b"\r\n": re.compile(
        rb"(Response: Follows\r\n(?:privilege:[^\n]{0,1050}\r\n)?+(?:actionid:[^\n]{0,1050}\r\n)?+)"
        rb".*?--END COMMAND--\r\n\r\n",
        re.DOTALL | re.IGNORECASE,
    ),
    b"\n": re.compile(
        rb"(Response: Follows\n(?:privilege:[^\n]{0,1050}\n)?+(?:actionid:[^\n]{0,1050}\n)?+)"
        rb".*?--END COMMAND--\r?\n\r?\n",
        re.DOTALL | re.IGNORECASE,
    ),
}
ACTION_ID = re.compile(rb"\n(?i:actionid): (.*)")

# What comes after the first line: headers, what looks like them, and what nearly ends the frame.
PIECES = (
    *(b"Privilege: Command\r\n", b"privilege: x\n", b"PRIVILEGE:\r\n", b"Priv", b"Privileges: 1\r\n"),
    *(b"ActionID: 1\r\n", b"actionid: 2\n", b"ActionID: --END COMMAND--\r\n", b"Action", b"actionid"),
    *(
        b"ActionID: " + b"1" * 1012 + b"\r\n",
        b"ActionID: " + b"1" * 1200 + b"\r\n",
        b"Privilege: " + b"x" * 1200,
    ),
    *(b"line\n", b"a: b\r\n", b" ", b"--END COMMAND--", b"--END COMMAND--\r\n", b"--END COMMAND--\n\r\n"),
    *(b"--END COMM", b"Event: A\r\n\r\n", b"\r\n\r\n", b"\n\n", b"\r\n", b"\n", b"\r"),
)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Make an answer of old, up to where its pattern says that it ends."""
    line_end = draw(st.sampled_from([b"\r\n", b"\n"]))
    body = b"".join(draw(st.lists(st.sampled_from(PIECES), max_size=8)))
    begun = b"Response: Follows" + line_end + body + b"--END COMMAND--"
    found = FOLLOWS[line_end].match(begun + b"\r\n\r\n--END COMMAND--\r\n\r\n")
    assert found
    return found[0]


def headers(answer: bytes) -> bytes:
    """Return an answer up to where its output begins."""
    line_end = b"\r\n" if answer.startswith(b"Response: Follows\r\n") else b"\n"
    found = FOLLOWS[line_end].match(answer)
    assert found
    return found[1]


@given(st.lists(answers(), min_size=1, max_size=3), st.lists(st.integers(0, 4000), max_size=8))
def test_any_output_cut_anywhere(said: list[bytes], cuts: list[int]) -> None:
    """R-WIRE-01, R-WIRE-08: every byte of each answer, whatever is in it, and the next frame intact."""
    data = BANNER + b"".join(said) + b"Event: Next\r\n\r\n"
    for some in (sorted(cuts), range(1, len(data))):
        framer = Framer(Frame)
        frames: list[Frame] = []
        begin = 0
        for cut in [*some, len(data)]:
            frames += framer.feed(data[begin:cut])
            begin = cut
        _, *follows, following = frames
        assert [frame.raw for frame in follows] == said
        for frame, answer in zip(follows, said, strict=True):
            first_line = len(b"Response: Follows")
            assert frame.body == len(headers(answer)) - first_line
            action_id = ACTION_ID.search(headers(answer))
            assert frame.action_id == (action_id[1].strip(b"\r").decode() if action_id else None)
        assert (following.name, framer.buffered) == ("Next", 0)


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("piece", [1, 10_000])
def test_output_that_is_torn(line_end: bytes, piece: int) -> None:
    """R-WIRE-12: wherever it ends, what is output is known, and what came before it are headers."""
    whole = line_end.join(
        [b"Response: Follows", b"Privilege: Command", b"ActionID: 1", b"a: b", b"--END COM"]
    )
    first_line, output = len(b"Response: Follows"), whole.index(b"a: b")
    for size in range(1, len(whole) + 1):
        framer = Framer(Frame)
        framer.feed(BANNER)
        for begin in range(0, size, piece):
            assert framer.feed(whole[begin : min(begin + piece, size)]) == []
        (frame,) = framer.eof()
        assert (frame.kind, frame.raw) == (Kind.INCOMPLETE, whole[:size])
        begun = size >= first_line + len(line_end)
        assert frame.body == (min(size, output) - first_line if begun else -1)
