"""The blocking form: calls from any thread, and a reactor in a thread of its own."""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from peers import ca_file, client_of, config, server_context, trusting

from ami_backends.selectors import Client, connect
from ami_proto import (
    Action,
    ActionCancelled,
    ActionFailed,
    ActionFinished,
    ActionLost,
    ActionTimeout,
    Automatic,
    Backpressure,
    CompletionFailed,
    ConfigError,
    ConnectFailed,
    InvalidAction,
    LoginRefused,
    MisuseError,
    Notice,
    NotReady,
    Reason,
    Sent,
    State,
    StateChanged,
    Tls,
    Verdict,
)
from conformance.leaks import eventually, nothing_left
from conformance.peer import HOST, PATIENCE, Line, Peer, honest, silent, silent_after_login
from conformance.server import LoopbackServer

__all__ = ["ca_file", "nothing_left"]


@contextmanager
def alarm_raising(error: type[BaseException], delay: float) -> Iterator[None]:
    """Interrupt the main thread as Ctrl-C does, after so many seconds."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise error

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, delay)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# -- against the mock


@pytest.mark.parametrize("auth", ["md5", "plain"])
def test_the_main_job(mock_server: LoopbackServer, auth: str) -> None:
    """R-AUTH-01, R-CORR-02: log in, ask, list, call, listen, leave."""
    with client_of(mock_server.port, auth=auth) as pbx, pbx.events("UserEvent", "DialEnd", "Hangup") as heard:
        assert pbx.state.sending
        assert pbx.send("Ping")["Ping"] == "Pong"
        uptime = pbx.send("Command", Command="core show uptime").output
        assert uptime is not None
        assert uptime[0].startswith("System uptime:")
        listed = pbx.send(Action("CoreShowChannels"))
        assert listed.complete is not None
        assert listed.complete["ListItems"] == str(len(listed.events))
        called = pbx.send("Originate", Channel="Local/1000@default", Application="Wait", Data="1", Async=True)
        assert called.events[0].name == "OriginateResponse"
        pbx.send("UserEvent", {"UserEvent": "Hello", "Text": "héllo: ☎"})
        event = heard.get(PATIENCE)
        while event.name != "UserEvent":
            event = heard.get(PATIENCE)
        assert event["Text"] == "héllo: ☎"
    assert pbx.state is State.CLOSED


def test_a_refused_action_raises_with_the_servers_words(mock_server: LoopbackServer) -> None:
    """R-CORR-03."""
    with client_of(mock_server.port) as pbx:
        with pytest.raises(ActionFailed, match="Invalid/unknown command: NoSuch") as caught:
            pbx.send("NoSuch")
        assert caught.value.reply["Response"] == "Error"
        with pytest.raises(ActionFailed) as caught:
            pbx.send("Command", Command="nosuch command")
        output = caught.value.reply.output
        assert output is not None
        assert output[0].startswith("No such command")


def test_tls(ca_file: str) -> None:
    """R-AUTH-05: the name is resolved, and verified."""
    with Peer(honest, context=server_context("localhost")) as peer:
        options = {"username": "a", "secret": "b", "auth": "plain"}
        with connect("localhost", peer.port, tls=trusting(ca_file), **options) as pbx:  # type: ignore[arg-type]
            assert pbx.send("Ping")["Ping"] == "Pong"


# -- connecting


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


def test_the_first_attempt_that_fails_raises() -> None:
    """R-LIFE-04: at once."""
    with Peer(honest) as peer:
        peer.stop_listening()
        begun = time.monotonic()
        with pytest.raises(ConnectFailed, match=r"^server '127\.0\.0\.1:\d+': connection refused$") as caught:
            client_of(peer.port)
    assert caught.value.cause.reason is Reason.REFUSED
    assert time.monotonic() - begun < 2.0


def test_retry_keeps_trying() -> None:
    attempts: list[Notice] = []

    def hang_up(line: Line) -> None:
        """Not even a banner."""

    with Peer(hang_up, hang_up, hang_up, honest) as peer:
        with client_of(peer.port, retry=True, on_notice=attempts.append) as pbx:
            assert pbx.send("Ping")["Ping"] == "Pong"
        assert peer.accepted == 4


def test_a_wait_for_a_server_that_is_not_there_can_be_interrupted() -> None:
    with Peer(honest) as peer:
        peer.stop_listening()
        with alarm_raising(KeyboardInterrupt, 0.1), pytest.raises(KeyboardInterrupt):
            client_of(peer.port, retry=True)


def test_a_wrong_password_is_refused_for_good(mock_server: LoopbackServer) -> None:
    """R-AUTH-03: and neither the error nor its context shows the secret."""
    with pytest.raises(LoginRefused, match=r"login refused: Authentication failed$") as caught:
        connect(HOST, mock_server.port, username="admin", secret="not-the-secret")
    assert "not-the-secret" not in repr(caught.value) + str(caught.value.__dict__)
    assert mock_server.accepted == 1


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
        ({"nosuch": 1}, "nosuch = 1: unknown option"),
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


# -- sending


def test_what_cannot_be_sent_raises_at_once_and_leaves_no_trace() -> None:
    """R-ACT-02, R-LIFE-03."""
    heard: list[dict[str, str]] = []

    def record(line: Line) -> None:
        line.welcome()
        while True:
            action = line.hear()
            heard.append(action)
            line.answer(action, "Goodbye" if action["Action"] == "Logoff" else "Success")

    with Peer(record) as peer, client_of(peer.port) as pbx:
        for headers in (
            {"A": "x\r\nAction: Logoff"},
            {"A": "x\ny"},
            {"A\r\n": "x"},
            {"A": "\0"},
            {"ActionID": "1"},
        ):
            with pytest.raises(InvalidAction):
                pbx.send("Ping", headers)
        with pytest.raises(InvalidAction, match="use stop"):
            pbx.send("Logoff")
        with pytest.raises(MisuseError, match="unknown option 'channel'"):
            pbx.send("Ping", channel="x")
        with pytest.raises(ConfigError, match="timeout = 0"):
            pbx.send("Ping", timeout=0)
        pbx.send("Last")
    assert [action["Action"] for action in heard] == ["Last", "Logoff"]


def test_an_action_times_out_alone() -> None:
    """R-CORR-06."""

    def forget(line: Line) -> None:
        line.welcome()
        line.hear()
        line.serve()

    with Peer(forget) as peer, client_of(peer.port) as pbx:
        with pytest.raises(ActionTimeout) as caught:
            pbx.send("Ping", timeout=0.05)
        assert isinstance(caught.value, TimeoutError)
        assert caught.value.sent is Sent.FULLY
        assert pbx.send("Ping")["Ping"] == "Pong"


def test_beyond_the_most_there_may_be_only_the_offender_is_refused() -> None:
    """R-CORR-05."""

    def hold(line: Line) -> None:
        line.welcome()
        first = line.hear()
        go.wait(PATIENCE)
        line.answer(first)
        line.serve()

    go = threading.Event()
    with (
        Peer(hold) as peer,
        client_of(peer.port, max_pending_actions=1) as pbx,
        ThreadPoolExecutor(1) as pool,
    ):
        held = pool.submit(pbx.send, "Held")
        assert eventually(lambda: pbx.snapshot().actions_pending == 1)
        with pytest.raises(Backpressure):
            pbx.send("Ping")
        go.set()
        held.result(PATIENCE)
        assert pbx.send("Ping")["Ping"] == "Pong"


def test_a_lost_line_ends_what_was_pending_and_the_next_takes_what_waits() -> None:
    """R-CORR-07, R-LIFE-03."""

    def leave(line: Line) -> None:
        line.welcome()
        line.hear()

    with Peer(leave, honest) as peer, client_of(peer.port, reconnect_min=0.2, reconnect_max=0.2) as pbx:
        with pytest.raises(ActionLost, match="connection lost: closed by the server") as caught:
            pbx.send("Ping")
        assert caught.value.sent is Sent.FULLY
        with pytest.raises(NotReady):
            pbx.send("Ping")
        assert pbx.send("Ping", wait=True)["Ping"] == "Pong"
        assert peer.accepted == 2


def test_sending_from_many_threads_at_once() -> None:
    """R-DRIVER-06: each thread gets its own answers."""

    def echo(line: Line) -> None:
        line.welcome()
        while (action := line.hear())["Action"] != "Logoff":
            line.answer(action, "Success", f"Number: {action['Number']}")
        line.answer(action, "Goodbye")

    with Peer(echo) as peer, client_of(peer.port) as pbx, ThreadPoolExecutor(32) as pool:

        def ask(number: int) -> bool:
            return all(
                pbx.send("Echo", Number=number * 1000 + each)["Number"] == str(number * 1000 + each)
                for each in range(50)
            )

        assert all(pool.map(ask, range(32)))
        assert pbx.snapshot().actions_pending == 0


def test_ctrl_c_during_send_cancels_that_action_only() -> None:
    """R-DRIVER-03: the other thread's action goes on, and the client too."""
    outcomes: list[Notice] = []

    def hold(line: Line) -> None:
        line.welcome()
        held = [line.hear(), line.hear()]
        go.wait(PATIENCE)
        for action in held:
            line.answer(action)
        line.serve()

    go = threading.Event()
    with (
        Peer(hold) as peer,
        client_of(peer.port, on_notice=outcomes.append) as pbx,
        ThreadPoolExecutor(1) as pool,
    ):
        other = pool.submit(pbx.send, "Other")
        assert eventually(lambda: pbx.snapshot().actions_pending == 1)
        with alarm_raising(KeyboardInterrupt, 0.1), pytest.raises(KeyboardInterrupt):
            pbx.send("Mine")
        assert eventually(lambda: pbx.snapshot().actions_pending == 1)
        go.set()
        other.result(PATIENCE)
        assert pbx.send("Ping")["Ping"] == "Pong"
        ended = {
            each.ticket.action_name: each.outcome.error
            for each in outcomes
            if isinstance(each, ActionFinished)
        }
    assert isinstance(ended["Mine"], ActionCancelled)
    assert ended["Other"] is None


