"""R-DRIVER-06: requests that a caller makes itself where nobody uses the machine, and those that are posted.

`try_request` in `ami_backends/selectors/runner.py` says when; both ways give the same.
"""

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any

import pytest

from ami_backends.selectors import Client, ReactorThread, connect_machine
from ami_backends.sessions.mailbox import Mailbox
from ami_backends.sessions.stream import Stream
from ami_proto import (
    ActionLost,
    ActionTimeout,
    AmiError,
    Connection,
    Disconnect,
    MisuseError,
    NotReady,
    Ticket,
)
from ami_proto.routes import Standing
from conformance.laws.peer import PATIENCE, Peer, PeerConnection, honest, silent_after_login
from conformance.suite.leaks import eventually, nothing_left
from tests.peers import client_of, config

__all__ = ["nothing_left"]


class Watching(Connection):
    """A machine that notes which threads submit."""

    def __init__(self, port: int, **options: Any) -> None:
        super().__init__(config(port, **options), seed=1)
        self.threads: list[str] = []

    def submit(self, *args: Any, **keywords: Any) -> Ticket:
        self.threads.append(threading.current_thread().name)
        return super().submit(*args, **keywords)


@pytest.fixture
def worker() -> Iterator[ThreadPoolExecutor]:
    """Return a thread that is not the main one."""
    with ThreadPoolExecutor(1, "worker") as pool:
        yield pool


def test_no_request_is_made_in_the_main_thread(worker: ThreadPoolExecutor) -> None:
    """R-DRIVER-03: a signal handler that raises there would leave the machine half changed."""
    with Peer(honest) as peer, connect_machine(machine := Watching(peer.port)) as pbx:
        for _ in range(20):
            assert pbx.send("Ping")["Ping"] == "Pong"
        assert set(machine.threads) == {"ami-pbx"}
        for _ in range(20):
            assert worker.submit(pbx.send, "Ping").result(PATIENCE)["Ping"] == "Pong"
        assert "worker_0" in machine.threads


def test_a_refused_request_leaves_the_machine_free(worker: ThreadPoolExecutor) -> None:
    with Peer(honest) as peer, client_of(peer.port) as pbx:
        for _ in range(3):
            with pytest.raises(MisuseError, match="nowhere"):
                worker.submit(pbx.send, "Ping", to="nowhere").result(PATIENCE)
        assert worker.submit(pbx.send, "Ping").result(PATIENCE)["Ping"] == "Pong"
        assert pbx.send("Ping")["Ping"] == "Pong"


def test_an_earlier_deadline_wakes_the_reactor(worker: ThreadPoolExecutor) -> None:
    """R-CORR-06: its thread sleeps until the next ping, which is later than the timeout of this action."""
    options: dict[str, Any] = {
        "heartbeat_interval": 600.0,
        "heartbeat_timeout": 60.0,
        "read_timeout": 900.0,
        "stable_after": 600.0,
    }
    with Peer(silent_after_login) as peer, client_of(peer.port, **options) as pbx:
        time.sleep(0.05)  # the reactor waits by now
        late = worker.submit(pbx.send, "Ping", timeout=0.1)
        on_time = eventually(late.done, PATIENCE / 2)
        pbx.close(grace=0)  # wakes it, if it sleeps on
        assert on_time
        assert isinstance(late.exception(), ActionTimeout)


def test_posted_calls_come_before_a_request(
    monkeypatch: pytest.MonkeyPatch, worker: ThreadPoolExecutor
) -> None:
    """What one caller does keeps its order, also where its first call found the machine in use."""
    made: list[str] = []
    with Peer(honest) as peer, client_of(peer.port) as pbx:
        runner = pbx._started
        time.sleep(0.05)  # the reactor waits by now
        wake = Mailbox.wake
        monkeypatch.setattr(Mailbox, "wake", lambda _: None)
        runner.post(lambda: made.append("first"))
        assert not worker.submit(runner.try_request, lambda: made.append("second")).result(PATIENCE)
        assert not made
        monkeypatch.setattr(Mailbox, "wake", wake)
        runner.call(lambda: made.append("third"))
        assert made == ["first", "third"]


def test_a_route_that_calls_the_client_is_refused_and_may_look(worker: ThreadPoolExecutor) -> None:
    """R-DRIVER-06: it runs inside a request, and a blocking call would wait for itself."""
    errors: list[Exception] = []
    states: list[Any] = []

    class Asking:
        def choose(self, servers: Mapping[str, Standing]) -> str:
            states.append(pbx.snapshot().state)
            try:
                pbx.send("Ping")
            except MisuseError as error:
                errors.append(error)
            return next(iter(servers))

    with Peer(honest) as peer, client_of(peer.port) as pbx:
        for _ in range(10):
            assert worker.submit(pbx.send, "Ping", to=Asking()).result(PATIENCE)["Ping"] == "Pong"
        assert len(errors) == len(states) == 10
        assert any("inside a request" in str(error) for error in errors)


class Breaking(Connection):
    """A machine with a bug in `submit`, once `broken` is set."""

    broken = False

    def submit(self, *args: Any, **keywords: Any) -> Ticket:
        if self.broken:
            raise SystemExit
        return super().submit(*args, **keywords)


