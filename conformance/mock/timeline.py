"""Virtual time: timers on a heap, and scripts that wait between their steps.

There is no clock here: the caller passes the time to `run(now)`. Timers for the same moment run in the order
in which they were set.
"""

import heapq
from collections.abc import Callable, Generator
from itertools import count

TimedScript = Generator[float | None, None, None]
"""A generator over virtual time: it yields the seconds to wait, or None to wait for `wake` or `stop`."""


class TimerHandle:
    """One timer: a callback and the time when it runs."""

    __slots__ = ("callback", "when")

    def __init__(self, when: float, callback: Callable[[], None]) -> None:
        self.when = when
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Cancel the callback. Does nothing if it has run already."""
        self.callback = None


class Timeline:
    """A heap of timers, and the current time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._heap: list[tuple[float, int, TimerHandle]] = []
        self._order = count()

    def after(self, delay: float, callback: Callable[[], None]) -> TimerHandle:
        """Set a timer `delay` seconds from now."""
        timer = TimerHandle(self.now + delay, callback)
        heapq.heappush(self._heap, (timer.when, next(self._order), timer))
        return timer

    def deadline(self) -> float | None:
        """Return the time of the next timer, or None."""
        while self._heap and self._heap[0][2].callback is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def run(self, now: float) -> None:
        """Advance to `now` and run each due callback at its own time. A time in the past changes nothing."""
        while (due := self.deadline()) is not None and due <= now:
            timer = heapq.heappop(self._heap)[2]
            self.now = max(self.now, due)
            callback, timer.callback = timer.callback, None
            if callback is not None:
                callback()
        self.now = max(self.now, now)


class ScriptRunner:
    """Run a script on a timeline, from its next round until the script ends or is stopped."""

    def __init__(self, timeline: Timeline, script: TimedScript) -> None:
        self._timeline = timeline
        self._script = script
        self._running = False
        self._stopped = False
        self._timer = timeline.after(0.0, self._resume)

    def stop(self) -> None:
        """End the script where it waits. A script that stops itself runs on to its next wait."""
        self._stopped = True
        self._timer.cancel()
        # A generator cannot be closed while it runs; `_resume` then closes it at its next yield.
        if not self._running:
            self._script.close()

    def wake(self) -> None:
        """Continue the script now, even if the time that it waits for has not passed."""
        self._timer.cancel()
        if not self._stopped:
            self._timer = self._timeline.after(0.0, self._resume)

    def _resume(self) -> None:
        self._running = True
        delay = next(self._script, None)
        self._running = False
        if self._stopped:
            self._script.close()
        elif delay is not None:
            self._timer = self._timeline.after(delay, self._resume)
