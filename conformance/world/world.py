"""One run: a machine, a driver, a network, a server and an application, all from one seed.

First the weather does what it has drawn. Then everything heals, and the machine must converge: READY
again within a bound of virtual time, an action answered, every ticket ended, and after a stop nothing
left over, in the machine or on the network.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import ami_proto as ami
from conformance.laws import Lawful
from conformance.server import MockServer, Traffic, noise
from conformance.server.timeline import Timeline
from conformance.trace import Trace

from .application import BIG_COMMAND, Application
from .driver import Driver
from .network import Network
from .weather import draw_config, draw_weather

ACTION_DURATION_MAX = 35.0
"""Seconds that an action of the application may take: an Originate, and its margin."""
STEPS_MAX = 200_000


@dataclass(frozen=True, slots=True)
class Report:
    """What a run has seen."""

    seed: int
    hash: str
    """Of the trace: the same for the same seed, in any process."""
    weather: tuple[str, ...]
    steps: int
    seconds: float
    """Of virtual time."""
    recovery: float
    """Seconds from the heal to READY."""
    dials: int
    told: Counter[str]
    """What the machine told: states, causes, outcomes, faults, messages."""
    refusals: Counter[str]


class World:
    """Everything of one run. `run` does it, and raises `AssertionError` where it goes wrong.

    `config` is drawn from the seed like everything else, unless it is given.
    """

    def __init__(self, seed: int, config: ami.ServerConfig | None = None) -> None:
        self.seed = seed
        random = Random(seed)
        self.weather = draw_weather(random)
        drawn = draw_config(random, self.weather)
        self.config = drawn if config is None else config
        self.trace = Trace()
        self.timeline = Timeline()
        self.steps = 0
        self.server = MockServer(
            banner=random.choice(("11.0.0", "5.0.4")),
            command_format=random.choice(("output", "follows")),
            seed=random.getrandbits(32),
        )
        self.server.cli[BIG_COMMAND] = lambda _server: "x" * self.config.max_frame_size
        self.server.handle_timeout(0.0)
        self.machine = Lawful(ami.Connection(self.config, seed=seed), self.config, self.trace)
        self.network = Network(self.timeline, self._fork(random), self.weather, self.server, self._note)
        self.application = Application(self.machine, self.timeline, self._fork(random), self.weather)
        self.driver = Driver(
            self.machine,
            self.network,
            self.timeline,
            self._fork(random),
            self.weather,
            self.application.deliver,
        )
        self._traffic = Traffic(self.server, random.choice((1.0, 30.0)))
        self._random = random
        self._recovery = 0.0
        self._note(f"-- weather: {' '.join(self.weather.names)}")

    def run(self, seconds: float = 60.0) -> Report:
        """Live through so many seconds of weather, heal, and converge."""
        self.machine.start(0.0)
        if self.weather.flood:
            self._flood()
        self._until(self.timeline.now + seconds, lambda: False)
        self._heal()
        self._converge()
        self._stop()
        return Report(
            self.seed,
            self.trace.hash,
            self.weather.names,
            self.steps,
            self.timeline.now,
            self._recovery,
            self.network.dials,
            self.application.told,
            self.application.refusals,
        )

    # -- time

    def _until(self, end: float, reached: Callable[[], bool]) -> bool:
        """Let time pass until something is reached, at most to `end`; say whether it was."""
        while not reached():
            moments = (self.timeline.deadline(), self.server.timeout(), self.driver.wakes_at)
            moment = min(each for each in (*moments, end) if each is not None)
            if moment >= end:
                self._step(end)
                return reached()
            self._step(max(moment, self.timeline.now))
        return True

    def _step(self, now: float) -> None:
        """Do everything that is due at a moment."""
        self.steps += 1
        assert self.steps < STEPS_MAX, f"the world spins at {now}\n{self.trace.tail}"
        self.timeline.run(now)
        self.server.handle_timeout(now)
        self.network.carry()
        self.driver.run()

    # -- the end of the story

    def _heal(self) -> None:
        self._note("-- everything heals")
        self._traffic.stop()
        self.application.rest()
        self.network.heal()
        self.driver.weather = self.application.weather = self.network.weather
        self._step(self.timeline.now)

    def _converge(self) -> None:
        """Require READY, the end of every ticket, and an answer."""
        self._await_ready()
        self._await_ends()
        self._await_ready()  # an action that held the session up may have cost it in the end (R-HEALTH-07)
        ticket = self.machine.submit(ami.Action("Ping"), self.timeline.now)
        self._await_ends()
        self._require(self.machine.outcomes[ticket].succeeded, f"{self.machine.outcomes[ticket]}")

    def _await_ready(self) -> None:
        healed = self.timeline.now
        ready = self._until(healed + self._patience, self._ready)
        self._require(ready, f"not READY {self._patience:g} s after everything healed")
        self._recovery = max(self._recovery, self.timeline.now - healed)

    def _await_ends(self) -> None:
        self._until(self.timeline.now + ACTION_DURATION_MAX, lambda: not self.machine.open)
        self._require(not self.machine.open, f"tickets without an end: {list(self.machine.open)}")

    def _stop(self) -> None:
        """Require a clean end, with nothing left over."""
        self.application.wants_to_run = False
        self.machine.stop(self.timeline.now)
        self._until(self.timeline.now + self.config.close_grace + 1.0, lambda: self.machine.stopped)
        self._require(self.machine.stopped, "not CLOSED, or not drained, after the grace")
        self._until(self.timeline.now + 1.0, lambda: False)
        seen = self.machine.snapshot()
        held = (seen.actions_pending, seen.actions_waiting, seen.outcomes_undrained, seen.outbound_bytes)
        self._require(not any(held), f"left over after the end: {held}")
        self._require(not self.driver.lines, f"sessions that were never closed: {list(self.driver.lines)}")
        self._require(not self.server.sessions, "links that the server was never told the end of")
        self._require(self.machine.poll_timeout() is None, "a deadline after the end")

    @property
    def _patience(self) -> float:
        """Seconds within which a machine must be READY after everything healed.

        It must see that a link is dead: behind an action that blocks, and once more for a timer that was
        late; then wait out the backoff, and a dial into a black hole that was under way.
        """
        config = self.config
        notice = ACTION_DURATION_MAX + 2 * config.read_timeout + 4 * config.heartbeat_timeout
        attempt = config.connect_timeout + config.banner_timeout + config.login_timeout
        pause = max(config.reconnect_max, config.breaker_cooldown)
        return 20.0 + notice + 2 * (pause + attempt)

    def _ready(self) -> bool:
        """Whether the machine is READY, and not only believes to be."""
        sound = any(line.link is not None and line.link.sound for line in self.driver.lines.values())
        return sound and self.machine.snapshot().state is ami.State.READY

    # -- helpers

    def _flood(self) -> None:
        """Say more at once than small queues hold, every now and then."""
        for session in list(self.server.sessions.values()):
            if session.user is not None:
                session.push(noise.flood(self._random.randint(1, 50)))
        if self.network.weather.flood:
            self.timeline.after(self._random.uniform(0.1, 5), self._flood)

    def _fork(self, random: Random) -> Random:
        return Random(random.getrandbits(64))

    def _note(self, what: str) -> None:
        self.trace.add(self.timeline.now, what)

    def _require(self, holds: bool, what: str) -> None:
        assert holds, f"seed {self.seed}: {what}\nthe story so far:\n{self.trace.tail}"
