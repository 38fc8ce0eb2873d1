"""Clients of many servers: routes, servers that are dead, that flood, that come and go."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, cast

import pytest

from ami_proto import (
    ConnectFailed,
    ConnectTimeout,
    Gap,
    LoginRefused,
    Message,
    MessageTimeout,
    MisuseError,
    NoServerReady,
    Notice,
    NotReady,
    ServerConfig,
    State,
    StateChanged,
)
from ami_proto.routes import Failover, LeastPending, Sticky
from conformance.laws.peer import HOST, PATIENCE
from conformance.mock import LoopbackServer, MockServer
from conformance.mock.fixtures import MockServerFactory
from conformance.suite.backends import SuiteBackend


def key_of(host: LoopbackServer | int) -> str:
    """Return the key that a client gives a server on this machine."""
    return f"{HOST}:{host if isinstance(host, int) else host.port}"


@contextmanager
def dead_ports() -> Iterator[tuple[int, int]]:
    """Give a port that refuses connections, and one that accepts and says nothing."""
    with socket.socket() as refusing, socket.create_server((HOST, 0)) as silent:
        refusing.bind((HOST, 0))
        yield refusing.getsockname()[1], silent.getsockname()[1]


def ticks(count: int) -> Any:
    """Return a call that publishes numbered events."""

    def publish(core: MockServer) -> None:
        for number in range(count):
            core.publish({"Event": "Tick", "Number": str(number)}, "user")

    return publish


async def test_servers_take_turns_and_routes_choose(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-CLUSTER-01, R-CLUSTER-05: each server has its session, and a reply names it."""
    hosts = [mock_server_factory(MockServer()) for _ in range(3)]
    keys = [key_of(each) for each in hosts]
    async with backend.client(*(each.port for each in hosts)).running(wait=False) as pbxs:
        await pbxs.wait_ready(PATIENCE, all=True)
        assert {key: each.state for key, each in pbxs.servers.items()} == dict.fromkeys(keys, State.READY)
        # Their first turns come in the order in which they became ready.
        answered = [(await pbxs.send("Ping")).response for _ in range(6)]
        turns = [response.server for response in answered if response]
        assert sorted(turns[:3]) == sorted(keys)
        assert turns[3:] == turns[:3]
        for route, expected in (
            (keys[1], {keys[1]}),
            (Failover((keys[2], keys[0])), {keys[2]}),
            (LeastPending(), set(keys)),
        ):
            reply = await pbxs.send("Ping", to=route)
            assert (reply.response and reply.response.server) in expected
        sticky = [(await pbxs.send("Ping", to=Sticky("caller"))).response for _ in range(3)]
        assert len({each and each.server for each in sticky}) == 1
        with pytest.raises(MisuseError, match="no server 'elsewhere' here"):
            await pbxs.send("Ping", to="elsewhere")
    assert [each.accepted for each in hosts] == [1, 1, 1]


