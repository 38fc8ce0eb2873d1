"""Try the mutants of these paths, or a sample of them, and say how many the tests kill."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final

from conformance.mutation.ground import Ground
from conformance.mutation.ledger import Ledger, read_equivalent
from conformance.mutation.mutants import Key, Mutant, mutants_of
from conformance.mutation.pool import UnfitGroundError, Verdict, look_around, try_all

ROOT: Final = Path(__file__).resolve().parents[2]
CORE: Final = Ground(
    ROOT,
    "ami_proto",
    ("tests/ami_proto", "tests/laws"),
    unfit=("costs_no_more_per_byte", "is_linear", "large_frame_byte_by_byte"),
)
LAYERS: Final = [f"ami_proto/{layer}" for layer in ("wire", "message", "correlation", "connection")]

SHARE: Final = 0.9
"""Of the mutants that change something, how many must be killed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Try mutants; return 0 when enough of them are killed and the list of equivalent ones is true."""
    given = _parser().parse_args(arguments)
    modules = CORE.modules(given.paths or LAYERS)
    mutants = [mutant for module in modules for mutant in mutants_of(CORE.root, module)]
    equivalent = {key: why for key, why in read_equivalent().items() if key.path in modules}
    stale = equivalent.keys() - {mutant.key for mutant in mutants}
    if given.sample:
        chosen = Random(given.seed).sample(mutants, min(given.sample, len(mutants)))
        mutants = sorted(chosen, key=lambda mutant: (mutant.key.path, mutant.ordinal))
    if given.only:
        mutants = [mutant for mutant in mutants if given.only in str(mutant)]
    try:
        killed = _try(mutants, Ledger(CORE.root / given.results, CORE.root), given.jobs, equivalent)
    except UnfitGroundError as error:
        print(error)
        return 1
    return _judgement(mutants, killed, equivalent, stale)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance.mutation", description=__doc__)
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="modules or folders (the layers of the core)"
    )
    parser.add_argument("--sample", type=int, metavar="N", help="so many, drawn from all")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="the same S draws the same sample (0)"
    )
    parser.add_argument("--only", metavar="TEXT", help="those whose description has this text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="at a time")
    parser.add_argument(
        "--results",
        default=".mutation/results.jsonl",
        metavar="FILE",
        help="kept to continue from (%(default)s)",
    )
    return parser


def _try(
    mutants: Sequence[Mutant], ledger: Ledger, jobs: int, equivalent: Collection[Key]
) -> Mapping[Key, str]:
    """Return what killed each that is dead, from earlier runs or from this one; print each survivor."""
    killed = ledger.killed(mutants)
    todo = [mutant for mutant in mutants if mutant.key not in killed]
    print(f"{len(mutants)} mutants, {len(killed)} of them killed before", flush=True)
    if not todo:
        return killed
    reach = look_around(CORE)
    print(f"{len(reach.seconds)} tests, {sum(reach.seconds.values()):.0f} s under coverage", flush=True)
    for test in sorted(reach.failed):
        print(f"fails without any mutant, and judges none: {test}")
    for verdict in try_all(CORE, reach, todo, jobs):
        ledger.write(verdict)
        if verdict.killed_by:
            killed[verdict.mutant.key] = verdict.killed_by
        elif verdict.mutant.key not in equivalent:
            _print_survivor(verdict)
    return killed


def _print_survivor(verdict: Verdict) -> None:
    print(f"survived, {verdict.seconds:.1f} s: {verdict.mutant}", flush=True)


def _judgement(
    mutants: Sequence[Mutant],
    killed: Mapping[Key, str],
    equivalent: Mapping[Key, str],
    stale: Collection[Key],
) -> int:
    """Print how each folder fared; return 1 where that is not good enough."""
    folders: Counter[str] = Counter()
    dead: Counter[str] = Counter()
    for mutant in mutants:
        if mutant.key not in equivalent:
            for folder in (str(Path(mutant.key.path).parent), "all"):
                folders[folder] += 1
                dead[folder] += mutant.key in killed
    for folder, count in folders.items():
        print(f"{folder:24} {dead[folder]:5} of {count:5} killed   {dead[folder] / count:6.1%}")
    risen = [key for key in equivalent if key in killed]
    for key in risen:
        print(f"listed as equivalent, but killed by {killed[key]}: {key}")
    for key in stale:
        print(f"listed as equivalent, but no mutant: {key}")
    enough = dead["all"] >= SHARE * folders["all"]
    return 0 if enough and not risen and not stale else 1


if __name__ == "__main__":
    sys.exit(main())
