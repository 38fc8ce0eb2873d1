"""What is wanted of each figure, and whether a report reaches it."""

from dataclasses import dataclass

from tests.workshop.bench.peers.contest import ASTERISK_AMI, PANORAMISK, TRIO_BEFORE
from tests.workshop.bench.peers.ratios import BEST_PEER, Figures, Spread

DRIVERS = ("asyncio", "selectors", "gevent")
ALMOST = 0.95
"""A cluster of one server is within five per cent of a connection."""


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio that is wanted of a contender."""

    title: str
    workload: str
    contender: str
    against: str
    at_least: float
    aim: float | None = None
    aim_against: str | None = None
    """Whom the aim is about, if that is another."""
    inverse: bool = False
    """Whether the ratio is that of the costs, and `at_least` is the most that it may be."""
    none_lost: bool = False

    def limit(self) -> str:
        """Return what is wanted at least, as text."""
        if self.against == SIZE:
            return f"under {self.at_least:,.0f} bytes"
        return f"{'at most ' if self.inverse else ''}{self.at_least:g} x {self.against}"

    def wish(self) -> str:
        """Return what is wanted at best, as text."""
        return "" if self.aim is None else f"{self.aim:g} x {self.aim_against or self.against}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a report says about a target."""

    target: Target
    found: Spread | None
    """None: it was not measured."""
    word: str
    """`aim`, `reached`, `missed`, `not measured`."""
    against: str
    """Who the best peer was, where the target is about it."""
    lost: int = 0


SIZE = "size"
"""Instead of another contender: the bytes of a message."""

TARGETS = (
    *(
        Target("flood, three headers read", "flood_headers", each, BEST_PEER, 1.4, 2.0, none_lost=True)
        for each in DRIVERS
    ),
    *(
        Target("flood, name only", "flood_name", each, BEST_PEER, 2.5 if each == "gevent" else 3.0, 4.0)
        for each in DRIVERS
    ),
    Target("lazy parse, name and ActionID", "decode_name", "Decoder", BEST_PEER, 5.0, 6.0),
    Target("dict of every header", "decode_dict", "Decoder", "astami", 0.9, 1.3),
    Target("three headers", "decode_get", "Decoder", BEST_PEER, 1.5, 2.0),
    Target("calls in sequence", "calls_1", "asyncio", PANORAMISK.name, 1.0, 1.0, BEST_PEER),
    Target("calls in sequence", "calls_1", "selectors", ASTERISK_AMI.name, 0.65, 1.0, BEST_PEER),
    Target("calls in sequence", "calls_1", "gevent", PANORAMISK.name, 0.7, 1.0, BEST_PEER),
    Target("calls in sequence", "calls_1", "trio", TRIO_BEFORE.name, 1.1, 1.5),
    Target("calls in sequence", "calls_1", "asyncio, compiled", PANORAMISK.name, 1.5),
    Target("100 calls in flight", "calls_100", "asyncio", PANORAMISK.name, 1.1, 1.5),
    Target("1,000 calls in flight", "calls_1000", "asyncio", PANORAMISK.name, 1.1, 1.5),
    Target("a cluster of one, flood", "flood_headers", "asyncio, cluster of one", "asyncio", ALMOST),
    Target("a cluster of one, calls", "calls_1", "asyncio, cluster of one", "asyncio", ALMOST),
    Target("pending actions", "pending", "5,000 pending", "10 pending", 1.2, inverse=True),
    Target("subscriptions", "subscriptions", "50 subscriptions", "1 subscription", 4.0, inverse=True),
    Target("memory of a message", "memory", "Message", SIZE, 1500.0, inverse=True),
    Target("import", "import", "ami_proto", "its standard modules", 2.5, inverse=True),
)


def verdicts(figures: Figures) -> list[Verdict]:
    """Judge every target."""
    return [_verdict(figures, target) for target in TARGETS]


def _verdict(figures: Figures, target: Target) -> Verdict:
    found = _found(figures, target, target.against)
    if found is None:
        return Verdict(target, None, "not measured", target.against)
    against = target.against
    if against == BEST_PEER:
        against = figures.best_peer(target.workload) or against
    lost = figures.lost(target.workload, target.contender) if target.none_lost else 0
    return Verdict(target, found, _word(figures, target, found.middle, lost), against, lost)


def _word(figures: Figures, target: Target, middle: float, lost: int) -> str:
    if lost or (middle > target.at_least if target.inverse else middle < target.at_least):
        return "missed"
    wished = _found(figures, target, target.aim_against or target.against)
    if target.aim is not None and wished is not None and wished.middle >= target.aim:
        return "aim"
    return "reached"


def _found(figures: Figures, target: Target, against: str) -> Spread | None:
    if figures.failure(target.workload, target.contender) is not None:
        return None
    if against == SIZE:
        return Spread.of([figures.size(target.workload, target.contender)])
    if target.inverse:
        return figures.ratio(target.workload, against, target.contender)
    return figures.ratio(target.workload, target.contender, against)
