"""The two forms of `selectors`: calls that block over a reactor in its thread, and a reactor of one's own."""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from types import FrameType
from typing import Any, Generic, TypeVar

from ami_backends import selectors
from ami_backends._words import as_config
from ami_backends.selectors.reactor import Reactor
from ami_backends.selectors.runner import Lock, Runner
from ami_proto import Connection, Notice
from conformance.leaks import PATIENCE, eventually
from conformance.suite.backends import words_of
from conformance.suite.program import struck

T = TypeVar("T")


class GaveUp(BaseException):
    """Raised where the main thread waits, by a signal, as Ctrl-C is."""


class Began(Generic[T]):
    """A call in a thread of its own."""

    def __init__(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> None:
        self.future: Future[T] = Future()
        self._thread = threading.Thread(target=self._run, args=(function, arguments), name="suite")
        self._thread.start()

    def result(self) -> T:
        """Wait for its end; return or raise what it did."""
        self._thread.join(PATIENCE)
        return self.future.result(0)

    def _run(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> None:
        try:
            self.future.set_result(function(*arguments))
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            self.future.set_exception(error)


class Threads:
    """Blocking calls; the program runs in the main thread."""

    name = "selectors"
    shared = True

    def run(self, program: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        """Run the struck text of a program."""
        struck(program)(**arguments)

    def connect(self, port: int, **options: Any) -> selectors.Client:
        """Connect."""
        return selectors.connect(**words_of(port, options))

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)

    def spawn(self, function: Callable[..., T], *arguments: Any) -> Began[T]:
        """Call it in a thread."""
        return Began(function, arguments)

    def aside(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call it."""
        return function(*arguments)

    def gave_up(self, seconds: float, function: Callable[..., Any], *arguments: Any) -> bool:
        """Call it, and let a signal interrupt it."""

        def interrupt(_number: int, _frame: FrameType | None) -> None:
            raise GaveUp

        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            function(*arguments)
        except GaveUp:
            return True
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        return False

    def eventually(self, condition: Callable[[], object], patience: float = PATIENCE) -> bool:
        """Look again and again."""
        return eventually(condition, patience)


class Kept(Future[T]):
    """An answer: the thread that owns the reactors turns them while it waits."""

    def result(self, timeout: float | None = None) -> T:
        """Wait, and return or raise what became of it. Raises `TimeoutError` after so many seconds."""
        if threading.current_thread() is not threading.main_thread():
            return super().result(timeout)
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.done():
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError
            OwnedRunner.turn_all()
        return super().result()


class OwnedRunner(Runner):
    """A reactor that the program's own thread turns whenever it waits for anything."""

    open: set["OwnedRunner"] = set()  # noqa: RUF012 - all of them, so that one wait turns every one

    def __init__(self, machine: Connection, on_notice: Callable[[Notice], None] | None) -> None:
        super().__init__(machine, on_notice)
        self.reactor = Reactor(
            machine, on_notice=self.desk.handle_notice, resolver=selectors.ThreadResolver()
        )
        self._turning = False

    @classmethod
    def turn_all(cls) -> None:
        """Have one round of each, and a moment's rest where none of them had anything to do."""
        runners = list(cls.open)
        happened = [runner.turn(0.0) for runner in runners]
        if runners and not any(happened):
            runners[0].turn(0.02 if len(runners) == 1 else 0.001)

    def turn(self, timeout: float) -> bool:
        """Have one round, unless it has ended; tell whether anything happened."""
        if self not in self.open:
            return False
        self._turning = True
        try:
            happened = bool(self.reactor.run_once(timeout))
        finally:
            self._turning = False
        if self.machine.stopped:
            self.open.discard(self)
            self.finish()
        return happened

    def start(self) -> None:
        """Begin to connect."""
        self.machine.start(time.monotonic())
        self.open.add(self)

    def join(self, timeout: float | None = None) -> None:
        """Turn it to its end; any other thread waits until its owner has."""
        owner = threading.current_thread() is threading.main_thread()
        while not self.desk.ended:
            self.turn_all() if owner else time.sleep(0.002)

    def promise(self) -> "Kept[Any]":
        """Return an answer for whoever asks."""
        return Kept()

    def lock(self) -> Lock:
        """Return a lock."""
        return threading.Lock()

    @property
    def own(self) -> bool:
        """Whether the reactor is in a round: it has called a listener."""
        return self._turning and threading.current_thread() is threading.main_thread()


class OwnedClient(selectors.Client):
    """The blocking client's words, over a reactor without a thread."""

    _runner_type = OwnedRunner


class Owned(Threads):
    """A reactor of one's own: every wait of the program is made of rounds."""

    name = "reactor"

    def connect(self, port: int, **options: Any) -> OwnedClient:
        """Connect."""
        on_notice: Callable[[Notice], None] | None = options.pop("on_notice", None)
        stop_on: Iterable[signal.Signals] = options.pop("stop_on", ())
        config = as_config(**words_of(port, options))
        return OwnedClient(config, on_notice, stop_on)._opened()

    def sleep(self, seconds: float) -> None:
        """Turn the reactors for so long."""
        self.eventually(lambda: False, seconds)

    def aside(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call it in a thread, and turn the reactors meanwhile."""
        began = Began(function, arguments)
        self.eventually(began.future.done, math.inf)
        return began.result()

    def eventually(self, condition: Callable[[], object], patience: float = PATIENCE) -> bool:
        """Turn the reactors until it is true."""
        deadline = time.monotonic() + patience
        while not (done := bool(condition())) and time.monotonic() < deadline:
            OwnedRunner.turn_all()
            if not OwnedRunner.open:
                time.sleep(0.002)
        return done

    def spawn(self, function: Callable[..., T], *arguments: Any) -> "OwnedBegan[T]":
        """Call it in a thread, whose requests come by mail."""
        return OwnedBegan(function, arguments)


class OwnedBegan(Began[T]):
    """A call in a thread that needs the reactor to turn."""

    def result(self) -> T:
        """Turn the reactors to its end; return or raise what it did."""
        deadline = time.monotonic() + PATIENCE
        while not self.future.done() and time.monotonic() < deadline:
            OwnedRunner.turn_all()
        return super().result()
