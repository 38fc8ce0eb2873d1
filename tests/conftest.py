"""Wiring for the whole suite: plugins that bring command line options must be loaded from here."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Plain `pytest` puts this folder on the path, not the repository, and `tests/conformance` would stand in for
# the package of that name. So the suite also runs from a checkout that is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

pytest_plugins = [
    "conformance.asterisk.fixtures",
    "conformance.heap",
    "conformance.server.fixtures",
    "stories",
    "talking",
]


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """Have children hear SIGINT, also where a shell has pytest ignore it: in the background of a script."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, signal.SIG_IGN)
