"""Everything of one run: a cluster, its servers, a network, an application and the time, from one seed."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

import ami_proto as ami
from conformance.laws import LawfulCluster
from conformance.mock import MockSession
from conformance.mock.timeline import Timeline

from .account import Findings, ServerAccount
from .application_load import ApplicationLoad, Repeated
from .dial_pace import DialPace
from .heap_use import HeapUse
from .readiness_driver import ReadinessDriver
from .server_site import ServerSite

QUEUE_LIMIT = 2000
DRAWS_MIN = 100
"""Delays of the backoff from which on their mean says something: it errs by 0.03."""
MEAN_ERROR_MAX = 0.12
PINGS_KEPT = 4
LATENCY = 2.0
"""Seconds that a dial, a login and an answer take on the network together, with room to spare."""


def server_configs(count: int, **options: object) -> list[ami.ServerConfig]:
    """Return the configurations of so many servers, `pbx0` and so on."""
    return [
        ami.ServerConfig(
            key=f"pbx{number}",
            host="192.0.2.1",
            username="admin",
            secret="s3cr3t",
            **options,  # type: ignore[arg-type]
        )
        for number in range(count)
    ]


class Simulation:
    """A cluster that runs in virtual time. With `laws`, the laws of a machine are checked at every call."""

    def __init__(
        self,
        configs: Sequence[ami.ServerConfig],
        seed: int,
        *,
        limits: ami.ClusterConfig | None = None,
        queue_limit: int = QUEUE_LIMIT,
        laws: bool = False,
    ) -> None:
        self.seed = seed
        self.findings = Findings()
        self.timeline = Timeline()
        self.limits = ami.ClusterConfig() if limits is None else limits
        self.cluster = ami.Cluster(configs, seed=seed, limits=self.limits)
        self.machine = LawfulCluster(self.cluster, limits=self.limits) if laws else self.cluster
        self.accounts = {config.key: ServerAccount(config, self.findings) for config in configs}
        self._stirred: dict[MockSession, ServerSite] = {}
        self.sites = {
            key: ServerSite(account, self.timeline, Random(f"{seed}:{key}"), self._stirred)
            for key, account in self.accounts.items()
        }
        self.application = ApplicationLoad(
            self.machine, self.accounts, self.timeline, seed, queue_limit=queue_limit
        )
        self.driver = ReadinessDriver(self.machine, self.sites, self.timeline, self.application.deliver)
        self.pace = DialPace(self.limits, self.findings)
        self.driver.on_dial = self.pace.dial
        self.heap = HeapUse(self.cluster, self.findings, laws=laws)
        self.steps = 0
        self._repeated: list[Repeated] = []

    # -- time

    @property
    def now(self) -> float:
        """The virtual time in seconds."""
        return self.timeline.now

    def run_for(self, seconds: float) -> None:
        """Let time pass."""
        self.run_until(self.now + seconds)

    def run_until(self, end: float, reached: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass until a condition holds, at most to `end`; return whether it holds."""
        while not reached():
            output = self.now if self._stirred else None  # of servers that were told to say something
            moments = (output, self.timeline.deadline(), self.machine.poll_timeout(), end)
            moment = min(each for each in moments if each is not None)
            self._step(max(moment, self.now))
            if moment >= end:
                return reached()
        return True

    def _step(self, now: float) -> None:
        """Do everything that is due at a moment."""
        self.steps += 1
        self.timeline.run(now)
        stirred = dict(self._stirred)
        self._stirred.clear()
        for session, site in stirred.items():
            site.carry(session)
        self.driver.run()

    def repeat(self, interval: Callable[[], float], deed: Callable[[], object]) -> None:
        """Do something again and again, until everything settles; `interval` draws the seconds between."""
        self._repeated.append(Repeated(self.timeline, interval, deed))

    def tell(self, every: float, count: int) -> None:
        """Let each server tell so many events every so many seconds on average, by its own random numbers."""
        for site in self.sites.values():
            random = Random(f"{site.account.key}:{self.seed}:events")
            self.repeat(partial(random.expovariate, 1 / every), partial(site.tell, count))

    # -- the beginning and the end

    def start(self) -> None:
        """Connect every server, and wait until all are READY."""
        self.machine.start(self.now)
        self.await_ready(len(self.sites) / self.limits.connect_rate + LATENCY)

    def await_ready(self, seconds: float) -> float:
        """Require that all servers are READY within so many seconds; return how many it took."""
        began = self.now
        self.run_until(began + seconds, lambda: self.ready)
        missing = [key for key, state in self.cluster.states.items() if state is not ami.State.READY]
        self.findings.require(not missing, f"{len(missing)} not READY within {seconds:g} s: {missing[:3]}")
        return self.now - began

    @property
    def ready(self) -> bool:
        """Whether every server is READY, by what the application was told."""
        return self.application.ready_count == len(self.sites)

    def rest(self) -> None:
        """Let servers and application do nothing more of their own."""
        self.application.rest()
        for each in self._repeated:
            each.stop()
        self._repeated.clear()

    def settle(self, seconds: float) -> None:
        """Do nothing more, wait until all are READY and every action has ended, and pull everything.

        This is the point at which memory can be compared: nothing is under way.
        """
        self.rest()
        self.await_ready(seconds)
        self.run_until(self.now + 60.0, lambda: not any(each.open for each in self.accounts.values()))
        # A session keeps its last few pings, so there must be as many; and the next one must be far away.
        interval = max(account.config.heartbeat_interval for account in self.accounts.values())
        self.run_for(PINGS_KEPT * interval + LATENCY)
        for site in self.sites.values():
            site.tell(1)
        self.run_for(LATENCY)
        self.application.consumer.pull_all()

    def finish(self) -> None:
        """Stop, and require that nothing is left: no ticket, message, timer, stream or session."""
        for server, seen in self.cluster.snapshots().items():
            depth = sum(queue.depth for queue in seen.subscriptions)
            held = (seen.actions_pending, seen.actions_waiting, seen.outcomes_undrained, depth)
            self.findings.require(not any(held), f"{server} holds something when all is done: {held}")
        self.machine.stop(self.now)
        self.run_until(self.now + 5.0, lambda: self.machine.stopped)
        self.findings.require(self.machine.stopped, "the cluster does not stop")
        self.application.consumer.pull_all()
        self.run_for(120.0)  # servers give up the links that carry nothing
        self.findings.require(self.machine.poll_timeout() is None, "a deadline after the end")
        self.findings.require(not self.driver.sessions, "streams after the end")
        open_sessions = sum(len(site.server.sessions) for site in self.sites.values())
        self.findings.require(
            not open_sessions, f"{open_sessions} sessions that no server knows to have ended"
        )
        for account in self.accounts.values():
            account.close()
        if (spread := self.spread) is not None:
            even = abs(spread - 0.5) <= MEAN_ERROR_MAX
            self.findings.require(
                even, f"delays lie at {spread:.2f} between floor and cap, not in the middle"
            )

    # -- figures

    @property
    def hash(self) -> str:
        """A hash of everything that the application was told: the same for the same seed."""
        digest = hashlib.sha256()
        for key, account in self.accounts.items():
            digest.update(f"{key} {account.transcript.hash}\n".encode())
        return digest.hexdigest()[:16]

    def counts(self) -> Counter[str]:
        """Return the counts of all accounts together."""
        return sum((account.counts for account in self.accounts.values()), Counter())

    @property
    def spread(self) -> float | None:
        """Where the delays of the backoff lie between floor and cap, on average; None for too few of them."""
        draws = sum(account.draws for account in self.accounts.values())
        places = sum(account.places for account in self.accounts.values())
        return places / draws if draws >= DRAWS_MIN else None

    def total(self, name: str) -> int:
        """Return a count of all accounts together."""
        return sum(account.counts[name] for account in self.accounts.values())
