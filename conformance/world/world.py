"""One run: a machine, a driver, servers and networks, and an application, all from one seed.

First come the troubles of the weather. Then everything heals, and the machine must recover: READY at every
server within a bound of virtual time, one answered action each, the end of every ticket, and after a stop
nothing left over in the machine or in the network.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import ami_proto as ami
from ami_proto.drivers import ServerKey, SessionId
from conformance.laws.trace import Trace
from conformance.mock.timeline import Timeline

from .application import HostedApplication, MakeApplication
from .audit import ServerAudit
from .audited import AuditedCluster, AuditedMachine
from .changes import Changes
from .contradiction import Complaints
from .driver import SimulatedDriver
from .ledger import AskedAction, LedgerServer, SessionLedger
from .network import SimulatedNetwork
from .scenario import Occasions, Scenario, draw_scenario
from .site import Site
from .weather import Weather, draw_config, draw_limits, draw_local_weather
from .workload import Workload

ACTION_DURATION_MAX = 35.0
"""Seconds that an action may take: an Originate, and a margin."""
PING_TIMEOUT = 20.0
"""Seconds for the answer at the end: an action that has timed out may still block the session."""
STEPS_MAX, STEPS_PER_SECOND = 1_000_000, 100
"""Steps that a world may have, and more of them for each second of it; more mean that it spins."""
MESSAGES_MAX = 1_000_000
"""More messages than any queue of a world holds."""
FINISHED_WITHIN = 3600.0
"""Seconds after the heal in which a user's program must be finished."""
JUMPS_EVERY = 2.0
"""The mean time between two jumps of the clock, beside that between two troubles of a server."""
JUMP_MAX = 40.0
"""Seconds of a jump."""
BECOMES_READY = (ami.State.AUTHENTICATING, ami.State.READY)


@dataclass(frozen=True, slots=True)
class WorldReport:
    """What a run has reached."""

    seed: int
    hash: str
    """Of the trace; the same for the same seed in every process."""
    weather: tuple[str, ...]
    servers: int
    """How many servers there were, with those that came later."""
    steps: int
    seconds: float
    """Of virtual time."""
    recovery: float
    """Seconds from the heal to READY."""
    dials: int
    counts: Counter[str]
    """How often each state, cause, outcome, fault and kind of message occurred."""
    refusals: Counter[str]


