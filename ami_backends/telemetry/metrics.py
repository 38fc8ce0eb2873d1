"""Notices and snapshots -> Prometheus metrics. Every label is bounded by the configuration or by Asterisk."""

import threading
import weakref
from collections.abc import Iterator
from typing import Protocol

from ami_backends._extras import missing_extra
from ami_backends.telemetry.names import action_label
from ami_backends.telemetry.records import outcome_label
from ami_proto import (
    ActionFinished,
    BreakerChanged,
    BreakerState,
    ConnectScheduled,
    EventsDropped,
    Fault,
    FaultSeen,
    Notice,
    Reason,
    ServerKey,
    Snapshot,
    State,
    StateChanged,
)

try:
    from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
    from prometheus_client.metrics_core import Metric
    from prometheus_client.registry import Collector
except ModuleNotFoundError as missing:
    raise missing_extra(missing, "telemetry", package="prometheus_client") from None

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds: an answer of a local Asterisk takes some milliseconds, an Originate as long as it rings."""

DROPS = {
    Fault.STRAGGLER: "straggler",
    Fault.WITHHELD: "withheld",
    Fault.TORN: "torn",
    Fault.OVERSIZED: "oversized",
    Fault.INCOMPLETE: "incomplete",
    Fault.UNREAD: "unread",
}
"""Faults by which a message is lost, and what they are called as the reason of a drop."""


class Watched(Protocol):
    """A client of any driver, or a `Connection`."""

    def snapshot(self) -> Snapshot:
        """Return its health."""
        ...


class Metrics:
    """Count what notices say; `watch` adds what only a look at the connection tells. Thread-safe.

    One serves any number of connections. `registry` is the process's own unless given; a second one on
    the same registry is refused by it. What a key holds that cannot be printed is escaped in its label:
    one that is no UTF-8 would fail every scrape.
    """

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        def counter(name: str, help_text: str, *labels: str) -> Counter:
            return Counter(f"ami_{name}", help_text, ("server", *labels), registry=registry)

        self._reconnects = counter("reconnects", "Sessions that became ready after an earlier one was lost.")
        self._attempts = counter("connect_attempts", "Attempts to connect that were scheduled.")
        self._ends = counter("connection_failures", "Sessions and attempts that ended, by reason.", "reason")
        self._breaker = counter("breaker_transitions", "Changes of the breaker, by new state.", "state")
        self._actions = counter("actions", "Actions that ended, by name and outcome.", "action", "outcome")
        self._latency = Histogram(
            "ami_action_duration_seconds",
            "From the request to the end of an action.",
            ("server", "action"),
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self._items = counter("list_items_dropped", "List items beyond the cap of their action.")
        self._dropped = counter("messages_dropped", "Messages that were lost, by reason.", "reason")
        self._unmatched = counter("unmatched_responses", "Responses to no open action.")
        self._desyncs = counter("desyncs", "Frames that are neither event nor response.")
        self._faults = counter("faults", "Everything else that went wrong, by sort.", "fault")
        self._errors = Counter(
            "ami_listener_errors", "Exceptions of listeners, logs and metrics.", ("sink",), registry=registry
        )
        self._looks = _Looks()
        registry.register(self._looks)

    def __call__(self, notice: Notice) -> None:
        """Count a notice."""
        match notice:
            case ActionFinished():
                self._count_action(notice)
            case StateChanged():
                self._count_state(notice)
            case ConnectScheduled(server):
                self._attempts.labels(_server_label(server)).inc()
            case BreakerChanged(server, _, new):
                self._breaker.labels(_server_label(server), _label(new)).inc()
            case EventsDropped(server, _, delta):
                self._dropped.labels(_server_label(server), "overflow").inc(delta)
            case FaultSeen():
                self._count_fault(notice)

    def watch(self, connection: Watched) -> None:
        """Look at this connection at each scrape, for as long as somebody else keeps it."""
        self._looks.add(connection)

    def count_listener_error(self, sink: str) -> None:
        """Count an exception of a listener."""
        self._errors.labels(sink).inc()

    def _count_action(self, finished: ActionFinished) -> None:
        outcome, ticket = finished.outcome, finished.ticket
        name = action_label(ticket.action_name)
        self._actions.labels(_server_label(ticket.server), name, outcome_label(outcome)).inc()
        self._latency.labels(_server_label(ticket.server), name).observe(finished.elapsed)
        if outcome.reply.dropped:
            self._items.labels(_server_label(ticket.server)).inc(outcome.reply.dropped)

    def _count_state(self, change: StateChanged) -> None:
        if change.cause is not None and change.cause.reason is not Reason.STOPPED:
            self._ends.labels(_server_label(change.server), _label(change.cause.reason)).inc()
        if self._looks.enter(change.server, change.new):
            self._reconnects.labels(_server_label(change.server)).inc()

    def _count_fault(self, seen: FaultSeen) -> None:
        if seen.fault in DROPS:
            self._dropped.labels(_server_label(seen.server), DROPS[seen.fault]).inc(seen.count)
        elif seen.fault is Fault.UNMATCHED:
            self._unmatched.labels(_server_label(seen.server)).inc(seen.count)
        elif seen.fault is Fault.DESYNC:
            self._desyncs.labels(_server_label(seen.server)).inc(seen.count)
        else:
            self._faults.labels(_server_label(seen.server), _label(seen.fault)).inc(seen.count)


class _Looks(Collector):
    """What is looked at when somebody scrapes: the states, and the snapshots of watched connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: dict[ServerKey, State] = {}
        self._lost: set[ServerKey] = set()
        """Servers that were ready once and no longer are."""
        self._watched: dict[ServerKey, _Look] = {}

    def add(self, connection: Watched) -> None:
        look = _Look(connection)
        with self._lock:
            self._watched[look.last.server] = look

    def enter(self, server: ServerKey, state: State) -> bool:
        """Take a state; return whether it is READY again after a loss."""
        with self._lock:
            before, self._states[server] = self._states.get(server, State.CLOSED), state
            if before.sending and state is State.DISCONNECTED:
                self._lost.add(server)
            again = state is State.READY and server in self._lost
            if again or state is State.CLOSED:
                self._lost.discard(server)
            return again

    def describe(self) -> Iterator[Metric]:
        """Name the metrics, without a look at anything."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Look. Called in the thread of whoever scrapes."""
        with self._lock:
            states, watched = dict(self._states), list(self._watched.values())
        by_state = GaugeMetricFamily("ami_connections", "Connections by state.", labels=["state"])
        for state in State:
            count = sum(each is state for each in states.values())
            by_state.add_metric([_label(state)], count)
        up = GaugeMetricFamily("ami_up", "Whether actions can be sent.", labels=["server"])
        for server, state in states.items():
            up.add_metric([_server_label(server)], state.sending)
        yield from (by_state, up)
        snapshots = [snapshot for each in watched if (snapshot := each.again()) is not None]
        yield from _families(snapshots)


