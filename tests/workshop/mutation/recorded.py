"""The full run that is committed: what it killed, and what survived. Samples are held against it."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from tests.workshop.mutation.mutants import Key, Mutant

RECORDED: Final = Path(__file__).with_name("recorded.json")
HASH_DIGITS: Final = 8
"""Hex digits by which a killed mutant is known: enough for two of one module not to meet."""

TEXT_MAX: Final = 160
"""Characters of a survivor that are shown."""


class Recorded:
    """The mutants of a full run, module by module.

    A killed one is known by a hash, because there are thousands; a survivor by its text, for readers.
    """

    def __init__(self, file: Path = RECORDED) -> None:
        self._file = file
        self._modules: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}

    def risen(self, mutants: Iterable[Mutant], killed: Mapping[Key, str]) -> list[Mutant]:
        """Return the survivors of these that the full run has as killed."""
        return [each for each in mutants if each.key not in killed and self._was_killed(each.key)]

    def record(self, mutants: Iterable[Mutant], killed: Mapping[Key, str]) -> None:
        """Put the results of whole modules in the place of earlier ones."""
        modules: dict[str, Any] = {}
        for mutant in mutants:
            key = mutant.key
            module = modules.setdefault(key.path, {"killed": [], "survived": []})
            if key in killed:
                module["killed"].append(_hash(key))
            else:
                module["survived"].append([key.scope, *_shortened(key.before, key.after), key.nth])
        for module in modules.values():
            module["killed"] = " ".join(sorted(module["killed"]))
        self._modules |= modules
        text = json.dumps(dict(sorted(self._modules.items())), indent=1, ensure_ascii=False)
        self._file.write_text(f"{text}\n", encoding="utf-8")

    def _was_killed(self, key: Key) -> bool:
        return _hash(key) in self._modules.get(key.path, {"killed": ""})["killed"].split()


def _shortened(before: str, after: str) -> tuple[str, str]:
    """Return both texts; of a long table, only what stands around the first difference."""
    pairs = enumerate(zip_longest(before, after))
    shared = next((at for at, (old, new) in pairs if old != new), 0)
    start = max(0, min(shared, len(before) - TEXT_MAX // 2) - TEXT_MAX // 2)
    return before[start : start + TEXT_MAX], after[start : start + TEXT_MAX]


def _hash(key: Key) -> str:
    return sha256("\0".join(map(str, (key.scope, key.before, key.after, key.nth))).encode()).hexdigest()[
        :HASH_DIGITS
    ]
