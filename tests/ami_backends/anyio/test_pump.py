"""What the driver does in the task that runs: requests, notices, interrupts, and the turns of other tasks."""

import asyncio
import threading
import time
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from ami_backends.anyio import Client, Driver
from ami_proto import (
    Action,
    ActionFinished,
    ActionTimeout,
    ConnectFailed,
    Connection,
    Message,
    Notice,
    NotReady,
    Reply,
    ServerConfig,
    State,
)
from ami_proto.drivers import SessionId
from conformance.laws.peer import (
    PATIENCE,
    Peer,
    PeerConnection,
    bursting,
    echoing,
    events,
    holding,
    honest,
    recording,
    silent,
    silent_after_login,
    speaking,
)
from conformance.laws.playbook import BANNER
from conformance.suite.leaks import nothing_left
from tests.peers import config

__all__ = ["nothing_left"]

LOOPS = ("asyncio", "uvloop", "trio")
BACKENDS: dict[str, dict[str, Any]] = {
    "asyncio": {"backend": "asyncio"},
    "uvloop": {"backend": "asyncio", "backend_options": {"use_uvloop": True}},
    "trio": {"backend": "trio"},
}
every_loop = pytest.mark.parametrize("loop", LOOPS)


@pytest.fixture(autouse=True, scope="module")
def warmed_up() -> None:
    """Run each loop once: the first of its kind opens what stays."""
    for loop in LOOPS:
        anyio.run(anyio.sleep, 0, **BACKENDS[loop])


class Watched(Connection):
    """A machine that counts writes, and can be interrupted while the driver drains it."""

    def __init__(self, config: ServerConfig) -> None:
        super().__init__(config, seed=1)
        self.writes = 0
        self.turns = 0
        self.interrupt: BaseException | None = None

    def handle_sent(self, session: SessionId, count: int, now: float) -> None:
        self.writes += 1
        super().handle_sent(session, count, now)

    def handle_timeout(self, now: float) -> None:
        self.turns += 1
        super().handle_timeout(now)

    def poll_notice(self) -> Notice | None:
        if self.interrupt is not None:
            interrupt, self.interrupt = self.interrupt, None
            raise interrupt
        return super().poll_notice()


# -- requests


@every_loop
def test_calls_one_after_the_other_do_not_wake_the_main_task(loop: str) -> None:
    """Each is written by its caller, and its deadline is later than the heartbeat's."""

    async def program(machine: Watched) -> None:
        async with Client(machine).running() as pbx:
            await pbx.send("Ping")
            turns, writes = machine.turns, machine.writes
            for _ in range(50):
                await pbx.send("Ping")
            assert machine.writes - writes == 50
            assert machine.turns - turns < 10

    with Peer(honest) as peer:
        anyio.run(program, Watched(config(peer.port)), **BACKENDS[loop])


@every_loop
def test_actions_of_one_turn_leave_together(loop: str) -> None:
    """A storm of callers makes few writes, and each caller gets its own reply."""
    replies: dict[int, str] = {}

    async def ask(pbx: Client, number: int) -> None:
        replies[number] = (await pbx.send("Ask", Number=number))["Number"]

    async def program(machine: Watched) -> None:
        async with Client(machine).running() as pbx:
            writes = machine.writes
            async with anyio.create_task_group() as tasks:
                for number in range(300):
                    tasks.start_soon(ask, pbx, number)
            assert machine.writes - writes < 10

    with Peer(echoing) as peer:
        anyio.run(program, Watched(config(peer.port)), **BACKENDS[loop])
    assert replies == {number: str(number) for number in range(300)}


@every_loop
def test_a_second_action_is_written_although_the_first_has_no_answer(loop: str) -> None:
    """It waits for the other tasks of its turn, and for no read and no timer."""
    go = threading.Event()
    go.set()
    timers = ("banner_timeout", "login_timeout", "boot_timeout", "action_timeout", "heartbeat_interval")
    quiet = dict.fromkeys(("connect_timeout", "stable_after", *timers), 30 * PATIENCE)

    async def program(pbx: Client) -> None:
        async with pbx.running():
            with anyio.fail_after(PATIENCE):
                async with anyio.create_task_group() as tasks:
                    for number in range(3):
                        tasks.start_soon(pbx.send, "Ask", {"Number": number})

    with Peer(holding(3, go)) as peer:
        pbx = Client(config(peer.port, read_timeout=50 * PATIENCE, **quiet))
        anyio.run(program, pbx, **BACKENDS[loop])


