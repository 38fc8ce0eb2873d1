"""Pass each notice of a driver to logs, metrics and listeners, and contain their exceptions."""

import logging
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar, Protocol

from ami_backends.sessions.log_records import error_text, fields_of, last_resort
from ami_backends.sessions.printable import safe
from ami_backends.telemetry.logs import LOGGER_NAME, AnyRedaction, Logs, asked_each_time
from ami_proto import Notice

NoticeSink = Callable[[Notice], None]

_logger = logging.getLogger(LOGGER_NAME)


class MetricsSink(Protocol):
    """Metrics: a sink that also counts the exceptions of other sinks. `Metrics` is one."""

    def __call__(self, notice: Notice, /) -> None:
        """Count a notice."""
        ...

    def count_listener_error(self, sink: str) -> None:
        """Count an exception of a sink: `logs`, `metrics` or `listener`."""
        ...


class Telemetry:
    """Pass each notice to the logs, the metrics, and your listeners. Give it to `connect` as `on_notice`.

    One instance serves any number of connections, drivers and threads. An exception of one sink is counted
    and logged, and does not keep the notice from the others. `logs=None` means `Logs` with this redaction,
    which may be a function that returns it: secrets of servers that come later are masked too.
    """

    logs_notices: ClassVar[bool] = True
    """Drivers that see this do not log notices as well."""

    def __init__(
        self,
        *listeners: NoticeSink,
        metrics: MetricsSink | None = None,
        logs: NoticeSink | None = None,
        redaction: AnyRedaction | None = None,
    ) -> None:
        self._redaction = asked_each_time(redaction)
        self._sinks: list[tuple[str, NoticeSink]] = [("logs", logs or Logs(redaction=self._redaction))]
        if metrics is not None:
            self._sinks.append(("metrics", metrics))
        self._sinks += [("listener", each) for each in listeners]
        self._metrics = metrics
        self._lock = threading.Lock()
        self.errors: dict[str, int] = {}
        """Exceptions so far by kind of sink: `logs`, `metrics`, `listener`."""
        self._told = False
        """Whether the last resort was used: once, because a handler that raises may raise at every notice."""

    def __call__(self, notice: Notice) -> None:
        """Pass a notice to every sink. Raises no `Exception`."""
        for name, sink in self._sinks:
            try:
                sink(notice)
            except Exception as error:  # noqa: BLE001 - a sink may raise anything
                self._contain(name, notice, error)

    def _contain(self, name: str, notice: Notice, error: Exception) -> None:
        self._count(name)
        sentence = f"{name} raised on {type(notice).__name__}: {_error_and_place(error)}"
        if name == "logs":  # a logger that has just failed would fail again
            self._tell(sentence)
            return
        try:
            _logger.error("%s", safe(self._redaction().text(sentence)), extra=fields_of(notice))
        except Exception as second:  # noqa: BLE001 - whatever a user's handler or filter raises
            self._count("logs")
            self._tell(f"{sentence}; and the log raised {error_text(second)}")

    def _count(self, name: str) -> None:
        with self._lock:
            self.errors[name] = self.errors.get(name, 0) + 1
        if self._metrics is not None:
            with suppress(Exception):  # metrics of the user's own may be what has just raised
                self._metrics.count_listener_error(name)

    def _tell(self, sentence: str) -> None:
        with self._lock:
            told, self._told = self._told, True
        if not told:
            last_resort(sentence, self._redaction())


def _error_and_place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    last = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"{error_text(error)}{last}"
