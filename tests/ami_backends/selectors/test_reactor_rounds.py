"""R-DRIVER-02: a round waits once, as long as it may, and says what it did."""

import selectors
import threading
import time
from collections.abc import Callable

import pytest

from ami_backends.selectors import Reactor, Work
from ami_backends.sessions.session_io import SessionIO
from ami_proto import (
    Cluster,
    Connection,
    ConnectScheduled,
    MisuseError,
    Notice,
    Reason,
    ServerConfig,
    State,
    Tls,
)
from ami_proto.drivers import SessionId
from conformance.laws.peer import HOST, PATIENCE, Peer, PeerConnection, closed_port, events, honest, silent
from conformance.suite.leaks import nothing_left
from tests.peers import Owner, config, server_context

__all__ = ["nothing_left"]


class CountingSelector(selectors.DefaultSelector):
    """Count the waits."""

    waits = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.waits += 1
        return super().select(timeout)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Callable[[Owner], int]:
    monkeypatch.setattr(selectors, "DefaultSelector", CountingSelector)

    def count(owner: Owner) -> int:
        selector = owner.selector
        assert isinstance(selector, CountingSelector)
        return selector.waits

    return count


def test_poll_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-DRIVER-02."""
    asked: list[float | None] = []
    with Peer(silent) as peer, Owner(peer.port) as owner:
        owner.until(lambda: owner.machine.state is State.CONNECTED)
        select = owner.selector.select

        def record(timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            asked.append(timeout)
            return select(timeout)

        monkeypatch.setattr(owner.selector, "select", record)
        for _ in range(5):
            assert not owner.reactor.poll()
    assert asked == [0.0] * 5


def test_no_round_is_due_for_a_session_that_ended_with_bytes_read_ahead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R-DRIVER-02: the loop would spin for ever on bytes that nothing can read."""
    with Peer(honest) as peer, Owner(peer.port) as owner:
        owner.until(lambda: owner.machine.state is State.READY)
        monkeypatch.setattr(SessionIO, "pending", True)  # as TLS may have it at any moment
        owner.machine.stop(time.monotonic())
        owner.until(lambda: owner.machine.stopped)
        owner.reactor.poll()  # one more is due after the end
        assert owner.reactor.deadline() is None


def test_a_closed_reactor_says_so() -> None:
    reactor = Reactor(Connection(config(1), seed=1))
    reactor.close()
    reactor.close()
    with pytest.raises(MisuseError, match="closed"):
        reactor.poll()


def test_run_once_waits_at_most_its_timeout() -> None:
    """R-DRIVER-02."""
    with Peer(silent) as peer, Owner(peer.port, banner_timeout=30.0) as owner:
        owner.until(lambda: owner.machine.state is State.CONNECTED)
        owner.reactor.poll()
        begun = time.monotonic()
        assert not owner.reactor.run_once(0.05)
        assert 0.04 < time.monotonic() - begun < 2.0


@pytest.mark.parametrize("timeout", [-1.0, -0.001, float("nan")])
def test_a_negative_timeout_is_an_error(timeout: float) -> None:
    """R-DRIVER-02."""
    with Peer(silent) as peer, Owner(peer.port) as owner:
        with pytest.raises(ValueError, match=r"timeout = .*: must be 0 or more"):
            owner.reactor.run_once(timeout)
        assert owner.reactor.poll().connects == 1  # nothing else is touched


@pytest.mark.parametrize("timeout", [float("inf"), 1e300, 1e10, None])
def test_a_timeout_beyond_what_a_system_takes_waits_all_the_same(timeout: float | None) -> None:
    with Peer(silent) as peer, Owner(peer.port, banner_timeout=0.05) as owner:
        owner.until(lambda: owner.machine.state is State.CONNECTED)
        for _ in range(10):
            if owner.reactor.run_once(timeout).transitions:
                break
        assert owner.machine.state is not State.CONNECTED


