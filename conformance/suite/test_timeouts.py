"""What does not come in time: an answer, a connection, an event."""

import threading
import time
from typing import Any

import pytest

from ami_proto import ActionFinished, ActionTimeout, ConfigError, ConnectFailed, Fault, Notice, Reason, Sent
from conformance.leaks import PATIENCE
from conformance.peer import Line, PeerFactory, events, holding, honest, leaving, silent, silent_after_login
from conformance.suite.backends import CLOCK_STEP, Backend


def deaf_for_one(line: Line) -> None:
    """Let the client in, overhear its first action, and serve the others."""
    line.welcome()
    line.hear()
    line.serve()


async def test_an_action_times_out_alone(backend: Backend, start_peer: PeerFactory) -> None:
    """R-CORR-06."""
    async with backend.connect(start_peer(deaf_for_one).port) as pbx:
        begun = time.monotonic()
        with pytest.raises(ActionTimeout) as caught:
            await pbx.send("Ping", timeout=0.05)
        assert 0.05 - CLOCK_STEP <= time.monotonic() - begun < PATIENCE
        assert isinstance(caught.value, TimeoutError)
        assert caught.value.sent is Sent.FULLY
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_the_timeout_of_the_connection_holds_where_none_is_given(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-CORR-06: `action_timeout`."""
    async with backend.connect(start_peer(deaf_for_one).port, action_timeout=0.05) as pbx:
        with pytest.raises(ActionTimeout):
            await pbx.send("Ping")
        assert (await pbx.send("Ping", timeout=PATIENCE))["Ping"] == "Pong"


async def test_a_late_answer_is_counted_and_changes_nothing(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-CORR-06, R-CORR-08."""
    go = threading.Event()
    async with backend.connect(start_peer(holding(1, go)).port) as pbx:
        with pytest.raises(ActionTimeout):
            await pbx.send("Late", timeout=0.05)
        go.set()
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().faults[Fault.UNMATCHED] == 1


async def test_timeouts_come_in_their_order(backend: Backend, start_peer: PeerFactory) -> None:
    """R-CORR-06: by deadline, not by age, and each once."""
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
    """Wait for an answer so long."""
    await pbx.send(name, timeout=timeout)


async def test_what_waits_for_a_connection_times_out_unsent(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-LIFE-03: within the action's own timeout, and never sent after it."""
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
    backend: Backend, start_peer: PeerFactory, timeout: float
) -> None:
    """R-CONF-01."""
    async with backend.connect(start_peer(honest).port) as pbx:
        with pytest.raises(ConfigError, match="timeout = "):
            await pbx.send("Ping", timeout=timeout)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_a_silent_server_is_given_up_in_time(backend: Backend, start_peer: PeerFactory) -> None:
    """R-AUTH-02: each timer at its own value."""
    begun = time.monotonic()
    with pytest.raises(ConnectFailed) as caught:
        async with backend.connect(start_peer(silent).port, banner_timeout=0.1):
            pytest.fail("it says nothing")
    assert caught.value.cause.reason is Reason.BANNER_TIMEOUT
    assert 0.1 - CLOCK_STEP <= time.monotonic() - begun < PATIENCE


async def test_get_waits_so_long_and_loses_nothing(backend: Backend, start_peer: PeerFactory) -> None:
    """R-DRIVER-07: also a wait of no time at all finds what is there."""
    go = threading.Event()

    def late(line: Line) -> None:
        line.welcome()
        go.wait(PATIENCE)
        line.say(*events(3))
        line.serve()

    async with backend.connect(start_peer(late).port) as pbx:
        with pbx.events() as heard:
            for timeout in (0, 0.01, 0.02):
                with pytest.raises(TimeoutError):
                    await heard.get(timeout)
            go.set()
            assert (await heard.get(PATIENCE))["Number"] == "0"
            assert (await pbx.send("Ping"))["Ping"] == "Pong"
            assert [(await heard.get(0))["Number"] for _ in range(2)] == ["1", "2"]
            with pytest.raises(TimeoutError):
                await heard.get(0)
