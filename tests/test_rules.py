"""Every rule of the contract, `docs/reference/behaviour.md`, is proved by a test that names it.

A test names a rule by its id in the test function's name, decorators, docstring or body. An id elsewhere
in a file (a module's docstring, a helper, a table) proves nothing: no test may run it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONTRACT = ROOT / "docs" / "reference" / "behaviour.md"
TESTS = (ROOT / "tests", ROOT / "conformance" / "suite")
ID = re.compile(r"R-[A-Z]+-\d\d")


def rules() -> list[str]:
    """Return the rules of the contract, as its headings define them."""
    text = CONTRACT.read_text(encoding="utf-8")
    return re.findall(r"^- (R-[A-Z]+-\d\d) ", text, re.MULTILINE)


def proofs(source: str) -> Iterator[tuple[str, str]]:
    """Yield each rule that a test function of a module names, and the name of that function."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            begin = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            for rule in ID.findall("\n".join(lines[begin - 1 : node.end_lineno])):
                yield rule, node.name


SOURCES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for folder in TESTS
    for path in sorted(folder.rglob("*.py"))
    if path != Path(__file__).resolve()
}
PROVED = {rule for source in SOURCES.values() for rule, _ in proofs(source)}


def test_the_contract_has_no_rule_twice() -> None:
    assert len(rules()) == len(set(rules())) > 60


@pytest.mark.parametrize("rule", rules())
def test_every_rule_is_proved(rule: str) -> None:
    """The contract promises nothing whose code is not written yet."""
    assert rule in PROVED, f"no test names {rule}"


@pytest.mark.parametrize("path", SOURCES)
def test_no_file_names_a_rule_that_the_contract_does_not_have(path: str) -> None:
    assert set(ID.findall(SOURCES[path])) <= set(rules())


def test_an_id_outside_of_a_test_function_proves_nothing() -> None:
    source = '''
"""R-WIRE-01."""
# R-WIRE-02
TABLE = ["R-WIRE-03"]

def helper():
    """R-WIRE-04."""

@pytest.mark.parametrize("number", [5], ids=["R-WIRE-05"])
def test_a(number):
    """R-WIRE-06."""
    assert number  # R-WIRE-07

class TestB:
    """R-WIRE-08."""
    def test_c(self):
        """R-WIRE-09."""
'''
    assert [rule[-1] for rule, _ in proofs(source)] == ["5", "6", "7", "9"]
