"""R-WORLD-02: a program of the user's own runs in a world, in the place of the random one."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from runpy import run_path

import pytest

import ami_proto as ami
from ami_proto.drivers import Machine
from conformance.world import AskedAction, Weather, World

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/how-to/simulate.md"
EXAMPLE = run_path(str(ROOT / "docs/examples/dialer.py"), run_name="dialer")
NUMBERS = [str(number) for number in range(5_550_000, 5_550_000 + 400)]
DAY = 86_400.0
WEATHER = Weather(
    refused=0.5,
    black_holes=0.5,
    losses=1.0,
    severed=1.0,
    partitions=0.5,
    forgetful=0.5,
    sleepy=0.2,
    restarts=0.5,
    boots=1.0,
    older=1.0,
)


class SimulatedDialer:
    """The decisions of `docs/examples/dialer.py`, with a machine and a clock in the place of asyncio."""

    def __init__(self, machine: Machine, numbers: list[str], every: float = 60.0) -> None:
        self.states: dict[str, str] = {}
        self.results: Counter[str] = Counter()
        self._machine = machine
        self._every = every
        self._list = EXAMPLE["CallList"](numbers, {})
        self._numbers: dict[ami.Ticket, str] = {}
        self._next_at = 0.0

    @property
    def finished(self) -> bool:
        """Whether every number was called, and every call has ended."""
        return not (self._list.todo or self._list.calling)

    def act(self, now: float) -> float:
        """Place the next call if there is room for it."""
        if now >= self._next_at:
            self._next_at = now + self._every
            ready = sum(state.sending for state in self._machine.states.values())
            if (number := self._list.next(ready)) is not None:
                self._call(number, now)
        return self._next_at

    def _call(self, number: str, now: float) -> None:
        try:
            ticket = self._machine.submit(EXAMPLE["call_of"](number), now, to=EXAMPLE["MostRoom"]())
        except ami.RequestError as error:
            self._end(number, error)
        else:
            self._numbers[ticket] = number

    def handle_notice(self, notice: ami.Notice, now: float) -> None:
        """Take what became of a call."""
        if isinstance(notice, ami.ActionFinished) and notice.outcome.ticket in self._numbers:
            self._end(self._numbers.pop(notice.outcome.ticket), notice.outcome.error)

    def _end(self, number: str, error: Exception | None) -> None:
        state = EXAMPLE["state_of"](error)
        self.results[state] += 1
        self.states[number] = state
        self._list.end(number, state)


def servers(count: int) -> list[ami.ServerConfig]:
    return [
        ami.ServerConfig(
            key=f"pbx{number}",
            host=f"192.0.2.{number}",
            username="admin",
            secret="s3cr3t",
            heartbeat_interval=120.0,
            read_timeout=300.0,
        )
        for number in range(1, count + 1)
    ]


def simulate(seed: int, numbers: list[str], seconds: float) -> tuple[World, SimulatedDialer]:
    """Run the dialer, with the calls spread over the time; half of the numbers answer."""
    made: list[SimulatedDialer] = []

    def make(machine: Machine) -> SimulatedDialer:
        made.append(SimulatedDialer(machine, numbers, seconds / len(numbers)))
        return made[0]

    world = World(seed, servers(3), application=make, weather=WEATHER, troubles_every=600.0)
    for config in servers(3):
        state = world.server(config.key).state
        state.dialplan |= dict.fromkeys(NUMBERS[::2], state.dialplan["1000"])
    world.run(seconds)
    return world, made[0]


def calls(world: World) -> list[AskedAction]:
    return [each for each in world.carried_out if each.name == "Originate"]


@pytest.mark.timeout(300)
def test_the_dialer_calls_nobody_twice_in_a_simulated_day() -> None:
    """R-WORLD-02, R-CLUSTER-05, R-CORR-07: each result is what the servers did; no call is placed twice."""
    world, dialer = simulate(1, NUMBERS, DAY)
    placed = Counter(
        re.sub(r"Channel: Local/(\d+)@default", r"\1", line)
        for each in calls(world)
        for line in each.lines
        if line.startswith("Channel: ")
    )
    assert set(placed.values()) == {1}, "no number is called twice"
    assert set(dialer.states) == set(NUMBERS)
    for number, state in dialer.states.items():
        if state in ("answered", "failed"):
            assert placed[number] == 1
            assert (state == "answered") == (number in NUMBERS[::2])
    assert dialer.results["answered"] > 150
    assert dialer.results["failed"] > 150
    assert dialer.results["unknown"] + dialer.results["again"] > 0, "some calls were lost on the way"
    assert len({each.server for each in calls(world)}) == 3
    assert world.timeline.now > DAY


def test_the_same_seed_gives_the_same_day() -> None:
    """L9."""
    hashes = {simulate(5, NUMBERS[:50], 3600.0)[0].trace.hash for _ in range(2)}
    assert len(hashes) == 1


def test_a_program_that_never_finishes_is_told() -> None:
    class Idle(SimulatedDialer):
        @property
        def finished(self) -> bool:
            return False

    world = World(1, servers(1), application=lambda machine: Idle(machine, []), weather=Weather())
    with pytest.raises(AssertionError, match="the application is not finished after 3600 s"):
        world.run(10.0)


def test_the_page_prints_what_it_says() -> None:
    """The code of `simulate.md`, and its output."""
    code, output = re.findall(
        r"^```(?:python|text)\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )[:2]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == output
