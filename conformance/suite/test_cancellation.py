"""Giving up at every stage: the one action goes, nothing is lost, nothing else is touched (R-DRIVER-03).

Giving up is cancellation of a task, the end of a greenlet, Ctrl-C in a thread.
"""

import threading
import time
from typing import Any

import pytest

from ami_proto import ActionCancelled, ActionFinished, Fault, Notice, Outcome, Sent, State
from conformance.leaks import PATIENCE
from conformance.peer import (
    Line,
    PeerFactory,
    holding,
    honest,
    leaving,
    recording,
    silent,
    silent_after_login,
)
from conformance.server import LoopbackServer
from conformance.suite.backends import CLOCK_STEP, Backend

BIG = {f"Header{number}": "x" * 1_000 for number in range(100)}
"""Of an action of 100 kB: some dozens fill what the kernel holds for a reader that does not read."""


async def assert_cancelled(backend: Backend, name: str, notices: list[Notice], sent: Sent) -> None:
    """Expect that the action of this name was cancelled, once, when so much of it had left."""
    assert await backend.eventually(lambda: outcomes_of(name, notices))
    (outcome,) = outcomes_of(name, notices)
    assert isinstance(outcome.error, ActionCancelled)
    assert outcome.error.sent is sent


def outcomes_of(name: str, notices: list[Notice]) -> list[Outcome]:
    """Return what became of the actions of this name."""
    finished = [notice for notice in notices if isinstance(notice, ActionFinished)]
    return [notice.outcome for notice in finished if notice.ticket.action_name == name]


# -- an action


async def test_an_action_in_flight(backend: Backend, start_peer: PeerFactory) -> None:
    """R-DRIVER-03, R-CORR-07: another one goes on; the answer that comes all the same is counted."""
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


async def test_an_action_that_the_server_works_on(backend: Backend, mock_server: LoopbackServer) -> None:
    """R-DRIVER-03: the next one ends a WaitEvent, and gets its own answer."""
    async with backend.connect(mock_server.port) as pbx:
        assert await backend.gave_up(0.1, pbx.send, "WaitEvent", {"Timeout": 30})
        assert await backend.eventually(lambda: pbx.snapshot().actions_pending == 0)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_an_action_that_was_not_written(backend: Backend, start_peer: PeerFactory) -> None:
    """R-CORR-07: it is taken back to its last byte, and those around it arrive whole."""
    heard: list[str] = []
    notices: list[Notice] = []
    go = threading.Event()

    def listen_late(line: Line) -> None:
        line.welcome()
        go.wait(PATIENCE)
        while True:
            action = line.hear()
            heard.append(action["Action"])
            line.answer(action, "Goodbye" if heard[-1] == "Logoff" else "Success")

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
    assert await backend.eventually(lambda: heard == ["Big"] * (len(tasks) - 1) + ["Last", "Logoff"])


async def test_an_action_that_waits_for_a_connection(backend: Backend, start_peer: PeerFactory) -> None:
    """R-LIFE-03: it is never sent, also when the connection comes a moment later."""
    heard: list[str] = []
    notices: list[Notice] = []
    go = threading.Event()

    def record_late(line: Line) -> None:
        go.wait(PATIENCE)
        recording(heard)(line)

    peer = start_peer(leaving, record_late)
    async with backend.connect(peer.port, on_notice=notices.append) as pbx:
        with pytest.raises(ConnectionError):
            await pbx.send("Go")
        other = await backend.spawn(send_when_ready, pbx, "Other")
        assert await backend.eventually(lambda: pbx.snapshot().actions_waiting == 1)
        assert await backend.gave_up(0.1, send_when_ready, pbx, "Mine")
        assert await backend.eventually(lambda: pbx.snapshot().actions_waiting == 1)
        await assert_cancelled(backend, "Mine", notices, Sent.NO)
        go.set()
        assert (await other.result())["Response"] == "Success"
    assert await backend.eventually(lambda: heard == ["Other", "Logoff"])


