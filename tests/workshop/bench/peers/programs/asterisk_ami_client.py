"""asterisk-ami: a thread reads and calls the listeners; a call waits for the response of its future."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from asterisk.ami import AMIClient, SimpleAction
from asterisk.ami.event import Event

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
    """Connect and log in. Its timeout is three seconds by default; None waits without end."""
    options = {"timeout": None} if task.variant == "no timeout" else {}
    client = AMIClient(HOST, task.port, **options)
    assert not client.login(USERNAME, SECRET).response.is_error()
    time.sleep(SETTLE)
    return client


def calls(task: Task) -> Measured:
    client = connected(task)

    def make(count: int) -> None:
        open_calls: deque[Any] = deque()
        for _ in range(count):
            open_calls.append(client.send_action(SimpleAction("Ping")))
            if len(open_calls) == task.width:
                assert open_calls.popleft().response is not None
        while open_calls:
            assert open_calls.popleft().response is not None

    make(task.warm_up)
    watch = Stopwatch()
    make(task.count)
    return watch.stop(task.count)


class Handler:
    """Counts events, and reads what a workload reads of them."""

    def __init__(self) -> None:
        self.count = 0
        self.done = threading.Event()

    def read_name(self, event: Any, source: Any) -> None:
        if event.name == LAST:
            self.done.set()
            return
        self.count += 1

    def read_headers(self, event: Any, source: Any) -> None:
        if event.name == LAST:
            self.done.set()
            return
        self.count += 1
        event["Channel"], event["Uniqueid"], event["Linkedid"]


def flood(task: Task) -> Measured:
    client, handler, wanted = connected(task), Handler(), task.count
    if task.workload == "flood_name":
        client.add_event_listener(handler.read_name)
    elif task.workload == "flood_headers":
        client.add_event_listener(handler.read_headers)
    else:
        wanted = task.wanted
        client.add_event_listener(handler.read_headers, white_list=[WANTED, LAST])
    watch = Stopwatch()
    client.send_action(SimpleAction("Flood", Count=str(task.count)))
    handler.done.wait()
    return watch.stop(task.count, lost=wanted - handler.count)


def decode(task: Task) -> Measured:
    read = READ[task.workload]
    messages = texts.stream_texts(task.count)
    watch = Stopwatch()
    for text in messages():
        read(Event.read(text))
    return watch.stop(task.count)


READ: dict[str, Callable[[Any], object]] = {
    "decode_dict": lambda event: event.keys,
    "decode_get": lambda event: (event["Channel"], event["Uniqueid"], event["Linkedid"]),
    "decode_name": lambda event: (event.name, event.keys.get("ActionID")),
}


if __name__ == "__main__":
    run({"calls": calls, "flood": flood, "decode": decode})