def test_a_strategy_that_raises_fails_its_action_only() -> None:
    """R-CORR-11."""

    class Broken(Automatic):
        def judge(self, progress: object, message: object) -> Verdict:
            raise ZeroDivisionError

    with Peer(honest) as peer, client_of(peer.port) as pbx:
        with pytest.raises(CompletionFailed) as caught:
            pbx.send("Ping", completion=Broken())
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        assert pbx.send("Ping")["Ping"] == "Pong"


# -- listeners


def test_a_listener_that_raises_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """R-DRIVER-04."""

    def listen(notice: Notice) -> None:
        raise RuntimeError("the listener's own affair")

    with Peer(honest) as peer, client_of(peer.port, on_notice=listen) as pbx:
        assert pbx.send("Ping")["Ping"] == "Pong"
    assert {record.levelno for record in caplog.records} == {logging.ERROR}


def test_a_blocking_call_from_a_listener_raises_and_does_not_hang() -> None:
    """R-DRIVER-06: it would wait for itself."""
    errors: list[object] = []

    def listen(notice: Notice) -> None:
        if isinstance(notice, ActionFinished):
            calls: list[Callable[[], object]] = [
                lambda: pbx.send("Ping"),
                pbx.snapshot,
                pbx.events,
                heard.get,
                heard.close,
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
        assert eventually(lambda: len(errors) == 6)
        assert set(errors) == {"a blocking call from a notice listener would wait for itself"}
        assert pbx.send("Last")["Ping"] == "Pong"


# -- closing


def test_close_logs_off_and_waits_for_goodbye() -> None:
    """R-LIFE-05."""
    heard: list[str] = []

    def record(line: Line) -> None:
        line.welcome()
        action = line.hear()
        heard.append(action["Action"])
        line.answer(action, "Goodbye")
        line.wait_closed()
        heard.append("closed")

    with Peer(record) as peer:
        pbx = client_of(peer.port, close_grace=5.0)
        begun = time.monotonic()
        pbx.close()
        assert time.monotonic() - begun < 2.0
        assert not any(thread.name.startswith("ami-") for thread in threading.enumerate())
        assert eventually(lambda: heard == ["Logoff", "closed"])


@pytest.mark.parametrize("grace", [0.0, 0.05])
def test_close_waits_no_longer_than_the_grace(grace: float) -> None:
    """R-LIFE-05."""
    with Peer(silent_after_login) as peer:
        pbx = client_of(peer.port, close_grace=30.0)
        begun = time.monotonic()
        pbx.close(grace=grace)
        assert grace <= time.monotonic() - begun < 2.0


def test_a_wrong_grace_raises_and_closes_nothing() -> None:
    with Peer(honest) as peer, client_of(peer.port) as pbx:
        with pytest.raises(ConfigError, match="grace = -1"):
            pbx.close(grace=-1)
        assert pbx.send("Ping")["Ping"] == "Pong"


def test_close_twice_and_from_many_threads() -> None:
    """R-LIFE-05: idempotent."""
    with Peer(honest) as peer:
        pbx = client_of(peer.port)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: pbx.close(), range(8)))
        pbx.close()


