"""Call a list of numbers over several Asterisks, each number at most once, also across restarts.

    python dialer.py servers.toml numbers.txt calls.jsonl

Stop it with Ctrl-C or SIGTERM: calls that ring are waited for. Start it again with the same files: it goes on
where it was. A call that was begun when the program was killed may have been placed; it is reported as
unknown, and never placed again.
"""

import asyncio
import json
import os
import signal
import sys
from collections import Counter, deque
from collections.abc import Mapping
from pathlib import Path

from ami_backends.anyio import Client, connect_cluster
from ami_backends.configuration import read_servers
from ami_proto import Action, ActionError, ActionFailed, Backpressure, NotReady, RequestError
from ami_proto.routes import Standing

CALLS_MAX = 5
"""Calls that ring on one server at once."""
CALLS_PER_SECOND = 20.0
"""Calls that are begun in a second, over all servers."""


class Journal:
    """What became of each number, on disk before anything else happens."""

    def __init__(self, path: Path) -> None:
        self.states: dict[str, str] = {}
        for line in path.read_text().splitlines() if path.exists() else []:
            try:
                number, state = json.loads(line)
            except ValueError:  # the program was killed in the middle of a line
                continue
            self.states[number] = state
        self._file = path.open("a")
        self._file.write("\n")  # ends a line that was cut

    async def put(self, number: str, state: str) -> None:
        """Note a state, and return once it is on the disk."""
        self.states[number] = state
        await asyncio.to_thread(self._write, json.dumps([number, state]) + "\n")

    def _write(self, line: str) -> None:
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())


class MostRoom:
    """A route: the server with the fewest calls, if it has room for one more."""

    def choose(self, servers: Mapping[str, Standing]) -> str | None:
        """Return its key; None if all of them are full."""
        key = min(servers, key=lambda server: servers[server].actions_pending)
        return key if servers[key].actions_pending < CALLS_MAX else None


class CallList:
    """Which number is called next: no clock, no socket, so that a simulated world can run it as well."""

    def __init__(self, numbers: list[str], states: Mapping[str, str]) -> None:
        self.todo = deque(each for each in numbers if states.get(each, "again") == "again")
        self.calling: set[str] = set()

    def next(self, ready: int) -> str | None:
        """Return the number to call next, or None if so many ready servers have no room."""
        if not self.todo or len(self.calling) >= CALLS_MAX * ready:
            return None
        number = self.todo.popleft()
        self.calling.add(number)
        return number

    def end(self, number: str, state: str) -> None:
        """Take the end of a call. If it was not placed, try it again after the others."""
        self.calling.discard(number)
        if state == "again":
            self.todo.append(number)


def call_of(number: str) -> Action:
    """Return the action that calls a number."""
    channel = f"Local/{number}@default"
    return Action("Originate", {"Channel": channel, "Application": "Wait", "Data": "1", "Timeout": "20000"})


def state_of(error: Exception | None) -> str:
    """Return what became of a call that ended with this error."""
    if error is None:
        return "answered"
    if isinstance(error, NotReady | Backpressure):  # no server has room, or none is ready
        return "again"
    if isinstance(error, ActionError) and not isinstance(error, ActionFailed):  # lost: was it sent?
        return "again" if error.sent.retryable else "unknown"
    return "failed"  # such a call cannot be written, or Asterisk refused it


class Dialer:
    """Place the calls of a list, a few at a time, and note each before it is placed."""

    def __init__(self, pbxs: Client, journal: Journal, numbers: list[str]) -> None:
        self.pbxs = pbxs
        self.journal = journal
        self.stopping = asyncio.Event()
        self._list = CallList(numbers, journal.states)

    async def run(self) -> None:
        """Call every number, then wait for the last calls."""
        async with asyncio.TaskGroup() as calls:
            while (self._list.todo or self._list.calling) and not self.stopping.is_set():
                ready = sum(server.state.sending for server in self.pbxs.servers.values())
                if (number := self._list.next(ready)) is not None:
                    calls.create_task(self._call(number))
                await asyncio.sleep(1 / CALLS_PER_SECOND)

    async def _call(self, number: str) -> None:
        """Place one call, and note what became of it."""
        await self.journal.put(number, "begun")
        try:
            await self.pbxs.send(call_of(number), to=MostRoom())
            state = state_of(None)
        except (RequestError, ActionError) as error:
            state = state_of(error)
        await self.journal.put(number, state)
        self._list.end(number, state)


async def main(config: str, numbers_file: str, journal_file: str) -> None:
    """Dial, and print how many calls ended how."""
    numbers = list(dict.fromkeys(Path(numbers_file).read_text().split()))
    journal = Journal(Path(journal_file))
    async with connect_cluster(read_servers(config)) as pbxs:
        await pbxs.wait_ready()
        dialer = Dialer(pbxs, journal, numbers)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, dialer.stopping.set)
        await dialer.run()
    # A call that a killed run had begun: it may have been placed.
    ends = [journal.states.get(each, "not called") for each in numbers]
    for state, count in sorted(Counter(ends).items()):
        print(f"{count:6} {'unknown' if state == 'begun' else state}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
