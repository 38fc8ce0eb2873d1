"""The library beside other AMI clients, in turns and in one run: `python -m tests.workshop.bench.peers`."""

from collections.abc import Iterator

QUICK_ROUNDS, QUICK_SCALE = 3, 0.3


def figures() -> Iterator[str]:
    """Yield the table of a quick run."""
    # Here, because the interpreters of the peers import this module too, and have nothing else.
    from tests.workshop.bench.peers import contest, rounds, table
    from tests.workshop.bench.peers.ratios import Figures

    report = rounds.run(contest.chosen([], []), rounds=QUICK_ROUNDS, scale=QUICK_SCALE)
    yield from table.lines(Figures(report, "wall"))
