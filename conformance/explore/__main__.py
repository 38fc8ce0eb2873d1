"""Explore every scenario, or those that are named, as many at a time as there are processors."""

import sys
from concurrent.futures import ProcessPoolExecutor

from conformance.explore import SCENARIOS, explore


def states_of(name: str) -> int:
    """Return how many there are: an exploration itself is too large to come from another process."""
    return explore(name).states


if __name__ == "__main__":
    with ProcessPoolExecutor() as pool:
        states = sum(pool.map(states_of, sys.argv[1:] or SCENARIOS))
    print(f"{'all together':17} {states:6,} states")
