"""A client that is told all its servers anew, as a program does whose configuration has changed."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from ami_proto import (
    ActionLost,
    ConfigError,
    Gap,
    LoginRefused,
    Message,
    MisuseError,
    NotReady,
    ServerConfig,
    State,
    Tls,
)
from conformance.laws.peer import PATIENCE
from conformance.mock import MockServer
from conformance.mock.fixtures import MockServerFactory
from conformance.suite.backends import SuiteBackend, usual_arguments
from conformance.suite.test_cluster import key_of, ticks


def config_of(port: int, **options: Any) -> ServerConfig:
    """Return the configuration that the backend's client has for a port."""
    return ServerConfig(key=key_of(port), **usual_arguments(port, {"retry": False, **options}))


def answering_no_ping() -> MockServer:
    """Return a core that leaves every `Ping` unanswered."""
    core = MockServer()
    core.actions["ping"] = replace(core.actions["ping"], handler=lambda _: None)
    return core


async def test_only_what_changed_is_changed(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-CONF-04, R-CLUSTER-09: an unchanged server keeps its session, its action, and its events."""
    hosts = [mock_server_factory(answering_no_ping()) for _ in range(4)]
    stays, changes, goes, comes = (config_of(each.port) for each in hosts)
    async with backend.client(*(each.port for each in hosts[:3])).running(wait=False) as pbxs:
        await pbxs.wait_ready(PATIENCE, all=True)
        with pbxs.events("Tick", marks=True) as events:
            kept = await backend.spawn(partial(pbxs.send, "Ping", to=stays.key))
            lost = await backend.spawn(partial(pbxs.send, "Ping", to=goes.key))
            assert await backend.eventually(
                lambda: all(pbxs.snapshots()[each.key].actions_pending for each in (stays, goes))
            )
            await backend.aside(hosts[0].call, ticks(50))
            other = replace(changes, heartbeat_interval=9.0)
            told = await pbxs.reconfigure([stays, other, comes], grace=1.0)
            assert (told.added, told.removed) == ((comes.key,), (goes.key,))
            assert told.replaced == (other.key,)
            await backend.aside(hosts[0].call, ticks(50))
            with pytest.raises(ActionLost):
                await lost.result()
            await pbxs.wait_ready(PATIENCE, all=True)
            assert await backend.eventually(lambda: len(pbxs.servers) == 3)
            assert {key: each.config for key, each in pbxs.servers.items()} == {
                each.key: each for each in (stays, other, comes)
            }
            items = [await events.get(PATIENCE) for _ in range(101)]
            numbers = [each["Number"] for each in items if isinstance(each, Message)]
            assert numbers == [str(number) for _ in range(2) for number in range(50)]
            assert [each.server for each in items if isinstance(each, Gap)] == [other.key]
            assert pbxs.snapshots()[stays.key].actions_pending == 1
            assert not await pbxs.reconfigure({each.key: each for each in (comes, other, stays)})
    with pytest.raises(ActionLost):
        await kept.result()
    assert [each.accepted for each in hosts] == [1, 2, 1, 1]


async def test_a_mistake_leaves_all_as_it_is(
    backend: SuiteBackend,
    mock_server_factory: MockServerFactory,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """R-CONF-04: one typed error, and nothing was added, removed or replaced before it."""
    hosts = [mock_server_factory(MockServer()) for _ in range(2)]
    one, two = (config_of(each.port) for each in hosts)
    nowhere = replace(two, tls=Tls(ca_file=str(tmp_path / "no-such.pem")))
    async with backend.client(hosts[0].port).running() as pbx:
        with pytest.raises(MisuseError, match="connect_cluster"):
            await pbx.reconfigure([two])
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
    async with backend.client(hosts[0].port, hosts[1].port).running(wait=False) as pbxs:
        await pbxs.wait_ready(PATIENCE, all=True)
        for wrong, error in (
            ([one, replace(one, port=1)], MisuseError),
            ([two, "pbx"], MisuseError),
            ([nowhere], ConfigError),
        ):
            with pytest.raises(error):
                await pbxs.reconfigure(cast("list[ServerConfig]", wrong))
        with pytest.raises(ConfigError):
            await pbxs.reconfigure([], grace=-1.0)
        assert {key: each.state for key, each in pbxs.servers.items()} == dict.fromkeys(
            (one.key, two.key), State.READY
        )
    assert [each.accepted for each in hosts] == [2, 1]
    with pytest.raises(NotReady, match=f"servers '{one.key}', '{two.key}' are closed"):
        await pbxs.reconfigure([one])
    assert "Traceback" not in capfd.readouterr().err, "gevent prints what a thread of its hub raises"


async def test_servers_that_end_or_were_given_up(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-CONF-04: what was given up stays so until it changes; the last configuration wins while one ends."""
    hosts = [mock_server_factory(MockServer()) for _ in range(2)]
    good, bad = config_of(hosts[0].port), config_of(hosts[1].port, secret="wrong")
    async with backend.client(hosts[0].port, hosts[0].port + 1).running(wait=False) as pbxs:
        await pbxs.reconfigure([good, bad])
        with pytest.raises(LoginRefused):
            await pbxs.wait_ready(PATIENCE, server=bad.key)
        assert pbxs.servers[bad.key].given_up
        assert not await pbxs.reconfigure([good, bad])
        assert await pbxs.reconfigure([good, replace(bad, secret="s3cr3t")])
        await pbxs.wait_ready(PATIENCE, all=True)
        assert not pbxs.servers[bad.key].given_up

        await pbxs.remove(good.key)
        other = replace(good, heartbeat_interval=9.0)
        for wanted in (good, other, good, other):
            await pbxs.reconfigure([wanted])
        await pbxs.wait_ready(PATIENCE, server=good.key)
        assert await backend.eventually(lambda: list(pbxs.servers) == [good.key])
        assert pbxs.servers[good.key].config == other
        assert (await pbxs.send("Ping"))["Ping"] == "Pong"
