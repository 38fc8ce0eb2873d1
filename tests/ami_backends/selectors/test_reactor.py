"""The reactor form: one round at a time, in a thread of its owner's."""

import logging
import os
import resource
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from peers import Owner, config, server_context

from ami_backends.selectors import Reactor, ThreadResolver, Work
from ami_proto import (
    Action,
    ActionFinished,
    Connection,
    ConnectScheduled,
    Disconnect,
    Fault,
    FaultSeen,
    Filter,
    MisuseError,
    Notice,
    Reason,
    State,
    StateChanged,
    Tls,
)
from conformance.leaks import nothing_left
from conformance.peer import HOST, PATIENCE, Line, Peer, events, honest, silent

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


# -- a life


def test_a_life_in_rounds() -> None:
    with Peer(honest) as peer, Owner(peer.port) as owner:
        owner.until_ready()
        assert owner.send("Ping").reply["Ping"] == "Pong"
        owner.machine.stop(time.monotonic())
        owner.until(lambda: owner.machine.stopped)
        steps = [notice.new for notice in owner.notices if isinstance(notice, StateChanged)]
    assert steps == [
        State.DISCONNECTED,
        State.CONNECTING,
        State.CONNECTED,
        State.AUTHENTICATING,
        State.READY,
        State.CLOSING,
        State.CLOSED,
    ]


def test_it_starts_again_after_a_stop() -> None:
    with Peer(honest) as peer, Owner(peer.port) as owner:
        for number in (1, 2, 3):
            owner.until_ready()
            owner.machine.stop(time.monotonic())
            owner.until(lambda: owner.machine.stopped)
            owner.machine.start(time.monotonic())
            assert peer.accepted == number


@pytest.mark.parametrize("state", [each for each in State if each is not State.DEGRADED])
def test_it_stops_from_every_state(state: State) -> None:
    """R-LIFE-05: and nothing of the session is left, whatever its state."""

    def stall(line: Line) -> None:
        if state is State.AUTHENTICATING:
            line.say(b"Asterisk Call Manager/1\r\n")
        if state in (State.READY, State.CLOSING):
            line.welcome()
        line.wait_closed()

    def never(host: str, port: int, deliver: object) -> None:
        """Look up for ever: the state stays CONNECTING."""

    with Peer(stall) as peer, Owner(peer.port, close_grace=0.01) as owner:
        if state is State.CONNECTING:
            owner.reactor._resolver = never
        if state is State.DISCONNECTED:
            peer.stop_listening()
        if state is not State.CLOSED:
            owner.until(lambda: owner.machine.state is (State.READY if state is State.CLOSING else state))
        owner.machine.stop(time.monotonic())
        assert owner.machine.state is (
            State.CLOSING if state.sending or state is State.CLOSING else State.CLOSED
        )
        owner.machine.stop(time.monotonic())
        owner.until(lambda: owner.machine.stopped)
        assert not owner.reactor._lines
        assert len(owner.reactor._selector.get_map()) == 1  # what wakes it


def test_close_at_once_closes_every_socket() -> None:
    with Peer(honest) as peer, Owner(peer.port) as owner:
        sock = owner.until_ready().socket()
        owner.reactor.close()
        assert sock.fileno() == -1
        owner.reactor.call_soon(lambda: None)  # from a thread that does not know yet: no error


def test_a_logoff_that_was_not_sent_is_reported() -> None:
    """R-LIFE-05."""

    def deaf(line: Line) -> None:
        line.welcome()
        go.wait(PATIENCE)

    go = threading.Event()
    with Peer(deaf) as peer, Owner(peer.port) as owner:
        owner.until_ready().socket().setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        for _ in range(5000):
            owner.submit("UserEvent", UserEvent="x" * 900)
        owner.machine.stop(time.monotonic(), grace=0.02)
        owner.until(lambda: owner.machine.stopped)
        faults = [notice.fault for notice in owner.notices if isinstance(notice, FaultSeen)]
        go.set()
    assert faults == [Fault.LOGOFF_UNSENT]
    assert len(owner.outcomes) == 5000


# -- waiting


def test_poll_never_waits(waits: Callable[[Owner], int], monkeypatch: pytest.MonkeyPatch) -> None:
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


# -- an outer loop


