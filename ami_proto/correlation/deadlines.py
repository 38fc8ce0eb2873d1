"""A heap of deadlines with removal: O(log n) each, due ones in order, each once."""

from heapq import heapify, heappop, heappush
from itertools import count
from typing import Generic, TypeVar

Item = TypeVar("Item")

GARBAGE_MIN = 64
"""Below this many cancelled entries a clean-up is not worth its cost."""


class Deadlines(Generic[Item]):
    """Keep items by the time at which they are due."""

    __slots__ = ("_heap", "_live", "_numbers")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._live: dict[int, Item] = {}
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._live)

    def add(self, deadline: float, item: Item) -> int:
        """Keep an item until the deadline; return the number to remove it by."""
        number = next(self._numbers)
        self._live[number] = item
        heappush(self._heap, (deadline, number))
        return number

    def remove(self, number: int) -> None:
        """Forget an item; one that was due already, or never was, is no matter."""
        self._live.pop(number, None)
        garbage = len(self._heap) - len(self._live)
        if garbage > max(GARBAGE_MIN, len(self._live)):
            self._heap = [entry for entry in self._heap if entry[1] in self._live]
            heapify(self._heap)

    def next(self) -> float | None:
        """Return the earliest deadline."""
        heap = self._heap
        while heap and heap[0][1] not in self._live:
            heappop(heap)
        return heap[0][0] if heap else None

    def pop_due(self, now: float) -> Item | None:
        """Return the earliest item that is due, and forget it."""
        deadline = self.next()
        if deadline is None or deadline > now:
            return None
        return self._live.pop(heappop(self._heap)[1])
