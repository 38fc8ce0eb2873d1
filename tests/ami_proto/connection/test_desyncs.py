"""How many unknown frames are too many."""

from dataclasses import replace

from ami_proto.connection.desyncs import Desyncs
from conformance.playbook import SERVER


def desyncs(most: int, window: float) -> Desyncs:
    return Desyncs(replace(SERVER, max_desyncs=most, desync_window=window))


def test_one_more_than_the_most_is_too_many() -> None:
    """R-WIRE-09."""
    counted = desyncs(2, 60.0)
    assert [counted.add(now) for now in (0.0, 1.0, 2.0)] == [None, None, "3 in 60 s"]
    assert desyncs(0, 60.0).add(0.0) == "1 in 60 s"


def test_what_is_older_than_the_window_does_not_count() -> None:
    """R-WIRE-09: a frame exactly as old as the window is still in it."""
    counted = desyncs(1, 10.0)
    assert counted.add(0.0) is None
    assert counted.add(10.5) is None
    assert len(counted) == 1
    assert counted.add(20.5) == "2 in 10 s"
