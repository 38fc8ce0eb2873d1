"""R-OBS-03: metrics under Prometheus's naming rules, with a bounded set of labels."""

import gc
import subprocess
import sys
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from ami_backends.telemetry.labels import action_label
from ami_backends.telemetry.metrics import Metrics
from ami_proto import (
    Action,
    ActionError,
    ActionFinished,
    BreakerChanged,
    BreakerState,
    Cluster,
    ConnectScheduled,
    Disconnect,
    EventsDropped,
    Fault,
    FaultSeen,
    Filter,
    Outcome,
    Overflow,
    Reason,
    Reply,
    Sent,
    Snapshot,
    State,
    StateChanged,
    Ticket,
)
from ami_proto.catalogue.action_record import ACTIONS
from ami_proto.drivers import Subscription
from conformance.laws.playbook import SERVER, Playbook


class Counted:
    """Metrics with their own registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)

    def __getitem__(self, name: str) -> float | None:
        """Return a sample: `name` or `name{label="value"}`."""
        for line in generate_latest(self.registry).decode().splitlines():
            if line.rpartition(" ")[0] == name:
                return float(line.rpartition(" ")[2])
        return None

    def count(self, play: Playbook) -> None:
        for notice in play.notices:
            self.metrics(notice)
        play.notices.clear()


@pytest.fixture
def counted() -> Counted:
    return Counted()


def finished(
    name: str, error: ActionError | None = None, dropped: int = 0, server: str = "pbx"
) -> ActionFinished:
    return ActionFinished(Outcome(Ticket(server, "1", name), Reply(dropped=dropped), error, Sent.FULLY), 0.2)


def test_states_losses_and_reconnects_are_counted(counted: Counted) -> None:
    play = Playbook().start()
    counted.count(play)
    assert counted['ami_connections{state="connecting"}'] == 1
    assert counted['ami_up{server="pbx"}'] == 0
    counted.count(play.log_in())
    assert counted['ami_connections{state="ready"}'] == 1
    assert counted['ami_up{server="pbx"}'] == 1
    assert not counted['ami_reconnects_total{server="pbx"}']
    counted.count(play.disconnect())
    assert counted['ami_connection_failures_total{reason="eof",server="pbx"}'] == 1
    counted.count(play.wait(1.0).disconnect(Reason.REFUSED).wait(1.0).log_in())
    assert counted['ami_connection_failures_total{reason="refused",server="pbx"}'] == 1
    assert counted['ami_reconnects_total{server="pbx"}'] == 1
    assert counted['ami_connect_attempts_total{server="pbx"}'] == 3
    counted.count(play.stop().wait(1.0))
    assert counted['ami_connections{state="closed"}'] == 1
    assert counted['ami_connection_failures_total{reason="stopped",server="pbx"}'] is None
    counted.count(play.start().log_in())
    assert counted['ami_reconnects_total{server="pbx"}'] == 1, "a new life, not a reconnect"


def test_a_reconnect_after_degraded_counts_too(counted: Counted) -> None:
    play = Playbook().log_in().wait(15.1).wait(5.1)
    assert play.connection.snapshot().state is State.DEGRADED
    counted.count(play.disconnect().wait(1.0).log_in())
    assert counted['ami_reconnects_total{server="pbx"}'] == 1


@pytest.mark.parametrize("reason", [Reason.LOGIN_REFUSED, Reason.CONNECT_TIMEOUT, Reason.READ_TIMEOUT])
def test_failures_are_counted_by_reason(reason: Reason, counted: Counted) -> None:
    """R-OBS-03: login failures, connect and read timeouts."""
    counted.metrics(StateChanged("pbx", None, State.CONNECTING, State.DISCONNECTED, Disconnect(reason)))
    label = reason.name.lower()
    assert counted[f'ami_connection_failures_total{{reason="{label}",server="pbx"}}'] == 1


def test_actions_are_counted_by_name_and_outcome_with_their_latency(counted: Counted) -> None:
    play = Playbook().log_in()
    good, bad = play.submit(Action("ping")), play.submit(Action("Hangup"))
    play.wait(0.2).reply(good).reply(bad, status="Error")
    play.submit(Action("Hangup"), timeout=1.0)
    play.cancel(play.submit(Action("Hangup")))
    counted.count(play.wait(2.0))
    for action, outcome in (
        ("Ping", "success"),
        ("Hangup", "failed"),
        ("Hangup", "timeout"),
        ("Hangup", "cancelled"),
    ):
        assert counted[f'ami_actions_total{{action="{action}",outcome="{outcome}"}}'] == 1
        assert counted[f'ami_server_actions_total{{outcome="{outcome}",server="pbx"}}'] == 1
    assert counted['ami_action_duration_seconds_count{action="Hangup"}'] == 3
    assert counted['ami_action_duration_seconds_bucket{action="Ping",le="0.1"}'] == 0
    assert counted['ami_action_duration_seconds_bucket{action="Ping",le="0.25"}'] == 1
    assert counted['ami_server_action_duration_seconds_count{server="pbx"}'] == 4
    assert (counted['ami_server_action_duration_seconds_sum{server="pbx"}'] or 0.0) > 1.0


def test_what_left_is_counted_with_whether_anybody_was_named(counted: Counted) -> None:
    """R-POLICY-02, R-OBS-03: never with the name, of which there may be any number."""
    play = Playbook().log_in()
    for asked_by in ("ann", "ben", None):
        ticket = play.connection.submit(Action("Hangup"), play.now, asked_by=asked_by)
        play.write()
        play.reply(ticket)
    play.cancel(play.connection.submit(Action("Hangup"), play.now, asked_by="ann"))
    counted.count(play)
    series = 'ami_actions_left_total{{action="Hangup",asked_by="{}",sent="fully"}}'
    assert counted[series.format("given")] == 2
    assert counted[series.format("missing")] == 1
    assert b"ann" not in generate_latest(counted.registry)


def test_unknown_names_share_one_label(counted: Counted) -> None:
    """R-OBS-03: an application may send any name."""
    for number in range(1000):
        counted.metrics(finished(f"Made{number}Up"))
    assert counted['ami_actions_total{action="other",outcome="success"}'] == 1000
    assert len(generate_latest(counted.registry)) < 20_000
    assert (action_label("CORESHOWCHANNELS"), len(ACTIONS)) == ("CoreShowChannels", 172)


def test_a_key_that_is_not_utf_8_does_not_fail_a_scrape(counted: Counted) -> None:
    """R-OBS-03, R-ID-03: a key may be any text, such as a file name."""
    play = Playbook(replace(SERVER, key="caf\udce9")).log_in()
    ping = play.submit(Action("Ping"))
    counted.metrics.watch(play.reply(ping).connection)
    counted.metrics(FaultSeen(play.connection.key, None, Fault.UNMATCHED, 1, "x"))
    counted.count(play)
    assert counted['ami_up{server="caf\\\\udce9"}'] == 1
    assert counted['ami_server_actions_total{outcome="success",server="caf\\\\udce9"}'] == 1
    assert counted['ami_events_received_total{server="caf\\\\udce9"}'] == 0


def test_no_two_keys_share_a_label(counted: Counted) -> None:
    """R-OBS-03, R-ID-03: Prometheus rejects a scrape that has a series twice."""
    keys = [
        "a\x1b",
        r"a\x1b",
        r"a\\x1b",
        "a\x9b",
        "a\udc9b",
        r"a\x9b",
        r"a\udc9b",
        "a'",
        'a"',
        "a'\"",
        r"a\'",
    ]
    for key in keys:
        counted.metrics(StateChanged(key, None, State.AUTHENTICATING, State.READY))
    lines = [
        line for line in generate_latest(counted.registry).decode().splitlines() if line[:7] == "ami_up{"
    ]
    assert len(set(lines)) == len(keys)


def test_losses_are_counted_by_reason(counted: Counted) -> None:
    """R-OBS-03: every fault is counted in one metric, with its whole count."""
    subscription = Subscription(Filter(), 5, Overflow.DROP_OLDEST)
    counted.metrics(EventsDropped("pbx", subscription, 2000, 2000, 5))
    counted.metrics(finished("Status", dropped=7))
    for fault in Fault:
        counted.metrics(FaultSeen("pbx", None, fault, 3, "x"))
    assert counted['ami_messages_dropped_total{reason="overflow",server="pbx"}'] == 2000
    assert counted['ami_messages_dropped_total{reason="straggler",server="pbx"}'] == 3
    assert counted['ami_unmatched_responses_total{server="pbx"}'] == 3
    assert counted['ami_desyncs_total{server="pbx"}'] == 3
    assert counted['ami_list_items_dropped_total{server="pbx"}'] == 7
    assert counted['ami_faults_total{fault="predicate_failed",server="pbx"}'] == 3
    samples = [sample for family in counted.registry.collect() for sample in family.samples]
    counted_thrice = [sample for sample in samples if sample.name.endswith("_total") and sample.value == 3]
    assert len(counted_thrice) == len(Fault)


def test_changes_of_a_breaker_are_counted(counted: Counted) -> None:
    counted.metrics(BreakerChanged("pbx", BreakerState.CLOSED, BreakerState.OPEN))
    assert counted['ami_breaker_transitions_total{server="pbx",state="open"}'] == 1


def test_a_scrape_reads_a_watched_connection(counted: Counted) -> None:
    play = Playbook().log_in()
    counted.metrics.watch(play.connection)
    play.subscribe()
    play.event("Hangup").event("Hangup")
    play.lazy = True
    play.submit(Action("Ping"))
    assert counted['ami_events_received_total{server="pbx"}'] == 2
    assert counted['ami_events_queued{server="pbx"}'] == 2
    assert counted['ami_actions_pending{server="pbx"}'] == 1
    assert counted['ami_actions_waiting{server="pbx"}'] == 0
    assert counted['ami_actions_refused_total{server="pbx"}'] == 0
    assert counted['ami_outbound_bytes{server="pbx"}'] == play.connection.snapshot().outbound_bytes > 0


def test_metrics_do_not_keep_a_connection_alive(counted: Counted) -> None:
    play = Playbook().log_in()
    counted.metrics.watch(play.connection)
    assert counted['ami_events_received_total{server="pbx"}'] == 0
    del play
    gc.collect()
    assert counted['ami_events_received_total{server="pbx"}'] is None


def test_a_client_without_a_new_snapshot_keeps_its_last_one(counted: Counted) -> None:
    """So does one whose counter seems to go back, as it may when read from another thread."""
    play, client = Playbook().log_in(), Told()
    before = play.connection.snapshot()
    after = play.event("Hangup").connection.snapshot()
    client.told = [after, before]
    counted.metrics.watch(client)
    for _ in range(3):
        assert counted['ami_events_received_total{server="pbx"}'] == 1


class Told:
    """A client whose snapshots are given."""

    def __init__(self) -> None:
        self.told: list[Snapshot] = []

    def snapshots(self) -> dict[str, Snapshot]:
        snapshot = self.told.pop(0)
        return {snapshot.server: snapshot}


def test_the_counters_of_a_replaced_server_begin_anew(counted: Counted) -> None:
    """R-CLUSTER-09: two snapshots with fewer events are no mixture."""
    client = Told()
    old = Playbook().log_in().event("Hangup").connection.snapshot()
    new = Playbook().log_in().connection.snapshot()
    client.told = [old, new, new]
    counted.metrics.watch(client)
    assert [counted['ami_events_received_total{server="pbx"}'] for _ in range(2)] == [1, 0]


def test_a_scrape_reads_every_server_of_a_cluster(counted: Counted) -> None:
    """R-OBS-03: also those that come later; of two clients with one key, the newest."""
    cluster = Cluster([replace(SERVER, key="east"), replace(SERVER, key="west")], seed=1)
    play = Playbook().log_in().event("Hangup")
    counted.metrics.watch(cluster)
    counted.metrics.watch(play.connection)
    cluster.add(replace(SERVER, key="pbx"), 0.0)
    assert counted['ami_events_received_total{server="east"}'] == 0
    assert counted['ami_events_received_total{server="pbx"}'] == 1
    cluster.add(replace(SERVER, key="north"), 0.0)
    assert counted['ami_actions_pending{server="north"}'] == 0


SERVER_SERIES_MAX = 14
"""Series of a server that had no trouble; docs/how-to/monitor.md says so."""
ACTION_SERIES_MAX = 17
"""Series of an action that always succeeds: its count, 14 buckets, and the sum and count of its times."""


def test_a_thousand_servers_do_not_multiply_the_series_of_actions(counted: Counted) -> None:
    """R-OBS-03: what it costs is a sum, so many for each server and so many for each action."""
    servers, actions = [f"pbx{number}" for number in range(1000)], list(ACTIONS)[:20]
    cluster = Cluster([replace(SERVER, key=key) for key in servers], seed=1)
    counted.metrics.watch(cluster)
    for server in servers:
        counted.metrics(StateChanged(server, None, State.AUTHENTICATING, State.READY))
        counted.metrics(ConnectScheduled(server, "127.0.0.1", 5038, 1, 0.0, 0.0, None))
        for action in actions:
            counted.metrics(finished(action, server=server))
    families = list(counted.registry.collect())
    samples = [sample for family in families for sample in family.samples if sample.name[-8:] != "_created"]
    assert len(samples) <= 1000 * SERVER_SERIES_MAX + 20 * ACTION_SERIES_MAX + len(State)
    assert not [sample for sample in samples if {"server", "action"} <= sample.labels.keys()]
    assert counted['ami_server_actions_total{outcome="success",server="pbx7"}'] == 20
    assert counted[f'ami_actions_total{{action="{action_label(actions[0])}",outcome="success"}}'] == 1000


def test_a_server_that_was_removed_has_no_series(counted: Counted) -> None:
    """R-OBS-03, R-CLUSTER-09: also where a notice of it comes after the scrape; the others keep theirs."""
    keys = ("east", "west", "north")
    cluster = Cluster([replace(SERVER, key=key) for key in keys], seed=1)
    other = Cluster([replace(SERVER, key="north")], seed=1)
    for each in (cluster, other):
        counted.metrics.watch(each)

    def tell(server: str) -> None:
        counted.metrics(StateChanged(server, None, State.AUTHENTICATING, State.READY))
        counted.metrics(finished("Ping", dropped=1, server=server))
        counted.metrics(EventsDropped(server, Subscription(Filter(), 5, Overflow.DROP_OLDEST), 1, 1, 1))
        counted.metrics(BreakerChanged(server, BreakerState.CLOSED, BreakerState.OPEN))
        counted.metrics(StateChanged(server, None, State.READY, State.DISCONNECTED, Disconnect(Reason.EOF)))
        for fault in Fault:
            counted.metrics(FaultSeen(server, None, fault, 1, "x"))

    for server in (*keys, "elsewhere"):  # the last one is of a client that is not watched
        tell(server)
    before = scraped(counted)
    for server in ("east", "north"):
        cluster.remove(server, 0.0)
    tell("east")  # told after it was removed from the machine, before the scrape
    after = scraped(counted)
    tell("east")  # and after it
    assert scraped(counted) == after
    assert {line for line in before if 'server="east"' in line} == before - after
    assert counted['ami_connections{state="disconnected"}'] == 3
    for server in ("west", "north", "elsewhere"):
        assert counted[f'ami_server_actions_total{{outcome="success",server="{server}"}}'] == 1


def scraped(counted: Counted) -> set[str]:
    """Return the names and labels of all series."""
    lines = generate_latest(counted.registry).decode().splitlines()
    return {line.rpartition(" ")[0] for line in lines if line[0] != "#" and "_created" not in line}


def test_without_prometheus_client_it_says_what_to_install() -> None:
    program = """
