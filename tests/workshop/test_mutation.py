"""The mutation tester, on a package of one function and its tests."""

import ast
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.workshop.mutation.__main__ import main
from tests.workshop.mutation.ground import GROUNDS, Ground
from tests.workshop.mutation.ledger import Ledger, read_equivalent
from tests.workshop.mutation.mutants import Key, Mutant, code_of, mutants_of
from tests.workshop.mutation.operators import variants
from tests.workshop.mutation.pool import TIMEOUT, TrialResult, UnfitGroundError, look_around, try_all
from tests.workshop.mutation.reach import Reach
from tests.workshop.mutation.recorded import Recorded

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


COMMAND_TESTS = """import subprocess, sys

def test_what_the_command_prints():
    line = [sys.executable, "-m", "purse"]
    done = subprocess.run(line, capture_output=True, text=True, env={"LIMIT": "3"}, cwd="/")
    assert (done.returncode, done.stdout, done.stderr) == (3, "/ 10\\n", "")

def test_another_command():
    assert subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True).stdout == b"1\\n"
"""

COMMAND = """import os, sys

def main():
    from purse.sums import Purse
    print(os.getcwd(), Purse().fill())
    sys.exit(int(os.environ["LIMIT"]))
"""


def test_a_command_that_tests_start_has_the_change_too(ground: Ground) -> None:
    """Its lines count for the test that starts it, and it exits, prints and reads as a process does."""
    (ground.root / "purse" / "__init__.py").write_text(COMMAND)
    (ground.root / "tests" / "purse" / "test_sums.py").write_text(COMMAND_TESTS)
    ground = replace(ground, places=("purse",), command="purse")
    reach = look_around(ground)
    tests = [
        f"tests/purse/test_sums.py::test_{name}" for name in ("what_the_command_prints", "another_command")
    ]
    assert not reach.failed
    assert list(reach.seconds) == tests
    assert tests[0] in reach.judges(the(ground, "return self.held > LIMIT"), "tests/none/")
    changes = [the(ground, after) for after in ("LIMIT: int = 11", "return self.held > LIMIT")]
    assert [verdict.killed_by for verdict in try_all(ground, reach, changes, 1)] == [tests[0]] * 2


DECORATED = """def doubled(function):
    def run():
        return function() * 2
    return run

@doubled
def one():
    return 1
"""


def test_what_a_decorator_makes_at_import_has_the_change_too(ground: Ground) -> None:
    (ground.root / "purse" / "sums.py").write_text(DECORATED)
    tests = "from purse.sums import one\n\ndef test_one():\n    assert one() == 2\n"
    (ground.root / "tests" / "purse" / "test_sums.py").write_text(tests)
    ground = replace(ground, is_timed=True)
    (result,) = try_all(ground, look_around(ground), [the(ground, "return function() * 3")], 1)
    assert result.killed_by == "tests/purse/test_sums.py::test_one"


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
    ledger.write(TrialResult(dead, "a test", 0.5))
    ledger.write(TrialResult(alive, "", 0.5))
    assert [json.loads(line)["killed_by"] for line in file.read_text().splitlines()] == ["a test", ""]
    assert Ledger(file, ground.root).killed([dead, alive]) == {dead.key: "a test"}
    (ground.root / "purse" / "sums.py").write_text(MODULE + "\n\nMORE = 1\n")
    assert Ledger(file, ground.root).killed([dead, alive]) == {}


def test_a_survivor_that_the_recorded_run_has_as_killed_is_told(ground: Ground) -> None:
    """A mutant of a statement that was not there then is new, and no step back."""
    file = ground.root / "recorded.json"
    mutants = mutants_of(ground.root, "purse/sums.py")
    dead, alive = the(ground, "coins -= 1"), the(ground, "if coins < -1:")
    Recorded(file).record(mutants, {dead.key: "a test"})
    assert Recorded(file).risen(mutants, {dead.key: "another test"}) == []
    assert Recorded(file).risen(mutants, {}) == [dead]
    assert [alive.key.scope, alive.key.before, alive.key.after, 1] in survivors(file, "purse/sums.py")
    (ground.root / "purse" / "sums.py").write_text(MODULE.replace("coins += 1", "coins += 2"))
    assert Recorded(file).risen(mutants_of(ground.root, "purse/sums.py"), {}) == []
    Recorded(file).record(mutants_of(ground.root, "purse/sums.py"), {})
    assert Recorded(file).risen(mutants, {}) == []


