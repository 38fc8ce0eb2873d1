"""Run the long runs: `python -m conformance.long_runs`, or some of them by name."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from random import SystemRandom

from .corruption import run_corruption
from .day import HOURS, run_day
from .flooder import run_flooder
from .outage import run_outage
from .reconnects import run_deaths, run_reconnects
from .run_report import RunReport

FRESH_SEED_MAX = 10**9


def main(arguments: Sequence[str] | None = None) -> int:
    """Run each; print a block for each. Return 1 if anything was false."""
    parser = argparse.ArgumentParser(prog="python -m conformance.long_runs", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="RUN", help=f"{', '.join(RUNS)} (all)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="(%(default)s)")
    parser.add_argument("--fresh", action="store_true", help="draw the seed; it is printed")
    parser.add_argument("--scale", type=float, default=1.0, metavar="X", help="of each run's size (1)")
    parser.add_argument("--hours", type=float, default=HOURS, metavar="H", help="of the day (%(default)g)")
    parser.add_argument("--laws", action="store_true", help="check the laws at every call, which is slow")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.names if name not in RUNS]:
        parser.error(f"no such run: {', '.join(unknown)}; there are {', '.join(RUNS)}")
    seed = SystemRandom().randrange(FRESH_SEED_MAX) if given.fresh else given.seed
    good = True
    for name in given.names or RUNS:
        run = partial(run_day, hours=given.hours) if name == "day" else RUNS[name]
        report = run(seed, given.scale, laws=given.laws)
        print("\n".join(report.block()), flush=True)
        good = good and report.good
    return 0 if good else 1


RUNS: dict[str, Callable[..., RunReport]] = {
    "day": run_day,
    "reconnects": run_reconnects,
    "deaths": run_deaths,
    "outage": run_outage,
    "flooder": run_flooder,
    "corruption": run_corruption,
}
"""Each takes a seed, a scale and `laws`."""

if __name__ == "__main__":
    sys.exit(main())
