"""R-OBS-01: the exception of a logger, sink or listener is counted, and the others still get the notice."""

import logging
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ami_backends.telemetry import LOGGER_NAME, Logs, Telemetry
from ami_backends.telemetry.metrics import Metrics
from ami_proto import Notice, State, StateChanged
from ami_proto.drivers import Redaction

NOTICE = StateChanged("pbx", None, State.AUTHENTICATING, State.READY)


def errors(registry: CollectorRegistry, sink: str) -> float | None:
    return registry.get_sample_value("ami_listener_errors_total", {"sink": sink})


class Broken:
    """A sink whose every method raises."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __call__(self, notice: Notice) -> None:
        raise self.error

    def count_listener_error(self, sink: str) -> None:
        raise self.error


class Textless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_every_listener_gets_every_notice() -> None:
    received: list[Notice] = []
    telemetry = Telemetry(received.append, received.append)
    telemetry(NOTICE)
    assert received == [NOTICE, NOTICE]
    assert telemetry.errors == {}


@pytest.mark.parametrize("error", [ValueError("oh"), Textless(), RecursionError()])
def test_the_exception_of_a_listener_is_counted_and_logged(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """R-OBS-01, R-OBS-03, R-DRIVER-04."""
    registry, received = CollectorRegistry(), list[Notice]()
    telemetry = Telemetry(Broken(error), received.append, metrics=Metrics(registry))
    telemetry(NOTICE)
    telemetry(NOTICE)
    assert received == [NOTICE, NOTICE]
    assert telemetry.errors == {"listener": 2}
    assert errors(registry, "listener") == 2
    last: Any = caplog.records[-1]
    assert last.getMessage().startswith(f"listener raised on StateChanged: {type(error).__name__}")
    assert (last.server_key, last.action_id, last.queue_depth) == ("pbx", None, None)


def test_the_exception_of_a_logger_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-OBS-01: a filter of the application may raise."""
    registry, received = CollectorRegistry(), list[Notice]()
    logger = logging.getLogger(LOGGER_NAME)
    monkeypatch.setattr(logger, "filters", [Broken(ValueError("oh"))])
    logger.setLevel(logging.DEBUG)
    try:
        telemetry = Telemetry(received.append, metrics=Metrics(registry), logs=Logs())
        telemetry(NOTICE)
    finally:
        logger.setLevel(logging.NOTSET)
    assert received == [NOTICE]
    assert telemetry.errors == {"logs": 1}
    assert errors(registry, "logs") == 1


def test_the_exception_of_metrics_is_counted() -> None:
    """R-OBS-01: in `errors`, as the metrics cannot count it."""
    received = list[Notice]()
    telemetry = Telemetry(received.append, metrics=Broken(ValueError("oh")))
    telemetry(NOTICE)
    assert received == [NOTICE]
    assert telemetry.errors == {"metrics": 1}


def test_ctrl_c_in_a_listener_is_raised() -> None:
    with pytest.raises(KeyboardInterrupt):
        Telemetry(Broken(KeyboardInterrupt()))(NOTICE)


def test_the_exception_of_a_listener_is_redacted(caplog: pytest.LogCaptureFixture) -> None:
    """R-OBS-04: one line, with the place, without the secret."""
    Telemetry(Broken(ValueError("hunter2\nforged")), redaction=Redaction(secret="hunter2"))(NOTICE)
    said = caplog.records[-1].getMessage()
    assert said.startswith("listener raised on StateChanged: ValueError: ***\\x0aforged (")
    assert "test_telemetry.py:" in said


def test_where_the_log_fails_stderr_is_the_last_resort(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-OBS-05: one line, redacted, however often listeners and log raise; and each is counted."""
    monkeypatch.setattr(logging.getLogger(LOGGER_NAME), "filters", [Broken(ValueError("the disk is full"))])
    registry, redaction = CollectorRegistry(), Redaction(secret="hunter2")
    telemetry = Telemetry(
        Broken(KeyError("hunter2\n")), metrics=Metrics(registry), logs=Silent(), redaction=redaction
    )
    telemetry(NOTICE)
    telemetry(NOTICE)
    assert telemetry.errors == {"listener": 2, "logs": 2}
    assert errors(registry, "logs") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("ami_backends: listener raised on StateChanged: KeyError: '***\\n' (")
    assert line.endswith("); and the log raised ValueError: the disk is full")


def test_a_log_that_fails_is_told_once_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-OBS-05: also if nothing else had raised."""
    telemetry = Telemetry(logs=Broken(ValueError("the disk is full")))
    telemetry(NOTICE)
    telemetry(NOTICE)
    assert telemetry.errors == {"logs": 2}
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("ami_backends: logs raised on StateChanged: ValueError: the disk is full (")
    monkeypatch.setattr("sys.stderr", None)  # as in a process without one
    Telemetry(logs=Broken(ValueError("oh")))(NOTICE)


class Silent:
    def __call__(self, notice: Notice) -> None:
        """Log nothing."""
