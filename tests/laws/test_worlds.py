"""Worlds: every law after every step, and recovery once everything heals (L2 to L7, L9, R-LIFE-06)."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import ami_proto as ami
from ami_proto.connection.login import Login, Step
from ami_proto.connection.transitions import Input
from conformance.laws import LawBroken
from conformance.laws.trace import LINES_KEPT, Trace
from conformance.world import World, WorldReport
from conformance.world.__main__ import main

SEEDS = 160
"""Worlds in each run of the tests; `python -m conformance.world --seeds 10000` runs more."""
SEEDS_COMPARED = 15
ROOT = Path(__file__).resolve().parents[2]

SEEN_RARELY = {
    "UNRESOLVED",
    "NETWORK",
    "OVERRUN",
    "TORN",
    "REPEATED",
    "UNEXPECTED",
    "ActionUnconfirmed",
    "MissingResponse",
}
"""Causes of a resolver, faults of a broken driver, frames that the mock does not write, events that need more
seeds."""


@pytest.fixture(scope="module")
def reports() -> list[WorldReport]:
    """Run every world; a failure shows its seed and trace."""
    return [World(seed).run() for seed in range(SEEDS)]


@pytest.mark.timeout(600)
def test_every_world_keeps_the_laws_and_converges(reports: list[WorldReport]) -> None:
    assert len(reports) == SEEDS
    assert len({report.hash for report in reports}) == SEEDS


@pytest.mark.parametrize(
    "seed",
    [
        470586337,  # a list whose end has no ActionID
        352918989,  # a caller who waits for a shorter time than the action takes
        416655802,  # a server whose attempt is reported after the round in which it asked
        423192510,  # a server that is replaced, whose sessions have the numbers of the old one's
    ],
)
def test_a_world_that_was_judged_wrongly_is_right(seed: int) -> None:
    """R-WORLD-01: the machine did what it should, and the judge did not see it."""
    assert World(seed).run().hash


def test_the_worlds_reach_nearly_everything(reports: list[WorldReport]) -> None:
    """Each state, cause, fault, error and mark, and each trouble: or their success would mean little."""
    counts: Counter[str] = sum((report.counts for report in reports), Counter())
    errors = [error.__name__ for error in ami.ActionError.__subclasses__()]
    words = [each.name for kind in (ami.State, ami.Reason, ami.Fault) for each in kind]
    missing = {*words, *errors, "success", "Message", "Gap", "Drops"} - set(counts)
    assert missing <= SEEN_RARELY
    weather = Counter(name for report in reports for name in report.weather)
    assert min(weather.values()) > SEEDS / 5
    assert set(sum((report.refusals for report in reports), Counter())) == {
        "Backpressure",
        "ConfigError",
        "MisuseError",
        "NoServerReady",
        "NotReady",
    }


def hashes(hash_seed: str) -> str:
    """Return the trace hashes of some worlds, run in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-m", "conformance.world", "--seeds", str(SEEDS_COMPARED), "--hashes"],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.timeout(300)
def test_a_world_is_the_same_in_every_process() -> None:
    """L9: same inputs and seed, same trace, with any hash seed of Python."""
    assert hashes("0") == hashes("1") == hashes("4711")


def test_a_world_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seed", "7"]) == 0
    said = capsys.readouterr().out
    assert "1 worlds" in said
    assert "0 went wrong" in said
    found = re.search("seed 7, hash ([0-9a-f]{64})", said)
    assert found is not None
    assert main(["--seed", "7", "--hashes"]) == 0
    assert capsys.readouterr().out == f"7 {found[1]}\n"


def test_a_world_that_goes_wrong_is_told_with_its_seed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(self: World) -> WorldReport:
        raise AssertionError(f"world {self.seed}")

    monkeypatch.setattr(World, "run", run)
    assert main(["--seeds", "2", "--seed", "3"]) == 1
    said = capsys.readouterr().out
    assert "seed 3: world 3" in said
    assert "seed 4: world 4" in said
    assert "2 went wrong" in said


def test_a_trace_keeps_its_end_and_hashes_everything() -> None:
    one, other = Trace(), Trace()
    for trace in (one, other):
        for number in range(LINES_KEPT + 5):
            trace.add(0.5, f"line {number}")
    assert one.hash == other.hash
    assert one.tail.splitlines()[0] == "0.5 line 5"
    assert one.tail.endswith(f"line {LINES_KEPT + 4}")
    other.add(0.5, "\udcff not UTF-8")
    assert one.hash != other.hash


def test_a_machine_that_does_not_wait_for_the_boot_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-AUTH-07: the world compares READY with the server's own boot."""

    def finish(login: Login, outcome: ami.Outcome) -> ami.Disconnect | Input | None:
        """Go on without a FullyBooted."""
        ended = wait_for_boot(login, outcome)
        if ended is not Input.LOGGED_IN:
            return ended
        login.step = Step.SETTING_UP
        return None

    wait_for_boot = Login.finish
    monkeypatch.setattr(Login, "finish", finish)
    broken = Counter[bool]()
    for seed in range(60):
        try:
            World(seed).run()
        except AssertionError as error:
            broken["READY at a server that is booting" in str(error)] += 1
    assert broken[True] >= 3
    assert not broken[False]


def test_a_driver_that_reports_without_reading_is_caught() -> None:
    """R-TIME-02, L2: a stream is drained once a read has found nothing, and not before."""
    laws = Counter[str]()
    for seed in range(20):
        world = World(seed)
        world.driver.hasty = True
        try:
            world.run()
        except LawBroken as broken:
            laws[broken.law] += 1
    assert set(laws) == {"bytes before verdicts"}, "no other law is broken by it"
    assert laws.total() >= 4, "most drivers of these worlds never report, or find nothing to read"
