"""The audit: one log line for each action that left, with who asked for it (R-POLICY-02)."""

import logging

from ami_backends.sessions.log_records import log_fields
from ami_backends.sessions.printable import safe
from ami_backends.telemetry.labels import outcome_label
from ami_proto import ActionFinished, Notice

AUDIT_LOGGER_NAME = "ami_backends.audit"


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
            self._logger.info("%s", audit_line(notice), extra=audit_fields(notice))


def audit_fields(finished: ActionFinished) -> dict[str, object]:
    """Return what an audit records of an action, masked: plain data, the headers as lines in their order."""
    ticket, redaction, asked_by = finished.ticket, finished.redaction, finished.asked_by
    return log_fields(
        ticket.server,
        ticket.action_id,
        action=safe(redaction.text(ticket.action_name)),
        asked_by=None if asked_by is None else safe(redaction.text(asked_by)),
        headers=header_lines(finished),
        outcome=outcome_label(finished.outcome),
        said=safe(finished.said),
        sent=finished.outcome.sent.value,
        submitted=ticket.submitted,
        elapsed=finished.elapsed,
    )


def audit_line(finished: ActionFinished) -> str:
    """Return the same as one line for people: who asked for what, and how it ended."""
    fields = audit_fields(finished)
    who = fields["asked_by"] or "nobody named"
    what = "; ".join([f"{fields['action']} {fields['action_id']}", *header_lines(finished)])
    why = f": {fields['said']}" if fields["said"] else ""
    how = f"{fields['outcome']} after {finished.elapsed:.3f} s, sent {fields['sent']}{why}"
    return f"{safe(finished.server)}: asked by {who}: {what} -- {how}"


def header_lines(finished: ActionFinished) -> list[str]:
    """Return the headers of an action as printable lines, masked."""
    return [safe(f"{name}: {value}") for name, value in finished.headers]
