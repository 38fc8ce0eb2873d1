"""Install the peers, run the comparison, write its JSON, table, plots and page.

python -m tests.workshop.bench.peers --install
python -m tests.workshop.bench.peers --only flood calls_1 --contender asyncio panoramisk --rounds 3
python -m tests.workshop.bench.peers --before /path/to/another/tree
"""

import argparse
import json
import sys
from pathlib import Path

from tests.workshop.bench.peers import contest, environments, rounds, table

ROUNDS = 7
QUICK_ROUNDS, QUICK_SCALE = 3, 0.3


def main(words: list[str]) -> None:
    """Do what the command line asks for."""
    asked = arguments().parse_args(words)
    if asked.install:
        for line in environments.install():
            print(line, flush=True)
        return
    quick = asked.quick
    report = rounds.run(
        contest.chosen(asked.only, asked.contender),
        rounds=asked.rounds or (QUICK_ROUNDS if quick else ROUNDS),
        scale=asked.scale * (QUICK_SCALE if quick else 1.0),
        before=asked.before,
        tell=lambda line: print(line, file=sys.stderr, flush=True),
    )
    if asked.json is not None:
        asked.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for line in table.lines(report):
        print(line)


def arguments() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.workshop.bench.peers")
    parser.add_argument("--install", action="store_true", help="make an environment for each peer")
    parser.add_argument("--rounds", type=int, help=f"runs of each, in turns (default {ROUNDS})")
    parser.add_argument("--scale", type=float, default=1.0, help="do so much of each workload")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    parser.add_argument("--only", nargs="+", default=[], help="workloads whose names begin so")
    parser.add_argument("--contender", nargs="+", default=[], help="contenders whose names begin so")
    parser.add_argument("--before", type=Path, help="another tree, whose library is measured too")
    parser.add_argument("--json", type=Path, help="where to write what was measured")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
