"""pyami-asterisk on asyncio: actions and events answer to callbacks, each in a task of its own."""

import asyncio
from collections.abc import Callable
from typing import Any

from pyami_asterisk import AMIClient
from pyami_asterisk.utils import _convert_bytes_to_dict

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
from tests.workshop.bench.peers.programs.texts import stream_texts


def client_of(task: Task) -> Any:
    """Return a client; `connect_ami` runs it until its end."""
    return AMIClient(host=HOST, port=task.port, username=USERNAME, secret=SECRET)


async def calls(task: Task) -> Measured:
    """Make the next call in the callback of the one before."""
    client, done = client_of(task), asyncio.get_running_loop().create_future()
    made = answered = 0
    watch = Stopwatch()

    def make() -> None:
        nonlocal made
        made += 1
        client.create_action({"Action": "Ping"}, on_answer)

    def on_answer(_response: Any) -> None:
        nonlocal answered, watch
        answered += 1
        if answered == task.warm_up:
            watch = Stopwatch()
        if answered == task.warm_up + task.count:
            done.set_result(watch.stop(task.count))
        elif made < task.warm_up + task.count:
            make()

    for _ in range(task.width):
        make()
    running = asyncio.create_task(client.connect_ami())
    measured: Measured = await done
    running.cancel()
    return measured


class Handler:
    """Counts events, and reads what a workload reads of them."""

    def __init__(self) -> None:
        self.count = 0
        self.done = asyncio.get_running_loop().create_future()

    def read_name(self, event: Any) -> None:
        if event["Event"] == LAST:
            self.done.set_result(None)
            return
        self.count += 1

    def read_headers(self, event: Any) -> None:
        if event["Event"] == LAST:
            self.done.set_result(None)
            return
        if event["Event"] != "FullyBooted":
            self.count += 1
            event["Channel"], event["Uniqueid"], event["Linkedid"]


async def flood(task: Task) -> Measured:
    client, handler, wanted = client_of(task), Handler(), task.count
    if task.workload == "flood_name":
        handler.count = -1  # it hears FullyBooted too: it can only be told what to do before it connects
        client.register_event(["*"], handler.read_name)
    elif task.workload == "flood_headers":
        client.register_event(["*"], handler.read_headers)
    else:
        wanted = task.wanted
        client.register_event([WANTED, LAST], handler.read_headers)
    client.create_action({"Action": "Flood", "Count": str(task.count)}, lambda _response: None)
    watch = Stopwatch()
    running = asyncio.create_task(client.connect_ami())
    await handler.done
    running.cancel()
    return watch.stop(task.count, lost=wanted - handler.count)


def decode(task: Task) -> Measured:
    read = READ[task.workload]
    messages = stream_texts(task.count)
    watch = Stopwatch()
    for text in messages():
        read(_convert_bytes_to_dict(text.encode()))
    return watch.stop(task.count)


READ: dict[str, Callable[[Any], object]] = {
    "decode_dict": lambda message: message,
    "decode_get": lambda message: (message["Channel"], message["Uniqueid"], message["Linkedid"]),
    "decode_name": lambda message: (message["Event"], message.get("ActionID")),
}


if __name__ == "__main__":
    run(
        {
            "calls": lambda task: asyncio.run(calls(task)),
            "flood": lambda task: asyncio.run(flood(task)),
            "decode": decode,
        }
    )
