"""What a run has shown: figures for people, and what was false."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .account import Findings
from .simulation import Simulation


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run. It is good if nothing was false."""

    name: str
    seed: int
    hash: str
    """The same for the same seed and size, in every process."""
    findings: Findings
    lines: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing was false."""
        return not self.findings.count

    def block(self) -> Iterator[str]:
        """Yield the lines of a readable block."""
        verdict = "as wanted" if self.good else f"{self.findings.count} FALSE"
        yield f"{self.name}: {verdict}   (seed {self.seed}, hash {self.hash})"
        for line in self.lines:
            yield f"    {line}"
        for text in self.findings.texts:
            yield f"    FALSE: {text}"


def figures(simulation: Simulation) -> Iterator[str]:
    """Yield what every run says: how much has happened, and that everything is accounted for."""
    accounts, counts = simulation.accounts.values(), simulation.counts()
    outcomes = {name: count for name, count in sorted(counts.items()) if name in OUTCOMES}
    read, delivered, dropped = (
        sum(getattr(account, name) for account in accounts)
        for name in ("events_read", "delivered", "dropped")
    )
    withheld = counts["WITHHELD"]
    yield (
        f"{len(accounts)} servers, {simulation.now:,.0f} s of virtual time, {simulation.pace.count:,} dials,"
        f" {counts['READY']:,} times READY, {counts['gaps']:,} gaps"
    )
    yield f"{read:,} events were read: {delivered:,} delivered, {dropped:,} dropped, {withheld:,} withheld"
    yield f"{sum(outcomes.values()):,} actions ended once each: {_named(outcomes)}"
    ends = {
        name.removeprefix("ended: "): count for name, count in counts.items() if name.startswith("ended: ")
    }
    if ends:
        yield f"sessions and dials ended: {_named(dict(sorted(ends.items())))}"
    if (spread := simulation.spread) is not None:
        yield f"delays of the backoff lie at {spread:.2f} between floor and cap, on average"


OUTCOMES = frozenset(
    {
        "success",
        "ActionFailed",
        "ActionTimeout",
        "ActionUnconfirmed",
        "ActionCancelled",
        "ActionLost",
        "MissingResponse",
        "ReplyTooLarge",
        "CompletionFailed",
    }
)
"""The ways in which an action ends."""


def _named(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "none"
