"""gevent, as it is or with the standard library patched."""

import gc
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import gevent
from gevent import monkey

from ami_backends import gevent as ami
from conformance.leaks import PATIENCE
from conformance.suite import threads
from conformance.suite.backends import A_MOMENT, LATE_MAX, words_of
from conformance.suite.program import struck

T = TypeVar("T")


class Began:
    """A call in a greenlet of its own."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self._outcome: tuple[Any, BaseException | None] | None = None
        self._greenlet = gevent.spawn(self._run, function, arguments)
        gevent.sleep(0)

    def result(self) -> Any:
        """Wait for its end; return or raise what it did."""
        self._greenlet.join(PATIENCE)
        assert self._outcome is not None, "it has not ended"
        value, error = self._outcome
        if error is not None:
            raise error
        return value

    def _run(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        try:
            self._outcome = function(*arguments), None
        except Exception as error:  # noqa: BLE001 - raised again where the result is asked for
            self._outcome = None, error


class Greenlets:
    """A hub. Whatever blocks it fails the test, and so does a greenlet that is left."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.shared = name == "gevent-patched"  # a patched thread is a greenlet of the same hub
        gevent.sleep(0)  # the hub opens descriptors that stay

    def run(self, program: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        """Run the struck text of a program beside a clock that notices a blocked hub."""
        assert monkey.is_module_patched("socket") == (self.name == "gevent-patched")
        before = _greenlets()
        ticking = gevent.spawn(_tick)
        try:
            gevent.sleep(A_MOMENT)
            struck(program)(**arguments)
            gevent.sleep(A_MOMENT)
            assert ticking.exception is None, ticking.exception
        finally:
            ticking.kill()
        left = _greenlets() - before
        assert not left, left

    def connect(self, port: int, **options: Any) -> ami.Client:
        """Connect."""
        return ami.connect(**words_of(port, options))

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        gevent.sleep(seconds)

    def spawn(self, function: Callable[..., Any], *arguments: Any) -> Began:
        """Call it in a greenlet."""
        return Began(function, arguments)

    def aside(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call it in a thread that ends with it; those of the hub's pool would stay."""
        called = threads.Began(function, arguments)
        while not called.future.done():
            gevent.sleep(0.001)
        return called.result()

    def gave_up(self, seconds: float, function: Callable[..., Any], *arguments: Any) -> bool:
        """Call it in a greenlet, and kill that."""
        greenlet = gevent.spawn(function, *arguments)
        greenlet.join(seconds)
        if greenlet.dead:
            greenlet.get()
            return False
        greenlet.kill()
        return True

    def eventually(self, condition: Callable[[], object], patience: float = PATIENCE) -> bool:
        """Look again and again."""
        try:
            with gevent.Timeout(patience):
                while not condition():
                    gevent.sleep(0.002)
        except gevent.Timeout:
            return False
        return True


def _tick() -> None:
    """Fail when the hub does not come round for too long."""
    seen = time.monotonic()
    while True:
        gevent.sleep(0.01)
        seen, before = time.monotonic(), seen
        assert seen - before < LATE_MAX, f"something blocked the hub for {seen - before:.2f} s"


def _greenlets() -> set[Any]:
    """Return those that live; patched, a thread is one too, and `nothing_left` looks after it."""
    numbers = {thread.ident for thread in threading.enumerate()}
    living = [each for each in gc.get_objects() if isinstance(each, gevent.Greenlet) and not each.dead]
    return {each for each in living if id(each) not in numbers}
