"""Read plain data (TOML, JSON, environment variables) as typed values (R-CONF-02).

Text is read as what it says; values that are typed already pass as they are, for `ServerConfig` to check.
Raises `ConfigError`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from ami_proto.errors import ConfigError

AutoSwitch = bool | Literal["auto"]
"""A switch whose default depends on what the connection has seen."""

TRUE: Final = frozenset({"1", "true", "yes", "on"})
FALSE: Final = frozenset({"0", "false", "no", "off"})

# Narrower than `int` and `float`, which also take `1_000`, the digits of other scripts, `nan` and `infinity`.
# The number of digits is limited, because `int` refuses more than 4300 with an error of its own.
_WHOLE_NUMBER: Final = r"(?a)[+-]?[0-9]{1,18}"
_NUMBER: Final = r"(?a)[+-]?([0-9]{1,18}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?"


def as_bool(key: str, value: object) -> object:
    """Read a switch: 1, true, yes, on; 0, false, no, off; in any case."""
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if word not in TRUE and word not in FALSE:
        raise ConfigError(key, "must be true or false")
    return word in TRUE


def as_auto_switch(key: str, value: object) -> object:
    """Read a switch that may also be `auto`."""
    return "auto" if isinstance(value, str) and value.strip().lower() == "auto" else as_bool(key, value)


def as_int(key: str, value: object) -> object:
    """Read a whole number."""
    if not isinstance(value, str):
        return value
    if not re.fullmatch(_WHOLE_NUMBER, value.strip()):
        raise ConfigError(key, "must be a whole number")
    return int(value)


def as_float(key: str, value: object) -> object:
    """Read a number, without a unit: `10s` is refused."""
    if not isinstance(value, str):
        return value
    if not re.fullmatch(_NUMBER, value.strip()):
        raise ConfigError(key, "must be a number")
    return float(value)


def as_tuple(key: str, value: object) -> tuple[object, ...]:
    """Read a list. Text is refused: it would become a list of its characters."""
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise ConfigError(key, "must be a list")
    return tuple(value)


def merged(lower: Mapping[str, object], upper: Mapping[str, object]) -> dict[str, object]:
    """Return both, merged key by key, nested tables too; a value of `upper` replaces one of `lower`.

    True does not replace a table: `tls = true` turns TLS on and keeps the certificates configured below.
    """
    both = dict(lower)
    for key, value in upper.items():
        below = both.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            value = merged(below, value)
        elif isinstance(below, Mapping) and _is_true(value):
            value = below
        both[key] = value
    return both


def _is_true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() in TRUE)


def patterns(key: str, texts: Iterable[object]) -> tuple[re.Pattern[str], ...]:
    """Compile regular expressions, to be matched in any case.

    Refuses one that matches the empty text, because it would match everywhere.
    """
    return tuple(_pattern(key, f"pattern {number}", text) for number, text in enumerate(texts, 1))


def _pattern(key: str, name: str, text: object) -> re.Pattern[str]:
    if not isinstance(text, str):
        raise ConfigError(key, f"{name} must be text")
    try:
        compiled = re.compile(text, re.IGNORECASE)
    except re.error as error:
        # Without the error's own words: they quote names that stand in the pattern.
        raise ConfigError(key, f"{name} is not a regular expression (position {error.pos})") from None
    except (RecursionError, OverflowError):
        raise ConfigError(key, f"{name} is too large a regular expression") from None
    if compiled.search(""):
        raise ConfigError(key, f"{name} must not match the empty text")
    return compiled
