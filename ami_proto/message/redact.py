"""Mask what must not be shown (R-ACT-05, R-OBS-04). Server keys and ActionIDs are never masked."""

import re
from collections.abc import Iterable
from typing import Final

MASK: Final = "***"

_SECRET_NAME: Final = re.compile(r"secret|passw(or)?d|passphrase|token|credential", re.IGNORECASE)

# Headers that are secret in one action only: the answer to a challenge, the value of a variable, of a
# database entry, and of a line in a configuration file.
_SECRET_IN: Final = {
    "login": re.compile("key", re.IGNORECASE),
    "setvar": re.compile("value", re.IGNORECASE),
    "dbput": re.compile("val", re.IGNORECASE),
    "updateconfig": re.compile("(value|match)-.*", re.IGNORECASE),
}

# The name of a variable may be shown, its value may not.
_VARIABLE: Final = "variable"


def redact(pairs: Iterable[tuple[str, str]], action_name: str = "") -> list[tuple[str, str]]:
    """Return the headers of an action with every value masked that looks like a secret."""
    secret_here = _SECRET_IN.get(action_name.lower())
    masked: list[tuple[str, str]] = []
    for name, value in pairs:
        if _SECRET_NAME.search(name) or (secret_here is not None and secret_here.fullmatch(name)):
            masked.append((name, MASK))
        elif name.lower() == _VARIABLE:
            variable, equals, _ = value.partition("=")
            masked.append((name, f"{variable}={MASK}" if equals else MASK))
        else:
            masked.append((name, value))
    return masked
