"""Count the instructions of a round of work: the difference of two runs leaves out what happens once."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.workshop.instructions.work import WORKS

ROOT: Final = Path(__file__).resolve().parents[3]
VALGRIND: Final = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
SECONDS_MAX: Final = 1200.0
"""Of all runs: callgrind is some fifty times slower than the processor."""


class CountFailed(Exception):
    """Raised where a run cannot be counted; its text is one sentence."""


def count_rounds(names: Sequence[str]) -> dict[str, int]:
    """Return the instructions of one round of each work. Raises `CountFailed`."""
    command = [*VALGRIND, sys.executable, "-m", "tests.workshop.instructions.work", *names]
    # Hashes of text differ between processes otherwise, and with them what a dictionary costs.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    try:
        run = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
    except FileNotFoundError:
        raise CountFailed("valgrind is not installed: apt-get install valgrind") from None
    except subprocess.TimeoutExpired:
        raise CountFailed(f"{', '.join(names)} took more than {SECONDS_MAX:g} s") from None
    if run.returncode:
        raise CountFailed(f"valgrind ended with status {run.returncode}: {run.stderr[-300:]!r}")
    return rounds_of(run.stdout, run.stderr)


def rounds_of(runs: str, log: str) -> dict[str, int]:
    """Return a round of each work: the difference of its runs, whose processes are in valgrind's log."""
    collected = dict(re.findall(r"^==(\d+)== Collected : (\d+)", log, re.MULTILINE))
    totals: dict[str, list[int]] = {}
    for line in runs.splitlines():
        name, _, process = line.split()
        if process not in collected:
            raise CountFailed(f"valgrind's log lacks {name}: {log[-300:]!r}")
        totals.setdefault(name, []).append(int(collected[process]))
    rounds: dict[str, int] = {}
    for name, (few, many) in totals.items():
        rounds[name] = round((many - few) / (WORKS[name].many - WORKS[name].few))
    return rounds