@every_loop
def test_an_action_with_an_earlier_deadline_than_any_timer_ends_in_time(loop: str) -> None:
    """R-CORR-06: the main task sleeps until the heartbeat, and is woken for this one."""

    async def program(pbx: Client) -> None:
        async with pbx.running():
            await anyio.sleep(0.05)
            begun = time.monotonic()
            with anyio.fail_after(PATIENCE), pytest.raises(ActionTimeout):
                await pbx.send("Ping", timeout=0.1)
            assert time.monotonic() - begun < 5.0

    with Peer(silent_after_login) as peer:
        anyio.run(program, Client(config(peer.port)), **BACKENDS[loop])


@every_loop
def test_a_task_that_is_cancelled_sends_nothing(loop: str) -> None:
    """R-DRIVER-03."""
    received: list[str] = []

    async def program(pbx: Client) -> None:
        async with pbx.running():
            with anyio.CancelScope() as scope:
                scope.cancel()
                await pbx.send("Hangup", Channel="PJSIP/alice-1")
            await pbx.send("Ping")

    with Peer(recording(received)) as peer:
        anyio.run(program, Client(config(peer.port)), **BACKENDS[loop])
    assert "Hangup" not in received
    assert "Ping" in received


@every_loop
def test_a_task_cancelled_while_it_waits_leaves_the_others_alone(loop: str) -> None:
    """R-DRIVER-03: also where its reply and its cancellation meet in one turn."""

    async def program(pbx: Client) -> None:
        async with pbx.running():
            for delay in range(30):
                with anyio.move_on_after(delay * 0.0001):
                    await pbx.send("Ping")
                assert (await pbx.send("Ping"))["Ping"] == "Pong"
            assert pbx.snapshot().actions_pending == 0

    with Peer(honest) as peer:
        anyio.run(program, Client(config(peer.port)), **BACKENDS[loop])


