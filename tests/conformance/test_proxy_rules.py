"""Rules of the contract, proved on each kind of driver with the fault proxy before the mock server."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest

from ami_proto import (
    ActionLost,
    ConnectFailed,
    ConnectScheduled,
    Fault,
    FaultSeen,
    Message,
    Notice,
    Overflow,
    Reason,
    State,
)
from conformance.laws.peer import PATIENCE, Peer, PeerConnection
from conformance.laws.playbook import frame
from conformance.mock import LoopbackServer, MockServer
from conformance.mock.fixtures import MockServerFactory
from conformance.proxy import (
    BlackHole,
    CutAfter,
    CutFrame,
    FaultProxy,
    HalfClose,
    Latency,
    OneByte,
    SlowLoris,
    Throttle,
)
from conformance.suite.backends import SuiteBackend, backend_of
from conformance.suite.leaks import nothing_left

__all__ = ["nothing_left"]

DRIVERS = ["selectors", "gevent", "asyncio", "trio"]


@pytest.fixture(params=[backend_of(name) for name in DRIVERS], ids=DRIVERS)
def driver(request: pytest.FixtureRequest) -> SuiteBackend:
    """Return a driver. Made before the tests, because each loop opens descriptors that stay."""
    driver: SuiteBackend = request.param
    return driver


@pytest.fixture
def faulty(mock_server: LoopbackServer) -> Iterator[FaultProxy]:
    """Return a proxy in front of the mock server."""
    with FaultProxy(mock_server.port) as proxy:
        yield proxy


@pytest.mark.parametrize("reset", [False, True])
def test_an_action_whose_answer_is_cut_is_lost(driver: SuiteBackend, faulty: FaultProxy, reset: bool) -> None:
    """R-CORR-07: once, with the reason; half a frame is counted, and the next session is clean."""

    async def program() -> None:
        async with driver.connect(faulty.port) as pbx:
            faulty.set(CutFrame(1, 30, reset=reset))
            with pytest.raises(ActionLost) as lost:
                await pbx.send("CoreStatus")
            assert lost.value.cause.reason is (Reason.RESET if reset else Reason.EOF)
            assert pbx.snapshot().faults == {Fault.INCOMPLETE: 1}
            faulty.set()
            assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"

    driver.run(program, {})


@pytest.mark.parametrize("towards", ["both", "client", "server"])
def test_a_black_hole_is_found_by_the_heartbeat(
    driver: SuiteBackend, faulty: FaultProxy, towards: Literal["both", "client", "server"]
) -> None:
    """R-HEALTH-01: in both directions and in either; afterwards the client reconnects."""
    pace = {"heartbeat_interval": 0.1, "heartbeat_timeout": 0.1, "read_timeout": 5.0, "connect_timeout": 1.0}

    async def program() -> None:
        async with driver.connect(faulty.port, **pace) as pbx:
            faulty.links[0].set(BlackHole(towards=towards))
            assert await driver.eventually(lambda: pbx.snapshot().last_cause is not None)
            cause = pbx.snapshot().last_cause
            assert cause is not None
            assert cause.reason is Reason.HEARTBEAT
            assert await driver.eventually(lambda: pbx.state is State.READY)
            assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"

    driver.run(program, {})


def without_action_id(message: Message) -> list[tuple[str | None, str]]:
    """Return the lines of a message that do not change with each action."""
    return [(name, value) for name, value in message.pairs() if name != "ActionID"]


def test_one_byte_at_a_time_gives_the_same_reply(driver: SuiteBackend, faulty: FaultProxy) -> None:
    """R-WIRE-01: in both directions, banner and login too."""

    async def program() -> None:
        replies = []
        for faults in ((), (OneByte(towards="both"),)):
            faulty.set(*faults)
            async with driver.connect(faulty.port) as pbx:
                reply = await pbx.send("QueueStatus")
                replies.append([without_action_id(message) for message in reply.events])
                assert pbx.snapshot().faults == {}
        assert replies[0] == replies[1] != []

    driver.run(program, {})


def test_a_frame_that_never_ends_costs_the_session(
    driver: SuiteBackend, faulty: FaultProxy, mock_server: LoopbackServer
) -> None:
    """R-TIME-01: bytes that keep coming are no sign of life."""

    async def program() -> None:
        async with driver.connect(faulty.port, frame_timeout=0.3) as pbx:
            faulty.links[0].set(SlowLoris(0.02))
            begun = time.monotonic()
            await driver.aside(
                mock_server.call, lambda core: core.publish({"Event": "Long", "Text": "x" * 900}, "user")
            )
            assert await driver.eventually(lambda: pbx.snapshot().last_cause is not None)
            assert 0.3 <= time.monotonic() - begun < PATIENCE
            assert "frame" in str(pbx.snapshot().last_cause)
            assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"

    driver.run(program, {})


def test_an_answer_that_trickles_in_has_until_the_end_of_its_action(
    driver: SuiteBackend, faulty: FaultProxy, mock_server: LoopbackServer
) -> None:
    """R-TIME-01: `frame_timeout` stretches to the deadline of the action whose answer is open."""

    async def program() -> None:
        await driver.aside(
            mock_server.call, lambda core: core.cli.update(boast=lambda core: f"{'x' * 99}\n" * 100)
        )
        async with driver.connect(faulty.port, frame_timeout=0.2) as pbx:
            faulty.links[0].set(Throttle(10_000))
            begun = time.monotonic()
            reply = await pbx.send("Command", Command="boast", timeout=PATIENCE)
            assert len(reply.output or []) == 100
            assert time.monotonic() - begun > 0.5
            assert pbx.snapshot().faults == {}

    driver.run(program, {})


def test_a_login_that_trickles_in_says_what_was_late(driver: SuiteBackend, faulty: FaultProxy) -> None:
    """R-AUTH-08: the error of `connect` names the last cause."""
    faulty.set(SlowLoris(0.1))

    async def program() -> None:
        with pytest.raises(ConnectFailed, match="banner") as caught:
            async with driver.connect(faulty.port, banner_timeout=0.3):
                pass
        assert caught.value.cause.reason is Reason.BANNER_TIMEOUT

    driver.run(program, {})


def test_the_end_of_one_direction_is_the_end_of_the_session(driver: SuiteBackend, faulty: FaultProxy) -> None:
    """R-LIFE-03: a half-closed stream brings nothing more, so the client connects anew."""

    async def program() -> None:
        async with driver.connect(faulty.port) as pbx:
            faulty.links[0].set(HalfClose(towards="client"))
            assert await driver.eventually(lambda: pbx.snapshot().last_cause is not None)
            cause = pbx.snapshot().last_cause
            assert cause is not None
            assert cause.reason is Reason.EOF
            assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"

    driver.run(program, {})


def test_a_connection_that_is_cut_while_the_server_boots(
    driver: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-AUTH-07: READY still means booted, and lists are whole from then on."""
    host = mock_server_factory(MockServer(boot_duration=1.0))
    notices: list[Notice] = []

    async def program() -> None:
        options: dict[str, Any] = {"retry": True, "on_notice": notices.append}
        async with driver.connect(proxy.port, wait_fully_booted="auto", **options) as pbx:
            queues = await pbx.send("QueueStatus", wait=True)
            assert [each for each in queues if each.name == "QueueParams"] != []

    with FaultProxy(host.port) as proxy:
        proxy.set(CutAfter(400))
        healer = threading.Thread(target=heal_after_a_cut, args=[proxy])
        healer.start()
        driver.run(program, {})
        healer.join()
    losses = {each.cause.reason for each in notices if isinstance(each, ConnectScheduled) and each.cause}
    assert losses == {Reason.EOF}


