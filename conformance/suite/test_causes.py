"""Why there is no connection: every error names the last cause (R-AUTH-08), and the driver's log says it."""

import logging
import os
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ami_backends.telemetry import Telemetry
from ami_proto import (
    ActionTimeout,
    AmiError,
    Backpressure,
    ConfigError,
    ConnectFailed,
    ConnectTimeout,
    LoginRefused,
    MessageTimeout,
    Notice,
    NotReady,
    Reason,
    State,
)
from ami_proto.completion import Automatic
from conformance.laws.peer import (
    PATIENCE,
    Peer,
    PeerConnection,
    PeerFactory,
    black_hole,
    closed_port,
    event,
    honest,
)
from conformance.mock import LoopbackServer
from conformance.suite.backends import SuiteBackend
from conformance.suite.failures import connect_fails

LATER = {"reconnect_min": 30.0, "reconnect_max": 30.0}
"""Options with which a lost connection stays lost for as long as a test looks."""


def leaving(connection: PeerConnection) -> None:
    """Welcome the client and answer its first action, then close."""
    connection.accept_login()
    connection.answer(connection.read_action(), "Success", "Ping: Pong")


def refusing(connection: PeerConnection) -> None:
    """Refuse the login."""
    connection.send(b"Asterisk Call Manager/9.0.0\r\n")
    connection.answer(connection.read_action(), "Error", "Message: Authentication failed")
    connection.wait_closed()


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the driver warned of, without the server's name."""
    return [
        record.getMessage().partition(": ")[2]
        for record in caplog.records
        if record.name == "ami_backends" and record.levelno >= logging.WARNING
    ]


# -- connect


@pytest.mark.parametrize("options", [{}, {"retry": True}])
async def test_connect_raises_after_its_timeout(backend: SuiteBackend, options: dict[str, Any]) -> None:
    """R-AUTH-08: `connect(timeout=...)` bounds all attempts; the error names the cause of the last."""
    begun = time.monotonic()
    with black_hole() as port, connect_fails(f"127.0.0.1:{port}") as failed:
        async with backend.connect(port, timeout=0.2, **options):
            pass
    assert 0.2 <= time.monotonic() - begun < PATIENCE / 2
    assert isinstance(failed.value, ConnectTimeout)
    assert isinstance(failed.value, TimeoutError)
    assert str(failed.value).endswith("connect timed out: not ready within 0.2 s, still connecting")


async def test_the_last_cause_is_in_the_error_of_a_timeout(backend: SuiteBackend) -> None:
    """R-AUTH-08: a refused port, and a black hole that is dialled again and again."""
    port = closed_port()
    with connect_fails(f"127.0.0.1:{port}") as failed:
        async with backend.connect(port, retry=True, timeout=0.2):
            pass
    assert isinstance(failed.value, ConnectTimeout)
    assert failed.value.cause.reason is Reason.REFUSED
    assert str(failed.value).endswith("; last cause: connection refused")
    with black_hole() as port, pytest.raises(ConnectTimeout, match=r"no connection within 0\.05 s"):
        async with backend.connect(port, retry=True, timeout=0.3, connect_timeout=0.05):
            pass


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), "5"])
async def test_a_timeout_of_connect_is_a_number_of_seconds(backend: SuiteBackend, timeout: Any) -> None:
    """R-CONF-01: refused before anything is opened."""
    with pytest.raises(ConfigError, match="must be above 0 and at most 2e\\+06 seconds"):
        async with backend.connect(5038, timeout=timeout):
            pass


