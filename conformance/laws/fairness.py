"""The law of fairness: what one server may bring in a round; no other server rests (R-CLUSTER-02).

A round is the time between two `handle_timeout`. A server that has used up its budget of bytes, frames or
messages while another one was heard is not read until its debt is paid, one budget a round, or until a round
in which no other was heard. So what the others wait for one server is bounded by its budget and one read.

It is judged by what a driver can see: which bytes it handed over, and what it is told to read.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

import ami_proto as ami
from ami_proto.drivers import Connect, ServerKey, SessionId, Watch


@dataclass(frozen=True, slots=True)
class RoundWork:
    """What a server brought: bytes, frames, and messages that a subscription wanted."""

    size: int
    frames: int
    messages: int


class FairnessLaw:
    """Judge the rests of one cluster's servers."""

    def __init__(self, limits: ami.ClusterConfig) -> None:
        self._budgets = limits.round_bytes, limits.round_frames, limits.round_messages
        self._used: dict[ServerKey, Counter[str]] = {}
        """What each server has brought in this round."""
        self._owed: dict[ServerKey, float] = {}
        """How many budgets of this round are in the debt."""
        self._debts: dict[ServerKey, float] = {}
        self._watched: dict[ServerKey, Watch] = {}
        """What the driver was told last about each server's present stream."""

    def receive(self, session: SessionId, work: RoundWork) -> None:
        """Take bytes that were handed over."""
        server = session.server
        used = self._used.setdefault(server, Counter())
        used.update(size=work.size, frames=work.frames, messages=work.messages)
        if len(self._used) == 1:
            return
        amounts = used["size"], used["frames"], used["messages"]
        budgets = max(amount / budget for amount, budget in zip(amounts, self._budgets, strict=True))
        if budgets >= 1.0:
            self._debts[server] = self._debts.get(server, 0.0) + budgets - self._owed.get(server, 0.0)
            self._owed[server] = budgets

    def end_round(self) -> None:
        """Take a `handle_timeout`."""
        heard, self._used = set(self._used), {}
        self._owed.clear()
        paid = {server: debt - 1.0 for server, debt in self._debts.items()}
        self._debts = {server: debt for server, debt in paid.items() if debt > 0.0 and heard - {server}}

    def end_stream(self, session: SessionId) -> None:
        """Take the end of a stream, which is watched no more."""
        watched = self._watched.get(session.server)
        if watched is not None and watched.session == session:
            del self._watched[session.server]

    def begin_stream(self, command: Connect) -> None:
        """Take a dial."""
        self.forget(command.session.server)

    def forget(self, server: ServerKey) -> None:
        """Take that a server begins anew, or is gone."""
        for each in (self._used, self._owed, self._debts, self._watched):
            each.pop(server, None)

    def watch(self, command: Watch) -> None:
        """Take what the driver shall watch."""
        self._watched[command.session.server] = command

    def complaint(self, pausing: Callable[[], Collection[ServerKey]]) -> str | None:
        """Return what is wrong, now that all commands are drained. `pausing` tells whose queues are full."""
        for server, watch in self._watched.items():
            rests = server in self._debts
            if watch.read and rests:
                return f"{server} is read, and owes {self._debts[server]:.3g} budgets"
            if not watch.read and not rests and server not in pausing():
                return f"{server} is not read, and owes nothing"
        return None