def test_a_request_that_is_interrupted_ends_the_client(worker: ThreadPoolExecutor) -> None:
    """Invariant 7: the machine may be half changed; every caller that waits learns of it."""
    with Peer(silent_after_login) as peer, ThreadPoolExecutor(1) as pool:
        machine = Breaking(config(peer.port), seed=1)
        pbx = connect_machine(machine)
        waits = pool.submit(pbx.send, "Ping")
        assert eventually(lambda: pbx.snapshot().actions_pending == 1)
        time.sleep(0.05)
        machine.broken = True
        assert isinstance(worker.submit(pbx.send, "Ping").exception(PATIENCE), SystemExit)
        assert isinstance(waits.exception(PATIENCE), ActionLost | ConnectionError)
        pbx.close()


def test_a_request_of_which_the_kernel_takes_a_part_is_written_to_its_end(
    monkeypatch: pytest.MonkeyPatch, worker: ThreadPoolExecutor
) -> None:
    """R-FLOW-04: the caller writes the part, and the reactor's thread the rest."""
    parts: list[int] = []
    transmit = Stream.transmit

    def transmit_part(stream: Stream, piece: bytes) -> int | Disconnect:
        if threading.current_thread().name.startswith("worker"):
            parts.append(len(piece))
            piece = piece[:10]
        return transmit(stream, piece)

    monkeypatch.setattr(Stream, "transmit", transmit_part)
    with Peer(honest) as peer, client_of(peer.port) as pbx:
        for _ in range(20):
            assert worker.submit(pbx.send, "Ping").result(PATIENCE)["Ping"] == "Pong"
        assert parts


# -- signals


@pytest.mark.timeout(60, method="thread")  # the other method needs SIGALRM
@pytest.mark.usefixtures("alarm")
def test_a_signal_handler_may_send_while_the_main_thread_sends() -> None:
    """R-DRIVER-06: wherever it interrupts a `send`."""
    answered: list[str] = []

    def handle(_number: int, _frame: FrameType | None) -> None:
        answered.append(pbx.send("Ping")["Ping"])

    with Peer(honest) as peer, client_of(peer.port) as pbx:
        signal.signal(signal.SIGALRM, handle)
        for number in range(300):
            signal.setitimer(signal.ITIMER_REAL, 0.00005 + number * 0.000005)
            assert pbx.send("Ping")["Ping"] == "Pong"
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert set(answered) == {"Pong"}
        assert pbx.send("Ping")["Ping"] == "Pong"
        assert pbx.snapshot().actions_pending == 0


@pytest.mark.timeout(60, method="thread")  # the other method needs SIGALRM
@pytest.mark.usefixtures("alarm")
def test_a_signal_handler_that_raises_costs_its_action_alone() -> None:
    """R-DRIVER-03: wherever it interrupts a `send`; other threads' actions are answered."""

    class Interrupted(BaseException):
        pass

    def handle(_number: int, _frame: FrameType | None) -> None:
        raise Interrupted

    def send_many() -> int:
        return sum(pbx.send("Ping")["Ping"] == "Pong" for _ in range(200))

    interrupted = 0
    with Peer(honest) as peer, client_of(peer.port) as pbx, ThreadPoolExecutor(1) as pool:
        others = pool.submit(send_many)
        signal.signal(signal.SIGALRM, handle)
        for number in range(200):
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.00005 + number * 0.00002)
                pbx.send("Ping")
                signal.setitimer(signal.ITIMER_REAL, 0)
            except Interrupted:
                interrupted += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert interrupted
        assert others.result(PATIENCE) == 200
        assert pbx.send("Ping")["Ping"] == "Pong"
        assert eventually(lambda: pbx.snapshot().actions_pending == 0)


# -- many threads


def test_no_action_of_many_threads_is_lost_or_sent_twice() -> None:
    """Invariant 7, R-CORR-07: over a connection that breaks again and again."""
    received: Counter[str] = Counter()

    def serve_some(connection: PeerConnection) -> None:
        connection.accept_login()
        for _ in range(150):
            action = connection.read_action()
            if action["Action"] == "Logoff":
                connection.answer(action, "Goodbye")
                return
            received[action["Tag"]] += 1
            connection.answer(action, "Success", f"Tag: {action['Tag']}")

    def send_many(pbx: Client, name: str) -> list[tuple[str, AmiError | None]]:
        ends: list[tuple[str, AmiError | None]] = []
        for number in range(150):
            tag = f"{name}-{number}"
            try:
                assert pbx.send("UserEvent", {"UserEvent": "x", "Tag": tag})["Tag"] == tag
                ends.append((tag, None))
            except AmiError as error:
                ends.append((tag, error))
                time.sleep(0.002)
        return ends

    with Peer(serve_some) as peer, client_of(peer.port) as pbx, ThreadPoolExecutor(8) as pool:
        sends = [pool.submit(send_many, pbx, str(number)) for number in range(8)]
        ends = dict(end for each in sends for end in each.result(PATIENCE))
        assert len(ends) == 8 * 150
        for tag, error in ends.items():
            assert error is None or isinstance(error, ActionLost | NotReady), error
            at_least = 1 if error is None else 0
            at_most = 0 if isinstance(error, NotReady) else 1
            assert at_least <= received[tag] <= at_most, (tag, error)
        assert sum(error is None for error in ends.values()) > 100


def test_a_forked_child_is_refused_in_every_thread() -> None:
    """R-DRIVER-06: it has a copy of the lock, in whatever state it was."""
    with Peer(honest) as peer, client_of(peer.port) as pbx, ThreadPoolExecutor(1) as pool:
        runner = pbx._started
        assert isinstance(runner, ReactorThread)
        runner._process += 1  # as if this process were the child
        try:
            with pytest.raises(MisuseError, match="does not survive a fork"):
                pool.submit(pbx.send, "Ping").result(PATIENCE)
        finally:
            runner._process -= 1
