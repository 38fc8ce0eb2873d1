"""The fences of a session: pings behind actions whose end nothing else tells, in the order of sending.

Asterisk serves a session strictly in order, so what names no action belongs to the fence in front.
An action that ends early leaves its fence behind: its answer is still to come, and belongs to nobody.
"""

from collections import OrderedDict
from typing import Generic, TypeVar

Item = TypeVar("Item")

ABANDONED_MAX = 256
"""Fences without their action that are remembered: a peer that answers no ping must not cost memory."""


class Fences(Generic[Item]):
    """Find the fenced item by the ActionID of its ping, and the one that is in front."""

    __slots__ = ("_abandoned", "_fences")

    def __init__(self) -> None:
        self._fences: OrderedDict[str, Item | None] = OrderedDict()
        self._abandoned: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._fences)

    def __contains__(self, action_id: str | None) -> bool:
        return action_id in self._fences

    @property
    def front(self) -> Item | None:
        """The item in front; None where it was abandoned, or where there is none."""
        return self._fences[next(iter(self._fences))] if self._fences else None

    def add(self, action_id: str, item: Item) -> None:
        """Put a fence behind all others."""
        self._fences[action_id] = item

    def withdraw(self, action_id: str) -> None:
        """Forget a fence that was never sent."""
        self._fences.pop(action_id, None)

    def abandon(self, action_id: str) -> None:
        """Keep the place of a fence whose item has ended, until its answer comes."""
        if action_id not in self._fences:
            return
        self._fences[action_id] = None
        self._abandoned[action_id] = None
        if len(self._abandoned) > ABANDONED_MAX:
            self._forget(next(iter(self._abandoned)))

    def passed(self, action_id: str) -> Item | None:
        """Take the answer of a fence: forget it, and the abandoned in front of it, whose answers will not
        come any more. Return its item.
        """
        while (first := next(iter(self._fences))) != action_id and first in self._abandoned:
            self._forget(first)
        item = self._fences[action_id]
        self._forget(action_id)
        return item

    def _forget(self, action_id: str) -> None:
        del self._fences[action_id]
        self._abandoned.pop(action_id, None)
