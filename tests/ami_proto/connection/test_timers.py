"""One deadline for each timer, and the next one first."""

from ami_proto.connection.timers import Timer, Timers


def test_no_timer_is_never_due() -> None:
    timers = Timers()
    assert timers.next() is None
    assert timers.pop_due(1e9) is None


def test_the_next_deadline_is_the_minimum() -> None:
    timers = Timers()
    timers[Timer.READ] = 45.0
    timers[Timer.SILENCE] = 15.0
    assert timers.next() == 15.0
    assert timers.get(Timer.READ) == 45.0
    assert timers.get(Timer.PONG) is None


def test_timers_come_in_order_and_once() -> None:
    timers = Timers()
    timers[Timer.READ] = 45.0
    timers[Timer.SILENCE] = 15.0
    assert timers.pop_due(14.999) is None
    assert timers.pop_due(50.0) == (Timer.SILENCE, 15.0)
    assert timers.pop_due(50.0) == (Timer.READ, 45.0)
    assert timers.pop_due(50.0) is None


def test_a_timer_is_moved_by_setting_it_again() -> None:
    timers = Timers()
    timers[Timer.READ] = 45.0
    timers[Timer.READ] = 60.0
    assert timers.pop_due(50.0) is None
    assert timers.next() == 60.0


def test_clearing_stops_what_runs_and_only_that() -> None:
    timers = Timers()
    timers[Timer.READ] = 45.0
    timers[Timer.RECONNECT] = 50.0
    timers.stop(Timer.READ, Timer.PONG)
    assert timers.next() == 50.0