@every_loop
def test_a_task_that_tries_again_and_again_lets_the_others_run(loop: str) -> None:
    """Invariant 2: also while each call is refused at once."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await checkpoint()
            turns += 1

    async def program(pbx: Client) -> None:
        async with pbx.running(wait=False), anyio.create_task_group() as tasks:
            tasks.start_soon(count)
            for _ in range(50):
                with pytest.raises(NotReady):
                    await pbx.send("Ping")
            tasks.cancel_scope.cancel()

    with Peer(silent) as peer:
        anyio.run(program, Client(config(peer.port)), **BACKENDS[loop])
    assert turns >= 40


@every_loop
def test_a_task_that_calls_without_end_starves_no_reader(loop: str) -> None:
    """Invariant 4: events are read and handed out while another task makes call after call."""

    def chatter(line: PeerConnection) -> None:
        line.accept_login()
        while (action := line.read_action())["Action"] != "Logoff":
            line.send(*events(1))
            line.answer(action)
        line.answer(action, "Goodbye")

    async def call(pbx: Client) -> None:
        while True:
            await pbx.send("Ping")

    async def program(pbx: Client) -> None:
        async with pbx.running(), anyio.create_task_group() as tasks:
            with pbx.events("Tick") as ticks:
                tasks.start_soon(call, pbx)
                for _ in range(200):
                    await ticks.get(PATIENCE)
            tasks.cancel_scope.cancel()

    with Peer(chatter) as peer:
        anyio.run(program, Client(config(peer.port)), **BACKENDS[loop])


# -- notices


@every_loop
def test_a_listener_may_use_the_client_from_inside(loop: str) -> None:
    """A pump that a listener asks for is the one that called it."""
    seen: list[str] = []

    async def program(peer: Peer) -> None:
        def listen(notice: Notice) -> None:
            if isinstance(notice, ActionFinished):
                with pbx.events("Tick"):
                    pbx._started.driver.pump()
                seen.append(notice.outcome.ticket.action_name)
                if len(seen) == 1:
                    machine.submit(second, time.monotonic())
                    pbx._started.driver.pump()

        machine = Connection(config(peer.port), seed=1)
        pbx = Client(machine, on_notice=listen)
        async with pbx.running():
            await pbx.send("Ping")
            with anyio.fail_after(PATIENCE):
                while len(seen) < 2:
                    await anyio.sleep(0.001)

    second = Action("CoreStatus")
    with Peer(honest) as peer:
        anyio.run(program, peer, **BACKENDS[loop])
    assert seen[:2] == ["Ping", "CoreStatus"]


@every_loop
def test_a_listener_may_stop_the_client_from_inside(loop: str) -> None:
    """R-LIFE-05."""

    async def program(peer: Peer) -> None:
        def listen(notice: Notice) -> None:
            if isinstance(notice, ActionFinished):
                pbx._started.stop()

        pbx = Client(config(peer.port), on_notice=listen)
        async with pbx.running():
            assert isinstance(await pbx.send("Ping"), Reply)
            with anyio.fail_after(PATIENCE):
                await pbx._started.ended.wait()

    with Peer(honest) as peer:
        anyio.run(program, peer, **BACKENDS[loop])


@every_loop
@pytest.mark.parametrize("how", ["running", "started"])
def test_an_interrupt_while_a_caller_pumps_reaches_the_program(loop: str, how: str) -> None:
    """R-DRIVER-05, R-LIFE-07: the program gets Ctrl-C, the client ends, and nothing hangs or stays."""

    async def call(pbx: Client, machine: Watched) -> None:
        machine.interrupt = KeyboardInterrupt()
        with pytest.raises(ConnectFailed, match="KeyboardInterrupt"):
            await pbx.send("Ping", timeout=PATIENCE)
        await anyio.sleep(PATIENCE)

    async def program(pbx: Client, machine: Watched) -> None:
        if how == "running":
            async with pbx.running():
                await call(pbx, machine)
        else:
            await pbx.start()
            await call(pbx, machine)

    begun = time.monotonic()
    with Peer(silent_after_login) as peer:
        machine = Watched(config(peer.port))
        pbx = Client(machine)
        with pytest.raises(KeyboardInterrupt):
            anyio.run(program, pbx, machine, **BACKENDS[loop])
        assert pbx.state is State.CLOSED
        asyncio.run(pbx.close())
    assert time.monotonic() - begun < PATIENCE


@every_loop
def test_a_fault_while_a_caller_pumps_ends_the_client_with_it(loop: str) -> None:
    """R-LIFE-07, invariant 8: it is raised in the caller, and in every later call."""

    async def program(pbx: Client, machine: Watched) -> None:
        await pbx.start()
        machine.interrupt = ZeroDivisionError("a bug")
        for _ in range(2):
            with pytest.raises(ZeroDivisionError, match="a bug"):
                await pbx.send("Ping", timeout=PATIENCE)
        await pbx.close()

    with Peer(silent_after_login) as peer:
        machine = Watched(config(peer.port))
        anyio.run(program, Client(machine), machine, **BACKENDS[loop])


@every_loop
def test_a_pump_before_the_start_and_after_the_end_does_nothing(loop: str) -> None:
    """R-LIFE-07."""

    async def program(peer: Peer) -> None:
        machine = Watched(config(peer.port, retry=False, reconnect=False))
        driver = Driver(machine)
        driver.pump()
        await driver.run()
        driver.pump()
        assert machine.stopped

    with Peer(speaking(BANNER, b"Response: Error\r\nMessage: no\r\n\r\n"), silent) as peer:
        anyio.run(program, peer, **BACKENDS[loop])


# -- messages


@every_loop
def test_a_message_that_waits_is_handed_out_in_order_and_without_marks(loop: str) -> None:
    """R-FLOW-01, R-FLOW-02: by iteration, which has a short way, as by `get`."""
    frames = [f"Event: Tick\r\nPrivilege: user,all\r\nNumber: {number}\r\n\r\n" for number in range(30)]

    async def program(peer: Peer) -> None:
        async with Client(config(peer.port, wait_fully_booted=False)).running() as pbx:
            short = pbx.events("Tick", limit=10)
            long = pbx.events("Tick", limit=10, marks=True)
            await pbx.send("Go")
            numbers = [await _number(short) for _ in range(10)]
            items = [await anext(long) for _ in range(11)]
            assert numbers == [each["Number"] for each in items if isinstance(each, Message)]
            assert numbers == [str(number) for number in range(20, 30)]
            short.close()
            assert [each async for each in short] == []

    async def _number(events: Any) -> str:
        message: Message = await anext(events)
        return message["Number"]

    with Peer(bursting(*(frame.encode() for frame in frames))) as peer:
        anyio.run(program, peer, **BACKENDS[loop])
