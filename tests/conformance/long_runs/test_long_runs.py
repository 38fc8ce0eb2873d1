"""The long runs in short form, and what they must not be silent about."""

import pytest

from conformance.long_runs.__main__ import RUNS, main

SCALES = {
    "day": 0.02,
    "reconnects": 0.02,
    "deaths": 0.02,
    "outage": 0.02,
    "flooder": 0.05,
    "corruption": 0.05,
}
"""Of the size of each run: a second or two."""


@pytest.mark.parametrize("name", RUNS)
def test_a_short_run_is_as_wanted(name: str) -> None:
    """R-WORLD-03: each event and action is accounted for, memory is flat, and nothing is left at the end."""
    report = RUNS[name](1, SCALES[name])
    assert report.good, "\n".join(report.block())


@pytest.mark.parametrize("name", ["day", "reconnects", "outage", "corruption"])
def test_a_short_run_breaks_no_law(name: str) -> None:
    """R-WORLD-03: the laws of a machine hold at every call."""
    report = RUNS[name](2, SCALES[name] / 4, laws=True)
    assert report.good, "\n".join(report.block())


@pytest.mark.parametrize("name", ["reconnects", "corruption"])
def test_a_run_is_the_same_for_the_same_seed(name: str) -> None:
    """R-WORLD-03: its hash is over everything that the application was told."""
    one, same, other = (RUNS[name](seed, SCALES[name] / 2).hash for seed in (3, 3, 4))
    assert one == same != other


def test_a_thousand_servers_are_dialled_at_the_rate() -> None:
    """R-CLUSTER-07: in an outage of all; here of fifty, each second drawn as a bar."""
    lines = list(RUNS["outage"](1, 0.05).block())
    assert any("rate 5, burst 2" in line for line in lines)
    assert sum(line.endswith("#") for line in lines) > 20


def test_the_command_prints_a_block_for_each_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["outage", "corruption", "--scale", "0.02", "--seed", "5"]) == 0
    said = capsys.readouterr().out
    assert "outage: as wanted   (seed 5, hash " in said
    assert "corruption: as wanted   (seed 5, hash " in said


def test_the_command_fails_where_something_is_false(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.long_runs.heap_use.GROWTH_MAX", 0.5)
    assert main(["outage", "--scale", "0.02"]) == 1
    said = capsys.readouterr().out
    assert "outage: 1 FALSE" in said
    assert "    FALSE: the machine has grown to 1.0" in said


def test_the_command_refuses_an_unknown_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["nights"])
    assert "no such run: nights; there are day," in capsys.readouterr().err
