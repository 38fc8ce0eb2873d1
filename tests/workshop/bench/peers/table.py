"""The figures of a report as text."""

from collections.abc import Iterator

from tests.workshop.bench.peers.contest import WORKLOADS
from tests.workshop.bench.peers.ratios import Figures, Spread
from tests.workshop.bench.peers.targets import SIZE, Verdict, verdicts


def lines(figures: Figures) -> Iterator[str]:
    """Yield a table for each workload that was run, and the verdicts."""
    for workload in WORKLOADS:
        contenders = figures.contenders(workload.name)
        if contenders:
            yield ""
            yield f"{workload.title}: {workload.unit} of {figures.clock} time"
            yield from (_line(figures, workload.name, contender) for contender in contenders)
    yield ""
    yield from (_verdict(each) for each in verdicts(figures) if each.found is not None)


def _line(figures: Figures, workload: str, contender: str) -> str:
    name = f"  {contender:34}"
    failure = figures.failure(workload, contender)
    if failure is not None:
        return f"{name}{failure}"
    rates = Spread.of(figures.rates(workload, contender))
    text = f"{name}{rates.middle:12,.0f}  ({rates.low:,.0f} to {rates.high:,.0f})".ljust(76)
    text += _beside(figures, workload, contender, figures.best_peer(workload))
    size, lost = figures.size(workload, contender), figures.lost(workload, contender)
    return f"{text}{f'{size:6,.0f} bytes' if size else ''}{f'  lost {lost:,}' if lost else ''}"


def _beside(figures: Figures, workload: str, contender: str, best: str | None) -> str:
    """Return the ratio to the best peer, if there is one."""
    ratio = None if best is None else figures.ratio(workload, contender, best)
    if best is None or ratio is None:
        return ""
    least_disturbed = figures.best_ratio(workload, contender, best)
    return f"{ratio.middle:6.2f} ({ratio.low:.2f} to {ratio.high:.2f}; best {least_disturbed:.2f}) x {best}"


def _verdict(verdict: Verdict) -> str:
    target = verdict.target
    name = f"{target.title}, {target.contender}"
    return f"{verdict.word:8} {name:52} {found_text(verdict):24} wanted {target.limit()}; {target.wish()}"


def found_text(verdict: Verdict) -> str:
    """Return what was found for a target."""
    if verdict.found is None:
        return "not measured"
    if verdict.target.against == SIZE:
        return f"{verdict.found.middle:,.0f} bytes"
    lost = f", {verdict.lost:,} lost" if verdict.lost else ""
    return f"{verdict.found.middle:.2f} ({verdict.found.low:.2f} to {verdict.found.high:.2f}){lost}"
