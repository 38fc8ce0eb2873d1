"""One client of two real Asterisks of different versions, and of three addresses where nobody is."""

import itertools
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Self

import pytest

from ami_backends.selectors import Client, Events, connect_cluster
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
from ami_proto.routes import Failover
from conformance.asterisk.targets import AsteriskTarget
from conformance.laws.peer import PATIENCE
from conformance.suite.leaks import eventually
from conformance.suite.many_mocks import EACH, black_hole, mock_servers, tell

pytestmark = pytest.mark.asterisk

BOOT = 60.0
"""Seconds for a server to start and boot."""


def config_of(key: str, host: str, port: int, username: str = "nobody", secret: str = "-") -> ServerConfig:
    return ServerConfig(
        key=key,
        host=host,
        port=port,
        username=username,
        secret=secret,
        events="user,system",
        connect_timeout=1.0,
        banner_timeout=60.0,
        reconnect_min=0.05,
        reconnect_max=0.2,
        breaker_threshold=1_000_000,
    )


def real(server: AsteriskTarget) -> ServerConfig:
    """Return the configuration of a real server; its key is its version."""
    account = server.users["admin"]
    return config_of(f"v{server.version}", server.host, server.port, account.username, account.secret)


@pytest.fixture
def dead() -> Iterator[list[ServerConfig]]:
    """Return an address that refuses, one that answers nothing to a dial, one that accepts and is silent."""
    with (
        socket.socket() as refusing,
        socket.create_server(("127.0.0.1", 0)) as silent,
        black_hole() as dark,
    ):
        refusing.bind(("127.0.0.1", 0))
        yield [
            config_of("refused", "127.0.0.1", refusing.getsockname()[1]),
            config_of("black hole", "127.0.0.1", dark),
            config_of("silent", "127.0.0.1", silent.getsockname()[1]),
        ]


def tick(pbxs: Client, key: str, numbers: range) -> None:
    """Have a server tell numbered events; each is confirmed before the next."""
    for number in numbers:
        pbxs.send("UserEvent", UserEvent="Tick", Number=number, to=key)


def pulled(events: Events[Message | Gap | Drops], count: int) -> list[Message | Gap | Drops]:
    return [events.get(PATIENCE) for _ in range(count)]


def numbers(items: list[Message | Gap | Drops], key: str) -> list[int]:
    """Return the numbers that came from a server, in their order."""
    return [int(each["Number"]) for each in items if isinstance(each, Message) and each.server == key]


def test_the_account_adds_up_through_kill_stop_and_restart(
    asterisk_pair: tuple[AsteriskTarget, AsteriskTarget], dead: list[ServerConfig]
) -> None:
    """R-CLUSTER-01, R-CLUSTER-04, R-CLUSTER-09: no server's trouble costs another an event or an answer."""
    one, two = real(asterisk_pair[0]), real(asterisk_pair[1])
    with (
        connect_cluster([*dead, one, two]) as pbxs,
        closing(pbxs.events("UserEvent", marks=True)) as events,
    ):
        for each in (one, two):
            pbxs.wait_ready(BOOT, server=each.key)
        for key in (one.key, two.key):
            tick(pbxs, key, range(200))
        items = pulled(events, 400)
        assert numbers(items, one.key) == numbers(items, two.key) == list(range(200))

        asterisk_pair[1].kill()
        assert eventually(lambda: not pbxs.servers[two.key].state.sending)
        tick(pbxs, one.key, range(200, 300))
        with pytest.raises(NotReady):
            pbxs.send("Ping", to=two.key)
        assert pbxs.send("Ping", to=Failover((two.key, one.key))).response is not None
        asterisk_pair[1].start()
        pbxs.wait_ready(BOOT, server=two.key)
        tick(pbxs, two.key, range(200, 300))
        items = pulled(events, 201)
        assert [each.server for each in items if not isinstance(each, Message)] == [two.key]
        assert numbers(items, one.key) == numbers(items, two.key) == list(range(200, 300))

        asterisk_pair[0].pause()
        tick(pbxs, two.key, range(300, 310))
        asterisk_pair[0].resume()
        tick(pbxs, one.key, range(300, 310))
        pbxs.remove("silent")
        pbxs.replace(two)
        pbxs.wait_ready(BOOT, server=two.key)
        tick(pbxs, two.key, range(310, 320))
        items = pulled(events, 31)
        assert numbers(items, one.key) == list(range(300, 310))
        assert numbers(items, two.key) == list(range(300, 320))
        states = {key: each.state for key, each in pbxs.servers.items()}
        assert [key for key, state in states.items() if state is State.READY] == [one.key, two.key]
        assert "silent" not in states


