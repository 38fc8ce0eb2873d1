"""From connect to close: what a program sees of a client's life, alone and beside others."""

from collections.abc import Callable
from typing import Any

import pytest

from ami_proto import ConnectFailed, Notice, NotReady, Reason, State, StateChanged
from conformance.leaks import PATIENCE
from conformance.peer import Line, PeerFactory, honest, recording
from conformance.server import LoopbackServer
from conformance.suite.backends import Backend


def hang_up(line: Line) -> None:
    """Give not even a banner."""


async def stay(backend: Backend, port: int, seconds: float, **options: object) -> None:
    """Be connected for so long."""
    async with backend.connect(port, **options):
        await backend.sleep(seconds)


async def fail(backend: Backend, port: int, error: BaseException) -> None:
    """Have the body of a `with` raise."""
    async with backend.connect(port) as pbx:
        await pbx.send("Ping")
        raise error


async def test_it_is_ready_at_once_and_closed_in_the_end(
    backend: Backend, mock_server: LoopbackServer
) -> None:
    """R-LIFE-01: each state on the way is told, on every driver the same."""
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


async def test_the_first_attempt_that_fails_raises(backend: Backend, start_peer: PeerFactory) -> None:
    """R-LIFE-04."""
    peer = start_peer(honest)
    peer.stop_listening()
    with pytest.raises(ConnectFailed, match=r"^server '127\.0\.0\.1:\d+': connection refused") as caught:
        async with backend.connect(peer.port):
            pytest.fail("there is no server")
    assert caught.value.cause.reason is Reason.REFUSED


async def test_retry_keeps_trying(backend: Backend, start_peer: PeerFactory) -> None:
    """R-LIFE-04."""
    peer = start_peer(hang_up, hang_up, hang_up, honest)
    async with backend.connect(peer.port, retry=True) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
    assert peer.accepted == 4


async def test_a_wait_for_a_server_that_is_not_there_can_be_given_up(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-03."""
    peer = start_peer(honest)
    peer.stop_listening()
    assert await backend.gave_up(0.1, connect_for_ever, backend, peer.port)


async def connect_for_ever(backend: Backend, port: int) -> None:
    """Wait for a server as long as it takes."""
    await stay(backend, port, 0, retry=True)


@pytest.mark.parametrize(
    "make",  # one that is raised would keep the whole client in its traceback, to the end of the run
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
async def test_what_the_body_raises_comes_out_as_it_is(
    backend: Backend, start_peer: PeerFactory, make: Callable[[], BaseException]
) -> None:
    """R-DRIVER-07: in no group, with nothing put before it, after an orderly end."""
    error = make()
    heard: list[str] = []
    peer = start_peer(recording(heard))
    with pytest.raises(type(error)) as caught:
        await fail(backend, peer.port, error)
    assert caught.value is error
    assert error.__cause__ is None
    assert await backend.eventually(lambda: heard == ["Ping", "Logoff"])


async def test_a_body_may_return_early(backend: Backend, start_peer: PeerFactory) -> None:
    """R-LIFE-05: the client closes however its block is left."""
    heard: list[str] = []
    peer = start_peer(recording(heard))
    assert await ping_and_return(backend, peer.port) == "Pong"
    assert await backend.eventually(lambda: heard == ["Ping", "Logoff"])


async def ping_and_return(backend: Backend, port: int) -> str:
    """Leave the block from its middle."""
    async with backend.connect(port) as pbx:
        reply = await pbx.send("Ping")
        return reply["Ping"]


async def test_clients_within_clients(backend: Backend, mock_server: LoopbackServer) -> None:
    """R-ID-01: one loop, several clients; the end of an inner one leaves the outer ones alone."""
    async with backend.connect(mock_server.port, key="a") as outer:
        async with backend.connect(mock_server.port, key="b") as inner:
            assert (await inner.send("Ping"))["ActionID"].startswith("b:")
            assert (await outer.send("Ping"))["ActionID"].startswith("a:")
        with pytest.raises(NotReady):
            await inner.send("Ping")
        assert (await outer.send("Ping"))["Ping"] == "Pong"


async def test_clients_side_by_side_hear_each_other(backend: Backend, mock_server: LoopbackServer) -> None:
    """R-ID-03: two lines into one server, each with its own answers."""
    async with backend.connect(mock_server.port) as one, backend.connect(mock_server.port) as two:
        with one.events("UserEvent") as heard_by_one, two.events("UserEvent") as heard_by_two:
            await one.send("UserEvent", UserEvent="FromOne")
            await two.send("UserEvent", UserEvent="FromTwo")
            for heard in (heard_by_one, heard_by_two):
                assert (await heard.get(PATIENCE))["UserEvent"] == "FromOne"
                assert (await heard.get(PATIENCE))["UserEvent"] == "FromTwo"


async def test_many_clients_leave_nothing_behind(backend: Backend, start_peer: PeerFactory) -> None:
    """No thread, no descriptor, no task, no greenlet: whoever runs this looks."""
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


async def ping(backend: Backend, mock_server: LoopbackServer, kept: list[Any]) -> None:
    """Ping, and keep the client and its events."""
    async with backend.connect(mock_server.port) as pbx:
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        kept += [pbx, pbx.events("Never")]


async def use_again(kept: list[Any]) -> None:
    """Use what another loop has left."""
    pbx, heard = kept
    for _ in range(2):
        with pytest.raises(NotReady, match="is closed, not ready for actions"):
            await pbx.send("Ping")
    with pytest.raises(NotReady):
        pbx.events()
    assert [message async for message in heard] == []
    assert pbx.snapshot().state is State.CLOSED
    heard.close()
    await pbx.close()


def test_loops_one_after_another(backend: Backend, mock_server: LoopbackServer) -> None:
    """R-DRIVER-07: nothing of one loop is left in the way of the next."""
    for _ in range(3):
        backend.run(ping, {"backend": backend, "mock_server": mock_server, "kept": []})
    assert mock_server.accepted == 3


def test_a_client_whose_loop_has_ended_says_that_it_is_closed(
    backend: Backend, mock_server: LoopbackServer
) -> None:
    """R-DRIVER-07."""
    kept: list[Any] = []
    backend.run(ping, {"backend": backend, "mock_server": mock_server, "kept": kept})
    backend.run(use_again, {"kept": kept})
