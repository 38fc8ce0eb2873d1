"""Bytes per second of the decoder over a backlog, beside a short read of the same frames.

The frames are the smallest there are: so any work that is done for each frame, or for the whole rest of the
buffer, shows.

"""

from collections.abc import Callable, Iterator

from ami_proto import Decoder
from tests.workshop.bench.timing import least_seconds

SHORT_SIZE, BACKLOG_SIZE = 20_000, 2_000_000
SEGMENT_SIZE = 1448
"""What one TCP segment carries on an Ethernet."""
ROUNDS = 5
SHORT_READS_PER_ROUND = 10
"""Each takes less than a millisecond."""
SHARE_MIN = 0.5
"""Wanted: the rate over the backlog, as a share of the rate over the short read."""


def figures() -> Iterator[str]:
    """Yield one line for each stream and way to read it."""
    for stream in STREAMS:
        for way in WAYS:
            rate, share = measure(stream, way)
            yield (
                f"{stream}, {way:{34 - len(stream)}}{rate / 1e6:8.1f} MB/s, {share:5.2f} of the rate over"
                f" {SHORT_SIZE // 1000} kB   (wanted: at least {SHARE_MIN})"
            )


def measure(stream: str, way: str, rounds: int = ROUNDS) -> tuple[float, float]:
    """Return the rate over the backlog, in bytes per second, and its share of the rate over a short read."""
    read = WAYS[way]
    short, backlog = STREAMS[stream](SHORT_SIZE), STREAMS[stream](BACKLOG_SIZE)
    short_reads = [lambda: read(short)] * SHORT_READS_PER_ROUND
    *seconds_short, seconds = least_seconds(rounds, *short_reads, lambda: read(backlog))
    rate = len(backlog) / seconds
    return rate, rate / (len(short) / min(seconds_short))


STREAMS: dict[str, Callable[[int], bytes]] = {
    "events": lambda size: _repeated(b"Event: T\r\n\r\n", size),
    "events with LF": lambda size: _repeated(b"Event: T\n\n", size),
    "responses": lambda size: _repeated(b"Response: Success\r\nActionID: 1\r\n\r\n", size),
    "one answer": lambda size: b"Response: Success\r\n" + _repeated(b"Output: \r\n", size) + b"\r\n",
    "one answer of old": lambda size: (
        b"Response: Follows\r\n" + _repeated(b"\n", size) + b"--END COMMAND--\r\n\r\n"
    ),
}
"""Streams of about so many bytes: the smallest frames of each kind, and frames of the smallest lines."""


def _repeated(piece: bytes, size: int) -> bytes:
    return piece * (size // len(piece))


def _at_once(data: bytes) -> None:
    Decoder().feed(data)


def _in_segments(data: bytes) -> None:
    decoder = Decoder()
    for begin in range(0, len(data), SEGMENT_SIZE):
        decoder.feed(data[begin : begin + SEGMENT_SIZE])


WAYS: dict[str, Callable[[bytes], None]] = {"at once": _at_once, "in segments": _in_segments}
