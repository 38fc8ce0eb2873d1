"""R-OBS-01, R-DRIVER-04: exceptions of a user's function are logged without secrets, and counted."""

import logging
from typing import Any

import pytest

from ami_backends.sessions.listener import Listener
from ami_backends.sessions.log_records import DriverLog
from ami_backends.sessions.mailbox import Mailbox
from ami_proto import (
    ActionFinished,
    EventsDropped,
    Fault,
    FaultSeen,
    Filter,
    Notice,
    Outcome,
    Overflow,
    Reply,
    Sent,
    State,
    StateChanged,
    Ticket,
)
from ami_proto.drivers import MessagesWaiting, Redaction, Subscription

SUBSCRIPTION = Subscription(Filter(), 5, Overflow.DROP_OLDEST)
NOTICES: list[tuple[Notice, tuple[str | None, str | None, int | None]]] = [
    (StateChanged("pbx", None, State.AUTHENTICATING, State.READY), ("pbx", None, None)),
    (FaultSeen("pbx", None, Fault.UNMATCHED, 1, "x", "pbx:0:9"), ("pbx", "pbx:0:9", None)),
    (EventsDropped("pbx", SUBSCRIPTION, 1, 2, 3), ("pbx", None, 3)),
    (MessagesWaiting(SUBSCRIPTION, "pbx"), ("pbx", None, None)),
    (
        ActionFinished(Outcome(Ticket("pbx", "pbx:0:1", "Ping"), Reply(), None, Sent.FULLY)),
        ("pbx", "pbx:0:1", None),
    ),
]


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even that")


def raising(error: Exception) -> Any:
    def listener(*_: object) -> None:
        raise error

    return listener


@pytest.mark.parametrize(("notice", "fields"), NOTICES)
def test_the_record_has_the_fields_of_its_notice(
    notice: Notice, fields: tuple[object, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """R-OBS-02: `server_key`, `action_id`, `queue_depth`, None only where the notice has none."""
    Listener(raising(ValueError("oh"))).notify(notice)
    last: Any = caplog.records[-1]
    assert last.getMessage() == f"a listener raised on {type(notice).__name__}"
    assert (last.server_key, last.action_id, last.queue_depth) == fields
    assert (last.levelno, last.pathname.rpartition("/")[2]) == (logging.ERROR, "listener.py")


def test_the_traceback_is_there_and_no_secret_in_it(caplog: pytest.LogCaptureFixture) -> None:
    """R-OBS-04: neither in the line nor in any attribute of the record."""
    error = KeyError("hunter'2\x1b[31m", "Password: abc")
    error.__cause__ = ValueError("was hunter'2\nPassword: abc")
    listener = Listener(raising(error), DriverLog(lambda: Redaction(secret="hunter'2")))
    listener.notify(NOTICES[0][0])
    said = caplog.text + repr(vars(caplog.records[-1]))
    assert "test_log_records.py" in said
    assert "raise error" in said
    assert "ValueError: was ***" in said
    assert [each for each in ("hunter", "abc", "\x1b") if each in said] == []
    assert listener.errors == 1


@pytest.mark.parametrize("error", [Mute(), RecursionError(), ValueError("\udcff")])
def test_whatever_is_raised_is_counted(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    listener = Listener(raising(error))
    listener.notify(NOTICES[0][0])
    assert (listener.errors, len(caplog.records)) == (1, 1)


def test_a_logger_that_raises_too_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-OBS-01: its filter may be the user's. The loop that called the listener must go on."""
    monkeypatch.setattr(logging.getLogger("ami_backends"), "filters", [raising(ValueError("oh"))])
    listener = Listener(raising(ValueError("oh")))
    listener.notify(NOTICES[0][0])
    assert listener.errors == 1
    mailbox = Mailbox(DriverLog())
    mailbox.post(raising(ValueError("oh")))
    mailbox.run_calls()
    mailbox.close()


def test_a_posted_call_that_raises_is_logged_with_all_fields(caplog: pytest.LogCaptureFixture) -> None:
    """R-OBS-02, R-OBS-04."""
    mailbox = Mailbox(DriverLog(lambda: Redaction(secret="hunter2")))
    mailbox.post(raising(ValueError("hunter2\nPassword: abc")))
    mailbox.run_calls()
    mailbox.close()
    last: Any = caplog.records[-1]
    assert (last.server_key, last.action_id, last.queue_depth) == (None, None, None)
    assert "Password: ***" in caplog.text
    assert "ValueError: ***" in caplog.text
    assert [each for each in ("abc", "hunter2") if each in caplog.text] == []


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x1e", "\x85", "\u2028", "\u2029"])
def test_a_secret_is_not_cut_at_characters_that_end_no_line(
    character: str, caplog: pytest.LogCaptureFixture
) -> None:
    """R-OBS-04."""
    secret = f"hun{character}ter2"
    Listener(raising(ValueError(f"it was {secret}")), DriverLog(lambda: Redaction(secret=secret))).notify(
        NOTICES[0][0]
    )
    assert "it was ***" in caplog.text
    assert "ter2" not in caplog.text


def test_a_disabled_logger_formats_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-OBS-01: a listener that raises on each notice costs little."""
    looked_at: list[str] = []

    class Watched(Redaction):
        def text(self, line: str) -> str:
            looked_at.append(line)
            return line

    monkeypatch.setattr(logging.getLogger("ami_backends"), "disabled", True)
    listener = Listener(raising(ValueError("oh")), DriverLog(Watched))
    listener.notify(NOTICES[0][0])
    assert (listener.errors, looked_at) == (1, [])


def test_the_innermost_frames_are_shown(caplog: pytest.LogCaptureFixture) -> None:
    """R-OBS-01: an exception that is raised again and again grows."""
    error = ValueError("the ground")
    listener = Listener(raising(error))
    for _ in range(200):
        listener.notify(NOTICES[0][0])
    last = caplog.records[-1].exc_text or ""
    assert last.endswith("ValueError: the ground")
    assert last.count("raise error") >= 5
    assert last.count("  File ") <= 20


def test_a_logger_of_another_shape_breaks_nothing() -> None:
    """R-OBS-01: a user's class of loggers may say otherwise who calls."""

    class Odd(logging.Logger):
        def findCaller(self) -> Any:  # type: ignore[override]  # noqa: N802 - the name is logging's
            raise AssertionError

    DriverLog(logger=Odd("odd")).raised("a listener raised", ValueError("oh"), {})


def test_an_exception_with_many_causes_is_shown_without_them(caplog: pytest.LogCaptureFixture) -> None:
    """R-OBS-01: likewise where each is the cause of the next."""

    class Chained:
        last: Exception | None = None

        def __call__(self, _: Notice) -> None:
            error = ValueError("again")
            try:
                raise error from self.last
            finally:
                self.last = error

    listener = Listener(Chained())
    for _ in range(5):
        listener.notify(NOTICES[0][0])
    assert caplog.text.count("direct cause") == 1 + 2 + 3 + 4
    caplog.clear()
    for _ in range(200):
        listener.notify(NOTICES[0][0])
    assert (listener.errors, len(caplog.records)) == (205, 200)
    assert caplog.text.count("ValueError: again") < 200 + 10 * 11