def test_without_any_deadline_a_huge_timeout_waits_until_woken() -> None:
    machine = Connection(config(5038), seed=1)
    reactor = Reactor(machine)
    threading.Timer(0.02, lambda: reactor.call_soon(lambda: None)).start()
    assert reactor.deadline() is None
    assert not reactor.run_once(float("inf"))
    reactor.close()


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "tls"])
def test_an_idle_loop_does_not_spin(waits: Callable[[Owner], int], secured: bool) -> None:
    """R-DRIVER-02: while nothing happens it waits once, for as long as it was told."""
    context, tls = (server_context(HOST), Tls(verify=False)) if secured else (None, None)
    with Peer(honest, context=context) as peer, Owner(peer.port, tls=tls) as owner:
        owner.until_ready()
        while owner.reactor.poll():
            pass
        before, begun = waits(owner), time.monotonic()
        assert not owner.reactor.run_once(0.2)
        assert time.monotonic() - begun > 0.15
        assert waits(owner) == before + 1
        deadline = owner.reactor.deadline()
        assert deadline is not None
        assert deadline > time.monotonic() + 1.0


def test_one_wait_a_round_also_when_busy(waits: Callable[[Owner], int]) -> None:
    """R-DRIVER-01."""

    def flood(line: PeerConnection) -> None:
        line.accept_login()
        line.send(*events(3000))
        line.serve()

    with Peer(flood) as peer, Owner(peer.port) as owner:
        rounds = 0
        while owner.machine.events_received < 3000:
            owner.reactor.run_once(1.0)
            rounds += 1
        assert waits(owner) == rounds


def test_a_reactor_wakes_for_its_timers() -> None:
    """The machine's deadline ends a wait that the owner would have let go on."""
    with Peer(silent) as peer, Owner(peer.port, banner_timeout=0.05) as owner:
        owner.until(lambda: owner.machine.state is State.CONNECTED)
        begun = time.monotonic()
        while not owner.reactor.run_once(30.0).transitions:
            assert time.monotonic() - begun < 5.0
        assert owner.machine.snapshot().last_cause is not None


# -- Work


def test_work_counts_what_a_round_did(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-DRIVER-02."""
    sent: list[int] = []
    handle_sent = Connection.handle_sent

    def note(machine: Connection, session: SessionId, count: int, now: float) -> None:
        sent.append(count)
        handle_sent(machine, session, count, now)

    monkeypatch.setattr(Connection, "handle_sent", note)
    total = Work()
    with Peer(honest) as peer, Owner(peer.port) as owner:
        while owner.machine.state is not State.READY:
            work = owner.reactor.run_once(1.0)
            for name in Work.__slots__:
                setattr(total, name, getattr(total, name) + getattr(work, name))
        snapshot = owner.machine.snapshot()
    assert total == Work(
        bytes_read=snapshot.bytes_received,
        bytes_written=sum(sent),
        frames=3,
        events=1,
        transitions=5,
        connects=1,
    )
    assert total.bytes_written > len(b"Action: Login\r\n")


def test_what_is_submitted_between_two_rounds_leaves_in_the_next() -> None:
    with Peer(honest) as peer, Owner(peer.port) as owner:
        owner.until_ready()
        owner.submit("Ping")
        assert owner.reactor.poll().bytes_written > len(b"Action: Ping")


def test_work_is_true_only_when_something_happened() -> None:
    assert not Work()
    for name in ("bytes_read", "bytes_written", "frames", "transitions", "connects"):
        assert Work(**{name: 1})


def test_a_server_that_is_added_with_tls_of_its_own_harms_no_other() -> None:
    """R-CLUSTER-01, R-CLUSTER-09: with certificates that cannot be read it fails alone, and says why."""

    def server(key: str, tls: Tls | None = None) -> ServerConfig:
        return ServerConfig(
            key=key, host=HOST, port=closed_port(), username="admin", secret="s3cr3t", tls=tls
        )

    cluster = Cluster([server("plain")], seed=1)
    notices: list[Notice] = []
    reactor = Reactor(cluster, on_notice=notices.append)
    try:
        cluster.start(time.monotonic())
        for added in (server("unreadable", Tls(ca_file="/nonexistent.pem")), server("known", Tls())):
            cluster.add(added, time.monotonic())
        deadline = time.monotonic() + PATIENCE
        causes: dict[str, Reason] = {}
        while len(causes) < 3 and time.monotonic() < deadline:
            reactor.run_once(0.1)
            scheduled = [each for each in notices if isinstance(each, ConnectScheduled)]
            causes = {each.server: each.cause.reason for each in scheduled if each.cause is not None}
    finally:
        reactor.close()
    assert causes == {"plain": Reason.REFUSED, "known": Reason.REFUSED, "unreadable": Reason.TLS_FAILED}