class World:
    """Everything of one run. `run` raises `AssertionError` if the run fails.

    What it has is drawn from the seed, or is a `Scenario`. `servers` are its configurations where they are
    given: one has a `Connection`, more a `Cluster` with these `limits`. `application` makes the program that
    uses the machine, in the place of the random one; then the servers place no calls by themselves. `weather`
    are the troubles; one comes every `troubles_every` seconds on average.
    """

    def __init__(
        self,
        seed: int | Scenario = 0,
        servers: Sequence[ami.ServerConfig] = (),
        *,
        limits: ami.ClusterConfig | None = None,
        application: MakeApplication | None = None,
        weather: Weather | None = None,
        troubles_every: float | None = None,
    ) -> None:
        scenario = draw_scenario(seed) if isinstance(seed, int) else seed
        if servers:
            scenario = replace(scenario, cluster=len(servers) > 1, servers=tuple(range(len(servers))))
        if weather is not None:
            scenario = replace(scenario, weather=weather)
        if troubles_every is not None:
            scenario = replace(scenario, troubles_every=troubles_every)
        self._draws = not servers
        """Whether configurations and limits are drawn, with small numbers."""
        self._traffic = application is None
        """Whether the servers place calls by themselves."""
        self.scenario = scenario
        self.seed, self.weather = scenario.seed, scenario.weather
        self.occasions = Occasions(scenario)
        self.configs = list(servers) or self._draw_configs()
        self.trace = Trace()
        self.timeline = Timeline()
        self.steps = 0
        self.sites: dict[tuple[str, int], Site] = {}
        """Every server so far, by its address."""
        self._note(f"-- seed {self.seed}, weather: {self.weather}")
        self._complaints = Complaints(self.trace)
        self._recovery = 0.0
        self._boot_hidden: set[ServerKey] = set()
        """The servers without whose FullyBooted the machine has gone on: planned faults lose some."""
        self.machine = self._make_machine(limits)
        timeline, occasions = self.timeline, self.occasions
        self.application: Workload | HostedApplication
        if application is None:
            self.application = Workload(self.machine, timeline, occasions, self.weather)
        else:
            self.application = HostedApplication(self.machine, timeline, application)
        self._changes: Changes | None = None
        if isinstance(self.machine, AuditedCluster) and isinstance(self.application, Workload):
            self._changes = Changes(self.machine, self.application, timeline, occasions, self.weather)
        self.driver = SimulatedDriver(
            self.machine, self._network_of, timeline, occasions, self.weather, self._deliver
        )
        self.driver.steps_back = not scenario.cluster
        self._random = occasions.stream("jumps")
        self._jumps = 0
        if self.weather.jumps:
            self._plan_jump()

    def server(self, key: ServerKey) -> LedgerServer:
        """Return the mock server of this key: change its state and actions before the run, ask it after."""
        return self._site(self.machine.servers[key]).server

    @property
    def carried_out(self) -> list[AskedAction]:
        """Every action that any server has run, in order."""
        ledgers = [ledger for site in self.sites.values() for ledger in site.server.ledgers]
        return sorted((each for ledger in ledgers for each in ledger.carried_out), key=lambda each: each.at)

    def run(self, seconds: float | None = None) -> WorldReport:
        """Run with trouble for so many virtual seconds, heal, and require recovery and a clean stop."""
        try:
            return self._run(self.scenario.seconds if seconds is None else seconds)
        except AssertionError as error:
            error.add_note(f"in the world of seed {self.seed}, weather: {self.weather}")
            raise

    def _run(self, seconds: float) -> WorldReport:
        self._steps_max = STEPS_MAX + seconds * STEPS_PER_SECOND * len(self.configs)
        self.machine.start(0.0)
        self._until(self.timeline.now + seconds, lambda: False)
        self._heal()
        self._converge()
        self._stop()
        return WorldReport(
            self.seed,
            self.trace.hash,
            self.weather.names,
            len(self.sites),
            self.steps,
            self.timeline.now,
            self._recovery,
            sum(site.network.dials for site in self.sites.values()),
            self.application.counts,
            self.application.refusals,
        )

    # -- what it has

    def _draw_configs(self) -> list[ami.ServerConfig]:
        scenario = self.scenario
        return [
            draw_config(
                self.occasions.stream("config", number),
                scenario.weather,
                number + 1 if scenario.cluster else 0,
                number + 1,
            )
            for number in scenario.servers
        ]

    def _make_machine(self, limits: ami.ClusterConfig | None) -> AuditedMachine:
        common = self.trace, self._complaints, self._open_audit, self._is_unread
        if not self.scenario.cluster:
            (config,) = self.configs
            return AuditedMachine(ami.Connection(config, seed=self.seed), *common)
        if limits is None:
            limits = draw_limits(self.occasions.stream("limits")) if self._draws else ami.ClusterConfig()
        cluster = AuditedCluster(ami.Cluster(self.configs, seed=self.seed, limits=limits), *common)
        cluster.judge_limits(limits)
        return cluster

    def _site(self, config: ami.ServerConfig) -> Site:
        """Return the server at an address. One that is asked for the first time is there now."""
        address = config.host, config.port
        if address not in self.sites:
            weather = self.weather
            if self.scenario.cluster:
                weather = draw_local_weather(self.occasions.stream("weather", *address), weather)
            self.sites[address] = Site(
                config, self.timeline, self.occasions, weather, self._note, traffic=self._traffic
            )
        return self.sites[address]

    def _open_audit(self, config: ami.ServerConfig) -> ServerAudit:
        ledger = self._site(config).begin(config)
        self._boot_hidden.discard(config.key)
        throttled = self.scenario.cluster
        return ServerAudit(config, ledger, self._ledger_of, self._complaints, throttled=throttled)

    def _network_of(self, session: SessionId) -> SimulatedNetwork:
        return self._site(self.machine.servers[session.server]).network

    # -- time

    def _until(self, end: float, reached: Callable[[], bool]) -> bool:
        """Let time pass until a condition holds, at most to `end`; return whether it holds."""
        while not reached():
            servers = (site.server.timeout() for site in self.sites.values())
            moments = (self.timeline.deadline(), self.driver.wakes_at, *servers)
            moment = min(each for each in (*moments, end) if each is not None)
            if moment >= end:
                self._step(max(end, self.timeline.now))
                return reached()
            self._step(max(moment, self.timeline.now))
        return True

    def _step(self, now: float) -> None:
        """Do everything that is due at a moment."""
        self.steps += 1
        assert self.steps < self._steps_max, f"the world spins at {now}\n{self.trace.tail}"
        self.timeline.run(now)
        sites = list(self.sites.values())
        for site in sites:
            site.server.handle_timeout(now)
        for site in sites:
            site.network.carry()
        self.driver.run()

    def _plan_jump(self) -> None:
        self.timeline.after(
            self._random.expovariate(1 / (JUMPS_EVERY * self.scenario.troubles_every)), self._jump
        )

    def _jump(self) -> None:
        """Let the clock jump over everything that is due: the whole host was suspended."""
        self._jumps += 1
        draw = self.occasions.begin(f"jump {self._jumps}")
        if draw is not None and draw.random() < self.weather.jumps and self.application.wants_to_run:
            seconds = draw.uniform(0.1, JUMP_MAX)
            self._note(f"-- the clock jumps by {seconds:.3f} s")
            self.timeline.now += seconds
        if not self.application.resting:
            self._plan_jump()

    # -- recovery and stop

    def _heal(self) -> None:
        self._note("-- everything heals")
        self.application.resting = True
        for site in self.sites.values():
            site.heal()
        self.weather = self.driver.weather = self.application.weather = self.weather.healed()
        if self._changes is not None:
            self._changes.weather = self.weather
        self._step(self.timeline.now)

    def _converge(self) -> None:
        """Require READY, the end of every ticket, and an answer of each server."""
        self._await_ready()
        self._await_ends()
        finished = self._until(self.timeline.now + FINISHED_WITHIN, lambda: self.application.finished)
        self._require(finished, f"the application is not finished after {FINISHED_WITHIN:g} s")
        self._await_ready()  # an action that blocked the session may have ended it after all (R-HEALTH-07)
        tickets = [
            self.machine.submit(ami.Action("Ping"), self.timeline.now, to=key, timeout=PING_TIMEOUT)
            for key in self.machine.servers
        ]
        self._await_ends()
        for ticket in tickets:
            outcome = self.machine.outcomes[ticket]
            self._require(outcome.succeeded, f"{outcome}")

    def _await_ready(self) -> None:
        healed = self.timeline.now
        ready = self._until(healed + self._patience, self._ready)
        states = {key: state.value for key, state in self.machine.states.items()}
        self._require(ready, f"not READY {self._patience:g} s after everything healed: {states}")
        self._recovery = max(self._recovery, self.timeline.now - healed)

    def _await_ends(self) -> None:
        self._until(self.timeline.now + ACTION_DURATION_MAX, lambda: not self.machine.open)
        self._require(not self.machine.open, f"tickets without an end: {list(self.machine.open)}")

    def _stop(self) -> None:
        """Require a clean end, with nothing left over."""
        self.application.wants_to_run = False
        self.machine.stop(self.timeline.now)
        grace = max(config.close_grace for config in self.machine.servers.values())
        self._until(self.timeline.now + grace + 1.0, lambda: self.machine.stopped)
        self._require(self.machine.stopped, "not CLOSED, or not drained, after the grace")
        self._until(self.timeline.now + 1.0, lambda: False)
        for key, seen in self.machine.snapshots().items():
            held = (seen.actions_pending, seen.actions_waiting, seen.outcomes_undrained, seen.outbound_bytes)
            self._require(not any(held), f"left over at {key} after the end: {held}")
        sessions = self.driver.sessions
        self._require(not sessions, f"sessions that were never closed: {list(sessions)}")
        unknown = [site.name for site in self.sites.values() if site.server.sessions]
        self._require(not unknown, f"links whose end these servers do not know: {unknown}")
        self._require(self.machine.poll_timeout() is None, "a deadline after the end")
        self.application.pull(MESSAGES_MAX)
        self.machine.close_books()

    @property
    def _patience(self) -> float:
        """Seconds within which a machine must be READY after everything healed.

        It must notice a dead link, after an action that blocks and a timer that was late; then wait out the
        backoff, and a dial to a black hole that had begun. In a cluster, dials wait for those of the others.
        """
        configs = self.machine.servers.values() or self.configs
        dials = 0.0
        if self.scenario.cluster:
            dials = sum(2 * config.connect_timeout + 4.0 for config in configs)
        return dials + max(map(_patience, configs))

    def _ready(self) -> bool:
        """Whether the machine is READY at every server, on links that work, and none is leaving."""
        sound = {
            session.server
            for session, state in self.driver.sessions.items()
            if state.link is not None and state.link.sound
        }
        leaving = self.machine.leaving if isinstance(self.machine, AuditedCluster) else ()
        states = self.machine.states
        ready = all(state is ami.State.READY and key in sound for key, state in states.items())
        return bool(states) and ready and not leaving

    # -- helpers

    def _is_unread(self, session: SessionId) -> bool:
        """Whether bytes or an end have come that the driver has not read."""
        state = self.driver.sessions.get(session)
        return state is not None and state.link is not None and state.link.readable

    def _ledger_of(self, session: SessionId) -> SessionLedger:
        """Return the server's ledger of a session whose stream is up."""
        link = self.driver.sessions[session].link
        assert link is not None, "its stream is up"
        assert isinstance(link.ledger, SessionLedger), "its network has made it"
        return link.ledger

    def _deliver(self, notice: ami.Notice) -> None:
        """Give a notice to the application, and require that READY means booted (R-AUTH-07)."""
        if isinstance(notice, ami.FaultSeen) and notice.fault is ami.Fault.BOOT_HIDDEN:
            self._boot_hidden.add(notice.server)
        if isinstance(notice, ami.StateChanged) and (notice.old, notice.new) == BECOMES_READY:
            self._require_booted(notice)
        self.application.deliver(notice)

    def _require_booted(self, change: ami.StateChanged) -> None:
        """Require that the server of this session has booted, unless its FullyBooted never came in time."""
        assert change.session is not None
        state = self.driver.sessions.get(change.session)
        if state is None or state.link is None or state.link.session.closed:
            return  # it has restarted since
        config = self.machine.servers[change.server]
        waits = config.awaits_boot and change.server not in self._boot_hidden
        booted = self._site(config).server.booted
        self._require(booted or not waits, f"READY at a server that is booting: {change.session}")

    def _note(self, what: str) -> None:
        self.trace.add(self.timeline.now, what)

    def _require(self, holds: bool, what: str) -> None:
        if not holds:
            raise AssertionError(f"seed {self.seed}: {what}\nthe story so far:\n{self.trace.tail}")


def _patience(config: ami.ServerConfig) -> float:
    """Return the seconds within which one server must be READY, whatever it was before."""
    silence = config.read_timeout + config.frame_timeout  # a link may be severed within a frame
    notice = ACTION_DURATION_MAX + 2 * silence + 4 * config.heartbeat_timeout
    attempt = config.connect_timeout + config.banner_timeout + config.login_timeout
    attempt += 2 * config.boot_timeout
    pause = max(config.reconnect_max, config.breaker_cooldown)
    return 20.0 + notice + 2 * (pause + attempt)
