"""What `ami listen` reports beside the events: the connection, log lines, and metrics for Prometheus."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ami_backends.cli.exits import UsageProblem, print_stderr
from ami_backends.configuration import CONFIGURATION_LOGGER
from ami_backends.telemetry import LOGGER_NAME
from ami_backends.telemetry.logs import audit_fields, audit_line
from ami_proto import ActionFinished, ConnectScheduled, FaultSeen, Notice, Reason, State, StateChanged
from ami_proto.drivers import ServerKey

if TYPE_CHECKING:
    from ami_backends.telemetry.metrics import Metrics

METRICS_HOST = "127.0.0.1"
"""Metrics name servers and actions, so only this machine can read them; a proxy may publish them."""

Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        show_default=False,
        help="Write log lines to stderr; -vv logs every action as well.",
    ),
]
MetricsPort = Annotated[
    int | None,
    typer.Option(
        metavar="PORT",
        min=0,
        max=65535,
        help=f"Serve Prometheus metrics on {METRICS_HOST}; 0 takes any free port.",
    ),
]


def report_connection() -> Callable[[Notice], None]:
    """Return a listener for notices that writes losses, reconnects and faults to stderr.

    It is silent until READY: a first connection that fails ends the command with an error of its own.
    """
    return _Report().handle


def report_connections() -> Callable[[Notice], None]:
    """Return a listener like that of `report_connection` for many servers, each named.

    It reports first connections that fail too, because the command goes on with the other servers.
    """
    reports: dict[ServerKey, _Report] = {}

    def handle(notice: Notice) -> None:
        key = notice.server
        reports.setdefault(key, _Report(f"{key}: ", goes_on=True)).handle(notice)
        if isinstance(notice, StateChanged) and notice.new is State.CLOSED and not _is_end(notice):
            del reports[key]  # it was removed or replaced

    return handle


class _Report:
    """What is said on stderr about the connection to one server."""

    def __init__(self, prefix: str = "", *, goes_on: bool = False) -> None:
        self._prefix = prefix
        self._goes_on = self._speaks = goes_on
        self._was_ready = self._is_lost = False

    def handle(self, notice: Notice) -> None:
        """Say what the notice is about, if it concerns the connection."""
        match notice:
            case StateChanged(new=State.READY):
                if self._is_lost:
                    self._say("connected again" if self._was_ready else "connected")
                self._speaks = self._was_ready = True
                self._is_lost = False
            case ConnectScheduled(cause=cause, delay=delay) if self._speaks and cause is not None:
                what = "connection lost" if self._was_ready and not self._is_lost else "no connection"
                still = "still " if self._is_lost else ""
                self._say(f"{still}{what}, trying again in {delay:.2g} s: {cause}")
                self._is_lost = True
            case StateChanged(cause=cause) if self._goes_on and _is_end(notice):
                self._say(f"given up: {cause}")
            case FaultSeen(fault=fault, count=count, detail=detail) if self._speaks:
                self._say(f"noticed {fault.value} ({count}): {detail}")
            case _:
                pass

    def _say(self, sentence: str) -> None:
        print_stderr(f"{self._prefix}{sentence}", timed=True)


def _is_end(notice: Notice) -> bool:
    """Tell whether a server was given up, and not stopped by the user."""
    return (
        isinstance(notice, StateChanged)
        and notice.new is State.CLOSED
        and notice.cause is not None
        and notice.cause.reason is not Reason.STOPPED
    )


class ErrorsOnly:
    """An `on_notice` for commands that end with the first loss: their error says why, so the log need not."""

    logs_notices = True

    def __call__(self, notice: Notice) -> None:
        """Ignore the notice."""


class AuditOnly(ErrorsOnly):
    """The same for commands that say on whose behalf they act: a line about each action that left."""

    def __call__(self, notice: Notice) -> None:
        """Write the line to stderr."""
        if isinstance(notice, ActionFinished) and notice.left:
            print_stderr(audit_line(audit_fields(notice)))


class _StderrHandler(logging.Handler):
    def __init__(self, *, timed: bool) -> None:
        super().__init__()
        self._timed = timed

    def emit(self, record: logging.LogRecord) -> None:
        print_stderr(f"{record.levelname.lower()}: {self.format(record)}", timed=self._timed)


@contextmanager
def configuration_warnings() -> Iterator[None]:
    """Write warnings about secret files to stderr."""
    handler = _StderrHandler(timed=False)
    CONFIGURATION_LOGGER.addHandler(handler)
    try:
        yield
    finally:
        CONFIGURATION_LOGGER.removeHandler(handler)


@contextmanager
def logging_to_stderr(verbosity: int) -> Iterator[None]:
    """Write the library's log to stderr: 1 from INFO on, 2 from DEBUG on.

    0 silences the telemetry's logger, whose warnings Python would print: `report_connection` has those.
    """
    logger = logging.getLogger("ami_backends" if verbosity else LOGGER_NAME)
    handler = _StderrHandler(timed=True) if verbosity else logging.NullHandler()
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
    """Serve metrics over HTTP from a thread; None serves nothing. Raises `UsageProblem` if that fails."""
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
    print_stderr(f"metrics at http://{METRICS_HOST}:{server.server_port}/metrics")
    try:
        yield Metrics(registry)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
