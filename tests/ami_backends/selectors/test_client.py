"""The blocking form: what concerns its threads alone. The rest is in `conformance/suite`."""

import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from peers import client_of, config

from ami_backends.selectors import Client, connect
from ami_proto import (
    ActionFinished,
    ConfigError,
    ConnectFailed,
    MisuseError,
    Notice,
    NotReady,
    State,
    StateChanged,
    Tls,
)
from conformance.leaks import eventually, nothing_left
from conformance.peer import HOST, PATIENCE, Peer, echoing, honest, silent, silent_after_login

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


def test_ready_can_be_awaited_for_so_long() -> None:
    with Peer(silent) as peer:
        client = Client(config(peer.port))
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
        ({"nosuch": 1}, "nosuch = '...': unknown option"),
        ({"key": ""}, "key = '': must not be blank"),
        ({"tls": Tls(ca_file="/nonexistent/ca.pem")}, "ca_file = .*: cannot be read as PEM"),
        ({"tls": Tls(ca_file=__file__)}, "ca_file = .*: cannot be read as PEM"),
        ({"tls": Tls(verify=False, server_name="a..b")}, "server_name = 'a..b': is no host name"),
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
                heard.get,
                lambda: next(heard),
                pbx.close,
            ]
            for call in calls:
                try:
                    errors.append(call())
                except MisuseError as error:
                    errors.append(str(error))

    with Peer(honest) as peer, client_of(peer.port, on_notice=listen) as pbx:
        heard = pbx.events()
        pbx.send("Ping")
        assert eventually(lambda: len(errors) == 5)
        assert set(errors) == {"a blocking call from a notice listener would wait for itself"}
        assert pbx.send("Last")["Ping"] == "Pong"


def test_a_bug_leaves_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends the reactor's thread is raised where somebody waits."""
    with Peer(silent_after_login) as peer, ThreadPoolExecutor(2) as pool:
        pbx = client_of(peer.port)
        heard = pbx.events()
        waits: list[Future[Any]] = [pool.submit(pbx.send, "Ping"), pool.submit(heard.get)]
        assert eventually(lambda: pbx.snapshot().actions_pending == 1)

        def fail(now: float) -> None:
            raise ZeroDivisionError("a bug")

        monkeypatch.setattr(pbx._machine, "handle_timeout", fail)
        pbx._runner.reactor.call_soon(lambda: None)  # a round, now
        for wait in waits:
            assert isinstance(wait.exception(PATIENCE), ZeroDivisionError)
        with pytest.raises(ZeroDivisionError):
            pbx.send("Ping")
        pbx.close()


def test_a_call_that_comes_while_the_client_ends_is_answered() -> None:
    """Its letter is the last one read."""

    def listen(notice: Notice) -> None:
        if isinstance(notice, StateChanged) and notice.new is State.CLOSED:
            ending.set()
            eventually(lambda: pbx._runner.reactor._mail)

    ending = threading.Event()
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
