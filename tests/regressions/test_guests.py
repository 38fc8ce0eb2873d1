"""Faults of the ancestor with what users bring: options, strategies, sinks, loggers, secrets."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from peers import Owner

from ami_backends.telemetry import LOGGER_NAME, Telemetry
from ami_proto import (
    Action,
    Automatic,
    CompletionFailed,
    ConfigError,
    ConnectScheduled,
    Disconnect,
    Message,
    Notice,
    Progress,
    Reason,
    Redaction,
    SessionId,
    State,
    StateChanged,
    Verdict,
)
from ami_proto.config import BOUNDS
from conformance.leaks import nothing_left
from conformance.peer import Peer, honest
from conformance.playbook import SERVER, Playbook, frame

__all__ = ["nothing_left"]


@pytest.mark.parametrize("end", [0, 1], ids=["lowest", "highest"])
@pytest.mark.parametrize("option", BOUNDS)
def test_validated_options_that_crash_later(option: str, end: int) -> None:
    """R-CONF-01. Zero, or a float where bytes are counted, was taken at the start and raised in the night."""
    value = type(getattr(SERVER, option))(BOUNDS[option][end])
    try:
        config = replace(SERVER, key="k" * 200, **cast("dict[str, Any]", {option: value}))
    except ConfigError:
        return  # refused at once, beside the defaults of the others: that is in order, too
    play = Playbook(config).start()
    events = play.subscribe(limit=1)
    for _ in range(3):
        play.log_in().event("A").event("B").messages(events)
        assert play.connection.state is State.READY
        play.receive(frame("Nonsense")).disconnect()
        play.wait(play.take(ConnectScheduled)[-1].delay)
    play.log_in().stop().wait(config.close_grace)
    assert play.connection.stopped


class Broken(Automatic):
    """A strategy that raises."""

    def judge(self, progress: Progress, message: Message) -> Verdict:
        raise RuntimeError("a strategy")


class BrokenMetrics:
    """Metrics of which nothing works."""

    def __call__(self, notice: Notice, /) -> None:
        raise RuntimeError("a metrics sink")

    def count_listener_error(self, sink: str) -> None:
        raise RuntimeError("a metrics sink")


def broken_logger(notice: Notice) -> None:
    raise RuntimeError("a logger")


SINKS: dict[str, Callable[[], Callable[[Notice], None]]] = {
    "strategy": lambda: lambda notice: None,
    "metrics sink": lambda: Telemetry(metrics=BrokenMetrics()),
    "logger": lambda: Telemetry(logs=broken_logger),
    "listener": lambda: broken_logger,
}


class Bugged(Owner):
    """An owner whose notices go to a sink as well."""

    sink: Callable[[Notice], None]

    def _take(self, notice: Notice) -> None:
        super()._take(notice)
        self.sink(notice)


@pytest.mark.parametrize("guest", SINKS)
def test_one_bad_strategy_metrics_sink_or_logger_that_kills_the_connection(guest: str) -> None:
    """R-CORR-11, R-OBS-01. What a guest raised went through the loop that had called it, and ended that."""
    Bugged.sink = staticmethod(SINKS[guest]())
    with Peer(honest) as peer, Bugged(peer.port) as owner:
        owner.until_ready()
        if guest == "strategy":
            ticket = owner.machine.submit(Action("Ping"), time.monotonic(), completion=Broken())
            owner.until(lambda: ticket in owner.outcomes)
            assert isinstance(owner.outcomes[ticket].error, CompletionFailed)
        assert owner.send("Ping").succeeded
        assert owner.machine.snapshot().session == SessionId("pbx", 1)
        # Telemetry answers for its own sinks; the driver, for whatever it was given.
        assert (owner.reactor.listener_errors > 0) == (guest == "listener")
        assert peer.accepted == 1


def test_redaction_that_misses_lists_and_the_fallback_path_or_masks_the_server_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """R-OBS-04. It looked at the top of mappings alone, and logged what it could not format as it was."""
    key = "key 5500000000000004"
    redaction = Redaction(names=("key",), values=(r"\d{16}",), secret="hunter2")
    told = {
        "server_key": key,
        "action_id": "key:0:1",
        "headers": [("Secret", "umbrella"), ("Channel", "PJSIP/7")],
        "tried": [{"Password": "teapot"}, ["4111111111111111", "with hunter2"]],
    }
    assert redaction.data(told) == {
        "server_key": key,
        "action_id": "key:0:1",
        "headers": [("Secret", "***"), ("Channel", "PJSIP/7")],
        "tried": [{"Password": "***"}, ["***", "with ***"]],
    }

    def raising(notice: Notice) -> None:
        raise RuntimeError(f"no room for {told}")

    cause = Disconnect(Reason.LOGIN_REFUSED, "Secret: umbrella, card 4111111111111111")
    lost = StateChanged(key, SessionId(key, 1), State.AUTHENTICATING, State.CLOSED, cause)
    with caplog.at_level(logging.DEBUG, LOGGER_NAME):
        Telemetry(raising, redaction=redaction)(lost)
    assert len(caplog.records) == 2
    assert "raised" in caplog.text
    assert caplog.records[0].__dict__["server_key"] == key
    shown = "".join(str(each.__dict__) for each in caplog.records)
    assert not [each for each in ("umbrella", "teapot", "4111111111111111", "hunter2") if each in shown]
