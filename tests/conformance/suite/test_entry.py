"""What pytest loads where this package is installed: the plugin for the suite, else nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OTHERS = """
def pytest_addoption(parser):
    parser.addoption("--backend")
"""

TEST = """
import sys

def test_it(pytestconfig):
    assert pytestconfig.getoption("--backend") == "theirs"
    assert [name for name in sys.modules if name.partition(".")[0] in ("ami_proto", "ami_backends")] == []
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in an empty folder, with only what is installed."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_other_users_of_pytest_are_left_alone(tmp_path: Path) -> None:
    """`--backend` may belong to another plugin, and coverage must start before any package is imported."""
    (tmp_path / "conftest.py").write_text(OTHERS, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(TEST, encoding="utf-8")
    ran = run(tmp_path, "--backend", "theirs", "test_it.py")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("part", ["conformance.suite", "conformance.suite.test_unreachable"])
def test_the_suite_is_chosen_by_its_name(part: str, tmp_path: Path) -> None:
    """R-DRIVER-07; its marker is known, too."""
    words = ["--pyargs", part, "--backend", "trio", "-m", "not asterisk", "-k", "a_port_without_a_server"]
    ran = run(tmp_path, "--strict-markers", "-W", "error", "-p", "no:asyncio", *words)
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr


def test_a_plugin_that_is_loaded_already_is_not_loaded_twice(tmp_path: Path) -> None:
    words = ["--pyargs", "conformance.suite", "--backend", "trio", "-k", "a_port_without_a_server"]
    ran = run(tmp_path, "-p", "conformance.suite.plugin", *words)
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr
