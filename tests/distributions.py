"""Build the two distributions of this tree, and install them into environments that have nothing else."""

import os
import shlex
import subprocess
import sys
import tarfile
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROTO = "ami_proto"
CONFORMANCE = "ami_conformance"
FOLDERS = {PROTO: ROOT, CONFORMANCE: ROOT / "conformance"}
"""Where the pyproject.toml of each distribution is."""


def build(project: Path, out: Path, *targets: str) -> None:
    """Build `wheel` or `sdist`, with the hatchling that runs these tests: nothing is downloaded."""
    words = [word for target in targets for word in ("--target", target)]
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(out), *words]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def unpack(sdist: Path, out: Path) -> Path:
    """Unpack a source distribution; return its folder."""
    with tarfile.open(sdist) as archive:
        # The argument `filter=` came with 3.11.4; the attribute does no harm before.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
        archive.extractall(out)
    return out / sdist.name.removesuffix(".tar.gz")


def only(folder: Path, pattern: str) -> Path:
    """Return the one file of a folder that matches."""
    (found,) = folder.glob(pattern)
    return found


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment with what was installed into it, and without the clone."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def install(self, *requirements: str | Path) -> None:
        """Install from wheels and the package index; where that fails, end the test with one line."""
        command = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "--quiet"]
        done = subprocess.run(
            [*command, *map(str, requirements)], capture_output=True, text=True, check=False, env=outside()
        )
        if done.returncode == 0:
            return
        lines = reversed(done.stderr.splitlines())
        reason = next((line for line in lines if line.startswith("ERROR")), done.stderr)
        if os.environ.get("AMI_NO_INDEX") == "1":
            pytest.skip(f"AMI_NO_INDEX=1: {reason}")
        pytest.fail(f"pip: {reason} (AMI_NO_INDEX=1 skips tests that install from an index)", pytrace=False)

    def run(self, line: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a command line in a folder, to its end."""
        command = self.command(line)
        return subprocess.run(
            command, cwd=folder, env=outside(), capture_output=True, text=True, check=False, timeout=120
        )

    def command(self, line: str) -> list[str]:
        """Return the words of a command line; the program is one of this environment."""
        program, *words = shlex.split(line)
        return [str(self.folder / "bin" / program), *words]


def environment(folder: Path, *requirements: str | Path) -> Environment:
    """Make an environment in a folder. It has no pip, which takes seconds: the one that runs us installs."""
    venv.create(folder, with_pip=False)
    made = Environment(folder)
    made.install(*requirements)
    return made


def outside() -> Mapping[str, str]:
    """Return the environment of a process that must find installed packages only."""
    return {
        key: value for key, value in os.environ.items() if not key.startswith(("AMI_", "PYTEST", "PYTHON"))
    }
