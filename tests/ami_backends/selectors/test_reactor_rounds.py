"""R-DRIVER-02: a round waits once, as long as it may, and says what it did."""

import selectors
import threading
import time
from collections.abc import Callable

import pytest
from peers import Owner, config, server_context

from ami_backends.selectors import Reactor, Work
from ami_proto import (
    Connection,
    MisuseError,
    State,
    Tls,
)
from conformance.leaks import nothing_left
from conformance.peer import HOST, Line, Peer, events, honest, silent

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
        selector = owner.reactor._selector
        assert isinstance(selector, CountingSelector)
        return selector.waits

    return count


def test_poll_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-DRIVER-02."""
    asked: list[float | None] = []
    with Peer(silent) as peer, Owner(peer.port) as owner:
        owner.until(lambda: owner.machine.state is State.CONNECTED)
        select = owner.reactor._selector.select

        def record(timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            asked.append(timeout)
            return select(timeout)

        monkeypatch.setattr(owner.reactor._selector, "select", record)
        for _ in range(5):
            assert not owner.reactor.poll()
    assert asked == [0.0] * 5


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

    def flood(line: Line) -> None:
        line.welcome()
        line.say(*events(3000))
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


def test_work_counts_what_a_round_did() -> None:
    """R-DRIVER-02."""
    total = Work()
    with Peer(honest) as peer, Owner(peer.port) as owner:
        while owner.machine.state is not State.READY:
            work = owner.reactor.run_once(1.0)
            for name in Work.__slots__:
                setattr(total, name, getattr(total, name) + getattr(work, name))
        snapshot = owner.machine.snapshot()
    assert total == Work(
        bytes_read=snapshot.bytes_received,
        bytes_written=total.bytes_written,
        frames=2,
        events=0,
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
