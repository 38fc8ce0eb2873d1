"""The blocking client: cases that only threads have. The others are in `conformance/suite`."""

import errno
import os
import signal
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from ami_backends.selectors import Client, Reactor, connect, connect_machine
from ami_proto import (
    ActionFinished,
    ConfigError,
    ConnectFailed,
    Connection,
    ConnectTimeout,
    MisuseError,
    Notice,
    NotReady,
    Reason,
    State,
    StateChanged,
    Tls,
)
from conformance.laws.peer import (
    HOST,
    PATIENCE,
    Peer,
    closed_port,
    echoing,
    honest,
    silent,
    silent_after_login,
    speaking,
)
from conformance.laws.playbook import BANNER  # fmt: skip
from conformance.suite.leaks import eventually, nothing_left
from tests.peers import client_of, config

__all__ = ["nothing_left"]


@pytest.mark.parametrize("host", ["localhost", HOST])
def test_names_are_resolved_off_the_loop(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-CONF-03, invariant 2: only addresses are looked up in the reactor's thread."""
    asked: list[tuple[str, int, bool]] = []
    real = socket.getaddrinfo

    def look_up(host: str, port: int, **rest: int) -> object:
        asked.append((host, rest["flags"], threading.current_thread().name.startswith("ami-resolve")))
        return real(host, port, **rest)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with Peer(honest) as peer:
        pbx = connect(host, peer.port, username="a", secret="b", auth="plain")
        pbx.close()
    assert asked[0] == (host, socket.AI_NUMERICHOST, False)
    assert asked[1:] == ([(host, 0, True)] if host == "localhost" else [])


def test_a_login_without_an_answer_times_out() -> None:
    """R-AUTH-02: in two seconds at least, since Asterisk sleeps one before it refuses."""
    with Peer(speaking(BANNER)) as peer, pytest.raises(ConnectFailed) as failed:
        client_of(peer.port, login_timeout=2.0)
    assert failed.value.cause.reason is Reason.LOGIN_TIMEOUT


def test_wait_ready_has_a_timeout() -> None:
    with Peer(silent) as peer:
        client = Client(config(peer.port))
        client.start(wait=False)
        with pytest.raises(TimeoutError):
            client.wait_ready(0.02)
        client.close()
        with pytest.raises(ConnectFailed, match="stopped"):
            client.wait_ready(0.02)


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"heartbeat_interval": -1.0}, "heartbeat_interval = -1.0: must be between"),
        ({"read_timeout": 1.0}, "read_timeout = 1.0: must be above"),
        ({"nosuch": 1}, "unknown key"),
        ({"key": ""}, "key: must not be blank"),
        ({"tls": Tls(ca_file="/nonexistent/ca.pem")}, "ca_file: cannot be read as PEM"),
        ({"tls": Tls(ca_file=__file__)}, "ca_file: cannot be read as PEM"),
        ({"tls": Tls(verify=False, server_name="a..b")}, "server_name: is not a host name"),
    ],
)
def test_a_wrong_option_raises_before_anything_begins(wrong: dict[str, object], rule: str) -> None:
    """R-CONF-01."""
    with pytest.raises(ConfigError, match=rule):
        client_of(5038, **wrong)


def test_sending_from_many_threads_at_once() -> None:
    """R-DRIVER-06: each thread gets its own answers."""
    with Peer(echoing) as peer, client_of(peer.port) as pbx, ThreadPoolExecutor(32) as pool:

        def ask(number: int) -> bool:
            return all(
                pbx.send("Echo", Number=number * 1000 + each)["Number"] == str(number * 1000 + each)
                for each in range(50)
            )

        assert all(pool.map(ask, range(32)))
        assert pbx.snapshot().actions_pending == 0


def test_a_blocking_call_from_a_listener_raises_and_does_not_hang() -> None:
    """R-DRIVER-06: it would wait for itself."""
    errors: list[object] = []

    def listen(notice: Notice) -> None:
        if isinstance(notice, ActionFinished):
            calls: list[Callable[[], object]] = [
                lambda: pbx.send("Ping"),
                pbx.wait_ready,
                events.get,
                lambda: next(events),
                pbx.close,
            ]
            for call in calls:
                try:
                    errors.append(call())
                except MisuseError as error:
                    errors.append(str(error))

    with Peer(honest) as peer, client_of(peer.port, on_notice=listen) as pbx:
        events = pbx.events()
        pbx.send("Ping")
        assert eventually(lambda: len(errors) == 5)
        assert set(errors) == {"a blocking call from a notice listener would wait for itself"}
        assert pbx.send("Last")["Ping"] == "Pong"


