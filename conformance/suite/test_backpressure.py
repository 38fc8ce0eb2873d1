"""More events than the consumer takes: memory is bounded and every drop is counted (R-FLOW-02, R-FLOW-05)."""

import resource
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ami_proto import Drops, EventsDropped, Fault, FaultSeen, Message, Notice, Overflow, State, Tls
from conformance.laws.peer import PATIENCE, PeerConnection, PeerFactory, events, flooding
from conformance.suite.backends import SLOW_UNDER_LAWS, SuiteBackend

FLOOD = 12_000

BLOCKED_ACTIONS = 100
"""Actions of 72 kB that exceed the socket buffers of both ends: the kernels take up to 6 MB."""

BEYOND_BUFFERS = 60_000
"""Events that exceed the socket buffers of both ends, some 4 MB, when the reader pauses."""


async def taken(subscription: Any, count: int) -> list[Any]:
    """Return the next `count` items."""
    return [await subscription.get(PATIENCE) for _ in range(count)]


async def test_12_000_events_in_a_queue_of_10_000_lose_2_000(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-FLOW-02: by default the oldest are dropped; the count stands in their place."""
    notices: list[Notice] = []
    peer = start_peer(flooding(FLOOD))
    async with backend.connect(peer.port, on_notice=notices.append) as pbx:
        subscription = pbx.events("Tick", marks=True)
        await pbx.send("Go")
        drops, *messages = await taken(subscription, 10_001)
        assert drops == Drops(2_000, pbx.snapshot().server)
        assert [int(message["Number"]) for message in messages] == list(range(2_000, FLOOD))
        assert pbx.snapshot().subscriptions[0].dropped == 2_000
        assert pbx.state is State.READY
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
    assert sum(notice.delta for notice in notices if isinstance(notice, EventsDropped)) == 2_000


@pytest.mark.parametrize("policy", list(Overflow))
@pytest.mark.parametrize("limit", [1, 500])
async def test_a_flood_without_a_consumer(
    backend: SuiteBackend, start_peer: PeerFactory, policy: Overflow, limit: int
) -> None:
    """R-FLOW-02, R-FLOW-05: the kept and the dropped events are exact, under each policy."""
    peer = start_peer(flooding(FLOOD))
    async with backend.connect(peer.port, drop_report_interval=0.0) as pbx:
        subscription = pbx.events("Tick", limit=limit, policy=policy, marks=True)
        await pbx.send(
            "Go"
        )  # open all the time: PAUSE may not pause then, and uses its reserve, as long as its queue
        kept = limit * 2 if policy is Overflow.PAUSE else limit
        lost = FLOOD - kept
        items = await taken(subscription, kept + 1)
        assert [item for item in items if isinstance(item, Drops)] == [Drops(lost, pbx.snapshot().server)]
        first = lost if policy is Overflow.DROP_OLDEST else 0
        numbers = [int(item["Number"]) for item in items if isinstance(item, Message)]
        assert numbers == list(range(first, first + kept))
        assert pbx.snapshot().subscriptions[0].dropped == lost
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_reports_of_drops_are_few_and_complete(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-FLOW-03: at most one an interval; the last one completes the count."""
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
    """Return how many drops the notices report."""
    return sum(each.delta for each in reports if isinstance(each, EventsDropped))


async def test_a_slow_consumer_gets_the_exact_number_of_drops(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-FLOW-05: its messages and the reported drops add up, in order."""
    async with backend.connect(start_peer(flooding(FLOOD)).port) as pbx:
        subscription = pbx.events("Tick", limit=300, marks=True)
        go = await backend.spawn(pbx.send, "Go")
        got = expected = 0
        while expected < FLOOD:
            item = await subscription.get(PATIENCE)
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


@pytest.mark.without_laws(SLOW_UNDER_LAWS)
async def test_a_pause_loses_nothing_with_a_slow_consumer(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-FLOW-02: without an open action the server waits, and the heartbeat does not count the pause."""
    go = threading.Event()

    def flood(connection: PeerConnection) -> None:
        connection.accept_login()
        go.wait(PATIENCE)
        connection.send(*events(BEYOND_BUFFERS))
        connection.serve()

    peer = start_peer(flood)
    # The script answers no ping before its flood is sent, which takes a busy machine a second or two.
    quick = {"heartbeat_interval": 0.4, "heartbeat_timeout": 0.4, "read_timeout": 1.7}
    async with backend.connect(peer.port, **quick) as pbx:
        subscription = pbx.events("Tick", policy=Overflow.PAUSE, marks=True)
        go.set()
        assert await backend.eventually(lambda: pbx.snapshot().subscriptions[0].depth >= 10_000)
        await backend.sleep(1.8)  # longer than `read_timeout`, which does not run while reading is paused
        assert pbx.snapshot().bytes_received < BEYOND_BUFFERS * 40
        for number in range(BEYOND_BUFFERS):
            item = await subscription.get(
                PATIENCE
            )  # does not wait where an item is there, so that no other task runs
            assert isinstance(item, Message), item
            assert int(item["Number"]) == number
            if number % 1_000 == 0:
                await backend.sleep(0)
        assert peer.accepted == 1


@pytest.mark.without_laws(SLOW_UNDER_LAWS)
@pytest.mark.parametrize("limit", [1, 100, 1_500])
async def test_a_pause_loses_no_event_of_the_read_that_fills_the_queue(
    backend: SuiteBackend, start_peer: PeerFactory, limit: int
) -> None:
    """R-FLOW-02: one read of 64 KiB brings more small events than the queue and its reserve hold."""
    count, go = 20_000, threading.Event()

    def flood(connection: PeerConnection) -> None:
        connection.accept_login()
        go.wait(PATIENCE)
        connection.send(b"".join(b"Event: Tick\r\nNumber: %d\r\n\r\n" % number for number in range(count)))
        connection.serve()

    async with backend.connect(start_peer(flood).port) as pbx:
        subscription = pbx.events("Tick", limit=limit, policy=Overflow.PAUSE, marks=True)
        go.set()
        assert await backend.eventually(lambda: pbx.snapshot().subscriptions[0].pausing)
        items = await taken(subscription, count)
        assert [item for item in items if not isinstance(item, Message)] == []
        assert [int(item["Number"]) for item in items] == list(range(count))
        assert pbx.snapshot().events_dropped == 0


async def test_a_pause_that_outlasts_pause_max_ends(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-TIME-03: a subscription without a consumer silences the others no longer; it drops, and counts."""
    go = threading.Event()

    def flood(connection: PeerConnection) -> None:
        connection.accept_login()
        go.wait(PATIENCE)
        connection.send(*events(2_000))
        connection.send(*events(1, "Last"))
        connection.serve()

    notices: list[Notice] = []
    async with backend.connect(start_peer(flood).port, pause_max=1.0, on_notice=notices.append) as pbx:
        forgotten = pbx.events("Tick", limit=1, policy=Overflow.PAUSE)
        other = pbx.events("Last")
        go.set()
        assert (await other.get(PATIENCE)).name == "Last"
        assert await backend.eventually(lambda: Fault.PAUSE_EXPIRED in pbx.snapshot().faults)
        depth, dropped = pbx.snapshot().subscriptions[0].depth, pbx.snapshot().subscriptions[0].dropped
        assert depth + dropped == 2_000
        assert (await forgotten.get(PATIENCE))["Number"] == "0"
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
    assert sum(isinstance(each, FaultSeen) and each.fault is Fault.PAUSE_EXPIRED for each in notices) == 1


@pytest.mark.without_laws(SLOW_UNDER_LAWS)
async def test_a_slow_consumer_of_a_batch_is_not_taken_for_gone(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-TIME-03: a driver may fetch a batch for which its consumer needs longer than `pause_max`."""
    go = threading.Event()

    def flood(connection: PeerConnection) -> None:
        connection.accept_login()
        go.wait(PATIENCE)
        connection.send(*events(BEYOND_BUFFERS // 10))
        connection.serve()

    async with backend.connect(start_peer(flood).port, pause_max=1.0) as pbx:
        subscription = pbx.events("Tick", limit=1_000, policy=Overflow.PAUSE, marks=True)
        go.set()
        for number in range(BEYOND_BUFFERS // 10):
            item = await subscription.get(PATIENCE)
            assert isinstance(item, Message), item
            assert int(item["Number"]) == number
            if number < 300:
                await backend.sleep(0.01)  # three seconds for the first of the batch
        assert pbx.snapshot().faults == {}


@pytest.mark.without_laws(SLOW_UNDER_LAWS)
@pytest.mark.parametrize("policy", list(Overflow))
async def test_unread_events_of_1_mb_stay_within_the_bytes(
    backend: SuiteBackend, start_peer: PeerFactory, policy: Overflow
) -> None:
    """R-FLOW-02: a queue is bounded in bytes as well, and drops are exact."""
    limit_bytes, count = 20_000_000, 150
    long = b"Event: Long\r\nPrivilege: user,all\r\nText: %s\r\n\r\n" % (b"x" * 1_000_000)

    def flood(connection: PeerConnection) -> None:
        connection.accept_login()
        action = connection.read_action()
        for _ in range(count):
            connection.send(long)
        connection.answer(action)
        connection.serve()

    async with backend.connect(start_peer(flood).port) as pbx:
        subscription = pbx.events("Long", limit_bytes=limit_bytes, policy=policy, marks=True)
        before = await backend.aside(resident_bytes)
        await pbx.send("Go", timeout=6 * PATIENCE)
        seen = pbx.snapshot().subscriptions[0]
        assert (seen.depth + seen.dropped, seen.depth) == (count, limit_bytes // len(long))
        assert seen.depth_bytes <= seen.limit_bytes == limit_bytes
        assert await backend.aside(resident_bytes) - before < 3 * limit_bytes
        items = await taken(subscription, seen.depth + 1)
        assert sum(item.count for item in items if isinstance(item, Drops)) == seen.dropped


def resident_bytes() -> int:
    """Return how much memory this process has now; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


# -- the other way: a peer that does not take what is sent


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
async def test_blocked_writes_go_on_though_the_peer_is_silent(
    backend: SuiteBackend,
    start_peer: PeerFactory,
    good_context: ssl.SSLContext,
    mock_ca_file: Path,
    secure: bool,
) -> None:
    """R-FLOW-04: more than the buffers hold; the peer reads late, and sends nothing until then."""
    reads_late = threading.Event()

    def late(connection: PeerConnection) -> None:
        connection.accept_login()
        reads_late.wait(PATIENCE)
        connection.serve()

    tls = Tls(ca_file=str(mock_ca_file)) if secure else None
    headers = {f"H{number}": "x" * 990 for number in range(72)}
    peer = start_peer(late, context=good_context if secure else None)
    async with backend.connect(peer.port, tls=tls, max_outbound_bytes=16 * 1024 * 1024) as pbx:
        actions = [await backend.spawn(pbx.send, "UserEvent", headers) for _ in range(BLOCKED_ACTIONS)]
        assert await backend.eventually(lambda: pbx.snapshot().actions_pending == BLOCKED_ACTIONS)
        await backend.sleep(0.1)  # the kernel has taken what it takes
        assert pbx.snapshot().outbound_bytes > 0
        reads_late.set()
        for action in actions:
            assert (await action.result())["Response"] == "Success"
        assert pbx.snapshot().outbound_bytes == 0


async def test_an_emptied_queue_ends_its_pause_though_nobody_waits_for_it(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-FLOW-02: reading goes on at half the limit, not at the next event, timer or action."""
    go = threading.Event()

    def flood(connection: PeerConnection) -> None:
        connection.accept_login()
        go.wait(PATIENCE)
        connection.send(*events(BEYOND_BUFFERS // 3))
        connection.send(*events(1, "Last"))
        connection.serve()

    # Each would wake the driver, also a timer that was stopped: a driver may sleep until then.
    timers = ("heartbeat_interval", "stable_after", "pause_max")
    stopped = ("connect_timeout", "banner_timeout", "login_timeout", "boot_timeout", "action_timeout")
    quiet = dict.fromkeys((*timers, *stopped), 30 * PATIENCE) | {"read_timeout": 50 * PATIENCE}
    async with backend.connect(start_peer(flood).port, **quiet) as pbx:
        full = pbx.events("Tick", limit=100, policy=Overflow.PAUSE)
        go.set()
        assert await backend.eventually(lambda: pbx.snapshot().subscriptions[0].pausing)
        await backend.sleep(0.1)  # what was read already is queued
        before = pbx.snapshot()
        for _ in range(before.subscriptions[0].depth):
            await full.get(0)  # never waits, and so never says that it does
        assert await backend.eventually(lambda: pbx.snapshot().bytes_received > before.bytes_received)
