"""R-POLICY-02: a log line for each action that left, with who asked."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from ami_backends.telemetry import AUDIT_LOGGER_NAME, Audit, Telemetry
from ami_backends.telemetry.logs import audit_fields, audit_line
from ami_proto import (
    Action,
    ActionFailed,
    ActionFinished,
    ActionLost,
    Disconnect,
    Outcome,
    Reason,
    Reply,
    Sent,
    State,
    StateChanged,
    Ticket,
)
from ami_proto.drivers import Redaction
from tests.ami_backends.telemetry.test_logs import Recorder

ORIGINATE = Action("Originate", {"Channel": "PJSIP/7", "Application": "Dial", "Data": "PIN=1234,x"})
MASKED = ["Channel: PJSIP/7", "Application: Dial", "Data: PIN=***", "Async: true"]


def ended(
    action: Action = ORIGINATE, asked_by: str | None = "ann", sent: Sent = Sent.FULLY, said: str | None = None
) -> ActionFinished:
    """Return the end of an action."""
    ticket = Ticket("pbx", "pbx:0:1", action.name, 5.0, "Automatic", action, asked_by)
    error = None if said is None else ActionFailed(ticket, said, Reply(), sent)
    return ActionFinished(Outcome(ticket, Reply(), error, sent), 0.25, Redaction(secret="s3cret!"))


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Give the records of the audit's logger."""
    handler, logger = Recorder(), logging.getLogger(AUDIT_LOGGER_NAME)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def test_a_line_says_who_asked_for_what_and_how_it_ended(recorder: Recorder) -> None:
    """R-POLICY-02: one record at INFO, masked."""
    Audit()(ended())
    (record,) = recorder.records
    assert record.levelno == logging.INFO
    assert record.getMessage() == (
        "pbx: asked by ann: Originate pbx:0:1; "
        "Channel: PJSIP/7; Application: Dial; Data: PIN=***; Async: true"
        " -- success after 0.250 s, sent fully"
    )


def test_a_record_has_its_fields(recorder: Recorder) -> None:
    """R-POLICY-02, R-OBS-02: plain data."""
    Audit()(ended(said="No such channel", sent=Sent.PARTLY))
    (record,) = recorder.records
    wanted: dict[str, Any] = {
        "server_key": "pbx",
        "action_id": "pbx:0:1",
        "queue_depth": None,
        "action": "Originate",
        "asked_by": "ann",
        "headers": MASKED,
        "outcome": "failed",
        "said": "Originate: No such channel [pbx:0:1]",
        "sent": "partly",
        "submitted": 5.0,
        "elapsed": 0.25,
    }
    assert {name: getattr(record, name) for name in wanted} == wanted
    assert record.getMessage().endswith(
        "-- failed after 0.250 s, sent partly: Originate: No such channel [pbx:0:1]"
    )


def test_nobody_named_is_said_so(recorder: Recorder) -> None:
    """R-POLICY-02."""
    Audit()(ended(asked_by=None))
    (record,) = recorder.records
    assert record.asked_by is None
    assert record.getMessage().startswith("pbx: asked by nobody named: Originate ")


def test_what_never_left_is_not_in_the_audit(recorder: Recorder) -> None:
    """R-POLICY-02: nor is anything that is not the end of an action."""
    audit = Audit()
    audit(ended(sent=Sent.NO, said="cancelled"))
    audit(StateChanged("pbx", None, State.CONNECTING, State.READY))
    assert recorder.records == []


def test_no_line_shows_a_secret_or_breaks(recorder: Recorder) -> None:
    """R-OBS-04: in no part of it."""
    action = Action("SendText", {"Channel": "s3cret!", "Message": "is\x1b[1m s3cret!\x85"})
    Audit()(ended(action, asked_by="s3cret!\nby", said="s3cret! no\nway"))
    (record,) = recorder.records
    assert "s3cret!" not in repr(vars(record))
    assert record.getMessage().isprintable()
    assert all(line.isprintable() for line in record.headers)


def test_it_masks_nothing_where_its_logger_is_off(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-POLICY-02: nothing is masked for a line that nobody reads."""
    monkeypatch.setattr(ActionFinished, "headers", property(lambda _: pytest.fail("masked in vain")))
    logging.getLogger(AUDIT_LOGGER_NAME).setLevel(logging.WARNING)
    Audit()(ended())
    assert recorder.records == []


def test_its_logger_may_be_yours() -> None:
    """R-POLICY-02: beside the ordinary log."""
    handler, logger = Recorder(), logging.Logger("mine", logging.INFO)
    logger.addHandler(handler)
    Telemetry(Audit(logger))(ended())
    assert [record.name for record in handler.records] == ["mine"]


def test_an_action_that_was_lost_tells_its_cause() -> None:
    """R-POLICY-02: what left and had no answer is what an audit is most about."""
    ticket = Ticket("pbx", "pbx:0:1", "Hangup", 5.0, "Automatic", Action("Hangup", {"Channel": "x"}), "ann")
    error = ActionLost(ticket, Disconnect(Reason.EOF), Reply(), Sent.FULLY)
    finished = ActionFinished(Outcome(ticket, Reply(), error, Sent.FULLY), 1.0)
    assert audit_line(audit_fields(finished)) == (
        "pbx: asked by ann: Hangup pbx:0:1; Channel: x -- lost after 1.000 s, sent fully:"
        " Hangup: connection lost: closed by the server [pbx:0:1]"
    )
