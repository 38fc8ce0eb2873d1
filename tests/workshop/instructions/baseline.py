"""The committed counts, and what is said of new ones beside them."""

import json
import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.workshop.instructions.work import WORKS

FILE: Final = Path(__file__).with_name("baseline.json")
BETTER: Final = 0.05
"""Share below the baseline from which it should be written anew: what was gained could be lost unseen."""


def interpreter() -> str:
    """Return what counts depend on: they differ between releases of Python, compilers and machines."""
    return f"{platform.python_implementation()} {sys.version.split()[0]}, {platform.machine()}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of the count of one work."""

    name: str
    count: int
    wanted: int | None
    """What the baseline has; None if it has none."""

    @property
    def is_good(self) -> bool:
        """Whether it takes no more than the baseline, within what runs differ by."""
        return self.wanted is None or self.count <= self.wanted * (1 + WORKS[self.name].tolerance)

    def __str__(self) -> str:
        shown = f"{self.name:16}{self.count / 1e6:9.2f} million instructions a round"
        if self.wanted is None:
            return f"{shown}   not in the baseline"
        change = self.count / self.wanted - 1
        shown += f"   {change:+7.1%} (at most {WORKS[self.name].tolerance:+.0%})"
        if not self.is_good:
            return f"{shown}   too many"
        return f"{shown}   write the baseline anew" if change < -BETTER else shown


def judge(counts: Mapping[str, int], baseline: Mapping[str, int]) -> Iterator[Verdict]:
    """Yield the verdict on each count."""
    for name, count in counts.items():
        yield Verdict(name, count, baseline.get(name))


def read(file: Path = FILE) -> tuple[str, dict[str, int]]:
    """Return the interpreter that the baseline was made with, and its counts."""
    content = json.loads(file.read_text(encoding="utf-8"))
    return content["interpreter"], content["rounds"]


def write(counts: Mapping[str, int], file: Path = FILE) -> None:
    """Write the counts of this interpreter; works that were not counted keep theirs if it is the same one."""
    made_with, known = read(file) if file.exists() else ("", {})
    rounds = {**(known if made_with == interpreter() else {}), **counts}
    content = {
        "interpreter": interpreter(),
        "rounds": {name: rounds[name] for name in WORKS if name in rounds},
    }
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
