"""Log notices with the standard `logging`: each of them, or those that an audit keeps (R-POLICY-02)."""

import logging
from collections.abc import Callable, Mapping

from ami_backends.sessions.log_records import (
    LogEntry,
    drops_entry,
    fault_entry,
    log_fields,
    loss_sentence,
    schedule_fields,
)
from ami_backends.sessions.printable import safe
from ami_backends.telemetry.labels import outcome_label
from ami_proto import (
    ActionCancelled,
    ActionFailed,
    ActionFinished,
    BreakerChanged,
    BreakerState,
    ConnectScheduled,
    EventsDropped,
    FaultSeen,
    Notice,
    Outcome,
    Reason,
    State,
    StateChanged,
)
from ami_proto.drivers import Redaction

LOGGER_NAME = "ami_backends.telemetry"
AUDIT_LOGGER_NAME = "ami_backends.audit"

AnyRedaction = Redaction | Callable[[], Redaction]
"""What to mask; or a function that is asked for it each time, where servers come and go."""


class Logs:
    """Log notices, redacted, as one printable line each.

    Every record has the attributes `server_key`, `action_id` and `queue_depth`, None where they do not apply,
    and further ones by the type of the notice (docs/how-to/monitor.md).
    """

    def __init__(self, logger: logging.Logger | None = None, redaction: AnyRedaction | None = None) -> None:
        self._logger = logging.getLogger(LOGGER_NAME) if logger is None else logger
        self._redaction = asked_each_time(redaction)

    def __call__(self, notice: Notice) -> None:
        """Log a notice. Raises what a filter or handler of the application raises."""
        entry = log_entry(notice)
        if entry is not None:
            entry.write(self._logger, self._redaction())


class Audit:
    """Log each action of which bytes left, masked, as one printable line at INFO.

    It is off unless you ask for it: `Telemetry(Audit())`. It has a logger of its own, so that the audit can
    go to a file of its own. Records have the fields of `audit_fields`.
    """

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logging.getLogger(AUDIT_LOGGER_NAME) if logger is None else logger

    def __call__(self, notice: Notice) -> None:
        """Log the end of an action that left. Raises what a filter or handler of the application raises."""
        if isinstance(notice, ActionFinished) and notice.left and self._logger.isEnabledFor(logging.INFO):
            fields = audit_fields(notice)
            self._logger.info("%s", audit_line(fields), extra=fields)


def asked_each_time(redaction: AnyRedaction | None) -> Callable[[], Redaction]:
    """Return a function that returns what to mask; the built-in rules without a redaction."""
    if callable(redaction):
        return redaction
    fixed = Redaction() if redaction is None else redaction
    return lambda: fixed


# -- what the log says


def log_entry(notice: Notice) -> LogEntry | None:
    """Return what the log says about a notice; None for a notice that is not logged."""
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
            return drops_entry(notice)
        case FaultSeen():
            return fault_entry(notice)
        case _:
            return None


def _state(change: StateChanged) -> LogEntry:
    fields = log_fields(
        change.server,
        session=None if change.session is None else change.session.number,
        old_state=change.old.value,
        new_state=change.new.value,
        reason=None if change.cause is None else change.cause.reason.value,
        absorbed=change.absorbed,
    )
    sentence = change.new.value if change.cause is None else f"{change.new.value}: {change.cause}"
    return LogEntry(_state_level(change), sentence, fields)


def _state_level(change: StateChanged) -> int:
    cause = change.cause
    if cause is not None and cause.reason is not Reason.STOPPED:
        final = change.new is State.CLOSED or cause.reason is Reason.LOGIN_REFUSED
        return logging.ERROR if final else logging.WARNING
    if change.new is State.DEGRADED:
        return logging.WARNING
    return logging.INFO if change.new in (State.READY, State.CLOSED) else logging.DEBUG


def _schedule(step: ConnectScheduled) -> LogEntry:
    sentence = f"attempt {step.attempt} at {step.host} port {step.port} in {step.delay:.3f} s"
    return LogEntry(logging.DEBUG if step.cause is None else logging.INFO, sentence, schedule_fields(step))


def _breaker(change: BreakerChanged) -> LogEntry:
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
    return LogEntry(logging.WARNING if change.new is BreakerState.OPEN else logging.INFO, sentence, fields)


def _action(outcome: Outcome, elapsed: float) -> LogEntry:
    ticket, error = outcome.ticket, outcome.error
    fields = log_fields(
        ticket.server,
        ticket.action_id,
        action=ticket.action_name,
        strategy=ticket.strategy,
        asked_by=ticket.asked_by,
        outcome=outcome_label(outcome),
        sent=outcome.sent.value,
        elapsed=elapsed,
        list_items_dropped=outcome.reply.dropped,
        frames_damaged=outcome.reply.damaged,
    )
    level, sentence = logging.DEBUG, f"{ticket.action_name} succeeded after {elapsed:.3f} s"
    if error is not None:
        level = logging.INFO if isinstance(error, ActionFailed | ActionCancelled) else logging.WARNING
        sentence = f"after {elapsed:.3f} s, {error}"
    if loss := loss_sentence(outcome):  # whether it succeeded or not: its items are not all
        level, sentence = logging.WARNING, f"{sentence}; {loss}"
    return LogEntry(level, sentence, fields)


# -- what the audit says


def audit_fields(finished: ActionFinished) -> dict[str, object]:
    """Return what an audit keeps of an action, masked: plain data, the headers as lines in their order."""
    ticket, redaction, asked_by = finished.ticket, finished.redaction, finished.asked_by
    return log_fields(
        ticket.server,
        ticket.action_id,
        action=safe(redaction.text(ticket.action_name)),
        asked_by=None if asked_by is None else safe(redaction.text(asked_by)),
        headers=[safe(f"{name}: {value}") for name, value in finished.headers],
        outcome=outcome_label(finished.outcome),
        said=safe(finished.said),
        sent=finished.outcome.sent.value,
        submitted=ticket.submitted,
        elapsed=finished.elapsed,
    )


def audit_line(fields: Mapping[str, object]) -> str:
    """Return what `audit_fields` returned as one line for people: who asked for what, and how it ended."""
    headers, said = fields["headers"], fields["said"]
    assert isinstance(headers, list), "audit_fields makes a list of them"
    who = fields["asked_by"] or "nobody named"
    what = "; ".join([f"{fields['action']} {fields['action_id']}", *headers])
    how = f"{fields['outcome']} after {fields['elapsed']:.3f} s, sent {fields['sent']}"
    server = safe(str(fields["server_key"]))
    return f"{server}: asked by {who}: {what} -- {how}" + (f": {said}" if said else "")
