"""R-OBS-01, R-OBS-03: one telemetry, whatever drives; a scrape waits for no loop and holds up none."""

import logging
import threading

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from ami_backends.cli.backends import Backend, Connect, run
from ami_backends.telemetry import LOGGER_NAME, Telemetry
from ami_backends.telemetry.metrics import Metrics
from conformance.server import LoopbackServer

PATIENCE = 20.0


def scrape(registry: CollectorRegistry) -> str:
    """Scrape as a web server does, from a thread of its own, while this one waits."""
    told: list[str] = []
    thread = threading.Thread(target=lambda: told.append(generate_latest(registry).decode()), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert told, "the scrape waits for something"
    return told[0]


@pytest.mark.parametrize("backend", Backend)
def test_logs_and_metrics_of_a_connection(
    backend: Backend, mock_server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    telemetry = Telemetry(metrics=metrics)

    async def program(connect: Connect) -> None:
        words = {"key": "pbx", "username": "admin", "secret": "s3cr3t", "on_notice": telemetry}
        async with connect("127.0.0.1", mock_server.port, **words) as client:
            metrics.watch(client)
            with client.events("UserEvent") as events:
                await client.send("UserEvent", UserEvent="Hello")
                await events.get(PATIENCE)
            during = scrape(registry)
        assert 'ami_connections{state="ready"} 1.0' in during
        assert 'ami_events_received_total{server="pbx"} 0.0' not in during
        assert 'ami_actions_pending{server="pbx"} 0.0' in during

    with caplog.at_level(logging.DEBUG, LOGGER_NAME):
        run(backend, program)
    after = scrape(registry)
    assert 'ami_connections{state="closed"} 1.0' in after
    assert 'ami_actions_total{action="UserEvent",outcome="success",server="pbx"} 1.0' in after
    said = [record.getMessage() for record in caplog.records if record.name == LOGGER_NAME]
    assert "pbx: ready" in said
    assert any(each.startswith("pbx: UserEvent succeeded after ") for each in said)
    assert telemetry.errors == {}


@pytest.mark.parametrize("backend", Backend)
def test_a_snapshot_may_be_taken_in_a_listener(backend: Backend, mock_server: LoopbackServer) -> None:
    """Of every driver: where a wait for the driver would be one for itself, it is looked at from beside."""
    seen: list[str] = []
    clients: list[object] = []

    def listen(notice: object) -> None:
        seen.extend(client.snapshot().server for client in clients)  # type: ignore[attr-defined]

    async def program(connect: Connect) -> None:
        words = {"key": "pbx", "username": "admin", "secret": "s3cr3t", "on_notice": listen}
        async with connect("127.0.0.1", mock_server.port, **words) as client:
            clients.append(client)
            await client.send("Ping")

    run(backend, program)
    assert set(seen) == {"pbx"}
