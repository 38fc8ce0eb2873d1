"""What `ami` tells of itself while it runs: log lines on stderr, and metrics for Prometheus."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ami_backends.cli.exits import UsageProblem, complain
from ami_backends.telemetry import LOGGER_NAME

if TYPE_CHECKING:
    from ami_backends.telemetry.metrics import Metrics

METRICS_HOST = "127.0.0.1"
"""Metrics name servers and actions: what is beyond this machine is for a proxy to let in."""

Verbose = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="Log to stderr; -vv logs every action as well.")
]
MetricsPort = Annotated[
    int | None,
    typer.Option(
        metavar="PORT", min=0, max=65535, help="Serve Prometheus metrics on 127.0.0.1; 0: any port."
    ),
]


class _Stderr(logging.Handler):
    """One line for each record, in the way everything else is said there."""

    def emit(self, record: logging.LogRecord) -> None:
        complain(f"{record.levelname.lower()}: {self.format(record)}")


@contextmanager
def logging_to_stderr(verbosity: int) -> Iterator[None]:
    """Show what the library logs: from INFO on when asked once, from DEBUG on when asked twice.

    Unasked, what becomes of the connection is left to whoever else tells of it.
    """
    logger = logging.getLogger("ami_backends" if verbosity else LOGGER_NAME)
    handler = _Stderr() if verbosity else logging.NullHandler()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel((logging.NOTSET, logging.INFO, logging.DEBUG)[min(verbosity, 2)])
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


@contextmanager
def serving_metrics(port: int | None) -> Iterator["Metrics | None"]:
    """Serve metrics from a thread that only looks. Raises `UsageProblem` where they cannot be served."""
    if port is None:
        yield None
        return
    try:
        from prometheus_client import CollectorRegistry, start_http_server

        from ami_backends.telemetry.metrics import Metrics
    except ImportError as missing:
        advice = 'pip install "ami-proto[telemetry]"'
        raise UsageProblem(f"--metrics-port needs {missing.name}: {advice}") from None
    registry = CollectorRegistry()
    try:
        server, thread = start_http_server(port, METRICS_HOST, registry)
    except OSError as error:
        raise UsageProblem(f"--metrics-port {port}: {error.strerror}") from None
    complain(f"metrics at http://{METRICS_HOST}:{server.server_port}/metrics")
    try:
        yield Metrics(registry)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
