"""R-WORLD-01: the lies stand ready, and the command tells a lie that is found from one that survives."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.workshop import lies
from tests.workshop.lie_table import LIES, Lie
from tests.workshop.lies import ROOT, main, planted, try_lie

HARMLESS = Lie("ami_proto/values.py", 'MASK: Final = "***"', 'MASK: Final = "****"', "A mask is longer.")


@pytest.mark.parametrize("lie", LIES, ids=[lie.sentence for lie in LIES])
def test_the_text_of_each_lie_is_in_its_file_once(lie: Lie) -> None:
    text = (ROOT / lie.file).read_text(encoding="utf-8")
    assert text.count(lie.old) == 1
    compile(text.replace(lie.old, lie.new), lie.file, "exec")
    assert lie.old.count("\n") <= 1, "short, so that the file can change around it"


def test_there_are_enough_lies_and_each_has_its_sentence() -> None:
    assert len(LIES) >= 18
    assert max(Counter(lie.sentence for lie in LIES).values()) == 1
    assert all(lie.sentence.endswith(".") for lie in LIES)


def test_a_lie_whose_text_is_gone_is_refused() -> None:
    gone = replace(LIES[0], old="no such text")
    with pytest.raises(ValueError, match="0 times"), planted(gone):
        pass


def test_a_lie_is_planted_in_a_copy_only() -> None:
    before = (ROOT / HARMLESS.file).read_bytes()
    with planted(HARMLESS) as tree:
        assert '"****"' in (tree / HARMLESS.file).read_text(encoding="utf-8")
    assert not tree.exists()
    assert (ROOT / HARMLESS.file).read_bytes() == before


def test_a_lie_is_found_with_its_seed_and_its_rule() -> None:
    lie = next(lie for lie in LIES if lie.sentence == "Every event is delivered twice.")
    trial = try_lie(lie, seeds=30)
    assert trial.seed is not None
    assert trial.rule.startswith("events: ")
    assert str(trial).startswith("found at seed")


def test_survivors_are_told_and_fail_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lies, "LIES", (HARMLESS,))
    assert main(["--seeds", "2"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("SURVIVED")
    assert said.endswith("1 lies, 1 survived\n")
    assert main(["nonesuch"]) == 1, "a run without a lie proves nothing"


def test_worlds_that_do_not_run_are_no_finding() -> None:
    broken = replace(HARMLESS, new="MASK: Final = nonesuch")
    with pytest.raises(RuntimeError, match="did not run"):
        try_lie(broken, seeds=1)
