"""The fences of a session, in the order of sending."""

from ami_proto.correlation.pending import ABANDONED_MAX, Fences


def fences(*names: str) -> Fences[str]:
    made: Fences[str] = Fences()
    for name in names:
        made.add(name, name.upper())
    return made


def test_each_is_passed_by_its_own_answer() -> None:
    """R-CORR-14: several in flight each get their own."""
    made = fences("a", "b", "c")
    assert ("a" in made, "x" in made, None in made, made.front) == (True, False, False, "A")
    assert (made.passed("b"), made.front) == ("B", "A")
    assert (made.passed("a"), made.passed("c"), made.front, len(made)) == ("A", "C", None, 0)


def test_one_that_was_never_sent_is_forgotten() -> None:
    made = fences("a", "b")
    made.withdraw("a")
    made.withdraw("a")
    assert (made.front, len(made)) == ("B", 1)


def test_one_whose_item_has_ended_keeps_its_place() -> None:
    """R-CORR-14: what comes up to its answer is nobody's."""
    made = fences("a", "b")
    made.abandon("a")
    assert (made.front, "a" in made) == (None, True)
    assert (made.passed("a"), made.front) == (None, "B")
    made.abandon("a")
    assert len(made) == 1


def test_a_later_answer_passes_the_abandoned_as_well() -> None:
    made = fences("a", "b", "c", "d")
    for name in "abd":
        made.abandon(name)
    assert (made.passed("c"), "a" in made, "b" in made, "d" in made) == ("C", False, False, True)


def test_abandoned_ones_are_bounded() -> None:
    """L6: a peer that answers no ping; the oldest are forgotten."""
    names = [str(number) for number in range(3 * ABANDONED_MAX)]
    made = fences("alive", *names)
    for name in names:
        made.abandon(name)
    assert (len(made), made.front) == (ABANDONED_MAX + 1, "ALIVE")
    assert (names[0] in made, names[-1] in made) == (False, True)
