"""Many at once: reconnect storms whose gaps are measured, and a flood that must not drown the others."""

import time
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from ami_backends.anyio import Client
from ami_proto import ConnectScheduled, Notice, State, StateChanged
from conformance.server import LoopbackServer, MockServer
from conformance.server.fixtures import MockServerFactory
from conformance.server.noise import flood
from conformance.suite.backends import Backend

FIRST, LONGEST = 0.02, 0.2
"""Seconds of backoff: `reconnect_min` and `reconnect_max`."""

LATE = 1.0
"""Seconds that a loaded machine may add to a gap."""


class Attempts:
    """What one client says of its attempts, and when it says so."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self.dialled: list[float] = []

    def hear(self, notice: Notice) -> None:
        """Note a notice."""
        if isinstance(notice, ConnectScheduled) and notice.cause is not None:
            self.delays.append(notice.delay)
        if isinstance(notice, StateChanged) and notice.new is State.CONNECTING:
            self.dialled.append(time.monotonic())

    def judge(self) -> None:
        """Fail if an attempt came sooner than the backoff allows, or was forgotten."""
        gaps = [later - earlier for earlier, later in pairwise(self.dialled)]
        assert len(gaps) == len(self.delays)
        for number, (delay, gap) in enumerate(zip(self.delays, gaps, strict=True), 1):
            assert FIRST <= delay <= min(LONGEST, FIRST * 2**number)
            # The first gap holds the session that was lost as well.
            assert delay - 0.001 <= gap
            assert number == 1 or gap <= delay + LATE


async def with_crowd(
    backend: Backend,
    port: int,
    attempts: list[Attempts],
    go: Callable[[list[Client]], Awaitable[None]],
    crowd: list[Client],
) -> None:
    """Connect one client more for each that is to tell of its attempts; then go on with all of them."""
    if len(crowd) == len(attempts):
        await go(crowd)
        return
    hear = attempts[len(crowd)].hear
    async with backend.connect(port, on_notice=hear, reconnect_min=FIRST, reconnect_max=LONGEST) as pbx:
        await with_crowd(backend, port, attempts, go, [*crowd, pbx])


@pytest.mark.parametrize("count", [3, 30])
async def test_a_reconnect_storm_keeps_to_the_backoff(
    backend: Backend, mock_server: LoopbackServer, count: int
) -> None:
    """R-HEALTH-03, R-HEALTH-05: nobody comes sooner than allowed, and everybody comes back."""

    async def storm(crowd: list[Client]) -> None:
        await backend.aside(mock_server.stop_accepting)
        await backend.aside(mock_server.drop_links)
        assert await backend.eventually(lambda: all(len(each.dialled) > 3 for each in attempts))
        await backend.aside(mock_server.resume_accepting)
        for pbx in crowd:
            assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"

    attempts = [Attempts() for _ in range(count)]
    await with_crowd(backend, mock_server.port, attempts, storm, [])
    for each in attempts:
        each.judge()
    firsts = {round(each.delays[1], 6) for each in attempts}
    assert len(firsts) > count // 2  # spread out: nobody's dice are another's
    assert mock_server.accepted == 2 * count


async def test_one_of_three_servers_floods(backend: Backend, mock_server_factory: MockServerFactory) -> None:
    """R-FLOW-05: the others lose nothing and answer at once, and the flood is accounted for exactly."""
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
                await backend.aside(servers[0].call, pouring(5_000))
                for server, pbx in ((servers[1], second), (servers[2], third)):
                    await backend.aside(server.call, pouring(50))
                    assert (await pbx.send("Ping", timeout=5.0))["Ping"] == "Pong"
            assert (await flooded.send("Ping"))["Ping"] == "Pong"
            for heard in (few, fewer):
                assert [int((await heard.get(5.0))["Number"]) for _ in range(200)] == list(range(50)) * 4
            assert [int((await drowned.get(5.0))["Number"]) for _ in range(1_000)] == list(
                range(4_000, 5_000)
            )
            assert flooded.snapshot().subscriptions[0].dropped == 19_000
        for pbx in (flooded, second, third):
            assert pbx.snapshot().faults == {}


def pouring(count: int) -> Callable[[MockServer], None]:
    """Return what pushes so many events at everybody."""

    def pour(core: MockServer) -> None:
        for session in core.sessions.values():
            session.push(flood(count))

    return pour
