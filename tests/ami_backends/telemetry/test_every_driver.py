"""R-OBS-01, R-OBS-03: telemetry on every driver; a scrape neither waits for a loop nor blocks it."""

import logging
import re
import threading

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from ami_backends.cli.backends import BackendName, ConnectFunction, run_program
from ami_backends.telemetry import LOGGER_NAME, Telemetry
from ami_backends.telemetry.metrics import Metrics
from conformance.mock import LoopbackServer

PATIENCE = 20.0


def scrape(registry: CollectorRegistry) -> str:
    """Scrape in another thread, as a web server does, while this thread blocks."""
    served: list[str] = []
    thread = threading.Thread(target=lambda: served.append(generate_latest(registry).decode()), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert served, "the scrape hangs"
    return served[0]


@pytest.mark.parametrize("backend", BackendName)
def test_logs_and_metrics_of_a_connection(
    backend: BackendName, mock_server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    telemetry = Telemetry(metrics=metrics)

    async def program(connect: ConnectFunction) -> None:
        words = {"key": "pbx", "username": "admin", "secret": "s3cr3t", "on_notice": telemetry}
        async with connect("127.0.0.1", mock_server.port, **words) as client:
            metrics.watch(client)
            with client.events("UserEvent") as events:
                await client.send("UserEvent", UserEvent="Hello")
                await events.get(PATIENCE)
            during = scrape(registry)
        assert 'ami_connections{state="ready"} 1.0' in during
        assert re.search(r'^ami_events_received_total\{server="pbx"\} [1-9]', during, re.MULTILINE)
        assert 'ami_actions_pending{server="pbx"} 0.0' in during

    with caplog.at_level(logging.DEBUG, LOGGER_NAME):
        run_program(backend, program)
    after = scrape(registry)
    assert 'ami_connections{state="closed"} 1.0' in after
    assert 'ami_actions_total{action="UserEvent",outcome="success"} 1.0' in after
    assert 'ami_server_actions_total{outcome="success",server="pbx"} 1.0' in after
    said = [record.getMessage() for record in caplog.records if record.name == LOGGER_NAME]
    assert "pbx: ready" in said
    assert any(each.startswith("pbx: UserEvent succeeded after ") for each in said)
    assert telemetry.errors == {}


@pytest.mark.parametrize("backend", BackendName)
def test_a_snapshot_may_be_taken_in_a_listener(backend: BackendName, mock_server: LoopbackServer) -> None:
    """A listener runs in the driver, where waiting for the driver would be a deadlock."""
    seen: list[str] = []
    clients: list[object] = []

    def listen(notice: object) -> None:
        seen.extend(client.snapshot().server for client in clients)  # type: ignore[attr-defined]

    async def program(connect: ConnectFunction) -> None:
        words = {"key": "pbx", "username": "admin", "secret": "s3cr3t", "on_notice": listen}
        async with connect("127.0.0.1", mock_server.port, **words) as client:
            clients.append(client)
            await client.send("Ping")

    run_program(backend, program)
    assert set(seen) == {"pbx"}
