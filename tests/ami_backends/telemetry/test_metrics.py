"""R-OBS-03: what is counted, under names as Prometheus wants them, with bounded labels."""

import gc
import subprocess
import sys
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from ami_backends.telemetry.metrics import Metrics
from ami_backends.telemetry.names import ACTION_NAMES, action_label
from ami_proto import (
    Action,
    ActionError,
    ActionFinished,
    BreakerChanged,
    BreakerState,
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
    Subscription,
    Ticket,
)
from conformance.playbook import SERVER, Playbook


class Counted:
    """Metrics of a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)

    def __getitem__(self, name: str) -> float | None:
        """Return a sample: `name` or `name{label="value"}`."""
        for line in generate_latest(self.registry).decode().splitlines():
            if line.rpartition(" ")[0] == name:
                return float(line.rpartition(" ")[2])
        return None

    def tell(self, play: Playbook) -> None:
        for notice in play.notices:
            self.metrics(notice)
        play.notices.clear()


@pytest.fixture
def counted() -> Counted:
    return Counted()


def finished(name: str, error: ActionError | None = None, dropped: int = 0) -> ActionFinished:
    return ActionFinished(Outcome(Ticket("pbx", "1", name), Reply(dropped=dropped), error, Sent.FULLY), 0.2)


def test_a_life_is_counted(counted: Counted) -> None:
    play = Playbook().start()
    counted.tell(play)
    assert counted['ami_connections{state="connecting"}'] == 1
    assert counted['ami_up{server="pbx"}'] == 0
    counted.tell(play.log_in())
    assert counted['ami_connections{state="ready"}'] == 1
    assert counted['ami_up{server="pbx"}'] == 1
    assert not counted['ami_reconnects_total{server="pbx"}']
    counted.tell(play.disconnect())
    assert counted['ami_connection_failures_total{reason="eof",server="pbx"}'] == 1
    counted.tell(play.wait(1.0).disconnect(Reason.REFUSED).wait(1.0).log_in())
    assert counted['ami_connection_failures_total{reason="refused",server="pbx"}'] == 1
    assert counted['ami_reconnects_total{server="pbx"}'] == 1
    assert counted['ami_connect_attempts_total{server="pbx"}'] == 3
    counted.tell(play.stop().wait(1.0))
    assert counted['ami_connections{state="closed"}'] == 1
    assert counted['ami_connection_failures_total{reason="stopped",server="pbx"}'] is None
    counted.tell(play.start().log_in())
    assert counted['ami_reconnects_total{server="pbx"}'] == 1, "a new life, not a reconnect"


def test_a_reconnect_is_one_wherever_the_session_was_lost(counted: Counted) -> None:
    play = Playbook().log_in().wait(15.1).wait(5.1)
    assert play.connection.snapshot().state is State.DEGRADED
    counted.tell(play.disconnect().wait(1.0).log_in())
    assert counted['ami_reconnects_total{server="pbx"}'] == 1


@pytest.mark.parametrize("reason", [Reason.LOGIN_REFUSED, Reason.CONNECT_TIMEOUT, Reason.READ_TIMEOUT])
def test_failures_are_told_apart(reason: Reason, counted: Counted) -> None:
    """R-OBS-03: login failures, connect and read timeouts."""
    counted.metrics(StateChanged("pbx", None, State.CONNECTING, State.DISCONNECTED, Disconnect(reason)))
    label = reason.name.lower()
    assert counted[f'ami_connection_failures_total{{reason="{label}",server="pbx"}}'] == 1


def test_actions_by_name_and_outcome_with_their_latency(counted: Counted) -> None:
    play = Playbook().log_in()
    good, bad = play.submit(Action("ping")), play.submit(Action("Hangup"))
    play.wait(0.2).reply(good).reply(bad, status="Error")
    play.submit(Action("Hangup"), timeout=1.0)
    play.cancel(play.submit(Action("Hangup")))
    counted.tell(play.wait(2.0))
    for action, outcome in (
        ("Ping", "success"),
        ("Hangup", "failed"),
        ("Hangup", "timeout"),
        ("Hangup", "cancelled"),
    ):
        assert counted[f'ami_actions_total{{action="{action}",outcome="{outcome}",server="pbx"}}'] == 1
    assert counted['ami_action_duration_seconds_count{action="Hangup",server="pbx"}'] == 3
    assert counted['ami_action_duration_seconds_bucket{action="Ping",le="0.1",server="pbx"}'] == 0
    assert counted['ami_action_duration_seconds_bucket{action="Ping",le="0.25",server="pbx"}'] == 1


def test_unknown_names_share_one_label(counted: Counted) -> None:
    """R-OBS-03: bounded, whatever an application makes up."""
    for number in range(1000):
        counted.metrics(finished(f"Made{number}Up"))
    assert counted['ami_actions_total{action="other",outcome="success",server="pbx"}'] == 1000
    assert len(generate_latest(counted.registry)) < 20_000
    assert (action_label("CORESHOWCHANNELS"), len(ACTION_NAMES)) == ("CoreShowChannels", 172)


def test_a_key_that_is_no_utf_8_fails_no_scrape(counted: Counted) -> None:
    """R-OBS-03, R-ID-03: a key may hold any text, a name of a file too."""
    play = Playbook(replace(SERVER, key="caf\udce9")).log_in()
    ping = play.submit(Action("Ping"))
    counted.metrics.watch(play.reply(ping).connection)
    counted.metrics(FaultSeen(play.connection.key, None, Fault.UNMATCHED, 1, "x"))
    counted.tell(play)
    assert counted['ami_up{server="caf\\\\udce9"}'] == 1
    assert counted['ami_actions_total{action="Ping",outcome="success",server="caf\\\\udce9"}'] == 1
    assert counted['ami_events_received_total{server="caf\\\\udce9"}'] == 0


def test_no_two_keys_share_a_label(counted: Counted) -> None:
    """R-OBS-03, R-ID-03: a scrape with the same series twice is refused as a whole."""
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


def test_losses_by_reason(counted: Counted) -> None:
    """R-OBS-03: every fault counts somewhere, with its whole count."""
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
    told = [sample for sample in samples if sample.name.endswith("_total") and sample.value == 3]
    assert len(told) == len(Fault)


def test_breakers(counted: Counted) -> None:
    counted.metrics(BreakerChanged("pbx", BreakerState.CLOSED, BreakerState.OPEN))
    assert counted['ami_breaker_transitions_total{server="pbx",state="open"}'] == 1


def test_a_watched_connection_is_looked_at_when_somebody_scrapes(counted: Counted) -> None:
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
    assert counted['ami_outbound_bytes{server="pbx"}'] == play.connection.snapshot().outbound_bytes > 0


def test_metrics_keep_nothing_alive(counted: Counted) -> None:
    play = Playbook().log_in()
    counted.metrics.watch(play.connection)
    del play
    gc.collect()
    assert counted['ami_events_received_total{server="pbx"}'] is None


def test_a_client_that_cannot_be_looked_at_stands_as_it_was(counted: Counted) -> None:
    """And a count that seems to go back, seen from another thread, does not."""

    class Client:
        snapshots: list[Snapshot]

        def snapshot(self) -> Snapshot:
            return self.snapshots.pop(0)

    play, client = Playbook().log_in(), Client()
    before = play.connection.snapshot()
    after = play.event("Hangup").connection.snapshot()
    client.snapshots = [after, before]
    counted.metrics.watch(client)
    for _ in range(3):
        assert counted['ami_events_received_total{server="pbx"}'] == 1


def test_without_the_package_it_says_what_to_install() -> None:
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