def _families(snapshots: list[Snapshot]) -> Iterator[Metric]:
    pending = GaugeMetricFamily("ami_actions_pending", "Actions that are open.", labels=["server"])
    waiting = GaugeMetricFamily("ami_actions_waiting", "Actions that wait for READY.", labels=["server"])
    outbound = GaugeMetricFamily("ami_outbound_bytes", "Bytes that wait to be sent.", labels=["server"])
    queued = GaugeMetricFamily("ami_events_queued", "Events in all queues.", labels=["server"])
    received = CounterMetricFamily(
        "ami_events_received", "Events of every session, wanted or not.", labels=["server"]
    )
    for each in snapshots:
        labels = [_server_label(each.server)]
        pending.add_metric(labels, each.actions_pending)
        waiting.add_metric(labels, each.actions_waiting)
        outbound.add_metric(labels, each.outbound_bytes)
        queued.add_metric(labels, sum(queue.depth for queue in each.subscriptions))
        received.add_metric(labels, each.events_received)
    yield from (pending, waiting, outbound, queued, received)


class _Look:
    """A connection that is looked at, and what was seen last."""

    def __init__(self, connection: Watched) -> None:
        self.last = connection.snapshot()
        self._connection = weakref.ref(connection)

    def again(self) -> Snapshot | None:
        """Look again; None once the connection is gone.

        On a loop the look comes from another thread, in the middle of anything: where fewer events seem to
        have been received than before, what was seen before stands.
        """
        connection = self._connection()
        if connection is None:
            return None
        try:
            snapshot = connection.snapshot()
        except Exception:  # noqa: BLE001 - a client that has ended, or a loop that has
            return self.last
        if snapshot.events_received >= self.last.events_received:
            self.last = snapshot
        return self.last


def _server_label(key: ServerKey) -> str:
    """Return a key as a label, a backslash doubled: no two keys have the same."""
    return repr(key)[1:-1]


def _label(member: State | BreakerState | Fault | Reason) -> str:
    """Return the name of a member as a label."""
    return member.name.lower()
