"""R-ID: ActionIDs are unique, short, ASCII, and nobody else's."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_proto.correlation.action_ids import ActionIds, is_instance

SAFE = re.compile(r"[A-Za-z0-9._:-]+")


def test_server_instance_and_sequence() -> None:
    """R-ID-01: the sequence starts at 1 and never repeats."""
    ids = ActionIds("pbx", "0123abcd")
    assert [ids.draw(), ids.draw(), ids.draw()] == ["pbx:0123abcd:1", "pbx:0123abcd:2", "pbx:0123abcd:3"]
    assert ids.sequence == 3


def test_a_look_ahead_draws_nothing() -> None:
    ids = ActionIds("pbx", "0123abcd")
    assert ids.peek() == ids.peek() == "pbx:0123abcd:1"
    assert ids.peek(ahead=1) == "pbx:0123abcd:2"
    assert ids.sequence == 0
    assert ids.draw() == "pbx:0123abcd:1"


@given(key=st.text(min_size=1), length_max=st.integers(32, 64), drawn=st.integers(0, 10**12 - 2))
def test_no_id_is_longer_or_stranger_than_asterisk_can_echo(key: str, length_max: int, drawn: int) -> None:
    """R-ID-02: at most `max_action_id_length`, ASCII only, whatever the key."""
    ids = ActionIds(key, "0123abcd", length_max=length_max)
    drawn_id = ids.draw(drawn + 1)
    assert len(drawn_id) <= length_max
    assert SAFE.fullmatch(drawn_id)


@pytest.mark.parametrize("length_max", [32, 64])
def test_a_key_that_is_too_long_keeps_all_that_fits(length_max: int) -> None:
    """R-ID-02: the last id there is room for is exactly as long as may be."""
    ids = ActionIds("k" * 200, "0123abcd", length_max=length_max)
    assert len(ids.draw(10**12 - 1)) == length_max


@given(st.lists(st.text(min_size=1), unique=True, min_size=2))
def test_different_keys_have_different_ids(keys: list[str]) -> None:
    """R-ID-02: abbreviated with a stable hash, still unique."""
    prefixes = {ActionIds(key, "0123abcd").prefix for key in keys}
    assert len(prefixes) == len(keys)


def test_an_abbreviation_is_stable_and_readable() -> None:
    """R-ID-02: the same in every process, because the hash is no `hash()`."""
    assert ActionIds("pbx-münchen", "0123abcd").prefix == "pbx-m_nchen.32cf6b63:0123abcd:"
    assert ActionIds("k" * 200, "0123abcd").prefix.startswith("kkkkkkkk")
    assert ActionIds("k" * 42, "0123abcd").prefix == "k" * 42 + ":0123abcd:"
    assert ActionIds("k" * 43, "0123abcd").prefix != "k" * 43 + ":0123abcd:"


def test_it_knows_its_own() -> None:
    """R-ID-03: by the exact id, drawn already or not at all."""
    ids = ActionIds("pbx", "0123abcd")
    ids.draw()
    assert ids.issued("pbx:0123abcd:1")
    for foreign in ("pbx:0123abcd:0", "pbx:0123abcd:2", "pbx:0123abcd:", "pbx:0123abcd:x", "pbx:ffffffff:1"):
        assert not ids.issued(foreign)
    assert not ids.issued("PBX:0123abcd:1")
    assert not ids.issued("pbx:0123abcd:" + "9" * 5000)


@pytest.mark.parametrize("number", ["01", "+1", " 1", "1\n", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_the_same_number_written_otherwise_is_another_id(number: str) -> None:
    """R-ID-03: what looks like ours and was never drawn."""
    ids = ActionIds("pbx", "0123abcd")
    ids.draw(1)
    assert not ids.issued(f"pbx:0123abcd:{number}")


def test_it_knows_its_own_to_the_last() -> None:
    """R-ID-03: to the last number that an id has room for."""
    ids = ActionIds("pbx", "0123abcd")
    assert ids.issued(ids.draw(10**12 - 1))


@pytest.mark.parametrize("text", ["0123abcd", "0123ABCD", "00000000"])
def test_an_instance_is_eight_hex_digits(text: str) -> None:
    assert is_instance(text)


@pytest.mark.parametrize("text", ["", "0123abc", "0123abcde", "0123abcg", "0123abcd\n", "a b c d "])
def test_nothing_else_is_an_instance(text: str) -> None:
    assert not is_instance(text)
