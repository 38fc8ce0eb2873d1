"""R-WIRE-10: what framing costs grows with the bytes, and not faster."""

import gc
import random
from time import thread_time

import pytest

from ami_proto.message import Decoder, Message
from conformance.corpus import capture
from tests.cases import decode, seen


def keeps_rate(large: bytes, little: bytes, share: float, chunk: int = 10**9) -> bool:
    """Whether a large stream is read at more than a share of the rate of a small one.

    The best rates of as many turns as it takes are compared, because a busy machine makes any of them slow.
    """
    best_large = best_little = 0.0
    patience = thread_time() + 10.0
    while thread_time() < patience:
        best_little = max(best_little, *(rate(little, chunk) for _ in range(3)))
        best_large = max(best_large, rate(large, chunk))
        if best_large > share * best_little:
            return True
    return False


def rate(data: bytes, chunk: int) -> float:
    """Return bytes per second of this thread's own time: that others have the processor costs nothing.

    Without the garbage collector: what it costs depends on all that the test process holds.
    """
    decoder = Decoder()
    gc.disable()
    try:
        begin = thread_time()
        for at in range(0, len(data), chunk):
            decoder.feed(data[at : at + chunk])
        return len(data) / (thread_time() - begin)
    finally:
        gc.enable()


TINY = {
    "plain": b"Event: A\r\nX: 1\r\n\r\n",
    "lf": b"Event: A\nX: 1\n\n",
    "761": b"Event: A\r\nX: 1\r\n\n",
    "unknown": b"some text\r\n\r\n",
    "agents": b"Event: Agents\r\nX: 1\n\r\n\r\n",
    "follows": b"Response: Follows\r\nx\n--END COMMAND--\r\n\r\n",
    "action-id": b"Event: A\r\nActionID: 1\r\n\r\n",
    "odd-action-id": b"Event: A\r\n actionid: 1\r\n\r\n",
    "lf-in-data": b"Event: A\r\nX: 1\n\n2\r\n\nEvents\r\n\r\n",
    "empty-lines": b"Event: A\r\n\r\n\r\n\r\n\n\n",
    "mixed": b"Event: A\r\nX: 1\r\n\r\n" * 20 + b"Event: A\nX: 1\n\n",
}


@pytest.mark.parametrize("name", TINY)
def test_a_backlog_costs_no_more_per_byte(name: str) -> None:
    """R-WIRE-10: 2 MB of tiny frames at no less than half the rate of 20 kB."""
    frame = TINY[name]
    backlog, little = frame * (2_000_000 // len(frame)), frame * (20_000 // len(frame))
    assert keeps_rate(backlog, little, 0.5)


@pytest.mark.parametrize(
    "frame",
    [
        b"Event: A\r\n" + b"X: 1\r\n" * 300_000 + b"\r\n",
        b"Event: A\r\nX: " + b"x" * 2_000_000 + b"\r\n\r\n",
        b"Event: A\r\nX: " + b"\r\n\nx" * 500_000 + b"\r\n\r\n",
        b"Event: A\n" + b"X: 1\n" * 400_000 + b"\n",
        b"Response: Follows\r\n" + b"--END COMMAND--\n" * 120_000 + b"--END COMMAND--\r\n\r\n",
        b"Event: " + b"x" * 2_000_000 + b"\r\n\r\n",
        b"Event: A\r\n" + b"ActionID: 1\r\n" * 150_000 + b"\r\n",
        b"Event: A\r\n" + b" \r\n" * 600_000 + b"\r\n",
    ],
    ids=["lines", "value", "crlf-lf", "lf", "follows", "first-line", "action-ids", "blanks"],
)
@pytest.mark.parametrize("chunk", [16, 160])
def test_a_large_frame_in_small_pieces_is_linear(frame: bytes, chunk: int) -> None:
    """R-WIRE-10: a square would bring the rate down to 1/32, or 1/7 where a search is quick."""
    little = frame[: len(frame) // 32] + frame[-20:]  # ends as the whole does
    assert keeps_rate(frame, little, 0.25, chunk)


def test_a_large_frame_byte_by_byte() -> None:
    """R-WIRE-10."""
    frame = b"Event: A\r\nX: " + b"x" * 500_000 + b"\r\n\r\n"
    assert keeps_rate(frame, frame[:50_000], 0.4, 1)


def test_pieces_that_grow_with_the_buffer() -> None:
    """R-WIRE-10: at most as many bytes are read again as are new."""
    draw = random.Random(1)
    data = capture("asterisk-22.10.1/command-outputs").data * 10
    frames: list[Message] = []
    decoder = Decoder()
    begin = 0
    while begin < len(data):
        size = draw.choice((1, 10, 1000, 50_000))
        frames += decoder.feed(data[begin : begin + size])
        begin += size
    assert seen(frames) == seen(decode(data))
