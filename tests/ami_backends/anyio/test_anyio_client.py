"""Cases that only loops have: a client cancelled before its first step, an interrupted driver."""

import asyncio
import time
from typing import Any

import anyio
import pytest

from ami_backends.anyio import Client, Driver, connect
from ami_backends.anyio.driver import TaskWaiter
from ami_proto import (
    Connection,
    ConnectTimeout,
    Disconnect,
    Notice,
    Overflow,
    Reason,
    ServerConfig,
    State,
    StateChanged,
    Tls,
)
from conformance.laws.peer import PATIENCE, Peer, PeerConnection, events, honest, silent
from conformance.suite.leaks import nothing_left

__all__ = ["nothing_left"]

LOOPS = ("asyncio", "trio")


def words(peer: Peer, **options: Any) -> dict[str, Any]:
    usual = {"username": "admin", "secret": "s3cr3t", "ask_release": False}
    return {"host": "127.0.0.1", "port": peer.port, **usual, **options}


@pytest.fixture(autouse=True)
def warmed_up() -> None:
    """Run each loop once: the first of its kind opens what stays."""
    for loop in LOOPS:
        anyio.run(anyio.sleep, 0, backend=loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_program_cancelled_before_it_began_ends(loop: str) -> None:
    """Invariant 2: trio starts tasks in any order, so it is tried often."""

    async def program(peer: Peer) -> None:
        for _ in range(30):
            with anyio.CancelScope() as scope:
                scope.cancel()
                async with connect(**words(peer)):
                    pass

    with Peer(honest) as peer:
        anyio.run(program, peer, backend=loop)


# anyio wraps each task, and a wrapper that is cancelled before its first step never awaits what it wraps.
@pytest.mark.filterwarnings("ignore:.*was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_every_task_of_the_loop_cancelled_at_any_moment_ends() -> None:
    """Invariant 2, R-DRIVER-03: also a task that has not had its first step."""

    async def program(peer: Peer) -> None:
        async with connect(**words(peer)):
            await asyncio.sleep(PATIENCE)

    async def cancelled_after(steps: int, peer: Peer) -> None:
        task = asyncio.create_task(program(peer))
        for _ in range(steps):
            await asyncio.sleep(0)
        for each in asyncio.all_tasks() - {asyncio.current_task()}:
            each.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with Peer(silent) as peer:
        for steps in range(1, 12):
            asyncio.run(cancelled_after(steps, peer))


def test_each_run_of_a_decorated_function_has_a_client_of_its_own() -> None:
    """`asynccontextmanager` allows that; the runs may overlap."""

    async def program(peer: Peer) -> None:
        async def meet() -> None:
            both_run.arrive()
            with anyio.fail_after(PATIENCE):
                await both_run.here.wait()

        decorate: Any = connect(**words(peer))
        connected, both_run = decorate(meet), Meeting(2)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(connected)
            tasks.start_soon(connected)

    with Peer(honest) as peer:
        anyio.run(program, peer)


class Meeting:
    """An event that is set once so many have come."""

    def __init__(self, missing: int) -> None:
        self.here = anyio.Event()
        self._missing = missing

    def arrive(self) -> None:
        self._missing -= 1
        if self._missing == 0:
            self.here.set()


@pytest.mark.parametrize("loop", LOOPS)
def test_an_interrupt_of_the_driver_is_raised_in_the_program(loop: str) -> None:
    """R-DRIVER-05: Ctrl-C is raised in the task that runs, and comes out of the program unwrapped."""
    clients: list[Client] = []

    def interrupt(notice: Notice) -> None:
        if isinstance(notice, StateChanged) and notice.new is State.READY:
            raise KeyboardInterrupt

    async def program(peer: Peer) -> None:
        async with connect(**words(peer), on_notice=interrupt) as pbx:
            clients.append(pbx)
            await anyio.sleep(PATIENCE)

    with Peer(honest) as peer, pytest.raises(KeyboardInterrupt):
        anyio.run(program, peer, backend=loop)
    assert clients[0].state is State.CLOSED
    assert clients[0].snapshot().state is State.CLOSED


@pytest.mark.parametrize("loop", LOOPS)
def test_a_consumer_that_keeps_up_loses_nothing_of_a_flood(loop: str) -> None:
    """R-FLOW-05, R-DRIVER-07: no read brings more than a consumer takes in its turn."""
    count = 60_000

    def flood(line: PeerConnection) -> None:
        line.accept_login()
        line.answer(line.read_action())
        line.send(*events(count, "Tick"), *events(1, "Last"))
        line.serve()

    async def program(peer: Peer) -> None:
        async with connect(**words(peer, auth="plain")) as pbx:
            ticks = pbx.events("Tick", "Last")
            await pbx.send("Go")
            taken = 0
            async for event in ticks:
                taken += 1
                if event.name == "Last":
                    break
            assert pbx.snapshot().subscriptions[0].dropped == 0
            assert taken == count + 1

    with Peer(flood) as peer:
        anyio.run(program, peer, backend=loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_reading_goes_on_before_a_paused_queue_is_empty(loop: str) -> None:
    """R-FLOW-02: for `get` as for iteration."""
    sent: list[int] = []

    def pour(line: PeerConnection) -> None:
        line.accept_login()
        line.answer(line.read_action())
        padding = "x" * 500
        for number in range(200_000):
            line.send(f"Event: Tick\r\nPrivilege: user,all\r\nPadding: {padding}\r\n\r\n".encode())
            sent.append(number)

    async def program(peer: Peer) -> None:
        async with connect(**words(peer, auth="plain")) as pbx:
            ticks = pbx.events("Tick", limit=20_000, policy=Overflow.PAUSE)
            await pbx.send("Go")
            seen = -1
            while len(sent) != seen:  # until the peer is stuck
                seen = len(sent)
                await anyio.sleep(0.3)
            for _ in range(15_000):
                await ticks.get()
            deadline = anyio.current_time() + PATIENCE
            while len(sent) == seen and anyio.current_time() < deadline:
                await anyio.sleep(0.01)
            assert len(sent) > seen
            assert pbx.snapshot().subscriptions[0].depth > 0
            await pbx.close(grace=0)

    with Peer(pour) as peer:
        anyio.run(program, peer, backend=loop)


ODD_ANSWERS: list[Any] = [None, [("127.0.0.1", 5038)], [(2, ("127.0.0.1", 99_999))], 5]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("answer", ODD_ANSWERS)
def test_a_resolvers_odd_answer_fails_the_attempt_only(loop: str, answer: object) -> None:
    """Invariant 8."""
    notices: list[Notice] = []
    config = ServerConfig(key="pbx", host="pbx", username="admin", secret="s3cr3t", retry=False)

    async def program() -> None:
        machine = Connection(config, seed=1)
        resolver: Any = lambda _host, _port, deliver: deliver(answer)  # noqa: E731
        await Driver(machine, on_notice=notices.append, resolver=resolver).run()

    anyio.run(program, backend=loop)
    (closed,) = [each for each in notices if isinstance(each, StateChanged) and each.new is State.CLOSED]
    assert isinstance(closed.cause, Disconnect)
    assert closed.cause.reason is Reason.UNRESOLVED


@pytest.mark.parametrize("loop", LOOPS)
def test_a_posted_call_that_raises_shows_no_secret(loop: str, caplog: pytest.LogCaptureFixture) -> None:
    """R-OBS-04: neither the server's secret, nor a value that `redact_names` masks."""

    def fail() -> None:
        machine.stop(time.monotonic())
        raise ValueError("it was hunter2, with PIN=1234")

    async def program(peer: Peer) -> None:
        driver = Driver(machine)
        driver.call_soon(fail)
        await driver.run()

    config = ServerConfig(
        key="pbx", host="127.0.0.1", username="admin", secret="hunter2", redact_names=("^pin$",)
    )
    machine = Connection(config, seed=1)

    with Peer(honest) as peer:
        anyio.run(program, peer, backend=loop)
    assert "it was ***, with PIN=***" in caplog.text


def test_a_name_that_no_certificate_can_have_fails_the_attempt_only() -> None:
    """R-AUTH-05."""
    notices: list[Notice] = []

    async def program(port: int) -> None:
        name = "a" * 64 + ".example"
        config = ServerConfig(key="pbx", host=name, username="a", secret="b", retry=False, tls=Tls())
        resolver: Any = lambda _host, _port, deliver: deliver([(2, ("127.0.0.1", port))])  # noqa: E731
        await Driver(Connection(config, seed=1), on_notice=notices.append, resolver=resolver).run()

    with Peer(silent) as peer:
        anyio.run(program, peer.port)
    (closed,) = [each for each in notices if isinstance(each, StateChanged) and each.new is State.CLOSED]
    assert "is not a host name" in str(closed.cause)


class LateWaiter(TaskWaiter[None]):
    """A waiter whose result comes in the tick in which its caller's time is over."""

    def late(self) -> None:
        """Set what comes late."""

    async def result(self) -> None:
        """Wait, and have the result when that is cancelled."""
        try:
            await super().result()
        except anyio.get_cancelled_exc_class():
            self.late()
            raise


@pytest.mark.parametrize("loop", LOOPS)
def test_ready_and_the_timeout_in_one_tick_is_ready(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-DRIVER-07: as with threads; an error that comes then is the error, and not a timeout."""

    async def program(peer: Peer) -> None:
        async with Client(ServerConfig(key="pbx", **words(peer))).running(wait=False) as pbx:
            monkeypatch.setattr(LateWaiter, "late", lambda waiter: waiter.set_result(None))
            await pbx.wait_ready(0.05, server="pbx")
            monkeypatch.setattr(LateWaiter, "late", lambda waiter: waiter.set_exception(ZeroDivisionError()))
            with pytest.raises(ZeroDivisionError):
                await pbx.wait_ready(0.05, server="pbx")
            monkeypatch.setattr(LateWaiter, "late", lambda waiter: None)
            with pytest.raises(ConnectTimeout):
                await pbx.wait_ready(0.05, server="pbx")

    monkeypatch.setattr("ami_backends.anyio.client.TaskWaiter", LateWaiter)
    with Peer(silent) as peer:
        anyio.run(program, peer, backend=loop)
