"""R-OBS-01: what the typed records say, so that a driver can log and count without knowing more."""

from dataclasses import is_dataclass, replace

import pytest

import ami_proto
from ami_proto import (
    Action,
    ActionFinished,
    ActionLost,
    BreakerChanged,
    BreakerState,
    ConnectScheduled,
    Disconnect,
    Fault,
    FaultSeen,
    Reason,
    StateChanged,
    Ticket,
)
from conformance.laws.playbook import SERVER, Playbook, frame


def test_a_scheduled_attempt_says_where_and_when() -> None:
    """R-OBS-02, R-HEALTH-03: host, port, attempt, and the delay that is kept."""
    play = Playbook().start()
    assert play.take(ConnectScheduled) == [ConnectScheduled("pbx", "192.0.2.1", 5038, 1, 0.0, play.now, None)]
    play.disconnect(Reason.REFUSED)
    (again,) = play.take(ConnectScheduled)
    assert (again.host, again.port, again.attempt) == ("192.0.2.1", 5038, 2)
    assert again.cause == Disconnect(Reason.REFUSED)
    assert again.due == play.now + again.delay


def test_a_finished_action_says_how_long_it_took() -> None:
    """R-OBS-03: from the request on, the wait for READY included."""
    play = Playbook().start()
    early = play.submit(Action("Ping"), wait=True)
    play.wait(2.0).log_in()
    late = play.submit(Action("Ping"))
    play.wait(0.25).reply(late).reply(early)
    assert {each.ticket: each.elapsed for each in play.take(ActionFinished)} == {late: 0.25, early: 2.25}


def test_a_change_of_the_breaker_says_no_more_than_it_was_told() -> None:
    change = BreakerChanged("pbx", BreakerState.OPEN, BreakerState.HALF_OPEN)
    assert (change.cause, change.failures, change.openings, change.absorbed) == (None, 0, 0, 0)


def test_the_time_of_a_request_is_no_part_of_what_a_ticket_is() -> None:
    assert Ticket("pbx", "1", "Ping", 5.0) == Ticket("pbx", "1", "Ping", 6.0)
    assert len({Ticket("pbx", "1", "Ping", 5.0), Ticket("pbx", "1", "Ping")}) == 1


def test_a_fault_names_the_action_id_it_is_about() -> None:
    """R-OBS-02."""
    play = Playbook().log_in()
    play.receive(frame("Response: Success", "ActionID: somebody:1"))
    play.receive(frame("Response: Success"))
    first, second = play.take(FaultSeen)
    quoted = "Response: Success"
    assert first == FaultSeen("pbx", play.session, Fault.UNMATCHED, 1, quoted, "somebody:1")
    assert second == FaultSeen("pbx", play.session, Fault.UNMATCHED, 1, quoted, None)


def test_an_action_id_that_cannot_be_ours_costs_no_memory() -> None:
    """L6: it may be as long as a frame; ours have `max_action_id_length` characters."""
    play = Playbook().log_in()
    for size in (64, 65):
        play.receive(frame("Response: Success", "ActionID: " + "x" * size))
    assert [each.action_id for each in play.take(FaultSeen)] == ["x" * 64, None]


@pytest.mark.parametrize(
    "line",
    ["Secret: hunter2", "AuthToken: hunter2", "x s3cret hunter2", "oops, password=hunter2", "4111-1111"],
)
def test_a_fault_does_not_quote_a_secret(line: str) -> None:
    """R-OBS-04: a torn header looks like a frame without a kind, and would be quoted."""
    play = Playbook(replace(SERVER, secret="hunter2", redact_values=(r"\d{4}-\d{4}",))).log_in()
    play.receive(frame(line))
    (seen,) = play.take(FaultSeen)
    assert seen.fault is Fault.DESYNC
    assert "***" in seen.detail
    assert "hunter2" not in seen.detail
    assert "4111" not in seen.detail


def test_a_cause_does_not_quote_a_secret() -> None:
    """R-OBS-04: whatever a server, or a driver, says about it."""
    play = Playbook(replace(SERVER, secret="hunter2", auth="plain")).dial()
    play.receive(b"Asterisk Call Manager/9.0.0\r\n")
    ticket = play.submit(Action("Ping"), wait=True)
    play.reply(play.unanswered[-1], "Message: hunter2 is wrong", status="Error")
    (change,) = (each for each in play.take(StateChanged) if each.cause is not None)
    assert change.cause == Disconnect(Reason.LOGIN_REFUSED, "*** is wrong")
    assert play.connection.snapshot().last_cause == change.cause
    play.stop()
    assert isinstance(play.outcome(ticket).error, ActionLost)
    play.start().disconnect(Reason.NETWORK, "no route for hunter2")
    assert play.take(StateChanged)[-1].cause == Disconnect(Reason.NETWORK, "no route for ***")


def test_the_snapshot_counts_the_events_of_every_session() -> None:
    """R-OBS-03."""
    play = Playbook().log_in().event("Hangup").event("Hangup")
    play.disconnect().wait(1.0).log_in().event("Hangup")
    assert play.connection.snapshot().events_received == 3


def test_no_record_can_be_changed() -> None:
    """R-OBS-01, L9: what one reader is given is what every other one is given."""
    records = [each for each in vars(ami_proto).values() if is_dataclass(each) and isinstance(each, type)]
    assert StateChanged in records
    changeable = {each for each in records if not each.__dataclass_params__.frozen}  # type: ignore[attr-defined]
    assert changeable == set()


def test_a_connection_without_a_session_has_nothing_of_one() -> None:
    """R-OBS-01."""
    seen = Playbook().connection.snapshot()
    assert (seen.session, seen.banner, seen.last_cause) == (None, None, None)
    assert (seen.bytes_received, seen.frames_received, seen.events_received) == (0, 0, 0)
    assert (seen.outbound_bytes, seen.actions_pending, seen.actions_waiting) == (0, 0, 0)
