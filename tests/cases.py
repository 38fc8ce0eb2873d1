"""The captures and odd frames of `conformance.corpus`, and helpers to decode and compare them."""

import random
import re
from collections.abc import Iterable
from typing import Any

from ami_proto.message import Decoder, Message
from ami_proto.values import Kind
from ami_proto.wire import FRAME_SIZE_MAX
from ami_proto.wire.banner import parse_banner
from conformance.corpus import Capture, Case, captures, further_cases, nasty_cases

BANNER = b"Asterisk Call Manager/9.0.0\r\n"

EMPTY_LINES = re.compile(rb"(\r?\n)*")
FRAME_END = re.compile(rb"\n\r?\n\Z")
"""An empty line ends every frame but the banner, which is one line."""

CAPTURES: list[Capture] = list(captures())
CASES: list[Case] = [*nasty_cases(), *further_cases()]


def case_id(value: Case | Capture) -> str:
    """Return the id that pytest shows for a parameter."""
    return value.name


def decode(
    data: bytes, cuts: Iterable[int] = (), *, at_end: bool = False, frame_size_max: int | None = None
) -> list[Message]:
    """Decode a stream that arrives in chunks, cut at these offsets."""
    decoder = Decoder(frame_size_max=frame_size_max or FRAME_SIZE_MAX)
    messages: list[Message] = []
    begin = 0
    for cut in [*cuts, len(data)]:
        messages += decoder.feed(data[begin:cut])
        begin = cut
    return messages + (decoder.eof() if at_end else [])


def stream(case: Case) -> bytes:
    """Return the bytes of a case, after a banner where it needs one."""
    return BANNER + case.data if case.after_banner else case.data


def decode_case(case: Case, cuts: Iterable[int] = ()) -> list[Message]:
    """Decode a case; a banner that `stream` put before it is left out."""
    messages = decode(stream(case), cuts, at_end=case.at_end, frame_size_max=case.frame_size_max)
    return messages[1:] if case.after_banner else messages


def seen(messages: Iterable[Message]) -> list[tuple[Kind, bytes, int, str | None, str | None]]:
    """Return what two ways of reading a stream must agree on."""
    return [
        (message.kind, message.raw, message.size, message.name, message.action_id) for message in messages
    ]


def require_every_byte(data: bytes, messages: Iterable[Message]) -> None:
    """Require that the messages of a whole stream hold its bytes, except for empty lines between frames."""
    at = 0
    for message in messages:
        begin = skip_empty_lines(data, at)
        at = begin + message.size
        assert data.startswith(message.raw, begin), message
        if message.kind is not Kind.OVERSIZED:  # which keeps its first bytes only
            assert len(message.raw) == message.size
        torn = message.kind is Kind.INCOMPLETE or (message.kind is Kind.OVERSIZED and at == len(data))
        frame = data[begin:at]
        if message.kind is Kind.BANNER or (frame.count(b"\n") == 1 and parse_banner(frame) is not None):
            assert torn or frame.endswith(b"\n")  # also a banner that is oversized
        elif not torn:  # without this check a lost line end would pass for an empty line after the frame
            assert FRAME_END.search(frame), message
        assert message.kind is not Kind.INCOMPLETE or at == len(data)
    assert data[skip_empty_lines(data, at) :] in (b"", b"\r")


def skip_empty_lines(data: bytes, begin: int) -> int:
    """Return where the first line begins that is not empty."""
    found = EMPTY_LINES.match(data, begin)
    assert found is not None
    return found.end()


def described(message: Message, expected: dict[str, Any]) -> dict[str, Any]:
    """Return a message in the form of the corpus, with the keys of `expected` only."""
    said: dict[str, Any] = {
        "kind": message.kind.value,
        "version": message.version,
        "headers": [list(pair) for pair in message.pairs()],
        "output": message.output,
        "torn": message.torn,
        "name": message.name,
        "action_id": message.action_id,
        "size": message.size,
        "raw": message.raw.decode("latin-1"),
    }
    return {key: said[key] for key in expected}


def random_cuts(size: int, seed: int) -> list[int]:
    """Draw offsets at which to cut a stream: many small pieces, some large ones."""
    draw = random.Random(seed)
    cuts: list[int] = []
    at = 0
    while True:
        at += draw.choice((1, 2, 3, draw.randint(1, 40), draw.randint(1, 1500), draw.randint(1, 70_000)))
        if at >= size:
            return cuts
        cuts.append(at)
