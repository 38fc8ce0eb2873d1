"""Split a frame into headers and output lines. Nothing here can fail, whatever the bytes."""

from typing import Final

from ami_proto.wire.frame import Frame, LineStyle, text

Pair = tuple[str | None, str]
"""A header's name and value; a line without a colon has no name."""

# Multichannel events still say `ChanVariable(UnicastRTP/127.0.0.1:5000-0x7f): n=v`, with a colon inside
# the name; snapshots of other channels put a prefix before it (main/manager.c:7650, every version).
_CHANNEL_VARIABLE: Final = "ChanVariable("
_CHANNEL_VARIABLE_END: Final = "): "

_OUTPUT_END: Final = b"--END COMMAND--"


def decode_headers(frame: Frame) -> list[Pair]:
    """Return every header line in order; the output of `Response: Follows` is not among them."""
    pairs: list[Pair] = []
    for line in _header_lines(frame):
        name, colon, value = line.partition(":")
        if not colon:
            pairs.append((None, line.rstrip("\r\n")))
            continue
        if _CHANNEL_VARIABLE in name and (end := line.find(_CHANNEL_VARIABLE_END)) >= 0:
            name, value = line[: end + 1], line[end + 2 :]
        pairs.append((name.strip(" \t"), value.removeprefix(" ").rstrip("\r\n")))
    return pairs


def decode_output(frame: Frame) -> list[str]:
    """Return the output lines of a complete `Response: Follows` frame.

    A body line loses one CR at its end and nothing else; the last one may be glued to the terminator.
    """
    content = frame.content
    lines = text(content[frame.body : content.rindex(_OUTPUT_END)]).split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _header_lines(frame: Frame) -> list[str]:
    """Return the lines that are headers. No line is empty: an empty one would have ended the frame."""
    headers = text(frame.first.line + (frame.content if frame.body < 0 else frame.content[: frame.body]))
    if frame.first.style is not LineStyle.CRLF:
        headers = headers.replace("\r\n", "\n")
        return [line for line in headers.split("\n") if line]
    return [line for line in headers.split("\r\n") if line]
