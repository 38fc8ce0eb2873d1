"""An environment for each peer, made by one command: `python -m tests.workshop.bench.peers --install`.

pyst2 and asterisk-ami both call their package `asterisk`, so no two peers share one.
"""

import io
import subprocess
import sys
import tarfile
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
FOLDER = ROOT / ".bench"
"""Git ignores it."""

PINNED_ON = "2026-11-29"
PEERS = {
    "panoramisk": "1.4",
    "asterisk-ami": "0.1.7",
    "astami": "1.1.0",
    "pystrix": "1.3.0",
    "pyami-asterisk": "1.5.2",
    "pyst2": "0.5.1",
}
"""The newest releases on that day, by their names on PyPI."""
BEFORE = "4cdd26a"
"""A commit of the library with which trio is compared: no peer runs on trio."""

PATIENCE = 300.0
"""Seconds that pip may take for one of them."""
NOT_THERE = "not installed: python -m tests.workshop.bench.peers --install"


def interpreter(peer: str | None) -> str:
    """Return the interpreter that has a peer; None: this one, which has the library."""
    return sys.executable if peer is None else str(FOLDER / peer / "bin" / "python")


def library_of(commit: str | None) -> Path:
    """Return the tree with the library of a commit; None: this one."""
    return ROOT if commit is None else FOLDER / commit


def missing(peer: str | None, commit: str | None) -> str | None:
    """Return why a peer or a commit cannot be measured, or None if it can."""
    there = Path(interpreter(peer)).exists() and library_of(commit).exists()
    return None if there else NOT_THERE


def install() -> Iterator[str]:
    """Make the environments that are missing, and yield a line for each. A failure stops no other."""
    for peer, version in PEERS.items():
        made = missing(peer, None) is None
        yield f"{peer} {version}: {'is there' if made else _made(peer, f'{peer}=={version}')}"
    made = missing(None, BEFORE) is None
    yield f"the library of {BEFORE}: {'is there' if made else _unpacked(BEFORE)}"


def _made(peer: str, requirement: str) -> str:
    """Make an environment; return what came of it."""
    new = FOLDER / f"{peer}.new"
    try:
        venv.create(new, clear=True, with_pip=True)
        _output(str(new / "bin" / "python"), "-m", "pip", "install", "-q", requirement)
    except (OSError, subprocess.SubprocessError) as error:
        return _failure(error)
    new.rename(FOLDER / peer)  # an interpreter finds its packages beside itself, wherever it is
    return "installed"


def _unpacked(commit: str) -> str:
    """Unpack the library of a commit; return what came of it."""
    try:
        data = _output("git", "-C", str(ROOT), "archive", commit, "ami_proto", "ami_backends", "conformance")
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            archive.extractall(FOLDER / commit, filter="data")
    except (OSError, subprocess.SubprocessError) as error:
        return _failure(error)
    return "unpacked"


def _output(*command: str) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE).stdout


def _failure(error: Exception) -> str:
    said = getattr(error, "stderr", None) or str(error).encode()
    return f"failed: {said.decode(errors='replace').strip().splitlines()[-1]}"
