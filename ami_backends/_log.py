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

FRAMES_MAX = 20
"""Of the frames of a traceback, the innermost are shown."""
CAUSES_MAX = 10
"""An exception with more causes is shown without them."""


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
        if not logger.isEnabledFor(logging.ERROR):
            return
        file, line, function, _ = logger.findCaller(stacklevel=2)
        record = logger.makeRecord(
            logger.name, logging.ERROR, file, line, sentence, (), None, func=function, extra=extra
        )
        # Not `splitlines`, which would cut a secret at characters that end no line.
        shown = _traceback(error).rstrip("\n").split("\n")
        record.exc_text = "\n".join(safe(redaction.text(each)) for each in shown)
        logger.handle(record)


def _traceback(error: Exception) -> str:
    """Return the innermost frames of an exception and of its causes; without these where they are many.

    Frames and causes of one that is raised again and again become more each time.
    """
    if _causes(error) <= CAUSES_MAX:
        return "".join(traceback.format_exception(error, limit=-FRAMES_MAX))
    frames = traceback.format_tb(error.__traceback__, limit=-FRAMES_MAX)
    return "".join([*frames, f"{type(error).__qualname__}: {error}"])


def _causes(error: BaseException) -> int:
    """Count what led to an exception, up to one more than is shown."""
    count, last = 0, error
    while count <= CAUSES_MAX and (cause := last.__cause__ or last.__context__) is not None:
        count, last = count + 1, cause
    return count
