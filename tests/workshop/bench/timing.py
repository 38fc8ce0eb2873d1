"""Processor time of pieces of work: other processes do not count."""

from collections.abc import Callable
from time import process_time

from conformance.suite.heap import set_aside


def least_seconds(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Return the least time of each work in so many rounds."""
    least = [float("inf")] * len(works)
    with set_aside():
        for _ in range(rounds):  # in turns, so that a slow moment of the machine affects all alike
            for number, work in enumerate(works):
                begin = process_time()
                work()
                least[number] = min(least[number], process_time() - begin)
    return least
