"""Worlds: every law after every step, and convergence once everything heals (L2 to L7, L9, R-LIFE-06)."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import ami_proto as ami
from conformance.trace import LINES_KEPT, Trace
from conformance.world import Report, World
from conformance.world.__main__ import main

SEEDS = 240
"""Worlds of every run of the tests; `python -m conformance.world --seeds 10000` has more patience."""
SEEDS_COMPARED = 25
ROOT = Path(__file__).resolve().parents[2]

SEEN_RARELY = {
    "UNRESOLVED",
    "NETWORK",
    "OVERRUN",
    "TORN",
    "UNEXPECTED",
    "ActionUnconfirmed",
    "MissingResponse",
}
"""What a driver's resolver says, what only a broken driver does, and what needs more seeds than these."""


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    """Run every world; one that goes wrong fails here, with its seed and its story."""
    return [World(seed).run() for seed in range(SEEDS)]


@pytest.mark.timeout(600)
def test_every_world_keeps_the_laws_and_converges(reports: list[Report]) -> None:
    assert len(reports) == SEEDS
    assert len({report.hash for report in reports}) == SEEDS


def test_the_worlds_reach_what_there_is_to_reach(reports: list[Report]) -> None:
    """Or their peace would mean little: each state, cause, fault, error and mark, each sort of weather."""
    told: Counter[str] = sum((report.told for report in reports), Counter())
    errors = [error.__name__ for error in ami.ActionError.__subclasses__()]
    words = [each.name for kind in (ami.State, ami.Reason, ami.Fault) for each in kind]
    missing = {*words, *errors, "success", "Message", "Gap", "Drops"} - set(told)
    assert missing <= SEEN_RARELY
    weather = Counter(name for report in reports for name in report.weather)
    assert min(weather.values()) > SEEDS / 5
    assert set(sum((report.refusals for report in reports), Counter())) == {
        "Backpressure",
        "ConfigError",
        "MisuseError",
        "NotReady",
    }


def hashes(hash_seed: str) -> str:
    """Return the traces of some worlds in a process of their own."""
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
    """L9: same inputs and seed, same trace, whatever Python's own hashing does."""
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
    def run(self: World, _seconds: float) -> Report:
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
