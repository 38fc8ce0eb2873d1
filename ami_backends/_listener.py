"""A user's function that hears the notices, and cannot break the driver."""

import logging
from collections.abc import Callable

from ami_backends._log import fields_of, log_raised
from ami_proto import Notice, Redaction

logger = logging.getLogger("ami_backends")


class Listener:
    """Call the function, if there is one; what it raises is logged, redacted, and counted."""

    def __init__(self, function: Callable[[Notice], None] | None, redaction: Redaction | None = None) -> None:
        self.errors = 0
        self._function = function
        self._redaction = Redaction() if redaction is None else redaction

    def hear(self, notice: Notice) -> None:
        """Hand a notice on."""
        if self._function is None:
            return
        try:
            self._function(notice)
        except Exception as error:  # noqa: BLE001 - whatever a listener raises
            self.errors += 1
            sentence = f"a listener raised on {type(notice).__name__}"
            log_raised(logger, sentence, error, self._redaction, fields_of(notice))
