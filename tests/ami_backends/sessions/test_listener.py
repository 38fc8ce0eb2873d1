"""R-AUTH-08: what a driver warns of by itself, each once per change."""

import logging
from typing import Any

import pytest

from ami_backends.sessions.listener import FAULT_INTERVAL, ConnectionWarnings, Listener
from ami_backends.sessions.log_records import DriverLog
from ami_backends.telemetry import Telemetry
from ami_proto import (
    BreakerChanged,
    BreakerState,
    ConnectScheduled,
    Disconnect,
    Fault,
    FaultSeen,
    Notice,
    Reason,
    State,
    StateChanged,
)
from ami_proto.drivers import Redaction

EOF = Disconnect(Reason.EOF)
REFUSED = Disconnect(Reason.REFUSED)
STOPPED = Disconnect(Reason.STOPPED)


class Story:
    """Notices of two servers, and what was logged about them."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG, "ami_backends")
        self.now = 0.0
        self._caplog = caplog
        self._warnings = ConnectionWarnings(DriverLog(lambda: Redaction(secret="hunter2")), lambda: self.now)

    def change(self, old: State, new: State, cause: Disconnect | None = None, key: str = "pbx") -> None:
        self._warnings.handle(StateChanged(key, None, old, new, cause))

    def lose(self, cause: Disconnect, key: str = "pbx") -> None:
        self.change(State.READY, State.DISCONNECTED, cause, key)
        self.schedule(cause, key)

    def fail(self, cause: Disconnect, key: str = "pbx") -> None:
        self.change(State.CONNECTING, State.DISCONNECTED, cause, key)
        self.schedule(cause, key)

    def schedule(self, cause: Disconnect | None, key: str = "pbx") -> None:
        self.take(ConnectScheduled(key, "192.0.2.1", 5038, 2, 0.25, 9.0, cause, 3))

    def fault(self, fault: Fault, count: int = 1) -> None:
        self.take(FaultSeen("pbx", None, fault, count, "hunter2\x1b[31m", "pbx:1"))

    def take(self, notice: Notice) -> None:
        self._warnings.handle(notice)

    @property
    def said(self) -> list[str]:
        said = [f"{each.levelname} {each.getMessage()}" for each in self._caplog.records]
        self._caplog.clear()
        return said


@pytest.fixture
def story(caplog: pytest.LogCaptureFixture) -> Story:
    return Story(caplog)


def test_a_cause_is_said_once_until_it_changes(story: Story) -> None:
    story.schedule(None)
    for cause in (REFUSED, REFUSED, EOF, REFUSED, REFUSED):
        story.fail(cause)
    assert story.said == [
        "WARNING pbx: no connection: connection refused; retrying in 0.25 s",
        "WARNING pbx: no connection: closed by the server; retrying in 0.25 s",
        "WARNING pbx: no connection: connection refused; retrying in 0.25 s",
    ]


def test_each_loss_is_said_and_each_return(story: Story) -> None:
    for _ in range(2):
        story.lose(EOF)
        story.fail(EOF)
        story.change(State.AUTHENTICATING, State.READY)
    assert story.said == 2 * [
        "WARNING pbx: connection lost: closed by the server; retrying in 0.25 s",
        "INFO pbx: ready again",
    ]
    story.change(State.DEGRADED, State.READY)
    assert story.said == []


def test_servers_are_told_apart(story: Story) -> None:
    """Each has its own last cause."""
    story.fail(REFUSED)
    story.fail(REFUSED, "other")
    story.fail(REFUSED)
    assert [line.partition(": ")[0] for line in story.said] == ["WARNING pbx", "WARNING other"]


@pytest.mark.parametrize(
    ("old", "what"), [(State.READY, "connection lost"), (State.CONNECTING, "no connection")]
)
def test_a_given_up_connection_is_said(story: Story, old: State, what: str) -> None:
    story.change(old, State.CLOSED, REFUSED)
    assert story.said == [f"WARNING pbx: {what}: connection refused; given up"]


def test_an_end_that_the_application_asked_for_is_not_said(story: Story) -> None:
    story.change(State.CLOSING, State.CLOSED, STOPPED)
    story.change(State.CONNECTING, State.CLOSED, STOPPED)
    story.change(State.DISCONNECTED, State.CLOSED)
    assert story.said == []


def test_a_breaker_that_opens_is_said_once(story: Story) -> None:
    for openings in (1, 2, 3):
        story.take(BreakerChanged("pbx", BreakerState.CLOSED, BreakerState.OPEN, REFUSED, 10, openings))
        story.take(BreakerChanged("pbx", BreakerState.OPEN, BreakerState.HALF_OPEN))
    said = "WARNING pbx: 10 failures in a row, fewer attempts from now on: connection refused"
    assert story.said == [said]


def test_faults_of_a_kind_are_bounded_and_none_is_left_out(story: Story) -> None:
    """Redacted and on one line (R-OBS-04)."""
    for _ in range(1000):
        story.fault(Fault.DESYNC)
    story.fault(Fault.UNMATCHED, 2)
    assert story.said == [
        "WARNING pbx: a frame that is neither event nor response (1): ***\\x1b[31m",
        "WARNING pbx: a response to no open action (2): ***\\x1b[31m",
    ]
    story.now += FAULT_INTERVAL
    story.fault(Fault.DESYNC)
    assert story.said == ["WARNING pbx: a frame that is neither event nor response (1000): ***\\x1b[31m"]
    story.fault(Fault.DESYNC, 5)
    story.change(State.READY, State.DISCONNECTED, EOF)
    assert story.said == [
        "WARNING pbx: a frame that is neither event nor response (5): since the last report"
    ]
    story.fault(Fault.DESYNC)
    assert len(story.said) == 1, "the next session begins anew"


def test_faults_that_need_no_action_are_not_said(story: Story) -> None:
    for fault in (Fault.STRAGGLER, Fault.WITHHELD, Fault.UNREAD):
        story.fault(fault)
    assert story.said == []


def test_an_attempt_has_address_time_and_depth(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    """R-OBS-02, R-OBS-05."""
    story.fail(REFUSED)
    record: Any = caplog.records[-1]
    assert (record.server_key, record.action_id, record.queue_depth) == ("pbx", None, 3)
    assert (record.host, record.port, record.attempt, record.backoff) == ("192.0.2.1", 5038, 2, 0.25)
    assert record.next_retry_at


def test_a_function_that_logs_itself_takes_the_place_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """`Telemetry` does, and any function with the same attribute."""
    notice = StateChanged("pbx", None, State.READY, State.CLOSED, EOF)

    def silent(_: Notice) -> None:
        """Log nothing."""

    silent.logs_notices = True  # type: ignore[attr-defined]
    Listener(silent).notify(notice)
    Listener(Telemetry()).notify(notice)
    assert [each.name for each in caplog.records] == ["ami_backends.telemetry"]
    Listener(lambda _: None).notify(notice)
    Listener(None).notify(notice)
    assert [each.name for each in caplog.records[1:]] == 2 * ["ami_backends"]
