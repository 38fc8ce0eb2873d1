"""A machine whose reactor runs in a thread or greenlet of its own, and letters to it.

A call from outside becomes a function that the reactor's own thread or greenlet makes, and waits for
its answer; the machine is touched by nobody else.
"""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from threading import Lock as ThreadLock
from typing import Any, Protocol, TypeVar

from ami_backends._desk import Desk, Promise
from ami_backends.selectors.reactor import Reactor
from ami_proto import Connection, MisuseError, Notice

T = TypeVar("T")


class Answer(Promise[T], Protocol[T]):
    """A promise whose maker can wait for it."""

    def result(self, timeout: float | None = None) -> T:
        """Wait, and return or raise what became of it. Raises `TimeoutError` after so many seconds."""
        ...


class Lock(Protocol):
    """As `threading.Lock`."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it; False when it was not to be had within `timeout` seconds."""
        ...

    def release(self) -> None:
        """Let it go."""
        ...


class Runner(ABC):
    """Run a machine until it has stopped."""

    reactor: Reactor

    def __init__(self, machine: Connection, on_notice: Callable[[Notice], None] | None) -> None:
        self.machine = machine
        self.ready: Answer[None] = self.promise()
        self.desk = Desk(machine, self.ready, on_notice)
        self._process = os.getpid()
        self._gate = ThreadLock()  # never held across a wait, so that greenlets may take it too

    # -- what kinds of runner differ in

    @abstractmethod
    def start(self) -> None:
        """Begin to connect."""

    @abstractmethod
    def join(self, timeout: float | None = None) -> None:
        """Wait for the end."""

    @abstractmethod
    def promise(self) -> Answer[Any]:
        """Return something that the caller can wait for and the runner can keep."""

    @abstractmethod
    def lock(self) -> Lock:
        """Return a lock for callers among themselves."""

    @property
    @abstractmethod
    def own(self) -> bool:
        """Whether the caller is the runner itself: a listener that it called."""

    def refuse_strangers(self) -> None:  # noqa: B027 - not every kind has strangers
        """Raise `MisuseError` in a thread from which nothing can be waited for."""

    # -- for callers

    @property
    def forked(self) -> bool:
        """Whether this is a child of the process in which it runs."""
        return os.getpid() != self._process

    def refuse_waiting(self) -> None:
        """Raise `MisuseError` where the runner would wait for itself, and in a stranger's thread."""
        self.refuse_strangers()
        if self.own:
            raise MisuseError("a blocking call from a notice listener would wait for itself")

    def call(self, function: Callable[[], T]) -> T:
        """Have the runner call this, and return or raise what it does. Raises what ended the runner."""
        answer = self.ask(function)
        if answer is None:
            raise self.desk.end()
        return answer.result()

    def ask(self, function: Callable[[], T]) -> Answer[T] | None:
        """Have the runner call this; return what will hold the answer, None if the runner has ended."""
        answer: Answer[T] = self.promise()

        def call() -> None:
            try:
                answer.set_result(function())
            except Exception as error:  # noqa: BLE001 - raised again where the caller waits
                answer.set_exception(error)

        if self.own:
            call()
            return answer
        return answer if self.post(call) else None

    def post(self, function: Callable[[], None]) -> bool:
        """Have the runner call this; False if it has ended."""
        self.refuse_strangers()
        if self.forked:
            raise MisuseError("a client does not survive a fork: connect in the child")
        with self._gate:
            if not self.desk.ended:
                self.reactor.call_soon(function)
            return not self.desk.ended

    # -- in the runner's own thread or greenlet

    def run(self) -> None:
        """Run the machine from its start to its end."""
        try:
            self.machine.start(time.monotonic())
            while not self.machine.stopped:
                self.reactor.run_once()
        except BaseException as error:
            self.desk.fail(error)
            if not isinstance(error, Exception):
                raise
        finally:
            self.finish()

    def finish(self) -> None:
        """Take the last letters, close the reactor, and leave nobody waiting."""
        try:
            with self._gate:
                self.desk.ended = True
            self.reactor.read_mail()
            self.reactor.close()
        finally:  # also where a signal raises meanwhile, as it may in a greenlet
            self.desk.release()
