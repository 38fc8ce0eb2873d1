"""The planted faults: each has its place, and is planted in a copy only."""

import ast
from hashlib import sha256
from pathlib import Path

import pytest

from tests.workshop.fault_record import PlantedFault
from tests.workshop.planted import (
    ROOT,
    UnfitJudgesError,
    copy_of,
    killer,
    main,
    plant,
    planted_source,
    require_fit,
    scope_of,
)
from tests.workshop.planted_faults import FAULTS

FAULTS_MIN = 60

MODULE = '''"""Sums."""


class Purse:
    """What is in it."""

    def fill(self) -> int:
        """Fill it."""
        return 10
'''

TESTS = """from purse import Purse

def test_fill():
    assert Purse().fill() == 10
"""


def toy(new: str, judge: str = "test_purse.py") -> PlantedFault:
    return PlantedFault("it is too full", "purse.py", "return 10", new, (judge,))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a tree of one module and its tests."""
    (tmp_path / "purse.py").write_text(MODULE)
    (tmp_path / "test_purse.py").write_text(TESTS)
    (tmp_path / ".hidden").mkdir()
    return tmp_path


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.sentence)
def test_each_fault_has_its_place_and_its_judges(fault: PlantedFault) -> None:
    """A rename or a move of the code costs one line in the list of faults."""
    file = ROOT / fault.path
    assert fault.old.strip().count("\n") < 3, "one or two lines: longer texts change too often"
    changed = planted_source(file, fault)
    assert ast.unparse(ast.parse(changed)) != ast.unparse(ast.parse(file.read_text(encoding="utf-8")))
    for judge in fault.judges:
        path, _, name = judge.partition("::")
        assert not name or f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")
        assert (ROOT / path).exists()


def test_there_are_many_and_no_two_alike() -> None:
    assert len(FAULTS) >= FAULTS_MIN
    assert len({fault.sentence for fault in FAULTS}) == len(FAULTS)
    assert len({(fault.path, fault.old, fault.new) for fault in FAULTS}) == len(FAULTS)
    folders = {fault.path.split("/")[0] for fault in FAULTS}
    assert folders == {"ami_proto", "ami_backends"}


def test_a_fault_is_planted_in_a_copy(tree: Path) -> None:
    before = sha256((tree / "purse.py").read_bytes()).digest()
    with copy_of(tree) as copy:
        plant(copy, toy("return 11"))
        assert "return 11" in (copy / "purse.py").read_text()
        assert {each.name for each in copy.iterdir()} == {"purse.py", "test_purse.py"}
    assert not copy.exists()
    assert sha256((tree / "purse.py").read_bytes()).digest() == before


def test_tests_kill_what_they_notice(tree: Path) -> None:
    assert scope_of(tree / "purse.py", toy("")) == "Purse.fill"
    assert killer(tree, toy("return 11")) == "test_purse.py::test_fill"
    assert killer(tree, toy("return 5 + 5")) == ""
    require_fit(tree, [toy("return 11")])


def test_tests_that_cannot_judge_prove_nothing(tree: Path) -> None:
    """They fail by themselves, or are not there; the old text has gone, or the new one is no Python."""
    (tree / "test_bad.py").write_text("def test_bad():\n    assert False\n")
    with pytest.raises(UnfitJudgesError, match=r"fails without a fault.*test_bad"):
        require_fit(tree, [toy("return 11", "test_bad.py")])
    for fault in (toy("return 11", "test_gone.py"), toy("return (")):
        with pytest.raises(UnfitJudgesError, match="pytest could not run"):
            killer(tree, fault)
    (tree / "purse.py").write_text(MODULE.replace("10", "9"))
    with pytest.raises(UnfitJudgesError, match=r"purse\.py has 0 times, not once: 'return 10'"):
        killer(tree, toy("return 11"))


def test_a_choice_of_no_fault_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "no fault says this"]) == 1
    assert "0 of 0 killed" in capsys.readouterr().out