class Caller:
    """A thread that sends a Ping to each server in turn, and counts how each ended."""

    def __init__(self, pbxs: Client, keys: list[str]) -> None:
        self.begun = 0
        self.ended: Counter[tuple[str, str]] = Counter()
        self._over = threading.Event()
        self._pbxs, self._keys = pbxs, keys
        self._thread = threading.Thread(target=self._run, name="caller", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        for key in itertools.cycle(self._keys):
            if self._over.is_set():
                return
            self.begun += 1
            try:
                self._pbxs.send("Ping", to=key)
                self.ended[key, "answered"] += 1
            except (ActionLost, NotReady, MisuseError) as error:  # the last: it was removed
                self.ended[key, type(error).__name__] += 1


def test_two_real_servers_among_three_hundred_and_a_change_of_all(
    asterisk_pair: tuple[AsteriskTarget, AsteriskTarget], dead: list[ServerConfig]
) -> None:
    """R-CLUSTER-01, R-CLUSTER-09, R-CONF-04: killed, stopped, restarted, changed, while actions run."""
    one, two = real(asterisk_pair[0]), real(asterisk_pair[1])
    with mock_servers(300) as hosts, ExitStack() as stack:
        mocks = [config_of(f"mock{each.port}", each.host, each.port, "admin", "s3cr3t") for each in hosts]
        limits = ClusterConfig(connect_rate=500.0, connect_burst=100)
        pbxs = stack.enter_context(connect_cluster([*dead, one, two, *mocks], limits=limits))
        events = stack.enter_context(closing(pbxs.events("UserEvent", "Tick", marks=True)))
        for config in (one, two, *mocks):
            pbxs.wait_ready(BOOT, server=config.key)
        with Caller(pbxs, [one.key, two.key, *(each.key for each in mocks)]) as caller:
            tell(hosts, 0)
            for key in (one.key, two.key):
                tick(pbxs, key, range(50))
            asterisk_pair[1].kill()
            assert eventually(lambda: not pbxs.servers[two.key].state.sending)
            asterisk_pair[0].pause()
            tell(hosts, 1)
            asterisk_pair[0].resume()
            asterisk_pair[1].start()
            pbxs.wait_ready(BOOT, server=two.key)
            slower = replace(one, heartbeat_interval=9.0)
            changes = pbxs.reconfigure([*dead[:2], slower, two, *mocks[100:]])
            assert (changes.added, changes.replaced, len(changes.removed)) == ((), (one.key,), 101)
            pbxs.wait_ready(BOOT, server=one.key)
            tell(hosts[100:], 2)
            for key in (one.key, two.key):
                tick(pbxs, key, range(50, 100))
        items = pulled(events, 200 + 2 * EACH * 300 + EACH * 200 + 2)
        assert pbxs.servers.keys() == {
            "refused",
            "black hole",
            one.key,
            two.key,
            *(m.key for m in mocks[100:]),
        }
    assert {each.server for each in items if not isinstance(each, Message)} == {one.key, two.key}
    assert numbers(items, one.key) == numbers(items, two.key) == list(range(100))
    for number, each in enumerate(mocks):
        assert numbers(items, each.key) == list(range(EACH * (2 if number < 100 else 3)))
    assert sum(caller.ended.values()) == caller.begun > 302
    assert not [
        key for key, ended in caller.ended if ended != "answered" and key in {m.key for m in mocks[100:]}
    ]
    assert [each.accepted for each in hosts] == [1] * 300
