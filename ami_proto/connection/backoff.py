"""How long to wait before the next attempt."""

from random import Random

EXPONENT_MAX = 64
"""Where doubling has reached any cap; beyond it a float would overflow."""


class Backoff:
    """Draw delays: the n-th is uniform between `low` and min(`high`, `low` x 2^n).

    Full jitter above a floor: servers that fail together do not come back together, and none is
    asked again at once. The count goes back to zero only when the owner says that it is stable.
    """

    __slots__ = ("_high", "_low", "_random", "failures")

    def __init__(self, low: float, high: float, random: Random) -> None:
        self._low = low
        self._high = high
        self._random = random
        self.failures = 0

    def next_delay(self) -> float:
        """Count one more failure; return the seconds to wait."""
        self.failures += 1
        cap = min(self._high, self._low * 2.0 ** min(self.failures, EXPONENT_MAX))
        return self._random.uniform(self._low, cap)

    def reset(self) -> None:
        """Begin again: the connection has proved stable."""
        self.failures = 0