async def send_when_ready(pbx: Any, name: str) -> Any:
    """Send as soon as there is a connection."""
    return await pbx.send(name, wait=True)


# -- events


async def test_a_wait_for_events(backend: Backend, mock_server: LoopbackServer) -> None:
    """R-DRIVER-03: iteration and `get` may be given up again and again; no event is lost or told twice."""
    taken: list[str] = []
    async with backend.connect(mock_server.port) as pbx:
        with pbx.events("Tick") as heard:
            for number in range(0, 12, 4):
                await backend.aside(publish, mock_server, number, number + 2)
                assert await backend.gave_up(0.1, iterate, heard, taken)
                assert await backend.gave_up(0.05, heard.get)
                await backend.aside(publish, mock_server, number + 2, number + 4)
                taken += [(await heard.get(PATIENCE))["Number"] for _ in range(2)]
        assert taken == [str(number) for number in range(12)]
        assert pbx.snapshot().subscriptions == ()
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


def publish(mock_server: LoopbackServer, first: int, end: int) -> None:
    """Have the server send numbered events."""

    def publish_each(core: Any) -> None:
        for number in range(first, end):
            core.publish({"Event": "Tick", "Number": number}, "call")

    mock_server.call(publish_each)


async def iterate(heard: Any, taken: list[str]) -> None:
    """Note the numbers of events as they come."""
    async for event in heard:
        taken.append(event["Number"])  # noqa: PERF401 - what came before the cancellation counts


# -- the whole program


async def test_a_program_that_is_given_up_logs_off(backend: Backend, start_peer: PeerFactory) -> None:
    """R-LIFE-05: as one that comes to its end."""
    heard: list[str] = []
    peer = start_peer(recording(heard))
    assert await backend.gave_up(0.2, listen_for_ever, backend, peer.port)
    assert await backend.eventually(lambda: heard == ["Ping", "Logoff"])


async def listen_for_ever(backend: Backend, port: int) -> None:
    """Ping, and wait for events that never come."""
    async with backend.connect(port, close_grace=PATIENCE) as pbx:
        await pbx.send("Ping")
        async for _ in pbx.events("Never"):
            pytest.fail("it came")


async def test_a_program_that_is_given_up_waits_no_longer_than_the_grace(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-LIFE-05: for a Goodbye that does not come."""
    begun = time.monotonic()
    assert await backend.gave_up(0.1, stay, backend, start_peer(silent_after_login).port, 0.1)
    assert 0.2 - CLOCK_STEP <= time.monotonic() - begun < PATIENCE


async def stay(backend: Backend, port: int, grace: float) -> None:
    """Be connected until given up."""
    async with backend.connect(port, close_grace=grace):
        await backend.sleep(60)


async def test_a_connect_that_is_given_up(backend: Backend, start_peer: PeerFactory) -> None:
    """R-DRIVER-03: in the midst of the login, and the line is closed."""
    begun = time.monotonic()
    assert await backend.gave_up(0.1, stay, backend, start_peer(silent).port, 0.1)
    assert time.monotonic() - begun < PATIENCE


async def test_a_close_that_is_given_up_goes_on(backend: Backend, start_peer: PeerFactory) -> None:
    """R-LIFE-05: the grace was granted; leaving the block waits for the rest of it."""
    async with backend.connect(start_peer(silent_after_login).port) as pbx:
        assert await backend.gave_up(0.05, pbx.close, 0.2)
        assert pbx.snapshot().state is State.CLOSING
    assert pbx.state is State.CLOSED


async def test_nothing_is_left_of_many_that_were_given_up(backend: Backend, start_peer: PeerFactory) -> None:
    """R-DRIVER-03."""
    async with backend.connect(start_peer(honest).port) as pbx:
        with pbx.events("Never") as heard:
            for _ in range(20):
                assert await backend.gave_up(0.01, heard.get)
            assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().actions_pending == 0
