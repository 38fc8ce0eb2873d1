"""Try the mutants of these paths, or a sample of them, and print how many the tests kill."""

import argparse
import math
import os
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from random import Random

from tests.workshop.mutation.ground import GROUNDS, Ground
from tests.workshop.mutation.ledger import Ledger, read_equivalent
from tests.workshop.mutation.mutants import Key, Mutant, mutants_of
from tests.workshop.mutation.pool import TrialResult, UnfitGroundError, look_around, try_all
from tests.workshop.mutation.recorded import Recorded


def main(arguments: Sequence[str] | None = None) -> int:
    """Try mutants; return 0 if enough are killed, and no more survive than the lists say."""
    given = _parser().parse_args(arguments)
    if given.record and (given.sample or given.only):
        print("only whole modules can be recorded")
        return 2
    grounds = [ground for ground in GROUNDS if ground.modules(given.paths)]
    if given.grounds:
        grounds = Random(given.seed).sample(grounds, min(given.grounds, len(grounds)))
    failed = [_try_ground(ground, given) for ground in grounds]
    return 1 if any(failed) else 0


def _try_ground(ground: Ground, given: argparse.Namespace) -> bool:
    """Try the mutants of one ground; return whether its tests are not good enough."""
    modules = ground.modules(given.paths)
    mutants = [mutant for module in modules for mutant in mutants_of(ground.root, module)]
    equivalent = {key: why for key, why in read_equivalent().items() if key.path in modules}
    stale = equivalent.keys() - {mutant.key for mutant in mutants}
    if given.sample:
        chosen = Random(given.seed).sample(mutants, min(given.sample, len(mutants)))
        mutants = sorted(chosen, key=lambda mutant: (mutant.key.path, mutant.ordinal))
    if given.only:
        mutants = [mutant for mutant in mutants if given.only in str(mutant)]
    ledger = Ledger(ground.root / given.results, ground.root)
    try:
        killed = _try(ground, mutants, ledger, given, equivalent)
    except UnfitGroundError as error:
        print(error)
        return True
    if given.record:
        _record(mutants, killed, equivalent)
    risen = Recorded().risen(mutants, killed)
    for mutant in risen:
        print(f"killed in the recorded run, and survived now: {mutant}")
    share = ground.share - (_deviation(ground.share, len(mutants)) if given.sample else 0.0)
    good = _is_good_enough(mutants, killed, equivalent, stale, share)
    return bool(risen) or not good


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.workshop.mutation", description=__doc__)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="modules or folders (all grounds)")
    parser.add_argument("--sample", type=int, metavar="N", help="so many of each ground, drawn from all")
    parser.add_argument("--grounds", type=int, metavar="N", help="in so many grounds, drawn too (all)")
    parser.add_argument("--seed", default="0", metavar="TEXT", help="the same text draws the same sample (0)")
    parser.add_argument(
        "--record", action="store_true", help="write the results of whole modules to the list"
    )
    parser.add_argument("--only", metavar="TEXT", help="those whose description has this text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="cores to use")
    parser.add_argument(
        "--results",
        default=".mutation/results.jsonl",
        metavar="FILE",
        help="kept to continue from (%(default)s)",
    )
    return parser


def _try(
    ground: Ground,
    mutants: Sequence[Mutant],
    ledger: Ledger,
    given: argparse.Namespace,
    equivalent: Collection[Key],
) -> dict[Key, str]:
    """Return the killer of each dead mutant, from earlier runs or from this one; print each survivor."""
    killed = ledger.killed(mutants)
    todo = [mutant for mutant in mutants if mutant.key not in killed]
    places = ", ".join(ground.places)
    print(f"{len(mutants)} mutants of {places}; {len(killed)} of them killed before", flush=True)
    if not todo:
        return killed
    reach = look_around(ground)
    print(f"{len(reach.seconds)} tests, {sum(reach.seconds.values()):.0f} s under coverage", flush=True)
    for test in sorted(reach.failed):
        print(f"fails without any mutant, and judges none: {test}")
    jobs = given.jobs * ground.jobs_per_core
    for path, results in groupby(try_all(ground, reach, todo, jobs), lambda result: result.mutant.key.path):
        for result in results:
            ledger.write(result)
            if result.killed_by:
                killed[result.mutant.key] = result.killed_by
            elif result.mutant.key not in equivalent:
                _print_survivor(result)
        if given.record:  # at once: a full run takes hours, and may be interrupted
            _record((mutant for mutant in mutants if mutant.key.path == path), killed, equivalent)
    risen = [] if given.record else Recorded().risen(todo, killed)
    if risen:  # their killer may have been just beyond the budget
        results = try_all(ground, reach, risen, jobs, 3)
        killed |= {result.mutant.key: result.killed_by for result in results if result.killed_by}
    return killed


def _deviation(share: float, count: int) -> float:
    """Return by how much a sample may miss the share of all by bad luck: two standard deviations."""
    return 2 * math.sqrt(share * (1 - share) / max(1, count))


def _record(mutants: Iterable[Mutant], killed: Mapping[Key, str], equivalent: Collection[Key]) -> None:
    """Write the results of whole modules to the list."""
    Recorded().record([mutant for mutant in mutants if mutant.key not in equivalent], killed)


def _print_survivor(result: TrialResult) -> None:
    print(f"survived, {result.seconds:.1f} s: {result.mutant}", flush=True)


def _is_good_enough(
    mutants: Sequence[Mutant],
    killed: Mapping[Key, str],
    equivalent: Mapping[Key, str],
    stale: Collection[Key],
    share: float,
) -> bool:
    """Print the result of each folder; return whether they are good enough together."""
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
    return dead["all"] >= share * folders["all"] and not risen and not stale


if __name__ == "__main__":
    sys.exit(main())
