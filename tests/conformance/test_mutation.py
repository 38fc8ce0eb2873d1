"""The mutation tester, on a package of one function and its tests."""

import ast
import json
from pathlib import Path

import pytest

from conformance.mutation.__main__ import main
from conformance.mutation.ground import Ground
from conformance.mutation.ledger import Ledger, read_equivalent
from conformance.mutation.mutants import Key, Mutant, code_of, mutants_of
from conformance.mutation.operators import variants
from conformance.mutation.pool import TIMEOUT, UnfitGroundError, Verdict, look_around, try_all
from conformance.mutation.reach import Reach

MODULE = '''"""Sums."""

__all__ = ["LIMIT", "Purse"]

LIMIT: int = 10


class Purse:
    """What is in it."""

    def __init__(self, held: int = 0) -> None:
        self.held = held

    @property
    def full(self) -> bool:
        """Whether nothing more goes in."""
        return self.held >= LIMIT

    def fill(self) -> int:
        """Fill it, and return with how many coins."""
        coins = 0
        while not self.full:
            self.held += 1
            coins += 1
        if coins < 0:
            raise ValueError("impossible")
        return coins
'''

TESTS = """from purse.sums import Purse

def test_fill():
    purse = Purse()
    assert purse.fill() == 10
    assert purse.held == 10

def test_speed_of_nothing():
    assert False
"""


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """Return a package of one module, with its tests."""
    for folder in ("purse", "tests/purse"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "purse" / "__init__.py").write_text("")
    (tmp_path / "purse" / "sums.py").write_text(MODULE)
    (tmp_path / "tests" / "purse" / "test_sums.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\naddopts = --import-mode=importlib\n")
    return Ground(tmp_path, "purse", ("tests/purse",), unfit=("speed",))


def told(source: str) -> set[str]:
    """Return every variant of every node of a statement, as text."""
    return {ast.unparse(other) for node in ast.walk(ast.parse(source)) for other in variants(node)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        ("a is b", {"a is not b"}),
        ("a and b", {"a or b"}),
        ("not a", {"a"}),
        ("5", {"6", "4"}),
        ("True", {"False"}),
        ("'Events'", {"'Events~'"}),
        ("b'x'", {"b'x~'"}),
        ("a + b", {"a - b"}),
        ("a += b", {"a -= b", "pass"}),
        ("f(a, b)", {"f(b, a)"}),
        ("min(a)", {"max(a)"}),
        ("a.find(b)", {"a.rfind(b)"}),
        ("if a:\n f", {"if not a:\n    f"}),
        ("a if b() else c", {"a if not b() else c"}),
        ("[a for a in b if a()]", {"for a in b if not a()"}),
        ("while a():\n break", {"while not a():\n    break", "continue"}),
        ("while a():\n continue", {"while not a():\n    continue", "break"}),
        ("def f(): return a", {"return None"}),
        ("raise E", {"pass"}),
        ("del a[b]", {"pass"}),
        ("a.b = c", {"pass"}),
        ("a = c", set()),
    ],
)
def test_every_operator(source: str, expected: set[str]) -> None:
    changed = {text.strip() for text in told(source)}
    # A statement that is an expression can also be left out.
    assert changed - {"pass"} == expected - {"pass"}
    assert "pass" in changed or "pass" not in expected


def test_a_key_survives_lines_that_move(ground: Ground) -> None:
    before = mutants_of(ground.root, "purse/sums.py")
    (ground.root / "purse" / "sums.py").write_text(MODULE.replace("LIMIT: int", "\n# Few.\nLIMIT: int"))
    after = mutants_of(ground.root, "purse/sums.py")
    assert [mutant.key for mutant in before] == [mutant.key for mutant in after]
    assert [mutant.line + 2 for mutant in before] == [mutant.line for mutant in after]
    assert len({mutant.key for mutant in before}) == len(before)


def test_what_is_only_for_readers_has_no_mutant(ground: Ground) -> None:
    said = {str(mutant) for mutant in mutants_of(ground.root, "purse/sums.py")}
    assert not [one for one in said if "Sums" in one or "__all__" in one or "impossible~" in one]