def test_an_outer_loop_waits_for_the_number_and_the_deadline() -> None:
    with Peer(honest) as peer, Owner(peer.port) as owner, selectors.DefaultSelector() as outer:
        outer.register(owner.reactor.fileno(), selectors.EVENT_READ)
        rounds = 0
        while owner.machine.state is not State.READY:
            deadline = owner.reactor.deadline()
            wait = PATIENCE if deadline is None else max(0.0, deadline - time.monotonic())
            outer.select(min(wait, PATIENCE))
            owner.reactor.poll()
            rounds += 1
        assert rounds < 30
        owner.reactor.call_soon(lambda: None)  # a letter from elsewhere makes the number readable
        due = owner.reactor.deadline()
        assert due is not None
        assert due <= time.monotonic()
        assert outer.select(PATIENCE)
        owner.reactor.poll()
        assert not outer.select(0)


def test_letters_are_read_in_order_in_the_owners_thread() -> None:
    """R-DRIVER-06."""
    read: list[tuple[int, int]] = []
    with Peer(silent) as peer, Owner(peer.port) as owner:

        def post(sender: int) -> None:
            for number in range(500):

                def letter(number: int = number) -> None:
                    read.append((sender, number))
                    assert threading.current_thread() is threading.main_thread()

                owner.reactor.call_soon(letter)

        threads = [threading.Thread(target=post, args=(sender,)) for sender in range(8)]
        for thread in threads:
            thread.start()
        owner.until(lambda: len(read) == 8 * 500)
        for thread in threads:
            thread.join()
    for sender in range(8):
        assert [number for who, number in read if who == sender] == list(range(500))


def test_a_letter_that_posts_another_does_not_hold_the_round_up() -> None:
    read: list[int] = []
    with Peer(silent) as peer, Owner(peer.port) as owner:

        def again() -> None:
            read.append(1)
            owner.reactor.call_soon(again)

        owner.reactor.call_soon(again)
        owner.reactor.poll()
        assert 1 <= len(read) <= 2  # a round reads its mail before and after its wait
        owner.reactor.poll()
        assert len(read) <= 4


