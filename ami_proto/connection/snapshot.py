"""The health of a connection as plain data."""

from dataclasses import dataclass

from ami_proto.connection.notices import Fault
from ami_proto.values import BreakerState, Disconnect, ServerKey, SessionId, State


@dataclass(frozen=True, slots=True)
class SubscriptionSnapshot:
    """One subscription's queue."""

    names: tuple[str, ...]
    depth: int
    limit: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One connection, looked at once."""

    server: ServerKey
    state: State
    session: SessionId | None
    banner: str | None
    """The AMI version the server greeted with."""
    last_cause: Disconnect | None
    actions_pending: int
    actions_waiting: int
    outcomes_undrained: int
    outbound_bytes: int
    bytes_received: int
    """In the present session, like `frames_received`."""
    frames_received: int
    events_received: int
    """Of every session together, wanted or not."""
    events_unwanted: int
    events_dropped: int
    """By full queues, those of subscriptions that have ended included."""
    connect_failures: int
    """In a row, since the connection was last stable."""
    breaker: BreakerState
    breaker_openings: int
    """How often the breaker opened since the start."""
    faults: dict[Fault, int]
    """Every fault since the connection object was made."""
    subscriptions: tuple[SubscriptionSnapshot, ...]
