"""Minimise a failure: leave out one thing after the other, as long as the world still fails in the same way.

Each part of a world has random numbers of its own, so what is left out does not change the rest. First the
time after the failure goes, then whole kinds of troubles, then servers, then single deeds and troubles: half
of them at once, then a quarter, and so on (as delta debugging does). What is left is a `Scenario`, which a
regression test keeps.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from conformance.laws import LawBroken

from .contradiction import LedgerContradicted
from .scenario import Scenario
from .world import World

MARGIN = 0.1
"""Seconds of trouble after a failure."""
HALVINGS_MAX = 6
TRIALS_MAX = 400
"""Worlds that are run to minimise one failure."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How a world failed."""

    kind: str
    """The rule or law that was broken, else the first words: two failures of one kind count as the same."""
    error: AssertionError
    at: float
    """Seconds of virtual time."""
    occasions: tuple[str, ...]
    """The deeds and troubles until then."""


def fail(scenario: Scenario) -> Failure | None:
    """Run a world; return how it failed."""
    world: World | None = None
    try:
        world = World(scenario)
        world.run()
    except AssertionError as error:
        occasions = () if world is None else tuple(world.occasions.past)
        at = 0.0 if world is None else world.timeline.now
        return Failure(kind_of(error), error, at, occasions)
    return None


def kind_of(error: AssertionError) -> str:
    """Return what makes two failures the same."""
    match error:
        case LedgerContradicted(rule=rule):
            return rule
        case LawBroken(law=law):
            return law
        case _:
            return str(error).partition("\n")[0].partition(": ")[2].partition(":")[0][:60]


def minimise(scenario: Scenario, note: Callable[[str], None] = print) -> tuple[Scenario, Failure] | None:
    """Return the smallest scenario that was found, and its failure; None if the scenario does not fail."""
    failure = fail(scenario)
    if failure is None:
        return None
    smaller = _Minimiser(scenario, failure, note)
    smaller.run()
    return smaller.scenario, smaller.failure


class _Minimiser:
    """The smallest scenario so far, and its failure."""

    def __init__(self, scenario: Scenario, failure: Failure, note: Callable[[str], None]) -> None:
        self.scenario = scenario
        self.failure = failure
        self._note = note
        self._trials = 0

    def run(self) -> None:
        """Leave out whatever can be left out, until nothing can."""
        before = None
        while before != self.scenario and self._trials < TRIALS_MAX:
            before = self.scenario
            self._shorten()
            for name in self.scenario.weather.names:
                self._try(
                    f"the weather {name}", replace(self.scenario, weather=self.scenario.weather.without(name))
                )
            for server in self.scenario.servers:
                rest = tuple(each for each in self.scenario.servers if each != server)
                if rest:
                    self._try(f"server {server}", replace(self.scenario, servers=rest))
            if self.scenario.occasions is None:
                self._try(
                    "what did not take place",
                    replace(self.scenario, occasions=frozenset(self.failure.occasions)),
                )
            self._leave_out_occasions()

    def _shorten(self) -> None:
        """End the troubles soon after the failure, or long before it."""
        while self.failure.at + MARGIN < self.scenario.seconds:
            if not self._try("the time after it", replace(self.scenario, seconds=self.failure.at + MARGIN)):
                return
        for _ in range(HALVINGS_MAX):
            if not self._try("half the time", replace(self.scenario, seconds=self.scenario.seconds / 2)):
                return

    def _leave_out_occasions(self) -> None:
        names = [name for name in self.failure.occasions if name in (self.scenario.occasions or ())]
        size = len(names)
        while size:
            start = 0
            while start < len(names):
                rest = names[:start] + names[start + size :]
                what = names[start] if size == 1 else f"{len(names) - len(rest)} from {names[start]} on"
                if self._try(what, replace(self.scenario, occasions=frozenset(rest))):
                    names = rest
                else:
                    start += size
            size //= 2

    def _try(self, what: str, smaller: Scenario) -> bool:
        """Leave something out; return whether the world fails without it in the same way."""
        if smaller == self.scenario or self._trials >= TRIALS_MAX:
            return False
        self._trials += 1
        found = fail(smaller)
        if found is None or found.kind != self.failure.kind:
            return False
        self._note(f"fails without {what}")
        self.scenario, self.failure = smaller, found
        return True
