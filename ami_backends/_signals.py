"""Signals on which a client logs off. They are asked for; the library never ends the process."""

import signal
import threading
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from ami_proto import MisuseError


class SignalWatch:
    """Call `stop` on the first of each signal, from the handler; a second one does what it did before.

    `stop` must be safe in a signal handler: take no lock, and not wait. Raises `MisuseError` outside
    the main thread, where Python sets no handlers.
    """

    def __init__(self, signals: Iterable[signal.Signals], stop: Callable[[], None]) -> None:
        self._stop = stop
        self._before: dict[int, Any] = {}
        wanted = tuple(signals)
        if wanted and threading.current_thread() is not threading.main_thread():
            raise MisuseError("stop_on needs the main thread: Python handles signals nowhere else")
        for number in wanted:
            self._before[number] = signal.signal(number, self._handle)

    def close(self) -> None:
        """Handle the signals as before, where they still come here."""
        if threading.current_thread() is not threading.main_thread():
            return  # what is left to handle then finds a client that has stopped
        for number in list(self._before):
            self._restore(number)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._restore(number)
        self._stop()

    def _restore(self, number: int) -> None:
        before = self._before.pop(number)
        if signal.getsignal(number) == self._handle:
            signal.signal(number, before)
