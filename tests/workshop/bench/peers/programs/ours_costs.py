"""What is asked of the library alone: pending actions, subscriptions, memory, the time of its import."""

import gc
import os
import subprocess
import sys
import tracemalloc
from collections import deque

from ami_proto import Decoder, Filter
from conformance.laws.playbook import Playbook
from tests.workshop.bench.peers.programs.stopwatch import HEADERS, Measured, Stopwatch, Task, run
from tests.workshop.bench.peers.programs.texts import stream_pieces
from tests.workshop.bench.pending import ACTIONS_PER_ROUND, Row

EVENTS_KNOWN = 3_600
"""Events whose headers are read before: a hundred calls, after which each kind has been learned."""


def pending(task: Task) -> Measured:
    """Submit and complete actions of the engine, among so many open ones as the variant says."""
    row = Row(int(task.variant), take=deque.popleft)
    row.turn_over()
    turns = max(1, task.count // ACTIONS_PER_ROUND)
    watch = Stopwatch()
    for _ in range(turns):
        row.turn_over()
    return watch.stop(turns * ACTIONS_PER_ROUND)


def subscriptions(task: Task) -> Measured:
    """Queue each event for so many subscriptions of the engine as the variant says. Nobody takes them out."""
    play = Playbook().log_in()
    connection, session, now = play.connection, play.session, play.now
    for _ in range(int(task.variant)):
        connection.subscribe(Filter(), limit=task.count)
    pieces = stream_pieces(task.count)
    watch = Stopwatch()
    for piece in pieces:
        connection.handle_received(session, piece, now)
        while connection.poll_notice() is not None:
            pass
        while connection.poll_command() is not None:
            pass
    return watch.stop(task.count)


def memory(task: Task) -> Measured:
    """Keep messages of which three headers were read, of kinds that have come before."""
    pieces = stream_pieces(task.count)
    decoder = Decoder()
    for piece in stream_pieces(EVENTS_KNOWN):  # what all messages share
        for message in decoder.feed(piece):
            message[HEADERS[0]]
    watch = Stopwatch()
    gc.collect()
    tracemalloc.start()
    kept = [message for piece in pieces for message in decoder.feed(bytes(bytearray(piece)))]
    for message in kept:
        for header in HEADERS:
            message[header]
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    return watch.stop(len(kept), size=size / len(kept))


IMPORT = (
    "from time import perf_counter as wall, process_time as processor;"
    "began = wall(), processor(); import {}; print(wall() - began[0], processor() - began[1])"
)
"""A program that prints how long an import takes, by both clocks."""
LISTED = (
    "import sys; there = set(sys.modules); import ami_proto;"
    "print(*[each for each in sys.modules if each not in there and each.split('.')[0] != 'ami_proto'])"
)
"""A program that prints which modules `ami_proto` loads besides its own."""


def importing(task: Task) -> Measured:
    """Import the library, or the modules of the standard library that it uses, in a fresh interpreter."""
    modules = "ami_proto" if task.variant == "library" else ", ".join(_printed(LISTED))
    _printed(IMPORT.format(modules))  # the first one may have to compile
    times = [[float(each) for each in _printed(IMPORT.format(modules))] for _ in range(task.count)]
    seconds, processor_seconds = (sum(each) for each in zip(*times, strict=True))
    return Measured(task.count, seconds, processor_seconds)


def _printed(program: str) -> list[str]:
    # What is compiled is kept, as in every installed library, also where a container says otherwise.
    environment = {name: each for name, each in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


if __name__ == "__main__":
    run({"pending": pending, "subscriptions": subscriptions, "memory": memory, "import": importing})
