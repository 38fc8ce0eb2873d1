"""Timeouts: of an answer, a connection, an event."""

import threading
import time
from typing import Any

import pytest

from ami_proto import ActionFinished, ActionTimeout, ConfigError, ConnectFailed, Fault, Notice, Reason, Sent
from conformance.laws.peer import (
    PATIENCE,
    PeerConnection,
    PeerFactory,
    events,
    holding,
    honest,
    leaving,
    silent,
    silent_after_login,
)
from conformance.suite.backends import CLOCK_STEP, SuiteBackend


def ignore_first_action(connection: PeerConnection) -> None:
    """Accept the login, ignore the first action, and serve the others."""
    connection.accept_login()
    connection.read_action()
    connection.serve()


async def test_an_action_times_out_alone(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-CORR-06."""
    async with backend.connect(start_peer(ignore_first_action).port) as pbx:
        begun = time.monotonic()
        with pytest.raises(ActionTimeout) as caught:
            await pbx.send("Ping", timeout=0.05)
        assert 0.05 - CLOCK_STEP <= time.monotonic() - begun < PATIENCE
        assert isinstance(caught.value, TimeoutError)
        assert caught.value.sent is Sent.FULLY
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_action_timeout_is_the_default(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-CORR-06."""
    async with backend.connect(start_peer(ignore_first_action).port, action_timeout=0.05) as pbx:
        with pytest.raises(ActionTimeout):
            await pbx.send("Ping")
        assert (await pbx.send("Ping", timeout=PATIENCE))["Ping"] == "Pong"


async def test_a_late_answer_is_counted_and_changes_nothing(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-CORR-06, R-CORR-08."""
    go = threading.Event()
    async with backend.connect(start_peer(holding(1, go)).port) as pbx:
        with pytest.raises(ActionTimeout):
            await pbx.send("Late", timeout=0.05)
        go.set()
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().faults[Fault.UNMATCHED] == 1


async def test_actions_time_out_in_the_order_of_their_deadlines(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-CORR-06: each once."""
    notices: list[Notice] = []
    async with backend.connect(start_peer(silent_after_login).port, on_notice=notices.append) as pbx:
        tasks = [
            await backend.spawn(wait_for_answer, pbx, name, timeout)
            for name, timeout in (("Third", 0.3), ("First", 0.1), ("Second", 0.2))
        ]
        for task in tasks:
            with pytest.raises(ActionTimeout):
                await task.result()
    finished = [notice.ticket.action_name for notice in notices if isinstance(notice, ActionFinished)]
    assert finished == ["First", "Second", "Third"]


async def wait_for_answer(pbx: Any, name: str, timeout: float) -> None:
    """Send an action with a timeout."""
    await pbx.send(name, timeout=timeout)


async def test_an_action_that_waits_for_a_connection_times_out_unsent(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-LIFE-03: within its own timeout, and it is not sent later."""
    peer = start_peer(leaving)
    async with backend.connect(peer.port) as pbx:
        peer.stop_listening()
        with pytest.raises(ConnectionError):
            await pbx.send("Go")
        with pytest.raises(ActionTimeout) as caught:
            await pbx.send("Ping", wait=True, timeout=0.05)
        assert caught.value.sent is Sent.NO


@pytest.mark.parametrize("timeout", [0, -1.0, float("nan"), float("inf"), "soon"])
async def test_a_timeout_is_a_positive_number(
    backend: SuiteBackend, start_peer: PeerFactory, timeout: float
) -> None:
    """R-CONF-01."""
    async with backend.connect(start_peer(honest).port) as pbx:
        with pytest.raises(ConfigError, match=r"^timeout( = .*)?: must be above 0"):
            await pbx.send("Ping", timeout=timeout)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_a_silent_server_fails_after_the_banner_timeout(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-AUTH-02."""
    begun = time.monotonic()
    with pytest.raises(ConnectFailed) as caught:
        async with backend.connect(start_peer(silent).port, banner_timeout=0.1):
            pytest.fail("it says nothing")
    assert caught.value.cause.reason is Reason.BANNER_TIMEOUT
    assert 0.1 - CLOCK_STEP <= time.monotonic() - begun < PATIENCE


async def test_get_waits_for_its_timeout_and_loses_nothing(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-07: with timeout 0 it returns an item that is there."""
    go = threading.Event()

    def late(connection: PeerConnection) -> None:
        connection.accept_login()
        go.wait(PATIENCE)
        connection.send(*events(3))
        connection.serve()

    async with backend.connect(start_peer(late).port) as pbx:
        with pbx.events() as subscription:
            for timeout in (0, 0.01, 0.02):
                with pytest.raises(TimeoutError):
                    await subscription.get(timeout)
            go.set()
            assert (await subscription.get(PATIENCE))["Number"] == "0"
            assert (await pbx.send("Ping"))["Ping"] == "Pong"
            assert [(await subscription.get(0))["Number"] for _ in range(2)] == ["1", "2"]
            with pytest.raises(TimeoutError):
                await subscription.get(0)


async def test_get_waits_for_its_timeout_once(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-DRIVER-07: whether or not messages came and went meanwhile that it does not yield."""
    timeout, taken = 0.3, []
    async with backend.connect(start_peer(honest).port) as pbx:
        with pbx.events("Never") as subscription:
            for _ in range(5):  # a loaded machine makes some late, and a second wait makes all late
                begun = time.monotonic()
                with pytest.raises(TimeoutError, match=r"within 0\.3 s"):
                    await subscription.get(timeout)
                taken.append(time.monotonic() - begun)
                if taken[-1] < 1.5 * timeout:
                    break
    assert timeout - CLOCK_STEP <= min(taken) < 1.5 * timeout
