"""Options, strategies, listeners and secrets of users. `Fault:` says what an earlier library did wrong."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ami_backends.telemetry import LOGGER_NAME, Telemetry
from ami_proto import (
    ConnectScheduled,
    Disconnect,
    Message,
    Notice,
    Reason,
    State,
    StateChanged,
)
from ami_proto.completion import Automatic, CompletionFailed, Progress, Verdict
from ami_proto.config.server import BOUNDS, DURATION_MAX
from ami_proto.drivers import Redaction, SessionId
from conformance.laws.peer import Peer, honest
from conformance.laws.playbook import SERVER, Playbook, frame
from conformance.suite.leaks import nothing_left
from tests.peers import client_of

__all__ = ["nothing_left"]


NEIGHBOURS: dict[tuple[str, str], dict[str, float]] = {
    ("heartbeat_interval", "highest"): {
        "heartbeat_interval": 0.5 * DURATION_MAX,
        "read_timeout": DURATION_MAX,
    },
    ("heartbeat_timeout", "highest"): {
        "heartbeat_timeout": 0.25 * DURATION_MAX,
        "read_timeout": DURATION_MAX,
    },
    ("read_timeout", "lowest"): {"heartbeat_interval": 0.01, "heartbeat_timeout": 0.01, "read_timeout": 0.05},
    ("reconnect_min", "highest"): {"reconnect_max": DURATION_MAX},
    ("reconnect_max", "lowest"): {"reconnect_min": 0.001},
}
"""What else to set at a bound: `ServerConfig` refuses the bound beside the defaults of related options."""


@pytest.mark.parametrize("end", ["lowest", "highest"])
@pytest.mark.parametrize("option", BOUNDS)
def test_every_allowed_option_works_from_start_to_stop(option: str, end: str) -> None:
    """R-CONF-01. Fault: zero, or a float for a number of bytes, was accepted and raised much later."""
    bound = type(getattr(SERVER, option))(BOUNDS[option][end == "highest"])
    options: dict[str, Any] = {option: bound} | NEIGHBOURS.get((option, end), {})
    config = replace(SERVER, key="k" * 200, **options)
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
    """Metrics whose every method raises."""

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


@pytest.mark.parametrize("kind", SINKS)
def test_a_strategy_or_listener_that_raises_leaves_the_connection_alone(kind: str) -> None:
    """R-CORR-11, R-OBS-01. Fault: an exception of user code ended the loop that called it."""
    sink, raised = SINKS[kind](), set[str]()

    def listen(notice: Notice) -> None:
        try:
            sink(notice)
        except RuntimeError as error:
            raised.add(str(error))
            raise

    with Peer(honest) as peer, client_of(peer.port, key="pbx", on_notice=listen) as pbx:
        if kind == "strategy":
            with pytest.raises(CompletionFailed):
                pbx.send("Ping", completion=Broken())
        assert pbx.send("Ping")["Ping"] == "Pong"
        assert pbx.snapshot().session == SessionId("pbx", 1)
        assert peer.accepted == 1
    # Telemetry catches what its own sinks raise, so that the driver sees the listener raise only.
    assert raised == ({"a logger"} if kind == "listener" else set())


def test_redaction_covers_nested_data_and_fallback_logs_but_not_the_server_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """R-OBS-04. Fault: only the top level of a mapping was masked, and text of fallback logs was not."""
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
