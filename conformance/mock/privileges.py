"""Privilege classes of events and actions, and how Asterisk parses and prints them.

The bits are those of include/asterisk/manager.h (EVENT_FLAG_*), because `Events: 3` is a bit mask on the
wire.
"""

from enum import IntFlag
from functools import cache


class Privilege(IntFlag):
    """The classes of `perms[]` (main/manager.c), in the order that every `Privilege` header has."""

    SYSTEM = 1 << 0
    CALL = 1 << 1
    LOG = 1 << 2
    VERBOSE = 1 << 3
    COMMAND = 1 << 4
    AGENT = 1 << 5
    USER = 1 << 6
    CONFIG = 1 << 7
    DTMF = 1 << 8
    REPORTING = 1 << 9
    CDR = 1 << 10
    DIALPLAN = 1 << 11
    ORIGINATE = 1 << 12
    AGI = 1 << 13
    CC = 1 << 15
    AOC = 1 << 16
    TEST = 1 << 17
    SECURITY = 1 << 18
    MESSAGE = 1 << 19


NONE = Privilege(0)
ALL = Privilege(sum(Privilege))

_TRUE = frozenset({"yes", "true", "y", "t", "1", "on"})
_FALSE = frozenset({"no", "false", "n", "f", "0", "off"})


@cache
def parse_classes(words: str) -> Privilege:
    """Parse `call,system` or `all`; an unknown word adds nothing (get_perm).

    Words are compared exactly, with blanks and case. A word before a comma means every class that begins with
    it (ast_instring, main/manager.c).
    """
    *earlier, last = words.split(",")
    bits = NONE
    for name, bit in {**_BY_NAME, "all": ALL}.items():
        if name == last or any(name.startswith(word) for word in earlier):
            bits |= bit
    return bits


def parse_mask(text: str) -> Privilege | None:
    """Parse the value of `Events` or `EventMask`; None if it is empty (strings_to_mask)."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return Privilege(int(text) & ALL)
    if is_true(text):
        return ALL
    if text.lower() in _FALSE:
        return NONE
    return parse_classes(text)


@cache
def describe(bits: Privilege) -> str:
    """Return the value of a `Privilege` header: the classes and `all`, or `<none>` (authority_to_str)."""
    return ",".join([name for name, bit in _BY_NAME.items() if bit & bits] + ["all"]) if bits else "<none>"


def name_classes(bits: Privilege) -> str:
    """Name the classes of a user: `all` is among them only if he has every one (authority_to_str)."""
    return describe(bits) if bits in (NONE, ALL) else describe(bits).removesuffix(",all")


def is_true(text: str) -> bool:
    """Whether Asterisk reads a text as true (ast_true, main/utils.c)."""
    return text.lower() in _TRUE


_BY_NAME = {(privilege.name or "").lower(): privilege for privilege in Privilege}