# -- faults of the system


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
    waits: Callable[[Owner], int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
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
            patch.setattr(owner.reactor._selector, "select", fail)
            assert not owner.reactor.run_once(1.0)
            assert len(calls) == 1
        assert [record.message for record in caplog.records] == [
            "waiting failed: [Errno 9] Bad file descriptor"
        ]
        assert owner.send("Ping").succeeded
        assert peer.accepted == 1


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


# -- what the user passes in


def test_a_listener_that_raises_is_contained_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    """R-DRIVER-04: the next notices are delivered."""
    heard: list[Notice] = []

    def listen(notice: Notice) -> None:
        heard.append(notice)
        raise RuntimeError("the listener's own affair")

    with Peer(honest) as peer:
        machine = Connection(config(peer.port), seed=1)
        reactor = Reactor(machine, on_notice=listen)
        machine.start(time.monotonic())
        deadline = time.monotonic() + PATIENCE
        while machine.state is not State.READY and time.monotonic() < deadline:
            reactor.run_once(0.1)
        reactor.close()
    assert machine.state is State.READY
    assert reactor.listener_errors == len(heard) > 5
    assert "a listener raised on StateChanged" in [record.message for record in caplog.records]
    assert all(record.levelno == logging.ERROR and record.exc_info for record in caplog.records)


def test_a_listener_may_submit_cancel_subscribe_and_stop() -> None:
    with Peer(honest) as peer:
        machine = Connection(config(peer.port), seed=1)

        def listen(notice: Notice) -> None:
            if isinstance(notice, StateChanged) and notice.new is State.READY:
                machine.cancel(machine.submit(Action("Ping"), time.monotonic()), time.monotonic())
                machine.subscribe(Filter())
                machine.submit(Action("Ping"), time.monotonic())
            elif isinstance(notice, ActionFinished):
                outcomes.append(notice.outcome.succeeded)
                if notice.outcome.succeeded:
                    machine.stop(time.monotonic())

        outcomes: list[bool] = []
        reactor = Reactor(machine, on_notice=listen)
        machine.start(time.monotonic())
        deadline = time.monotonic() + PATIENCE
        while not machine.stopped and time.monotonic() < deadline:
            reactor.run_once(0.1)
        reactor.close()
    assert machine.stopped
    assert outcomes == [False, True]


def test_a_resolver_that_raises_fails_the_attempt_only() -> None:
    """Nothing a user passes in can break the engine."""
    calls: list[str] = []

    def resolve(host: str, port: int, deliver: Callable[..., None]) -> None:
        calls.append(host)
        if len(calls) < 3:
            raise KeyError("the resolver's own affair")
        deliver([(socket.AF_INET, (HOST, port))])

    with Peer(honest) as peer, Owner(peer.port, resolver=resolve, host="pbx.example") as owner:
        owner.until_ready()
        causes = [notice.cause for notice in owner.notices if isinstance(notice, ConnectScheduled)]
    assert calls == ["pbx.example"] * 3
    what = 'the resolver failed: KeyError("the resolver\'s own affair")'
    assert causes == [None, *[Disconnect(Reason.UNRESOLVED, what)] * 2]


def test_an_answer_of_the_resolver_that_comes_too_late_opens_nothing() -> None:
    answers: list[Callable[..., None]] = []

    def resolve(host: str, port: int, deliver: Callable[..., None]) -> None:
        answers.append(deliver)

    with Peer(honest) as peer, Owner(peer.port, resolver=resolve, connect_timeout=0.02) as owner:
        owner.until(lambda: len(answers) == 2)
        answers[0]([(socket.AF_INET, (HOST, peer.port))])
        owner.reactor.poll()
        assert peer.accepted == 0
        answers[1]([(socket.AF_INET, (HOST, peer.port))])
        owner.until_ready()
        assert peer.accepted == 1


def test_an_answer_of_the_resolver_that_comes_twice_opens_one_socket() -> None:
    def resolve(host: str, port: int, deliver: Callable[..., None]) -> None:
        for _ in range(2):
            deliver([(socket.AF_INET, (HOST, port))])

    with Peer(honest) as peer, Owner(peer.port, resolver=resolve) as owner:
        assert owner.until_ready().send("Ping").succeeded
        assert peer.accepted == 1


# -- names


def test_a_name_without_a_resolver_is_refused_and_nothing_blocks() -> None:
    """R-CONF-03."""
    with Owner(5038, host="localhost", retry=False) as owner:
        owner.until(lambda: owner.machine.state is State.CLOSED)
        cause = owner.machine.snapshot().last_cause
    assert cause == Disconnect(Reason.UNRESOLVED, "'localhost' is no IP address, and there is no resolver")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_names_and_both_families_work(host: str) -> None:
    """R-CONF-03: a name that stands for several addresses, of which only one answers, works too."""
    listens = "::1" if host == "::1" else HOST
    with Peer(honest, host=listens) as peer, Owner(peer.port, host=host, resolver=ThreadResolver()) as owner:
        assert owner.until_ready().send("Ping").succeeded


def test_every_address_of_a_name_is_tried_in_order() -> None:
    """The socket of a refused attempt is replaced, in the selector as well."""

    def resolve(host: str, port: int, deliver: Callable[..., None]) -> None:
        dead = [(socket.AF_INET, (f"127.0.0.{number}", port)) for number in (2, 3, 4)]
        deliver([*dead, (socket.AF_INET6, ("::1", port, 0, 0)), (socket.AF_INET, (HOST, port))])

    with Peer(honest) as peer, Owner(peer.port, resolver=resolve, retry=False) as owner:
        assert owner.until_ready().send("Ping").succeeded
        assert len(owner.reactor._selector.get_map()) == 2


def test_an_address_that_fails_at_once_is_no_obstacle() -> None:
    """Nobody may connect to the broadcast address; its socket is closed."""

    def resolve(host: str, port: int, deliver: Callable[..., None]) -> None:
        deliver([(socket.AF_INET, ("255.255.255.255", port)), (socket.AF_INET, (HOST, port))])

    with Peer(honest) as peer, Owner(peer.port, resolver=resolve, retry=False) as owner:
        assert owner.until_ready().send("Ping").succeeded


def test_the_last_address_says_why_none_was_reached() -> None:
    def resolve(host: str, port: int, deliver: Callable[..., None]) -> None:
        deliver([(socket.AF_INET, ("127.0.0.2", port)), (socket.AF_INET, (HOST, port))])

    with Peer(honest) as peer, Owner(peer.port, resolver=resolve, retry=False) as owner:
        peer.stop_listening()
        owner.until(lambda: owner.machine.state is State.CLOSED)
        assert owner.machine.snapshot().last_cause == Disconnect(Reason.REFUSED)
