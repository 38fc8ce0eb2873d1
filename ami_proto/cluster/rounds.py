"""Rounds of work: no server keeps a driver from the others (R-CLUSTER-02).

A round is what happens between two `handle_timeout`. Bytes are parsed when they come; a server that has used
up its budget of the round rests, which means that it is not read for a while. Use beyond the budget is a debt
that the next rounds pay off, one budget each. Where no other server was heard in a round, nobody waits: then
nobody rests, and debts are forgiven.

Budgets count work and never time, so that a run of the same facts gives the same rounds. One read is bounded
by the driver (64 KiB), and so is the debt that one read can make.
"""

from ami_proto.config.limits import ClusterConfig
from ami_proto.values import ServerKey


class _Work:
    """What one server has brought in this round."""

    __slots__ = ("byte_count", "frames", "messages", "owed")

    def __init__(self) -> None:
        self.byte_count = self.frames = self.messages = 0
        self.owed = 0.0
        """How much of it is part of the debt."""


class RoundBudgets:
    """Count the work of each server in this round, and know who rests."""

    __slots__ = ("_config", "_debts", "_work")

    def __init__(self, config: ClusterConfig) -> None:
        self._config = config
        self._work: dict[ServerKey, _Work] = {}
        """The servers that were heard in this round."""
        self._debts: dict[ServerKey, float] = {}
        """Budgets that the resting servers have used in advance, this one included."""

    @property
    def resting(self) -> bool:
        """Whether a server rests: then the next round is due."""
        return bool(self._debts)

    def rests(self, server: ServerKey) -> bool:
        """Whether this server rests."""
        return server in self._debts

    def add(self, server: ServerKey, byte_count: int, frames: int, messages: int) -> bool:
        """Count work of a server; return whether it begins to rest."""
        work = self._work.get(server)
        if work is None:
            work = self._work[server] = _Work()
        work.byte_count += byte_count
        work.frames += frames
        work.messages += messages
        if len(self._work) == 1:
            return False  # no other server was heard: nobody waits for this one
        config = self._config
        used = max(
            work.byte_count / config.round_bytes,
            work.frames / config.round_frames,
            work.messages / config.round_messages,
        )
        if used < 1.0:
            return False
        began = server not in self._debts
        self._debts[server] = self._debts.get(server, 0.0) + used - work.owed
        work.owed = used
        return began

    def end(self) -> list[ServerKey]:
        """End the round: pay a budget of each debt. Return the servers that may be read again."""
        heard, self._work = self._work, {}
        if not self._debts:
            return []
        paid = {server: debt - 1.0 for server, debt in self._debts.items()}
        self._debts = {
            server: debt for server, debt in paid.items() if debt > 0.0 and len(heard) > (server in heard)
        }
        return [server for server in paid if server not in self._debts]

    def forget(self, server: ServerKey) -> None:
        """Forget a server that is removed, or begins a new stream."""
        self._work.pop(server, None)
        self._debts.pop(server, None)