def test_a_closed_client_says_so() -> None:
    with Peer(honest) as peer:
        pbx = client_of(peer.port)
        heard = pbx.events()
        pbx.close()
        for _ in range(3):
            with pytest.raises(NotReady, match="is closed, not ready for actions"):
                pbx.send("Ping")
        with pytest.raises(NotReady, match="is closed"):
            pbx.events()
        assert list(heard) == []
        heard.close()
        assert pbx.snapshot().state is State.CLOSED


def test_an_action_in_flight_may_finish_during_the_grace() -> None:
    def late(line: Line) -> None:
        line.welcome()
        held = line.hear()
        logoff = line.hear()
        line.answer(held)
        line.answer(logoff, "Goodbye")

    with Peer(late) as peer, ThreadPoolExecutor(1) as pool:
        pbx = client_of(peer.port, close_grace=5.0)
        held = pool.submit(pbx.send, "Held")
        assert eventually(lambda: pbx.snapshot().actions_pending == 1)
        pbx.close()
        assert held.result(PATIENCE)["Response"] == "Success"


def test_an_action_that_does_not_finish_is_lost_and_its_thread_goes_on() -> None:
    """R-CORR-07: nobody waits for ever."""
    with Peer(silent_after_login) as peer, ThreadPoolExecutor(1) as pool:
        pbx = client_of(peer.port)
        held = pool.submit(pbx.send, "Held")
        assert eventually(lambda: pbx.snapshot().actions_pending == 1)
        pbx.close(grace=0.01)
        with pytest.raises(ActionLost, match="stopped"):
            held.result(PATIENCE)


