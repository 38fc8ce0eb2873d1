"""More events than anybody takes: bounded, and exact to the last one (R-FLOW-02, R-FLOW-05)."""

import threading
import time
from typing import Any

import pytest

from ami_proto import Drops, EventsDropped, Message, Notice, Overflow, State
from conformance.leaks import PATIENCE
from conformance.peer import Line, PeerFactory, events, flooding
from conformance.suite.backends import Backend

FLOOD = 12_000

LATE = 60_000
"""More than the kernel holds for a reader that pauses: some 4 MB."""


async def taken(heard: Any, count: int) -> list[Any]:
    """Take so many items."""
    return [await heard.get(PATIENCE) for _ in range(count)]


async def test_12_000_events_into_10_000_lose_2_000(backend: Backend, start_peer: PeerFactory) -> None:
    """R-FLOW-02: by default the oldest go; the count stands where they were lost."""
    notices: list[Notice] = []
    peer = start_peer(flooding(FLOOD))
    async with backend.connect(peer.port, on_notice=notices.append) as pbx:
        heard = pbx.events("Tick", marks=True)
        await pbx.send("Go")
        drops, *messages = await taken(heard, 10_001)
        assert drops == Drops(2_000)
        assert [int(message["Number"]) for message in messages] == list(range(2_000, FLOOD))
        assert pbx.snapshot().subscriptions[0].dropped == 2_000
        assert pbx.state is State.READY
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
    assert sum(notice.delta for notice in notices if isinstance(notice, EventsDropped)) == 2_000


@pytest.mark.parametrize("policy", list(Overflow))
@pytest.mark.parametrize("limit", [1, 500])
async def test_a_flood_while_nobody_listens(
    backend: Backend, start_peer: PeerFactory, policy: Overflow, limit: int
) -> None:
    """R-FLOW-02, R-FLOW-05: what is kept and what is lost is exact, whatever the policy."""
    peer = start_peer(flooding(FLOOD))
    async with backend.connect(peer.port, drop_report_interval=0.0) as pbx:
        heard = pbx.events("Tick", limit=limit, policy=policy, marks=True)
        await pbx.send("Go")  # open all the time, so PAUSE may not pause: its reserve is as long as its queue
        kept = limit * 2 if policy is Overflow.PAUSE else limit
        lost = FLOOD - kept
        items = await taken(heard, kept + 1)
        assert [item for item in items if isinstance(item, Drops)] == [Drops(lost)]
        first = lost if policy is Overflow.DROP_OLDEST else 0
        numbers = [int(item["Number"]) for item in items if isinstance(item, Message)]
        assert numbers == list(range(first, first + kept))
        assert pbx.snapshot().subscriptions[0].dropped == lost
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_reports_of_drops_are_few_and_complete(backend: Backend, start_peer: PeerFactory) -> None:
    """R-FLOW-03: at most one an interval, and the last tells what the others have not."""
    reports: list[Notice] = []
    peer = start_peer(flooding(FLOOD))
    async with backend.connect(peer.port, on_notice=reports.append, drop_report_interval=0.2) as pbx:
        begun = time.monotonic()
        with pbx.events("Tick", limit=100):
            await pbx.send("Go")
            assert await backend.eventually(lambda: drops_in(reports) == FLOOD - 100)
            told = [each for each in reports if isinstance(each, EventsDropped)]
            assert len(told) <= (time.monotonic() - begun) / 0.2 + 2
            assert (told[-1].total, told[-1].depth) == (FLOOD - 100, 100)


def drops_in(reports: list[Notice]) -> int:
    """Return how many drops the reports tell of."""
    return sum(each.delta for each in reports if isinstance(each, EventsDropped))


async def test_a_slow_consumer_is_told_exactly_what_it_lost(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-FLOW-05: what it got and what it was told it lost add up, in order."""
    async with backend.connect(start_peer(flooding(FLOOD)).port) as pbx:
        heard = pbx.events("Tick", limit=300, marks=True)
        go = await backend.spawn(pbx.send, "Go")
        got = expected = 0
        while expected < FLOOD:
            item = await heard.get(PATIENCE)
            if isinstance(item, Drops):
                expected += item.count
            elif isinstance(item, Message):
                assert int(item["Number"]) == expected
                expected += 1
                got += 1
                if got % 100 == 0:
                    await backend.sleep(0.005)
        assert (await go.result())["Response"] == "Success"
        assert pbx.snapshot().subscriptions[0].dropped == FLOOD - got


async def test_a_pause_loses_nothing_however_slow_the_consumer(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-FLOW-02: with no action open the server waits instead, and the heartbeat does not mind."""
    go = threading.Event()

    def flood(line: Line) -> None:
        line.welcome()
        go.wait(PATIENCE)
        line.say(*events(LATE))
        line.serve()

    peer = start_peer(flood)
    # The script answers no ping before its flood is out: reading that takes a busy machine a second or two.
    quick = {"heartbeat_interval": 0.4, "heartbeat_timeout": 0.4, "read_timeout": 1.7}
    async with backend.connect(peer.port, **quick) as pbx:
        heard = pbx.events("Tick", policy=Overflow.PAUSE, marks=True)
        go.set()
        assert await backend.eventually(lambda: pbx.snapshot().subscriptions[0].depth >= 10_000)
        await backend.sleep(1.8)  # longer than `read_timeout`: a paused peer is not judged
        assert pbx.snapshot().bytes_received < LATE * 40
        for number in range(LATE):
            item = await heard.get(PATIENCE)  # does not wait for what is there, and so lets nobody else run
            assert isinstance(item, Message), item
            assert int(item["Number"]) == number
            if number % 1_000 == 0:
                await backend.sleep(0)
        assert peer.accepted == 1
