"""A scenario: what one world has, as a value that can be kept in a file, and the randomness of its parts.

A scenario is drawn from a seed. Each part of a world (a server, a link, one deed of the application) has
random numbers of its own, drawn from the seed and the part's name. So a part that is left out does not
change the others, and a failure can be minimised: `minimise`.
"""

import tomllib
from dataclasses import dataclass, field, fields
from random import Random

from .weather import Weather, draw_weather

SERVERS_MAX = 4
TROUBLES_EVERY = 8.0
SECONDS = 60.0
"""Of weather in a world, virtual."""


def stream(*names: object) -> Random:
    """Return the random numbers of a part of a world. They are the same in every process."""
    return Random(":".join(map(str, names)))


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one world has: the same scenario gives the same world in every process."""

    seed: int
    weather: Weather = field(default_factory=Weather)
    cluster: bool = False
    """Whether the machine is a `Cluster`; else it is a `Connection`, and there is one server."""
    servers: tuple[int, ...] = (0,)
    """The numbers of the servers that are there at the start. Each number has its own configuration."""
    seconds: float = SECONDS
    troubles_every: float = TROUBLES_EVERY
    """Seconds between two troubles of a server, on average."""
    occasions: frozenset[str] | None = None
    """The deeds and troubles that take place, by name; None for all that the weather brings."""


def draw_scenario(seed: int, seconds: float = SECONDS) -> Scenario:
    """Draw what a world has: half of all have a `Connection`, the others a `Cluster`."""
    random = stream(seed, "scenario")
    weather = draw_weather(random)
    cluster = random.random() < 0.5
    count = random.choice((1, 2, 2, 3, SERVERS_MAX)) if cluster else 1
    return Scenario(seed, weather, cluster, tuple(range(count)), seconds)


class Occasions:
    """The deeds and single troubles of a run, by name: those that took place, and those that may."""

    def __init__(self, scenario: Scenario) -> None:
        self.troubles_every = scenario.troubles_every
        self.past: dict[str, None] = {}
        """The names of those that took place, in order."""
        self._scenario = scenario

    def begin(self, name: str) -> Random | None:
        """Return the random numbers of an occasion, or None if the scenario leaves it out."""
        kept = self._scenario.occasions
        if kept is not None and name not in kept:
            return None
        self.past[name] = None
        return self.stream(name)

    def stream(self, *names: object) -> Random:
        """Return the random numbers of a part of this world."""
        return stream(self._scenario.seed, *names)


def write_scenario(scenario: Scenario, failure: str = "") -> str:
    """Return a scenario as TOML, with the failure that it shows."""
    weather = ", ".join(
        f"{name} = {str(value).lower() if isinstance(value, bool) else value}"
        for name, value in ((name, getattr(scenario.weather, name)) for name in scenario.weather.names)
    )
    lines = [
        f'failure = "{failure}"',
        f"seed = {scenario.seed}",
        f"seconds = {scenario.seconds!r}",
        f"troubles_every = {scenario.troubles_every!r}",
        f"cluster = {str(scenario.cluster).lower()}",
        f"servers = {list(scenario.servers)}",
        f"weather = {{ {weather} }}" if weather else "weather = {}",
    ]
    if scenario.occasions is not None:
        kept = "".join(f'    "{name}",\n' for name in sorted(scenario.occasions))
        lines.append(f"occasions = [\n{kept}]" if kept else "occasions = []")
    return "\n".join(lines) + "\n"


def read_scenario(text: str) -> tuple[Scenario, str]:
    """Return the scenario of a TOML text, and the failure that it shows. Raises `ValueError`."""
    given = tomllib.loads(text)
    known = {each.name for each in fields(Scenario)} | {"failure"}
    if unknown := given.keys() - known:
        raise ValueError(f"a scenario has no {', '.join(sorted(unknown))}")
    occasions = given.get("occasions")
    return Scenario(
        seed=given["seed"],
        weather=Weather(**given.get("weather", {})),
        cluster=given.get("cluster", False),
        servers=tuple(given.get("servers", (0,))),
        seconds=given.get("seconds", SECONDS),
        troubles_every=given.get("troubles_every", TROUBLES_EVERY),
        occasions=None if occasions is None else frozenset(occasions),
    ), given.get("failure", "")
