"""The law of the throttle: when the servers of a cluster may dial, and when they must (R-CLUSTER-03).

It is judged by what every client can see: the states of the servers, and the times at which their next
attempts were reported as due.

* Rate: in any stretch of time there are at most `connect_burst` dials and `connect_rate` for each second.
* Number: at most `connecting_max` dials are under way.
* First come, first served: servers are dialled in the order in which they asked.
* Progress: after each `handle_timeout` nobody waits whom rate and number allow to dial.
"""

from collections.abc import Mapping

import ami_proto as ami
from ami_proto.drivers import ServerKey

ROUNDING = 1e-6
"""Dials by which a count may differ: it is a product of times."""


class ThrottleLaw:
    """Judge the dials of one cluster. Each method returns what is wrong, or None."""

    def __init__(self, limits: ami.ClusterConfig) -> None:
        self._limits = limits
        self._due: dict[ServerKey, float] = {}
        """When the next attempt of each server is due, as it was reported."""
        self._waiting: dict[ServerKey, int] = {}
        """The round since which a server waits."""
        self._connecting: set[ServerKey] = set()
        self._rounds = 0
        self._round_at = float("-inf")
        """When the latest round was."""
        self._dials = 0
        self._lead_min = 0.0
        """How far the dials were ahead of the rate, at the least: after a rest they may be that far again."""

    def schedule(self, notice: ami.ConnectScheduled, *, waits: bool) -> None:
        """Take the report of an attempt, and whether the server still waits for it."""
        if waits:
            self._due[notice.server] = notice.due
            if notice.due <= self._round_at:  # it asked in that round at the latest, and is reported after it
                self._waiting.setdefault(notice.server, self._rounds)

    def look(self, states: Mapping[ServerKey, ami.State], now: float) -> str | None:
        """Take the states after a fact or request: those that begin to connect were dialled now."""
        connecting = {server for server, state in states.items() if state is ami.State.CONNECTING}
        dialled, self._connecting = connecting - self._connecting, connecting
        for server in list(self._due):
            if states.get(server) is not ami.State.DISCONNECTED:
                del self._due[server]
        for server in list(self._waiting):
            if server not in dialled and states.get(server) is not ami.State.DISCONNECTED:
                del self._waiting[server]
        if len(connecting) > self._limits.connecting_max:
            return f"{len(connecting)} dials are under way, {self._limits.connecting_max} are allowed"
        for server in dialled:
            if (complaint := self._dial(server, dialled, now)) is not None:
                return complaint
        return None

    def end_round(
        self, states: Mapping[ServerKey, ami.State], now: float, *, all_reported: bool
    ) -> str | None:
        """Take the states after a `handle_timeout`; before it, every report had been drained or not."""
        self._rounds += 1
        self._round_at = now
        for server, due in self._due.items():
            if due <= now and states.get(server) is ami.State.DISCONNECTED:
                self._waiting.setdefault(server, self._rounds)
        full = len(self._connecting) >= self._limits.connecting_max
        if all_reported and self._waiting and not full and self._may_dial(now - ROUNDING):
            return f"{sorted(self._waiting)} may dial, and none of them does"
        return None

    def _dial(self, server: ServerKey, dialled: set[ServerKey], now: float) -> str | None:
        since = self._waiting.pop(server, self._rounds + 1)
        earlier = [key for key, began in self._waiting.items() if began < since and key not in dialled]
        if earlier:
            return f"{server} is dialled, and {earlier} asked before"
        if not self._may_dial(now + ROUNDING):
            limits = self._limits
            rate = f"{limits.connect_rate:g} a second and {limits.connect_burst} at once"
            return f"{server} is dialled at {now}: dial {self._dials + 1}, more than {rate}"
        self._lead_min = min(self._lead_min, self._lead(now))
        self._dials += 1
        return None

    def _may_dial(self, now: float) -> bool:
        """Whether the rate allows one more dial.

        With the lead before dial i being `i - rate * time`, the dials from i to j are more than the rate
        allows if the lead has grown by more than the burst.
        """
        lead = self._lead(now)
        return lead - min(self._lead_min, lead) <= self._limits.connect_burst - 1 + ROUNDING

    def _lead(self, now: float) -> float:
        """Return how far the dials before the next one are ahead of the rate."""
        return self._dials - self._limits.connect_rate * now
