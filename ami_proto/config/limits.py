"""How the servers of a cluster share one process and one network: the limits that no single server has.

Two limits pace the dials. `connect_rate` and `connect_burst` are about the network and the servers: after an
outage of many, they come back one after the other. `connecting_max` is about this process: each dial takes a
descriptor, also one to an address that never answers.

Three limits are budgets of work for one server in one round (`cluster/rounds.py`). The smallest round that
they allow still makes progress, because bytes that were read are always handled.
"""

from dataclasses import dataclass, fields

from ami_proto.config.server import KIB, MIB
from ami_proto.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """The limits of a cluster. Raises `ConfigError` for a value that is out of bounds."""

    connect_rate: float = 50.0
    """Dials per second over the whole cluster. A thousand lost servers are dialled within 20 seconds."""
    connect_burst: int = 10
    """Dials that may be made at once after a rest; after that they keep the rate."""
    connecting_max: int = 200
    """Dials under way at once. So many unreachable servers hold up the others for one `connect_timeout`."""
    round_bytes: int = MIB
    """Bytes of one server in one round. A server that brings more rests while others have something."""
    round_frames: int = 1000
    """Frames of one server in one round: small ones cost more than their bytes."""
    round_messages: int = 1000
    """Messages of one server that are queued for subscriptions in one round."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value, (low, high) = getattr(self, field.name), CLUSTER_BOUNDS[field.name]
            kind = float | int if field.name == "connect_rate" else int
            if not isinstance(value, kind) or isinstance(value, bool) or not low <= value <= high:
                what = "a number" if field.name == "connect_rate" else "a whole number"
                raise ConfigError(field.name, f"must be {what} between {low:g} and {high:g}", value=value)


CLUSTER_BOUNDS: dict[str, tuple[float, float]] = {
    "connect_rate": (0.001, 1_000_000),
    "connect_burst": (1, 1_000_000),
    "connecting_max": (1, 1_000_000),
    "round_bytes": (KIB, 1024 * MIB),
    "round_frames": (1, 1_000_000),
    "round_messages": (1, 1_000_000),
}
"""The least and the most of each limit."""
