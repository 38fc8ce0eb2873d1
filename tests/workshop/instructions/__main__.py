"""Count the instructions of these works, or of all, and compare them with the baseline.

The exit status is 1 if one takes too many, 2 if they cannot be counted. With another interpreter than that of
the baseline, the counts are printed and not judged.
"""

import argparse
import sys
from collections.abc import Sequence

from tests.workshop.instructions import baseline
from tests.workshop.instructions.counting import CountFailed, count_rounds
from tests.workshop.instructions.work import WORKS


def main(arguments: Sequence[str] | None = None) -> int:
    """Count and compare, or write; return the exit status."""
    given = _parser().parse_args(arguments)
    try:
        counts = count_rounds(given.names or list(WORKS))
    except CountFailed as error:
        print(error)
        return 2
    if given.write:
        baseline.write(counts)
    made_with, wanted = baseline.read()
    if made_with != baseline.interpreter():
        print(f"the baseline is of {made_with}; these counts of {baseline.interpreter()} are not judged")
        wanted = {}
    verdicts = list(baseline.judge(counts, wanted))
    for verdict in verdicts:
        print(verdict)
    return 0 if all(verdict.is_good for verdict in verdicts) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.workshop.instructions", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *WORKS], metavar="NAME", help=", ".join(WORKS))
    parser.add_argument("--write", action="store_true", help="make these counts the baseline")
    return parser


if __name__ == "__main__":
    sys.exit(main())
