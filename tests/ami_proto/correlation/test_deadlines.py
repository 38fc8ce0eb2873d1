"""R-CORR-06: deadlines are due in order, once, and cost O(log n)."""

from hypothesis import given
from hypothesis import strategies as st

from ami_proto.correlation.deadlines import GARBAGE_MIN, Deadlines


def test_nothing_is_due_where_nothing_waits() -> None:
    deadlines = Deadlines[str]()
    assert deadlines.next() is None
    assert deadlines.pop_due(1e9) is None
    assert len(deadlines) == 0


def test_the_earliest_comes_first_and_equals_in_their_order() -> None:
    """R-CORR-06: in order."""
    deadlines = Deadlines[str]()
    for deadline, item in [(3.0, "c"), (1.0, "a"), (2.0, "b"), (1.0, "a, too")]:
        deadlines.add(deadline, item)
    assert deadlines.next() == 1.0
    assert deadlines.pop_due(0.999) is None
    assert [deadlines.pop_due(3.0) for _ in range(5)] == ["a", "a, too", "b", "c", None]


def test_what_was_removed_is_not_due() -> None:
    deadlines = Deadlines[str]()
    first, second = deadlines.add(1.0, "first"), deadlines.add(2.0, "second")
    deadlines.remove(first)
    deadlines.remove(first)
    deadlines.remove(999)
    assert deadlines.next() == 2.0
    assert deadlines.pop_due(5.0) == "second"
    deadlines.remove(second)
    assert len(deadlines) == 0


def test_removed_deadlines_do_not_pile_up() -> None:
    """L6: a heap of cancelled entries is cleaned up."""
    deadlines = Deadlines[int]()
    keep = deadlines.add(0.0, -1)
    for number in range(10 * GARBAGE_MIN):
        deadlines.remove(deadlines.add(1000.0 - number, number))
        assert len(deadlines._heap) <= GARBAGE_MIN + 3
    deadlines.remove(keep)
    assert deadlines.next() is None


@given(st.lists(st.tuples(st.sampled_from(["add", "remove", "pop"]), st.integers(0, 20))))
def test_it_is_a_sorted_list_whatever_the_order(steps: list[tuple[str, int]]) -> None:
    """R-CORR-06: compared with the obvious, slow way."""
    deadlines, model = Deadlines[int](), dict[int, float]()
    for verb, value in steps:
        if verb == "add":
            number = deadlines.add(float(value), len(model))
            model[number] = float(value)
        elif verb == "remove" and model:
            number = sorted(model)[value % len(model)]
            deadlines.remove(number)
            del model[number]
        elif verb == "pop":
            due = min(((at, number) for number, at in model.items() if at <= value), default=None)
            assert (deadlines.pop_due(float(value)) is None) == (due is None)
            if due is not None:
                del model[due[1]]
        assert deadlines.next() == min(model.values(), default=None)
        assert len(deadlines) == len(model)
