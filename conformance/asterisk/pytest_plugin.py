"""A pytest plugin: the fixture `asterisk` runs a test on every real server that is available.

* By default these are Asterisk 22 and 16. They are provisioned before the first test, which takes minutes
  once.
* `--asterisk HOST:PORT` uses the user's own server; AMI_USERNAME and AMI_SECRET log in (admin, s3cr3t).
* Without a server the tests fail with one line that says why; AMI_NO_ASTERISK=1 makes that a skip.

A server is started once and shared. A test may stop, kill or freeze it: it is started again after the test.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from conformance.asterisk.provision import SUITES, AsteriskUnavailable, provision, tell
from conformance.asterisk.server import AsteriskServer, ManagerAccount
from conformance.asterisk.targets import AsteriskTarget, ExternalServer

FIXTURES = frozenset({"asterisk", "asterisk_pair"})

EXTERNAL = "external"
"""Parameter of the user's own server."""

TREES = pytest.StashKey[dict[int, Path | AsteriskUnavailable]]()
"""For each version its tree, or why there is none."""

Launch = Callable[[int], AsteriskServer]

_Server = TypeVar("_Server")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--asterisk HOST:PORT`."""
    parser.getgroup("asterisk").addoption(
        "--asterisk",
        dest="asterisk_address",
        metavar="HOST:PORT",
        help="run the tests against this AMI server instead of provisioned ones (AMI_USERNAME, AMI_SECRET)",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each server."""
    if "asterisk" in metafunc.fixturenames:
        versions = [EXTERNAL] if _address(metafunc.config) else list(SUITES)
        names = [f"asterisk-{version}" for version in versions]
        metafunc.parametrize("asterisk", versions, ids=names, indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that uses a real server: a forgotten mark would start one in a quick run."""
    for item in items:
        if _needs_asterisk(item):
            item.add_marker("asterisk")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build missing trees now: it takes minutes, and a fixture's time counts towards its test's timeout."""
    config = session.config
    wanted = any(_needs_asterisk(item) for item in session.items)
    if not wanted or _address(config) or config.getoption("collectonly"):
        return
    config.stash[TREES] = {version: _tree(version) for version in SUITES}


@pytest.fixture(scope="session")
def asterisk_launch(pytestconfig: pytest.Config) -> Iterator[Launch]:
    """Return a function that starts a version, or returns the server that it started before."""
    trees = pytestconfig.stash.get(TREES, {})
    servers: dict[int, AsteriskServer] = {}
    with ExitStack() as stack:

        def launch(version: int) -> AsteriskServer:
            tree = trees.get(version)
            if isinstance(tree, AsteriskUnavailable):
                raise tree
            if version not in servers:
                servers[version] = stack.enter_context(AsteriskServer(version, tree))
            return servers[version]

        yield launch


@pytest.fixture(scope="session")
def asterisk(request: pytest.FixtureRequest, asterisk_launch: Launch) -> AsteriskTarget:
    """Return a running Asterisk: every version in turn, or the user's own server."""
    if request.param != EXTERNAL:
        return _require(lambda: asterisk_launch(request.param))
    user = ManagerAccount(os.environ.get("AMI_USERNAME", "admin"), os.environ.get("AMI_SECRET", "s3cr3t"))
    return _require(lambda: ExternalServer(_address(request.config), user))


@pytest.fixture(scope="session")
def asterisk_pair(
    request: pytest.FixtureRequest, asterisk_launch: Launch
) -> tuple[AsteriskServer, AsteriskServer]:
    """Return Asterisk 22 and 16, both running: for a client of several servers."""
    if _address(request.config):
        pytest.skip("--asterisk names one server, and this test takes two")
    return _require(lambda: (asterisk_launch(22), asterisk_launch(16)))


@pytest.fixture(autouse=True)
def _asterisk_survives(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start the servers again that a test stopped, killed or froze."""
    yield
    used = FIXTURES.intersection(request.fixturenames)
    if "asterisk" in used:
        request.getfixturevalue("asterisk").ensure_running()
    if "asterisk_pair" in used:
        for server in request.getfixturevalue("asterisk_pair"):
            server.ensure_running()


def _address(config: pytest.Config) -> str:
    return str(config.getoption("asterisk_address") or "")


def _needs_asterisk(item: pytest.Item) -> bool:
    return not FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def _tree(version: int) -> Path | AsteriskUnavailable:
    try:
        return provision(version, tell)
    except AsteriskUnavailable as reason:
        return reason


def _require(make: Callable[[], _Server]) -> _Server:
    """Make a server. If there is none, fail the test with one line, or skip it where the user said so."""
    try:
        return make()
    except AsteriskUnavailable as unavailable:
        reason = str(unavailable)
    if os.environ.get("AMI_NO_ASTERISK") == "1":
        pytest.skip(f"AMI_NO_ASTERISK=1: {reason}")
    pytest.fail(f"{reason} (AMI_NO_ASTERISK=1 skips these tests)", pytrace=False)
