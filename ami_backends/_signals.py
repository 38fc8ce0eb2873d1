"""Signals on which clients log off. They are asked for; the library never ends the process."""

import signal
from collections.abc import Callable, Iterable
from types import FrameType, TracebackType
from typing import Any, Self

from ami_proto import MisuseError

_watches: dict[int, list["SignalWatch"]] = {}
"""Who waits for which signal. One handler serves all of them: a SIGTERM is for every client."""
_before: dict[int, Any] = {}
"""What handled a signal before ours did."""


class SignalWatch:
    """Call `stop` on the first of each signal, from the handler; a second one does what it did before.

    `stop` must be safe in a signal handler: take no lock, and not wait. Raises `MisuseError` outside
    the main thread, where Python sets no handlers, and for a signal that cannot be handled.
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
        """Watch no more. Idempotent."""
        for number, watches in list(_watches.items()):
            if self in watches:
                watches.remove(self)
                if not watches:
                    del _watches[number]
                    _restore(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self, number: int) -> None:
        if number not in _before:
            _before[number] = signal.signal(number, _handle)
        watches = _watches.setdefault(number, [])
        if self not in watches:
            watches.append(self)


def _handle(number: int, _frame: FrameType | None) -> None:
    watches = _watches.pop(number, [])
    _restore(number)
    for watch in watches:
        watch.stop()
    if not watches:
        signal.raise_signal(number)  # nobody waits for it any more


def _restore(number: int) -> None:
    """Have the signal handled as before; in another thread, leave that to the handler."""
    try:
        if signal.getsignal(number) is _handle:
            before = _before.get(number)
            signal.signal(number, signal.SIG_DFL if before is None else before)
    except ValueError:
        return
    _before.pop(number, None)
