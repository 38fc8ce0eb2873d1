"""R-OBS-01, R-OBS-02: notices become log records with fixed fields, redacted."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ami_backends.telemetry import LOGGER_NAME, Logs
from ami_proto import (
    ActionCancelled,
    ActionFailed,
    ActionFinished,
    ActionTimeout,
    BreakerChanged,
    BreakerState,
    ConnectScheduled,
    Disconnect,
    EventsDropped,
    Fault,
    FaultSeen,
    Filter,
    Notice,
    Outcome,
    Overflow,
    Reason,
    Reply,
    Sent,
    State,
    StateChanged,
    Ticket,
)
from ami_proto.drivers import MessagesWaiting, Redaction, SessionId, Subscription

REFUSED = Disconnect(Reason.LOGIN_REFUSED, "Authentication failed")
LOST = Disconnect(Reason.EOF)
TICKET = Ticket("pbx", "pbx:0:1", "Hangup", strategy="Automatic")
SUBSCRIPTION = Subscription(Filter(("Hangup",)), 5, Overflow.DROP_OLDEST)


CUT = "its reply is cut: 3 events beyond what Automatic keeps are missing"


def ended(
    error: type[ActionFailed | ActionTimeout | ActionCancelled] | None = None, dropped: int = 0
) -> ActionFinished:
    reply = Reply(dropped=dropped)
    what = None if error is None else error(TICKET, "No such channel", reply, Sent.FULLY)
    return ActionFinished(Outcome(TICKET, reply, what, Sent.FULLY), 0.25)


def changed(old: State, new: State, cause: Disconnect | None = None) -> StateChanged:
    return StateChanged("pbx", SessionId("pbx", 3), old, new, cause)


def fault(fault: Fault, detail: str = "x", action_id: str | None = None) -> FaultSeen:
    return FaultSeen("pbx", None, fault, 2, detail, action_id)


class Recorder(logging.Handler):
    """Keeps every record."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def records() -> Iterator[list[Any]]:
    """All records of the telemetry's logger."""
    logger, recorder = logging.getLogger(LOGGER_NAME), Recorder()
    logger.addHandler(recorder)
    logger.setLevel(logging.DEBUG)
    yield recorder.records
    logger.removeHandler(recorder)
    logger.setLevel(logging.NOTSET)


LEVELS: list[tuple[Notice, int, str]] = [
    (changed(State.CONNECTED, State.AUTHENTICATING), logging.DEBUG, "pbx: authenticating"),
    (changed(State.AUTHENTICATING, State.READY), logging.INFO, "pbx: ready"),
    (changed(State.READY, State.DEGRADED), logging.WARNING, "pbx: degraded"),
    (changed(State.READY, State.DISCONNECTED, LOST),
     logging.WARNING, "pbx: disconnected: closed by the server"),
    (changed(State.AUTHENTICATING, State.DISCONNECTED, REFUSED),
     logging.ERROR, "pbx: disconnected: login refused"),
    (changed(State.CONNECTING, State.CLOSED, LOST), logging.ERROR, "pbx: closed: closed by the server"),
    (changed(State.CLOSING, State.CLOSED, Disconnect(Reason.STOPPED)), logging.INFO, "pbx: closed: stopped"),
    (ConnectScheduled("pbx", "h", 1, 1, 0.0, 5.0, None),
     logging.DEBUG, "pbx: attempt 1 at h port 1 in 0.000 s"),
    (ConnectScheduled("pbx", "h", 1, 2, 0.5, 5.0, LOST, 7),
     logging.INFO, "pbx: attempt 2 at h port 1 in 0.500 s"),
    (BreakerChanged("pbx", BreakerState.CLOSED, BreakerState.OPEN, LOST, 10, 1),
     logging.WARNING, "pbx: breaker open"),
    (BreakerChanged("pbx", BreakerState.HALF_OPEN, BreakerState.CLOSED), logging.INFO, "pbx: breaker closed"),
    (ended(), logging.DEBUG, "pbx: Hangup succeeded after 0.250 s"),
    (ended(ActionFailed), logging.INFO, "pbx: after 0.250 s, Hangup: No such channel [pbx:0:1]"),
    (ended(ActionCancelled), logging.INFO, "pbx: after 0.250 s, Hangup"),
    (ended(ActionTimeout), logging.WARNING, "pbx: after 0.250 s, Hangup"),
    (ended(dropped=3), logging.WARNING, "pbx: Hangup succeeded after 0.250 s; its reply is cut: 3 events"),
    (ended(ActionFailed, dropped=3),
     logging.WARNING, f"pbx: after 0.250 s, Hangup: No such channel [pbx:0:1]; {CUT}"),
    (EventsDropped("pbx", SUBSCRIPTION, 2, 7, 5),
     logging.WARNING, "pbx: 2 events dropped, 7 in total, for the subscription to Hangup"),
    (fault(Fault.DESYNC), logging.WARNING, "pbx: a frame that is neither event nor response (2): x"),
    (fault(Fault.WITHHELD), logging.DEBUG, "pbx: an event before the login (2): x"),
]  # fmt: skip


