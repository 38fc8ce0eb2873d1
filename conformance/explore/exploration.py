"""Breadth first, from a connection that was just made to the last shape it can take."""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Self

from ami_proto import BreakerState, ServerConfig, State
from conformance.explore.moves import MOVES, well_behaved
from conformance.explore.shape import shape_of
from conformance.explore.stasis import Stasis
from conformance.explore.subject import Broken, Subject, require

MOVES_TO_READY_MAX = 100
"""More than it ever takes those who behave; beyond it, they go round in circles."""


@dataclass(frozen=True)
class Scenario:
    """A connection to begin with, and what may happen to it."""

    config: ServerConfig
    moves: tuple[str, ...]
    throttled: bool = False
    pausing: bool = False

    def begin(self) -> Subject:
        """Return a connection that was just made."""
        writes = "write" not in self.moves
        return Subject(self.config, throttled=self.throttled, pausing=self.pausing, writes=writes)


class Exploration:
    """One scenario, explored by `run`.

    With `doubt`, every so many-th connection whose shape is known already is explored all the same, and
    must lead where the first one led.
    """

    def __init__(self, scenario: Scenario, *, doubt: int = 0) -> None:
        self.moves = 0
        """How many were made."""
        self.doubted = 0
        self.farthest = 0
        """Moves of those who behave until READY, from the state that is farthest from it."""
        self.steps: set[tuple[State, State]] = set()
        """Which state followed which; `breaker_steps` likewise."""
        self.breaker_steps: set[tuple[BreakerState, BreakerState]] = set()
        self._scenario = scenario
        self._doubt = doubt
        self._known = 0
        self._stasis = Stasis()
        self._met: deque[tuple[Hashable, bytes]] = deque()
        self._ways: dict[Hashable, tuple[Hashable, str]] = {}
        """From where each shape was reached first, and by which move."""
        self._leads: dict[Hashable, dict[str, Hashable]] = {}
        self._well: dict[Hashable, str] = {}
        """What those who behave do there; nothing in READY."""

    @property
    def states(self) -> int:
        """How many shapes there are."""
        return len(self._ways)

    def run(self) -> Self:
        """Explore to the fixed point. Raises `Broken`, with the way there, where something does not hold."""
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
        """Make every move that is possible here; return which shape each leads to."""
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
        """Remember where a move has led; come back to it if that is new, or to be doubted."""
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
        """Require that facts about a session that is gone change nothing."""
        try:
            subject.tell_stale()
            subject.settle()
            require(shape_of(subject) == shape, "a fact about a session that is gone changed something")
        except Broken as broken:
            raise self._broken(str(broken), shape) from None

    def _require_ready_again(self) -> None:
        """Require that READY comes again, wherever those who behave begin to."""
        for shape in self._ways:
            here, moves = shape, 0
            while here in self._well:
                moves += 1
                if moves > MOVES_TO_READY_MAX:
                    raise self._broken("READY does not come again", shape)
                here = self._leads[here][self._well[here]]
            self.farthest = max(self.farthest, moves)

    def _broken(self, what: str, shape: Hashable, *moves: str) -> Broken:
        """Return the error that tells what does not hold, and the way there."""
        way = [*reversed(moves)]
        while shape is not None:
            shape, move = self._ways[shape]
            way.append(move)
        return Broken(f"{what}, after: {', '.join(reversed(way))}")
