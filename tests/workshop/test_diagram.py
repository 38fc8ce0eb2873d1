"""R-LIFE-01: the diagram in the docs is drawn from the table."""

import re
from pathlib import Path

import pytest

from ami_proto import State
from ami_proto.connection.transitions import Effect, Input
from ami_proto.drivers import TRANSITIONS
from tests.workshop import diagram


def test_the_page_in_the_docs_is_up_to_date() -> None:
    """R-LIFE-01: run `python -m tests.workshop.diagram` when this fails."""
    assert diagram.PAGE.read_text(encoding="utf-8") == diagram.page()


def test_every_transition_is_drawn_and_no_other() -> None:
    """R-LIFE-01."""
    drawn = set(re.findall(r"^    (\w+) --> (\w+) :", diagram.diagram(), re.MULTILINE))
    steps = {
        (old.name, step.state.name)
        for (old, _), step in TRANSITIONS.items()
        if step.effect is not Effect.NOTHING
    }
    assert drawn == steps
    assert len(diagram.arrows()) == diagram.diagram().count(" / ")


def test_every_pair_has_its_cell() -> None:
    """R-LIFE-01."""
    head, _, *rows = diagram.table().strip().split("\n")
    assert head.count("|") == len(State) + 2
    assert len(rows) == len(Input)
    assert {row.count("|") for row in rows} == {len(State) + 2}


def test_a_stale_page_is_said_to_be_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(diagram, "PAGE", tmp_path / "lifecycle.md")
    assert diagram.main("--check") == 1
    assert "stale" in capsys.readouterr().err
    assert diagram.main() == 0
    assert diagram.main("--check") == 0
    (tmp_path / "lifecycle.md").write_text("older")
    assert diagram.main("--check") == 1
