"""L7: the commands that wait for the driver, and silence after the end."""

from ami_proto.connection.commands import CommandQueue
from ami_proto.drivers import Close, Connect, SessionId, Watch

ONE, TWO = SessionId("pbx", 1), SessionId("pbx", 2)


def connect(session: SessionId) -> Connect:
    return Connect(session, "192.0.2.1", 5038, None)


def test_commands_come_in_order_and_then_what_to_watch() -> None:
    queue, watch = CommandQueue(), Watch(TWO, read=True, write=False)
    queue.dial(connect(ONE))
    assert queue.poll(None) == connect(ONE)
    queue.close(ONE)
    queue.dial(connect(TWO))
    assert [queue.poll(watch) for _ in range(4)] == [Close(ONE), connect(TWO), watch, None]


def test_the_end_of_one_stream_does_not_overtake_the_next_dial() -> None:
    queue = CommandQueue()
    queue.dial(connect(TWO))
    queue.close(ONE)
    assert [queue.poll(None) for _ in range(2)] == [connect(TWO), Close(ONE)]


def test_interest_is_told_when_it_changes_and_only_then() -> None:
    queue = CommandQueue()
    reading, both, nothing = (
        Watch(ONE, read=True, write=False),
        Watch(ONE, read=True, write=True),
        Watch(ONE, read=False, write=False),
    )
    assert not queue.waiting(nothing), "the interest before the first is nothing"
    for watch in (reading, both, nothing, reading):
        assert queue.waiting(watch)
        assert queue.poll(watch) == watch
        assert not queue.waiting(watch)
        assert queue.poll(watch) is None


def test_a_new_session_begins_with_no_interest() -> None:
    queue = CommandQueue()
    queue.poll(Watch(ONE, read=True, write=False))
    assert queue.poll(Watch(TWO, read=True, write=False)) == Watch(TWO, read=True, write=False)
    assert not CommandQueue().waiting(None)


def test_a_dial_that_nobody_saw_is_simply_not_made() -> None:
    queue = CommandQueue()
    queue.dial(connect(ONE))
    queue.close(ONE)
    assert queue.poll(None) is None


def test_after_its_end_nothing_names_a_session() -> None:
    """L7: a driver that reports the end hears no more of it."""
    queue = CommandQueue()
    queue.dial(connect(ONE))
    queue.poll(None)
    queue.close(ONE)
    queue.dial(connect(TWO))
    assert not queue.forget(ONE)
    assert queue.poll(None) == connect(TWO)
    assert queue.poll(None) is None


def test_it_knows_whether_the_driver_reads() -> None:
    queue = CommandQueue()
    told = [queue.reading_paused]
    for read in (True, False, True, False):
        queue.poll(Watch(ONE, read=read, write=False))
        told.append(queue.reading_paused)
    queue.dial(connect(TWO))
    assert [*told, queue.reading_paused] == [False, False, True, False, True, False]


def test_an_undrained_queue_stays_small() -> None:
    """L6: at most a close of the old stream and a dial of the new."""
    queue = CommandQueue()
    queue.dial(connect(ONE))
    queue.poll(None)
    queue.close(ONE)
    for number in range(2, 100):
        queue.dial(connect(SessionId("pbx", number)))
        assert len(queue._queue) <= 2
        queue.close(SessionId("pbx", number))
