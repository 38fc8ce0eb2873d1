"""The figures of a run as text."""

from collections.abc import Iterator
from statistics import median

from tests.workshop.bench.peers.contest import WORKLOADS
from tests.workshop.bench.peers.rounds import Report


def lines(report: Report) -> Iterator[str]:
    """Yield a table for each workload that was run."""
    for workload in WORKLOADS:
        runs = [each for each in report["runs"] if each["workload"] == workload.name]
        if runs:
            yield ""
            yield f"{workload.title} ({workload.unit})"
            yield from (_line(each, best_peer(runs)) for each in runs)


def best_peer(runs: list[Report]) -> Report | None:
    """Return the peer with the highest median rate."""
    peers = [each for each in runs if each["peer"] and each["samples"]]
    return max(peers, key=lambda each: median(rates(each)), default=None)


def rates(run: Report) -> list[float]:
    """Return the rate of each round, by the clock on the wall."""
    return [sample["count"] / sample["seconds"] for sample in run["samples"]]


def ratios(run: Report, other: Report) -> list[float]:
    """Return the ratio of two contenders in each round."""
    return [one / two for one, two in zip(rates(run), rates(other), strict=False)]


def _line(run: Report, best: Report | None) -> str:
    name = f"  {run['contender']:34}"
    if run["failure"] is not None:
        return f"{name}{run['failure']}"
    each = rates(run)
    processor = median(sample["count"] / sample["processor_seconds"] for sample in run["samples"])
    text = f"{name}{median(each):10,.0f}  ({min(each):,.0f} to {max(each):,.0f})".ljust(72)
    text += f"  by processor {processor:10,.0f}"
    if best is not None:
        text += f"  {median(ratios(run, best)):6.2f} x {best['contender']}"
    lost = sum(sample["lost"] for sample in run["samples"])
    return text + (f"  LOST {lost:,.0f}" if lost else "")
