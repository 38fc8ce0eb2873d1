"""Notices -> what a log says of them: a level, a sentence, and fields for programs."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ami_backends._log import log_fields
from ami_proto import (
    ActionCancelled,
    ActionFailed,
    ActionFinished,
    BreakerChanged,
    BreakerState,
    ConnectScheduled,
    EventsDropped,
    Fault,
    FaultSeen,
    Notice,
    Outcome,
    Reason,
    State,
    StateChanged,
)

QUIET_FAULTS = frozenset({Fault.STRAGGLER, Fault.WITHHELD, Fault.UNREAD})
"""What comes with every late cancel, every login and every loss: nothing to act on."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a log. `fields` always holds `server_key`, `action_id` and `queue_depth`."""

    level: int
    sentence: str
    fields: dict[str, object]


def record_of(notice: Notice) -> Record | None:
    """Return what a log says of a notice; None where there is nothing to say."""
    match notice:
        case StateChanged():
            return _state(notice)
        case ConnectScheduled():
            return _schedule(notice)
        case BreakerChanged():
            return _breaker(notice)
        case ActionFinished(outcome, elapsed):
            return _action(outcome, elapsed)
        case EventsDropped():
            return _drops(notice)
        case FaultSeen():
            return _fault(notice)
        case _:
            return None


def _state(change: StateChanged) -> Record:
    fields = log_fields(
        change.server,
        session=None if change.session is None else change.session.number,
        old_state=change.old.value,
        new_state=change.new.value,
        reason=None if change.cause is None else change.cause.reason.value,
        absorbed=change.absorbed,
    )
    sentence = change.new.value if change.cause is None else f"{change.new.value}: {change.cause}"
    return Record(_state_level(change), sentence, fields)


def _state_level(change: StateChanged) -> int:
    cause = change.cause
    if cause is not None and cause.reason is not Reason.STOPPED:
        final = change.new is State.CLOSED or cause.reason is Reason.LOGIN_REFUSED
        return logging.ERROR if final else logging.WARNING
    if change.new is State.DEGRADED:
        return logging.WARNING
    return logging.INFO if change.new in (State.READY, State.CLOSED) else logging.DEBUG


def _schedule(step: ConnectScheduled) -> Record:
    at = datetime.now(UTC) + timedelta(seconds=step.delay)
    fields = log_fields(
        step.server,
        host=step.host,
        port=step.port,
        attempt=step.attempt,
        backoff=step.delay,
        next_retry_at=at.isoformat(timespec="milliseconds"),
        reason=None if step.cause is None else step.cause.reason.value,
    )
    sentence = f"attempt {step.attempt} at {step.host} port {step.port} in {step.delay:.3f} s"
    return Record(logging.DEBUG if step.cause is None else logging.INFO, sentence, fields)


def _breaker(change: BreakerChanged) -> Record:
    fields = log_fields(
        change.server,
        old_state=change.old.value,
        new_state=change.new.value,
        reason=None if change.cause is None else change.cause.reason.value,
        failures=change.failures,
        openings=change.openings,
        absorbed=change.absorbed,
    )
    why = "" if change.cause is None else f": {change.cause}"
    sentence = f"breaker {change.new.value} after {change.failures} failures in a row{why}"
    return Record(logging.WARNING if change.new is BreakerState.OPEN else logging.INFO, sentence, fields)


def _action(outcome: Outcome, elapsed: float) -> Record:
    ticket, error = outcome.ticket, outcome.error
    fields = log_fields(
        ticket.server,
        ticket.action_id,
        action=ticket.action_name,
        outcome=outcome_label(outcome),
        sent=outcome.sent.value,
        elapsed=elapsed,
        list_items_dropped=outcome.reply.dropped,
    )
    if error is None:
        return Record(logging.DEBUG, f"{ticket.action_name} succeeded after {elapsed:.3f} s", fields)
    level = logging.INFO if isinstance(error, ActionFailed | ActionCancelled) else logging.WARNING
    return Record(level, f"after {elapsed:.3f} s, {error}", fields)


def _drops(report: EventsDropped) -> Record:
    fields = log_fields(
        report.server, queue_depth=report.depth, dropped=report.delta, dropped_total=report.total
    )
    names = ", ".join(report.subscription.filter.names) or "all events"
    sentence = f"{report.delta} dropped, {report.total} in all, of the subscription to {names}"
    return Record(logging.WARNING, sentence, fields)


def _fault(seen: FaultSeen) -> Record:
    fields = log_fields(
        seen.server,
        seen.action_id,
        session=None if seen.session is None else seen.session.number,
        fault=seen.fault.name.lower(),
        count=seen.count,
    )
    level = logging.DEBUG if seen.fault in QUIET_FAULTS else logging.WARNING
    return Record(level, f"{seen.fault.value} ({seen.count}): {seen.detail}", fields)


def outcome_label(outcome: Outcome) -> str:
    """Return how an action ended, in one word: `success`, `failed`, `timeout`, `lost` ..."""
    error = outcome.error
    return "success" if error is None else OUTCOMES.get(type(error).__name__, "broken")


OUTCOMES = {
    "ActionFailed": "failed",
    "ActionTimeout": "timeout",
    "ActionLost": "lost",
    "ActionCancelled": "cancelled",
    "ActionUnconfirmed": "unconfirmed",
}
"""By the error; `broken` is an answer that cannot be used, or a completion strategy that raised."""
