"""Signals on which clients log off, if the user asks for it. The library never ends the process."""

import signal
from collections.abc import Callable, Iterable
from types import FrameType, TracebackType
from typing import Any, Self

from ami_proto import MisuseError

_watches: dict[int, list["SignalWatch"]] = {}
"""The watches of each signal. A process has one handler for a signal, and a SIGTERM is for every client."""
_previous: dict[int, Any] = {}
"""The handler of each signal before ours."""


class SignalWatch:
    """Call `stop` on the first of each signal; a second one is handled as if there were no watch.

    `stop` is called from the signal handler: it must take no lock and not wait. Raises `MisuseError` outside
    the main thread, where Python allows no handlers, and for a signal that cannot be handled.
    """

    def __init__(self, signals: Iterable[signal.Signals], stop: Callable[[], None]) -> None:
        self.stop = stop
        try:
            for number in signals:
                self._begin(number)
        except (ValueError, OSError) as error:
            self.close()
            raise MisuseError(f"stop_on: {error}") from error

    def close(self) -> None:
        """End the watch. Idempotent."""
        for number, watches in list(_watches.items()):
            if self in watches:
                watches.remove(self)
                if not watches:
                    del _watches[number]
        # Also the handlers of closed watches: a watch cannot restore its handler in another thread.
        for number in _previous.keys() - _watches.keys():
            _restore(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self, number: int) -> None:
        if number not in _previous:
            _previous[number] = signal.signal(number, _handle)
        watches = _watches.setdefault(number, [])
        if self not in watches:
            watches.append(self)


def _handle(number: int, _frame: FrameType | None) -> None:
    # Before the calls: a user who presses Ctrl-C twice means it, also if the first is still being handled.
    watches = _watches.pop(number, [])
    _restore(number)
    for watch in watches:
        watch.stop()
    if not watches:
        # Every watch was closed, the last one in another thread, which could not restore the handler.
        signal.raise_signal(number)


def _restore(number: int) -> None:
    """Restore the previous handler. Another thread cannot: `_handle` does it when the signal comes."""
    try:
        if signal.getsignal(number) is _handle:  # the application may have set its own since
            before = _previous.get(number)
            # None stands for a handler that was not set from Python, and cannot be set again from here.
            signal.signal(number, signal.SIG_DFL if before is None else before)
    except ValueError:
        return
    _previous.pop(number, None)
