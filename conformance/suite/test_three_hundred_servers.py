"""One client of three hundred servers and three dead addresses, while servers fail and the file changes."""

import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from ami_proto import (
    ActionLost,
    ClusterConfig,
    Drops,
    Gap,
    Message,
    MisuseError,
    NotReady,
    ServerConfig,
    State,
)
from conformance.laws.peer import PATIENCE
from conformance.mock import LoopbackServer
from conformance.suite.backends import SLOW_UNDER_LAWS, SuiteBackend, usual_arguments
from conformance.suite.many_mocks import EACH, black_hole, mock_servers, tell
from conformance.suite.test_cluster import dead_ports, key_of

SERVERS = 300
COMING = 10
"""Servers that are added while the client runs."""
CALLERS = 4
"""Tasks that send actions to one server after the other, all the time."""

LIMITS = ClusterConfig(connect_rate=500.0, connect_burst=100)


@pytest.fixture
def hosts() -> Iterator[list[LoopbackServer]]:
    """Give the servers."""
    with mock_servers(SERVERS) as started:
        yield started


class Callers:
    """Tasks that send a Ping to each server in turn, and count how it ended."""

    def __init__(self, backend: SuiteBackend, pbxs: Any, keys: list[str]) -> None:
        self.keys = keys
        self.begun: Counter[str] = Counter()
        self.ended: Counter[tuple[str, str]] = Counter()
        self.over = False
        self._backend, self._pbxs = backend, pbxs
        self._tasks: list[Any] = []

    async def start(self) -> None:
        """Begin."""
        self._tasks = [await self._backend.spawn(self._call, number) for number in range(CALLERS)]

    async def stop(self) -> None:
        """End; raises what no caller expects."""
        self.over = True
        for each in self._tasks:
            await each.result()

    async def _call(self, number: int) -> None:
        while not self.over:
            for key in self.keys[number::CALLERS]:
                self.begun[key] += 1
                try:
                    reply = await self._pbxs.send("Ping", to=key)
                    ended = str(reply["Ping"])
                except (ActionLost, NotReady, MisuseError) as error:  # the last: it was removed
                    ended = type(error).__name__
                self.ended[key, ended] += 1


class Account:
    """What came from each server, and what should have come."""

    def __init__(
        self, items: list[Message | Gap | Drops], callers: Callers, accepted: dict[str, int]
    ) -> None:
        self._numbers: dict[str, list[int]] = {}
        self._gaps = Counter(each.server for each in items if isinstance(each, Gap))
        for each in items:
            if isinstance(each, Message):
                self._numbers.setdefault(each.server, []).append(int(each["Number"]))
        self._callers = callers
        self._accepted = accepted

    def check(
        self,
        hosts: Sequence[LoopbackServer],
        *,
        phases: tuple[int, ...],
        sessions: int,
        undisturbed: bool = False,
    ) -> None:
        """Hold servers to the phases in which they told events, and to the sessions that they had."""
        wanted = [number for phase in phases for number in range(phase * EACH, (phase + 1) * EACH)]
        for host in hosts:
            key = key_of(host)
            assert self._numbers[key] == wanted, key
            assert host.accepted - self._accepted[key] == sessions, key
            assert self._gaps[key] == sessions - 1, key
            if undisturbed:
                assert self._callers.ended[key, "Pong"] == self._callers.begun[key] > 0, key


async def pulled(events: Any, count: int) -> list[Message | Gap | Drops]:
    """Return the items of a subscription up to so many messages."""
    items: list[Message | Gap | Drops] = []
    while count:
        items.append(await events.get(PATIENCE))
        count -= isinstance(items[-1], Message)
    return items


