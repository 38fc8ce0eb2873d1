"""ActionIDs: `{server_key}:{instance}:{sequence}`, unique across sessions, connections and processes.

Asterisk copies an ActionID through fixed buffers of its handlers, the smallest of 80 bytes
(apps/app_confbridge.c): 64 bytes of `[A-Za-z0-9._:-]` are safe in every version (facts, 6.5).
"""

import hashlib
import re

SEQUENCE_DIGITS = 12
"""Digits reserved for the sequence: enough for a thousand actions a second for thirty years."""
INSTANCE_DIGITS = 8
HASH_DIGITS = 8

_UNSAFE = r"[^A-Za-z0-9._:-]"
_NUMBER = "[1-9][0-9]*"
_INSTANCE = rf"[0-9a-fA-F]{{{INSTANCE_DIGITS}}}"


class ActionIds:
    """The ActionIDs of one connection object.

    `instance`, 8 hex digits, distinguishes it from every other object with the same key, also of an earlier
    run of the same program: a late answer to that must not match.
    """

    def __init__(self, server_key: str, instance: str, *, length_max: int = 64) -> None:
        room = length_max - INSTANCE_DIGITS - SEQUENCE_DIGITS - 2
        self.prefix = f"{_wire_key(server_key, room)}:{instance}:"
        self._sequence = 0

    def peek(self, ahead: int = 0) -> str:
        """Return the ActionID that `draw` returns next, or after `ahead` more draws."""
        return f"{self.prefix}{self._sequence + 1 + ahead}"

    def draw(self, count: int = 1) -> str:
        """Draw `count` ActionIDs; return the last."""
        self._sequence += count
        return f"{self.prefix}{self._sequence}"

    @property
    def sequence(self) -> int:
        """The number of ActionIDs drawn."""
        return self._sequence

    def issued(self, action_id: str) -> bool:
        """Whether this ActionID was drawn here, also if its action has ended."""
        if not action_id.startswith(self.prefix):
            return False
        number = action_id[len(self.prefix) :]
        if len(number) > SEQUENCE_DIGITS or not re.fullmatch(_NUMBER, number):
            return False
        return int(number) <= self._sequence


def is_instance(text: str) -> bool:
    """Whether this is a valid instance: the part of an ActionID that names the connection object."""
    return re.fullmatch(_INSTANCE, text) is not None


def _wire_key(server_key: str, room: int) -> str:
    """Return the key if it is short and safe; else its beginning, made safe, and a hash of the key."""
    if len(server_key) <= room and not re.search(_UNSAFE, server_key):
        return server_key
    digest = hashlib.sha256(server_key.encode(errors="surrogatepass")).hexdigest()[:HASH_DIGITS]
    readable = re.sub(_UNSAFE, "_", server_key)[: room - HASH_DIGITS - 1]
    return f"{readable}.{digest}"
