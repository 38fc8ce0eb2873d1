"""What is measured: the workloads, who takes part in each, and how much of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

OURS = ("asyncio", "uvloop", "trio", "selectors", "gevent")
"""The drivers."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A client, a driver of ours, or a floor."""

    name: str
    program: str
    """Its module in `programs`."""
    peer: str | None = None
    """Whose environment runs it; None: that of the library."""
    variant: str = "-"
    shares: dict[str, float] = field(default_factory=dict)
    """How much of a kind of workload it does, where the whole would take it too long."""

    @property
    def is_peer(self) -> bool:
        """Tell whether this is the client of somebody else."""
        return self.peer is not None


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
        count = round(self.count * scale * contender.shares.get(self.kind, 1.0))
        step = 36 if self.kind in ("flood", "decode") else self.width
        return max(step, count - count % step)


PANORAMISK = Contender("panoramisk", "panoramisk_client", "panoramisk")
ASTERISK_AMI = Contender("asterisk-ami", "asterisk_ami_client", "asterisk-ami")
ASTERISK_AMI_NO_TIMEOUT = Contender(
    "asterisk-ami, no timeout", "asterisk_ami_client", "asterisk-ami", "no timeout"
)
ASTAMI = Contender("astami", "astami_client", "astami")

ASYNC = {name: Contender(name, "ours_async", variant=name) for name in ("asyncio", "uvloop", "trio")}
BLOCKING = {name: Contender(name, "ours_blocking", variant=name) for name in ("selectors", "gevent")}
DECODER = Contender("Decoder", "ours_decoder")
CLUSTER = Contender("asyncio, cluster of one", "ours_async", variant="asyncio cluster")

DRIVERS = (*ASYNC.values(), *BLOCKING.values())
LISTENERS = (PANORAMISK, ASTERISK_AMI)
PARSERS = (PANORAMISK, ASTERISK_AMI, ASTAMI)
CALLERS = (PANORAMISK, ASTERISK_AMI, ASTERISK_AMI_NO_TIMEOUT, ASTAMI)

EVENTS, CALLS = 54_000, 10_000

WORKLOADS = (
    Workload(
        "flood_headers", "flood, three headers read", "events/s", EVENTS, (*DRIVERS, CLUSTER, *LISTENERS)
    ),
    Workload("flood_name", "flood, name only", "events/s", EVENTS, (*DRIVERS, *LISTENERS)),
    Workload("flood_wanted", "flood, one event in 36 wanted", "events/s", EVENTS, (*DRIVERS, *LISTENERS)),
    Workload("decode_dict", "decoder alone, dict of every header", "messages/s", EVENTS, (DECODER, *PARSERS)),
    Workload("decode_get", "decoder alone, three headers", "messages/s", EVENTS, (DECODER, *PARSERS)),
    Workload("decode_name", "decoder alone, name and ActionID", "messages/s", EVENTS, (DECODER, *PARSERS)),
    Workload("calls_1", "calls in sequence", "calls/s", CALLS // 2, (*DRIVERS, CLUSTER, *CALLERS)),
    Workload("calls_100", "100 calls in flight", "calls/s", CALLS, (*DRIVERS, *CALLERS[:3]), width=100),
    Workload(
        "calls_1000", "1,000 calls in flight", "calls/s", CALLS, (*ASYNC.values(), PANORAMISK), width=1000
    ),
)


def chosen(names: list[str], contenders: list[str]) -> Iterator[tuple[Workload, Contender]]:
    """Yield what to run in a round: these workloads and contenders, or all."""
    for workload in WORKLOADS:
        if not names or any(workload.name.startswith(name) for name in names):
            for contender in workload.contenders:
                if not contenders or any(contender.name.startswith(name) for name in contenders):
                    yield workload, contender