import sys
sys.modules["prometheus_client"] = None
import ami_backends.telemetry
try:
    import ami_backends.telemetry.metrics
except ImportError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (
        run.stdout
        == 'ami_backends.telemetry needs the extra "telemetry": pip install "ami-proto[telemetry]"\n'
    )


LOST = {"STRAGGLER", "WITHHELD", "TORN", "OVERSIZED", "INCOMPLETE", "UNREAD"}
"""Faults that lose a message."""
OWN_METRIC = {"UNMATCHED": "ami_unmatched_responses_total", "DESYNC": "ami_desyncs_total"}


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_is_counted_in_one_metric(fault: Fault, counted: Counted) -> None:
    """R-OBS-03: a lost message by its reason, the others by their kind; and as often as it occurred."""
    counted.metrics(FaultSeen("pbx", None, fault, 3, "x"))
    label = fault.name.lower()
    if fault.name in LOST:
        expected = f'ami_messages_dropped_total{{reason="{label}",server="pbx"}}'
    elif fault.name in OWN_METRIC:
        expected = f'{OWN_METRIC[fault.name]}{{server="pbx"}}'
    else:
        expected = f'ami_faults_total{{fault="{label}",server="pbx"}}'
    lines = [
        line for line in generate_latest(counted.registry).decode().splitlines() if line.endswith(" 3.0")
    ]
    assert lines == [f"{expected} 3.0"]
