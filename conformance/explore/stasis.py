"""A connection put by and brought back, any number of times: pickled, but for what it never changes."""

import pickle
from io import BytesIO
from random import Random
from typing import Final

from ami_proto import Disconnect, ServerConfig, SessionId, Ticket, Watch
from ami_proto.correlation.strategies import Automatic
from conformance.explore.subject import Subject
from conformance.playbook import Heard

SHARED: Final = (ServerConfig, SessionId, Ticket, Automatic, Disconnect, Watch, Heard, Random)
"""Kept as they are, and shared by all copies: values do not change, and the dice need not be the same twice,
for the backoff does not jitter. To read them anew would take longer than all the rest."""


class Stasis:
    """Where the connections of one exploration are put by."""

    def __init__(self) -> None:
        self._kept: dict[int, object] = {}

    def freeze(self, subject: Subject) -> bytes:
        """Put one by."""
        into = BytesIO()
        _Pickler(into, self._kept).dump(subject)
        return into.getvalue()

    def thaw(self, frozen: bytes) -> Subject:
        """Bring a copy back."""
        subject: Subject = _Unpickler(BytesIO(frozen), self._kept).load()
        return subject


class _Pickler(pickle.Pickler):
    def __init__(self, into: BytesIO, kept: dict[int, object]) -> None:
        super().__init__(into, pickle.HIGHEST_PROTOCOL)
        self._kept = kept

    def persistent_id(self, each: object) -> int | None:
        if not isinstance(each, SHARED):
            return None
        self._kept[id(each)] = each
        return id(each)


class _Unpickler(pickle.Unpickler):
    def __init__(self, source: BytesIO, kept: dict[int, object]) -> None:
        super().__init__(source)
        self._kept = kept

    def persistent_load(self, number: int) -> object:
        return self._kept[number]
