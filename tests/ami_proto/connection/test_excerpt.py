"""What reports show of a peer's words."""

import pytest

from ami_proto import Decoder
from ami_proto.connection.excerpt import CHARACTERS_MAX, DETAIL_SIZE_MAX, Excerpts
from ami_proto.message.redact import Redaction


def quoted(line: bytes, secret: str = "") -> str:
    return Excerpts(Redaction(secret=secret)).quote(line)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"  SSH-2.0-OpenSSH  ", "SSH-2.0-OpenSSH"),
        (b"\x1b[31mred", "\\x1b[31mred"),
        ("h\u00e9".encode(), "h\\xe9"),
        (b"\xff", "\\xff"),
        (b"x" * 1000, "x" * CHARACTERS_MAX),
        (b"\xf0\x9f\x98\x80" * 1000, ("\\U0001f600" * CHARACTERS_MAX)[:CHARACTERS_MAX]),
        (b"", ""),
    ],
)
def test_a_line_is_shown_as_printable_ascii_and_not_too_much_of_it(line: bytes, shown: str) -> None:
    assert quoted(line) == shown


def test_of_a_message_the_first_line_is_shown() -> None:
    (message,) = Decoder().feed(b"Event: Hangup\r\nChannel: SIP/1\r\n\r\n")
    assert Excerpts(Redaction()).of(message) == "Event: Hangup"


@pytest.mark.parametrize("begin", [0, 1, CHARACTERS_MAX - 5, CHARACTERS_MAX - 1, CHARACTERS_MAX])
@pytest.mark.parametrize("secret", ["hunter2", "gr\u00fcn und lang", "tab\tbed", "s" * 1000, "\u00fc" * 500])
def test_a_secret_that_the_cut_would_halve_is_masked_whole(begin: int, secret: str) -> None:
    """R-AUTH-01: half of a secret is not known for one any more."""
    filling = "-" * begin
    shown = quoted(f"{filling}{secret}{filling}".encode(), secret)
    assert shown == f"{filling}***{filling}"[:CHARACTERS_MAX]


@pytest.mark.parametrize("secret", ["hunter2", "s" * 100, "t" * 1000])
@pytest.mark.parametrize("times", [1, 10, 100, 1000])
def test_half_a_secret_is_not_shown_where_masks_have_made_a_text_short(secret: str, times: int) -> None:
    """R-AUTH-01: whatever is left at the end of what was looked at."""
    line = secret * times
    for shown in (quoted(line.encode(), secret), Excerpts(Redaction(secret=secret)).detail(line)):
        assert set(shown) <= {"*"}


def test_a_secret_in_a_message_that_is_cut_is_masked_whole() -> None:
    """R-AUTH-01: the torn end of a stream is quoted, too."""
    secret = "s" * 500
    (message,) = (decoder := Decoder()).feed(f"banal {secret} line".encode()) + decoder.eof()
    assert Excerpts(Redaction(secret=secret)).of(message) == "banal *** line"


@pytest.mark.parametrize("begin", [0, DETAIL_SIZE_MAX - 1, DETAIL_SIZE_MAX])
def test_a_report_is_one_printable_line_without_secrets_and_not_too_long(begin: int) -> None:
    """R-AUTH-01; invariant 6: a server's message can be as long as a frame, and full of anything."""
    secret, filling = "s" * 1000, "-" * begin
    detail = Excerpts(Redaction(secret=secret)).detail(f"{filling}{secret}\n\x1b[0m{'x' * 10_000}")
    assert detail == f"{filling}***\\n\\x1b[0m{'x' * 10_000}"[:DETAIL_SIZE_MAX]
