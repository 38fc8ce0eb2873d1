"""Explore every scenario, or the named ones, in as many processes as there are processors."""

import sys
from concurrent.futures import ProcessPoolExecutor

from tests.workshop.explore import SCENARIOS, explore


def states_of(name: str) -> int:
    """Return the number of states: an exploration itself is too large to send between processes."""
    return explore(name).states


if __name__ == "__main__":
    with ProcessPoolExecutor() as pool:
        states = sum(pool.map(states_of, sys.argv[1:] or SCENARIOS))
    print(f"{'all together':17} {states:6,} states")
