"""Known results of mutants: of earlier runs, and the list of those without an effect."""

import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from tests.workshop.mutation.mutants import Key, Mutant
from tests.workshop.mutation.pool import TrialResult

EQUIVALENT: Final = Path(__file__).with_name("equivalent.toml")


def read_equivalent(file: Path = EQUIVALENT) -> dict[Key, str]:
    """Return the mutants without an effect, and the reasons; an entry may have several `after`."""
    entries = tomllib.loads(file.read_text(encoding="utf-8")).get("equivalent", [])
    return {key: entry["reason"] for entry in entries for key in _keys(entry)}


def _keys(entry: dict[str, Any]) -> Iterator[Key]:
    after = entry["after"]
    for each in [after] if isinstance(after, str) else after:
        yield Key(entry["path"], entry.get("scope", ""), entry["before"], each, entry.get("nth", 1))


class Ledger:
    """Results in a file, one a line, each written at once.

    A killed mutant needs no second trial while its module is unchanged. A survivor does: there may be new
    tests.
    """

    def __init__(self, file: Path, root: Path) -> None:
        self._file = file
        self._root = root
        self._killed: dict[tuple[Key, str], str] = {}
        if file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                self._note(json.loads(line))

    def killed(self, mutants: Iterable[Mutant]) -> dict[Key, str]:
        """Return the killed ones of these, and their killers."""
        known = ((mutant.key, self._killed.get((mutant.key, self._digest(mutant)))) for mutant in mutants)
        return {key: killer for key, killer in known if killer}

    def write(self, verdict: TrialResult) -> None:
        """Append a result."""
        mutant = verdict.mutant
        entry = {
            "mutant": astuple(mutant.key),
            "module": self._digest(mutant),
            "killed_by": verdict.killed_by,
            "seconds": round(verdict.seconds, 2),
        }
        self._note(entry)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(entry) + "\n")

    def _note(self, entry: dict[str, Any]) -> None:
        self._killed[Key(*entry["mutant"]), entry["module"]] = entry["killed_by"]

    def _digest(self, mutant: Mutant) -> str:
        return sha256((self._root / mutant.key.path).read_bytes()).hexdigest()[:16]
