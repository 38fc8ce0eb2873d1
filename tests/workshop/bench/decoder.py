"""Frames per second of the decoder, beside the bare split of the same bytes.

The bare split is a lower bound for any parser in Python: it cuts the capture at its empty lines and reads
nothing. The decoder is measured with the attributes that correlation and filters read of every message.

"""

from collections.abc import Callable, Iterator
from functools import partial

from ami_proto.message import Decoder
from ami_proto.wire import Frame, Framer
from conformance.corpus import capture
from tests.workshop.bench.timing import least_seconds

CAPTURE = "asterisk-22.10.1/call-mix"
READ_SIZE = 65_536
SEGMENT_SIZE = 1448
"""What one TCP segment carries on an Ethernet."""
ROUNDS = 40
BARE = "bare split"
BARE_LOOP = "bare find and slice"
LOOKED_AT = "messages, kind, name, action_id"
SHARE_MIN = 0.25
"""Wanted: the rate of `LOOKED_AT`, as a share of the bare split's."""


def figures() -> Iterator[str]:
    """Yield one line for each way to read the capture."""
    for way, (rate, share) in measured(*WAYS).items():
        wanted = f"   (wanted: at least {SHARE_MIN})" if way == LOOKED_AT else ""
        yield f"{way:34}{rate:12,.0f} frames/s  {share:5.2f} of the bare split{wanted}"


def measured(*ways: str, rounds: int = ROUNDS) -> dict[str, tuple[float, float]]:
    """Return for each way, BARE first, its rate in frames per second, and its share of the bare rate."""
    data = capture(CAPTURE).data
    count = len(Decoder().feed(data))
    names = list(dict.fromkeys((BARE, *ways)))
    seconds = least_seconds(rounds, *(partial(WAYS[name], data) for name in names))
    return {name: (count / each, seconds[0] / each) for name, each in zip(names, seconds, strict=True)}


def _split(data: bytes) -> object:
    return data.split(b"\r\n\r\n")


def _find_and_slice(data: bytes) -> object:
    frames: list[bytes] = []
    begin = 0
    while (end := data.find(b"\r\n\r\n", begin)) >= 0:
        frames.append(data[begin:end])
        begin = end + 4
    return frames


def _looked_at(data: bytes) -> object:
    seen = None
    for message in Decoder().feed(data):
        seen = message.kind, message.name, message.action_id
    return seen


def _in_pieces(data: bytes, size: int) -> object:
    seen = None
    decoder = Decoder()
    for begin in range(0, len(data), size):
        for message in decoder.feed(data[begin : begin + size]):
            seen = message.kind, message.name, message.action_id
    return seen


def _decoded(data: bytes) -> object:
    return [message.pairs() for message in Decoder().feed(data)]


WAYS: dict[str, Callable[[bytes], object]] = {
    BARE: _split,
    BARE_LOOP: _find_and_slice,
    "frames": lambda data: Framer(Frame).feed(data),
    LOOKED_AT: _looked_at,
    f"the same, reads of {READ_SIZE}": lambda data: _in_pieces(data, READ_SIZE),
    f"the same, reads of {SEGMENT_SIZE}": lambda data: _in_pieces(data, SEGMENT_SIZE),
    "messages, all headers": _decoded,
}
