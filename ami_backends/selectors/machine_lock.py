"""Who uses a machine: the thread of its reactor, or for a moment a caller.

The reactor holds the lock, except while it waits for the network. A caller only tries to take it. If it gets
the lock, it makes its request at once, and the reactor's thread is not woken. Otherwise it posts the request.

A caller holds the lock for one request, and waits for nothing meanwhile, so that the reactor's thread never
waits long. The exception is code of the user that a request asks, such as a strategy or a route. A blocking
call from there would wait for itself, and so would one from a finaliser or from a signal handler that
interrupts a request. `held_here` tells them.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Protocol


class Lock(Protocol):
    """The part of `threading.Lock` that `Events` uses."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; return False if that was not possible within `timeout` seconds."""
        ...

    def release(self) -> None:
        """Release the lock."""
        ...


class MachineLock(ABC):
    """The lock of a machine: the reactor enters it, callers try it."""

    @property
    @abstractmethod
    def held_here(self) -> bool:
        """Whether the calling thread or greenlet makes a request right now."""

    @abstractmethod
    def try_call(self, request: Callable[[], None]) -> bool:
        """Call this under the lock, if nobody holds it; return whether it was called."""

    @abstractmethod
    def __enter__(self) -> None:
        """Wait for the lock, and take it."""

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release it."""


class ThreadLock(MachineLock):
    """A machine lock among threads, where nothing interrupts a request: no caller in the main thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None
        """The thread of the caller that has it."""

    @property
    def held_here(self) -> bool:
        """Whether the calling thread makes a request right now."""
        return self._holder == threading.get_ident()

    def try_call(self, request: Callable[[], None]) -> bool:
        """Call this under the lock, if nobody holds it; return whether it was called."""
        if not self._lock.acquire(False):
            return False
        try:
            self._holder = threading.get_ident()
            request()
        finally:
            self._holder = None
            self._lock.release()
        return True

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
