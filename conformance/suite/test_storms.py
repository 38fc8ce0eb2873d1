"""Many clients at once: reconnect storms whose gaps are measured, and a flood beside quiet servers."""

import time
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from ami_backends.anyio import Client
from ami_proto import ConnectScheduled, Notice, State, StateChanged
from conformance.mock import MockServer
from conformance.mock.fixtures import MockServerFactory
from conformance.mock.noise import flood
from conformance.suite.backends import SLOW_UNDER_LAWS, SuiteBackend

FIRST, LONGEST = 0.02, 0.2
"""Seconds of backoff: `reconnect_min` and `reconnect_max`."""

GAP_LATE_MAX = 5.0
"""Seconds that a loaded machine may add to a delay."""


class Attempts:
    """The reconnect attempts of one client: the delays, and the times of the dials."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self.dialled: list[float] = []

    def take(self, notice: Notice) -> None:
        """Take a notice."""
        if isinstance(notice, ConnectScheduled) and notice.cause is not None:
            self.delays.append(notice.delay)
        if isinstance(notice, StateChanged) and notice.new is State.CONNECTING:
            self.dialled.append(time.monotonic())

    def check(self) -> None:
        """Require that each attempt came after its delay, and that none is missing."""
        gaps = [later - earlier for earlier, later in pairwise(self.dialled)]
        assert len(gaps) == len(self.delays)
        for number, (delay, gap) in enumerate(zip(self.delays, gaps, strict=True), 1):
            assert FIRST <= delay <= min(LONGEST, FIRST * 2**number)
            # The first gap holds the session that was lost as well.
            assert delay - 0.001 <= gap
            assert number == 1 or gap <= delay + GAP_LATE_MAX


async def with_clients(
    backend: SuiteBackend,
    port: int,
    attempts: list[Attempts],
    program: Callable[[list[Client]], Awaitable[None]],
    clients: list[Client],
) -> None:
    """Connect one client for each of `attempts`, then run `program` with all of them."""
    if len(clients) == len(attempts):
        await program(clients)
        return
    take = attempts[len(clients)].take
    async with backend.connect(port, on_notice=take, reconnect_min=FIRST, reconnect_max=LONGEST) as pbx:
        await with_clients(backend, port, attempts, program, [*clients, pbx])


@pytest.mark.without_laws(SLOW_UNDER_LAWS)
@pytest.mark.parametrize("count", [3, 100])
async def test_many_reconnecting_clients_keep_to_the_backoff(
    backend: SuiteBackend, mock_server_factory: MockServerFactory, count: int
) -> None:
    """R-HEALTH-03, R-HEALTH-05: no attempt comes too early, and every client reconnects."""
    # By default a server closes further links while 50 have not logged in, as Asterisk does.
    core = MockServer(auth_limit=count)
    mock_server = await backend.aside(lambda: mock_server_factory(core))

    async def storm(clients: list[Client]) -> None:
        await backend.aside(mock_server.stop_accepting)
        await backend.aside(mock_server.drop_links)
        assert await backend.eventually(lambda: all(len(each.dialled) > 3 for each in attempts))
        await backend.aside(mock_server.resume_accepting)
        for pbx in clients:
            assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"

    attempts = [Attempts() for _ in range(count)]
    await with_clients(backend, mock_server.port, attempts, storm, [])
    for each in attempts:
        each.check()
    firsts = {round(each.delays[1], 6) for each in attempts}
    assert len(firsts) > count // 2  # each client draws its own delays
    assert mock_server.accepted == 2 * count


@pytest.mark.without_laws(SLOW_UNDER_LAWS)
async def test_one_of_three_servers_floods(
    backend: SuiteBackend, mock_server_factory: MockServerFactory
) -> None:
    """R-FLOW-05: the others lose nothing and answer at once, and every drop is counted."""
    servers = [await backend.aside(mock_server_factory) for _ in range(3)]
    loud, calm, quiet = [server.port for server in servers]
    async with (
        backend.connect(loud) as flooded,
        backend.connect(calm) as second,
        backend.connect(quiet) as third,
    ):
        with (
            flooded.events("Flood", limit=1_000) as drowned,
            second.events("Flood") as few,
            third.events("Flood") as fewer,
        ):
            for _ in range(4):
                await backend.aside(servers[0].call, pushing(5_000))
                for server, pbx in ((servers[1], second), (servers[2], third)):
                    await backend.aside(server.call, pushing(50))
                    assert (await pbx.send("Ping", timeout=5.0))["Ping"] == "Pong"
            assert (await flooded.send("Ping"))["Ping"] == "Pong"
            for subscription in (few, fewer):
                assert [int((await subscription.get(5.0))["Number"]) for _ in range(200)] == list(
                    range(50)
                ) * 4
            assert [int((await drowned.get(5.0))["Number"]) for _ in range(1_000)] == list(
                range(4_000, 5_000)
            )
            assert flooded.snapshot().subscriptions[0].dropped == 19_000
        for pbx in (flooded, second, third):
            assert pbx.snapshot().faults == {}


def pushing(count: int) -> Callable[[MockServer], None]:
    """Return a function that pushes so many events to every session."""

    def pour(core: MockServer) -> None:
        for session in core.sessions.values():
            session.push(flood(count))

    return pour
