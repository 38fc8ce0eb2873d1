"""What `connect_cluster` takes, the same on every driver."""

from typing import Any, cast

import anyio
import pytest

import ami_backends.anyio as loop
import ami_backends.gevent as hub
import ami_backends.selectors as threads
from ami_backends.clients.fleet import FleetChanges, ServerStatus, by_key, changes_between
from ami_proto import Cluster, ClusterConfig, MisuseError, ServerConfig, State
from conformance.laws.peer import HOST, closed_port


def config(key: str) -> ServerConfig:
    """Return the configuration of a server that is not there."""
    return ServerConfig(key=key, host=HOST, port=closed_port(), username="admin", secret="s3cr3t")


async def grown(servers: Any) -> list[str]:
    """Add a server to a loop's client of these, and return the keys of all."""
    async with loop.connect_cluster(servers) as pbxs:
        await pbxs.add(config("more"))
        return list(pbxs.servers)


@pytest.mark.parametrize("many", [config("pbx"), [config("pbx")], {"pbx": config("pbx")}, {config("pbx")}])
def test_a_client_of_many_servers_may_begin_with_one(many: Any) -> None:
    """R-CLUSTER-09, R-DRIVER-07: others can be added."""
    for driver in (threads, hub):
        with driver.connect_cluster(many) as pbxs:
            pbxs.add(config("more"))
            assert list(pbxs.servers) == ["pbx", "more"]
    assert anyio.run(grown, many) == ["pbx", "more"]


@pytest.mark.parametrize("wrong", ["pbx", None, ["pbx"], {"pbx": "pbx"}])
def test_anything_else_is_refused(wrong: object) -> None:
    """R-CONF-01, R-DRIVER-07: with one clear error."""
    for driver in (threads, hub, loop):
        with pytest.raises(MisuseError, match="takes ServerConfigs"):
            driver.connect_cluster(cast("Any", wrong))


@pytest.mark.parametrize("driver", [threads, hub, loop])
def test_limits_of_one_server_are_refused(driver: Any) -> None:
    """R-CONF-01: they would be ignored; with a list of one server they count, because others may come."""
    limits = ClusterConfig(connect_rate=1.0)
    for one in (config("pbx"), Cluster([config("pbx")], seed=1)):
        with pytest.raises(MisuseError, match=r"^limits are those of many servers: pass several"):
            driver.Client(one, limits=limits)
    driver.Client([config("pbx")], limits=limits)


def test_what_has_to_change() -> None:
    """R-CONF-04: a server that ends is replaced once more, one that was given up only if it differs."""
    pbx = config("pbx")
    for state, given_up, expected in (
        (State.READY, False, ()),
        (State.DISCONNECTED, False, ()),
        (State.CLOSING, False, ("pbx",)),
        (State.CLOSED, False, ("pbx",)),
        (State.CLOSED, True, ()),
    ):
        present = {"pbx": ServerStatus(pbx, state, None, given_up)}
        assert changes_between(present, {"pbx": pbx}) == FleetChanges(replaced=expected)
    assert not FleetChanges()
    with pytest.raises(MisuseError, match="two configurations have the key 'pbx'"):
        by_key([pbx, config("pbx")])
