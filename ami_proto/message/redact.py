"""Mask what must not be shown (R-ACT-05, R-OBS-04). Server keys and ActionIDs are never masked."""

import re
from collections.abc import Iterable
from typing import Final

MASK: Final = "***"

_SECRET_NAME: Final = re.compile(r"secret|passw(or)?d|passphrase|token|credential", re.IGNORECASE)

# Headers that are secret in one action only: the answer to a challenge, and a variable's value.
_SECRET_IN: Final = {"login": "key", "setvar": "value"}

# The name of a variable may be shown, its value may not.
_VARIABLE: Final = "variable"


def redact(pairs: Iterable[tuple[str, str]], action_name: str = "") -> list[tuple[str, str]]:
    """Return the headers of an action with every value masked that looks like a secret."""
    secret_here = _SECRET_IN.get(action_name.lower())
    masked: list[tuple[str, str]] = []
    for name, value in pairs:
        lowered = name.lower()
        if lowered == secret_here or _SECRET_NAME.search(name):
            masked.append((name, MASK))
        elif lowered == _VARIABLE and lowered != secret_here:
            variable, equals, _ = value.partition("=")
            masked.append((name, f"{variable}={MASK}" if equals else MASK))
        else:
            masked.append((name, value))
    return masked
