"""Corners of skipping a frame that is too long (R-WIRE-09)."""

from ami_proto.message import Message
from ami_proto.values import Kind
from ami_proto.wire import Framer

FOLLOWS = b"Response: Follows\r\nPrivilege: Command\r\nActionID: pbx:1\r\nline\n--END COMMAND--\r\n\r\n"
NEXT = b"Event: Next\r\n\r\n"


def framer(frame_size_max: int) -> Framer[Message]:
    """Return a framer that has read its banner."""
    framer = Framer(Message, frame_size_max=frame_size_max)
    framer.feed(b"Asterisk Call Manager/9.0.0\r\n")
    return framer


def test_command_output_is_skipped_only_once_its_body_was_found() -> None:
    """Otherwise an empty line in the output would end the frame."""
    parser = framer(20)
    messages = [message for byte in FOLLOWS + NEXT for message in parser.feed(bytes([byte]))]
    assert [(each.kind, each.size) for each in messages] == [(Kind.OVERSIZED, len(FOLLOWS)), (Kind.EVENT, 15)]


def test_the_end_of_command_output_is_found_anywhere() -> None:
    """Bytes after it, as many as were skipped, are not skipped too."""
    parser = framer(64)
    head, end = FOLLOWS.split(b"line\n")
    parser.feed(head + b"x" * 200)
    long, *following = parser.feed(end + NEXT * 20)
    assert (long.kind, long.size) == (Kind.OVERSIZED, len(head) + 200 + len(end))
    assert [each.raw for each in following] == [NEXT] * 20


def test_a_skipped_first_line_has_no_meaning() -> None:
    """Also if it ends in `Follows`: no command output is awaited."""
    parser = framer(64)
    parser.feed(b"x" * 200 + b" " * 15 + b"Response: Follows")
    long, following = parser.feed(b"\r\nX: 1\r\n\r\n" + NEXT)
    assert (long.kind, long.size, following.name) == (Kind.OVERSIZED, 242, "Next")


def test_every_buffered_byte_is_counted() -> None:
    """L6: the head, and the tail, which may have the end in it."""
    parser = framer(64)
    parser.feed(b"Event: Long\r\nFill: " + b"x" * 200)
    assert 64 < parser.buffered <= 2 * 64


def test_an_empty_chunk_changes_nothing() -> None:
    parser = framer(64)
    parser.feed(b"Event: Long\r\nFill: " + b"x" * 200)
    buffered = parser.buffered
    assert parser.feed(b"") == []
    assert parser.buffered == buffered
    long, following = parser.feed(b"\r\n\r\n" + NEXT)
    assert (long.kind, long.size, following.name) == (Kind.OVERSIZED, 223, "Next")
