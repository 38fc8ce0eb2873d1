"""A reactor starts, stops from every state, and leaves no socket or timer."""

import gc
import socket
import threading
import time

import pytest

from ami_backends.sessions.resolve import resolve_numeric
from ami_backends.sessions.session_io import SessionIO
from ami_proto import Fault, FaultSeen, State, StateChanged
from conformance.laws.peer import PATIENCE, Peer, PeerConnection, black_hole, honest
from conformance.suite.leaks import nothing_left
from tests.peers import Owner

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
    """R-LIFE-05: no socket of the session is left."""

    def stall(line: PeerConnection) -> None:
        if state is State.AUTHENTICATING:
            line.send(b"Asterisk Call Manager/1\r\n")
        if state in (State.READY, State.CLOSING):
            line.accept_login()
        line.wait_closed()

    def never(host: str, port: int, deliver: object) -> None:
        """Look up for ever: the state stays CONNECTING."""

    resolver = never if state is State.CONNECTING else resolve_numeric
    with Peer(stall) as peer, Owner(peer.port, close_grace=0.01, resolver=resolver) as owner:
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
        assert not owner.sockets()
        assert live_sessions() == 0


def test_a_dial_that_gets_no_answer_ends_at_once() -> None:
    with black_hole() as port, Owner(port) as owner:
        owner.until(lambda: owner.machine.state is State.CONNECTING)
        owner.reactor.poll()
        owner.machine.stop(time.monotonic())
        owner.until(lambda: owner.machine.stopped, 1.0)
        assert not owner.sockets()
        assert live_sessions() == 0


def live_sessions() -> int:
    """Count the sessions that any reactor of this process still refers to."""
    gc.collect()
    return sum(isinstance(each, SessionIO) for each in gc.get_objects())


def test_close_at_once_closes_every_socket() -> None:
    with Peer(honest) as peer, Owner(peer.port) as owner:
        sock = owner.until_ready().socket()
        owner.reactor.close()
        assert sock.fileno() == -1
        owner.reactor.call_soon(lambda: None)  # from a thread that does not know yet: no error


def test_a_logoff_that_was_not_sent_is_reported() -> None:
    """R-LIFE-05."""

    def deaf(line: PeerConnection) -> None:
        line.accept_login()
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
