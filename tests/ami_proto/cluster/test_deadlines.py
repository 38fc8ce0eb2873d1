"""The earliest of many deadlines, against a plain dict."""

from hypothesis import given
from hypothesis import strategies as st

from ami_proto.cluster.deadlines import STALE_MAX, ServerDeadlines

SERVERS = ["a", "b", "c", "d"]
MOVES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(SERVERS), st.one_of(st.none(), st.integers(0, 20))),
        st.integers(0, 20),
    ),
    max_size=60,
)


@given(MOVES)
def test_it_knows_what_a_dict_knows(moves: list[tuple[str, int | None] | int]) -> None:
    """R-CLUSTER-08: deadlines that are set, moved, taken away and popped, in any order."""
    deadlines, plain = ServerDeadlines(), dict[str, float]()
    for move in moves:
        if isinstance(move, int):
            due = sorted((at, server) for server, at in plain.items() if at <= move)
            assert deadlines.pop_due(move) == [server for _, server in due]
            plain = {server: at for server, at in plain.items() if at > move}
        else:
            server, at = move
            deadlines.set(server, at)
            if at is None:
                plain.pop(server, None)
            else:
                plain[server] = at
        assert deadlines.next() == min(plain.values(), default=None)


def test_deadlines_that_move_away_leave_no_entries_behind() -> None:
    """Each frame puts off the next ping: a busy server must not fill the heap."""
    deadlines = ServerDeadlines()
    for number in range(10_000):
        deadlines.set("a", 15.0 + number)
        deadlines.set("b", 20_000.0 - number)
    assert deadlines.next() == 10_001.0
    assert len(deadlines._heap) <= STALE_MAX + 2 * 2
    deadlines.set("b", None)
    assert deadlines.next() == 10_014.0


def test_the_heap_is_made_anew_when_it_is_long_and_not_before() -> None:
    """L6, R-CLUSTER-07: two entries for each deadline, and `STALE_MAX` more."""
    deadlines, sizes = ServerDeadlines(), []
    for server in ("east", "north", "west"):
        deadlines.set(server, 1e6)
    for earlier in range(1000):
        deadlines.set("west", 1e5 - earlier)
        sizes.append(len(deadlines._heap))
        assert deadlines.next() == 1e5 - earlier
    assert (min(sizes), max(sizes)) == (3, STALE_MAX + 2 * 3)


def test_a_deadline_that_ended_before_the_heap_was_made_anew_can_come_back() -> None:
    """R-CLUSTER-08: later than it was."""
    deadlines = ServerDeadlines()
    deadlines.set("east", 1.0)
    deadlines.set("east", None)
    for earlier in range(1000):
        deadlines.set("west", 1e5 - earlier)
    deadlines.set("east", 5.0)
    assert deadlines.next() == 5.0


def test_a_deadline_that_returns_to_its_entry_needs_no_other() -> None:
    """R-CLUSTER-07: it was put off and called back."""
    deadlines = ServerDeadlines()
    for deadline in (5.0, 9.0, 5.0):
        deadlines.set("east", deadline)
    assert (deadlines.next(), len(deadlines._heap)) == (5.0, 1)