async def disturbed(
    backend: SuiteBackend,
    pbxs: Any,
    events: Any,
    killed: list[LoopbackServer],
    frozen: list[LoopbackServer],
    restarted: list[LoopbackServer],
    calm: list[LoopbackServer],
) -> list[Message | Gap | Drops]:
    """Kill, freeze and restart servers, let the others tell events, and wait until all is well again."""
    for each in killed:
        await backend.aside(each.stop_accepting)
    for each in (*killed, *restarted):
        await backend.aside(each.drop_links)
    for each in frozen:
        await backend.aside(each.pause)
    await backend.aside(tell, calm, 1)
    items = await pulled(events, EACH * len(calm))
    for each in frozen:
        await backend.aside(each.resume)
    await backend.aside(tell, frozen, 1)
    items += await pulled(events, EACH * len(frozen))
    for each in killed:
        await backend.aside(each.resume_accepting)
    for each in (*killed, *restarted):
        await pbxs.wait_ready(PATIENCE, server=key_of(each))
    return items


@pytest.mark.without_laws(SLOW_UNDER_LAWS)
@pytest.mark.timeout(120)
async def test_the_account_of_three_hundred_servers_adds_up(
    backend: SuiteBackend, hosts: list[LoopbackServer]
) -> None:
    """R-CLUSTER-01, R-CLUSTER-04, R-CLUSTER-09, R-CONF-04, R-DRIVER-01: to the last event and action."""
    present, coming = hosts[:-COMING], hosts[-COMING:]
    killed, frozen, restarted, going, changing, calm = (
        *(present[start : start + 10] for start in range(0, 50, 10)),
        present[50:],
    )
    options: dict[str, Any] = {"retry": True, "connect_timeout": 1.0, "banner_timeout": 60.0}
    options |= {"reconnect_min": 0.2, "reconnect_max": 0.5}
    accepted = {key_of(each): each.accepted for each in hosts}
    with dead_ports() as (refusing, silent), black_hole() as dark:
        ports = [refusing, dark, silent, *(each.port for each in present)]
        async with backend.client(*ports, limits=LIMITS, **options).running(wait=False) as pbxs:
            with pbxs.events("Tick", marks=True) as events:
                for each in present:
                    await pbxs.wait_ready(PATIENCE, server=key_of(each))
                with socket.socket() as latest:
                    assert latest.fileno() > 1024
                callers = Callers(backend, pbxs, [key_of(each) for each in present])
                await callers.start()
                await backend.aside(tell, present, 0)
                items = await pulled(events, EACH * len(present))

                items += await disturbed(
                    backend, pbxs, events, killed, frozen, restarted, [*going, *changing, *calm]
                )
                wanted = {key: each.config for key, each in pbxs.servers.items()}
                for each in going:
                    del wanted[key_of(each)]
                del wanted[key_of(silent)]
                for each in changing:
                    wanted[key_of(each)] = replace(wanted[key_of(each)], heartbeat_interval=9.0)
                for each in coming:
                    wanted[key_of(each)] = ServerConfig(
                        key=key_of(each), **usual_arguments(each.port, options)
                    )
                changes = await pbxs.reconfigure(wanted)
                counts = [len(each) for each in (changes.added, changes.removed, changes.replaced)]
                assert counts == [COMING, 11, 10]
                for each in (*coming, *changing):
                    await pbxs.wait_ready(PATIENCE, server=key_of(each))
                assert await backend.eventually(lambda: len(pbxs.servers) == SERVERS - 10 + 2)
                await callers.stop()
                left = [each for each in hosts if each not in going]
                await backend.aside(tell, left, 2)
                items += await pulled(events, EACH * len(left))
            states = Counter(each.state for each in pbxs.servers.values())
            assert states[State.READY] == SERVERS - 10

    assert not [each for each in items if isinstance(each, Drops)]
    account = Account(items, callers, accepted)
    account.check(calm, phases=(0, 1, 2), sessions=1, undisturbed=True)
    account.check(frozen, phases=(0, 1, 2), sessions=1, undisturbed=True)
    account.check(killed, phases=(0, 2), sessions=2)
    account.check(restarted, phases=(0, 2), sessions=2)
    account.check(changing, phases=(0, 1, 2), sessions=2)
    account.check(going, phases=(0, 1), sessions=1)
    account.check(coming, phases=(2,), sessions=1)
    assert sum(callers.ended.values()) == sum(callers.begun.values()) > SERVERS
