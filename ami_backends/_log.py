"""What every log record of the library carries (R-OBS-02), and how the drivers log.

What the user's filters and handlers raise is dropped: a driver has nobody left to tell, and goes on.
"""

import logging
import traceback
from contextlib import suppress

from ami_backends._safe import safe
from ami_proto import (
    ActionFinished,
    EventsDropped,
    FaultSeen,
    MessagesWaiting,
    Notice,
    Redaction,
    ServerKey,
)


def log_fields(
    server_key: ServerKey | None,
    action_id: str | None = None,
    queue_depth: int | None = None,
    **more: object,
) -> dict[str, object]:
    """Return the `extra` of a log record: the fields that are always there, None where it has none."""
    return {"server_key": server_key, "action_id": action_id, "queue_depth": queue_depth, **more}


def fields_of(notice: Notice) -> dict[str, object]:
    """Return the `extra` of a record about what became of a notice."""
    match notice:
        case ActionFinished():
            return log_fields(notice.ticket.server, notice.ticket.action_id)
        case EventsDropped():
            return log_fields(notice.server, queue_depth=notice.depth)
        case FaultSeen():
            return log_fields(notice.server, notice.action_id)
        case MessagesWaiting():
            return log_fields(None)
        case _:
            return log_fields(notice.server)


def log_warning(logger: logging.Logger, sentence: str, extra: dict[str, object]) -> None:
    """Log a warning of the driver's own."""
    with suppress(Exception):
        logger.warning("%s", safe(sentence), extra=extra, stacklevel=2)


def log_raised(
    logger: logging.Logger, sentence: str, error: Exception, redaction: Redaction, extra: dict[str, object]
) -> None:
    """Log an exception with its traceback, where whatever is secret is masked: its text may be anything.

    `exc_info` stays empty, for a handler would find the exception itself in it.
    """
    with suppress(Exception):
        file, line, function, _ = logger.findCaller(stacklevel=2)
        record = logger.makeRecord(
            logger.name, logging.ERROR, file, line, sentence, (), None, func=function, extra=extra
        )
        shown = "".join(traceback.format_exception(error)).splitlines()
        record.exc_text = "\n".join(safe(redaction.text(each)) for each in shown)
        if logger.isEnabledFor(record.levelno):
            logger.handle(record)
