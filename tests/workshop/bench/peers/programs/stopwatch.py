"""What every program shares: its arguments, its clocks, and the line that it prints."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from time import perf_counter, process_time

HOST = "127.0.0.1"
USERNAME = SECRET = "bench"
CALL_SIZE = 36
"""Events of one call: `call_stream.py` repeats one call. A flood has a whole number of them."""
WANTED = "Hangup"
"""The name that one event in each call has."""
LAST = "UserEvent"
"""The name of the event that ends a flood."""
HEADERS = ("Channel", "Uniqueid", "Linkedid")
"""What a handler reads. Every event of the flood has them."""
SETTLE = 0.2
"""Seconds in which a client's other thread hands out the events of the login, before a handler is there."""
WARM_UP_SHARE = 20
"""One call in so many is made before the clock starts."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a program is asked to do."""

    workload: str
    port: int
    """Of the load server."""
    count: int
    """How many calls to make, events to receive, or messages to decode."""
    width: int
    """How many calls are in flight at a time."""
    variant: str
    """Which loop or configuration, for a program that has several."""

    @property
    def warm_up(self) -> int:
        """Return how many calls to make before the clock starts."""
        return max(self.width, self.count // WARM_UP_SHARE)

    @property
    def wanted(self) -> int:
        """Return how many events of the flood a handler of `WANTED` gets."""
        return self.count // CALL_SIZE


@dataclass(frozen=True, slots=True)
class Measured:
    """What a program found."""

    count: int
    seconds: float
    processor_seconds: float
    lost: int = 0
    """Events that were sent and did not reach the handler."""
    size: int = 0
    """Bytes of one message, where memory is measured."""


class Stopwatch:
    """Two clocks, started when it is made: of the wall, and of the processor time of this process."""

    def __init__(self) -> None:
        self._processor = process_time()
        self._wall = perf_counter()

    def stop(self, count: int, lost: int = 0, size: float = 0.0) -> Measured:
        """Return what was counted since it was made."""
        wall, processor = perf_counter() - self._wall, process_time() - self._processor
        return Measured(count, round(wall, 6), round(processor, 6), lost, round(size))


def run(workloads: Mapping[str, Callable[[Task], Measured]]) -> None:
    """Carry out the workload that the command line names: `workloads` has each kind, such as `flood`.

    Print what was found, and end abruptly, because some clients have threads that do not end.
    """
    workload, port, count, width, variant = sys.argv[1:]
    kind = workload.partition("_")[0]
    measured = workloads[kind](Task(workload, int(port), int(count), int(width), variant))
    print(json.dumps(asdict(measured)), flush=True)
    os._exit(0)
