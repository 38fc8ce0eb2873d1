"""What asyncio calls back: readers and writers that come and go with the session, and futures that wait."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest
import uvloop

from ami_backends.anyio import Client
from ami_backends.anyio.asyncio_callbacks import CallbackSession, FutureWaiter
from ami_proto import ActionLost, ConnectFailed, Connection, Message, Overflow, State
from ami_proto.drivers import SessionId
from conformance.laws.peer import (
    PATIENCE,
    Peer,
    PeerConnection,
    events,
    honest,
    leaving,
    reset,
    silent_after_login,
)
from tests.peers import config

Program = Callable[[Client], Coroutine[Any, Any, None]]


class Observed(asyncio.SelectorEventLoop):
    """A loop that knows which descriptors have a reader or writer, and leaves none that is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.watched: set[tuple[str, int]] = set()

    def add_reader(self, fd: Any, callback: Any, *args: Any) -> None:  # type: ignore[override]
        super().add_reader(fd, callback, *args)
        if isinstance(getattr(callback, "__self__", None), CallbackSession):
            self.watched.add(("read", fd))

    def add_writer(self, fd: Any, callback: Any, *args: Any) -> None:  # type: ignore[override]
        super().add_writer(fd, callback, *args)
        self.watched.add(("write", fd))

    def remove_reader(self, fd: Any) -> bool:
        if ("read", fd) in self.watched:
            os.fstat(fd)  # raises for a descriptor that was closed before its reader was removed
            self.watched.discard(("read", fd))
        return super().remove_reader(fd)

    def remove_writer(self, fd: Any) -> bool:
        self.watched.discard(("write", fd))
        return super().remove_writer(fd)


def run_observed(program: Callable[[Observed], Coroutine[Any, Any, None]]) -> None:
    loops: list[Observed] = []

    def new_loop() -> Observed:
        loops.append(Observed())
        return loops[0]

    async def run() -> None:
        await program(loops[0])

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(run())


class Faulty(Connection):
    """A machine with a bug in what takes bytes."""

    fault: BaseException | None = None

    def handle_received(self, session: SessionId, data: bytes, now: float) -> None:
        if self.fault is not None:
            raise self.fault
        super().handle_received(session, data, now)


@pytest.mark.parametrize("end", ["left", "reset", "closed", "cancelled", "failed"])
def test_a_session_that_ends_leaves_no_reader(end: str) -> None:
    """R-LIFE-02: its number may be another's at once; the reader goes first, then the socket."""

    async def program(loop: Observed) -> None:
        if end == "cancelled":
            with anyio.move_on_after(0.1):
                async with Client(config(peer.port)).running():
                    assert loop.watched
                    await anyio.sleep(PATIENCE)
        elif end == "closed":
            async with Client(config(peer.port)).running():
                assert loop.watched
        elif end == "failed":
            machine = Faulty(config(peer.port), seed=1)
            pbx = Client(machine)
            await pbx.start()
            machine.fault = ZeroDivisionError("a bug")
            with pytest.raises(ZeroDivisionError, match="a bug"):
                await pbx.send("Ping")
            await pbx.close()
        else:
            pbx = Client(config(peer.port, reconnect=False))
            await pbx.start()
            assert loop.watched
            with pytest.raises(ActionLost):
                await pbx.send("Ping")
            await pbx.close()
        assert not loop.watched

    def resetting(line: PeerConnection) -> None:
        line.accept_login()
        line.read_action()
        reset(line)

    script = {"left": leaving, "reset": resetting}.get(end, honest)
    with Peer(script) as peer:
        run_observed(program)


@pytest.mark.parametrize("loop_factory", [asyncio.SelectorEventLoop, uvloop.new_event_loop])
def test_the_number_of_a_lost_session_can_be_used_at_once(loop_factory: Any) -> None:
    """R-LIFE-02: by another's reader, which hears its own bytes."""

    async def program() -> None:
        pbx = Client(config(peer.port, reconnect=False))
        await pbx.start()
        (session,) = pbx._started.driver._sessions.values()
        number = session.stream.fileno()
        ours, theirs = socket.socketpair()
        with pytest.raises(ActionLost):
            await pbx.send("Ping")
        os.dup2(ours.fileno(), number)
        heard = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(number, heard.set)
        await pbx.close()
        theirs.send(b"x")
        await asyncio.wait_for(heard.wait(), PATIENCE)
        loop.remove_reader(number)
        os.close(number)
        ours.close()
        theirs.close()

    with Peer(leaving) as peer, asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(program())


def test_other_code_that_closes_the_descriptor_costs_the_session_only() -> None:
    """Invariant 8: the next session serves."""

    async def program() -> None:
        async with Client(config(peer.port)).running() as pbx:
            (session,) = pbx._started.driver._sessions.values()
            assert session.stream.socket is not None
            session.stream.socket.close()
            with pytest.raises(ActionLost):
                await pbx.send("Ping")
            assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"

    with Peer(honest) as peer:
        asyncio.run(program())
        assert peer.accepted == 2


