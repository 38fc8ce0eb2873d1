"""A thread that waits for a result."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ami_backends.selectors.thread_waiter import ThreadWaiter
from conformance.laws.peer import PATIENCE
from conformance.suite.leaks import eventually


def test_every_caller_gets_the_result() -> None:
    waiter: ThreadWaiter[int] = ThreadWaiter()
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(waiter.result, PATIENCE) for _ in range(3)]
        assert eventually(lambda: len(waiter._locks) == 3)
        assert not waiter.done()
        waiter.set_result(7)
        assert [call.result(PATIENCE) for call in calls] == [7, 7, 7]
    assert waiter.done()
    assert waiter.result(0) == waiter.result() == 7


@pytest.mark.parametrize("timeout", [-1.0, 0.0, 0.01])
def test_a_caller_that_timed_out_may_ask_again(timeout: float) -> None:
    waiter: ThreadWaiter[int] = ThreadWaiter()
    with pytest.raises(TimeoutError):
        waiter.result(timeout)
    threading.Timer(0.01, waiter.set_exception, [ZeroDivisionError("no")]).start()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="no"):
            waiter.result()
    assert waiter.done()


def test_a_result_that_comes_while_the_caller_begins_to_wait_is_not_missed() -> None:
    """It comes after the caller has looked, and before the other thread can know of its lock."""
    waiter: ThreadWaiter[int] = ThreadWaiter()

    class Late(list[threading.Lock]):
        def append(self, lock: threading.Lock) -> None:
            waiter.set_result(7)
            super().append(lock)

    waiter._locks = Late()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(waiter.result).result(PATIENCE) == 7
