"""Fifty servers, one of which floods at ten times its load; the one consumer of all is quick or slow."""

from functools import partial

import ami_proto as ami
from ami_proto.drivers import ServerKey

from .application_load import QUICK_ACTIONS, Waits
from .run_report import RunReport, figures
from .simulation import Simulation, server_configs

SERVERS = 50
FLOODER = "pbx0"
TICK = 0.2
"""Seconds between two bursts: all servers tell something at the same moments, so that they are in each
other's way."""
LOAD = 2
"""Events of a quiet server in a tick."""
FLOOD_FACTOR = 10
PHASE = 60.0
"""Seconds of each phase."""
BUDGET = 8
"""Frames of one server in one round: the flooder brings more in each tick, a quiet server never does."""
SLOW_PULLS = LOAD * (SERVERS - 1) + 8
"""Messages that the slow consumer pulls in a tick: it could serve the quiet servers, but not the flooder."""
ANSWER_EVERY = 25
"""The application answers each such event of a quiet server by an action: also while the flooder rests."""
QUEUE_LIMIT = 200
TURNS_MAX = 1.0 + 2 / SERVERS
"""Turns that an event of a quiet server waits for each one before it: marks take places, too."""


class Rounds:
    """Watch who was read in a round, and who had to wait."""

    def __init__(self, simulation: Simulation) -> None:
        self.over_budget = 0
        """Rounds in which the flooder went beyond its budget after another server was heard."""
        self.rests = 0
        """How many of these ended with the order not to read it."""
        self.unread = 0
        """How often a quiet server had something and was not read in a round."""
        self.waits: dict[ServerKey, Waits] = {key: Waits() for key in simulation.sites}
        self._simulation = simulation
        self._read: dict[ServerKey, int] = {}
        self._over = False
        simulation.driver.on_read = self._take_read
        simulation.driver.on_round = self._end
        simulation.application.consumer.on_item = self._take_item

    def _take_read(self, server: ServerKey, events: int) -> None:
        self._read[server] = self._read.get(server, 0) + events
        if server == FLOODER and len(self._read) > 1 and self._read[server] >= BUDGET:
            self._over = True
        if server != FLOODER:
            self.waits[server].arrive(events, self._simulation.application.consumer.pulled)

    def _take_item(self, item: ami.Message | ami.Gap | ami.Drops) -> None:
        if item.server != FLOODER and isinstance(item, ami.Message):
            self.waits[item.server].pull(self._simulation.application.consumer.pulled, len(self.waits))
            if item.name == "Numbered" and int(item["Serial"]) % ANSWER_EVERY == 0:
                self._simulation.application.submit(ami.Action("Ping"), item.server)

    def _end(self) -> None:
        """Judge the round that ends now."""
        for session, stream in self._simulation.driver.sessions.items():
            if session.server != FLOODER:
                self.unread += stream.hidden
            elif self._over:
                self.over_budget += 1
                self.rests += stream.watch is not None and not stream.watch.read
        self._read, self._over = {}, False


def run_flooder(seed: int, scale: float = 1.0, *, laws: bool = False) -> RunReport:
    """Let one server flood; the others lose nothing, and do not wait for it."""
    limits = ami.ClusterConfig(round_frames=BUDGET)
    simulation = Simulation(server_configs(SERVERS), seed, limits=limits, queue_limit=QUEUE_LIMIT, laws=laws)
    simulation.start()
    rounds = Rounds(simulation)
    lines = []
    for slow in (False, True, False):
        before = {key: account.dropped for key, account in simulation.accounts.items()}
        _phase(simulation, max(6.0, PHASE * scale), slow=slow)
        dropped = {key: account.dropped - before[key] for key, account in simulation.accounts.items()}
        lines.append(_judge_phase(simulation, rounds, dropped, slow=slow))
        simulation.heap.look(simulation.pace.count)
    simulation.heap.points.pop(1)  # the first and the last phase are alike
    simulation.finish()
    lines = [*figures(simulation), *lines, _judge_rounds(simulation, rounds), simulation.heap.judge()]
    return RunReport("flooder", seed, simulation.hash, simulation.findings, lines)


def _phase(simulation: Simulation, seconds: float, *, slow: bool) -> None:
    """Let the servers tell, and the consumer pull, for a while."""
    for key, site in simulation.sites.items():
        count = LOAD * FLOOD_FACTOR if key == FLOODER else LOAD
        simulation.repeat(lambda: TICK, partial(site.tell, count))
    simulation.application.act(10.0, QUICK_ACTIONS)
    consumer = simulation.application.consumer
    consumer.hasty = not slow
    if slow:
        simulation.repeat(lambda: TICK, partial(consumer.pull, SLOW_PULLS))
    simulation.run_for(seconds)
    consumer.hasty = True
    simulation.settle(10.0)


def _judge_phase(simulation: Simulation, rounds: Rounds, dropped: dict[ServerKey, int], *, slow: bool) -> str:
    """Require that only a flooder with a slow consumer loses anything."""
    require = simulation.findings.require
    lost = {key: count for key, count in dropped.items() if count and key != FLOODER}
    require(not lost, f"quiet servers lost events because another one flooded: {lost}")
    flooded = dropped[FLOODER]
    require((flooded > 0) == slow, f"the flooder lost {flooded} events, the consumer was slow: {slow}")
    waits = max(waits.longest for waits in rounds.waits.values())
    require(waits <= TURNS_MAX, f"an event of a quiet server waited {waits:.2f} turns for each before it")
    who = "slow" if slow else "quick"
    return f"{who} consumer: the flooder lost {flooded:,}, the others 0; {waits:.2f} turns of waiting at most"


def _judge_rounds(simulation: Simulation, rounds: Rounds) -> str:
    """Require that the flooder rested, and that nobody else waited for it."""
    require = simulation.findings.require
    require(rounds.over_budget > 0, "the flooder never brought more than its budget: the run proves nothing")
    over, rests = rounds.over_budget, rounds.rests
    require(rests == over, f"the flooder rested {rests} times, {over} rounds went over its budget")
    require(not rounds.unread, f"quiet servers with something to read were left out {rounds.unread} times")
    return (
        f"{simulation.driver.rounds:,} rounds: in {over:,} the flooder went over its budget, and rested after"
        f" {rests:,} of them; the others had something and were not read in {rounds.unread}"
    )
