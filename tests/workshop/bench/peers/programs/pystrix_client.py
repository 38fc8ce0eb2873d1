"""pystrix: threads read and call back; a caller looks for its response every 50 ms."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pystrix.ami import Manager, core
from pystrix.ami.ami import _Event, _Request

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
    challenge = manager.send_action(core.Challenge()).result["Challenge"]
    assert manager.send_action(core.Login(USERNAME, SECRET, challenge=challenge)).success
    time.sleep(SETTLE)
    return manager


def calls(task: Task) -> Measured:
    manager = connected(task)

    def make(count: int) -> None:
        for _ in range(count):
            assert manager.send_action(core.Ping()) is not None

    with ThreadPoolExecutor(task.width) as pool:
        list(pool.map(make, [1] * task.width))
        watch = Stopwatch()
        list(pool.map(make, [task.count // task.width] * task.width))
        return watch.stop(task.count)


class Handler:
    """Counts events, and reads what a workload reads of them."""

    def __init__(self) -> None:
        self.count = 0
        self.done = threading.Event()

    def read_name(self, event: Any, _manager: Any) -> None:
        if event["Event"] == LAST:
            self.done.set()
            return
        self.count += 1

    def read_headers(self, event: Any, _manager: Any) -> None:
        if event["Event"] == LAST:
            self.done.set()
            return
        self.count += 1
        event["Channel"], event["Uniqueid"], event["Linkedid"]


def flood(task: Task) -> Measured:
    manager, handler, wanted = connected(task), Handler(), task.count
    if task.workload == "flood_name":
        manager.register_callback("", handler.read_name)
    elif task.workload == "flood_headers":
        manager.register_callback("", handler.read_headers)
    else:
        wanted = task.wanted
        manager.register_callback(WANTED, handler.read_headers)
        manager.register_callback(LAST, handler.read_headers)
    flooding = _Request("Flood")
    flooding["Count"] = str(task.count)
    watch = Stopwatch()
    threading.Thread(target=manager.send_action, args=(flooding,)).start()  # it sleeps for 50 ms
    handler.done.wait()
    return watch.stop(task.count, lost=wanted - handler.count)


def decode(task: Task) -> Measured:
    read = READ[task.workload]
    messages = texts.stream_texts(task.count)
    watch = Stopwatch()
    for text in messages():
        read(_Event(f"{text}\r\n".splitlines(keepends=True)))
    return watch.stop(task.count)


READ: dict[str, Callable[[Any], object]] = {
    "decode_dict": lambda event: event,
    "decode_get": lambda event: (event["Channel"], event["Uniqueid"], event["Linkedid"]),
    "decode_name": lambda event: (event["Event"], event.action_id),
}


if __name__ == "__main__":
    run({"calls": calls, "flood": flood, "decode": decode})
