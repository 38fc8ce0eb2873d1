"""R-OBS-01: a failing logger, sink or listener is contained, counted, and the others are served."""

import logging
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ami_backends.telemetry import LOGGER_NAME, Logs, Telemetry
from ami_backends.telemetry.metrics import Metrics
from ami_proto import Notice, Redaction, State, StateChanged

NOTICE = StateChanged("pbx", None, State.AUTHENTICATING, State.READY)


def errors(registry: CollectorRegistry, sink: str) -> float | None:
    return registry.get_sample_value("ami_listener_errors_total", {"sink": sink})


class Broken:
    """Raises whatever it is used for."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __call__(self, notice: Notice) -> None:
        raise self.error

    def count_listener_error(self, sink: str) -> None:
        raise self.error


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even that")


def test_everybody_hears_every_notice() -> None:
    heard: list[Notice] = []
    telemetry = Telemetry(heard.append, heard.append)
    telemetry(NOTICE)
    assert heard == [NOTICE, NOTICE]
    assert telemetry.errors == {}


@pytest.mark.parametrize("error", [ValueError("oh"), Mute(), RecursionError()])
def test_a_listener_that_raises_is_counted_and_the_others_are_served(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """R-OBS-01, R-OBS-03, R-DRIVER-04."""
    registry, heard = CollectorRegistry(), list[Notice]()
    telemetry = Telemetry(Broken(error), heard.append, metrics=Metrics(registry))
    telemetry(NOTICE)
    telemetry(NOTICE)
    assert heard == [NOTICE, NOTICE]
    assert telemetry.errors == {"listener": 2}
    assert errors(registry, "listener") == 2
    last: Any = caplog.records[-1]
    assert last.getMessage().startswith(f"listener raised on StateChanged: {type(error).__name__}")
    assert (last.server_key, last.action_id, last.queue_depth) == ("pbx", None, None)


def test_a_logger_that_raises_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-OBS-01: its filter, for one, is the user's."""
    registry, heard = CollectorRegistry(), list[Notice]()
    logger = logging.getLogger(LOGGER_NAME)
    monkeypatch.setattr(logger, "filters", [Broken(ValueError("oh"))])
    logger.setLevel(logging.DEBUG)
    try:
        telemetry = Telemetry(heard.append, metrics=Metrics(registry), logs=Logs())
        telemetry(NOTICE)
    finally:
        logger.setLevel(logging.NOTSET)
    assert heard == [NOTICE]
    assert telemetry.errors == {"logs": 1}
    assert errors(registry, "logs") == 1


def test_metrics_that_raise_are_counted_too() -> None:
    """R-OBS-01: where nobody else counts, `errors` does."""
    heard = list[Notice]()
    telemetry = Telemetry(heard.append, metrics=Broken(ValueError("oh")))
    telemetry(NOTICE)
    assert heard == [NOTICE]
    assert telemetry.errors == {"metrics": 1}


def test_what_is_no_error_passes() -> None:
    """Ctrl-C in a listener is for the program."""
    with pytest.raises(KeyboardInterrupt):
        Telemetry(Broken(KeyboardInterrupt()))(NOTICE)


def test_what_a_listener_raises_is_redacted(caplog: pytest.LogCaptureFixture) -> None:
    """R-OBS-04: in one line, with its place, and without the secret."""
    Telemetry(Broken(ValueError("hunter2\nforged")), redaction=Redaction(secret="hunter2"))(NOTICE)
    said = caplog.records[-1].getMessage()
    assert said.startswith("listener raised on StateChanged: ValueError: ***\\x0aforged (")
    assert "test_telemetry.py:" in said
