"""Which classes a mask lets through: as Asterisk 22.10.1 was seen to, asked whether FullyBooted came."""

import pytest

from conformance.server.privileges import ALL, NONE, Privilege, parse_classes, parse_mask


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
def test_words_are_compared_as_they_are(mask: str, booted: bool) -> None:
    """R-AUTH-04, facts 2: one with a comma behind it stands for every class that it begins."""
    bits = parse_mask(mask)
    assert bits is not None
    assert (Privilege.SYSTEM in bits) is booted


def test_all_is_every_class_and_nothing_is_none() -> None:
    assert (parse_classes("all"), parse_classes("call,all"), parse_classes("")) == (ALL, ALL, NONE)
    assert parse_mask("") is None
    assert parse_classes("call,agent,user") == Privilege.CALL | Privilege.AGENT | Privilege.USER
