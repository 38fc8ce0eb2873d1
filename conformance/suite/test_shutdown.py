"""The end: by close, by a signal, by a server that does not play along."""

import os
import signal
import threading
import time
from types import FrameType
from typing import Any

import pytest

from ami_proto import ActionLost, ConfigError, NotReady, Reason, State, StateChanged
from conformance.leaks import PATIENCE
from conformance.peer import Line, PeerFactory, honest, leaving, recording, silent_after_login
from conformance.suite.backends import CLOCK_STEP, Backend

# -- by close


async def test_close_logs_off_and_waits_for_goodbye_only(backend: Backend, start_peer: PeerFactory) -> None:
    """R-LIFE-05: not for the rest of the grace."""
    heard: list[str] = []

    def record(line: Line) -> None:
        recording(heard)(line)

    async with backend.connect(start_peer(record).port, close_grace=60.0) as pbx:
        begun = time.monotonic()
        await pbx.close()
        assert time.monotonic() - begun < PATIENCE
        assert pbx.state is State.CLOSED
        assert await backend.eventually(lambda: heard == ["Logoff"])


@pytest.mark.parametrize("grace", [0.0, 0.05])
async def test_close_waits_no_longer_than_the_grace(
    backend: Backend, start_peer: PeerFactory, grace: float
) -> None:
    """R-LIFE-05."""
    async with backend.connect(start_peer(silent_after_login).port, close_grace=60.0) as pbx:
        begun = time.monotonic()
        await pbx.close(grace=grace)
        assert grace - CLOCK_STEP <= time.monotonic() - begun < PATIENCE


async def test_a_wrong_grace_raises_and_closes_nothing(backend: Backend, start_peer: PeerFactory) -> None:
    """R-CONF-01."""
    async with backend.connect(start_peer(honest).port) as pbx:
        with pytest.raises(ConfigError, match="grace = -1"):
            await pbx.close(grace=-1)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_close_twice_and_from_many_sides(backend: Backend, start_peer: PeerFactory) -> None:
    """R-LIFE-05: idempotent, one Logoff, and every one who closes sees the end."""
    heard: list[str] = []
    async with backend.connect(start_peer(recording(heard)).port) as pbx:
        for task in [await backend.spawn(pbx.close) for _ in range(8)]:
            await task.result()
        assert pbx.state is State.CLOSED
        await pbx.close()
        await pbx.close(grace=5.0)
    assert await backend.eventually(lambda: heard == ["Logoff"])


async def test_a_closed_client_says_so(backend: Backend, start_peer: PeerFactory) -> None:
    """R-LIFE-03."""
    async with backend.connect(start_peer(honest).port) as pbx:
        heard = pbx.events()
        await pbx.close()
        for _ in range(3):
            with pytest.raises(NotReady, match="is closed, not ready for actions"):
                await pbx.send("Ping")
        with pytest.raises(NotReady, match="is closed"):
            await pbx.send("Ping", wait=True)
        with pytest.raises(NotReady, match="is closed"):
            pbx.events()
        assert [message async for message in heard] == []
        heard.close()
        assert pbx.snapshot().state is State.CLOSED


