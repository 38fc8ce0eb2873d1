"""Wiring for the suite."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from conformance.leaks import nothing_left
from conformance.peer import Peer, PeerFactory, Script

pytest_plugins = [
    "conformance.asterisk.fixtures",
    "conformance.heap",
    "conformance.server.fixtures",
    "conformance.suite.plugin",
]

__all__ = ["nothing_left"]


@pytest.fixture
def start_peer() -> Iterator[PeerFactory]:
    """Give a function that starts scripted peers; all of them end after the program, off its loop."""
    with ExitStack() as peers:

        def start(*scripts: Script, context: ssl.SSLContext | None = None) -> Peer:
            return peers.enter_context(Peer(*scripts, context=context))

        yield start
