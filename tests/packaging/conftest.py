"""What the tests of the distributions share: each is built once, each environment made once."""

from pathlib import Path

import pytest

from tests.distributions import CONFORMANCE, FOLDERS, PROTO, Environment, build, environment, only, unpack


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdists and wheels of this tree into one folder."""
    out = tmp_path_factory.mktemp("built")
    for project in FOLDERS.values():
        build(project, out, "sdist", "wheel")
    return out


@pytest.fixture(scope="session")
def rebuilt(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build wheels from those sdists."""
    out = tmp_path_factory.mktemp("rebuilt")
    for name in FOLDERS:
        build(unpack(only(built, f"{name}-*.tar.gz"), tmp_path_factory.mktemp("source")), out, "wheel")
    return out


@pytest.fixture(scope="session")
def proto_wheel(built: Path) -> Path:
    """Return the wheel of ami-proto."""
    return only(built, f"{PROTO}-*.whl")


@pytest.fixture(scope="session")
def conformance_wheel(built: Path) -> Path:
    """Return the wheel of ami-conformance."""
    return only(built, f"{CONFORMANCE}-*.whl")


@pytest.fixture(scope="session")
def proto_alone(proto_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Do `pip install ami-proto`, without an index."""
    return environment(tmp_path_factory.mktemp("proto"), "--no-index", proto_wheel)


@pytest.fixture(scope="session")
def proto_and_pytest(proto_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Do `pip install ami-proto pytest`."""
    return environment(tmp_path_factory.mktemp("pytest"), proto_wheel, "pytest")


@pytest.fixture(scope="session")
def suite(
    proto_wheel: Path, conformance_wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """Do `pip install "ami-conformance[suite]"`."""
    return environment(tmp_path_factory.mktemp("suite"), proto_wheel, f"{conformance_wheel}[suite]")