async def test_a_connection_in_time_is_as_usual(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-AUTH-08: the timeout is for the first READY only."""
    async with backend.connect(start_peer(honest).port, timeout=PATIENCE) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        await pbx.wait_ready(0.001)


async def test_a_wrong_secret_raises_with_retry_too(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-AUTH-08: it would be wrong the next time as well; one attempt, and its words."""
    peer = start_peer(refusing)
    with connect_fails(f"127.0.0.1:{peer.port}") as failed:
        async with backend.connect(peer.port, auth="plain", retry=True):
            pass
    assert isinstance(failed.value, LoginRefused)
    assert failed.value.cause.detail == "Authentication failed"
    assert peer.accepted == 1


async def test_a_wrong_secret_is_tried_again_on_request(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-AUTH-08: and then the timeout names it."""
    peer = start_peer(refusing)
    with connect_fails(f"127.0.0.1:{peer.port}") as failed:
        async with backend.connect(peer.port, auth="plain", retry=True, retry_refused=True, timeout=0.5):
            pass
    assert isinstance(failed.value, ConnectTimeout)
    assert failed.value.cause.reason is Reason.LOGIN_REFUSED
    assert peer.accepted > 1


# -- calls while there is no connection


@pytest.mark.parametrize("options", [{}, {"retry": True}])
async def test_calls_on_a_lost_connection_name_the_cause(
    backend: SuiteBackend, start_peer: PeerFactory, options: dict[str, Any]
) -> None:
    """R-AUTH-08: `send`, `send(wait=True)` whose action never left, and `get` with a timeout."""
    async with backend.connect(start_peer(leaving).port, **LATER, **options) as pbx:
        events = pbx.events("Never")
        with pytest.raises(MessageTimeout, match=r"^no message within 0\.01 s$"):
            await events.get(0.01)
        await pbx.send("Ping")
        assert await backend.eventually(lambda: pbx.state is State.DISCONNECTED)
        with pytest.raises(NotReady, match=r"is disconnected, .*; last cause: closed by the server") as lost:
            await pbx.send("Ping")
        assert lost.value.cause is not None
        assert lost.value.cause.reason is Reason.EOF
        with pytest.raises(ActionTimeout, match=r"not sent, .*; last cause: closed by the server") as late:
            await pbx.send("Ping", wait=True, timeout=0.05)
        assert late.value.sent.retryable
        with pytest.raises(MessageTimeout, match="is disconnected; last cause: closed by the server") as none:
            await events.get(0.05)
        assert isinstance(none.value, TimeoutError)
    with pytest.raises(NotReady, match="is closed, not ready for actions; last cause: stopped"):
        await pbx.send("Ping")


# -- the log


async def test_the_log_says_what_happens_to_a_connection(
    backend: SuiteBackend, start_peer: PeerFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """R-AUTH-08: lost, and back again; without Telemetry, and with its fields (R-OBS-02)."""
    caplog.set_level(logging.INFO, "ami_backends")
    async with backend.connect(start_peer(leaving, honest).port) as pbx:
        await pbx.send("Ping")
        assert await backend.eventually(lambda: "ready again" in caplog.text)
    (lost,) = warnings_of(caplog)
    assert lost.startswith("connection lost: closed by the server; retrying in 0.0")
    record: Any = next(each for each in caplog.records if each.levelno == logging.WARNING)
    assert (record.server_key, record.action_id, record.queue_depth) == (f"127.0.0.1:{record.port}", None, 0)
    assert (record.attempt, record.reason) == (2, "closed by the server")


async def test_the_log_says_a_cause_once_until_it_changes(
    backend: SuiteBackend, start_peer: PeerFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """R-AUTH-08: a server that is away for hours costs a line, not thousands."""
    peer = start_peer(leaving, refusing)
    async with backend.connect(peer.port, auth="plain") as pbx:
        await pbx.send("Ping")
        assert await backend.eventually(lambda: peer.accepted >= 4)
        peer.stop_listening()
        assert await backend.eventually(lambda: pbx.snapshot().connect_failures >= 12)
    said = [line.partition("; retrying")[0] for line in warnings_of(caplog)]
    assert said == [
        "connection lost: closed by the server",
        "no connection: login refused: Authentication failed",
        "no connection: connection refused",
    ]


async def test_the_log_says_why_a_client_gave_up(
    backend: SuiteBackend, start_peer: PeerFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """R-AUTH-08: before the first READY, and after it."""
    with pytest.raises(LoginRefused):
        async with backend.connect(start_peer(refusing).port, auth="plain"):
            pass
    async with backend.connect(start_peer(leaving).port, reconnect=False) as pbx:
        await pbx.send("Ping")
        with pytest.raises(ConnectFailed):
            async for _ in pbx.events():
                pass
    assert warnings_of(caplog) == [
        "no connection: login refused: Authentication failed; given up",
        "connection lost: closed by the server; given up",
    ]


async def test_telemetry_takes_the_place_of_the_log(
    backend: SuiteBackend, start_peer: PeerFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """R-AUTH-08: nothing is said twice."""
    notices: list[Notice] = []
    async with backend.connect(start_peer(leaving, honest).port, on_notice=Telemetry(notices.append)) as pbx:
        await pbx.send("Ping")
        assert await backend.eventually(lambda: sum("READY" in str(each) for each in notices) > 2)
    assert warnings_of(caplog) == []
    assert "disconnected: closed by the server" in caplog.text


async def test_faults_and_drops_are_logged_and_bounded(
    backend: SuiteBackend, start_peer: PeerFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """R-AUTH-08, R-OBS-04: a flood of bad frames is one line at once and one at the end, redacted."""

    def flood(connection: PeerConnection) -> None:
        connection.accept_login()
        action = connection.read_action()
        connection.send(event("Tick") * 10)
        for number in range(50):
            connection.send(f"s3cr3t noise {number}\r\nPassword: abc\r\n\r\n".encode())
            time.sleep(0.001)  # so that they come in many reads
        connection.answer(action, "Success")
        connection.serve()

    async with backend.connect(start_peer(flood).port, max_desyncs=100, drop_report_interval=0.01) as pbx:
        slow = pbx.events("Tick", limit=4)
        await pbx.send("Go")
        assert await backend.eventually(lambda: pbx.snapshot().events_dropped == 6)
        assert slow is not None
    desyncs = [line for line in warnings_of(caplog) if "neither event nor response" in line]
    assert len(desyncs) == 2
    assert sum(int(line.partition("(")[2].partition(")")[0]) for line in desyncs) == 50
    assert "dropped, 6 in total, for the subscription to Tick" in caplog.text
    assert "s3cr3t" not in caplog.text
    assert "abc" not in caplog.text


# -- what was lost or refused is said


async def test_a_reply_that_was_cut_is_a_warning(
    backend: SuiteBackend, mock_server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    """R-FLOW-08: with server, ActionID, strategy and count, although the action succeeded."""
    async with backend.connect(mock_server.port) as pbx:
        reply = await pbx.send("ListCommands")
        whole = await pbx.send("PJSIPShowEndpoints")
        cut = await pbx.send("PJSIPShowEndpoints", completion=Automatic(events_max=1))
    assert (reply.truncated, cut.truncated, len(cut.events)) == (False, True, 1)
    fault, record = (each for each in caplog.records if each.levelno == logging.WARNING)
    assert "a reply with more events than its strategy keeps (1)" in fault.getMessage()
    said: Any = record
    missing = len(whole.events) - 1
    assert (said.server_key, said.strategy) == (f"127.0.0.1:{mock_server.port}", "Automatic")
    assert (said.action_id, said.list_items_dropped) == (cut.response and cut.response.action_id, missing)
    assert f"PJSIPShowEndpoints: its reply is cut: {missing} events" in said.getMessage()


async def test_refusals_for_backpressure_are_counted(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-OBS-05."""

    def holding(connection: PeerConnection) -> None:
        connection.accept_login()
        connection.wait_closed()

    async with backend.connect(start_peer(holding).port, max_pending_actions=1, close_grace=0.0) as pbx:
        first = await backend.spawn(pbx.send, "Ping")
        assert await backend.eventually(lambda: pbx.snapshot().actions_pending == 1)
        for _ in range(3):
            with pytest.raises(Backpressure):
                await pbx.send("Ping")
        assert pbx.snapshot().actions_refused == 3
    with pytest.raises(AmiError):
        await first.result()


class BrokenHandler(logging.Handler):
    """A handler of the application that raises."""

    def emit(self, record: logging.LogRecord) -> None:
        """Raise."""
        raise ValueError("the disk is full")


@contextmanager
def broken_log() -> Iterator[None]:
    """Have every record of the library meet a handler that raises."""
    logger, handler = logging.getLogger("ami_backends"), BrokenHandler()
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


async def test_where_listener_and_log_raise_stderr_is_the_last_resort(
    backend: SuiteBackend, start_peer: PeerFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-OBS-05: one line, however often it happens, without the secret; and both are counted."""

    def listen(notice: Notice) -> None:
        raise RuntimeError("a bug, s3cr3t\x1b[31m")

    with broken_log():
        async with backend.connect(start_peer(honest).port, on_notice=listen) as pbx:
            assert (await pbx.send("Ping"))["Ping"] == "Pong"
            seen = pbx.snapshot()
            assert pbx.listener_errors >= seen.listener_errors > 5
            assert pbx.log_errors >= seen.log_errors > 5
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "bug" in line]
    assert line.startswith("ami_backends: a listener raised on StateChanged: RuntimeError: a bug, ***")
    assert line.endswith("; and the log raised ValueError: the disk is full")
    assert line.isprintable()


# -- a process without descriptors


@contextmanager
def descriptors(more: int) -> Iterator[None]:
    """Let the process open descriptors with so many numbers above the lowest free one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_process_out_of_descriptors_gets_an_error_of_the_library(backend: SuiteBackend) -> None:
    """R-AUTH-08: wherever in `connect` they run out; nothing is left behind."""
    with socket.create_server(("127.0.0.1", 0)) as listener:  # the kernel accepts; a peer would need some too
        port, errors = listener.getsockname()[1], list[Exception]()
        for more in (8, *range(8)):  # the first one imports what is imported late
            try:
                with descriptors(more):
                    async with backend.connect(port, timeout=0.02):
                        pass
            except Exception as error:  # noqa: BLE001 - whatever comes
                errors.append(error)
    assert all(isinstance(error, ConnectFailed) for error in errors), errors
    exhausted = [error for error in errors if "network error: Too many open files" in str(error)]
    assert len(exhausted) >= 2, errors
    assert isinstance(errors[0], ConnectTimeout)


async def test_a_lost_descriptor_limit_while_reconnecting_is_a_cause(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-AUTH-08: the client goes on trying, and is ready again when there are some."""
    peer: Peer = start_peer(leaving, honest)
    async with backend.connect(peer.port, reconnect_min=0.5, reconnect_max=0.5) as pbx:
        await pbx.send("Ping")
        assert await backend.eventually(lambda: pbx.state is State.DISCONNECTED)
        await backend.sleep(0.2)  # the peer closes its socket last, and its number is free then
        with descriptors(0):
            assert await backend.eventually(lambda: "Too many open files" in str(pbx.snapshot().last_cause))
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
