"""The program under test in a world: ours, which does everything at random, or that of a user.

A program of your own is an object with the three members of `Application`; `World(application=...)` is given
a function that makes it from the machine. It makes requests of the machine as under any driver, and it has no
clock: it is told the time.
"""

from collections import Counter
from collections.abc import Callable
from typing import Protocol

import ami_proto as ami
from ami_proto.drivers import Machine
from conformance.laws import Lawful
from conformance.mock.timeline import Timeline

from .weather import Weather

IDLE = 1.0
"""Seconds after which a program that names no time is called again."""


class Application(Protocol):
    """A program that uses one machine."""

    @property
    def finished(self) -> bool:
        """Whether it has nothing left to do: then the world ends."""

    def handle_notice(self, notice: ami.Notice, now: float) -> None:
        """Take a notice: the end of an action, a change of state."""

    def act(self, now: float) -> float | None:
        """Do what is due; return when to be called again, None for a second from now."""


MakeApplication = Callable[[Machine], Application]


class HostedApplication:
    """Call a user's program at its times, in the place of the `Workload`."""

    def __init__(self, machine: Lawful, timeline: Timeline, make: MakeApplication) -> None:
        self.weather = Weather()
        self.wants_to_run = True
        self.resting = False
        self.counts: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self._machine = machine
        self._timeline = timeline
        self.application = make(machine)
        self._act()

    @property
    def finished(self) -> bool:
        """Whether the program has nothing left to do."""
        return self.application.finished

    def deliver(self, notice: ami.Notice) -> None:
        """Give the program a notice."""
        count(self.counts, notice)
        self.application.handle_notice(notice, self._timeline.now)

    def pull(self, most: int) -> None:
        """Pull what the program has left of its messages."""
        for subscription in self._machine.subscriptions:
            for _ in range(most):
                if self._machine.poll_message(subscription) is None:
                    break

    def _act(self) -> None:
        now = self._timeline.now
        again = self.application.act(now) if self.wants_to_run else None
        self._timeline.after(IDLE if again is None else max(0.0, again - now), self._act)


def count(counts: Counter[str], notice: ami.Notice) -> None:
    """Count what a notice says."""
    match notice:
        case ami.ActionFinished(outcome):
            error = outcome.error
            counts["success" if error is None else type(error).__name__] += 1
        case ami.FaultSeen(fault=fault, count=many):
            counts[fault.name] += many
        case ami.StateChanged(new=new, cause=cause):
            counts[new.name] += 1
            if cause is not None:
                counts[cause.reason.name] += 1
        case _:
            counts[type(notice).__name__] += 1
