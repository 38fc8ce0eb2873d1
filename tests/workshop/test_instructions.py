"""The guard of instruction counts: each piece of work runs, and a count above the baseline is refused."""

import json
from pathlib import Path

import pytest

from tests.workshop.instructions import __main__ as command
from tests.workshop.instructions import baseline, counting
from tests.workshop.instructions.counting import CountFailed
from tests.workshop.instructions.work import WORKS

LOG = "==7== Collected : 1000\n==7== \n==8== Collected : 5000\n"


@pytest.mark.parametrize("name", WORKS)
def test_each_work_runs(name: str) -> None:
    WORKS[name].run(1)


def test_the_baseline_has_each_work() -> None:
    made_with, rounds = baseline.read()
    assert made_with
    assert list(rounds) == list(WORKS)


def test_a_round_is_the_difference_of_two_runs() -> None:
    work = WORKS["reply"]
    found = counting.rounds_of(f"reply {work.few} 7\nreply {work.many} 8\n", LOG)
    assert found == {"reply": 4000 // (work.many - work.few)}


def test_a_run_that_the_log_lacks_is_an_error() -> None:
    with pytest.raises(CountFailed, match="valgrind's log lacks reply"):
        counting.rounds_of("reply 1 9\n", LOG)


def test_a_machine_without_valgrind_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(counting, "VALGRIND", ("no-such-valgrind",))
    assert command.main(["reply"]) == 2
    assert capsys.readouterr().out == "valgrind is not installed: apt-get install valgrind\n"


@pytest.mark.parametrize(
    ("count", "status", "said"),
    [
        (100, 0, "+0.0% (at most +3%)\n"),
        (102, 0, "+2.0% (at most +3%)\n"),
        (104, 1, "+4.0% (at most +3%)   too many\n"),
        (90, 0, "-10.0% (at most +3%)   write the baseline anew\n"),
    ],
)
def test_a_count_is_judged_by_the_baseline(
    count: int, status: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "count_rounds", lambda names: dict.fromkeys(names, count))
    monkeypatch.setattr(baseline, "read", lambda: (baseline.interpreter(), {"reply": 100}))
    assert command.main(["reply"]) == status
    assert capsys.readouterr().out.endswith(said)


def test_another_interpreter_is_not_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "count_rounds", lambda names: dict.fromkeys(names, 104))
    monkeypatch.setattr(baseline, "read", lambda: ("PyPy 7", {"reply": 100}))
    assert command.main(["reply"]) == 0
    assert "not judged" in capsys.readouterr().out


def test_works_that_were_not_counted_keep_their_counts(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    baseline.write({"flood": 3, "decode": 1}, file)
    baseline.write({"flood": 4}, file)
    assert baseline.read(file) == (baseline.interpreter(), {"decode": 1, "flood": 4})


def test_counts_of_another_interpreter_are_not_mixed_in(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(json.dumps({"interpreter": "PyPy 7", "rounds": {"decode": 1}}))
    baseline.write({"flood": 4}, file)
    assert baseline.read(file) == (baseline.interpreter(), {"flood": 4})