async def test_an_action_in_flight_may_finish_during_the_grace(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-LIFE-05."""

    def answer_late(line: Line) -> None:
        line.welcome()
        held = line.hear()
        logoff = line.hear()
        line.answer(held)
        line.answer(logoff, "Goodbye")

    async with backend.connect(start_peer(answer_late).port, close_grace=PATIENCE) as pbx:
        held = await backend.spawn(pbx.send, "Held")
        assert await backend.eventually(lambda: pbx.snapshot().actions_pending == 1)
        await pbx.close()
        assert (await held.result())["Response"] == "Success"


async def test_an_action_that_does_not_finish_is_lost(backend: Backend, start_peer: PeerFactory) -> None:
    """R-CORR-07: nobody waits for ever."""
    async with backend.connect(start_peer(silent_after_login).port) as pbx:
        held = await backend.spawn(pbx.send, "Held")
        assert await backend.eventually(lambda: pbx.snapshot().actions_pending == 1)
        await pbx.close(grace=0.01)
        with pytest.raises(ActionLost, match="stopped"):
            await held.result()


async def test_what_waits_for_a_connection_ends_with_the_client(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-CORR-07, R-LIFE-03: there will be none."""
    peer = start_peer(leaving)
    async with backend.connect(peer.port) as pbx:
        peer.stop_listening()
        with pytest.raises(ConnectionError):
            await pbx.send("Go")
        waiting = await backend.spawn(send_when_ready, pbx)
        assert await backend.eventually(lambda: pbx.snapshot().actions_waiting == 1)
        await pbx.close()
        with pytest.raises(ActionLost, match="stopped"):
            await waiting.result()


async def send_when_ready(pbx: Any) -> None:
    """Wait for a connection."""
    await pbx.send("Ping", wait=True)


async def test_a_server_that_hangs_up_without_goodbye(backend: Backend, start_peer: PeerFactory) -> None:
    """R-LIFE-05: a close that was asked for is no failure, however the server takes it."""
    notices: list[object] = []
    peer = start_peer(leaving)
    async with backend.connect(peer.port, close_grace=PATIENCE, on_notice=notices.append) as pbx:
        waits = await backend.spawn(listen, pbx.events())
        await pbx.close()
        assert await waits.result() == []
        with pytest.raises(NotReady):
            await pbx.send("Ping")
    last = [notice for notice in notices if isinstance(notice, StateChanged)][-1]
    assert last.new is State.CLOSED
    assert last.cause is not None
    assert last.cause.reason in (Reason.STOPPED, Reason.EOF)


async def listen(heard: Any) -> list[str]:
    """Listen to the end."""
    return [message.name async for message in heard]


# -- by a signal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_logs_off_and_the_program_comes_to_its_end(
    backend: Backend, start_peer: PeerFactory, number: signal.Signals
) -> None:
    """R-DRIVER-05: iteration ends, what is in flight may finish, and the process goes on."""
    heard: list[str] = []
    peer = start_peer(recording(heard))
    stop_on = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(each) for each in stop_on]
    async with backend.connect(peer.port, stop_on=stop_on, close_grace=PATIENCE) as pbx:
        listening = await backend.spawn(listen, pbx.events())
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        os.kill(os.getpid(), number)
        assert await listening.result() == []
        assert await backend.eventually(lambda: pbx.state is State.CLOSED)
        with pytest.raises(NotReady, match="is closed"):
            await pbx.send("Ping")
    assert heard == ["Ping", "Logoff"]
    assert [signal.getsignal(each) for each in stop_on] == before


async def test_a_second_signal_does_what_it_did_before(backend: Backend, start_peer: PeerFactory) -> None:
    """R-DRIVER-05: whoever insists need not wait for a Goodbye that does not come."""
    seen: list[int] = []

    def insist(number: int, _frame: FrameType | None) -> None:
        seen.append(number)

    before = signal.signal(signal.SIGTERM, insist)
    try:
        peer = start_peer(silent_after_login)
        async with backend.connect(peer.port, stop_on=(signal.SIGTERM,), close_grace=0.3) as pbx:
            os.kill(os.getpid(), signal.SIGTERM)
            assert await backend.eventually(lambda: not pbx.state.sending)
            assert seen == []
            os.kill(os.getpid(), signal.SIGTERM)
            assert await backend.eventually(lambda: seen == [signal.SIGTERM])
        assert signal.getsignal(signal.SIGTERM) is insist
    finally:
        signal.signal(signal.SIGTERM, before)


async def test_signals_are_as_before_when_none_came(backend: Backend, start_peer: PeerFactory) -> None:
    """R-DRIVER-05: also after a connect that failed; and a handler set meanwhile is left alone."""
    before = signal.getsignal(signal.SIGTERM)
    stop_on = (signal.SIGTERM,)
    peer = start_peer(honest)
    async with backend.connect(peer.port, stop_on=stop_on):
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
    async with backend.connect(peer.port, stop_on=stop_on):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    assert signal.signal(signal.SIGTERM, before) == signal.SIG_IGN
    peer.stop_listening()
    with pytest.raises(ConnectionError):
        async with backend.connect(peer.port, stop_on=stop_on):
            pytest.fail("there is no server")
    assert signal.getsignal(signal.SIGTERM) == before


async def test_a_signal_ends_a_wait_for_a_server_that_is_not_there(
    backend: Backend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-05: `retry` tries for ever, but for a signal."""
    peer = start_peer(honest)
    peer.stop_listening()
    killer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM))
    killer.start()
    with pytest.raises(ConnectionError, match="stopped"):
        async with backend.connect(peer.port, stop_on=(signal.SIGTERM,), retry=True):
            pytest.fail("there is no server")
