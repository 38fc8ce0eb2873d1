"""Servers that come and go: the part of an application that changes the servers of a cluster."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random

import ami_proto as ami
from ami_proto.drivers import ServerKey
from conformance.mock.timeline import Timeline

from .audited import AuditedCluster
from .scenario import SERVERS_MAX, Occasions
from .weather import Weather, draw_config
from .workload import Workload

CHANGES_EVERY = 6.0
"""Seconds between two changes, on average."""
REVIVED_AFTER = 3.0
"""Seconds, on average, after which a server that gave up is replaced by itself."""


class Changes:
    """Add, remove and replace servers at random moments; replace those that gave up."""

    def __init__(
        self,
        cluster: AuditedCluster,
        workload: Workload,
        timeline: Timeline,
        occasions: Occasions,
        weather: Weather,
    ) -> None:
        self.weather = weather
        self._cluster = cluster
        self._workload = workload
        self._timeline = timeline
        self._occasions = occasions
        self._random = occasions.stream("changes")
        self._count = 0
        self._known = dict(cluster.servers)
        """Every server so far, with its latest configuration."""
        self._plan()
        self._revive()

    def _plan(self) -> None:
        self._timeline.after(self._random.expovariate(1 / CHANGES_EVERY), self._act)

    def _act(self) -> None:
        self._plan()
        self._count += 1
        draw = self._occasions.begin(f"change {self._count}")
        if draw is None or draw.random() >= self.weather.changes or self._workload.resting:
            return
        now, present = self._timeline.now, list(self._cluster.servers)
        grace = draw.choice((None, 0.0, 1.0, -1.0))
        deeds: list[Callable[[], None]] = []
        if len(present) < SERVERS_MAX:
            deeds.append(partial(self._add, draw, now))
        if present:
            key = draw.choice(present)
            deeds.append(partial(self._cluster.remove, key, now, grace=grace))
            deeds.append(partial(self._cluster.replace, self._vary(draw, key), now, grace=grace))
            deeds.append(partial(self._cluster.replace, self._move(draw, key), now, grace=grace))
        self._workload.attempt(draw.choice(deeds))

    def _revive(self) -> None:
        """Replace a server that is CLOSED in a cluster that runs; bring one back where all are gone."""
        self._timeline.after(self._random.expovariate(1 / REVIVED_AFTER), self._revive)
        cluster, now = self._cluster, self._timeline.now
        if not self._workload.wants_to_run or cluster.stopped:
            return
        if not cluster.servers:
            self._workload.attempt(partial(cluster.add, next(iter(self._known.values())), now))
            return
        for key, state in cluster.states.items():
            if state is ami.State.CLOSED and key not in cluster.leaving:
                self._workload.attempt(partial(cluster.replace, replace(cluster.servers[key]), now))
                return

    def _add(self, draw: Random, now: float) -> None:
        """Add a new server, a removed one, or, to be refused, one that is present."""
        number = len(self._known) + 1
        address = 100 + self._count
        fresh = draw_config(draw, self.weather, number, address)
        config = draw.choice([*self._known.values(), fresh])
        self._cluster.add(replace(config), now)
        self._known[config.key] = config

    def _vary(self, draw: Random, key: ServerKey) -> ami.ServerConfig:
        """Return another configuration of the same server at the same address."""
        old = self._cluster.servers[key]
        new = draw_config(draw, self.weather)
        config = replace(new, key=key, host=old.host, secret=old.secret)
        self._known[key] = config
        return config

    def _move(self, draw: Random, key: ServerKey) -> ami.ServerConfig:
        """Return a configuration of another server in this one's place: another release, another secret."""
        new = draw_config(draw, self.weather, address=100 + self._count)
        config = replace(new, key=key)
        self._known[key] = config
        return config
