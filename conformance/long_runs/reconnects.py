"""Ten thousand reconnects: by streams that end with a sign, and by peers that are silent.

Each server loses its session after some seconds, in one of several ways, and comes back. In the run `deaths`
a third of the sessions end without a sign: the peer is half open, and only the heartbeat can tell.
"""

from collections.abc import Callable
from functools import partial
from random import Random

import ami_proto as ami
from conformance.mock import noise

from .application_load import QUICK_ACTIONS
from .run_report import RunReport, figures
from .server_site import ServerSite
from .simulation import LATENCY, Simulation, server_configs

SERVERS = 100
RECONNECTS = 10_000
WARM = 0.2
"""The part of the reconnects after which memory is looked at first."""
DEATH_SHARES = (0.25, 0.42)
"""Of the reconnects of `deaths`, how many are heartbeat deaths: a third of the draws."""
SHARE_JUDGED_MIN = 1000
"""Reconnects from which on their share says something."""
PATIENCE = 120.0
"""Seconds until all are READY again: a peer is found dead, the longest backoff, a login."""


def run_reconnects(seed: int, scale: float = 1.0, *, laws: bool = False) -> RunReport:
    """Lose and regain sessions; every end has a sign."""
    return _run("reconnects", seed, scale, 0.0, laws=laws)


def run_deaths(seed: int, scale: float = 1.0, *, laws: bool = False) -> RunReport:
    """Lose and regain sessions; a third of them die without a sign."""
    return _run("deaths", seed, scale, 1 / 3, laws=laws)


def _run(name: str, seed: int, scale: float, death_share: float, *, laws: bool) -> RunReport:
    wanted = max(20, round(RECONNECTS * scale))
    simulation = Simulation(server_configs(max(2, min(SERVERS, wanted // 20))), seed, laws=laws)
    simulation.start()
    for part in (WARM, 1.0):
        simulation.tell(6.0, 4)
        simulation.application.act(15.0, QUICK_ACTIONS)
        for site in simulation.sites.values():
            random = Random(f"{site.account.key}:{seed}:{part}:ends")
            deed = partial(_end_session, simulation, site, random, death_share)
            simulation.repeat(partial(random.uniform, 1.0, 25.0), deed)
        reached = partial(_has_reconnects, simulation, round(wanted * part))
        simulation.run_until(simulation.now + 1000.0 * wanted, reached)
        simulation.settle(PATIENCE)
        simulation.heap.look(simulation.pace.count)
    deaths = _judge_deaths(simulation, death_share)
    simulation.finish()
    lines = [*figures(simulation), deaths, simulation.heap.judge()]
    return RunReport(name, seed, simulation.hash, simulation.findings, lines)


def _reconnects(simulation: Simulation) -> int:
    """How often a server became READY again."""
    return sum(account.logins for account in simulation.accounts.values()) - len(simulation.accounts)


def _has_reconnects(simulation: Simulation, wanted: int) -> bool:
    return _reconnects(simulation) >= wanted


def _end_session(simulation: Simulation, site: ServerSite, random: Random, death_share: float) -> None:
    """End the session of a server, unless it has none, or its peer is dead already."""
    if site.account.state is not ami.State.READY or site.severed:
        return
    if random.random() < death_share:
        site.sever_links()
        return
    ends: tuple[Callable[[], object], ...] = (
        site.close_links,
        site.reset_links,
        partial(_tear, site),
        partial(_close_port, simulation, site, random.uniform(0.5, 5.0)),
    )
    random.choice(ends)()


def _tear(site: ServerSite) -> None:
    """Close every link in the middle of a frame."""
    for link in site.links.values():
        if link.session.user is not None:
            link.session.push(noise.TORN)
    site.close_links()


def _close_port(simulation: Simulation, site: ServerSite, seconds: float) -> None:
    """Close every link, and refuse dials for a while."""
    site.open_port(False)
    site.close_links()
    simulation.timeline.after(seconds, partial(site.open_port, True))


def _judge_deaths(simulation: Simulation, death_share: float) -> str:
    """Require that each silent peer was found dead in time, and by the heartbeat."""
    sites = simulation.sites.values()
    deaths = sum(site.deaths for site in sites)
    found = simulation.total(f"ended: {ami.Reason.HEARTBEAT.value}")
    require = simulation.findings.require
    require(deaths == found, f"{deaths} peers were silent, {found} sessions ended for want of a pong")
    require(not any(site.severed for site in sites), "peers that are silent, and nobody has noticed")
    config = next(iter(simulation.accounts.values())).config
    longest = max(site.notice_max for site in sites)
    bound = config.heartbeat_interval + 3 * config.heartbeat_timeout + LATENCY
    require(longest <= bound, f"a peer was silent for {longest:.1f} s before it was given up, not {bound:g}")
    if death_share:
        share, (low, high) = deaths / _reconnects(simulation), DEATH_SHARES
        enough = _reconnects(simulation) >= SHARE_JUDGED_MIN
        require(not enough or low <= share <= high, f"{share:.2f} of the reconnects are deaths, not a third")
        return f"{deaths:,} silent peers were found dead after {longest:.1f} s at most (bound {bound:g})"
    return f"{found} sessions ended for want of a pong"
