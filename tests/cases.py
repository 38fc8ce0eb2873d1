"""The captures and odd frames of `conformance.corpus`, and how tests read them."""

import random
from collections.abc import Iterable
from typing import Any

from ami_proto.message import Decoder, Message
from ami_proto.values import Kind
from ami_proto.wire import FRAME_SIZE_MAX
from conformance.corpus import Capture, Case, captures, further_cases, nasty_cases

BANNER = b"Asterisk Call Manager/9.0.0\r\n"

CAPTURES: list[Capture] = list(captures())
CASES: list[Case] = [*nasty_cases(), *further_cases()]


def case_id(value: Case | Capture) -> str:
    """Return how pytest names a parameter."""
    return value.name


def decode(
    data: bytes, cuts: Iterable[int] = (), *, at_end: bool = False, frame_size_max: int | None = None
) -> list[Message]:
    """Return the messages of a stream that arrives in chunks, cut at these offsets."""
    decoder = Decoder(frame_size_max=frame_size_max or FRAME_SIZE_MAX)
    messages: list[Message] = []
    begin = 0
    for cut in [*cuts, len(data)]:
        messages += decoder.feed(data[begin:cut])
        begin = cut
    return messages + (decoder.eof() if at_end else [])


def stream(case: Case) -> bytes:
    """Return a case as a whole stream, with the banner that came before it."""
    return BANNER + case.data if case.after_banner else case.data


def decode_case(case: Case, cuts: Iterable[int] = ()) -> list[Message]:
    """Return the messages of a case, without the banner that came before it."""
    messages = decode(stream(case), cuts, at_end=case.at_end, frame_size_max=case.frame_size_max)
    return messages[1:] if case.after_banner else messages


def seen(messages: Iterable[Message]) -> list[tuple[Kind, bytes, int, str | None, str | None]]:
    """Return all that makes messages equal, so that two readings of a stream can be compared."""
    return [
        (message.kind, message.raw, message.size, message.name, message.action_id) for message in messages
    ]


def described(message: Message, expected: dict[str, Any]) -> dict[str, Any]:
    """Return a message as the corpus describes it: the keys of `expected`."""
    said: dict[str, Any] = {
        "kind": message.kind.value,
        "version": message.version,
        "headers": [list(pair) for pair in message.items()],
        "output": message.output,
        "torn": message.torn,
        "name": message.name,
        "action_id": message.action_id,
        "size": message.size,
        "raw": message.raw.decode("latin-1"),
    }
    return {key: said[key] for key in expected}


def random_cuts(size: int, seed: int) -> list[int]:
    """Return where to cut a stream: many small pieces, some large ones, the same for the same seed."""
    draw = random.Random(seed)
    cuts: list[int] = []
    at = 0
    while True:
        at += draw.choice((1, 2, 3, draw.randint(1, 40), draw.randint(1, 1500), draw.randint(1, 70_000)))
        if at >= size:
            return cuts
        cuts.append(at)
