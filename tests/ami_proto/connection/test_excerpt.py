"""What reports show of a peer's words."""

import pytest

from ami_proto import Decoder
from ami_proto.connection.excerpt import CHARACTERS_MAX, excerpt, readable


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"  SSH-2.0-OpenSSH  ", "SSH-2.0-OpenSSH"),
        (b"\x1b[31mred", "\\x1b[31mred"),
        ("h\u00e9".encode(), "h\\xe9"),
        (b"\xff", "\\xff"),
        (b"x" * 1000, "x" * CHARACTERS_MAX),
        (b"", ""),
    ],
)
def test_a_line_is_shown_as_printable_ascii_and_not_too_much_of_it(line: bytes, shown: str) -> None:
    assert readable(line) == shown


def test_of_a_message_the_first_line_is_shown() -> None:
    (message,) = Decoder().feed(b"Event: Hangup\r\nChannel: SIP/1\r\n\r\n")
    assert excerpt(message) == "Event: Hangup"
