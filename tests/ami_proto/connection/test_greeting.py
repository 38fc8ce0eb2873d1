"""Whether the first words of a peer are those of an AMI server."""

import pytest

from ami_proto.connection.greeting import BANNER_BYTES_MAX, GREETING_SIZE_MAX, Greeting


def judged(*pieces: bytes, buffered: int = 0) -> list[str | None]:
    greeting = Greeting()
    return [greeting.strangeness(each, buffered, bytes.decode) for each in pieces]


@pytest.mark.parametrize(
    "words",
    [
        b"Asterisk Call Manager/11.0.0\r\n",
        b"\r\n\nasterisk call manager\n",
        b"Response: Error\r\nMessage: Permission denied\r\n",
        b"Event: FullyBooted\n",
        b"a line that has not ended",
        b"",
    ],
)
def test_what_ami_may_begin_with_is_not_strange(words: bytes) -> None:
    """R-WIRE-03."""
    assert judged(words) == [None]
    assert set(judged(*(bytes([each]) for each in words))) <= {None}


def test_another_protocol_is_told_by_its_first_line_however_it_is_cut() -> None:
    """R-LIFE-04: nobody waits for the banner of a mail server."""
    assert judged(b"220 mail\r\nmore\r\n") == ["it said '220 mail\\r'"]
    assert judged(b"~\r\nAsterisk Call Manager/11.0.0\r\n") == ["it said '~\\r'"]
    assert judged(b"\r\n\r\n", b"SSH-2.0", b"-OpenSSH\n")[2] == "it said 'SSH-2.0-OpenSSH'"


def test_what_never_ends_a_line_is_strange_once_it_is_long() -> None:
    """R-AUTH-02: before the banner's timer, and with little memory."""
    assert judged(b"x", buffered=BANNER_BYTES_MAX) == [None]
    assert judged(b"x", buffered=BANNER_BYTES_MAX + 1) == [f"no banner in {BANNER_BYTES_MAX + 1} bytes"]


@pytest.mark.parametrize("beginning", [b"Response: Error\r\nMessage: ", b"Event: ", b"Response: "])
def test_a_long_frame_of_ami_is_not_strange_however_it_is_cut(beginning: bytes) -> None:
    """L8: in one piece it would have been whole; the limit of frames and the banner's timer hold."""
    assert judged(beginning, b"x", buffered=BANNER_BYTES_MAX + 1) == [None, None]


def test_only_the_beginning_of_the_first_line_is_kept() -> None:
    """L6."""
    greeting = Greeting()
    for _ in range(3):
        greeting.strangeness(b"x" * GREETING_SIZE_MAX, 0, bytes.decode)
    assert len(greeting.line) == GREETING_SIZE_MAX
