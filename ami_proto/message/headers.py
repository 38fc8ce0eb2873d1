"""Split a frame into headers and output lines. Nothing here can fail, whatever the bytes."""

from typing import Final

from ami_proto.wire.frame import Frame, LineStyle, header_value

Pair = tuple[str | None, str]
"""A header's name and value; a line without a colon has no name."""

# Multichannel events still say `ChanVariable(UnicastRTP/127.0.0.1:5000-0x7f): n=v`, with a colon inside
# the name; snapshots of other channels put a prefix before it (main/manager.c:7650, every version).
_CHANNEL_VARIABLE: Final = b"ChanVariable("
_CHANNEL_VARIABLE_END: Final = b"): "

_OUTPUT_END: Final = b"--END COMMAND--"


def decode_headers(frame: Frame) -> list[Pair]:
    """Return every header line in order; the output of `Response: Follows` is not among them."""
    return [_split_header(line) for line in _header_lines(frame)]


def decode_output(frame: Frame) -> list[str]:
    """Return the output lines of a complete `Response: Follows` frame.

    A body line loses one CR at its end and nothing else; the last one may be glued to the terminator.
    """
    content = frame.content
    body = content[frame.body : content.rindex(_OUTPUT_END)]
    lines = body.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return [text(line.removesuffix(b"\r")) for line in lines]


def text(value: bytes) -> str:
    """Return bytes as text that gives the same bytes back: AMI has no charset (R-WIRE-05)."""
    return value.decode("utf-8", "surrogateescape")


def _header_lines(frame: Frame) -> list[bytes]:
    """Return the lines that are headers. No line is empty: an empty one would have ended the frame."""
    headers = frame.first.line + (frame.content if frame.body < 0 else frame.content[: frame.body])
    if frame.first.style is not LineStyle.CRLF:
        return [line for line in headers.replace(b"\r\n", b"\n").split(b"\n") if line]
    return [line for line in headers.split(b"\r\n") if line]


def _split_header(line: bytes) -> Pair:
    name, colon, value = line.partition(b":")
    if not colon:
        return None, text(line.rstrip(b"\r\n"))
    if _CHANNEL_VARIABLE in name and (end := line.find(_CHANNEL_VARIABLE_END)) >= 0:
        return text(line[: end + 1].strip(b" \t")), text(line[end + 3 :].rstrip(b"\r\n"))
    return text(name.strip(b" \t")), text(header_value(value))
