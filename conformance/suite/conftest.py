"""Plugins and fixtures of the suite."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from conformance.laws.peer import Peer, PeerFactory, Script
from conformance.mock.certificates import CertificateAuthority
from conformance.suite.leaks import nothing_left

pytest_plugins = [
    "conformance.asterisk.pytest_plugin",
    "conformance.suite.heap",
    "conformance.mock.fixtures",
    "conformance.suite.plugin",
]

__all__ = ["nothing_left"]


@pytest.fixture
def good_context(mock_authority: CertificateAuthority) -> ssl.SSLContext:
    """Return the context of a server with a good certificate."""
    return mock_authority.server_context()


@pytest.fixture
def start_peer() -> Iterator[PeerFactory]:
    """Return a function that starts scripted peers. They end after the program, outside its loop."""
    with ExitStack() as peers:

        def start(*scripts: Script, context: ssl.SSLContext | None = None) -> Peer:
            return peers.enter_context(Peer(*scripts, context=context))

        yield start
