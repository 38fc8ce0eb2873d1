"""Tasks outside of any task group, so that one task of the program may start a client and another close it.

On trio that is a system task. What escapes from one ends the whole run with `TrioInternalError`, so nothing
does. On asyncio it is a task that nobody awaits, of a loop that may be closed at any time: asyncio would
complain of each task that is left then, so these are ended here.
"""

import asyncio
import atexit
import signal
import sys
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any, Protocol

TASK_NAME = "ami client"
"""The name of every task of a client, by which those of a closed loop are found."""


class LoneTask(Protocol):
    """What a task outside of any group runs."""

    interrupt: BaseException | None
    """Raised in the task but meant for the program: Ctrl-C, most likely."""

    async def run(self) -> None:
        """Run. Raises nothing but cancellation."""

    def cut_off(self) -> None:
        """Note that no step of `run` will be made any more. Idempotent."""


_running: dict[asyncio.Task[None], LoneTask] = {}
"""The tasks on asyncio, whose loops refer to them weakly."""


def running_loop() -> object:
    """Return what is the same object in each task of one run of a loop, and in no other; None without one."""
    # First trio, which may itself run inside of an asyncio loop.
    if (trio := sys.modules.get("trio")) is not None and trio.lowlevel.in_trio_run():
        return trio.lowlevel.current_trio_token()
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def as_asyncio(loop: object) -> asyncio.AbstractEventLoop | None:
    """Return the loop if it is one of asyncio; None for trio, the only other one of anyio."""
    return loop if isinstance(loop, asyncio.AbstractEventLoop) else None


def start_alone(lone: LoneTask) -> None:
    """Have the running loop run this in a task that belongs to no task of the program."""
    end_orphans()
    loop = as_asyncio(running_loop())
    if loop is None:
        from trio.lowlevel import spawn_system_task

        spawn_system_task(_run_on_trio, lone, name=TASK_NAME)
        return
    task = loop.create_task(_run_on_asyncio(lone), name=TASK_NAME)
    _running[task] = lone
    task.add_done_callback(_note_end)


def end_orphans() -> None:
    """End the tasks of closed loops. They cannot take another step, so any thread may do that."""
    _end_tasks(lambda loop: loop.is_closed())


@atexit.register
def _end_at_exit() -> None:
    _end_tasks(lambda loop: not loop.is_running())


async def _run_on_trio(lone: LoneTask) -> None:
    # Cancelled, at the end of the trio run, need not escape either.
    with suppress(BaseException):
        await lone.run()
    # Trio keeps Ctrl-C out of system tasks, but not out of their children: pass it to the main task.
    if isinstance(lone.interrupt, KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


async def _run_on_asyncio(lone: LoneTask) -> None:
    await lone.run()
    # asyncio lets these two out of the loop, as if the program had raised them.
    if isinstance(lone.interrupt, KeyboardInterrupt | SystemExit):
        raise lone.interrupt


def _note_end(task: asyncio.Task[None]) -> None:
    lone = _running.pop(task, None)
    if lone is not None and task.cancelled():
        lone.cut_off()  # a task that is cancelled before its first step never runs


def _end_tasks(has_ended: Callable[[asyncio.AbstractEventLoop], bool]) -> None:
    """End the tasks of each loop that has ended."""
    for task, lone in list(_running.items()):
        loop = task.get_loop()
        if not has_ended(loop):
            continue
        _running.pop(task, None)
        lone.cut_off()
        for each in asyncio.all_tasks(loop):
            if each.get_name() == TASK_NAME:
                each._log_destroy_pending = False  # type: ignore[attr-defined]  # as `asyncio.gather` does
                _close(each.get_coro())


def _close(coroutine: Coroutine[Any, Any, Any] | Generator[Any, Any, Any]) -> None:
    """Close a coroutine of a loop that has ended: sockets are closed, whatever else its blocks may raise.

    Closed by the collector, it would print what they raise where they ask the loop for anything.
    """
    with suppress(Exception):
        coroutine.close()
