"""The end of a client: by close, by a signal, with servers that do not answer Logoff."""

import os
import signal
import threading
import time
from types import FrameType
from typing import Any

import pytest

from ami_proto import ActionLost, ConfigError, MisuseError, NotReady, Reason, State, StateChanged
from conformance.laws.peer import (
    PATIENCE,
    PeerConnection,
    PeerFactory,
    honest,
    leaving,
    recording,
    silent_after_login,
)
from conformance.suite.backends import CLOCK_STEP, SuiteBackend

# -- by close


async def test_close_logs_off_and_waits_for_goodbye_only(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-LIFE-05: not for the rest of the grace."""
    received: list[str] = []

    def record(connection: PeerConnection) -> None:
        recording(received)(connection)

    async with backend.connect(start_peer(record).port, close_grace=60.0) as pbx:
        begun = time.monotonic()
        await pbx.close()
        assert time.monotonic() - begun < PATIENCE
        assert pbx.state is State.CLOSED
        assert await backend.eventually(lambda: received == ["Logoff"])


@pytest.mark.parametrize("grace", [0.0, 0.05])
async def test_close_waits_no_longer_than_the_grace(
    backend: SuiteBackend, start_peer: PeerFactory, grace: float
) -> None:
    """R-LIFE-05."""
    async with backend.connect(start_peer(silent_after_login).port, close_grace=60.0) as pbx:
        begun = time.monotonic()
        await pbx.close(grace=grace)
        assert grace - CLOCK_STEP <= time.monotonic() - begun < PATIENCE


async def test_a_wrong_grace_raises_and_closes_nothing(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-CONF-01."""
    async with backend.connect(start_peer(honest).port) as pbx:
        with pytest.raises(ConfigError, match="grace = -1"):
            await pbx.close(grace=-1)
        assert (await pbx.send("Ping"))["Ping"] == "Pong"


async def test_close_twice_and_by_many_callers(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-05: idempotent; one Logoff, and every caller waits for the end."""
    received: list[str] = []
    async with backend.connect(start_peer(recording(received)).port) as pbx:
        for task in [await backend.spawn(pbx.close) for _ in range(8)]:
            await task.result()
        assert pbx.state is State.CLOSED
        await pbx.close()
        await pbx.close(grace=5.0)
    assert await backend.eventually(lambda: received == ["Logoff"])


async def test_calls_of_a_closed_client_raise(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-03."""
    async with backend.connect(start_peer(honest).port) as pbx:
        subscription = pbx.events()
        await pbx.close()
        for _ in range(3):
            with pytest.raises(NotReady, match="is closed, not ready for actions"):
                await pbx.send("Ping")
        with pytest.raises(NotReady, match="is closed"):
            await pbx.send("Ping", wait=True)
        with pytest.raises(NotReady, match="is closed"):
            pbx.events()
        assert [message async for message in subscription] == []
        subscription.close()
        assert pbx.snapshot().state is State.CLOSED


async def test_an_action_in_flight_may_finish_during_the_grace(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-LIFE-05."""

    def answer_late(connection: PeerConnection) -> None:
        connection.accept_login()
        held = connection.read_action()
        logoff = connection.read_action()
        connection.answer(held)
        connection.answer(logoff, "Goodbye")

    async with backend.connect(start_peer(answer_late).port, close_grace=PATIENCE) as pbx:
        held = await backend.spawn(pbx.send, "Held")
        assert await backend.eventually(lambda: pbx.snapshot().actions_pending == 1)
        await pbx.close()
        assert (await held.result())["Response"] == "Success"


async def test_an_action_that_does_not_finish_is_lost(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-CORR-07: its caller does not wait for ever."""
    async with backend.connect(start_peer(silent_after_login).port) as pbx:
        held = await backend.spawn(pbx.send, "Held")
        assert await backend.eventually(lambda: pbx.snapshot().actions_pending == 1)
        await pbx.close(grace=0.01)
        with pytest.raises(ActionLost, match="stopped"):
            await held.result()


async def test_an_action_that_waits_for_a_connection_ends_with_the_client(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-CORR-07, R-LIFE-03."""
    peer = start_peer(leaving)
    async with backend.connect(peer.port) as pbx:
        peer.stop_listening()
        with pytest.raises(ConnectionError):
            await pbx.send("Go")
        waiting = await backend.spawn(ping_when_ready, pbx)
        assert await backend.eventually(lambda: pbx.snapshot().actions_waiting == 1)
        await pbx.close()
        with pytest.raises(ActionLost, match="stopped"):
            await waiting.result()


async def ping_when_ready(pbx: Any) -> None:
    """Ping as soon as the connection is ready."""
    await pbx.send("Ping", wait=True)


async def test_a_server_that_hangs_up_without_goodbye(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-05: a requested close is not a failure."""
    notices: list[object] = []
    peer = start_peer(leaving)
    async with backend.connect(peer.port, close_grace=PATIENCE, on_notice=notices.append) as pbx:
        waits = await backend.spawn(names_of, pbx.events())
        await pbx.close()
        assert await waits.result() == []
        with pytest.raises(NotReady):
            await pbx.send("Ping")
    last = [notice for notice in notices if isinstance(notice, StateChanged)][-1]
    assert last.new is State.CLOSED
    assert last.cause is not None
    assert last.cause.reason in (Reason.STOPPED, Reason.EOF)


async def names_of(subscription: Any) -> list[str]:
    """Return the names of all messages to the end of the iteration."""
    return [message.name async for message in subscription]


# -- by a signal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_logs_off_and_the_program_goes_on(
    backend: SuiteBackend, start_peer: PeerFactory, number: signal.Signals
) -> None:
    """R-DRIVER-05: iteration ends, and pending actions may finish."""
    received: list[str] = []
    peer = start_peer(recording(received))
    stop_on = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(each) for each in stop_on]
    async with backend.connect(peer.port, stop_on=stop_on, close_grace=PATIENCE) as pbx:
        listening = await backend.spawn(names_of, pbx.events())
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        os.kill(os.getpid(), number)
        assert await listening.result() == []
        assert await backend.eventually(lambda: pbx.state is State.CLOSED)
        with pytest.raises(NotReady, match="is closed"):
            await pbx.send("Ping")
    assert received == ["Ping", "Logoff"]
    assert [signal.getsignal(each) for each in stop_on] == before


async def test_a_second_signal_calls_the_previous_handler(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-05: the user need not wait for a Goodbye that does not come."""
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


async def test_signal_handlers_are_restored(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-DRIVER-05: after a failed connect too; a handler that was set meanwhile is left alone."""
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


async def test_a_signal_ends_a_wait_for_an_absent_server(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-05: with `retry`, nothing else ends it."""
    peer = start_peer(honest)
    peer.stop_listening()
    killer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM))
    killer.start()
    with pytest.raises(ConnectionError, match="stopped"):
        async with backend.connect(peer.port, stop_on=(signal.SIGTERM,), retry=True):
            pytest.fail("there is no server")


async def test_a_signal_that_is_refused_leaves_nothing(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-05, invariant 8: no descriptor, no handler; also before the garbage collector has run."""
    peer = start_peer(honest)
    before = signal.getsignal(signal.SIGTERM)
    async with backend.connect(peer.port):  # what is opened once, and stays
        pass
    kept: list[BaseException] = []  # refers to all that the failed calls had made
    descriptors = await backend.aside(open_descriptors)
    for _ in range(5):
        with pytest.raises(MisuseError, match="stop_on") as refused:
            async with backend.connect(peer.port, stop_on=(signal.SIGTERM, signal.SIGKILL)):
                pytest.fail("no program can handle SIGKILL")
        kept.append(refused.value)
    assert await backend.aside(open_descriptors) == descriptors
    kept.clear()
    del refused
    assert signal.getsignal(signal.SIGTERM) == before
    assert peer.accepted == 1


def open_descriptors() -> set[str]:
    """Return the numbers of the descriptors of this process, but for that of the look itself."""
    with os.scandir("/proc/self/fd") as found:
        return {
            each.name for each in found if os.path.exists(each.path) and "/fd" not in os.readlink(each.path)
        }
