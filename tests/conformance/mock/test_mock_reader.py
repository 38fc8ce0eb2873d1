"""The mock's request reader accepts the same input as Asterisk (asterisk-facts 1.3)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.mock.requests import (
    HEADER_LIMIT,
    LINE_TOO_LONG,
    TOO_MANY_LINES,
    Request,
    RequestReader,
)


def read(data: bytes) -> list[Request]:
    reader = RequestReader()
    reader.feed(data)
    return drain(reader)


def drain(reader: RequestReader) -> list[Request]:
    requests = []
    while (request := reader.next_request()) is not None:
        requests.append(request)
    return requests


@pytest.mark.parametrize(
    "data", [b"Action: Ping\r\nX: 1\r\n\r\n", b"Action: Ping\nX: 1\n\n", b"Action: Ping\r\nX: 1\n\r\n"]
)
def test_lines_end_in_crlf_or_lf(data: bytes) -> None:
    (request,) = read(data)
    assert (request.action, request.get("x")) == ("Ping", "1")


def test_a_bare_cr_is_data() -> None:
    (request,) = read(b"Action: Ping\r\nX: a\rb\r\r\n\r\n")
    assert request.get("X") == "a\rb\r"


def test_an_empty_line_alone_is_a_request() -> None:
    assert read(b"\r\n\n") == [Request(), Request()]


def test_names_match_in_any_case_right_before_the_colon() -> None:
    (request,) = read(b"aCTION:Ping\r\nActionID : no\r\n ActionID: no\r\n\r\n")
    assert (request.action, request.action_id) == ("Ping", "")


def test_the_first_header_wins_even_when_it_is_empty() -> None:
    (request,) = read(b"Action: Ping\r\nActionID: \r\nActionID: two\r\n\r\n")
    assert request.action_id == ""


def test_only_action_skips_empty_ones() -> None:
    (request,) = read(b"Action: \r\nAction: Ping\r\n\r\n")
    assert request.action == "Ping"


def test_leading_blanks_of_a_value_go_and_trailing_ones_stay() -> None:
    (request,) = read(b"Action: Ping\r\nX: \t\x01 a \r\n\r\n")
    assert request.get("X") == "a "


def test_a_nul_cuts_its_line() -> None:
    (request,) = read(b"Action: Ping\r\nX: a\0b\r\n\r\n")
    assert request.get("X") == "a"


def test_a_nul_at_the_start_ends_the_message() -> None:
    first, second = read(b"Action: Ping\r\n\0X: a\r\n\r\n")
    assert (first.action, second) == ("Ping", Request())


def test_bytes_that_are_not_utf8_survive() -> None:
    (request,) = read(b"Action: Ping\r\nX: \xe9\xff\r\n\r\n")
    assert request.get("X").encode("utf-8", "surrogateescape") == b"\xe9\xff"


@pytest.mark.parametrize(("length", "end"), [(1022, b"\r\n"), (1023, b"\n")])
def test_the_longest_line(length: int, end: bytes) -> None:
    line = b"X: ".ljust(length, b"y")
    (request,) = read(b"Action: Ping\r\n" + line + end + b"\r\n")
    assert (request.fault, len(request.lines[1])) == ("", length)


def test_a_line_that_is_too_long_faults_its_message_and_leaves_a_remainder() -> None:
    first, second = read(
        b"Action: Ping\r\nActionID: 1\r\nX: " + b"y" * 1200 + b"\r\n\r\nAction: Ping\r\n\r\n"
    )
    assert (first.fault, first.action_id) == (LINE_TOO_LONG, "1")
    assert first.lines[2] == "y" * (3 + 1200 - 1023)
    assert (second.fault, second.action) == ("", "Ping")


def test_one_byte_too_many_makes_the_line_end_an_empty_line() -> None:
    """At exactly 1023 + CRLF the kept CR and the LF are an empty line: the rest is another request."""
    first, second = read(b"Action: Ping\r\n" + b"X: ".ljust(1023, b"y") + b"\r\nActionID: 1\r\n\r\n")
    assert (first.fault, first.action, first.action_id) == (LINE_TOO_LONG, "Ping", "")
    assert (second.fault, second.action, second.action_id) == ("", "", "1")


def test_header_lines_beyond_the_limit_fault_the_message() -> None:
    lines = b"".join(b"H%d: 1\r\n" % number for number in range(HEADER_LIMIT - 2))
    (fits,) = read(b"Action: Ping\r\n" + lines + b"ActionID: in\r\n\r\n")
    (beyond,) = read(b"Action: Ping\r\n" + lines + b"H: 1\r\nActionID: out\r\n\r\n")
    assert (fits.fault, fits.action_id) == ("", "in")
    assert (beyond.fault, beyond.action_id) == (TOO_MANY_LINES, "")


SAMPLES = st.lists(
    st.sampled_from(
        [b"Action: Ping", b"ActionID: 1", b"\r\n", b"\n", b"\r", b"\0", b"\xff", b"y" * 400, b"X: "]
    ),
    max_size=30,
).map(b"".join)


@settings(deadline=None)
@given(SAMPLES, st.lists(st.integers(0, 3000), max_size=8))
def test_any_cut_reads_the_same(data: bytes, cuts: list[int]) -> None:
    reader, requests, start = RequestReader(), [], 0
    for end in [*sorted(min(cut, len(data)) for cut in cuts), len(data)]:
        reader.feed(data[start:end])
        requests += drain(reader)
        start = end
    assert requests == read(data)
