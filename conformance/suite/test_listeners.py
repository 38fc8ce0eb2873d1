"""The application's function for notices: what it may do, and what it cannot break (R-DRIVER-04)."""

import logging
from typing import Any

import pytest

from ami_backends.telemetry import Telemetry
from ami_proto import ActionFailed, ActionFinished, Message, Notice, StateChanged
from conformance.laws.peer import PATIENCE, PeerFactory, bursting, event, honest
from conformance.mock import LoopbackServer, MockServer
from conformance.mock.fixtures import MockServerFactory
from conformance.suite.backends import SuiteBackend
from conformance.suite.test_cluster import key_of, ticks


class RaisingListener:
    """A listener that raises at every notice, and counts them."""

    def __init__(self, kind: type[Exception]) -> None:
        self.calls = 0
        self._kind = kind

    def __call__(self, notice: Notice) -> None:
        """Raise."""
        self.calls += 1
        raise self._kind("the listener's own error")


@pytest.mark.parametrize("kind", [RuntimeError, TimeoutError, NotImplementedError])
async def test_a_listener_that_raises_breaks_nothing(
    backend: SuiteBackend, start_peer: PeerFactory, caplog: pytest.LogCaptureFixture, kind: type[Exception]
) -> None:
    """R-DRIVER-04, invariant 8: each error is logged, and the next notice is delivered."""
    listener = RaisingListener(kind)
    peer = start_peer(bursting(event("Hello")))
    async with backend.connect(peer.port, on_notice=listener) as pbx:
        subscription = pbx.events("Hello")
        await pbx.send("Go")
        assert (await subscription.get(PATIENCE)).name == "Hello"
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
    raised = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(raised) == listener.calls > 5


async def test_a_listener_gets_every_outcome_once(backend: SuiteBackend, mock_server: LoopbackServer) -> None:
    """R-CORR-07, invariant 7: of failed actions too."""
    notices: list[Notice] = []
    async with backend.connect(mock_server.port, on_notice=notices.append) as pbx:
        await pbx.send("Ping")
        with pytest.raises(ActionFailed):
            await pbx.send("NoSuchAction")
        await pbx.send("CoreSettings")
    finished = [notice for notice in notices if isinstance(notice, ActionFinished)]
    assert [(each.ticket.action_name, each.outcome.error is None) for each in finished] == [
        ("Ping", True),
        ("NoSuchAction", False),
        ("CoreSettings", True),
    ]


async def test_a_listener_may_look_at_the_state(backend: SuiteBackend, start_peer: PeerFactory) -> None:
    """R-DRIVER-07: the state is the notice's, or a later one."""
    clients: list[Any] = []
    looks: list[tuple[object, object]] = []

    def look(notice: Notice) -> None:
        if clients and isinstance(notice, StateChanged):
            looks.append((notice.new, clients[0].state))

    async with backend.connect(start_peer(honest).port, on_notice=look) as pbx:
        clients.append(pbx)
    assert looks
    assert looks[-1][0] == looks[-1][1]


async def test_a_listener_may_call_methods_that_do_not_wait(
    backend: SuiteBackend, start_peer: PeerFactory
) -> None:
    """R-DRIVER-07: `snapshot`, `events` and the end of a subscription."""
    clients: list[Any] = []
    seen: list[object] = []

    def listen(notice: Notice) -> None:
        if clients and isinstance(notice, ActionFinished):
            with clients[0].events("Hello"):
                seen.append([each.names for each in clients[0].snapshot().subscriptions])

    async with backend.connect(start_peer(honest).port, on_notice=listen) as pbx:
        clients.append(pbx)
        await pbx.send("Ping")
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert await backend.eventually(lambda: len(seen) == 2)
        assert pbx.snapshot().subscriptions == ()
    assert seen == [[("Hello",)], [("Hello",)]]


async def test_a_listener_that_raises_stops_no_other_listener_and_no_server(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-DRIVER-04, R-OBS-01, R-CLUSTER-04: of many servers, also where it raises at the notices of one."""
    hosts = [mock_server_factory(MockServer()) for _ in range(3)]
    keys = [key_of(each) for each in hosts]
    seen: list[Notice] = []

    def raise_for_one(notice: Notice) -> None:
        if notice.server == keys[1]:
            raise RuntimeError("the listener's own error")

    telemetry = Telemetry(raise_for_one, RaisingListener(ValueError), seen.append)
    client = backend.client(*(each.port for each in hosts), on_notice=telemetry)
    async with client.running(wait=False) as pbxs:
        await pbxs.wait_ready(PATIENCE, all=True)
        with (
            pbxs.events("Tick", where=lambda event: bool(1 / 0)),
            pbxs.events("Tick", marks=True) as events,
        ):
            for host in hosts:
                await backend.aside(host.call, ticks(100))
            items = [await events.get(PATIENCE) for _ in range(300)]
        for key in keys:
            numbers = [each["Number"] for each in items if isinstance(each, Message) and each.server == key]
            assert numbers == [str(number) for number in range(100)]
            assert (await pbxs.send("Ping", to=key))["Ping"] == "Pong"
        assert pbxs.listener_errors == 0, "the telemetry has contained them"
    assert [each.accepted for each in hosts] == [1, 1, 1]
    finished = [each.server for each in seen if isinstance(each, ActionFinished)]
    assert sorted(finished) == sorted(keys)
    assert telemetry.errors == {"listener": len(seen) + sum(each.server == keys[1] for each in seen)}


async def test_a_listener_that_raises_alone_stops_no_server(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-DRIVER-04: `on_notice` itself, at every notice of every server; each is counted."""
    hosts = [mock_server_factory(MockServer()) for _ in range(3)]
    listener = RaisingListener(RuntimeError)
    client = backend.client(*(each.port for each in hosts), on_notice=listener)
    async with client.running(wait=False) as pbxs:
        await pbxs.wait_ready(PATIENCE, all=True)
        await backend.aside(hosts[0].call, lambda core: core.drop_all())
        assert await backend.eventually(lambda: hosts[0].accepted == 2)
        await pbxs.wait_ready(PATIENCE, all=True)
        for host in hosts:
            assert (await pbxs.send("Ping", to=key_of(host)))["Ping"] == "Pong"
        await pbxs.remove(key_of(hosts[1]))
        assert await backend.eventually(lambda: len(pbxs.servers) == 2)
    assert pbxs.listener_errors == listener.calls > 15
    assert [each.accepted for each in hosts] == [2, 1, 1]
