"""panoramisk on asyncio: `send_action` returns a future, and events go to callbacks by pattern."""

import asyncio
from collections.abc import Callable
from typing import Any

from panoramisk import Manager
from panoramisk.message import Message

from tests.workshop.bench.peers.programs import texts
from tests.workshop.bench.peers.programs.stopwatch import (
    HOST,
    LAST,
    SECRET,
    USERNAME,
    WANTED,
    Measured,
    Stopwatch,
    Task,
    run,
)


async def connected(task: Task) -> Manager:
    """Connect and log in."""
    loop = asyncio.get_running_loop()
    manager = Manager(loop=loop, host=HOST, port=task.port, username=USERNAME, secret=SECRET)
    await manager.connect()
    await asyncio.sleep(0)  # it stores the connection in a callback
    await manager.authenticated_future
    return manager


async def calls(task: Task) -> Measured:
    manager = await connected(task)

    async def make(count: int) -> None:
        for _ in range(count):
            await manager.send_action({"Action": "Ping"})

    async def make_all(count: int) -> None:
        await asyncio.gather(*(make(count // task.width) for _ in range(task.width)))

    await make_all(task.warm_up)
    watch = Stopwatch()
    await make_all(task.count)
    return watch.stop(task.count)


class Handler:
    """Counts events, and reads what a workload reads of them."""

    def __init__(self) -> None:
        self.count = 0
        self.done = asyncio.get_running_loop().create_future()

    def read_name(self, _manager: Manager, event: Any) -> None:
        if event["Event"] == LAST:
            self.done.set_result(None)
            return
        self.count += 1

    def read_headers(self, _manager: Manager, event: Any) -> None:
        if event["Event"] == LAST:
            self.done.set_result(None)
            return
        self.count += 1
        event["Channel"], event["Uniqueid"], event["Linkedid"]


async def flood(task: Task) -> Measured:
    manager, handler, wanted = await connected(task), Handler(), task.count
    if task.workload == "flood_name":
        manager.register_event("*", handler.read_name)
    elif task.workload == "flood_headers":
        manager.register_event("*", handler.read_headers)
    else:
        wanted = task.wanted
        manager.register_event(WANTED, handler.read_headers)
        manager.register_event(LAST, handler.read_headers)
    watch = Stopwatch()
    await manager.send_action({"Action": "Flood", "Count": str(task.count)})
    await handler.done
    return watch.stop(task.count, lost=wanted - handler.count)


def decode(task: Task) -> Measured:
    read = READ[task.workload]
    messages = texts.stream_texts(task.count)
    watch = Stopwatch()
    for text in messages():
        read(Message.from_line(text))
    return watch.stop(task.count)


READ: dict[str, Callable[[Any], object]] = {
    "decode_dict": lambda message: dict(message.items()),
    "decode_get": lambda message: (message["Channel"], message["Uniqueid"], message["Linkedid"]),
    "decode_name": lambda message: (message["Event"], message.action_id),
}


if __name__ == "__main__":
    run(
        {
            "calls": lambda task: asyncio.run(calls(task)),
            "flood": lambda task: asyncio.run(flood(task)),
            "decode": decode,
        }
    )
