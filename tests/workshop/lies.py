"""Plant lies in the engine, one at a time, and see whether the worlds find them.

    python -m tests.workshop.lies                # every lie
    python -m tests.workshop.lies gap backoff    # those whose sentence has one of these words

Each lie replaces a text in a copy of the tree, in which the fixed seeds then run until one of them finds it.
No lie raises or hangs, and the laws, which look at the machine alone, do not find it: that takes a comparison
with the server's ledger. A survivor is a hole in `conformance/world`, or the text has gone from its file.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Final

from tests.workshop.lie_table import LIES, Lie

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("ami_proto", "ami_backends", "conformance")
SEEDS: Final = 700
"""Worlds in which a lie must be found; the first that finds it ends the run."""
SECONDS_MAX: Final = 60.0
"""Seconds of one lie."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a lie: the seed that found it and the rule that it broke, or neither."""

    lie: Lie
    seed: int | None
    rule: str
    seconds: float

    def __str__(self) -> str:
        if self.seed is None:
            return f"SURVIVED             {self.seconds:5.1f} s  {self.lie.sentence}"
        return f"found at seed {self.seed:5d}  {self.seconds:5.1f} s  {self.lie.sentence} [{self.rule}]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Plant each lie, run the worlds, and print what found it; return 0 if all were found."""
    parser = argparse.ArgumentParser(prog="python -m tests.workshop.lies", description=main.__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only lies with one of these words")
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help="worlds of each (%(default)s)")
    given = parser.parse_args(arguments)
    words = [word.lower() for word in given.words]
    chosen = [lie for lie in LIES if not words or any(word in lie.sentence.lower() for word in words)]
    trials: list[Trial] = []
    for lie in chosen:
        trials.append(try_lie(lie, given.seeds))
        print(trials[-1], flush=True)
    survivors = sum(trial.seed is None for trial in trials)
    print(f"{len(trials)} lies, {survivors} survived")
    return 1 if survivors or not trials else 0


def try_lie(lie: Lie, seeds: int = SEEDS) -> Trial:
    """Run the worlds with a lie in the engine, until one of them finds it."""
    began = monotonic()
    with planted(lie) as tree:
        said = _run(tree, lie.seed, seeds)
    found = re.search(r"^seed (\d+): (.*)", said, re.MULTILINE)
    seconds = monotonic() - began
    return Trial(lie, int(found[1]), found[2][:100], seconds) if found else Trial(lie, None, "", seconds)


@contextmanager
def planted(lie: Lie) -> Iterator[Path]:
    """Copy the packages to a temporary folder, with the lie. Raises `ValueError` if its text is gone."""
    with TemporaryDirectory(prefix="lie-") as folder:
        tree = Path(folder)
        for package in PACKAGES:
            shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
        file = tree / lie.file
        text = file.read_text(encoding="utf-8")
        if text.count(lie.old) != 1:
            raise ValueError(f"{lie.file} has {text.count(lie.old)} times: {lie.old}")
        file.write_text(text.replace(lie.old, lie.new), encoding="utf-8")
        yield tree


def _run(tree: Path, seed: int, seeds: int) -> str:
    """Return the output of the worlds in a tree; what there is of it when the time is over."""
    command = [
        sys.executable,
        "-m",
        "conformance.world",
        "--seed",
        str(seed),
        "--seeds",
        str(seeds),
        "--first",
    ]
    try:
        done = subprocess.run(
            command, cwd=tree, capture_output=True, text=True, check=False, timeout=SECONDS_MAX
        )
    except subprocess.TimeoutExpired as late:
        return late.stdout.decode() if isinstance(late.stdout, bytes) else ""
    if done.returncode not in (0, 1) or done.stderr:
        raise RuntimeError(f"the worlds did not run: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
