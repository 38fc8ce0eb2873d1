"""Plain data -> typed values, at the edge where configuration comes in as text (R-CONF-02).

What is typed already passes as it is; what cannot be read raises `ConfigError` with key, value, rule.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from ami_proto.errors import ConfigError

TRUE: Final = frozenset({"1", "true", "yes", "on"})
FALSE: Final = frozenset({"0", "false", "no", "off"})

_WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?([0-9]{1,18}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?", re.ASCII)

HIDDEN: Final = "..."
"""Stands in an error for a value that may be a secret: under an unknown key, too, there may be one."""

UNKNOWN_KEY: Final = "unknown key"
"""The rule that a key breaks which is none: it may be anything, a secret too."""


def as_bool(key: str, value: object) -> object:
    """Read a switch: 1, true, yes, on; 0, false, no, off; any case."""
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if word not in TRUE and word not in FALSE:
        raise ConfigError(key, value, "must be true or false")
    return word in TRUE


def as_int(key: str, value: object) -> object:
    """Read a whole number."""
    if not isinstance(value, str):
        return value
    if not _WHOLE_NUMBER.fullmatch(value.strip()):
        raise ConfigError(key, value, "must be a whole number")
    return int(value)


def as_float(key: str, value: object) -> object:
    """Read a number; without unit, seconds are meant."""
    if not isinstance(value, str):
        return value
    if not _NUMBER.fullmatch(value.strip()):
        raise ConfigError(key, value, "must be a number")
    return float(value)


def as_tuple(key: str, value: object) -> tuple[object, ...]:
    """Read a list; one text is none, for it would be taken for as many items as it has characters."""
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise ConfigError(key, value, "must be a list")
    return tuple(value)


def merged(lower: Mapping[str, object], upper: Mapping[str, object]) -> dict[str, object]:
    """Return both, key by key, tables inside them as well; where both have a value, the upper's counts.

    True over a table says no more than that there is one.
    """
    both = dict(lower)
    for key, value in upper.items():
        below = both.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            value = merged(below, value)
        elif isinstance(below, Mapping) and _says_true(value):
            value = below
        both[key] = value
    return both


def _says_true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() in TRUE)


def pattern(key: str, text: object) -> re.Pattern[str]:
    """Return a regular expression, of any case. One that matches nothing at all would match everywhere."""
    if not isinstance(text, str):
        raise ConfigError(key, text, "each pattern must be text")
    try:
        compiled = re.compile(text, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise ConfigError(key, text, f"is no regular expression: {error}") from None
    if compiled.search("") or compiled.fullmatch(""):
        raise ConfigError(key, text, "must not match an empty text")
    return compiled
