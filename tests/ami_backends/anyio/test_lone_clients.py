"""R-LIFE-07 on loops: a client that belongs to no task of the program, when its loop or its driver ends."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio

from ami_backends.anyio import Client
from ami_proto import (
    ConfigError,
    ConnectFailed,
    Connection,
    MisuseError,
    Notice,
    ServerConfig,
    State,
    StateChanged,
    Tls,
)
from conformance.laws.peer import PATIENCE, Peer, PeerConnection, honest, silent
from conformance.suite.leaks import nothing_left

__all__ = ["nothing_left"]

LOOPS = ("asyncio", "trio")
HERE = Path(__file__).parent


def config(peer: Peer, **options: Any) -> ServerConfig:
    return ServerConfig(
        key="pbx", host="127.0.0.1", port=peer.port, username="admin", secret="s3cr3t", **options
    )


@pytest.fixture(autouse=True)
def warmed_up() -> None:
    """Run each loop once: the first of its kind opens what stays."""
    for loop in LOOPS:
        anyio.run(anyio.sleep, 0, backend=loop)


# -- the end of the loop


@pytest.mark.parametrize("where", ["local", "kept", "collected"])
@pytest.mark.parametrize("how", ["asyncio.run", "uvloop.run", "trio.run", "closed", "uvloop-closed", "left"])
def test_the_end_of_its_loop_is_a_warning_and_not_a_traceback(how: str, where: str) -> None:
    """R-LIFE-07: a local client is garbage before the loop ends; a kept one at the end of the process."""
    arguments = [sys.executable, "-W", "always::ResourceWarning:", str(HERE / "loop_ends.py"), how, where]
    ran = subprocess.run(
        arguments, capture_output=True, text=True, check=False, cwd=HERE.parents[2], timeout=PATIENCE * 3
    )
    assert (ran.returncode, ran.stdout) == (0, "ended\n"), ran.stderr
    assert "ResourceWarning: the client of 'pbx' was never closed: call close" in ran.stderr
    for noise in ("Traceback", "destroyed", "Exception ignored", "Error"):
        assert noise not in ran.stderr, ran.stderr


@pytest.mark.parametrize("loop", LOOPS)
def test_a_client_whose_loop_has_ended_says_so_and_can_be_closed(loop: str) -> None:
    """R-LIFE-07, R-AUTH-08: in the next loop, too."""

    async def begin() -> None:
        await pbx.start()

    async def use() -> None:
        for call in (lambda: pbx.send("Ping"), pbx.start):
            with pytest.raises((ConnectFailed, MisuseError), match=r"was not closed|was started before"):
                await call()
        with anyio.fail_after(PATIENCE):
            await pbx.close()

    with Peer(honest) as peer:
        pbx = Client(config(peer))
        anyio.run(begin, backend=loop)
        assert pbx.state is State.CLOSED
        anyio.run(use, backend=loop)


def test_a_client_of_a_closed_loop_frees_its_sockets() -> None:
    """R-LIFE-07: `nothing_left` looks for them."""

    async def close() -> None:
        with pytest.raises(ConnectFailed, match="was not closed"):
            await pbx.send("Ping")
        await pbx.close()

    with Peer(honest) as peer:
        pbx = Client(config(peer))
        loop = asyncio.new_event_loop()
        loop.run_until_complete(pbx.start())
        loop.close()
        asyncio.run(close())
        assert pbx.state is State.CLOSED


def test_a_client_of_a_loop_that_waits_is_refused_in_another() -> None:
    """R-LIFE-07: its calls would wait for ever."""

    async def use() -> None:
        for call in (lambda: pbx.send("Ping"), pbx.wait_ready, pbx.close):
            with pytest.raises(MisuseError, match="belongs to the loop that started it"):
                await call()

    with Peer(honest) as peer:
        pbx = Client(config(peer))
        loop = asyncio.new_event_loop()
        loop.run_until_complete(pbx.start())
        asyncio.run(use())
        with pytest.raises(MisuseError, match="belongs to the loop that started it"):
            pbx.events()
        loop.run_until_complete(pbx.close())
        loop.close()


# -- cancellation


# anyio wraps each task, and a wrapper that is cancelled before its first step never awaits what it wraps.
@pytest.mark.filterwarnings("ignore:.*was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("wait", [True, False])
def test_every_task_of_the_loop_cancelled_at_any_moment_ends(wait: bool) -> None:
    """R-LIFE-07, R-DRIVER-03: as `asyncio.run` does at its end; also a task that has had no step."""

    async def program(pbx: Client) -> None:
        await pbx.start(wait=wait)
        await asyncio.sleep(PATIENCE)

    async def cancelled_after(steps: int, pbx: Client) -> None:
        task = asyncio.create_task(program(pbx))
        for _ in range(steps):
            await asyncio.sleep(0)
        for each in asyncio.all_tasks() - {asyncio.current_task()}:
            each.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with anyio.fail_after(PATIENCE):
            await pbx.close()
        assert pbx.state is State.CLOSED

    with Peer(silent) as peer:
        for steps in range(1, 12):
            asyncio.run(cancelled_after(steps, Client(config(peer))))


@pytest.mark.parametrize("loop", LOOPS)
def test_a_cancelled_close_still_logs_off(loop: str) -> None:
    """R-LIFE-07: the task that closed it is gone, the client's own is not."""
    received: list[str] = []

    def slow_to_answer(line: PeerConnection) -> None:
        line.accept_login()
        received.append(line.read_action()["Action"])
        line.wait_closed()

    async def program() -> None:
        await pbx.start()
        with anyio.move_on_after(0) as scope:
            await pbx.close()
        assert scope.cancelled_caught
        with anyio.fail_after(PATIENCE):
            while pbx.state is not State.CLOSED:
                await anyio.sleep(0.002)

    with Peer(slow_to_answer) as peer:
        pbx = Client(config(peer))
        anyio.run(program, backend=loop)
    assert received == ["Logoff"]


