"""Calls posted to a loop: none is left without a signal, in whatever order things happen."""

import select
import threading
import time

import anyio
import pytest

from ami_backends.anyio import Driver
from ami_backends.sessions.log_records import DriverLog
from ami_backends.sessions.mailbox import Mailbox
from ami_proto import Connection, ServerConfig
from conformance.laws.peer import HOST, PATIENCE, Peer, honest, silent_after_login
from conformance.laws.playbook import SERVER
from conformance.suite.leaks import nothing_left
from tests.peers import Owner

__all__ = ["nothing_left"]


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox(DriverLog(lambda: Connection(SERVER, seed=1).redaction))


def signalled(mailbox: Mailbox) -> bool:
    """Whether a loop that waits for the mailbox wakes."""
    return bool(select.select([mailbox], [], [], 0)[0])


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("within", range(4))
def test_a_mailbox_with_calls_is_readable(mailbox: Mailbox, before: int, within: int) -> None:
    """R-DRIVER-06: also for calls that are posted by calls, before and after others that wait."""
    made: list[int] = []

    def post_more() -> None:
        for number in range(within):
            mailbox.post(lambda number=number: made.append(number))  # type: ignore[misc]
            assert signalled(mailbox)

    for _ in range(before):
        mailbox.post(lambda: made.append(-1))
    mailbox.post(post_more)
    for _ in range(2):
        mailbox.post(lambda: made.append(-2))
    while len(mailbox):
        assert signalled(mailbox)
        mailbox.clear_signal()
        mailbox.run_calls()
    assert made == [-1] * before + [-2] * 2 + list(range(within))
    mailbox.close()


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_a_call_posted_by_a_call_wakes_a_driver_that_is_idle(loop: str) -> None:
    """R-DRIVER-06: the signal of the second must outlast the first one's turn."""
    made = threading.Event()

    async def program(peer: Peer) -> None:
        config = ServerConfig(key="pbx", host=HOST, port=peer.port, username="admin", secret="s3cr3t")
        machine = Connection(config, seed=1)
        driver = Driver(machine)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(driver.run)
            while not machine.states[config.key].sending:
                await anyio.sleep(0.005)
            driver.call_soon(lambda: driver.call_soon(lambda: driver.call_soon(made.set)))
            with anyio.move_on_after(PATIENCE / 5):
                while not made.is_set():
                    await anyio.sleep(0.005)
            tasks.cancel_scope.cancel()

    with Peer(honest) as peer:
        anyio.run(program, peer, backend=loop)
    assert made.is_set()


def test_a_call_posted_by_a_call_wakes_a_reactor_that_is_idle() -> None:
    """R-DRIVER-06."""
    made: list[int] = []
    with Peer(honest) as peer, Owner(peer.port) as owner:
        owner.until(lambda: owner.machine.snapshot().state.sending)
        owner.reactor.call_soon(lambda: owner.reactor.call_soon(lambda: made.append(1)))
        for _ in range(3):
            owner.reactor.run_once(PATIENCE / 5)
        assert made == [1]


def test_a_call_that_comes_just_before_a_reactor_waits_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-DRIVER-06: after its last look for calls the reactor must be woken."""
    made: list[float] = []
    with Peer(silent_after_login) as peer, Owner(peer.port) as owner:
        owner.until(lambda: owner.machine.snapshot().state.sending)
        poll_timeout = owner.machine.poll_timeout

        def post() -> float | None:
            monkeypatch.setattr(owner.machine, "poll_timeout", poll_timeout)
            owner.reactor.call_soon(lambda: made.append(time.monotonic()))
            return poll_timeout()

        monkeypatch.setattr(owner.machine, "poll_timeout", post)  # asked for after the look
        begun = time.monotonic()
        owner.reactor.run_once(PATIENCE / 5)
        assert made
        assert made[0] - begun < PATIENCE / 10


def test_a_call_that_comes_while_the_reactor_is_at_work_needs_no_wake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is made in this round, or the next one does not wait."""
    made: list[int] = []
    with Peer(silent_after_login) as peer, Owner(peer.port) as owner:
        owner.until(lambda: owner.machine.snapshot().state.sending)
        monkeypatch.setattr(Mailbox, "wake", lambda _: None)
        owner.reactor._mailbox._calls.append(lambda: owner.reactor.call_soon(lambda: made.append(1)))
        begun = time.monotonic()
        owner.reactor.run_once(PATIENCE / 5)
        assert made == [1]
        assert time.monotonic() - begun < PATIENCE / 10
        monkeypatch.undo()
        assert owner.reactor.deadline() is not None
