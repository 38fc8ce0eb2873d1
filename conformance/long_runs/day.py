"""A day of three servers, or a week: the weather of each hour and the load of office hours.

Both are drawn from the seed. In an hour a server may be out for some minutes, with a sign or without one. It
may restart and boot, its network may be slow, and in office hours it may flood while the consumer sleeps for
some seconds.
"""

from collections.abc import Iterator
from enum import Enum, unique
from functools import partial
from random import Random

from .application_load import EVERY_ACTION
from .run_report import RunReport, figures
from .server_site import ServerSite
from .simulation import Simulation, server_configs

SERVERS = 3
HOURS = 24.0
HOUR = 3600.0
OFFICE_HOURS = range(8, 18)
WEEKEND = (5, 6)
"""Saturday and Sunday; a run begins on a Monday at midnight."""
QUEUE_LIMIT_SMALL = 500
FLOOD_EVENTS = 1500
"""Events of one flood: more than a queue holds."""
PATIENCE = 200.0
"""Seconds until all are READY after the end of an hour: a silent peer is found dead, the longest backoff, a
server that boots, a slow login."""
TABLE_WIDTH = 84
"""Hours in a line of the table: half a week."""


@unique
class HourWeather(Enum):
    """The weather of one server in one hour, as the table of the run shows it."""

    CALM = "."
    OUT = "o"
    SILENT = "d"
    """It is out, and the open links end without a sign."""
    RESTART = "r"
    SLOW = "s"
    FLOOD = "f"


ANY_HOUR = (HourWeather.OUT, HourWeather.SILENT, HourWeather.RESTART, HourWeather.SLOW)
CALM_SHARE = 0.5
"""Of the hours, by chance."""


def run_day(seed: int, scale: float = 1.0, *, hours: float = HOURS, laws: bool = False) -> RunReport:
    """Let so many hours pass; `scale` shortens each of them."""
    count = max(4, round(hours))
    simulation = Simulation(server_configs(SERVERS), seed, queue_limit=QUEUE_LIMIT_SMALL, laws=laws)
    simulation.start()
    table: dict[str, str] = dict.fromkeys(simulation.sites, "")
    for hour in range(count):
        for key, site in simulation.sites.items():
            random = Random(f"{seed}:{key}:{hour}")
            weather = _draw(random, hour)
            table[key] += weather.value
            _begin(simulation, site, random, weather, HOUR * scale)
        _load(simulation, hour)
        simulation.run_for(HOUR * scale)
        for site in simulation.sites.values():
            site.slow_down(False)
            site.open_port(True)
        if hour in (count // 4, count - 1):
            simulation.settle(PATIENCE)
            simulation.heap.look(simulation.pace.count)
        else:
            simulation.rest()
    simulation.finish()
    lines = [*figures(simulation), *_shown(table, count), simulation.heap.judge()]
    return RunReport("day", seed, simulation.hash, simulation.findings, lines)


def is_office_hour(hour: int) -> bool:
    """Whether the servers are busy in this hour of the run."""
    return hour % 24 in OFFICE_HOURS and hour // 24 % 7 not in WEEKEND


def _draw(random: Random, hour: int) -> HourWeather:
    if random.random() < CALM_SHARE:
        return HourWeather.CALM
    return random.choice((*ANY_HOUR, HourWeather.FLOOD) if is_office_hour(hour) else ANY_HOUR)


def _load(simulation: Simulation, hour: int) -> None:
    """Let servers and application do what they do in such an hour."""
    busy = is_office_hour(hour)
    simulation.tell(2.5 if busy else 15.0, 5)
    simulation.application.act(15.0 if busy else 60.0, EVERY_ACTION)


def _begin(
    simulation: Simulation, site: ServerSite, random: Random, weather: HourWeather, length: float
) -> None:
    """Plan the weather of an hour that lasts so many seconds."""
    at = partial(simulation.timeline.after, random.uniform(0.0, 0.5) * length)
    match weather:
        case HourWeather.OUT | HourWeather.SILENT:
            silent = weather is HourWeather.SILENT
            at(partial(_go_out, simulation, site, random.uniform(0.02, 0.3) * length, silent))
        case HourWeather.RESTART:
            at(partial(site.restart, random.uniform(5.0, 40.0)))
        case HourWeather.SLOW:
            site.slow_down(True)
        case HourWeather.FLOOD:
            for _ in range(3):
                at = partial(simulation.timeline.after, random.uniform(0.0, 0.9) * length)
                at(partial(_flood, simulation, site, random.uniform(1.0, 10.0)))


def _go_out(simulation: Simulation, site: ServerSite, seconds: float, silent: bool) -> None:
    site.open_port(False)
    if silent:
        site.sever_links()
    else:
        site.close_links()
    simulation.timeline.after(seconds, partial(site.open_port, True))


def _flood(simulation: Simulation, site: ServerSite, seconds: float) -> None:
    """Tell more than a queue holds while the consumer sleeps."""
    consumer = simulation.application.consumer
    consumer.hasty = False
    site.tell(FLOOD_EVENTS)
    simulation.timeline.after(seconds, consumer.awake)


def _shown(table: dict[str, str], hours: int) -> Iterator[str]:
    """Yield the weather as a table: a letter for each hour."""
    yield "weather of each hour: " + ", ".join(f"{each.value} {each.name.lower()}" for each in HourWeather)
    for first in range(0, hours, TABLE_WIDTH):
        last = min(hours, first + TABLE_WIDTH)
        yield f"{'hour':8}" + "".join(str(hour % 24 // 10) for hour in range(first, last))
        yield " " * 8 + "".join(str(hour % 24 % 10) for hour in range(first, last))
        for key, letters in table.items():
            yield f"{key:8}{letters[first:last]}"
