"""A thread that waits for one result: a part of `concurrent.futures.Future`, for a part of its cost."""

import threading
from typing import Generic, cast

from ami_backends.clients.waiters import T


class ThreadWaiter(Generic[T]):
    """Callers that wait for one result, each with a lock of its own. It comes from one other thread.

    A signal handler may raise in a caller at any point, and leaves nothing behind that another one needs.
    """

    __slots__ = ("_done", "_exception", "_locks", "_result")

    def __init__(self) -> None:
        self._done = False
        self._result: T | None = None
        self._exception: BaseException | None = None
        self._locks: list[threading.Lock] = []
        """Locks that are taken; releasing one wakes its caller."""

    def done(self) -> bool:
        """Whether there is a result or an exception."""
        return self._done

    def set_result(self, result: T) -> None:
        """Wake the callers: their calls return this."""
        self._result = result
        self._wake()

    def set_exception(self, exception: BaseException) -> None:
        """Wake the callers: their calls raise this."""
        self._exception = exception
        self._wake()

    def result(self, timeout: float | None = None) -> T:
        """Wait, then return the result or raise the exception. Raises `TimeoutError` after `timeout`."""
        if not self._done:
            lock = threading.Lock()
            lock.acquire()
            self._locks.append(lock)
            # The other thread may have looked for locks before this one was there.
            if not self._done:
                lock.acquire(timeout=-1 if timeout is None else max(0.0, timeout))
            if not self._done:
                raise TimeoutError
        if self._exception is not None:
            try:
                raise self._exception
            finally:
                del self  # the exception refers to this frame
        return cast("T", self._result)

    def _wake(self) -> None:
        self._done = True
        for lock in list(self._locks):
            lock.release()
