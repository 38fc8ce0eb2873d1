"""Seconds that pieces of work take: of processor time, so that another process costs nothing."""

from collections.abc import Callable
from time import process_time

from conformance.heap import set_aside


def least_seconds(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Return the least seconds that each work took in so many rounds."""
    least = [float("inf")] * len(works)
    with set_aside():
        for _ in range(rounds):  # in turns, so that a slow moment of the machine hits all alike
            for number, work in enumerate(works):
                begin = process_time()
                work()
                least[number] = min(least[number], process_time() - begin)
    return least