@pytest.mark.parametrize("loop", LOOPS)
def test_a_cancelled_run_logs_off_first(loop: str) -> None:
    """R-LIFE-07: as a task of the program's own group."""
    received: list[str] = []

    def note(line: PeerConnection) -> None:
        line.accept_login()
        received.append(line.read_action()["Action"])

    async def program() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(pbx.run)
            while pbx.state is not State.READY:
                await anyio.sleep(0.002)
            tasks.cancel_scope.cancel()
        assert pbx.state is State.CLOSED

    with Peer(note) as peer:
        pbx = Client(config(peer))
        anyio.run(program, backend=loop)
    assert received == ["Logoff"]


@pytest.mark.parametrize("loop", LOOPS)
def test_calls_wait_for_the_first_step_of_a_task_that_runs_it(loop: str) -> None:
    """R-LIFE-07: the program goes on before the task of its group begins."""

    async def program() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(pbx.run)
            tasks.start_soon(pbx.wait_ready, PATIENCE)
            assert (await pbx.send("Ping", wait=True))["Ping"] == "Pong"
            await pbx.close()

    with Peer(honest) as peer:
        pbx = Client(config(peer))
        anyio.run(program, backend=loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_client_closed_before_the_first_step_of_its_task_never_begins(loop: str) -> None:
    """R-LIFE-07."""

    async def program() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(pbx.run)
            await pbx.close()
        with pytest.raises(MisuseError, match="was closed before it was started"):
            await pbx.wait_ready()

    with Peer(honest) as peer:
        pbx = Client(config(peer))
        anyio.run(program, backend=loop)
        assert peer.accepted == 0


# -- the end of the driver


class Broken(Connection):
    """A machine with a bug that shows once an action was asked for."""

    due = False

    def handle_timeout(self, now: float) -> None:
        if self.due:
            raise ZeroDivisionError("a bug")
        super().handle_timeout(now)


@pytest.mark.parametrize("loop", LOOPS)
def test_an_exception_in_its_task_ends_it_and_is_raised_in_its_callers(loop: str) -> None:
    """R-LIFE-07, invariant 8: trio does not crash, and the program goes on."""

    async def program() -> None:
        await pbx.start()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(raises, lambda: pbx.send("Ping", timeout=PATIENCE))
            await anyio.sleep(0.02)
            machine.due = True
            pbx.events().close()  # which wakes the driver
        await raises(lambda: pbx.send("Ping"))
        assert pbx.state is State.CLOSED
        await pbx.close()
        await anyio.sleep(0.02)

    async def raises(call: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        with pytest.raises(ZeroDivisionError, match="a bug"):
            await call()

    with Peer(silent_after_login) as peer:
        machine = Broken(config(peer), seed=1)
        pbx = Client(machine)
        anyio.run(program, backend=loop)


def silent_after_login(line: PeerConnection) -> None:
    line.accept_login()
    line.wait_closed()


@pytest.mark.parametrize("loop", LOOPS)
def test_an_interrupt_in_its_task_is_raised_in_the_program(loop: str) -> None:
    """R-LIFE-07, R-DRIVER-05: a Ctrl-C that comes while the client's task runs is not lost."""

    def interrupt(notice: Notice) -> None:
        if isinstance(notice, StateChanged) and notice.new is State.READY:
            raise KeyboardInterrupt

    async def program() -> None:
        await pbx.start(wait=False)
        await anyio.sleep(PATIENCE)

    with Peer(honest) as peer:
        pbx = Client(config(peer), on_notice=interrupt)
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            anyio.run(program, backend=loop)
        assert time.monotonic() - begun < PATIENCE
        assert pbx.state is State.CLOSED
        asyncio.run(pbx.close())


def test_trio_may_run_inside_of_asyncio() -> None:
    """R-LIFE-07: in guest mode both loops run in one thread."""

    async def guest() -> str:
        await pbx.start()
        try:
            return (await pbx.send("Ping"))["Ping"]
        finally:
            await pbx.close()

    async def host() -> Any:
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        trio.lowlevel.start_guest_run(
            guest,
            run_sync_soon_threadsafe=asyncio.get_running_loop().call_soon_threadsafe,
            done_callback=done.set_result,
        )
        return (await done).unwrap()

    with Peer(honest) as peer:
        pbx = Client(config(peer))
        assert asyncio.run(host()) == "Pong"


# -- TLS


@pytest.mark.parametrize("loop", LOOPS)
def test_certificates_are_read_at_the_start(loop: str) -> None:
    """R-LIFE-07: what cannot be read raises there, again and again."""

    async def program() -> None:
        for _ in range(2):
            with pytest.raises(ConfigError, match="ca_file"):
                await pbx.start()
        assert pbx.state is State.CLOSED

    with Peer(honest) as peer:
        pbx = Client(config(peer, tls=Tls(ca_file="/nonexistent.pem")))
        anyio.run(program, backend=loop)
