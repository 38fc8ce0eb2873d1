"""Cases that only greenlets have: what interrupts one may interrupt the reactor's, or a request.

Ctrl-C is raised in the greenlet that runs; a signal handler runs inside it.
"""

import linecache
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import gevent
import pytest

from ami_backends.gevent import client as gevent_client
from ami_backends.gevent import connect_machine
from ami_backends.gevent.client import GreenletLock
from ami_backends.selectors import Reactor
from ami_proto import ActionLost, ConnectFailed, Connection, MisuseError, State, Ticket
from conformance.laws.peer import PATIENCE, Peer, honest, silent_after_login
from conformance.suite.leaks import nothing_left
from tests.peers import config

__all__ = ["nothing_left"]

GREENLET_CLIENT = gevent_client.__file__

gevent.sleep(0)  # the hub opens descriptors that stay


class Interrupted(Connection):
    """A machine in which Ctrl-C is raised, once `due` is set."""

    due = False

    def handle_timeout(self, now: float) -> None:
        if self.due:
            raise KeyboardInterrupt
        super().handle_timeout(now)


def test_a_driver_that_is_interrupted_twice_as_it_ends_wakes_every_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Invariant 7: one Ctrl-C ends the driver, and another comes while it closes its reactor."""
    close = Reactor.close

    def close_interrupted(reactor: Reactor) -> None:
        close(reactor)
        raise KeyboardInterrupt

    with Peer(silent_after_login) as peer:
        machine = Interrupted(config(peer.port), seed=1)
        client = connect_machine(machine)
        sending = gevent.spawn(client.send, "Ping")
        gevent.sleep(0)
        monkeypatch.setattr(Reactor, "close", close_interrupted)
        machine.due = True
        gevent.spawn(client.snapshot)  # a round, now
        with pytest.raises(KeyboardInterrupt):
            gevent.sleep(PATIENCE)
        sending.join(PATIENCE)
        assert isinstance(sending.exception, ActionLost | ConnectionError), sending
        client.close()


class Meddling(Connection):
    """A machine that calls `meddle` in the middle of the next `submit`."""

    meddle: Callable[[], object] | None = None

    def submit(self, *args: Any, **keywords: Any) -> Ticket:
        meddle, self.meddle = self.meddle, None
        if meddle is not None:
            meddle()
        return super().submit(*args, **keywords)


def test_a_request_that_is_interrupted_ends_the_client() -> None:
    """Invariant 7: as when the reactor's greenlet is interrupted; the machine may be half changed."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    with Peer(silent_after_login) as peer:
        machine = Meddling(config(peer.port), seed=1)
        client = connect_machine(machine)
        sending = gevent.spawn(client.send, "Ping")
        gevent.sleep(0.05)
        machine.meddle = interrupt
        with pytest.raises(KeyboardInterrupt):
            client.send("Ping")
        sending.join(PATIENCE)
        assert isinstance(sending.exception, ActionLost | ConnectionError), sending
        with pytest.raises(ConnectFailed, match="interrupted by KeyboardInterrupt"):
            client.send("Ping")
        client.close()


def test_a_signal_handler_that_interrupts_a_request_is_refused() -> None:
    """R-DRIVER-06: its call would wait for the greenlet that it interrupts; that one goes on."""
    refused: list[MisuseError] = []

    def handle(_number: int, _frame: FrameType | None) -> None:
        assert client.snapshot().state is State.READY  # looking is allowed
        try:
            client.send("Ping")
        except MisuseError as error:
            refused.append(error)

    before = signal.signal(signal.SIGALRM, handle)
    try:
        with Peer(honest) as peer:
            machine = Meddling(config(peer.port), seed=1)
            with connect_machine(machine) as client:
                machine.meddle = lambda: signal.raise_signal(signal.SIGALRM)
                assert client.send("Ping")["Ping"] == "Pong"
                assert len(refused) == 1
                assert "inside a request" in str(refused[0])
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_signal_handler_in_the_hub_is_refused() -> None:
    """R-DRIVER-06: it interrupts a hub that waits, and no greenlet could answer it."""
    refused: list[MisuseError] = []

    def call() -> None:
        try:
            client.send("Ping")
        except MisuseError as error:
            refused.append(error)

    with Peer(honest) as peer, connect_machine(Connection(config(peer.port), seed=1)) as client:
        gevent.get_hub().loop.run_callback(call)
        gevent.sleep(0.01)
        assert "the hub" in str(refused[0])
        assert client.send("Ping")["Ping"] == "Pong"


def test_a_request_that_waits_holds_up_the_client_and_nobody_else() -> None:
    """A route of the user's may wait. Nothing uses the machine until it has chosen."""
    machine: Meddling
    with Peer(honest) as peer:
        machine = Meddling(config(peer.port), seed=1)
        with connect_machine(machine) as client:
            machine.meddle = lambda: gevent.sleep(0.05)
            waiting = gevent.spawn(client.send, "Ping")
            gevent.sleep(0)
            assert client.send("Ping")["Ping"] == "Pong"  # posted, and made once the route has chosen
            assert waiting.get(timeout=PATIENCE)["Ping"] == "Pong"
            assert not client._started.machine_lock.held_here


@pytest.mark.timeout(60, method="thread")  # the other method needs SIGALRM
@pytest.mark.usefixtures("alarm")
def test_signals_that_send_while_greenlets_send() -> None:
    """R-DRIVER-06: each call of a handler is answered or refused, and every other one is answered."""
    ends: list[bool] = []

    def handle(_number: int, _frame: FrameType | None) -> None:
        try:
            ends.append(client.send("Ping")["Ping"] == "Pong")
        except MisuseError:
            ends.append(False)

    def send_many() -> int:
        return sum(client.send("Ping")["Ping"] == "Pong" for _ in range(100))

    signal.signal(signal.SIGALRM, handle)
    with Peer(honest) as peer, connect_machine(Connection(config(peer.port), seed=1)) as client:
        others = [gevent.spawn(send_many) for _ in range(2)]
        for number in range(200):
            signal.setitimer(signal.ITIMER_REAL, 0.00005 + number * 0.000005)
            assert client.send("Ping")["Ping"] == "Pong"
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert [each.get(timeout=PATIENCE) for each in others] == [100, 100]
        assert ends
        assert client.snapshot().actions_pending == 0


def test_the_lock_survives_an_interrupt_at_every_line() -> None:
    """R-DRIVER-03: wherever Ctrl-C is raised in `try_call`, the lock is free afterwards."""
    lines: list[int] = []

    def interrupt_at(number: int) -> bool:
        count = 0

        def trace(frame: FrameType, event: str, _argument: object) -> Any:
            nonlocal count
            if frame.f_code is not GreenletLock.try_call.__code__:
                return None
            if event == "line":
                count += 1
                if count == number:
                    lines.append(frame.f_lineno)
                    raise KeyboardInterrupt
            return trace

        lock, before = GreenletLock(), sys.gettrace()
        sys.settrace(trace)
        try:
            lock.try_call(lambda: None)
        except KeyboardInterrupt:
            interrupted = True
        else:
            interrupted = False
        finally:
            sys.settrace(before)
        # Only the two lines that release it are not interrupted: CPython looks for signals at calls.
        if interrupted and "holders[None]" in linecache.getline(GREENLET_CLIENT, lines[-1]):
            return True
        assert not lock._holders, lines[-1]
        return interrupted

    number = 1
    while interrupt_at(number):
        number += 1
    assert number > 5
