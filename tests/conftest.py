"""Fixtures of the whole suite. Pytest takes plugins that add command line options from here only."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Plain `pytest` puts this folder on the path, and `tests/conformance` would shadow the package of that name.
# With the repository in front the suite also runs from a checkout that is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

pytest_plugins = [
    "conformance.asterisk.pytest_plugin",
    "conformance.suite.heap",
    "conformance.mock.fixtures",
    "tests.playbooks",
    "tests.talking",
]


@pytest.fixture(scope="session", autouse=True)
def children_take_sigint() -> Iterator[None]:
    """Let child processes end on SIGINT.

    A shell makes what it starts in the background ignore SIGINT, and children inherit that.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.fixture
def alarm() -> Iterator[None]:
    """Let a test use SIGALRM: afterwards stop its timer, and restore its handler."""
    if sys.gettrace() is not None and sys.version_info < (3, 12):
        pytest.skip("CPython 3.11 spins in a traced thread while a signal waits: run it without coverage")
    before = signal.getsignal(signal.SIGALRM)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
