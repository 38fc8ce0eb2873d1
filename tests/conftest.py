"""Wiring for the whole suite: plugins that bring command line options must be loaded from here."""

import sys
from pathlib import Path

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
