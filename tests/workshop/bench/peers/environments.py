"""An environment for each peer, made by one command: `python -m tests.workshop.bench.peers --install`.

pyst2 and asterisk-ami both call their package `asterisk`, so no two peers share one.
"""

import subprocess
import sys
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

PATIENCE = 300.0
"""Seconds that pip may take for one of them."""


def interpreter(peer: str | None) -> str:
    """Return the interpreter that has a peer; None: this one, which has the library."""
    if peer is None:
        return sys.executable
    return str(FOLDER / peer / "bin" / "python")


def missing(peer: str | None) -> str | None:
    """Return why a peer cannot be measured, or None if it can."""
    if peer is None or Path(interpreter(peer)).exists():
        return None
    return "not installed: python -m tests.workshop.bench.peers --install"


def install() -> Iterator[str]:
    """Make the environments that are missing, and yield a line for each. A failure stops no other."""
    for peer, version in PEERS.items():
        if missing(peer) is None:
            yield f"{peer} {version}: is there"
            continue
        failure = _make(peer, f"{peer}=={version}")
        yield f"{peer} {version}: {failure or 'installed'}"


def _make(peer: str, requirement: str) -> str | None:
    """Make one environment; return why that failed."""
    made, target = FOLDER / f"{peer}.new", FOLDER / peer
    try:
        venv.create(made, clear=True, with_pip=True)
        subprocess.run(
            [made / "bin" / "python", "-m", "pip", "install", "-q", requirement],
            check=True,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        return f"failed: {said.strip().splitlines()[-1]}"
    made.rename(target)  # an interpreter finds its packages beside itself, wherever it is
    return None
