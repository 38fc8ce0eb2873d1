"""What hears the notices of a driver, and tells everybody who wants to know."""

import logging
import threading
import traceback
from collections.abc import Callable
from typing import Protocol

from ami_backends._log import fields_of
from ami_backends._safe import safe
from ami_backends.telemetry.logs import LOGGER_NAME, Logs
from ami_proto import Notice, Redaction

logger = logging.getLogger(LOGGER_NAME)

Sink = Callable[[Notice], None]


class Counts(Protocol):
    """Metrics: a sink that also counts what other sinks raise."""

    def __call__(self, notice: Notice, /) -> None:
        """Count a notice."""
        ...

    def count_listener_error(self, sink: str) -> None:
        """Count an exception of a sink of this name."""
        ...


class Telemetry:
    """Hand each notice to the logs, the metrics, and listeners of yours. Give it to `connect` as `on_notice`.

    One serves any number of connections, of any drivers, in any threads. A sink that raises is counted
    and logged; the others are served all the same. `logs=None` takes the standard ones.
    """

    def __init__(
        self,
        *listeners: Sink,
        metrics: Counts | None = None,
        logs: Sink | None = None,
        redaction: Redaction | None = None,
    ) -> None:
        self._redaction = Redaction() if redaction is None else redaction
        self._sinks: list[tuple[str, Sink]] = [("logs", logs or Logs(redaction=self._redaction))]
        if metrics is not None:
            self._sinks.append(("metrics", metrics))
        self._sinks += [("listener", each) for each in listeners]
        self._metrics = metrics
        self._lock = threading.Lock()
        self.errors: dict[str, int] = {}
        """How often each sort of sink has raised: `logs`, `metrics`, `listener`."""

    def __call__(self, notice: Notice) -> None:
        """Tell everybody. Never raises."""
        for name, sink in self._sinks:
            try:
                sink(notice)
            except Exception as error:  # noqa: BLE001 - whatever a sink raises
                self._contain(name, notice, error)

    def _contain(self, name: str, notice: Notice, error: Exception) -> None:
        """Count a failure, and say so where that can still be said."""
        with self._lock:
            self.errors[name] = self.errors.get(name, 0) + 1
        try:
            if self._metrics is not None:
                self._metrics.count_listener_error(name)
            if name != "logs":
                what = self._redaction.text(_whereabouts(error))
                sentence = f"{name} raised on {type(notice).__name__}: {what}"
                logger.error("%s", safe(sentence), extra=fields_of(notice))
        except Exception:  # noqa: BLE001 - it is counted above, and there is nobody left to tell
            return


def _whereabouts(error: Exception) -> str:
    """Return what was raised and where, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    last = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    try:
        return f"{type(error).__name__}: {error}{last}"
    except Exception:  # noqa: BLE001 - its `__str__` raises as well
        return f"{type(error).__name__}{last}"
