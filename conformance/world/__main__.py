"""Run worlds: `python -m conformance.world --seeds 100`, or one again: `--seed 7`."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable

from .world import Report, World


def main(arguments: list[str] | None = None) -> int:
    """Run every seed; print what was seen, and the story of each run that went wrong."""
    parser = argparse.ArgumentParser(prog="python -m conformance.world", description=main.__doc__)
    parser.add_argument("--seeds", type=int, metavar="N", help="how many worlds (100; with --seed, 1)")
    parser.add_argument("--seed", type=int, metavar="S", help="the first of them (0)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of weather in each, virtual (60)")
    parser.add_argument("--hashes", action="store_true", help="print only the hash of each run")
    given = parser.parse_args(arguments)
    first = given.seed or 0
    count = given.seeds or (100 if given.seed is None else 1)
    reports: list[Report] = []
    failures = 0
    for seed in range(first, first + count):
        try:
            report = World(seed).run(given.seconds)
        except AssertionError as failure:
            failures += 1
            print(f"seed {seed}: {failure}\n", flush=True)
            continue
        reports.append(report)
        if given.hashes:
            print(seed, report.hash)
    if not given.hashes:
        for line in summary(reports) if reports else ():
            print(line)
        print(f"{failures} went wrong")
    return 1 if failures else 0


def summary(reports: Iterable[Report]) -> Iterable[str]:
    """Yield what these runs have seen, together."""
    reports = list(reports)
    told: Counter[str] = sum((report.told for report in reports), Counter())
    refusals: Counter[str] = sum((report.refusals for report in reports), Counter())
    hours = sum(report.seconds for report in reports) / 3600
    steps = sum(report.steps for report in reports)
    dials = sum(report.dials for report in reports)
    yield f"{len(reports)} worlds, {hours:.1f} virtual hours, {steps} steps, {dials} dials"
    if len(reports) == 1:
        yield f"seed {reports[0].seed}, hash {reports[0].hash}"
    yield f"READY again within {max(report.recovery for report in reports):.1f} s after everything healed"
    yield "weather   " + _counts(Counter(name for report in reports for name in report.weather))
    yield "told      " + _counts(told)
    yield "refused   " + _counts(refusals)


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
