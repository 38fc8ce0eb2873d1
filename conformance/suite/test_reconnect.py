"""Lost connections and reconnects: pending actions, waiting actions, and the gaps among the events."""

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
from conformance.laws.peer import (
    PATIENCE,
    PeerConnection,
    PeerFactory,
    bursting,
    event,
    honest,
    leaving,
    reset,
)
from conformance.mock import LoopbackServer
from conformance.suite.backends import SuiteBackend, states_entered


def send_event_and_close(connection: PeerConnection) -> None:
    """Accept the login, answer the first action with an event only, and close."""
    connection.accept_login()
    connection.read_action()
    connection.send(event("Before"))


def close_after_20(connection: PeerConnection) -> None:
    """Accept the login, and close at the twentieth action."""
    connection.accept_login()
    for _ in range(20):
        connection.read_action()


async def test_a_loss_ends_pending_actions_and_the_next_session_sends_waiting_ones(
    backend: SuiteBackend, start_peer: PeerFactory
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


async def test_every_pending_action_is_lost_once(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-CORR-07: later actions are not affected."""
    async with backend.connect(start_peer(close_after_20, honest).port) as pbx:
        tasks = [await backend.spawn(pbx.send, "Held") for _ in range(20)]
        for task in tasks:
            with pytest.raises(ActionLost) as caught:
                await task.result()
            assert isinstance(caught.value, ConnectionError)
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
        assert pbx.snapshot().actions_pending == 0


async def test_a_reconnect_is_a_gap_in_its_place(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-FLOW-06: with `marks`; without, only the messages come."""
    peer = start_peer(send_event_and_close, bursting(event("After")))
    async with backend.connect(peer.port) as pbx:
        names = ("Before", "After")
        marked, plain = pbx.events(*names, marks=True), pbx.events(*names)
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
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-FLOW-06, R-LIFE-02: a new session each time, with a new number."""
    sessions = set()
    async with backend.connect(mock_server.port) as pbx:
        with pbx.events("UserEvent", marks=True) as subscription:
            for number in range(4):
                await pbx.send("UserEvent", UserEvent=f"n{number}", wait=True)
                told = await subscription.get(PATIENCE)
                assert isinstance(told, Message)
                assert told["UserEvent"] == f"n{number}"
                sessions.add(pbx.snapshot().session)
                await backend.aside(mock_server.drop_links)
                assert isinstance(await subscription.get(PATIENCE), Gap)
    assert len(sessions) == 4
    assert mock_server.accepted == 5


async def test_notices_report_each_step_of_a_reconnect(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-LIFE-01, R-HEALTH-03: the cause of the loss, and the delay."""
    notices: list[Notice] = []
    options = {"reconnect_min": 0.05, "reconnect_max": 0.1, "on_notice": notices.append}
    async with backend.connect(mock_server.port, **options):
        lost_at = len(notices)
        await backend.aside(mock_server.drop_links)
        assert await backend.eventually(lambda: states_entered(notices[lost_at:])[-1:] == [State.READY])
        told = notices[lost_at:]
    assert states_entered(told) == [
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


async def test_a_server_that_resets_every_connection_is_tried_until_it_serves(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-HEALTH-05: each attempt after its delay."""
    peer = start_peer(leaving, reset, reset, reset, honest)
    async with backend.connect(peer.port) as pbx:
        with pytest.raises(ConnectionError):
            await pbx.send("Go")
        assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
    assert peer.accepted == 5


async def test_each_call_of_a_client_that_gave_up_raises_the_cause(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-07: the traceback does not grow with each call."""
    async with backend.connect(start_peer(leaving).port, reconnect=False) as pbx:
        with pytest.raises(ActionLost):
            await pbx.send("Ping")
        assert await backend.eventually(lambda: pbx.state is State.CLOSED)
        await backend.sleep(0.05)  # CLOSED is reported a moment before the client has ended
        lengths = set()
        for _ in range(3):
            with pytest.raises(ConnectFailed, match="closed by the server") as caught:
                await pbx.send("Ping")
            lengths.add(len(caught.traceback))
        assert len(lengths) == 1
        with pytest.raises(ConnectFailed, match="closed by the server"):
            pbx.events()
        assert pbx.snapshot().state is State.CLOSED
