"""A pytest plugin: the fixture `asterisk` runs a test against every real server there is.

* By default these are Asterisk 22 and 16, provisioned before the first test (minutes, once; later runs find
  them).
* `--asterisk HOST:PORT` takes the user's own server; AMI_USERNAME and AMI_SECRET log in (admin, s3cr3t).
* Where none can be had the tests fail with one line that says why; AMI_NO_ASTERISK=1 makes that a skip.

A server is started once and shared. A test may stop, kill or freeze it: it is brought back after the test.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from conformance.asterisk.provision import SUITES, AsteriskUnavailable, provision, tell
from conformance.asterisk.server import AsteriskServer, User
from conformance.asterisk.targets import ExternalServer, Target

FIXTURES = frozenset({"asterisk", "asterisk_pair"})

EXTERNAL = "external"
"""The parameter that stands for the user's own server."""

TREES = pytest.StashKey[dict[int, Path | AsteriskUnavailable]]()
"""What provisioning gave for each version: a tree, or the reason why there is none."""

Launch = Callable[[int], AsteriskServer]

Server = TypeVar("Server")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--asterisk HOST:PORT`."""
    parser.getgroup("asterisk").addoption(
        "--asterisk",
        dest="asterisk_address",
        metavar="HOST:PORT",
        help="run the tests against this AMI server instead of provisioned ones (AMI_USERNAME, AMI_SECRET)",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat a test for every server."""
    if "asterisk" in metafunc.fixturenames:
        versions = [EXTERNAL] if _address(metafunc.config) else list(SUITES)
        names = [f"asterisk-{version}" for version in versions]
        metafunc.parametrize("asterisk", versions, ids=names, indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever uses a real server, so that a forgotten mark does not bring one into the quick run."""
    for item in items:
        if _needs_asterisk(item):
            item.add_marker("asterisk")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build what is missing now: it takes minutes, and a fixture's time counts against its test's timeout."""
    config = session.config
    wanted = any(_needs_asterisk(item) for item in session.items)
    if not wanted or _address(config) or config.getoption("collectonly"):
        return
    config.stash[TREES] = {version: _tree(version) for version in SUITES}


@pytest.fixture(scope="session")
def asterisk_launch(pytestconfig: pytest.Config) -> Iterator[Launch]:
    """Give a function that starts a version, or returns the one that it started before."""
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
def asterisk(request: pytest.FixtureRequest, asterisk_launch: Launch) -> Target:
    """Give a running Asterisk: every version in turn, or the user's own server."""
    if request.param != EXTERNAL:
        return _had(lambda: asterisk_launch(request.param))
    user = User(os.environ.get("AMI_USERNAME", "admin"), os.environ.get("AMI_SECRET", "s3cr3t"))
    return _had(lambda: ExternalServer(_address(request.config), user))


@pytest.fixture(scope="session")
def asterisk_pair(
    request: pytest.FixtureRequest, asterisk_launch: Launch
) -> tuple[AsteriskServer, AsteriskServer]:
    """Give Asterisk 22 and 16, both running: for a client of several servers."""
    if _address(request.config):
        pytest.skip("--asterisk names one server, and this test takes two")
    return _had(lambda: (asterisk_launch(22), asterisk_launch(16)))


@pytest.fixture(autouse=True)
def _asterisk_survives(request: pytest.FixtureRequest) -> Iterator[None]:
    """Bring the servers that a test used back to life after it."""
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


def _had(make: Callable[[], Server]) -> Server:
    """Make a server, or end the test with one line: red, unless the user said that there is none here."""
    try:
        return make()
    except AsteriskUnavailable as unavailable:
        reason = str(unavailable)
    if os.environ.get("AMI_NO_ASTERISK") == "1":
        pytest.skip(f"AMI_NO_ASTERISK=1: {reason}")
    pytest.fail(f"{reason} (AMI_NO_ASTERISK=1 skips these tests)", pytrace=False)
