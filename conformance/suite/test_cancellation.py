"""Giving up at every stage cancels that one action; nothing else is lost or changed (R-DRIVER-03).

A task is cancelled, a greenlet killed, a thread interrupted as by Ctrl-C.
"""

import threading
import time
from typing import Any

import pytest

from ami_proto import ActionCancelled, ActionFinished, Fault, Notice, Outcome, Sent, State
from conformance.laws.peer import (
    PATIENCE,
    PeerConnection,
    PeerFactory,
    holding,
    honest,
    leaving,
    recording,
    silent,
    silent_after_login,
)
from conformance.mock import LoopbackServer
from conformance.suite.backends import CLOCK_STEP, SuiteBackend

BIG = {f"Header{number}": "x" * 1_000 for number in range(100)}
"""Headers of an action of 100 kB: some dozens of these fill the socket buffers of both ends."""


async def assert_cancelled(backend: SuiteBackend, name: str, notices: list[Notice], sent: Sent) -> None:
    """Require one outcome of the action of this name: cancelled, when so much of it was sent."""
    assert await backend.eventually(lambda: outcomes_of(name, notices))
    (outcome,) = outcomes_of(name, notices)
    assert isinstance(outcome.error, ActionCancelled)
    assert outcome.error.sent is sent


def outcomes_of(name: str, notices: list[Notice]) -> list[Outcome]:
    """Return the outcomes of the actions of this name."""
    finished = [notice for notice in notices if isinstance(notice, ActionFinished)]
    return [notice.outcome for notice in finished if notice.ticket.action_name == name]


# -- an action


