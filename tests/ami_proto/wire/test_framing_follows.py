"""Where `Response: Follows` ends and its output begins, beside one pattern over the whole (R-WIRE-08)."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ami_proto.values import Kind
from ami_proto.wire import Frame, Framer
from tests.cases import BANNER

FIRST_LINE = b"Response: Follows"
LINE = {b"\r\n": rb"[^\n]{0,1050}\r\n", b"\n": rb"[^\n]{0,1050}\n"}
NAMED = rb"(?:(?!actionid:)[a-z][\w-]*:%b){0,7}actionid:%b"
PRIVILEGE = rb"(?:privilege|priviledge):%b"
AFTER = {
    b"\r\n": rb"--END COMMAND--\r\n(?:(?!(?:Event|Response):)[a-z][\w-]*:[^\r\n]*\r\n)*\r\n",
    b"\n": rb"--END COMMAND--\r?\n(?:(?!(?:Event|Response):)[a-z][\w-]*:[^\r\n]*\r?\n)*\r?\n",
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
    *(b"Priviledge: Command\r\n", b"Server: x\r\n", b"Event: B\r\n", b"Response: C\r\n"),
    *(b"line\n", b"a: b\r\n", b" ", b"--END COMMAND--", b"--END COMMAND--\r\n", b"--END COMMAND--\n\r\n"),
    *(b"--END COMM", b"Event: A\r\n\r\n", b"\r\n\r\n", b"\n\n", b"\r\n", b"\n", b"\r"),
)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Make an answer of old, up to where its pattern says that it ends."""
    line_end = draw(st.sampled_from([b"\r\n", b"\n"]))
    body = b"".join(draw(st.lists(st.sampled_from(PIECES), max_size=8)))
    begun = FIRST_LINE + line_end + body + b"--END COMMAND--"
    data = begun + b"\r\n\r\n--END COMMAND--\r\n\r\n"
    return data[: ending(data, len(headers(data)), line_end).end()]


def ending(data: bytes, begin: int, line_end: bytes) -> re.Match[bytes]:
    """Return the first end of output from an offset on: longer ones than 2048 bytes are output."""
    pattern = re.compile(AFTER[line_end], re.IGNORECASE)
    while found := pattern.search(data, begin):
        if len(found[0]) - len(b"--END COMMAND--") <= 2048:
            return found
        begin = found.start() + 1
    raise AssertionError("there is an end")


def headers(answer: bytes) -> bytes:
    """Return an answer up to where its output begins: an ActionID and what leads to it, and a privilege."""
    line_end = b"\r\n" if answer.startswith(FIRST_LINE + b"\r\n") else b"\n"
    line = LINE[line_end]
    begin = end = len(FIRST_LINE + line_end)
    named = re.compile(NAMED % (line, line), re.IGNORECASE).match(answer, begin)
    if named:
        end = named.end()
    privilege = re.compile(PRIVILEGE % line, re.IGNORECASE)
    if not any(privilege.match(each) for each in answer[begin:end].splitlines(keepends=True)) and (
        after := privilege.match(answer, end)
    ):
        end = after.end()
    return answer[:end]


def trailer(answer: bytes) -> bytes:
    """Return what comes after the output: the mark of its end, and headers after that."""
    line_end = b"\r\n" if answer.startswith(FIRST_LINE + b"\r\n") else b"\n"
    return ending(answer, len(headers(answer)), line_end)[0]


@settings(deadline=None)  # byte by byte, with thousands of bytes
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
            assert frame.body == len(headers(answer)) - len(FIRST_LINE)
            action_id = ACTION_ID.search(headers(answer)) or ACTION_ID.search(trailer(answer))
            assert frame.action_id == (action_id[1].strip(b"\r").decode() if action_id else None)
        assert (following.name, framer.buffered) == ("Next", 0)


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("piece", [1, 10_000])
def test_torn_output(line_end: bytes, piece: int) -> None:
    """R-WIRE-12: wherever it ends, its headers and its output are told apart."""
    whole = line_end.join(
        [b"Response: Follows", b"Privilege: Command", b"ActionID: 1", b"a: b", b"--END COM"]
    )
    first_line, output = len(FIRST_LINE), whole.index(b"a: b")
    for size in range(1, len(whole) + 1):
        framer = Framer(Frame)
        framer.feed(BANNER)
        for begin in range(0, size, piece):
            assert framer.feed(whole[begin : min(begin + piece, size)]) == []
        (frame,) = framer.eof()
        assert (frame.kind, frame.raw) == (Kind.INCOMPLETE, whole[:size])
        begun = size >= first_line + len(line_end)
        assert frame.body == (min(size, output) - first_line if begun else -1)