@pytest.mark.parametrize("reconnect", [True, False])
def test_a_client_that_gave_up_says_why_each_time(reconnect: bool) -> None:
    """The same words for every call, and no longer traceback for each."""

    def leave(line: Line) -> None:
        line.welcome()
        line.hear()

    with Peer(leave, honest) as peer, client_of(peer.port, reconnect=reconnect) as pbx:
        with pytest.raises(ActionLost):
            pbx.send("Ping")
        if reconnect:
            assert pbx.send("Ping", wait=True)["Ping"] == "Pong"
            return
        lengths = set()
        assert eventually(lambda: pbx.state is State.CLOSED)
        pbx._runner.join(PATIENCE)
        for _ in range(3):
            with pytest.raises(ConnectFailed, match="closed by the server") as caught:
                pbx.send("Ping")
            lengths.add(len(caught.traceback))
        assert len(lengths) == 1
        assert pbx.snapshot().state is State.CLOSED


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


def test_many_clients_leave_nothing_behind() -> None:
    """No thread and no descriptor: `nothing_left` looks."""
    with Peer(honest) as peer:
        for _ in range(20):
            with client_of(peer.port) as pbx, pbx.events():
                pbx.send("Ping")
        for _ in range(5):
            with pytest.raises(ConnectFailed):
                client_of(peer.port, tls=Tls(verify=False), connect_timeout=0.05)


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
