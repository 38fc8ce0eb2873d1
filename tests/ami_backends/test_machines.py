"""Every driver takes a `Machine` and nothing narrower, and events name their server on every driver."""

from collections.abc import Callable
from typing import Any

import pytest

import ami_backends.anyio
import ami_backends.gevent
import ami_backends.selectors
from ami_backends.clients.fleet import Fleet
from ami_backends.clients.one_text import awaitable_connect
from ami_proto import Connection, Drops, Gap, Message, Notice, ServerConfig, State
from ami_proto.drivers import Machine
from conformance.laws.peer import HOST, PATIENCE, Peer, PeerConnection, events, honest
from conformance.suite.backends import DRIVER_NAMES, SuiteBackend, backend_of
from conformance.suite.leaks import nothing_left
from tests.peers import ca_file, config, server_context, trusting

__all__ = ["ca_file", "nothing_left"]

DRIVERS = {
    "selectors": awaitable_connect(ami_backends.selectors.connect_machine),
    "asyncio": ami_backends.anyio.connect_machine,
    "trio": ami_backends.anyio.connect_machine,
    "gevent": awaitable_connect(ami_backends.gevent.connect_machine),
}

BACKENDS = {name: backend_of(name) for name in DRIVER_NAMES}
"""Made before any test: the first loop or hub of its kind opens descriptors that stay."""


class Bare:
    """A connection with the members of `Machine`, and no others."""

    def __init__(self, config: ServerConfig) -> None:
        self._connection = Connection(config, seed=1)

    def __getattr__(self, name: str) -> Any:
        if name in vars(Fleet):  # a client asks whether its servers come and go
            raise AttributeError(name)
        if name not in vars(Machine):
            raise AssertionError(f"a driver asks a machine for {name}")
        return getattr(self._connection, name)


async def use(connect: Any, machine: Machine, notices: list[Notice]) -> None:
    async with connect(machine, on_notice=notices.append) as pbx:
        heard = pbx.events("Tick")
        assert (await pbx.send("Ping"))["Ping"] == "Pong"
        assert pbx.snapshot().server == "pbx"
        with pytest.raises(TimeoutError):
            await heard.get(0)
        states = [pbx.state]
        heard.close()
    assert [*states, pbx.state] == [State.READY, State.CLOSED]


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize(("name", "connect"), DRIVERS.items(), ids=DRIVERS)
def test_a_driver_asks_for_the_surface_of_a_machine_only(
    name: str, connect: Callable[..., Any], secured: bool, ca_file: str
) -> None:
    """R-DRIVER-07: or a cluster, or a machine under watch, could not take the place of a connection."""
    context, tls = (server_context(HOST), trusting(ca_file)) if secured else (None, None)
    notices: list[Notice] = []
    with Peer(honest, context=context) as peer:
        machine = Bare(config(peer.port, tls=tls))
        BACKENDS[name].run(use, {"connect": connect, "machine": machine, "notices": notices})
    assert {notice.server for notice in notices} == {"pbx"}


def overflow_and_leave(line: PeerConnection) -> None:
    line.accept_login()
    action = line.read_action()
    line.send(*events(5))
    line.answer(action)
    line.read_action()


async def watch(backend: SuiteBackend, port: int) -> None:
    async with backend.connect(port, key="pbx-7") as pbx:
        heard = pbx.events("Tick", limit=2, marks=True)
        reply = await pbx.send("Go")
        assert reply.response is not None
        assert reply.response.server == "pbx-7"
        sending = await backend.spawn(pbx.send, "Leave")
        with pytest.raises(ConnectionError):
            await sending.result()
        items = [await heard.get(PATIENCE) for _ in range(4)]
        assert [type(item) for item in items] == [Drops, Message, Message, Gap]
        assert [item.server for item in items] == ["pbx-7"] * 4


@pytest.mark.parametrize("name", DRIVER_NAMES)
def test_events_and_marks_name_their_server(name: str) -> None:
    """R-FLOW-02, R-FLOW-06: an application with several servers must know whose event it is."""
    with Peer(overflow_and_leave, honest) as peer:
        backend = BACKENDS[name]
        backend.run(watch, {"backend": backend, "port": peer.port})
