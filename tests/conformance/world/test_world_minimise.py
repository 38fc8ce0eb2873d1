"""R-WORLD-02: a failing world is made smaller, and what is left is kept in a file that tests run again."""

from pathlib import Path

import pytest

from ami_proto.connection.server_queue import ServerQueue
from conformance.world import LedgerContradicted, Scenario, Weather, World, read_scenario, write_scenario
from conformance.world.__main__ import main
from conformance.world.deliveries import GAPS
from conformance.world.minimise import fail, minimise
from conformance.world.scenario import draw_scenario

REGRESSIONS = sorted((Path(__file__).parent / "regressions").glob("*.toml"))
SEED = 6


@pytest.fixture
def mark_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plant a lie: a reconnect leaves no gap."""
    monkeypatch.setattr(ServerQueue, "push_gap", lambda _self, _gap: None)


@pytest.mark.parametrize("file", REGRESSIONS, ids=[file.stem for file in REGRESSIONS])
def test_a_world_that_failed_once_passes(file: Path) -> None:
    """R-WORLD-02: what a fixed fault left behind."""
    scenario, failure = read_scenario(file.read_text("utf-8"))
    assert failure, "a file names the rule that was broken"
    World(scenario).run()


@pytest.mark.usefixtures("mark_no_gap")
def test_a_world_of_a_file_fails_with_its_fault() -> None:
    """R-WORLD-02: by the rule that the file names."""
    scenario, failure = read_scenario((Path(__file__).parent / "regressions/gap.toml").read_text("utf-8"))
    with pytest.raises(LedgerContradicted) as error:
        World(scenario).run()
    assert error.value.rule == failure == GAPS


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("mark_no_gap")
def test_a_failure_is_made_smaller(capsys: pytest.CaptureFixture[str]) -> None:
    """R-WORLD-02: a few occasions are left of many, and they fail by the same rule."""
    found = minimise(draw_scenario(SEED, 30.0))
    assert found is not None
    scenario, failure = found
    assert failure.kind == GAPS
    assert scenario.occasions is not None
    assert len(scenario.occasions) <= 5
    assert len(scenario.servers) == 1
    assert "fails without" in capsys.readouterr().out
    again = fail(read_scenario(write_scenario(scenario, failure.kind))[0])
    assert again is not None
    assert str(again.error) == str(failure.error)


def test_a_world_that_does_not_fail_is_not_made_smaller(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--minimise", "3", "--seconds", "5"]) == 0
    assert "seed 3 does not fail" in capsys.readouterr().out


def test_a_scenario_is_the_same_after_a_file() -> None:
    """R-WORLD-02."""
    kept = frozenset({"deed 1", "strike pbx 1 at 192.0.2.1:5038 2"})
    for scenario in (draw_scenario(5), Scenario(1, Weather(losses=0.5), True, (0, 2), 3.5, 60.0, kept)):
        assert read_scenario(write_scenario(scenario, "events")) == (scenario, "events")
    with pytest.raises(ValueError, match="no sheep"):
        read_scenario("seed = 1\nsheep = 2")


def test_what_is_left_out_does_not_change_the_rest() -> None:
    """R-WORLD-02: each part has random numbers of its own."""
    whole = World(Scenario(4, cluster=True, servers=(0, 1, 2)))
    part = World(Scenario(4, cluster=True, servers=(1,)))
    assert part.configs == [whole.configs[1]]
