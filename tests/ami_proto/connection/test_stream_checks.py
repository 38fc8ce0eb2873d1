"""The two checks of a stream: its first words, and how often it makes no sense."""

from dataclasses import replace

import pytest

from ami_proto import Tls
from ami_proto.connection.journal import Journal
from ami_proto.connection.stream_checks import (
    BANNER_BYTES_MAX,
    GREETING_SIZE_MAX,
    Desyncs,
    Greeting,
    no_banner,
)
from conformance.laws.playbook import SERVER


def judged(*pieces: bytes, buffered: int = 0) -> list[str | None]:
    greeting = Greeting(Journal().open(SERVER))
    return [greeting.objection(each, buffered) for each in pieces]


@pytest.mark.parametrize(
    "words",
    [
        b"Asterisk Call Manager/11.0.0\r\n",
        b"\r\n\nasterisk call manager/1\n",
        b"Asterisk Call Manager Proxy/1.30.0\r\n",
        b"CallWeaver Call Manager/1.0\r\n",
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
    assert judged(b"220 mail\r\nmore\r\n") == ["it said '220 mail'"]
    assert judged(b"Asterisk Call Manager\r\n") == ["it said 'Asterisk Call Manager'"]
    assert judged(b"~\r\nAsterisk Call Manager/11.0.0\r\n") == ["it said '~'"]
    assert judged(b"\r\n\r\n", b"SSH-2.0", b"-OpenSSH\n")[2] == "it said 'SSH-2.0-OpenSSH'"


@pytest.mark.parametrize("record", [b"\x15\x03\x01\x00\x02\x02\x46", b"\x16\x03\x03"])
def test_tls_is_told_by_its_first_bytes(record: bytes) -> None:
    """R-WIRE-03: a plain dial of a TLS port."""
    assert judged(record) == ["it speaks TLS, and was not dialled with TLS"]
    assert judged(record[:1], record[1:])[1] == "it speaks TLS, and was not dialled with TLS"


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
    greeting = Greeting(Journal().open(SERVER))
    for _ in range(3):
        greeting.objection(b"x" * GREETING_SIZE_MAX, 0)
    assert len(greeting.line) == GREETING_SIZE_MAX


@pytest.mark.parametrize(("tls", "hint"), [(None, True), (Tls(), False)])
def test_a_silent_port_may_be_the_tls_port(tls: Tls | None, hint: bool) -> None:
    """R-WIRE-03: if it was dialled without TLS."""
    assert ("A TLS port" in no_banner(replace(SERVER, tls=tls))) is hint


# -- too many unknown frames


def desyncs(most: int, window: float) -> Desyncs:
    return Desyncs(replace(SERVER, max_desyncs=most, desync_window=window))


def test_one_more_than_the_most_is_too_many() -> None:
    """R-WIRE-09."""
    counted = desyncs(2, 60.0)
    assert [counted.add(now) for now in (0.0, 1.0, 2.0)] == [None, None, "3 in 60 s"]
    assert desyncs(0, 60.0).add(0.0) == "1 in 60 s"


def test_what_is_older_than_the_window_does_not_count() -> None:
    """R-WIRE-09: a frame exactly as old as the window is still in it."""
    counted = desyncs(1, 10.0)
    assert counted.add(0.0) is None
    assert counted.add(10.5) is None
    assert len(counted) == 1
    assert counted.add(20.5) == "2 in 10 s"