def test_a_write_that_blocks_goes_on_when_the_server_reads_again() -> None:
    """R-FLOW-04: the loop watches for writing meanwhile, and no longer."""
    go = threading.Event()
    headers = {f"H{number}": "x" * 990 for number in range(72)}

    def late(line: PeerConnection) -> None:
        line.accept_login()
        go.wait(PATIENCE)
        line.serve()

    async def program(loop: Observed) -> None:
        async with Client(config(peer.port, max_outbound_bytes=32 * 1024 * 1024)).running() as pbx:
            async with anyio.create_task_group() as tasks:
                for _ in range(120):
                    tasks.start_soon(pbx.send, "UserEvent", headers)
                with anyio.fail_after(PATIENCE):
                    while not any(what == "write" for what, _ in loop.watched):
                        await anyio.sleep(0.001)
                go.set()
            assert {what for what, _ in loop.watched} == {"read"}
            assert pbx.snapshot().outbound_bytes == 0

    with Peer(late) as peer:
        run_observed(program)


def test_a_paused_queue_stops_the_reader() -> None:
    """R-FLOW-02: nothing is read until the consumer pulls."""

    def pour(line: PeerConnection) -> None:
        line.accept_login()
        line.answer(line.read_action())
        line.send(*events(4_000, "Tick"))
        line.serve()

    async def program(loop: Observed) -> None:
        async with Client(config(peer.port, auth="plain")).running() as pbx:
            ticks = pbx.events("Tick", limit=100, policy=Overflow.PAUSE)
            await pbx.send("Go")
            with anyio.fail_after(PATIENCE):
                while loop.watched:
                    await anyio.sleep(0.001)
                numbers = [int((await ticks.get())["Number"]) for _ in range(4_000)]
            assert numbers == list(range(4_000))
            assert loop.watched

    with Peer(pour) as peer:
        run_observed(program)


class Unreadable(asyncio.SelectorEventLoop):
    """A loop without readers for us, as that of Windows: anyio has a thread for these."""

    def add_reader(self, fd: Any, callback: Any, *args: Any) -> None:  # type: ignore[override]
        if isinstance(getattr(callback, "__self__", None), CallbackSession):
            raise NotImplementedError
        super().add_reader(fd, callback, *args)


def test_a_loop_without_readers_is_served_by_the_task() -> None:
    """R-DRIVER-07."""

    async def program() -> None:
        async with Client(config(peer.port)).running() as pbx:
            for _ in range(3):
                assert (await pbx.send("Ping"))["Ping"] == "Pong"
            (session,) = pbx._started.driver._sessions.values()
            assert isinstance(session, CallbackSession)
            assert not session._by_callbacks

    with Peer(honest) as peer, asyncio.Runner(loop_factory=Unreadable) as runner:
        runner.run(program())


def test_a_fault_in_a_callback_ends_the_client_with_it() -> None:
    """R-LIFE-07: a callback has nobody to raise it to, and the loop would only log it."""

    async def program() -> None:
        pbx = Client(machine)
        await pbx.start()
        machine.fault = ZeroDivisionError("a bug")
        with pytest.raises(ZeroDivisionError, match="a bug"):
            await pbx.send("Ping", timeout=PATIENCE)
        await pbx.close()

    with Peer(honest) as peer:
        machine = Faulty(config(peer.port), seed=1)
        asyncio.run(program())


def test_an_interrupt_in_a_callback_reaches_the_program() -> None:
    """R-DRIVER-05, invariant 8: Ctrl-C while a predicate runs."""

    def interrupt(_message: Message) -> bool:
        raise KeyboardInterrupt

    async def program() -> None:
        await pbx.start()
        with pbx.events(where=interrupt):
            await pbx.send("Go")

    def tick(line: PeerConnection) -> None:
        line.accept_login()
        line.read_action()
        line.send(*events(3))
        line.wait_closed()

    with Peer(tick) as peer:
        pbx = Client(config(peer.port))
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(program())
        assert pbx.state is State.CLOSED
        asyncio.run(pbx.close())


def test_a_loop_that_is_closed_frees_reader_and_socket() -> None:
    """R-LIFE-07: the session cannot take another step, and is ended by the next call."""

    async def close() -> None:
        with pytest.raises(ConnectFailed, match="was not closed"):
            await pbx.send("Ping")
        await pbx.close()

    for new_loop in (asyncio.SelectorEventLoop, uvloop.new_event_loop):
        with Peer(silent_after_login) as peer:
            pbx = Client(config(peer.port))
            loop = new_loop()
            loop.run_until_complete(pbx.start())
            (session,) = pbx._started.driver._sessions.values()
            loop.close()
            asyncio.run(close())
            assert session.stream.socket is None


def test_a_future_waiter_has_one_result_and_none_after_its_task_was_cancelled() -> None:
    """R-DRIVER-03."""

    async def program() -> None:
        loop = asyncio.get_running_loop()
        answered: FutureWaiter[int] = FutureWaiter(loop)
        answered.set_result(1)
        answered.set_result(2)
        assert answered.done()
        assert await answered.result() == 1
        failed: FutureWaiter[int] = FutureWaiter(loop)
        failed.set_exception(ZeroDivisionError())
        with pytest.raises(ZeroDivisionError):
            await failed.result()
        cancelled: FutureWaiter[int] = FutureWaiter(loop)
        task = loop.create_task(cancelled.result())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not cancelled.done()
        cancelled.set_result(1)
        cancelled.set_exception(ZeroDivisionError())
        assert not cancelled.done()

    asyncio.run(program())
