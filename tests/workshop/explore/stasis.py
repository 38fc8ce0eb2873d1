"""Connections as bytes: pickled, except for values that never change."""

import pickle
from io import BytesIO
from random import Random
from typing import Final

from ami_proto import Disconnect, ServerConfig, Ticket
from ami_proto.correlation.strategies import Automatic
from ami_proto.drivers import SessionId, Watch
from conformance.laws.playbook import SentAction
from tests.workshop.explore.subject import Subject

SHARED: Final = (ServerConfig, SessionId, Ticket, Automatic, Disconnect, Watch, SentAction, Random)
"""Shared by all copies: values do not change, and the random numbers do not matter, because the backoff has
no jitter. To pickle these would take longer than all the rest."""


class Stasis:
    """Storage for the connections of one exploration."""

    def __init__(self) -> None:
        self._kept: dict[int, object] = {}

    def freeze(self, subject: Subject) -> bytes:
        """Return a copy as bytes."""
        into = BytesIO()
        _Pickler(into, self._kept).dump(subject)
        return into.getvalue()

    def thaw(self, frozen: bytes) -> Subject:
        """Return a connection from its bytes."""
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