def test_a_survivor_in_a_long_table_is_shown_where_it_differs(tmp_path: Path) -> None:
    table = ", ".join(map(str, range(1000)))
    changes = (table.replace(" 500,", " 501,"), table.replace(" 999", " 1000"))
    keys = [Key("a.py", "", table, changed) for changed in changes]
    mutants = [Mutant(key, 1, frozenset(), "", 0) for key in keys]
    Recorded(tmp_path / "recorded.json").record(mutants, {})
    shown = survivors(tmp_path / "recorded.json", "a.py")
    for (_, before, after, _), number in zip(shown, ("500", "999"), strict=True):
        assert len(before) <= 160
        assert before != after
        assert number in before
        assert number not in after


def survivors(file: Path, module: str) -> list[list[Any]]:
    """Return the survivors of a module in a recorded run."""
    listed: list[list[Any]] = json.loads(file.read_text())[module]["survived"]
    return listed


def test_a_sample_is_never_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--record", "--sample", "3"]) == 2
    assert "only whole modules" in capsys.readouterr().out


def test_the_grounds_share_no_module_and_have_their_tests() -> None:
    """Core, configuration, coercion and errors, drivers and commands are covered; each place is there."""
    modules = [module for ground in GROUNDS for module in ground.modules()]
    assert len(modules) == len(set(modules))
    assert {"ami_proto/config/coercion.py", "ami_proto/errors.py"} <= set(modules)
    assert {"ami_proto/cluster/throttle.py", "ami_proto/routes.py"} <= set(modules)
    assert {"ami_proto/wire/framing.py", "ami_backends/sessions/stream.py"} <= set(modules)
    assert {"ami_backends/anyio/driver.py", "ami_backends/gevent/client.py"} <= set(modules)
    assert {"ami_backends/cli/exits.py", "ami_backends/cli/listen.py"} <= set(modules)
    for ground in GROUNDS:
        assert all((ground.root / place).exists() for place in (*ground.places, *ground.tests))
        assert ground.modules(["ami_proto/wire", "docs"]) == [
            module for module in ground.modules() if module.startswith("ami_proto/wire/")
        ]


def test_a_coroutine_is_a_function(ground: Ground) -> None:
    """Its code can be replaced like that of any other."""
    source = "class A:\n    async def take(self) -> int:\n        return 1 + 2\n"
    (ground.root / "purse" / "tasks.py").write_text(source)
    (mutant,) = [one for one in mutants_of(ground.root, "purse/tasks.py") if one.key.after == "return 1 - 2"]
    assert (mutant.key.scope, mutant.function) == ("A.take", "A.take")


def test_the_list_of_equivalent_mutants(tmp_path: Path) -> None:
    file = tmp_path / "equivalent.toml"
    file.write_text(
        '[[equivalent]]\npath = "a.py"\nscope = "F.g"\nbefore = "x < 1"\nafter = ["x < 2", "x <= 1"]\n'
        'reason = "x is never positive"\n'
    )
    keys = [Key("a.py", "F.g", "x < 1", after) for after in ("x < 2", "x <= 1")]
    assert read_equivalent(file) == dict.fromkeys(keys, "x is never positive")


def test_the_seed_draws_the_grounds_too(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--only", "no mutant says this", "--sample", "1", "--grounds", "2", "--seed"]
    drawn = set()
    for seed in ("a", "b", "c", "d", "a"):
        assert main([*words, seed]) == 0
        said = capsys.readouterr().out.splitlines()
        assert len(said) == 2
        drawn.add(tuple(said))
    assert 1 < len(drawn) < 5


def test_the_list_of_the_core_is_true(capsys: pytest.CaptureFixture[str]) -> None:
    """Each entry names a mutant that there is, and gives a reason; whether it survives, the command says."""
    assert main(["--only", "no mutant says this", "--sample", "1"]) == 0, capsys.readouterr().out
    assert all(len(reason) > 20 for reason in read_equivalent().values())
