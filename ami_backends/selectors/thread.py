"""A machine whose reactor runs in a thread of its own, and letters to that thread.

A call from any other thread becomes a function that the reactor's thread makes, and waits for its
answer; the machine is touched by nobody else.
"""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from ami_backends._resolve import ThreadResolver
from ami_backends.selectors.reactor import Reactor
from ami_proto import Connection, MisuseError, Notice, NotReady, State

T = TypeVar("T")


class ReactorThread:
    """Run a machine until it has stopped. Notices, and at last `on_end`, come in that thread."""

    def __init__(
        self, machine: Connection, on_notice: Callable[[Notice], None], on_end: Callable[[], None]
    ) -> None:
        self.machine = machine
        self.reactor = Reactor(machine, on_notice=on_notice, resolver=ThreadResolver())
        self.ended = False
        self.failure: BaseException | None = None
        """What ended it, unless it was asked to end."""
        self._on_end = on_end
        self._process = os.getpid()
        self._gate = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"ami-{machine.key}", daemon=True)

    @property
    def forked(self) -> bool:
        """Whether this is a child of the process that has the thread."""
        return os.getpid() != self._process

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end."""
        self._thread.join(timeout)

    def call(self, function: Callable[[], T]) -> T:
        """Have the thread call this, and return or raise what it does. Raises what ended the thread."""
        answer = self.ask(function)
        if answer is None:
            raise self.end()
        return answer.result()

    def ask(self, function: Callable[[], T]) -> Future[T] | None:
        """Have the thread call this; return what will hold the answer, None if the thread has ended."""
        answer: Future[T] = Future()

        def call() -> None:
            try:
                answer.set_result(function())
            except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
                answer.set_exception(error)

        return answer if self.post(call) else None

    def post(self, function: Callable[[], None]) -> bool:
        """Have the thread call this; False if it has ended."""
        if threading.current_thread() is self._thread:
            raise MisuseError("a blocking call from a notice listener would wait for itself")
        if self.forked:
            raise MisuseError("a client does not survive a fork: connect in the child")
        with self._gate:
            if not self.ended:
                self.reactor.call_soon(function)
            return not self.ended

    def end(self) -> BaseException:
        """Return what a call after the end raises."""
        if self.failure is None:
            return NotReady(self.machine.key, State.CLOSED.value)
        return self.failure.with_traceback(None)  # or each raise would make it longer

    def _run(self) -> None:
        try:
            self.machine.start(time.monotonic())
            while not self.machine.stopped:
                self.reactor.run_once()
        except BaseException as error:  # noqa: BLE001 - a bug must not leave callers waiting for ever
            self.failure = error
        with self._gate:
            self.ended = True
        self.reactor.read_mail()
        self.reactor.close()
        self._on_end()
