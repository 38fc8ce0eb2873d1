"""A line that is lost and found again: what was pending, what waits, what the events tell of it."""

import time

import pytest

from ami_proto import (
    ActionLost,
    ConnectFailed,
    ConnectScheduled,
    Gap,
    Message,
    Notice,
    NotReady,
    Reason,
    Sent,
    State,
    StateChanged,
)
from conformance.leaks import PATIENCE
from conformance.peer import Line, PeerFactory, bursting, event, honest, leaving, reset
from conformance.server import LoopbackServer
from conformance.suite.backends import Backend


def tell_and_leave(line: Line) -> None:
    """Let the client in, answer its first action with an event only, and leave."""
    line.welcome()
    line.hear()
    line.say(event("Before"))


def leave_after_20(line: Line) -> None:
    """Let the client in, and leave at its twentieth action."""
    line.welcome()
    for _ in range(20):
        line.hear()


async def test_a_lost_line_ends_what_was_pending_and_the_next_takes_what_waits(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-CORR-07, R-LIFE-03."""
    peer = start_peer(leaving, honest)
    async with backend.connect(peer.port, reconnect_min=0.2, reconnect_max=0.2) as pbx:
        with pytest.raises(ActionLost, match="connection lost: closed by the server") as caught:
            await pbx.send("Ping")
        assert caught.value.sent is Sent.FULLY
        with pytest.raises(NotReady, match="disconnected, not ready for actions"):
            await pbx.send("Ping")
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
    assert peer.accepted == 2


async def test_everything_that_is_pending_is_lost_once(backend: Backend, start_peer: PeerFactory) -> None:
    """R-CORR-07: each with the reason; what is sent afterwards has nothing to do with it."""
    async with backend.connect(start_peer(leave_after_20, honest).port) as pbx:
        tasks = [await backend.spawn(pbx.send, "Held") for _ in range(20)]
        for task in tasks:
            with pytest.raises(ActionLost) as caught:
                await task.result()
            assert isinstance(caught.value, ConnectionError)
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
        assert pbx.snapshot().actions_pending == 0


async def test_a_reconnect_is_a_gap_in_its_place(backend: Backend, start_peer: PeerFactory) -> None:
    """R-FLOW-06: for those who asked for marks; the others only miss what was missed."""
    peer = start_peer(tell_and_leave, bursting(event("After")))
    async with backend.connect(peer.port) as pbx:
        marked, plain = pbx.events(marks=True), pbx.events()
        begun = time.monotonic()
        with pytest.raises(ConnectionError):
            await pbx.send("Go")
        await pbx.send("Go", wait=True)
        before, gap, after = [await marked.get(PATIENCE) for _ in range(3)]
        assert isinstance(before, Message)
        assert isinstance(after, Message)
        assert isinstance(gap, Gap)
        assert (before.name, after.name) == ("Before", "After")
        assert begun <= gap.started < gap.ended <= time.monotonic()
        assert gap.cause is not None
        assert gap.cause.reason is Reason.EOF
        assert [(await plain.get(0)).name for _ in range(2)] == ["Before", "After"]


async def test_each_reconnect_has_its_gap_and_a_subscription_outlives_them(
    backend: Backend, mock_server: LoopbackServer
) -> None:
    """R-FLOW-06, R-LIFE-02: a new session each time, and no number twice."""
    sessions = set()
    async with backend.connect(mock_server.port) as pbx:
        with pbx.events("UserEvent", marks=True) as heard:
            for number in range(4):
                await pbx.send("UserEvent", UserEvent=f"n{number}", wait=True)
                told = await heard.get(PATIENCE)
                assert isinstance(told, Message)
                assert told["UserEvent"] == f"n{number}"
                sessions.add(pbx.snapshot().session)
                await backend.aside(mock_server.drop_links)
                assert isinstance(await heard.get(PATIENCE), Gap)
    assert len(sessions) == 4
    assert mock_server.accepted == 5


async def test_the_way_back_is_told_step_by_step(backend: Backend, mock_server: LoopbackServer) -> None:
    """R-LIFE-01, R-HEALTH-03: the loss with its cause, and the delay that was drawn."""
    notices: list[Notice] = []
    options = {"reconnect_min": 0.05, "reconnect_max": 0.1, "on_notice": notices.append}
    async with backend.connect(mock_server.port, **options):
        lost_at = len(notices)
        await backend.aside(mock_server.drop_links)
        assert await backend.eventually(lambda: changes_in(notices[lost_at:])[-1:] == [State.READY])
        told = notices[lost_at:]
    assert changes_in(told) == [
        State.DISCONNECTED,
        State.CONNECTING,
        State.CONNECTED,
        State.AUTHENTICATING,
        State.READY,
    ]
    (lost,) = [each for each in told if isinstance(each, StateChanged) and each.old is State.READY]
    assert lost.cause is not None
    assert lost.cause.reason is Reason.EOF
    (scheduled,) = [each for each in told if isinstance(each, ConnectScheduled)]
    assert 0.05 <= scheduled.delay <= 0.1


def changes_in(notices: list[Notice]) -> list[State]:
    """Return the states that were entered."""
    return [notice.new for notice in notices if isinstance(notice, StateChanged)]


async def test_a_server_that_resets_every_line_is_tried_until_it_serves(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-HEALTH-05: each attempt after its delay."""
    peer = start_peer(leaving, reset, reset, reset, honest)
    async with backend.connect(peer.port) as pbx:
        with pytest.raises(ConnectionError):
            await pbx.send("Go")
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
    assert peer.accepted == 5


async def test_a_client_that_gave_up_says_why_each_time(backend: Backend, start_peer: PeerFactory) -> None:
    """R-DRIVER-07: the same words for every call, and no longer traceback for each."""
    async with backend.connect(start_peer(leaving).port, reconnect=False) as pbx:
        with pytest.raises(ActionLost):
            await pbx.send("Ping")
        assert await backend.eventually(lambda: pbx.state is State.CLOSED)
        await backend.sleep(0.05)  # until it has ended, not only said so
        lengths = set()
        for _ in range(3):
            with pytest.raises(ConnectFailed, match="closed by the server") as caught:
                await pbx.send("Ping")
            lengths.add(len(caught.traceback))
        assert len(lengths) == 1
        with pytest.raises(ConnectFailed, match="closed by the server"):
            pbx.events()
        assert pbx.snapshot().state is State.CLOSED