def heal_after_a_cut(proxy: FaultProxy) -> None:
    """Take the faults away once the client had to connect again."""
    deadline = time.monotonic() + PATIENCE
    while proxy.accepted < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    proxy.set()


@pytest.mark.parametrize("limit", [1, 100])
def test_a_paused_session_behind_a_slow_link_loses_nothing(
    driver: SuiteBackend, faulty: FaultProxy, mock_server: LoopbackServer, limit: int
) -> None:
    """R-TIME-03, R-FLOW-02: paused for longer than the heartbeat's patience, then read to the end."""
    pace = {"heartbeat_interval": 0.1, "heartbeat_timeout": 0.1, "read_timeout": 0.5}
    count = 2_000

    async def program() -> None:
        async with driver.connect(faulty.port, **pace) as pbx:
            faulty.links[0].set(Latency(0.05))
            with pbx.events("Tick", limit=limit, policy=Overflow.PAUSE) as ticks:
                await driver.aside(mock_server.call, publish_ticks(count))
                assert await driver.eventually(lambda: pbx.snapshot().subscriptions[0].depth >= limit)
                session = pbx.snapshot().session
                await driver.sleep(1.0)
                assert [(await ticks.get(PATIENCE))["Number"] for _ in range(count)] == [
                    str(number) for number in range(count)
                ]
                assert (pbx.snapshot().session, pbx.snapshot().events_dropped) == (session, 0)

    driver.run(program, {})


def publish_ticks(count: int) -> Callable[[MockServer], None]:
    """Return a call that publishes numbered events."""

    def publish(core: MockServer) -> None:
        for number in range(count):
            core.publish({"Event": "Tick", "Number": str(number)}, "user")

    return publish


def list_with_a_torn_item(connection: PeerConnection) -> None:
    """Answer with a list whose first item runs into the second."""
    connection.accept_login()
    action_id = f"ActionID: {connection.read_action()['ActionID']}"
    connection.send(frame("Response: Success", action_id, "EventList: start"))
    torn = frame("Event: QueueParams", action_id, "Queue: a", "Max: 1").removesuffix(b"\r\n")
    connection.send(torn + frame("Event: QueueParams", action_id, "Queue: b", "Max: 1"))
    connection.send(frame("Event: QueueParams", action_id, "Queue: c", "Max: 1"))
    connection.send(frame("Event: QueueStatusComplete", action_id, "EventList: Complete"))
    connection.serve()


def test_a_list_that_lost_an_item_says_so(driver: SuiteBackend, caplog: pytest.LogCaptureFixture) -> None:
    """R-FLOW-08: in the reply, in a notice and at WARNING, although the list succeeded."""
    notices: list[Notice] = []

    async def program() -> None:
        async with driver.connect(peer.port, on_notice=notices.append) as pbx:
            reply = await pbx.send("QueueStatus")
            assert reply.damaged == 1

    with Peer(list_with_a_torn_item) as peer:
        driver.run(program, {})
    assert len([each for each in notices if isinstance(each, FaultSeen)]) == 1
    losses = [each for each in caplog.records if "may have lost an item: 1 frames" in each.getMessage()]
    assert [(each.levelno, vars(each)["frames_damaged"]) for each in losses] == [(logging.WARNING, 1)]
