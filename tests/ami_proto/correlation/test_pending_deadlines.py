"""R-CORR-06: deadlines are due in order, once, and cost O(log n)."""

from weakref import ref

from hypothesis import given
from hypothesis import strategies as st

from ami_proto.correlation.pending import GARBAGE_MIN, Deadlines


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


class Moment(float):
    """A deadline that can be watched: a plain float takes no weak references."""


class Kept:
    """Deadlines, and how many of the moments that were added they still hold, removed ones too."""

    def __init__(self) -> None:
        self.deadlines = Deadlines[int]()
        self._moments: list[ref[Moment]] = []

    def __len__(self) -> int:
        return sum(each() is not None for each in self._moments)

    def add(self, deadline: float) -> int:
        moment = Moment(deadline)
        self._moments.append(ref(moment))
        return self.deadlines.add(moment, int(deadline))


def test_removed_deadlines_do_not_pile_up() -> None:
    """L6: a heap of cancelled entries is cleaned up."""
    kept = Kept()
    first = kept.add(0.0)
    for number in range(10 * GARBAGE_MIN):
        kept.deadlines.remove(kept.add(1000.0 - number))
        assert len(kept) <= GARBAGE_MIN + 3
    kept.deadlines.remove(first)
    assert kept.deadlines.next() is None


def test_a_clean_up_comes_when_most_of_the_heap_is_cancelled() -> None:
    """R-CORR-06: and no sooner, because it costs as much as there are deadlines."""
    kept = Kept()
    numbers = [kept.add(deadline) for deadline in range(4 * GARBAGE_MIN)]
    for number in numbers[: 2 * GARBAGE_MIN]:
        kept.deadlines.remove(number)
    assert len(kept) == 4 * GARBAGE_MIN
    kept.deadlines.remove(numbers[2 * GARBAGE_MIN])
    assert len(kept) == len(kept.deadlines) == 2 * GARBAGE_MIN - 1


def test_a_few_cancelled_deadlines_stay_where_they_are() -> None:
    """R-CORR-06: each clean-up of a short heap would cost more than it frees."""
    kept = Kept()
    numbers = [kept.add(1.0) for _ in range(GARBAGE_MIN + 1)]
    for number in numbers[:-1]:
        kept.deadlines.remove(number)
    assert len(kept) == GARBAGE_MIN + 1
    kept.deadlines.remove(numbers[-1])
    assert len(kept) == 0


def test_a_clean_up_keeps_the_order() -> None:
    """R-CORR-06: what is left of the heap is one again."""
    kept = Kept()
    due = [float(step * 37 % 256) for step in range(256)]  # each once, in no order
    numbers = {deadline: kept.add(deadline) for deadline in due}
    for deadline in range(200):
        kept.deadlines.remove(numbers[float(deadline)])
    assert len(kept) < 150
    assert [kept.deadlines.pop_due(256.0) for _ in range(57)] == [*range(200, 256), None]


@given(st.lists(st.tuples(st.sampled_from(["add", "add", "remove", "pop"]), st.integers(0, 20)), min_size=20))
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