class Faulty(Connection):
    """A machine with a bug, once `broken` is set."""

    broken = False

    def handle_timeout(self, now: float) -> None:
        if self.broken:
            raise ZeroDivisionError("a bug")
        super().handle_timeout(now)


def test_a_bug_wakes_every_caller() -> None:
    """The exception that ends the reactor's thread is raised in the calls that wait."""
    with Peer(silent_after_login) as peer, ThreadPoolExecutor(2) as pool:
        machine = Faulty(config(peer.port), seed=1)
        pbx = connect_machine(machine)
        events = pbx.events()
        waits: list[Future[Any]] = [pool.submit(pbx.send, "Ping"), pool.submit(events.get)]
        assert eventually(lambda: pbx.snapshot().actions_pending == 1)
        machine.broken = True
        pbx.snapshot()  # a round, now
        for wait in waits:
            assert isinstance(wait.exception(PATIENCE), ZeroDivisionError)
        with pytest.raises(ZeroDivisionError):
            pbx.send("Ping")
        # Nothing drives the machine any more, whatever state it was left in.
        assert machine.state is State.READY
        assert (pbx.state, pbx.snapshot().state) == (State.CLOSED, State.CLOSED)
        pbx.close()


def test_a_call_that_comes_while_the_client_ends_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is posted after the last round, and made as the last call."""

    def listen(notice: Notice) -> None:
        if isinstance(notice, StateChanged) and notice.new is State.CLOSED:
            monkeypatch.setattr(Reactor, "call_soon", call_soon)
            ending.set()
            posted.wait(PATIENCE)

    def call_soon(reactor: Reactor, function: Callable[[], None]) -> None:
        real(reactor, function)
        posted.set()

    real = Reactor.call_soon
    ending, posted = threading.Event(), threading.Event()
    with Peer(honest) as peer, ThreadPoolExecutor(2) as pool:
        pbx = client_of(peer.port, on_notice=listen)
        closing = pool.submit(pbx.close)
        assert ending.wait(PATIENCE)
        late = pool.submit(pbx.send, "Ping", wait=True)
        assert isinstance(late.exception(PATIENCE), NotReady)
        closing.result(PATIENCE)


def test_a_client_does_not_survive_a_fork() -> None:
    """In the child every call is refused, and leaving the `with` touches nothing of the parent's."""
    with Peer(honest) as peer, client_of(peer.port) as pbx:
        child = os.fork()
        if child == 0:
            try:
                with pytest.raises(MisuseError, match="does not survive a fork"):
                    pbx.send("Ping", timeout=1)
                pbx.close()
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        assert pbx.send("Ping")["Ping"] == "Pong"
        assert peer.accepted == 1


def test_nobody_waits_for_ready_in_the_child_of_a_fork() -> None:
    """R-DRIVER-06: nothing would end the wait there."""
    client = Client(config(closed_port(), reconnect_min=30.0, reconnect_max=30.0))
    with client.running(wait=False):
        child = os.fork()
        if child == 0:
            try:
                with pytest.raises(MisuseError, match="does not survive a fork"):
                    client.wait_ready(PATIENCE)
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0


def test_wait_ready_names_the_last_cause() -> None:
    """R-AUTH-08: of a client that is still trying; it goes on trying."""
    port = closed_port()
    client = Client(config(port, reconnect_min=30.0, reconnect_max=30.0))
    client.start(wait=False)
    try:
        for _ in range(2):
            with pytest.raises(ConnectTimeout, match=r"not ready within 0\.1 s, now disconnected; .*refused"):
                client.wait_ready(0.1)
        with pytest.raises(ConnectTimeout):
            client.wait_ready(-1)
    finally:
        client.close()
    with pytest.raises(ConnectFailed, match="stopped: before it was ready; last cause: connection refused"):
        client.wait_ready(0.1)


def test_a_system_without_threads_is_an_error_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-AUTH-08: as one without descriptors; nothing is left open."""

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(ConnectFailed, match="network error: can't start new thread"):
        connect("127.0.0.1", 5038, username="u", secret="s", stop_on=[signal.SIGUSR1])
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL


def test_an_os_error_of_the_reactor_is_an_error_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-AUTH-08: wherever the driver meets it."""

    def fail(_: Reactor, timeout: float | None = None) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(Reactor, "run_once", fail)
    with pytest.raises(ConnectFailed, match="network error: Cannot allocate memory") as failed:
        connect("127.0.0.1", 5038, username="u", secret="s")
    assert isinstance(failed.value.__cause__, OSError)
