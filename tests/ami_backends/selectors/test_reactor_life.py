"""A reactor's life: it starts, stops from every state, and leaves nothing behind."""

import socket
import threading
import time

import pytest
from peers import Owner

from ami_proto import (
    Fault,
    FaultSeen,
    State,
    StateChanged,
)
from conformance.leaks import nothing_left
from conformance.peer import PATIENCE, Line, Peer, honest

__all__ = ["nothing_left"]


def test_a_life_in_rounds() -> None:
    with Peer(honest) as peer, Owner(peer.port) as owner:
        owner.until_ready()
        assert owner.send("Ping").reply["Ping"] == "Pong"
        owner.machine.stop(time.monotonic())
        owner.until(lambda: owner.machine.stopped)
        steps = [notice.new for notice in owner.notices if isinstance(notice, StateChanged)]
    assert steps == [
        State.DISCONNECTED,
        State.CONNECTING,
        State.CONNECTED,
        State.AUTHENTICATING,
        State.READY,
        State.CLOSING,
        State.CLOSED,
    ]


def test_it_starts_again_after_a_stop() -> None:
    with Peer(honest) as peer, Owner(peer.port) as owner:
        for number in (1, 2, 3):
            owner.until_ready()
            owner.machine.stop(time.monotonic())
            owner.until(lambda: owner.machine.stopped)
            owner.machine.start(time.monotonic())
            assert peer.accepted == number


@pytest.mark.parametrize("state", [each for each in State if each is not State.DEGRADED])
def test_it_stops_from_every_state(state: State) -> None:
    """R-LIFE-05: and nothing of the session is left, whatever its state."""

    def stall(line: Line) -> None:
        if state is State.AUTHENTICATING:
            line.say(b"Asterisk Call Manager/1\r\n")
        if state in (State.READY, State.CLOSING):
            line.welcome()
        line.wait_closed()

    def never(host: str, port: int, deliver: object) -> None:
        """Look up for ever: the state stays CONNECTING."""

    with Peer(stall) as peer, Owner(peer.port, close_grace=0.01) as owner:
        if state is State.CONNECTING:
            owner.reactor._resolver = never
        if state is State.DISCONNECTED:
            peer.stop_listening()
        if state is not State.CLOSED:
            owner.until(lambda: owner.machine.state is (State.READY if state is State.CLOSING else state))
        owner.machine.stop(time.monotonic())
        assert owner.machine.state is (
            State.CLOSING if state.sending or state is State.CLOSING else State.CLOSED
        )
        owner.machine.stop(time.monotonic())
        owner.until(lambda: owner.machine.stopped)
        assert not owner.reactor._lines
        assert len(owner.reactor._selector.get_map()) == 1  # what wakes it


def test_close_at_once_closes_every_socket() -> None:
    with Peer(honest) as peer, Owner(peer.port) as owner:
        sock = owner.until_ready().socket()
        owner.reactor.close()
        assert sock.fileno() == -1
        owner.reactor.call_soon(lambda: None)  # from a thread that does not know yet: no error


def test_a_logoff_that_was_not_sent_is_reported() -> None:
    """R-LIFE-05."""

    def deaf(line: Line) -> None:
        line.welcome()
        go.wait(PATIENCE)

    go = threading.Event()
    with Peer(deaf) as peer, Owner(peer.port) as owner:
        owner.until_ready().socket().setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        for _ in range(5000):
            owner.submit("UserEvent", UserEvent="x" * 900)
        owner.machine.stop(time.monotonic(), grace=0.02)
        owner.until(lambda: owner.machine.stopped)
        faults = [notice.fault for notice in owner.notices if isinstance(notice, FaultSeen)]
        go.set()
    assert faults == [Fault.LOGOFF_UNSENT]
    assert len(owner.outcomes) == 5000
