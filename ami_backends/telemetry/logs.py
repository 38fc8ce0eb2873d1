"""Notices into the standard `logging`."""

import logging

from ami_backends._safe import safe
from ami_backends.telemetry.records import record_of
from ami_proto import Notice, Redaction

LOGGER_NAME = "ami_backends.telemetry"


class Logs:
    """Log each notice that says something, redacted, as one printable line.

    Every record carries `server_key`, `action_id` and `queue_depth`, None where it has none, and more by
    its sort (`records.py`), as attributes.
    """

    def __init__(self, logger: logging.Logger | None = None, redaction: Redaction | None = None) -> None:
        self._logger = logging.getLogger(LOGGER_NAME) if logger is None else logger
        self._redaction = Redaction() if redaction is None else redaction

    def __call__(self, notice: Notice) -> None:
        """Log a notice. Raises what a filter or handler of the user's raises."""
        record = record_of(notice)
        if record is None or not self._logger.isEnabledFor(record.level):
            return
        fields = {name: self._shown(name, value) for name, value in record.fields.items()}
        sentence = safe(self._redaction.text(record.sentence))
        self._logger.log(record.level, "%s: %s", safe(str(fields["server_key"])), sentence, extra=fields)

    def _shown(self, name: str, value: object) -> object:
        if name == "server_key" or not isinstance(value, str):
            return value
        return safe(value if name == "action_id" else self._redaction.text(value))
