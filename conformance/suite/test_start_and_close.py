"""A client that is made before its server is there, and is started and closed by different callers."""

import gc
from collections.abc import Coroutine
from typing import Any

import pytest

from ami_proto import (
    ConfigError,
    ConnectFailed,
    ConnectTimeout,
    LoginRefused,
    MisuseError,
    NotReady,
    Reason,
    State,
)
from conformance.laws.peer import (
    HOST,
    PeerFactory,
    closed_port,
    honest,
    recording,
    silent,
)
from conformance.mock import LoopbackServer, MockServer
from conformance.suite.backends import SuiteBackend

A_WHILE = 0.2
"""Seconds in which a client that nobody holds ends once it has logged off, or would log off."""


async def test_it_is_made_and_started_before_its_server_is_there(backend: SuiteBackend) -> None:
    """R-LIFE-07."""
    port = closed_port()
    pbx = backend.client(port, retry=True)
    await pbx.start(wait=False)
    try:
        with pytest.raises(ConnectTimeout, match="refused"):
            await pbx.wait_ready(0.2)
        with pytest.raises(NotReady, match="refused"):
            await pbx.send("Ping")
        server = LoopbackServer(MockServer(), host=HOST, port=port)
        await backend.aside(server.start)
        try:
            await pbx.wait_ready()
            assert (await pbx.send("Ping"))["Ping"] == "Pong"
        finally:
            await pbx.close()
            await backend.aside(server.stop)
    finally:
        await pbx.close()


