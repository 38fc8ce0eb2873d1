"""Virtual time: what will happen and when, and the small processes that wait in between.

Nothing here knows what time it is: `run(now)` is told. Two deeds for the same moment happen in the order of
their planning.
"""

import heapq
from collections.abc import Callable, Generator
from itertools import count

Script = Generator[float | None, None, None]
"""A process over virtual time: each `yield` gives seconds to wait, or None to wait for `wake` or `stop`."""


class Timer:
    """One planned deed; it can be called off."""

    __slots__ = ("deed", "when")

    def __init__(self, when: float, deed: Callable[[], None]) -> None:
        self.when = when
        self.deed: Callable[[], None] | None = deed

    def cancel(self) -> None:
        """Call it off; after it has happened this does nothing."""
        self.deed = None


class Timeline:
    """A heap of timers, and the moment that has been reached."""

    def __init__(self) -> None:
        self.now = 0.0
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = count()

    def after(self, delay: float, deed: Callable[[], None]) -> Timer:
        """Plan a deed in `delay` seconds from the moment reached."""
        timer = Timer(self.now + delay, deed)
        heapq.heappush(self._heap, (timer.when, next(self._order), timer))
        return timer

    def deadline(self) -> float | None:
        """Give the time of the next deed, or None."""
        while self._heap and self._heap[0][2].deed is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def run(self, now: float) -> None:
        """Do what is due, each deed at its own time, and reach `now`; time never goes back."""
        while (due := self.deadline()) is not None and due <= now:
            timer = heapq.heappop(self._heap)[2]
            self.now = max(self.now, due)
            deed, timer.deed = timer.deed, None
            if deed is not None:
                deed()
        self.now = max(self.now, now)


class Process:
    """Run a script on a timeline until it ends or is stopped."""

    def __init__(self, timeline: Timeline, script: Script) -> None:
        self._timeline = timeline
        self._script = script
        self._running = False
        self._stopped = False
        self._timer = timeline.after(0.0, self._resume)

    def stop(self) -> None:
        """End the script where it waits; a script that stops itself runs on to its next wait."""
        self._stopped = True
        self._timer.cancel()
        if not self._running:
            self._script.close()

    def wake(self) -> None:
        """Let the script go on now, whatever it waits for."""
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
