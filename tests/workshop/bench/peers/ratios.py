"""What a report says: rates and ratios, in the middle of its rounds and at their ends."""

from dataclasses import dataclass
from statistics import median

from tests.workshop.bench.peers.rounds import Report

CLOCKS = {"wall": "seconds", "processor": "processor_seconds"}
"""Clocks, and what a sample calls their seconds."""
BEST_PEER = "the best peer"


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of the rounds, and the lowest and highest of them."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Return the spread of at least one value."""
        return cls(median(values), min(values), max(values))


class Figures:
    """The figures of a report, by one clock.

    On a quiet machine the wall is what users feel. On a busy one, processor time leaves out what others did
    meanwhile, and what the client waited for.
    """

    def __init__(self, report: Report, clock: str) -> None:
        self.report = report
        self.clock = clock
        self._runs = {(each["workload"], each["contender"]): each for each in report["runs"]}

    def contenders(self, workload: str) -> list[str]:
        """Return who took part, in the order of the report."""
        return [contender for name, contender in self._runs if name == workload]

    def side(self, workload: str, contender: str) -> str:
        """Return whose program it is."""
        side: str = self._runs[workload, contender]["side"]
        return side

    def failure(self, workload: str, contender: str) -> str | None:
        """Return why there are no figures, or None if there are."""
        run = self._runs.get((workload, contender))
        if run is None:
            return "not measured"
        failure: str | None = run["failure"]
        return failure

    def rates(self, workload: str, contender: str) -> list[float]:
        """Return how much a second each round did."""
        samples: list[dict[str, float]] = self._runs[workload, contender]["samples"]
        return [sample["count"] / sample[CLOCKS[self.clock]] for sample in samples]

    def lost(self, workload: str, contender: str) -> int:
        """Return how many events did not arrive, in all rounds."""
        return sum(int(sample["lost"]) for sample in self._runs[workload, contender]["samples"])

    def size(self, workload: str, contender: str) -> float:
        """Return the bytes of a message."""
        return max(float(sample["size"]) for sample in self._runs[workload, contender]["samples"])

    def best_peer(self, workload: str) -> str | None:
        """Return the peer with the highest rate."""
        peers = [
            contender
            for contender in self.contenders(workload)
            if self.side(workload, contender) == "peer" and self.failure(workload, contender) is None
        ]
        return max(peers, key=lambda each: median(self.rates(workload, each)), default=None)

    def best_ratio(self, workload: str, one: str, other: str) -> float:
        """Return the ratio of the best rounds, which other programs have disturbed least."""
        return max(self.rates(workload, one)) / max(self.rates(workload, other))

    def ratio(self, workload: str, one: str, other: str) -> Spread | None:
        """Return the ratio of two contenders in each round; None if one of them has no figures."""
        found = self.best_peer(workload) if other == BEST_PEER else other
        if found is None or self.failure(workload, one) or self.failure(workload, found):
            return None
        pairs = zip(self.rates(workload, one), self.rates(workload, found), strict=True)
        return Spread.of([mine / theirs for mine, theirs in pairs])
