"""The pace of dials over a whole cluster: judged exactly, and drawn as text."""

from collections import Counter
from collections.abc import Iterator

import ami_proto as ami

from .account import ROUNDING, Findings

BAR_WIDTH = 50


class DialPace:
    """Require that no window of time has more dials than rate and burst allow.

    A bucket leaks `connect_rate` dials in a second; each dial adds one, and it never holds more than
    `connect_burst`. That is so for each window of time if it is so from each moment on.
    """

    def __init__(self, limits: ami.ClusterConfig, findings: Findings) -> None:
        self.dials: Counter[int] = Counter()
        """Dials in each second."""
        self._limits = limits
        self._findings = findings
        self._level = 0.0
        self._at = 0.0

    @property
    def count(self) -> int:
        """Every dial so far."""
        return self.dials.total()

    def dial(self, now: float) -> None:
        """Take a dial."""
        limits = self._limits
        self._level = max(0.0, self._level - limits.connect_rate * (now - self._at)) + 1.0
        self._at = now
        self.dials[int(now)] += 1
        self._findings.require(
            self._level <= limits.connect_burst + ROUNDING * limits.connect_rate,
            f"a dial at {now} is faster than {limits.connect_rate:g} in a second after a burst of"
            f" {limits.connect_burst}",
        )

    def bars(self, first: int, last: int) -> Iterator[str]:
        """Yield a line for each second, with a bar as long as its dials."""
        most = max(self.dials[second] for second in range(first, last + 1)) or 1
        for second in range(first, last + 1):
            count = self.dials[second]
            bar = "#" * round(BAR_WIDTH * count / most)
            yield f"{second - first:4d} s {count:4d} {bar}".rstrip()