async def test_dead_servers_keep_nobody_out(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-CLUSTER-01, R-AUTH-08: one that refuses, one that says nothing; the errors name the cause."""
    host = mock_server_factory(MockServer())
    with dead_ports() as (refusing, silent):
        options: dict[str, Any] = {"retry": True, "banner_timeout": 60.0}
        async with backend.client(refusing, silent, host.port, **options).running(wait=False) as pbxs:
            await pbxs.wait_ready(PATIENCE)
            await pbxs.wait_ready(PATIENCE, server=key_of(host))
            assert (await pbxs.send("Ping"))["Ping"] == "Pong"
            with pytest.raises(ConnectTimeout, match=f"{key_of(refusing)}.*connection refused") as caught:
                await pbxs.wait_ready(0.3, server=key_of(refusing))
            assert caught.value.server == key_of(refusing)
            with pytest.raises(ConnectTimeout):
                await pbxs.wait_ready(0.1, all=True)
            with pytest.raises(NotReady, match="connected"):
                await pbxs.send("Ping", to=key_of(silent))
            assert pbxs.servers[key_of(host)].state is State.READY


async def test_a_server_that_is_given_up_leaves_the_others(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-CLUSTER-01, R-CLUSTER-09: a wrong secret ends that server alone; replaced, it is READY."""
    hosts = [mock_server_factory(MockServer()) for _ in range(2)]
    good, bad = (key_of(each) for each in hosts)
    async with backend.client(*(each.port for each in hosts)).running(wait=False) as pbxs:
        await pbxs.wait_ready(PATIENCE, all=True)
        right = pbxs.servers[bad].config
        await pbxs.replace(replace(right, secret="wrong"))
        with pytest.raises(LoginRefused):
            await pbxs.wait_ready(PATIENCE, server=bad)
        assert (await pbxs.send("Ping"))["Ping"] == "Pong"
        assert pbxs.servers[good].state is State.READY
        await pbxs.replace(right)
        await pbxs.wait_ready(PATIENCE, server=bad)
        assert (await pbxs.send("Ping", to=bad))["Ping"] == "Pong"


async def test_servers_come_and_go_while_the_client_runs(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-CLUSTER-09: the others keep their sessions."""
    hosts = [mock_server_factory(MockServer()) for _ in range(2)]
    first, second = (key_of(each) for each in hosts)
    async with backend.client(hosts[0].port).running() as pbx:
        with pytest.raises(MisuseError, match="connect_cluster"):
            await pbx.remove(first)
    async with backend.client(hosts[0].port, hosts[1].port).running(wait=False) as pbxs:
        await pbxs.wait_ready(PATIENCE, all=True)
        with pbxs.events("UserEvent") as events:
            config = pbxs.servers[second].config
            with pytest.raises(MisuseError, match="is here already"):
                await pbxs.add(config)
            await pbxs.remove(second)
            assert await backend.eventually(lambda: list(pbxs.servers) == [first])
            with pytest.raises(MisuseError, match="no server"):
                await pbxs.remove(second)
            await pbxs.add(config)
            await pbxs.wait_ready(PATIENCE, server=second)
            for key in (first, second):
                await pbxs.send("UserEvent", UserEvent="Hello", to=key)
            assert {(await events.get(PATIENCE)).server for _ in range(2)} == {first, second}
    assert [each.accepted for each in hosts] == [2, 2]


def callers_waiting(pbxs: Any) -> int:
    """Return how many calls of `wait_ready` a client keeps."""
    client = getattr(pbxs, "_client", pbxs)  # of a driver whose calls block
    return len(client._life.runner.waiters._readiness)


async def test_a_removal_decides_for_those_who_wait(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-CLUSTER-09: for the server that is removed, for all of them, for any; no later error names it."""
    host = mock_server_factory(MockServer())
    with dead_ports() as (_, silent):
        async with backend.client(silent, host.port, banner_timeout=60.0).running(wait=False) as pbxs:
            await pbxs.wait_ready(PATIENCE)
            one = await backend.spawn(partial(pbxs.wait_ready, PATIENCE, server=key_of(silent)))
            every = await backend.spawn(partial(pbxs.wait_ready, PATIENCE, all=True))
            assert await backend.eventually(lambda: callers_waiting(pbxs) == 2)
            await pbxs.remove(key_of(silent))
            with pytest.raises(MisuseError, match="was removed"):
                await one.result()
            assert await every.result() is None
            with pbxs.events("Never") as events, pytest.raises(MessageTimeout, match=r"within 0\.05 s$"):
                await events.get(0.05)
        async with backend.client(silent, host.port, secret="wrong").running(wait=False) as pbxs:
            with pytest.raises(LoginRefused):
                await pbxs.wait_ready(PATIENCE, server=key_of(host))
            anyone = await backend.spawn(pbxs.wait_ready, PATIENCE)
            assert await backend.eventually(lambda: callers_waiting(pbxs) == 1)
            await pbxs.remove(key_of(silent))
            with pytest.raises(LoginRefused):  # the last one that might have become ready is gone
                await anyone.result()


async def test_a_removed_server_that_was_given_up_is_named_no_more(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-AUTH-08, R-CLUSTER-09."""
    hosts = [mock_server_factory(MockServer()) for _ in range(2)]
    bad, good = (key_of(each) for each in hosts)
    async with backend.client(*(each.port for each in hosts)).running(wait=False) as pbxs:
        await pbxs.wait_ready(PATIENCE, all=True)
        await pbxs.replace(replace(pbxs.servers[bad].config, secret="wrong"))
        with pytest.raises(LoginRefused):
            await pbxs.wait_ready(PATIENCE, server=bad)
        await pbxs.remove(bad)
        await pbxs.wait_ready(PATIENCE, all=True)
        with pbxs.events("Never") as events, pytest.raises(MessageTimeout, match=r"within 0\.05 s$"):
            await events.get(0.05)
        assert list(pbxs.servers) == [good]


async def test_a_client_whose_servers_were_all_given_up_can_be_mended(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-CLUSTER-09, R-LIFE-07: once a server is replaced, `wait_ready` waits for it."""
    hosts = [mock_server_factory(MockServer()) for _ in range(2)]
    async with backend.client(*(each.port for each in hosts), secret="wrong").running(wait=False) as pbxs:
        for _ in range(2):
            with pytest.raises(LoginRefused):
                await pbxs.wait_ready(PATIENCE)
        first, second = (key_of(each) for each in hosts)
        await pbxs.replace(pbxs.servers[first].config)
        with pytest.raises(LoginRefused):
            await pbxs.wait_ready(PATIENCE, server=first)
        with pytest.raises(LoginRefused) as caught:
            await pbxs.wait_ready(PATIENCE)
        assert caught.value.server == first  # the last that was given up
        await pbxs.replace(replace(pbxs.servers[second].config, secret="s3cr3t"))
        await pbxs.wait_ready(PATIENCE)
        assert (await pbxs.send("Ping"))["Ping"] == "Pong"


async def test_a_wait_that_is_given_up_leaves_nothing(backend: SuiteBackend) -> None:
    """R-DRIVER-03: a program that waits again and again for a dead server does not grow."""
    with dead_ports() as (refusing, silent):
        options: dict[str, Any] = {"retry": True, "banner_timeout": 60.0}
        async with backend.client(refusing, silent, **options).running(wait=False) as pbxs:
            for wanted in ({}, {"all": True}, {"server": key_of(silent)}):
                with pytest.raises(ConnectTimeout):
                    await pbxs.wait_ready(0.02, **wanted)
            assert await backend.gave_up(0.05, partial(pbxs.wait_ready, server=key_of(silent)))
            assert await backend.eventually(lambda: callers_waiting(pbxs) == 0)


async def test_the_secret_of_a_server_that_comes_is_masked(
    backend: SuiteBackend, mock_server_factory: MockServerFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """R-OBS-04, R-CLUSTER-09: in the driver's log too."""
    hosts = [mock_server_factory(MockServer()) for _ in range(2)]
    right = "s3cr3t"

    def tell(notice: Notice) -> None:
        if isinstance(notice, StateChanged) and notice.new is State.READY:
            raise ValueError(f"it was {right}")

    ports = [each.port for each in hosts]
    async with backend.client(*ports, secret="wrong", on_notice=tell).running(wait=False) as pbxs:
        await pbxs.replace(replace(pbxs.servers[key_of(hosts[1])].config, secret=right))
        await pbxs.wait_ready(PATIENCE)
        assert await backend.eventually(lambda: pbxs.listener_errors == 1)
    logged = "".join(each.exc_text or "" for each in caplog.records)
    assert "it was ***" in logged
    assert right not in logged


async def test_servers_can_be_looked_at_at_any_time(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-LIFE-07: before the start, and after the end."""
    hosts = [mock_server_factory(MockServer()) for _ in range(2)]
    client = backend.client(*(each.port for each in hosts))
    closed = dict.fromkeys(map(key_of, hosts), State.CLOSED)
    assert {key: each.state for key, each in client.servers.items()} == closed
    async with client.running(wait=False) as pbxs:
        await pbxs.wait_ready(PATIENCE, all=True)
        with pytest.raises(MisuseError, match="takes ServerConfigs"):
            await pbxs.add(cast("ServerConfig", "pbx"))
    assert {key: each.state for key, each in client.servers.items()} == closed


async def test_a_close_names_the_server_that_was_waited_for(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-AUTH-08, R-LIFE-07: and why it was not ready, although another one was."""
    host = mock_server_factory(MockServer())
    with dead_ports() as (refusing, _):
        async with backend.client(host.port, refusing, retry=True).running(wait=False) as pbxs:
            await pbxs.wait_ready(PATIENCE)
            with pytest.raises(ConnectTimeout, match="refused"):
                await pbxs.wait_ready(0.3, server=key_of(refusing))
            waiting = await backend.spawn(partial(pbxs.wait_ready, server=key_of(refusing)))
            assert await backend.eventually(lambda: callers_waiting(pbxs) == 1)
        with pytest.raises(
            ConnectFailed, match=r"stopped: before it was ready; last cause: .*refused"
        ) as caught:
            await waiting.result()
        assert caught.value.server == key_of(refusing)


async def test_a_lost_server_is_a_gap_of_its_own(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-FLOW-06, R-CLUSTER-05: the others go on; with all of them lost, the error names each."""
    hosts = [mock_server_factory(MockServer()) for _ in range(2)]
    keys = [key_of(each) for each in hosts]
    async with backend.client(*(each.port for each in hosts)).running(wait=False) as pbxs:
        await pbxs.wait_ready(PATIENCE, all=True)
        with pbxs.events("UserEvent", marks=True) as marks:
            await backend.aside(hosts[0].call, lambda core: core.drop_all())
            gap = await marks.get(PATIENCE)
            assert isinstance(gap, Gap)
            assert gap.server == keys[0]
            for each in hosts:
                await backend.aside(each.stop_accepting)
                await backend.aside(each.call, lambda core: core.drop_all())
            assert await backend.eventually(
                lambda: not any(each.state.sending for each in pbxs.servers.values())
            )
            with pytest.raises(NoServerReady) as caught:
                await pbxs.send("Ping")
            assert list(caught.value.servers) == keys
            for each in hosts:
                await backend.aside(each.resume_accepting)
            assert (await pbxs.send("Ping", wait=True))["Ping"] == "Pong"


async def test_a_flooder_drops_its_own_events_and_no_others(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-CLUSTER-04, R-FLOW-05: exact for each server, and the quiet one is answered meanwhile."""
    hosts = [mock_server_factory(MockServer()) for _ in range(2)]
    flooder, quiet = (key_of(each) for each in hosts)
    async with backend.client(*(each.port for each in hosts)).running(wait=False) as pbxs:
        await pbxs.wait_ready(PATIENCE, all=True)
        with pbxs.events("Tick", limit=500, marks=True) as events:
            await backend.aside(hosts[0].call, ticks(5_000))
            await backend.aside(hosts[1].call, ticks(100))
            assert (await pbxs.send("Ping", to=quiet))["Ping"] == "Pong"
            assert (await pbxs.send("Ping", to=flooder))["Ping"] == "Pong"
            items = [await events.get(PATIENCE) for _ in range(601)]
        mine = [each["Number"] for each in items if isinstance(each, Message) and each.server == quiet]
        assert mine == [str(number) for number in range(100)]
        drops = [each for each in items if not isinstance(each, Message)]
        assert [(each.server, getattr(each, "count", None)) for each in drops] == [(flooder, 4_500)]
