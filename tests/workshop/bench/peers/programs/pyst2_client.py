"""pyst2: three threads read, parse and call back; one call at a time, in the order of the responses."""

import threading
import time
from collections.abc import Callable
from typing import Any

from asterisk.manager import Manager, ManagerMsg

from tests.workshop.bench.peers.programs import texts
from tests.workshop.bench.peers.programs.stopwatch import (
    HOST,
    LAST,
    SECRET,
    SETTLE,
    USERNAME,
    WANTED,
    Measured,
    Stopwatch,
    Task,
    run,
)


def connected(task: Task) -> Any:
    """Connect and log in."""
    manager = Manager()
    manager.connect(HOST, task.port)
    manager.login(USERNAME, SECRET)
    time.sleep(SETTLE)
    return manager


def calls(task: Task) -> Measured:
    manager = connected(task)
    for _ in range(task.warm_up):
        manager.ping()
    watch = Stopwatch()
    for _ in range(task.count):
        manager.ping()
    return watch.stop(task.count)


class Handler:
    """Counts events, and reads what a workload reads of them."""

    def __init__(self) -> None:
        self.count = 0
        self.done = threading.Event()

    def read_name(self, event: Any, _manager: Any) -> None:
        if event.name == LAST:
            self.done.set()
            return
        self.count += 1

    def read_headers(self, event: Any, _manager: Any) -> None:
        if event.name == LAST:
            self.done.set()
            return
        self.count += 1
        event["Channel"], event["Uniqueid"], event["Linkedid"]


def flood(task: Task) -> Measured:
    manager, handler, wanted = connected(task), Handler(), task.count
    if task.workload == "flood_name":
        manager.register_event("*", handler.read_name)
    elif task.workload == "flood_headers":
        manager.register_event("*", handler.read_headers)
    else:
        wanted = task.wanted
        manager.register_event(WANTED, handler.read_headers)
        manager.register_event(LAST, handler.read_headers)
    watch = Stopwatch()
    manager.send_action({"Action": "Flood", "Count": str(task.count)})
    handler.done.wait()
    return watch.stop(task.count, lost=wanted - handler.count)


def decode(task: Task) -> Measured:
    read = READ[task.workload]
    messages = texts.stream_texts(task.count)
    watch = Stopwatch()
    for text in messages():
        read(ManagerMsg(f"{text}\r\n".splitlines(keepends=True)))
    return watch.stop(task.count)


READ: dict[str, Callable[[Any], object]] = {
    "decode_dict": lambda message: message.headers,
    "decode_get": lambda message: (message["Channel"], message["Uniqueid"], message["Linkedid"]),
    "decode_name": lambda message: (message["Event"], message.get_header("ActionID")),
}


if __name__ == "__main__":
    run({"calls": calls, "flood": flood, "decode": decode})
