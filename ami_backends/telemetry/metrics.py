"""Prometheus metrics from notices and snapshots.

Every label has a fixed set of values, given by the configuration or by Asterisk (`labels.py`). No metric has
both `server` and `action`: a thousand servers and twenty actions would make twenty thousand series of each
outcome and of each bucket. So actions are counted twice, by name and by server.
"""

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from ami_backends import missing_extra
from ami_backends.telemetry.labels import action_label, outcome_label
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
    Snapshot,
    State,
    StateChanged,
)
from ami_proto.drivers import ServerKey

try:
    from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, Summary
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
    from prometheus_client.metrics_core import Metric
    from prometheus_client.registry import Collector
except ModuleNotFoundError as missing:
    raise missing_extra(missing, "telemetry", package="prometheus_client") from None

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds: a local Asterisk replies within milliseconds; an Originate takes as long as the phone rings."""

DROP_REASONS = {
    Fault.STRAGGLER: "straggler",
    Fault.WITHHELD: "withheld",
    Fault.TORN: "torn",
    Fault.OVERSIZED: "oversized",
    Fault.INCOMPLETE: "incomplete",
    Fault.UNREAD: "unread",
}
"""Faults that lose a message, and their value of the label `reason`."""


class WatchedConnection(Protocol):
    """A client of any driver, or a machine."""

    def snapshots(self) -> Mapping[ServerKey, Snapshot]:
        """Return the present state and counters of each server."""
        ...


class Metrics:
    """Count notices; `watch` adds figures that no notice carries, such as queue depths. Thread-safe.

    One instance serves any number of connections. A server that a watched client has removed has no series
    any more. `registry` is prometheus_client's global one by default; it refuses a second instance.
    Unprintable characters of a server's key are escaped in its label: a label that is not UTF-8 would fail
    every scrape.
    """

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._by_server: list[Counter | Summary] = []
        """Those with the label `server`."""

        def counter(name: str, help_text: str, *labels: str) -> Counter:
            made = Counter(f"ami_{name}", help_text, ("server", *labels), registry=registry)
            self._by_server.append(made)
            return made

        self._gauges = _Gauges(self._forget)
        registry.register(self._gauges)  # the first: a scrape forgets servers before it reads the others
        self._reconnects = counter("reconnects", "Sessions that became ready after an earlier one was lost.")
        self._attempts = counter("connect_attempts", "Attempts to connect that were scheduled.")
        self._ends = counter("connection_failures", "Sessions and attempts that ended, by reason.", "reason")
        self._breaker = counter("breaker_transitions", "Changes of the breaker, by new state.", "state")
        self._actions = Counter(
            "ami_actions",
            "Actions that ended, by name and outcome.",
            ("action", "outcome"),
            registry=registry,
        )
        self._left = Counter(
            "ami_actions_left",
            "Actions of which bytes left, by name, how much was sent, and whether the caller said who asked.",
            ("action", "sent", "asked_by"),
            registry=registry,
        )
        self._latency = Histogram(
            "ami_action_duration_seconds",
            "From the request to the end of an action, by name.",
            ("action",),
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self._server_actions = counter(
            "server_actions", "Actions that ended, by server and outcome.", "outcome"
        )
        self._server_latency = Summary(
            "ami_server_action_duration_seconds",
            "From the request to the end of an action, by server.",
            ("server",),
            registry=registry,
        )
        self._by_server.append(self._server_latency)
        self._items = counter("list_items_dropped", "List items beyond the cap of their action.")
        self._dropped = counter("messages_dropped", "Messages that were lost, by reason.", "reason")
        self._unmatched = counter("unmatched_responses", "Responses to no open action.")
        self._desyncs = counter("desyncs", "Frames that are neither event nor response.")
        self._faults = counter("faults", "Other faults, by kind.", "fault")
        self._errors = Counter(
            "ami_listener_errors", "Exceptions of listeners, logs and metrics.", ("sink",), registry=registry
        )

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

    def watch(self, connection: WatchedConnection) -> None:
        """Take snapshots of the servers of this connection at each scrape. Holds a weak reference to it.

        The series of a server that is not in them any more end.
        """
        self._gauges.add(connection)

    def count_listener_error(self, sink: str) -> None:
        """Count an exception of a sink: `logs`, `metrics` or `listener`."""
        self._errors.labels(sink).inc()

    def _count_action(self, finished: ActionFinished) -> None:
        outcome, ticket = finished.outcome, finished.ticket
        server, name, label = (
            _server_label(ticket.server),
            action_label(ticket.action_name),
            outcome_label(outcome),
        )
        self._actions.labels(name, label).inc()
        self._latency.labels(name).observe(finished.elapsed)
        self._server_actions.labels(server, label).inc()
        self._server_latency.labels(server).observe(finished.elapsed)
        if finished.left:
            asked = "missing" if finished.asked_by is None else "given"
            self._left.labels(name, outcome.sent.value, asked).inc()
        if outcome.reply.dropped:
            self._items.labels(server).inc(outcome.reply.dropped)

    def _count_state(self, change: StateChanged) -> None:
        if change.cause is not None and change.cause.reason is not Reason.STOPPED:
            self._ends.labels(_server_label(change.server), _label(change.cause.reason)).inc()
        if self._gauges.enter(change.server, change.new):
            self._reconnects.labels(_server_label(change.server)).inc()

    def _count_fault(self, seen: FaultSeen) -> None:
        if seen.fault in DROP_REASONS:
            self._dropped.labels(_server_label(seen.server), DROP_REASONS[seen.fault]).inc(seen.count)
        elif seen.fault is Fault.UNMATCHED:
            self._unmatched.labels(_server_label(seen.server)).inc(seen.count)
        elif seen.fault is Fault.DESYNC:
            self._desyncs.labels(_server_label(seen.server)).inc(seen.count)
        else:
            self._faults.labels(_server_label(seen.server), _label(seen.fault)).inc(seen.count)

    def _forget(self, server: ServerKey) -> None:
        for metric in self._by_server:
            metric.remove_by_labels({"server": _server_label(server)})


class _Gauges(Collector):
    """Figures that are read at each scrape: the states, and the snapshots of watched connections.

    `forget` is called with each server that the watched connections have removed.
    """

    def __init__(self, forget: Callable[[ServerKey], None]) -> None:
        self._forget = forget
        self._lock = threading.Lock()
        self._states: dict[ServerKey, State] = {}
        self._lost: set[ServerKey] = set()
        """Servers that lost a session after READY, and are not READY again yet."""
        self._watched: list[_Watch] = []

    def add(self, connection: WatchedConnection) -> None:
        watch = _Watch(connection)
        with self._lock:
            self._watched.append(watch)

    def enter(self, server: ServerKey, state: State) -> bool:
        """Note a server's new state. Returns whether it is READY again after a loss."""
        with self._lock:
            before, self._states[server] = self._states.get(server, State.CLOSED), state
            if before.sending and state is State.DISCONNECTED:  # from READY or DEGRADED
                self._lost.add(server)
            again = state is State.READY and server in self._lost
            if again or state is State.CLOSED:  # started again after a close, it is no reconnect
                self._lost.discard(server)
            return again

    def describe(self) -> Iterator[Metric]:
        """Return nothing, or the registry would call `collect` to learn the names when it registers this."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics. Called in the thread that serves the scrape, not the driver's."""
        with self._lock:
            watched = self._watched = [each for each in self._watched if each.alive]
        snapshots: dict[ServerKey, Snapshot] = {}
        for each in watched:  # of clients with the same key, the newest
            snapshots.update(each.snapshots())
        self._forget_all({key for each in watched for key in each.gone} - snapshots.keys())
        with self._lock:
            states = dict(self._states)
        by_state = GaugeMetricFamily("ami_connections", "Connections by state.", labels=["state"])
        for state in State:
            count = sum(each is state for each in states.values())
            by_state.add_metric([_label(state)], count)
        up = GaugeMetricFamily("ami_up", "Whether actions can be sent.", labels=["server"])
        for server, state in states.items():
            up.add_metric([_server_label(server)], state.sending)
        yield from (by_state, up)
        yield from _families(snapshots.values())

    def _forget_all(self, servers: Iterable[ServerKey]) -> None:
        for server in servers:
            with self._lock:
                self._states.pop(server, None)
                self._lost.discard(server)
            self._forget(server)


