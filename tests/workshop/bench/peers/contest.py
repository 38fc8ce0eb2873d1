"""What is measured: the workloads, who takes part in each, and how much of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from tests.workshop.bench.peers.call_stream import EVENTS_PER_CALL
from tests.workshop.bench.peers.environments import BEFORE


class Side(Enum):
    """Whose program it is."""

    OURS = "ours"
    PEER = "peer"
    BESIDE = "beside"
    """A floor, or an odd configuration of a peer: shown, and never the best peer."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A client in one configuration, a driver of ours, or a floor."""

    name: str
    program: str
    """Its module in `programs`."""
    side: Side = Side.OURS
    variant: str = "-"
    peer: str | None = None
    """Whose environment runs it; None: that of the library."""
    commit: str | None = None
    """Of the library; None: what is in this tree."""
    shares: dict[str, float] = field(default_factory=dict)
    """How much it does of a workload, or of a kind of them, where all of it would take too long."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One thing that programs do."""

    name: str
    title: str
    unit: str
    count: int
    contenders: tuple[Contender, ...]
    width: int = 1
    """Calls in flight."""

    @property
    def kind(self) -> str:
        """Return what a program calls it: `calls`, `flood`, `decode`."""
        return self.name.partition("_")[0]

    def count_for(self, contender: Contender, scale: float) -> int:
        """Return how much a contender does, of a run that does `scale` of everything."""
        share = contender.shares.get(self.name, contender.shares.get(self.kind, 1.0))
        step = EVENTS_PER_CALL if self.unit in ("events/s", "messages/s") else self.width
        count = round(self.count * scale * share)
        return max(step, count - count % step)


def _peer(name: str, **shares: float) -> Contender:
    return Contender(name, f"{name.replace('-', '_')}_client", Side.PEER, peer=name, shares=shares)


def _floor(name: str, variant: str = "-") -> Contender:
    return Contender(name, "floors", Side.BESIDE, variant)


PANORAMISK = _peer("panoramisk")
ASTERISK_AMI = _peer("asterisk-ami")
ASTERISK_AMI_NO_TIMEOUT = Contender(
    "asterisk-ami, no timeout", ASTERISK_AMI.program, Side.BESIDE, "no timeout", peer="asterisk-ami"
)
ASTAMI = _peer("astami")
PYSTRIX = _peer("pystrix", flood=0.3, calls_1=0.004, calls_100=0.1)
PYAMI_ASTERISK = _peer("pyami-asterisk", flood=0.5)
PYST2 = _peer("pyst2", flood=0.02, calls=0.1)

ASYNC = tuple(Contender(name, "ours_async", variant=name) for name in ("asyncio", "uvloop", "trio"))
BLOCKING = tuple(Contender(name, "ours_blocking", variant=name) for name in ("selectors", "gevent"))
TRIO_BEFORE = Contender(f"trio, of {BEFORE}", "ours_async", variant="trio", commit=BEFORE)
CLUSTER = Contender("asyncio, cluster of one", "ours_async", variant="asyncio cluster")
DECODER = Contender("Decoder", "ours_decoder")

DRIVERS = (*ASYNC, CLUSTER, *BLOCKING)
LISTENERS = (PANORAMISK, ASTERISK_AMI, PYAMI_ASTERISK, PYSTRIX, PYST2)
PARSERS = (PANORAMISK, ASTERISK_AMI, ASTAMI, PYAMI_ASTERISK, PYSTRIX, PYST2)
CALLERS = (PANORAMISK, ASTERISK_AMI, ASTERISK_AMI_NO_TIMEOUT, ASTAMI, PYAMI_ASTERISK, PYSTRIX, PYST2)
CALLERS_OF_MANY = (PANORAMISK, ASTERISK_AMI, ASTERISK_AMI_NO_TIMEOUT, PYAMI_ASTERISK)
"""Without pyst2 and astami, which have no way to tell two answers apart."""

FLOODED = (*DRIVERS, *LISTENERS, _floor("bare receive"))
DECODING = (DECODER, *PARSERS, _floor("bare split"))
FUTURE, GREENLET = _floor("bare future, asyncio", "future"), _floor("bare result, gevent", "greenlet")
HAND_OVERS = (
    FUTURE,
    _floor("bare event, trio", "event"),
    _floor("bare thread hand-over", "thread"),
    GREENLET,
)
SEQUENTIAL = (*DRIVERS, TRIO_BEFORE, *CALLERS, *HAND_OVERS, _floor("bare socket", "socket"))
HUNDRED_AT_ONCE = (*DRIVERS, *CALLERS_OF_MANY, PYSTRIX, FUTURE, GREENLET)
THOUSAND_AT_ONCE = (*ASYNC, *CALLERS_OF_MANY, FUTURE)


def _costs(*names_and_variants: tuple[str, str]) -> tuple[Contender, ...]:
    return tuple(Contender(name, "ours_costs", variant=variant) for name, variant in names_and_variants)


PENDING = _costs(("10 pending", "10"), ("5,000 pending", "5000"))
SUBSCRIPTIONS = _costs(("1 subscription", "1"), ("50 subscriptions", "50"))
KEPT = _costs(("Message", "-"))
IMPORTS = _costs(("ami_proto", "library"), ("its standard modules", "standard library"))

EVENTS, CALLS = 54_000, 10_000
WORKLOADS = (
    Workload("flood_headers", "flood, three headers read", "events/s", EVENTS, FLOODED),
    Workload("flood_name", "flood, name only", "events/s", EVENTS, FLOODED),
    Workload("flood_wanted", "flood, one event in 36 wanted", "events/s", EVENTS, FLOODED),
    Workload("decode_name", "decoder alone, name and ActionID", "messages/s", EVENTS, DECODING),
    Workload("decode_dict", "decoder alone, dict of every header", "messages/s", EVENTS, DECODING),
    Workload("decode_get", "decoder alone, three headers", "messages/s", EVENTS, DECODING),
    Workload("calls_1", "calls in sequence", "calls/s", CALLS // 2, SEQUENTIAL),
    Workload("calls_100", "100 calls in flight", "calls/s", CALLS, HUNDRED_AT_ONCE, width=100),
    Workload("calls_1000", "1,000 calls in flight", "calls/s", CALLS, THOUSAND_AT_ONCE, width=1000),
    Workload("pending", "engine, pending actions", "actions/s", 2_000, PENDING),
    Workload("subscriptions", "engine, each event for all subscriptions", "events/s", 9_000, SUBSCRIPTIONS),
    Workload("memory", "memory of a message, three headers read", "messages/s", 3_600, KEPT),
    Workload("import", "import", "imports/s", 5, IMPORTS),
)


def chosen(names: list[str], contenders: list[str]) -> Iterator[tuple[Workload, Contender]]:
    """Yield what to run in a round: the named workloads, kinds of them and contenders, or all."""
    for workload in WORKLOADS:
        if not names or workload.name in names or workload.kind in names:
            for contender in workload.contenders:
                if not contenders or contender.name in contenders:
                    yield workload, contender