@pytest.mark.parametrize(("notice", "level", "sentence"), LEVELS)
def test_each_notice_has_its_level_sentence_and_fields(
    notice: Notice, level: int, sentence: str, records: list[Any]
) -> None:
    """R-OBS-02, R-OBS-05, R-FLOW-08: server, action and queue depth, None where they do not apply."""
    Logs()(notice)
    (record,) = records
    assert record.levelno == level
    assert record.getMessage().startswith(sentence)
    assert record.server_key == "pbx"
    assert record.action_id == (TICKET.action_id if isinstance(notice, ActionFinished) else None)
    depth = notice.depth if isinstance(notice, EventsDropped | ConnectScheduled) else None
    assert record.queue_depth == depth


def test_an_attempt_has_address_and_time(records: list[Any]) -> None:
    """R-OBS-02: host, port, attempt, backoff, next_retry_at."""
    before = datetime.now(UTC)
    Logs()(ConnectScheduled("pbx", "10.0.0.5", 5038, 4, 2.5, 99.0, LOST))
    (record,) = records
    assert (record.host, record.port, record.attempt, record.backoff) == ("10.0.0.5", 5038, 4, 2.5)
    wait = datetime.fromisoformat(record.next_retry_at) - before
    assert 2.4 < wait.total_seconds() < 60.0


def test_a_breaker_has_reason_and_counters(records: list[Any]) -> None:
    """R-OBS-02."""
    Logs()(BreakerChanged("pbx", BreakerState.CLOSED, BreakerState.OPEN, LOST, failures=10, openings=2))
    (record,) = records
    assert (record.reason, record.failures, record.openings) == ("closed by the server", 10, 2)
    assert (record.old_state, record.new_state) == ("closed", "open")


def test_an_action_has_outcome_and_duration(records: list[Any]) -> None:
    Logs()(ended(ActionTimeout, dropped=3))
    (record,) = records
    assert (record.action, record.outcome, record.elapsed) == ("Hangup", "timeout", 0.25)
    assert (record.sent, record.list_items_dropped, record.strategy) == ("fully", 3, "Automatic")


def test_a_fault_has_its_action_id(records: list[Any]) -> None:
    Logs()(fault(Fault.UNMATCHED, action_id="pbx:0:9"))
    assert records[0].action_id == "pbx:0:9"


def test_text_of_a_server_is_one_printable_line_and_redacted(records: list[Any]) -> None:
    """R-OBS-04: so a server cannot forge a line of the log."""
    logs = Logs(redaction=Redaction(values=[r"\d{4}-\d{4}"], secret="hunter2"))
    said = Disconnect(Reason.PROTOCOL, "hunter2\r\nroot: 1234-5678\x1b[31m")
    logs(changed(State.READY, State.DISCONNECTED, said))
    logs(fault(Fault.UNMATCHED, "password=abc", action_id="a\nb"))
    first, second = (record.getMessage() for record in records)
    assert first == "pbx: disconnected: protocol error: ***\\x0d\\x0aroot: ***\\x1b[31m"
    assert second.endswith(": password=***")
    assert records[1].action_id == "a\\x0ab"


def test_the_key_of_a_server_is_not_masked(records: list[Any]) -> None:
    """R-OBS-04."""
    Logs()(StateChanged("token=1", None, State.CONNECTING, State.CONNECTED))
    assert records[0].server_key == "token=1"
    assert records[0].getMessage() == "token=1: connected"


class Unwanted(Redaction):
    """Fails when it is asked to mask a text."""

    def text(self, text: str) -> str:
        raise AssertionError(text)


def test_a_record_below_the_level_costs_no_redaction(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, LOGGER_NAME):
        Logs(redaction=Unwanted())(ended())
    with caplog.at_level(logging.DEBUG, LOGGER_NAME), pytest.raises(AssertionError, match="Hangup"):
        Logs(redaction=Unwanted())(ended())
    assert caplog.records == []


def test_a_notice_about_waiting_messages_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, LOGGER_NAME):
        Logs()(MessagesWaiting(SUBSCRIPTION, "pbx"))
    assert caplog.records == []


def test_a_logger_of_your_own(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "mine"):
        Logs(logging.getLogger("mine"))(changed(State.AUTHENTICATING, State.READY))
    assert [record.name for record in caplog.records] == ["mine"]