def _families(snapshots: Iterable[Snapshot]) -> Iterator[Metric]:
    pending = GaugeMetricFamily("ami_actions_pending", "Actions that are open.", labels=["server"])
    waiting = GaugeMetricFamily("ami_actions_waiting", "Actions that wait for READY.", labels=["server"])
    refused = CounterMetricFamily(
        "ami_actions_refused", "Actions refused because too many were open.", labels=["server"]
    )
    outbound = GaugeMetricFamily("ami_outbound_bytes", "Bytes that wait to be sent.", labels=["server"])
    queued = GaugeMetricFamily("ami_events_queued", "Events in all queues.", labels=["server"])
    received = CounterMetricFamily(
        "ami_events_received", "Events of every session, wanted or not.", labels=["server"]
    )
    for each in snapshots:
        labels = [_server_label(each.server)]
        pending.add_metric(labels, each.actions_pending)
        waiting.add_metric(labels, each.actions_waiting)
        refused.add_metric(labels, each.actions_refused)
        outbound.add_metric(labels, each.outbound_bytes)
        queued.add_metric(labels, sum(queue.depth for queue in each.subscriptions))
        received.add_metric(labels, each.events_received)
    yield from (pending, waiting, refused, outbound, queued, received)


class _Watch:
    """A weak reference to a connection, and the last snapshots of its servers."""

    def __init__(self, connection: WatchedConnection) -> None:
        self._last = dict(connection.snapshots())
        self._doubted: set[ServerKey] = set()
        """Servers whose latest snapshot had fewer events than the one before."""
        self._just_gone: set[ServerKey] = set()
        self.gone: set[ServerKey] = set()
        """Servers that were removed before this scrape or the last one: a notice of it may have come late."""
        self._connection = weakref.ref(connection)

    @property
    def alive(self) -> bool:
        """Whether the connection was not garbage-collected."""
        return self._connection() is not None

    def snapshots(self) -> Mapping[ServerKey, Snapshot]:
        """Take snapshots.

        On a loop this thread reads while the driver's writes, so a snapshot may mix old and new figures. One
        with fewer events than before is discarded: Prometheus would take it for a counter that restarted. A
        second one in a row is of a server that was replaced, whose counters did restart.
        """
        connection = self._connection()
        if connection is None:
            return {}
        try:
            fresh = connection.snapshots()
        except Exception:  # noqa: BLE001 - the client or its loop has ended
            return self._last
        fewer = {
            key
            for key, each in fresh.items()
            if key in self._last and each.events_received < self._last[key].events_received
        }
        kept = fewer - self._doubted
        self._note_gone(fresh.keys())
        self._last = {key: self._last[key] if key in kept else each for key, each in fresh.items()}
        self._doubted = kept
        return self._last

    def _note_gone(self, present: Iterable[ServerKey]) -> None:
        just_gone = self._last.keys() - present
        self.gone = just_gone | self._just_gone
        self._just_gone = just_gone


def _server_label(key: ServerKey) -> str:
    """Escape a key for a label. `repr` doubles the backslash, so that no two keys become one label."""
    return repr(key)[1:-1]


def _label(member: State | BreakerState | Fault | Reason) -> str:
    return member.name.lower()
