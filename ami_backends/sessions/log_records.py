"""Log records of the library: the fields that each has (R-OBS-02), and how drivers log.

Exceptions of the user's log filters and handlers are contained: a driver has no caller to raise them in, and
its loop must go on. They are counted, and the first one is written to stderr, the only place that is left.
"""

import logging
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ami_backends.sessions.printable import safe
from ami_proto import ActionFinished, ConnectScheduled, EventsDropped, Fault, FaultSeen, Notice, Outcome
from ami_proto.drivers import Redaction, ServerKey

logger = logging.getLogger("ami_backends")

FRAMES_MAX = 20
"""Innermost frames of a traceback that are shown."""
CAUSES_MAX = 10
"""An exception with more causes is shown without them."""


def log_fields(
    server_key: ServerKey | None,
    action_id: str | None = None,
    queue_depth: int | None = None,
    **more: object,
) -> dict[str, object]:
    """Return the `extra` of a log record. The first three fields are in every record, None if unknown."""
    return {"server_key": server_key, "action_id": action_id, "queue_depth": queue_depth, **more}


def fields_of(notice: Notice) -> dict[str, object]:
    """Return the `extra` of a log record about a notice."""
    match notice:
        case ActionFinished():
            return log_fields(notice.ticket.server, notice.ticket.action_id)
        case EventsDropped():
            return log_fields(notice.server, queue_depth=notice.depth)
        case FaultSeen():
            return log_fields(notice.server, notice.action_id)
        case _:
            return log_fields(notice.server)


# -- what a record says


DEBUG_FAULTS = frozenset({Fault.STRAGGLER, Fault.WITHHELD, Fault.UNREAD})
"""Faults that come with every late cancellation, login or loss. They need no action."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What a log record says: `fields` always holds `server_key`, `action_id` and `queue_depth`."""

    level: int
    sentence: str
    fields: dict[str, object]

    def write(self, logger: logging.Logger, redaction: Redaction) -> None:
        """Log it, redacted, as one printable line. Raises what a filter or handler raises."""
        if not logger.isEnabledFor(self.level):
            return
        fields = {name: _shown(name, value, redaction) for name, value in self.fields.items()}
        sentence, key = safe(redaction.text(self.sentence)), fields["server_key"]
        if key is not None:
            sentence = f"{safe(str(key))}: {sentence}"
        logger.log(self.level, "%s", sentence, extra=fields)


def schedule_fields(step: ConnectScheduled) -> dict[str, object]:
    """Return the `extra` of a record about the next attempt to connect."""
    at = datetime.now(UTC) + timedelta(seconds=step.delay)
    return log_fields(
        step.server,
        queue_depth=step.depth,
        host=step.host,
        port=step.port,
        attempt=step.attempt,
        backoff=step.delay,
        next_retry_at=at.isoformat(timespec="milliseconds"),
        reason=None if step.cause is None else step.cause.reason.value,
    )


def drops_entry(report: EventsDropped) -> LogEntry:
    """Return what the log says about dropped events."""
    fields = log_fields(
        report.server, queue_depth=report.depth, dropped=report.delta, dropped_total=report.total
    )
    names = ", ".join(report.subscription.filter.names) or "all events"
    sentence = f"{report.delta} events dropped, {report.total} in total, for the subscription to {names}"
    return LogEntry(logging.WARNING, sentence, fields)


def fault_entry(seen: FaultSeen, count: int | None = None) -> LogEntry:
    """Return what the log says about a fault. `count` takes the place of the notice's."""
    count = seen.count if count is None else count
    fields = log_fields(
        seen.server,
        seen.action_id,
        session=None if seen.session is None else seen.session.number,
        fault=seen.fault.name.lower(),
        count=count,
    )
    level = logging.DEBUG if seen.fault in DEBUG_FAULTS else logging.WARNING
    return LogEntry(level, f"{seen.fault.value} ({count}): {seen.detail}", fields)


def loss_sentence(outcome: Outcome) -> str:
    """Return what the log says about a reply that lacks events, or may lack some; empty for a whole one."""
    reply, ticket = outcome.reply, outcome.ticket
    if not (reply.dropped or reply.damaged):
        return ""
    said = []
    if reply.truncated:
        said.append(
            f"its reply is cut: {reply.dropped} events beyond what {ticket.strategy} keeps are missing"
        )
    if reply.damaged:
        said.append(f"its reply may have lost an item: {reply.damaged} frames were torn or doubtful")
    return "; ".join(said)


