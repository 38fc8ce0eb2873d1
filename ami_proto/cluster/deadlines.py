"""The next deadline of each server, and the earliest of all.

Most deadlines move away from now: each frame puts off the next ping. So a later deadline leaves the heap as
it is, and the entry is moved when it comes to the top. An earlier deadline gets an entry of its own. Looking
costs the logarithm of the number of servers.
"""

from heapq import heapify, heappop, heappush, heapreplace

from ami_proto.values import ServerKey

STALE_MAX = 64
"""Entries that were overtaken, or whose server has no deadline any more, beyond one for each deadline, before
the heap is made anew."""


class ServerDeadlines:
    """Keep one deadline for each server."""

    __slots__ = ("_deadlines", "_entries", "_heap")

    def __init__(self) -> None:
        self._deadlines: dict[ServerKey, float] = {}
        """The true deadlines."""
        self._heap: list[tuple[float, ServerKey]] = []
        self._entries: dict[ServerKey, float] = {}
        """The time under which each server stands in the heap, never after its deadline."""

    def set(self, server: ServerKey, deadline: float | None) -> None:
        """Set the deadline of a server; None for none."""
        if deadline == self._deadlines.get(server):
            return
        if deadline is None:
            self._deadlines.pop(server, None)
        else:
            self._deadlines[server] = deadline
            entry = self._entries.get(server)
            if entry is None or deadline < entry:
                self._entries[server] = deadline
                heappush(self._heap, (deadline, server))
        if len(self._heap) > STALE_MAX + 2 * len(self._deadlines):
            self._entries = dict(self._deadlines)
            self._heap = [(entry, server) for server, entry in self._entries.items()]
            heapify(self._heap)

    def next(self) -> float | None:
        """Return the earliest deadline."""
        heap = self._heap
        while heap:
            entry, server = heap[0]
            deadline = self._deadlines.get(server)
            if self._entries.get(server) != entry:
                heappop(heap)  # an earlier entry has taken its place
            elif deadline is None:
                heappop(heap)
                del self._entries[server]
            elif deadline > entry:
                heapreplace(heap, (deadline, server))
                self._entries[server] = deadline
            else:
                return deadline
        return None

    def pop_due(self, now: float) -> list[ServerKey]:
        """Forget the deadlines that have come; return their servers in the order of the deadlines."""
        due = []
        while (deadline := self.next()) is not None and deadline <= now:
            _, server = heappop(self._heap)
            del self._entries[server], self._deadlines[server]
            due.append(server)
        return due
