"""R-DRIVER-01: signals, dead descriptors and a system that refuses end one session at most."""

import logging
import os
import resource
import selectors
import signal
import socket
from types import FrameType
from typing import Any

import pytest

from ami_proto import Disconnect, Reason
from conformance.laws.peer import Peer, honest
from conformance.suite.leaks import nothing_left
from tests.peers import Owner

__all__ = ["nothing_left"]


def test_a_signal_during_a_wait_is_harmless() -> None:
    """R-DRIVER-01: EINTR."""
    rung: list[int] = []

    def ring(number: int, frame: FrameType | None) -> None:
        rung.append(number)

    before = signal.signal(signal.SIGALRM, ring)
    try:
        with Peer(honest) as peer, Owner(peer.port) as owner:
            owner.until_ready()
            signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
            owner.reactor.run_once(0.1)
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert rung
            assert owner.send("Ping").succeeded
            assert peer.accepted == 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_an_interrupt_during_a_wait_changes_nothing() -> None:
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with Peer(honest) as peer, Owner(peer.port) as owner:
            owner.until_ready()
            while owner.reactor.poll():
                pass
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            with pytest.raises(KeyboardInterrupt):
                owner.reactor.run_once(5.0)
            assert owner.send("Ping").succeeded
            assert peer.accepted == 1
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "selector", [selectors.EpollSelector, selectors.PollSelector, selectors.SelectSelector]
)
def test_a_dead_descriptor_ends_its_own_connection_only(
    selector: type[selectors.BaseSelector], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-DRIVER-01: the number is closed under the driver; the next session is as good as ever."""
    monkeypatch.setattr(selectors, "DefaultSelector", selector)
    quick: dict[str, Any] = {"heartbeat_interval": 0.02, "heartbeat_timeout": 0.5, "read_timeout": 2.0}
    with Peer(honest) as peer, Owner(peer.port, **quick) as owner:
        owner.until_ready()
        os.close(owner.socket().fileno())
        owner.until(lambda: peer.accepted == 2)
        cause = owner.machine.snapshot().last_cause
        assert cause is not None
        assert cause.reason is Reason.NETWORK
        assert "Bad file descriptor" in cause.detail
        assert owner.until_ready().send("Ping").succeeded


def test_a_failing_wait_causes_no_further_waits(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """R-DRIVER-01: the round goes on without it, and says so."""
    with Peer(honest) as peer, Owner(peer.port) as owner:
        owner.until_ready()
        while owner.reactor.poll():
            pass
        with monkeypatch.context() as patch:

            def fail(timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
                calls.append(timeout)
                raise OSError(9, "Bad file descriptor")

            calls: list[float | None] = []
            patch.setattr(owner.selector, "select", fail)
            assert not owner.reactor.run_once(1.0)
            assert len(calls) == 1
        assert [record.message for record in caplog.records] == [
            "pbx: waiting failed: [Errno 9] Bad file descriptor"
        ]
        assert owner.send("Ping").succeeded
        assert peer.accepted == 1


def test_a_filter_that_raises_on_that_warning_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 8: it ended the loop."""

    def fail(_: object) -> Any:
        raise OSError(9, "Bad file descriptor")

    with Peer(honest) as peer, Owner(peer.port) as owner:
        owner.until_ready()
        with monkeypatch.context() as patch:
            patch.setattr(owner.selector, "select", fail)
            patch.setattr(logging.getLogger("ami_backends"), "filters", [fail])
            owner.reactor.run_once(1.0)
        assert owner.send("Ping").succeeded


def test_nothing_is_limited_to_1024_descriptors() -> None:
    """R-DRIVER-01."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2048
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"only {hard} descriptors are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    others = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        with Peer(honest) as peer, Owner(peer.port) as owner:
            assert owner.until_ready().socket().fileno() > 1024
            assert owner.send("Ping").succeeded
    finally:
        for number in others:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_no_descriptor_left_is_a_failed_attempt_and_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer(honest) as peer, Owner(peer.port) as owner:

        def refuse(family: int, kind: int) -> socket.socket:
            raise OSError(24, "Too many open files")

        with monkeypatch.context() as patch:
            patch.setattr(socket, "socket", refuse)
            owner.until(lambda: owner.machine.snapshot().connect_failures > 2)
            assert owner.machine.snapshot().last_cause == Disconnect(Reason.NETWORK, "Too many open files")
        assert owner.until_ready().send("Ping").succeeded
