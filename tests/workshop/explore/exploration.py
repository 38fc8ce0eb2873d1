"""Breadth-first exploration, from a new connection to the last shape it can take."""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Self

from ami_proto import BreakerState, ServerConfig, State
from tests.workshop.explore.moves import MOVES, well_behaved
from tests.workshop.explore.shape import shape_of
from tests.workshop.explore.stasis import Stasis
from tests.workshop.explore.subject import ExplorationFailed, Subject, require

MOVES_TO_READY_MAX = 100
"""More moves than READY ever takes; beyond it, the moves run in circles."""


@dataclass(frozen=True)
class Scenario:
    """A configuration, and the moves to make."""

    config: ServerConfig
    moves: tuple[str, ...]
    throttled: bool = False
    pausing: bool = False

    def begin(self) -> Subject:
        """Return a new connection."""
        writes = "write" not in self.moves
        return Subject(self.config, throttled=self.throttled, pausing=self.pausing, writes=writes)


class Exploration:
    """One scenario, explored by `run`.

    With `doubt`, each `doubt`-th connection of a known shape is explored again, and must lead to the same
    shapes as the first one.
    """

    def __init__(self, scenario: Scenario, *, doubt: int = 0) -> None:
        self.moves = 0
        """Moves made."""
        self.doubted = 0
        self.farthest = 0
        """Well-behaved moves until READY, from the state that is farthest from it."""
        self.steps: set[tuple[State, State]] = set()
        """Pairs of states that followed each other; `breaker_steps` likewise."""
        self.breaker_steps: set[tuple[BreakerState, BreakerState]] = set()
        self._scenario = scenario
        self._doubt = doubt
        self._known = 0
        self._stasis = Stasis()
        self._met: deque[tuple[Hashable, bytes]] = deque()
        self._ways: dict[Hashable, tuple[Hashable, str]] = {}
        """For each shape, the shape and the move from which it was reached first."""
        self._leads: dict[Hashable, dict[str, Hashable]] = {}
        self._well: dict[Hashable, str] = {}
        """The well-behaved move in each shape but READY."""

    @property
    def states(self) -> int:
        """The number of shapes."""
        return len(self._ways)

    def run(self) -> Self:
        """Explore to the fixed point. Raises `ExplorationFailed`, with the moves that lead to the fault."""
        begin = self._scenario.begin()
        self._meet(begin, None, "made")
        while self._met:
            shape, frozen = self._met.popleft()
            leads = self._explore(shape, frozen)
            if leads != self._leads.setdefault(shape, leads):
                raise self._broken("two connections of this shape behave differently", shape)
        self._require_ready_again()
        return self

    def _explore(self, shape: Hashable, frozen: bytes) -> dict[str, Hashable]:
        """Make every possible move; return the shape that each leads to."""
        here = self._stasis.thaw(frozen)
        if here.connection.state is not State.READY:
            self._well[shape] = well_behaved(here)
        leads: dict[str, Hashable] = {}
        for name in self._scenario.moves:
            possible, make = MOVES[name]
            if possible(here):
                subject = self._stasis.thaw(frozen)
                try:
                    make(subject)
                    subject.settle()
                except Exception as exception:
                    raise self._broken(str(exception), shape, name) from exception
                self.moves += 1
                self.steps |= subject.steps
                self.breaker_steps |= subject.breaker_steps
                leads[name] = self._meet(subject, shape, name)
        self._tell_stale(here, shape)
        return leads

    def _meet(self, subject: Subject, before: Hashable, move: str) -> Hashable:
        """Take the result of a move; queue it if its shape is new, or to be doubted."""
        shape = shape_of(subject)
        fresh = shape not in self._ways
        if fresh:
            self._ways[shape] = (before, move)
        else:
            self._known += 1
        doubtful = not fresh and self._doubt > 0 and self._known % self._doubt == 0
        self.doubted += doubtful
        if fresh or doubtful:
            self._met.append((shape, self._stasis.freeze(subject)))
        return shape

    def _tell_stale(self, subject: Subject, shape: Hashable) -> None:
        """Require that facts about a session that has ended change nothing."""
        try:
            subject.tell_stale()
            subject.settle()
            require(shape_of(subject) == shape, "a fact about a session that is gone changed something")
        except ExplorationFailed as broken:
            raise self._broken(str(broken), shape) from None

    def _require_ready_again(self) -> None:
        """Require that READY comes again from every shape, if the server and the user behave."""
        for shape in self._ways:
            here, moves = shape, 0
            while here in self._well:
                moves += 1
                if moves > MOVES_TO_READY_MAX:
                    raise self._broken("READY does not come again", shape)
                here = self._leads[here][self._well[here]]
            self.farthest = max(self.farthest, moves)

    def _broken(self, what: str, shape: Hashable, *moves: str) -> ExplorationFailed:
        """Return an error with the moves that lead to the shape."""
        way = [*reversed(moves)]
        while shape is not None:
            shape, move = self._ways[shape]
            way.append(move)
        return ExplorationFailed(f"{what}, after: {', '.join(reversed(way))}")
