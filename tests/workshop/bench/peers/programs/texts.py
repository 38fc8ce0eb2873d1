"""Messages as text, for parsers that do not cut a stream into messages themselves."""

from collections.abc import Callable, Iterator

from tests.workshop.bench.peers.call_stream import stream

READ_SIZE = 65_536
"""What a client reads at a time."""


def stream_pieces(count: int) -> list[bytes]:
    """Return so many events, cut as they are read."""
    data = stream(count)
    return [data[at : at + READ_SIZE] for at in range(0, len(data), READ_SIZE)]


def stream_texts(count: int) -> Callable[[], Iterator[str]]:
    """Return a function that yields the text of each event, without the empty line.

    It decodes and splits while it is measured, in the cheapest way there is: less than any client does.
    """
    pieces = stream_pieces(count)

    def texts() -> Iterator[str]:
        rest = ""
        for piece in pieces:
            *whole, rest = (rest + piece.decode()).split("\r\n\r\n")
            yield from whole

    return texts
