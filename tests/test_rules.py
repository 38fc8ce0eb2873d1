"""Every rule of the contract is proved by a test that carries its id, or is owed by a later stage.

The ids are those of `docs/reference/behaviour.md`; a test carries one in its name, docstring or
comment. `OWED` names what is not proved yet and the stage that owes it. An id that is neither, or
both, fails: a rule cannot be forgotten, and a debt that is paid must be struck out.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
CONTRACT = ROOT.parent / "docs" / "reference" / "behaviour.md"
PLACES = (ROOT, ROOT.parent / "conformance" / "suite")
"""Where tests are."""
ID = re.compile(r"R-[A-Z]+-\d\d")

OWED: dict[str, int] = {
    "R-CLUSTER-01": 4,
    "R-CLUSTER-02": 4,
    "R-CLUSTER-03": 4,
    "R-CLUSTER-04": 4,
    "R-CLUSTER-05": 4,
    "R-CLUSTER-06": 4,
    "R-CLUSTER-07": 4,
}
"""Rules without a proof, and the stage that brings it."""


def rules() -> list[str]:
    """Return the rules of the contract, as its headings define them."""
    text = CONTRACT.read_text(encoding="utf-8")
    return re.findall(r"^- (R-[A-Z]+-\d\d) ", text, re.MULTILINE)


def proofs() -> dict[str, list[str]]:
    """Return which test files carry which id."""
    found: dict[str, list[str]] = {}
    for path in sorted(path for place in PLACES for path in place.rglob("*.py")):
        if path != Path(__file__).resolve():
            for rule in set(ID.findall(path.read_text(encoding="utf-8"))):
                found.setdefault(rule, []).append(str(path.relative_to(ROOT.parent)))
    return found


PROVED = proofs()


def test_the_contract_has_no_rule_twice() -> None:
    assert len(rules()) == len(set(rules())) > 60


@pytest.mark.parametrize("rule", rules())
def test_every_rule_is_proved_or_owed(rule: str) -> None:
    proved, owed = PROVED.get(rule), OWED.get(rule)
    assert proved or owed, f"{rule} has no test and no stage that owes it one"
    assert not (proved and owed), f"{rule} is proved by {proved}: strike it from OWED"


def test_nothing_else_is_claimed() -> None:
    """A test that carries an id which the contract does not have proves nothing."""
    assert set(PROVED) <= set(rules())
    assert set(OWED) <= set(rules())
    assert set(OWED.values()) <= {3, 4}
