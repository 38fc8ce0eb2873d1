"""A client's life from connect to close, alone and beside others."""

from collections.abc import Callable
from typing import Any

import pytest

from ami_proto import ConnectFailed, Notice, NotReady, Reason, State, StateChanged
from conformance.laws.peer import PATIENCE, PeerConnection, PeerFactory, honest, recording
from conformance.mock import LoopbackServer
from conformance.suite.backends import SuiteBackend


def close_at_once(connection: PeerConnection) -> None:
    """Close without a banner."""


async def stay(backend: SuiteBackend, port: int, seconds: float, **options: object) -> None:
    """Stay connected for so many seconds."""
    async with backend.connect(port, **options):
        await backend.sleep(seconds)


async def fail(backend: SuiteBackend, port: int, error: BaseException) -> None:
    """Raise in the body of a `with`."""
    async with backend.connect(port) as pbx:
        await pbx.send("Ping")
        raise error


async def test_it_is_ready_at_once_and_closed_in_the_end(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-LIFE-01: every driver reports the same states."""
    notices: list[Notice] = []
    async with backend.connect(mock_server.port, on_notice=notices.append, key="pbx") as pbx:
        assert pbx.state.sending
        await pbx.wait_ready(0)
        seen = pbx.snapshot()
        assert (seen.server, seen.state, seen.banner) == ("pbx", State.READY, "11.0.0")
    assert pbx.state is State.CLOSED
    assert pbx.snapshot().session is None
    assert [notice.new for notice in notices if isinstance(notice, StateChanged)] == [
        State.DISCONNECTED,
        State.CONNECTING,
        State.CONNECTED,
        State.AUTHENTICATING,
        State.READY,
        State.CLOSING,
        State.CLOSED,
    ]


async def test_the_first_attempt_that_fails_raises(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-04."""
    peer = start_peer(honest)
    peer.stop_listening()
    with pytest.raises(ConnectFailed, match=r"^server '127\.0\.0\.1:\d+': connection refused") as caught:
        async with backend.connect(peer.port):
            pytest.fail("there is no server")
    assert caught.value.cause.reason is Reason.REFUSED


async def test_retry_keeps_trying(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-04."""
    peer = start_peer(close_at_once, close_at_once, close_at_once, honest)
    async with backend.connect(peer.port, retry=True) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
    assert peer.accepted == 4


async def test_a_wait_for_an_absent_server_can_be_given_up(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-03."""
    peer = start_peer(honest)
    peer.stop_listening()
    assert await backend.gave_up(0.1, connect_for_ever, backend, peer.port)


async def connect_for_ever(backend: SuiteBackend, port: int) -> None:
    """Wait for a server without a limit."""
    await stay(backend, port, 0, retry=True)


@pytest.mark.parametrize(
    "make",  # an instance here would keep the client alive by its traceback, to the end of the run
    [
        lambda: ZeroDivisionError("mine"),
        lambda: KeyboardInterrupt("mine"),
        lambda: SystemExit(3),
        lambda: NotReady("other", "closed"),
        lambda: ExceptionGroup("mine", [ValueError()]),
        lambda: TimeoutError("mine"),
    ],
    ids=lambda make: type(make()).__name__,
)
async def test_an_exception_of_the_body_comes_out_unchanged(
    backend: SuiteBackend, start_peer: PeerFactory, make: Callable[[], BaseException]
) -> None:
    """R-DRIVER-07: in no group, without a cause, after a log-off."""
    error = make()
    received: list[str] = []
    peer = start_peer(recording(received))
    with pytest.raises(type(error)) as caught:
        await fail(backend, peer.port, error)
    assert caught.value is error
    assert error.__cause__ is None
    assert await backend.eventually(lambda: received == ["Ping", "Logoff"])


async def test_a_body_may_return_early(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-05: the client closes however its block is left."""
    received: list[str] = []
    peer = start_peer(recording(received))
    assert await ping_and_return(backend, peer.port) == "Pong"
    assert await backend.eventually(lambda: received == ["Ping", "Logoff"])


async def ping_and_return(backend: SuiteBackend, port: int) -> str:
    """Return from the middle of the block."""
    async with backend.connect(port) as pbx:
        reply = await pbx.send("Ping")
        return reply["Ping"]


async def test_nested_clients(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-ID-01: the end of the inner client leaves the outer one alone."""
    async with backend.connect(mock_server.port, key="a") as outer:
        async with backend.connect(mock_server.port, key="b") as inner:
            assert (await inner.send("Ping"))["ActionID"].startswith("b:")
            assert (await outer.send("Ping"))["ActionID"].startswith("a:")
        with pytest.raises(NotReady):
            await inner.send("Ping")
        assert (await outer.send("Ping"))["Ping"] == "Pong"


async def test_two_clients_of_one_server(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-ID-03: each gets its own answers, and the events of both."""
    async with backend.connect(mock_server.port) as one, backend.connect(mock_server.port) as two:
        with one.events("UserEvent") as events_of_one, two.events("UserEvent") as events_of_two:
            await one.send("UserEvent", UserEvent="FromOne")
            await two.send("UserEvent", UserEvent="FromTwo")
            for subscription in (events_of_one, events_of_two):
                assert (await subscription.get(PATIENCE))["UserEvent"] == "FromOne"
                assert (await subscription.get(PATIENCE))["UserEvent"] == "FromTwo"


async def test_many_clients_leave_nothing(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """No thread, descriptor, task or greenlet: the fixtures of the suite check that."""
    peer = start_peer(honest)
    for _ in range(10):
        async with backend.connect(peer.port) as pbx:
            with pbx.events():
                await pbx.send("Ping")
    peer.stop_listening()
    for _ in range(5):
        with pytest.raises(ConnectFailed):
            await stay(backend, peer.port, 0)


# -- one loop after another


async def ping_and_keep(backend: SuiteBackend, mock_server: LoopbackServer, kept: list[Any]) -> None:
    """Ping, and keep the client and its events."""
    async with backend.connect(mock_server.port) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        kept += [pbx, pbx.events("Never")]


async def use_again(kept: list[Any]) -> None:
    """Use the client of a loop that has ended."""
    pbx, subscription = kept
    for _ in range(2):
        with pytest.raises(NotReady, match="is closed, not ready for actions"):
            await pbx.send("Ping")
    with pytest.raises(NotReady):
        pbx.events()
    assert [message async for message in subscription] == []
    assert pbx.snapshot().state is State.CLOSED
    subscription.close()
    await pbx.close()


def test_loops_one_after_another(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-DRIVER-07: nothing of one loop disturbs the next."""
    for _ in range(3):
        backend.run(ping_and_keep, {"backend": backend, "mock_server": mock_server, "kept": []})
    assert mock_server.accepted == 3


def test_a_client_whose_loop_has_ended_is_closed(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-DRIVER-07."""
    kept: list[Any] = []
    backend.run(ping_and_keep, {"backend": backend, "mock_server": mock_server, "kept": kept})
    backend.run(use_again, {"kept": kept})
