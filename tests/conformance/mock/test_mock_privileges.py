"""The classes of a mask, as Asterisk 22.10.1 showed by sending FullyBooted or not."""

import pytest

from conformance.mock.privileges import ALL, NONE, Privilege, parse_classes, parse_mask


@pytest.mark.parametrize(
    ("mask", "booted"),
    [
        ("system", True),
        ("all", True),
        ("call,system", True),
        ("system,call", True),
        ("on", True),
        ("YES", True),
        ("1", True),
        ("3", True),
        ("sys,call", True),
        (",call", True),
        ("call", False),
        ("2", False),
        ("off", False),
        ("No", False),
        ("call, system", False),
        ("System,Call", False),
        ("All", False),
        ("system ", False),
        ("1 ", False),
        ("call,sys", False),
        ("nonsense", False),
    ],
)
def test_words_are_compared_exactly(mask: str, booted: bool) -> None:
    """R-AUTH-04, facts 2: a word before a comma means every class that begins with it."""
    bits = parse_mask(mask)
    assert bits is not None
    assert (Privilege.SYSTEM in bits) is booted


def test_all_is_every_class_and_nothing_is_none() -> None:
    assert (parse_classes("all"), parse_classes("call,all"), parse_classes("")) == (ALL, ALL, NONE)
    assert parse_mask("") is None
    assert parse_classes("call,agent,user") == Privilege.CALL | Privilege.AGENT | Privilege.USER