def _shown(name: str, value: object, redaction: Redaction) -> object:
    # The key of a server and an ActionID are the application's own: masked, they would identify nothing.
    if name == "server_key" or not isinstance(value, str):
        return value
    return safe(value if name == "action_id" else redaction.text(value))


# -- a logger that cannot break a driver


class DriverLog:
    """The logger of one driver. Its methods raise nothing, whatever the application's handlers do.

    `errors` counts the records that were lost because a handler or filter raised. `redaction` is asked for
    each record: a server that is added has a secret of its own.
    """

    def __init__(
        self, redaction: Callable[[], Redaction] = Redaction, logger: logging.Logger = logger
    ) -> None:
        self.errors = 0
        self._redaction = redaction
        self._logger = logger

    def warning(self, sentence: str, extra: dict[str, object]) -> None:
        """Log a warning of the driver itself, as one printable line."""
        self.entry(LogEntry(logging.WARNING, sentence, extra))

    def entry(self, entry: LogEntry) -> None:
        """Log this."""
        try:
            if self._logger.isEnabledFor(entry.level):
                entry.write(self._logger, self._redaction())
        except Exception as error:  # noqa: BLE001 - whatever a user's handler or filter raises
            self._count(entry.sentence, error)

    def raised(self, sentence: str, error: Exception, extra: dict[str, object]) -> None:
        """Log an exception of the user's code with its traceback, secrets masked."""
        try:
            # Formatting is expensive, and a listener that raises may raise on every event.
            if self._logger.isEnabledFor(logging.ERROR):
                _log_raised(self._logger, sentence, error, self._redaction(), extra)
        except Exception as second:  # noqa: BLE001 - likewise
            self._count(f"{sentence}: {error_text(error)}", second)

    def _count(self, sentence: str, error: Exception) -> None:
        self.errors += 1
        if self.errors == 1:  # a handler that raises may raise at every record
            last_resort(f"{sentence}; and the log raised {error_text(error)}", self._redaction())


def last_resort(sentence: str, redaction: Redaction) -> None:
    """Write one redacted line to stderr, because the log has failed."""
    with suppress(Exception):  # closed, full, or None in a process without one
        print(f"ami_backends: {safe(redaction.text(sentence))}", file=sys.stderr, flush=True)


def error_text(error: Exception) -> str:
    """Return an exception as `Type: words`. Its own `__str__` may raise."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - whatever a user's `__str__` raises
        return type(error).__name__


def _log_raised(
    logger: logging.Logger, sentence: str, error: Exception, redaction: Redaction, extra: dict[str, object]
) -> None:
    """Log an exception with its traceback. Raises what a filter or handler raises.

    The text of the exception may quote a secret. `exc_info` stays empty, because handlers would take the
    unmasked exception from it.
    """
    file, line, function, _ = logger.findCaller(stacklevel=3)
    record = logger.makeRecord(
        logger.name, logging.ERROR, file, line, sentence, (), None, func=function, extra=extra
    )
    # Not `splitlines`: it also splits at characters such as U+2028, and half a secret is not masked.
    shown = _traceback(error).rstrip("\n").split("\n")
    record.exc_text = "\n".join(safe(redaction.text(each)) for each in shown)
    logger.handle(record)


def _traceback(error: Exception) -> str:
    """Format the innermost frames of an exception and of its causes.

    An exception object that is raised again and again gains frames each time, and one that is chained to
    its predecessor gains a cause: both would make each record longer than the one before.
    """
    if _count_causes(error) <= CAUSES_MAX:
        return "".join(traceback.format_exception(error, limit=-FRAMES_MAX))
    frames = traceback.format_tb(error.__traceback__, limit=-FRAMES_MAX)
    return "".join([*frames, f"{type(error).__qualname__}: {error}"])


def _count_causes(error: BaseException) -> int:
    """Count the chain of causes, up to `CAUSES_MAX` + 1: a chain may be a ring."""
    count, last = 0, error
    while count <= CAUSES_MAX and (cause := last.__cause__ or last.__context__) is not None:
        count, last = count + 1, cause
    return count
