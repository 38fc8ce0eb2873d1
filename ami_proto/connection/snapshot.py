"""The health of a connection as plain data."""

from dataclasses import dataclass

from ami_proto.connection.actions import Actions
from ami_proto.connection.journal import ServerJournal
from ami_proto.connection.lifecycle import Lifecycle
from ami_proto.connection.notices import Fault
from ami_proto.connection.registry import Delivery
from ami_proto.connection.server_queue import Overflow
from ami_proto.values import BreakerState, Disconnect, ServerKey, SessionId, State


@dataclass(frozen=True, slots=True)
class SubscriptionSnapshot:
    """The queue of one subscription for one server."""

    names: tuple[str, ...]
    depth: int
    limit: int
    dropped: int
    depth_bytes: int
    """Bytes of the messages that wait."""
    limit_bytes: int
    limit_bytes_total: int
    """Of all servers together."""
    policy: Overflow
    pausing: bool
    """Whether it asks to pause reading."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One connection, looked at once."""

    server: ServerKey
    state: State
    session: SessionId | None
    banner: str | None
    """The AMI version that the server greeted with."""
    release: str | None
    """The release of Asterisk, which `ask_release` asks for; None where it is unknown."""
    last_cause: Disconnect | None
    actions_pending: int
    actions_waiting: int
    actions_refused: int
    """Actions that `Backpressure` refused since the connection object was made."""
    outcomes_undrained: int
    outbound_bytes: int
    bytes_received: int
    """In the present session, like `frames_received`."""
    frames_received: int
    events_received: int
    """In every session together, wanted or not."""
    events_unwanted: int
    events_dropped: int
    """By full queues, those of ended subscriptions included."""
    connect_failures: int
    """In a row, since the connection was last stable."""
    breaker: BreakerState
    breaker_openings: int
    """How often the breaker opened since the start."""
    faults: dict[Fault, int]
    """Every fault since the connection object was made."""
    subscriptions: tuple[SubscriptionSnapshot, ...]
    listener_errors: int = 0
    """Exceptions of the client's `on_notice`. A machine by itself has no listener: 0."""
    log_errors: int = 0
    """Log records of the client that were lost, because a handler or filter raised. Likewise."""


def take_snapshot(
    lifecycle: Lifecycle, actions: Actions, delivery: Delivery, journal: ServerJournal
) -> Snapshot:
    """Look at everything that a connection consists of."""
    session = lifecycle.session
    return Snapshot(
        server=journal.server,
        state=lifecycle.state,
        session=None if session is None else session.id,
        banner=None if session is None else session.banner,
        release=journal.release,
        last_cause=journal.last_cause,
        actions_pending=0 if session is None else session.pending.user_count,
        actions_waiting=actions.waiting.user_count,
        actions_refused=actions.refused,
        outcomes_undrained=journal.outcomes,
        outbound_bytes=0 if session is None else session.outbox.size,
        bytes_received=0 if session is None else session.inbox.bytes_received,
        frames_received=0 if session is None else session.inbox.handled,
        events_received=lifecycle.received.events,
        events_unwanted=delivery.unwanted,
        events_dropped=delivery.dropped,
        connect_failures=lifecycle.retries.backoff.failures,
        breaker=lifecycle.retries.breaker.state,
        breaker_openings=lifecycle.retries.breaker.openings,
        faults=dict(journal.faults),
        subscriptions=tuple(
            SubscriptionSnapshot(
                names=queue.subscription.filter.names,
                depth=queue.depth,
                limit=queue.subscription.limit,
                dropped=queue.dropped,
                depth_bytes=queue.depth_bytes,
                limit_bytes=queue.subscription.limit_bytes,
                limit_bytes_total=queue.subscription.limit_bytes_total,
                policy=queue.subscription.policy,
                pausing=queue.pausing,
            )
            for queue in delivery.queues
        ),
    )
