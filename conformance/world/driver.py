"""A driver over virtual links: it asks the machine the five questions, well or badly.

The questions are those of the design: what shall the application know, what shall the network do, how
long may we sleep, what did the network do, what time is it. A `forgetful` driver goes on to read and
write while it does not drain; a `sleepy` one does nothing at all for a while.
"""

from collections.abc import Callable
from functools import partial
from random import Random

import ami_proto as ami
from conformance.laws import Lawful
from conformance.server.timeline import Timeline

from .link import Link
from .network import Network
from .weather import Weather

ROUNDS_MAX = 10_000
"""Rounds at one moment; more, and the machine is spinning."""


class Line:
    """One session as the driver sees it: a dial, then a link, and what to watch on it."""

    def __init__(self) -> None:
        self.link: Link | None = None
        self.failure: ami.Disconnect | None = None
        self.up = False
        """Whether the machine was told that it is connected."""
        self.watch: ami.Watch | None = None
        self._given_up = False

    def answer(self, answer: Link | ami.Disconnect) -> None:
        """Take the end of the dial."""
        if not isinstance(answer, Link):
            self.failure = answer
        elif self._given_up:
            answer.close()
        else:
            self.link = answer

    def close(self) -> None:
        """Close the link, or give up the dial."""
        self._given_up = True
        if self.link is not None:
            self.link.close()


class Driver:
    """Drive one machine through a network."""

    def __init__(
        self,
        machine: Lawful,
        network: Network,
        timeline: Timeline,
        random: Random,
        weather: Weather,
        deliver: Callable[[ami.Notice], None],
    ) -> None:
        self.weather = weather
        self.lines: dict[ami.SessionId, Line] = {}
        self._machine = machine
        self._network = network
        self._timeline = timeline
        self._random = random
        self._deliver = deliver
        self._sleeps_until = self._forgets_until = 0.0

    @property
    def wakes_at(self) -> float | None:
        """When to come round again, whatever the network does."""
        kept_until = max(self._sleeps_until, self._forgets_until)
        deadline = self._machine.poll_timeout()
        if kept_until > self._timeline.now:
            return kept_until
        return deadline

    def run(self) -> None:
        """Do everything there is to do at this moment."""
        for _ in range(ROUNDS_MAX):
            if self._timeline.now < self._sleeps_until or not self._round():
                return
        raise AssertionError(f"the machine spins at {self._timeline.now}\n{self._machine.trace.tail}")

    def _round(self) -> bool:
        """Come round once; say whether anything was to do."""
        if self.weather.sleepy and self._random.random() < 0.005:
            self._sleeps_until = self._timeline.now + self._random.uniform(0.1, 20)
            return False
        if self.weather.forgetful and self._random.random() < 0.05:
            self._forgets_until = self._timeline.now + self._random.uniform(0, 5)
        if self.weather.stale and self._random.random() < 0.05:
            self._tell_tales()
        forgets = self._timeline.now < self._forgets_until
        busy = False
        for session, line in list(self.lines.items()):
            busy = self._serve(session, line) or busy
        if not forgets:
            busy = self._drain() or busy
            deadline = self._machine.poll_timeout()
            if deadline is not None and deadline <= self._timeline.now:
                self._machine.handle_timeout(self._timeline.now)
                busy = True
        return busy

    def _drain(self) -> bool:
        drained = False
        while (notice := self._machine.poll_notice()) is not None:
            self._deliver(notice)
            drained = True
        while (command := self._machine.poll_command()) is not None:
            self._carry_out(command)
            drained = True
        return drained

    def _carry_out(self, command: ami.Command) -> None:
        match command:
            case ami.Connect(session):
                line = self.lines[session] = Line()
                self._network.dial(line.answer)
            case ami.Watch(session):
                self.lines[session].watch = command
            case ami.Close(session):
                self.lines.pop(session).close()

    def _serve(self, session: ami.SessionId, line: Line) -> bool:
        """Tell what the network did on one line; say whether it did anything."""
        if line.failure is not None:
            return self._lose(session, line.failure)
        link = line.link
        if link is None:
            return False
        if not line.up:
            line.up = True
            self._machine.handle_connected(session, self._timeline.now)
            return True
        return self._read(session, line, link) or self._write(session, line, link)

    def _read(self, session: ami.SessionId, line: Line, link: Link) -> bool:
        if line.watch is None or not line.watch.read or not link.readable:
            return False
        if data := link.read():
            self._machine.handle_received(session, data, self._timeline.now)
            return True
        return self._lose(session, link.end or ami.Disconnect(ami.Reason.EOF))

    def _write(self, session: ami.SessionId, line: Line, link: Link) -> bool:
        if line.watch is None or not line.watch.write:
            return False
        if link.end is not None:  # a write fails, whether or not anybody reads
            return self._lose(session, link.end)
        if not link.writable:
            return False
        data = self._machine.poll_transmit(session, self._random.choice((1, 100, ami.TRANSMIT_LIMIT)))
        taken = link.write(data)
        if taken:
            self._machine.handle_sent(session, taken, self._timeline.now)
        elif data:
            self._timeline.after(0.01, _nothing)  # the link takes nothing now: try again soon
        return taken > 0

    def _lose(self, session: ami.SessionId, cause: ami.Disconnect) -> bool:
        self.lines.pop(session).close()
        self._machine.handle_disconnected(session, cause, self._timeline.now)
        return True

    def _tell_tales(self) -> None:
        """Tell a fact about a session that is no more, or never was."""
        present = self._machine.snapshot().session
        server = self._machine.snapshot().server
        numbers = [number for number in (-1, 0, 1, 2, 10_000) if present is None or number != present.number]
        session, now = ami.SessionId(server, self._random.choice(numbers)), self._timeline.now
        if session in self.lines:
            return
        tales: tuple[Callable[[], None], ...] = (
            partial(self._machine.handle_connected, session, now),
            partial(self._machine.handle_received, session, b"Response: Success\r\n\r\n", now),
            partial(self._machine.handle_sent, session, 5, now),
            partial(self._machine.handle_disconnected, session, ami.Disconnect(ami.Reason.EOF), now),
            partial(self._machine.handle_timeout, now - 100),
        )
        self._random.choice(tales)()


def _nothing() -> None:
    """Wake the world; the driver sees for itself."""