def test_the_code_has_the_change(ground: Ground) -> None:
    mutant = the(ground, "LIMIT: int = 11")
    names: dict[str, object] = {}
    exec(code_of(ground.root, mutant), names)
    assert names["LIMIT"] == 11
    assert mutant.function == ""


def the(ground: Ground, after: str) -> Mutant:
    """Return the mutant that says this instead."""
    (mutant,) = [one for one in mutants_of(ground.root, "purse/sums.py") if one.key.after == after]
    return mutant


def test_a_constant_is_judged_by_the_tests_of_folders_above_as_well(ground: Ground) -> None:
    names = ["tests/purse/test_sums.py::own", "tests/test_limits.py::above", "tests/other/test_it.py::other"]
    reach = Reach(seconds=dict.fromkeys(names, 0.01))
    assert reach.judges(the(ground, "LIMIT: int = 11"), "tests/purse/") == names[:2]
    assert reach.judges(the(ground, "coins = 1"), "tests/purse/") == names[:1]


def test_tests_kill_what_they_notice(ground: Ground) -> None:
    reach = look_around(ground)
    assert list(reach.seconds) == ["tests/purse/test_sums.py::test_fill"]
    mutants = mutants_of(ground.root, "purse/sums.py")
    verdicts = {verdict.mutant.key.after: verdict.killed_by for verdict in try_all(ground, reach, mutants, 2)}
    by_test = "tests/purse/test_sums.py::test_fill"
    assert verdicts["LIMIT: int = 11"] == by_test
    assert verdicts["def __init__(self, held: int=1) -> None:"] == by_test
    assert verdicts["return self.held > LIMIT"] == by_test
    assert verdicts["coins -= 1"] == TIMEOUT or verdicts["coins -= 1"] == by_test
    assert verdicts["self.held -= 1"] == TIMEOUT
    assert verdicts["if coins < -1:"] == ""
    assert verdicts["if coins <= 0:"] == ""


def test_tests_that_fail_without_a_change_prove_nothing(ground: Ground) -> None:
    once = "\ndef test_once():\n    open('ran', 'x').close()\n    Purse().fill()\n"
    (ground.root / "tests" / "purse" / "test_sums.py").write_text(TESTS + once)
    reach = look_around(ground)
    assert len(reach.seconds) == 2
    assert not reach.failed
    with pytest.raises(UnfitGroundError, match="test_once, where nothing was changed"):
        next(try_all(ground, reach, [the(ground, "coins -= 1")], 1))


def test_a_run_continues_where_the_last_one_ended(ground: Ground) -> None:
    file = ground.root / "results" / "all.jsonl"
    dead, alive = the(ground, "LIMIT: int = 11"), the(ground, "if coins < -1:")
    ledger = Ledger(file, ground.root)
    ledger.write(Verdict(dead, "a test", 0.5))
    ledger.write(Verdict(alive, "", 0.5))
    assert [json.loads(line)["killed_by"] for line in file.read_text().splitlines()] == ["a test", ""]
    assert Ledger(file, ground.root).killed([dead, alive]) == {dead.key: "a test"}
    (ground.root / "purse" / "sums.py").write_text(MODULE + "\n\nMORE = 1\n")
    assert Ledger(file, ground.root).killed([dead, alive]) == {}


def test_the_list_of_equivalent_mutants(tmp_path: Path) -> None:
    file = tmp_path / "equivalent.toml"
    file.write_text(
        '[[equivalent]]\npath = "a.py"\nscope = "F.g"\nbefore = "x < 1"\nafter = ["x < 2", "x <= 1"]\n'
        'reason = "x is never positive"\n'
    )
    keys = [Key("a.py", "F.g", "x < 1", after) for after in ("x < 2", "x <= 1")]
    assert read_equivalent(file) == dict.fromkeys(keys, "x is never positive")


def test_the_list_of_the_core_is_true(capsys: pytest.CaptureFixture[str]) -> None:
    """Each entry names a mutant that there is, and gives a reason; whether it survives, the command says."""
    assert main(["--only", "no mutant says this", "--sample", "1"]) == 0, capsys.readouterr().out
    assert all(len(reason) > 20 for reason in read_equivalent().values())
