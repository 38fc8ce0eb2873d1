"""A thousand servers are lost at once, twice: with open ports, and with ports that are closed for a while."""

from functools import partial

import ami_proto as ami

from .run_report import RunReport, figures
from .simulation import LATENCY, Simulation, server_configs

SERVERS = 1000
CLOSED_FOR = 30.0
"""Seconds for which the second outage refuses every dial."""
PATIENCE = 60.0
BARS_MAX = 90
SMALL_LIMITS = ami.ClusterConfig(connect_rate=5.0, connect_burst=2, connecting_max=20)
"""For a run with few servers: they, too, wait in line."""


def run_outage(seed: int, scale: float = 1.0, *, laws: bool = False) -> RunReport:
    """Lose every server at once; they come back at the configured rate."""
    count = max(20, round(SERVERS * scale))
    limits = ami.ClusterConfig() if count >= SERVERS // 2 else SMALL_LIMITS
    simulation = Simulation(server_configs(count), seed, limits=limits, laws=laws)
    simulation.start()
    lines: list[str] = []
    for closed_for in (0.0, CLOSED_FOR):
        _talk(simulation)
        lines += _outage(simulation, closed_for)
        _talk(simulation)
        simulation.heap.look(simulation.pace.count)
    simulation.finish()
    lines = [*figures(simulation), *lines, simulation.heap.judge()]
    return RunReport("outage", seed, simulation.hash, simulation.findings, lines)


def _talk(simulation: Simulation) -> None:
    """Let each server tell something and answer something: it does, whatever the others do."""
    succeeded = simulation.total("success")
    for key, site in simulation.sites.items():
        site.tell(3)
        simulation.application.submit(ami.Action("CoreStatus"), key, wait=True)
    simulation.settle(PATIENCE)
    answered = simulation.total("success") - succeeded
    expected = len(simulation.sites)
    simulation.findings.require(answered == expected, f"{answered} of {expected} servers answer")


def _outage(simulation: Simulation, closed_for: float) -> list[str]:
    """Break every link at once; return what became of it."""
    limits, config = simulation.limits, next(iter(simulation.accounts.values())).config
    began, dials = simulation.now, simulation.pace.count
    for site in simulation.sites.values():
        site.open_port(not closed_for)
        site.reset_links()
        if closed_for:
            simulation.timeline.after(closed_for, partial(site.open_port, True))
    simulation.run_for(closed_for or 0.1)
    # Each asks for a dial within its backoff; the first delay is the shortest.
    backoff = config.reconnect_max if closed_for else 2 * config.reconnect_min
    bound = backoff + len(simulation.sites) / limits.connect_rate + LATENCY
    took = simulation.await_ready(bound)
    dials = simulation.pace.count - dials
    seconds = range(int(began), int(simulation.now) + 1)
    most = max(simulation.pace.dials[second] for second in seconds)
    what = f"ports closed for {closed_for:g} s" if closed_for else "ports open"
    rate = f"rate {limits.connect_rate:g}, burst {limits.connect_burst}"
    return [
        f"all lost at once, {what}: {dials:,} dials, {most} in a second at most ({rate})",
        f"all READY again {took:.1f} s after the servers were back (bound {bound:.1f})",
        *simulation.pace.bars(seconds[0], min(seconds[-1], seconds[0] + BARS_MAX)),
    ]
