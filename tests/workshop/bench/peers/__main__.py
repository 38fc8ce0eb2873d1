"""Install the peers, measure, and write the page.

    python -m tests.workshop.bench.peers --install
    python -m tests.workshop.bench.peers --only flood calls_1 --contender asyncio panoramisk --rounds 3
    python -m tests.workshop.bench.peers --also before=TREE --also compiled=FOLDER
    python -m tests.workshop.bench.peers --write-page

The rest: `--help`.
"""

import argparse
import sys
from pathlib import Path

from tests.workshop.bench.peers import QUICK_ROUNDS, QUICK_SCALE, contest, environments, page, rounds, table
from tests.workshop.bench.peers.ratios import CLOCKS, Figures

ROUNDS = 7


def main(words: list[str]) -> None:
    """Do what the command line asks for."""
    asked = arguments().parse_args(words)
    if asked.install:
        for line in environments.install():
            print(line, flush=True)
    elif asked.draw:
        print(*page.write(), sep="\n")
    else:
        measure(asked)


def measure(asked: argparse.Namespace) -> None:
    """Measure, print the table, and write what was asked for."""
    quick = asked.quick
    report = rounds.run(
        contest.chosen(asked.only, asked.contender),
        rounds=asked.rounds or (QUICK_ROUNDS if quick else ROUNDS),
        scale=asked.scale * (QUICK_SCALE if quick else 1.0),
        libraries=dict(asked.also),
        tell=lambda line: print(line, file=sys.stderr, flush=True),
    )
    for line in table.lines(Figures(report, asked.clock)):
        print(line)
    if asked.json is not None:
        page.record(report, asked.clock, asked.json)
    if asked.write_page:
        page.record(report, asked.clock)
        print(*page.write(), sep="\n")


def named_path(text: str) -> tuple[str, Path]:
    """Read `NAME=PATH`."""
    name, _, path = text.partition("=")
    return name, Path(path).resolve(strict=True)


def arguments() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.workshop.bench.peers")
    parser.add_argument("--install", action="store_true", help="make an environment for each peer")
    parser.add_argument("--rounds", type=int, help=f"runs of each, in turns (default {ROUNDS})")
    parser.add_argument("--scale", type=float, default=1.0, help="do so much of each workload")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    parser.add_argument("--only", nargs="+", default=[], help="these workloads, or kinds of them")
    parser.add_argument("--contender", nargs="+", default=[], help="these contenders")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="processor: for a busy machine")
    parser.add_argument(
        "--also",
        type=named_path,
        action="append",
        default=[],
        help="NAME=TREE: measure that library too",
    )
    parser.add_argument("--json", type=Path, help="where to write what was measured")
    parser.add_argument("--write-page", action="store_true", help="record it, and write page and pictures")
    parser.add_argument("--draw", action="store_true", help="write page and pictures from what was recorded")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