async def test_an_action_may_wait_from_the_first_moment(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-LIFE-07: a start that does not wait gives no other task a turn before."""
    pbx = backend.client(start_peer(honest).port)
    await pbx.start(wait=False)
    assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
    await pbx.close()


async def test_one_task_starts_it_and_another_closes_it(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-LIFE-07: the task that started it has ended meanwhile, and the client goes on."""
    received: list[str] = []
    pbx = backend.client(start_peer(recording(received)).port)
    await (await backend.spawn(pbx.start)).result()
    assert (await pbx.send("Ping"))["Ping"] == "Pong"
    await (await backend.spawn(pbx.close)).result()
    assert pbx.state is State.CLOSED
    assert await backend.eventually(lambda: received == ["Ping", "Logoff"])


async def test_a_start_that_waits_raises_a_refused_login(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-LIFE-07: nothing is left to close."""
    pbx = backend.client(mock_server.port, secret="wrong", retry=True)
    with pytest.raises(LoginRefused, match="Authentication failed"):
        await pbx.start()
    assert pbx.state is State.CLOSED
    await pbx.close()


async def test_every_call_names_the_cause_after_a_start_that_did_not_wait(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-LIFE-07, R-AUTH-08."""
    pbx = backend.client(mock_server.port, secret="wrong", retry=True)
    await pbx.start(wait=False)
    for _ in range(2):
        with pytest.raises(LoginRefused, match="Authentication failed"):
            await pbx.wait_ready()
        with pytest.raises(LoginRefused, match="Authentication failed"):
            await pbx.send("Ping")
        with pytest.raises(LoginRefused, match="Authentication failed"):
            pbx.events()
    await pbx.close()


async def test_a_start_that_waits_too_long_closes(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-07."""
    pbx = backend.client(start_peer(silent).port)
    with pytest.raises(ConnectTimeout):
        await pbx.start(timeout=0.05)
    assert pbx.state is State.CLOSED


async def test_a_start_that_is_given_up_closes(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-07, R-DRIVER-03: cancelled, killed or interrupted."""
    pbx = backend.client(start_peer(silent).port)
    assert await backend.gave_up(0.1, pbx.start)
    assert await backend.eventually(lambda: pbx.state is State.CLOSED)
    with pytest.raises(MisuseError, match="was closed"):
        await pbx.start()


async def test_a_close_ends_a_start_that_waits(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-07."""
    pbx = backend.client(start_peer(silent).port)
    starting = await backend.spawn(pbx.start)
    assert await backend.eventually(lambda: pbx.state is State.CONNECTED)
    await pbx.close()
    with pytest.raises(ConnectFailed) as caught:
        await starting.result()
    assert caught.value.cause.reason is Reason.STOPPED


async def test_before_its_start_it_can_be_looked_at_and_no_more(backend: SuiteBackend) -> None:
    """R-LIFE-07."""
    pbx = backend.client(closed_port(), key="pbx 1")
    assert pbx.state is State.CLOSED
    assert (pbx.snapshot().server, pbx.snapshot().state) == ("pbx 1", State.CLOSED)
    assert (pbx.listener_errors, pbx.log_errors) == (0, 0)
    with pytest.raises(MisuseError, match=r"^the client of 'pbx 1' was not started$"):
        await pbx.send("Ping")
    with pytest.raises(MisuseError, match="was not started"):
        pbx.events()
    with pytest.raises(MisuseError, match="was not started"):
        await pbx.wait_ready()


async def test_it_has_one_life(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-07, R-LIFE-05: a second start raises and changes nothing; a second close does nothing."""
    pbx = backend.client(start_peer(honest).port, key="pbx")
    await pbx.start()
    with pytest.raises(MisuseError, match=r"^the client of 'pbx' was started before$"):
        await pbx.start()
    with pytest.raises(MisuseError, match="was started before"):
        async with pbx.running():
            pytest.fail("it runs already")
    assert (await pbx.send("Ping"))["Ping"] == "Pong"
    await pbx.close()
    await pbx.close()
    with pytest.raises(MisuseError, match=r"^the client of 'pbx' was closed: make a new one$"):
        await pbx.start()
    with pytest.raises(NotReady):
        await pbx.send("Ping")


async def test_closed_before_its_start_it_is_not_started(backend: SuiteBackend) -> None:
    """R-LIFE-07."""
    pbx = backend.client(closed_port())
    await pbx.close()
    with pytest.raises(MisuseError, match="was closed: make a new one"):
        await pbx.start()
    with pytest.raises(MisuseError, match="was closed before it was started"):
        await pbx.send("Ping")


async def test_it_runs_in_a_block(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-07, R-LIFE-05."""
    received: list[str] = []
    pbx = backend.client(start_peer(recording(received)).port)
    async with pbx.running() as same:
        assert same.state is State.READY
        await pbx.send("Ping")
    assert pbx.state is State.CLOSED
    assert await backend.eventually(lambda: received == ["Ping", "Logoff"])


async def test_a_block_can_begin_without_a_server(backend: SuiteBackend) -> None:
    """R-LIFE-07."""
    pbx = backend.client(closed_port(), retry=True)
    async with pbx.running(wait=False):
        assert pbx.state is not State.READY
        with pytest.raises(NotReady):
            await pbx.send("Ping")


async def test_it_runs_in_a_task_of_the_program(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-07: until it is closed."""
    pbx = backend.client(start_peer(honest).port)
    running = await backend.spawn(pbx.run)
    assert await backend.eventually(lambda: pbx.state is State.READY)
    assert (await pbx.send("Ping"))["Ping"] == "Pong"
    await pbx.close()
    assert await running.result() is None


async def test_a_task_of_the_program_raises_what_ended_its_client(
    backend: SuiteBackend, mock_server: LoopbackServer
) -> None:
    """R-LIFE-07."""
    pbx = backend.client(mock_server.port, secret="wrong")
    running = await backend.spawn(pbx.run)
    with pytest.raises(LoginRefused):
        await running.result()


async def begin(backend: SuiteBackend, port: int, *patterns: str) -> Any:
    """Start a client and forget it; return its events, if any are asked for."""
    pbx = backend.client(port)
    await pbx.start()
    return pbx.events(*patterns) if patterns else await pbx.send("Ping")


async def collected(call: Coroutine[Any, Any, Any]) -> Any:
    """Return what a call returns, once its other objects are collected."""
    result = await call
    gc.collect()
    return result


async def test_a_forgotten_client_warns_and_logs_off(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-LIFE-07: its finaliser only posts to the mailbox."""
    received: list[str] = []
    peer = start_peer(recording(received))
    with pytest.warns(ResourceWarning, match=r"^the client of '127\.0\.0\.1:\d+' was never closed"):
        await collected(begin(backend, peer.port))
    assert await backend.eventually(lambda: received == ["Ping", "Logoff"])
    await backend.sleep(A_WHILE)


async def test_a_client_whose_events_are_used_is_not_forgotten(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-LIFE-07."""
    received: list[str] = []
    events = await collected(begin(backend, start_peer(recording(received)).port, "Late"))
    await backend.sleep(A_WHILE)
    assert received == []
    events.close()
    with pytest.warns(ResourceWarning, match="was never closed"):
        del events
    assert await backend.eventually(lambda: received == ["Logoff"])
    await backend.sleep(A_WHILE)


async def test_a_client_that_was_given_up_need_not_be_closed(backend: SuiteBackend) -> None:
    """R-LIFE-07: it holds nothing any more, and pytest makes an error of each warning."""
    await collected(begin_in_vain(backend))


async def begin_in_vain(backend: SuiteBackend) -> None:
    """Start a client without a server, and forget it once it has given up."""
    pbx = backend.client(closed_port())
    await pbx.start(wait=False)
    with pytest.raises(ConnectFailed, match="refused"):
        await pbx.wait_ready()
    assert await backend.eventually(lambda: pbx.state is State.CLOSED)


@pytest.mark.parametrize("timeout", [float("nan"), float("inf"), "5"])
async def test_a_timeout_is_a_number_of_seconds(
    backend: SuiteBackend, mock_server: LoopbackServer, timeout: Any
) -> None:
    """R-CONF-01, R-LIFE-07: refused, and nothing is changed."""
    client = backend.client(mock_server.port)
    with pytest.raises(ConfigError, match="timeout"):
        await client.start(timeout=timeout)
    await client.start()
    with pytest.raises(ConfigError, match=r"must be at most 2e\+06 seconds"):
        await client.wait_ready(timeout)
    for over in (0, -1):
        await client.wait_ready(over)
        with pytest.raises(ConfigError, match="must be above 0"):
            await backend.client(mock_server.port).start(timeout=over)
    assert (await client.send("Ping"))["Ping"] == "Pong"
    await client.close()