async def test_an_action_in_flight(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-DRIVER-03, R-CORR-07: another action goes on; the answer of the cancelled one is counted."""
    notices: list[Notice] = []
    go = threading.Event()
    async with backend.connect(start_peer(holding(2, go)).port, on_notice=notices.append) as pbx:
        other = await backend.spawn(pbx.send, "Other")
        assert await backend.eventually(lambda: pbx.snapshot().actions_pending == 1)
        assert await backend.gave_up(0.1, pbx.send, "Mine")
        assert await backend.eventually(lambda: pbx.snapshot().actions_pending == 1)
        await assert_cancelled(backend, "Mine", notices, Sent.FULLY)
        go.set()
        assert (await other.result())["Response"] == "Success"
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().faults[Fault.UNMATCHED] == 1


async def test_an_action_that_the_server_works_on(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-DRIVER-03: the next action ends a WaitEvent, and gets its own answer."""
    async with backend.connect(mock_server.port) as pbx:
        assert await backend.gave_up(0.1, pbx.send, "WaitEvent", {"Timeout": 30})
        assert await backend.eventually(lambda: pbx.snapshot().actions_pending == 0)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_an_action_that_was_not_written(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-CORR-07: none of its bytes are sent, and the actions around it arrive whole."""
    received: list[str] = []
    notices: list[Notice] = []
    go = threading.Event()

    def listen_late(connection: PeerConnection) -> None:
        connection.accept_login()
        go.wait(PATIENCE)
        while True:
            action = connection.read_action()
            received.append(action["Action"])
            connection.answer(action, "Goodbye" if received[-1] == "Logoff" else "Success")

    async with backend.connect(start_peer(listen_late).port, on_notice=notices.append) as pbx:
        tasks = []
        while await backend.eventually(lambda: pbx.snapshot().outbound_bytes == 0, 0.1):
            tasks.append(await backend.spawn(pbx.send, "Big", BIG))
        assert await backend.gave_up(0.1, pbx.send, "Mine")
        tasks.append(await backend.spawn(pbx.send, "Last"))
        assert await backend.eventually(lambda: pbx.snapshot().actions_pending == len(tasks))
        await assert_cancelled(backend, "Mine", notices, Sent.NO)
        go.set()
        for task in tasks:
            assert (await task.result())["Response"] == "Success"
    assert await backend.eventually(lambda: received == ["Big"] * (len(tasks) - 1) + ["Last", "Logoff"])


async def test_an_action_that_waits_for_a_connection(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-03: it is not sent when the connection comes a moment later."""
    received: list[str] = []
    notices: list[Notice] = []
    go = threading.Event()

    def record_late(connection: PeerConnection) -> None:
        go.wait(PATIENCE)
        recording(received)(connection)

    peer = start_peer(leaving, record_late)
    async with backend.connect(peer.port, on_notice=notices.append) as pbx:
        with pytest.raises(ConnectionError):
            await pbx.send("Go")
        other = await backend.spawn(send_and_wait_ready, pbx, "Other")
        assert await backend.eventually(lambda: pbx.snapshot().actions_waiting == 1)
        assert await backend.gave_up(0.1, send_and_wait_ready, pbx, "Mine")
        assert await backend.eventually(lambda: pbx.snapshot().actions_waiting == 1)
        await assert_cancelled(backend, "Mine", notices, Sent.NO)
        go.set()
        assert (await other.result())["Response"] == "Success"
    assert await backend.eventually(lambda: received == ["Other", "Logoff"])


async def send_and_wait_ready(pbx: Any, name: str) -> Any:
    """Send as soon as the connection is ready."""
    return await pbx.send(name, wait=True)


# -- events


async def test_a_wait_for_events(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-DRIVER-03: iteration and `get` may be given up repeatedly; each event arrives once."""
    taken: list[str] = []
    async with backend.connect(mock_server.port) as pbx:
        with pbx.events("Tick") as subscription:
            for number in range(0, 12, 4):
                await backend.aside(publish, mock_server, number, number + 2)
                assert await backend.gave_up(0.1, iterate, subscription, taken)
                assert await backend.gave_up(0.05, subscription.get)
                await backend.aside(publish, mock_server, number + 2, number + 4)
                taken += [(await subscription.get(PATIENCE))["Number"] for _ in range(2)]
        assert taken == [str(number) for number in range(12)]
        assert pbx.snapshot().subscriptions == ()
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


def publish(mock_server: LoopbackServer, first: int, end: int) -> None:
    """Have the server send numbered events."""

    def publish_each(core: Any) -> None:
        for number in range(first, end):
            core.publish({"Event": "Tick", "Number": number}, "call")

    mock_server.call(publish_each)


async def iterate(subscription: Any, taken: list[str]) -> None:
    """Append the numbers of events as they arrive."""
    async for event in subscription:
        taken.append(event["Number"])  # noqa: PERF401 - a comprehension would lose the numbers when it is cancelled


# -- the whole program


async def test_a_program_that_is_given_up_logs_off(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-05: like a program that reaches its end."""
    received: list[str] = []
    peer = start_peer(recording(received))
    assert await backend.gave_up(0.2, listen_for_ever, backend, peer.port)
    assert await backend.eventually(lambda: received == ["Ping", "Logoff"])


async def listen_for_ever(backend: SuiteBackend, port: int) -> None:
    """Ping, and wait for events that never come."""
    async with backend.connect(port, close_grace=PATIENCE) as pbx:
        await pbx.send("Ping")
        async for _ in pbx.events("Never"):
            pytest.fail("it came")


async def test_a_program_that_is_given_up_waits_no_longer_than_the_grace(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-LIFE-05: when the server does not send Goodbye."""
    begun = time.monotonic()
    assert await backend.gave_up(0.1, stay_connected, backend, start_peer(silent_after_login).port, 0.1)
    assert 0.2 - CLOCK_STEP <= time.monotonic() - begun < PATIENCE


async def stay_connected(backend: SuiteBackend, port: int, grace: float) -> None:
    """Stay connected until given up."""
    async with backend.connect(port, close_grace=grace):
        await backend.sleep(60)


async def test_a_connect_that_is_given_up(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-DRIVER-03: in the middle of the login, and the connection is closed."""
    begun = time.monotonic()
    assert await backend.gave_up(0.1, stay_connected, backend, start_peer(silent).port, 0.1)
    assert time.monotonic() - begun < PATIENCE


async def test_a_close_that_is_given_up_goes_on(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-05: leaving the block waits for the rest of the grace."""
    async with backend.connect(start_peer(silent_after_login).port) as pbx:
        assert await backend.gave_up(0.05, pbx.close, 0.2)
        assert pbx.snapshot().state is State.CLOSING
    assert pbx.state is State.CLOSED


async def test_many_waits_that_were_given_up_leave_nothing(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-03."""
    async with backend.connect(start_peer(honest).port) as pbx:
        with pbx.events("Never") as subscription:
            for _ in range(20):
                assert await backend.gave_up(0.01, subscription.get)
            assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().actions_pending == 0
