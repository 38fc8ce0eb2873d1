"""A user's function that hears the notices, and cannot break the driver."""

import logging
from collections.abc import Callable

from ami_backends._log import log_fields
from ami_proto import Notice

logger = logging.getLogger("ami_backends")


class Listener:
    """Call the function, if there is one; what it raises is logged and counted."""

    def __init__(self, function: Callable[[Notice], None] | None) -> None:
        self.errors = 0
        self._function = function

    def hear(self, notice: Notice) -> None:
        """Hand a notice on."""
        if self._function is None:
            return
        try:
            self._function(notice)
        except Exception:
            self.errors += 1
            logger.exception("a listener raised on %s", type(notice).__name__, extra=log_fields(None))
