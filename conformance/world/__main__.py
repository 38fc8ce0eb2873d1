"""Run worlds: `python -m conformance.world --seeds 100`, or one again: `--seed 7`."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import SystemRandom

from .minimise import fail, minimise
from .scenario import draw_scenario, read_scenario, write_scenario
from .world import World, WorldReport

FRESH_SEED_MAX = 10**9
LINES_SHOWN = 40
"""Lines of the trace that a failure shows."""


def main(arguments: list[str] | None = None) -> int:
    """Run every seed. Print what the runs have reached, and the trace of each failed one."""
    parser = argparse.ArgumentParser(prog="python -m conformance.world", description=main.__doc__)
    parser.add_argument("--seeds", type=int, metavar="N", help="how many worlds (100; with --seed, 1)")
    parser.add_argument("--seed", type=int, metavar="S", help="the first of them (0)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of weather in each, virtual (60)")
    parser.add_argument("--fresh", action="store_true", help="draw the first seed; it is printed")
    parser.add_argument("--first", action="store_true", help="stop at the first that goes wrong")
    parser.add_argument("--hashes", action="store_true", help="print only the hash of each run")
    parser.add_argument("--minimise", type=int, metavar="S", help="leave out of a failing world what can be")
    parser.add_argument("--scenario", type=Path, metavar="FILE", help="run the world of a file")
    given = parser.parse_args(arguments)
    if given.minimise is not None or given.scenario is not None:
        return _run_one(given.minimise, given.seconds, given.scenario)
    first = SystemRandom().randrange(FRESH_SEED_MAX) if given.fresh else given.seed or 0
    count = given.seeds or (100 if given.seed is None else 1)
    if given.fresh:
        print(f"seeds {first} to {first + count - 1}", flush=True)
    reports: list[WorldReport] = []
    failures = 0
    for seed in range(first, first + count):
        try:
            report = World(draw_scenario(seed, given.seconds)).run()
        except AssertionError as failure:
            failures += 1
            print(describe(seed, failure), flush=True)
            if given.first:
                break
            continue
        reports.append(report)
        if given.hashes:
            print(seed, report.hash)
    if not given.hashes:
        for line in summary(reports) if reports else ():
            print(line)
        print(f"{failures} went wrong")
    return 1 if failures else 0


def describe(seed: int, failure: AssertionError) -> str:
    """Return a failure with its seed, its weather and the last lines of the trace."""
    first, *rest = str(failure).splitlines()
    shown = rest if len(rest) <= LINES_SHOWN else [*rest[:4], "...", *rest[-LINES_SHOWN:]]
    notes = getattr(failure, "__notes__", [])
    repeat = f"to make it smaller: python -m conformance.world --minimise {seed}"
    return "\n".join([f"seed {seed}: {first}", *shown, *notes, repeat, ""])


def _run_one(seed: int | None, seconds: float, file: Path | None) -> int:
    """Run one scenario, and minimise it if it is a seed's."""
    scenario = draw_scenario(seed or 0, seconds)
    if file is not None:
        scenario, _ = read_scenario(file.read_text("utf-8"))
    if seed is None:
        failure = fail(scenario)
        print("0 went wrong" if failure is None else describe(scenario.seed, failure.error))
        return 0 if failure is None else 1
    found = minimise(scenario, lambda what: print(f"# {what}", flush=True))
    if found is None:
        print(f"# seed {seed} does not fail")
        return 0
    smallest, failure = found
    print("".join(f"# {line}\n" for line in describe(seed, failure.error).splitlines()))
    print(write_scenario(smallest, failure.kind))
    return 1


def summary(reports: Iterable[WorldReport]) -> Iterable[str]:
    """Yield lines about all runs together."""
    reports = list(reports)
    counts: Counter[str] = sum((report.counts for report in reports), Counter())
    refusals: Counter[str] = sum((report.refusals for report in reports), Counter())
    hours = sum(report.seconds for report in reports) / 3600
    steps = sum(report.steps for report in reports)
    dials = sum(report.dials for report in reports)
    yield f"{len(reports)} worlds, {hours:.1f} virtual hours, {steps} steps, {dials} dials"
    if len(reports) == 1:
        yield f"seed {reports[0].seed}, hash {reports[0].hash}"
    yield f"READY again within {max(report.recovery for report in reports):.1f} s after everything healed"
    yield "weather   " + _counts(Counter(name for report in reports for name in report.weather))
    yield "reached   " + _counts(counts)
    yield "refused   " + _counts(refusals)


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
