"""When the servers of a cluster may dial: at a rate, with so many dials under way, first come first served.

Each grant moves the time of the next one by a step of `1 / rate`. A bucket of tokens would add up fractions
of time instead, and a fraction that falls short at its own deadline makes a driver spin. A rest of some steps
can be used up at once, as a burst: `next_at` is never earlier than that. The time is the caller's clock, so
the pace does not depend on how often the loop turns.
"""

from ami_proto.values import ServerKey


class DialThrottle:
    """Grant dials to the servers that ask for one, in the order in which they asked."""

    __slots__ = ("_burst", "_connecting", "_connecting_max", "_next_at", "_step", "_waiting")

    def __init__(self, rate: float, burst: int, connecting_max: int) -> None:
        self._step = 1.0 / rate
        self._burst = burst
        self._connecting_max = connecting_max
        self._next_at = float("-inf")
        """When the rate allows the next dial."""
        self._waiting: dict[ServerKey, None] = {}
        """The servers that ask, in the order in which they began to."""
        self._connecting: set[ServerKey] = set()
        """The servers whose dial is under way."""

    @property
    def waiting(self) -> int:
        """How many servers wait for a grant."""
        return len(self._waiting)

    def note(self, server: ServerKey, *, wants: bool, connecting: bool) -> None:
        """Take whether a server asks for a dial, and whether one is under way."""
        if wants:
            self._waiting.setdefault(server)
        else:
            self._waiting.pop(server, None)
        if connecting:
            self._connecting.add(server)
        else:
            self._connecting.discard(server)

    def next_deadline(self) -> float | None:
        """Return when the next grant is due; None while no server asks, or too many dials are under way."""
        if not self._waiting or len(self._connecting) >= self._connecting_max:
            return None
        return self._next_at

    def grant(self, now: float) -> ServerKey | None:
        """Return the server that may dial; None if no grant is due. Note its dial before the next call."""
        due = self.next_deadline()
        if due is None or due > now:
            return None
        rested_since = now - (self._burst - 1) * self._step
        self._next_at = max(self._next_at, rested_since) + self._step
        server = next(iter(self._waiting))
        del self._waiting[server]
        return server
