"""A driver over virtual links that asks the machine the five questions, well or badly.

What shall the application know? What shall the network do? How long may we sleep? What did the network do?
What time is it? A `forgetful` driver reads and writes for a while without draining. A `sleepy` one does
nothing at all for a while.
"""

from collections.abc import Callable
from functools import partial

import ami_proto as ami
from ami_proto.drivers import TRANSMIT_LIMIT, Close, Command, Connect, Look, SessionId, Watch
from conformance.laws import Lawful
from conformance.mock.timeline import Timeline

from .link import SimulatedLink
from .network import SimulatedNetwork
from .scenario import Occasions
from .weather import Weather

ROUNDS_MAX = 10_000
"""Rounds at one moment; more mean that the machine spins."""
PAUSES_EVERY = 0.2
"""The mean time between two pauses of the driver, beside that between two troubles of a server."""
SLEEP_MAX = 20.0
"""Seconds for which a process is suspended, at most."""
NOBODY = "nobody"
"""The key of a server that never existed."""


class SimulatedSession:
    """A session of the driver: a dial, then a link, and what to watch on it."""

    def __init__(self) -> None:
        self.link: SimulatedLink | None = None
        self.failure: ami.Disconnect | None = None
        self.up = False
        """Whether the machine knows that it is connected."""
        self.watch: Watch | None = None
        self.looking = False
        """Whether the machine waits for a read that finds nothing."""
        self._given_up = False

    def answer(self, answer: SimulatedLink | ami.Disconnect) -> None:
        """Take the result of the dial."""
        if not isinstance(answer, SimulatedLink):
            self.failure = answer
        elif self._given_up:
            answer.close()
        else:
            self.link = answer

    def close(self) -> None:
        """Close the link, or abandon the dial."""
        self._given_up = True
        if self.link is not None:
            self.link.close()


class SimulatedDriver:
    """Drive one machine over simulated networks; `network_of` finds that of a session's server."""

    def __init__(
        self,
        machine: Lawful,
        network_of: Callable[[SessionId], SimulatedNetwork],
        timeline: Timeline,
        occasions: Occasions,
        weather: Weather,
        deliver: Callable[[ami.Notice], None],
    ) -> None:
        self.weather = weather
        self.hasty = False
        """Break the law of bytes before verdicts on purpose: report drained streams without reading them."""
        self.steps_back = True
        """Whether a clock that jumps also tells times of the past. Each server of a cluster has a clock of
        its own, which the audit does not know: so not there."""
        self.sessions: dict[SessionId, SimulatedSession] = {}
        self._machine = machine
        self._network_of = network_of
        self._timeline = timeline
        self._occasions = occasions
        self._random = occasions.stream("driver")
        self._deliver = deliver
        self._pauses = 0
        self._sleeps_until = self._forgets_until = 0.0
        self._next_sleep: tuple[int, float] | None = None
        """After how many busy rounds it is suspended, and for how long: so that is amid something."""
        self._plan()

    @property
    def wakes_at(self) -> float | None:
        """When to run again even if the network does nothing."""
        pause_end = max(self._sleeps_until, self._forgets_until)
        deadline = self._machine.poll_timeout()
        if pause_end > self._timeline.now:
            return pause_end
        return deadline

    def run(self) -> None:
        """Run rounds until there is nothing to do at this moment."""
        for _ in range(ROUNDS_MAX):
            if self._timeline.now < self._sleeps_until or not self._round():
                return
        raise AssertionError(f"the machine spins at {self._timeline.now}\n{self._machine.trace.tail}")

    def _round(self) -> bool:
        """Run one round; return whether there was anything to do."""
        if self.weather.stale and self._random.random() < 0.05 * self.weather.stale:
            self._report_stale()
        forgets = self._timeline.now < self._forgets_until
        busy = False
        for session, state in list(self.sessions.items()):
            busy = self._serve(session, state) or busy
        if busy and self._fall_asleep():
            return False
        if not forgets:
            busy = self._drain() or busy
            deadline = self._machine.poll_timeout()
            if deadline is not None and deadline <= self._timeline.now:
                if self._random.random() >= 0.3 * self.weather.forgetful:  # else a round later
                    self._machine.handle_timeout(self._timeline.now)
                busy = True
        return busy

    def _fall_asleep(self) -> bool:
        """Count a busy round; return whether the driver is suspended after it."""
        if self._next_sleep is None or not self.weather.sleepy:  # everything may have healed since
            return False
        rounds, seconds = self._next_sleep
        self._next_sleep = None if rounds == 0 else (rounds - 1, seconds)
        if rounds == 0:
            self._sleeps_until = self._timeline.now + seconds
        return rounds == 0

    def _drain(self) -> bool:
        drained = False
        while (notice := self._machine.poll_notice()) is not None:
            self._deliver(notice)
            drained = True
        while (command := self._machine.poll_command()) is not None:
            self._carry_out(command)
            drained = True
        return drained

    def _carry_out(self, command: Command) -> None:
        match command:
            case Connect(session):
                state = self.sessions[session] = SimulatedSession()
                self._network_of(session).dial(state.answer)
            case Watch(session):
                self.sessions[session].watch = command
            case Look(session):
                self.sessions[session].looking = True
            case Close(session):
                self.sessions.pop(session).close()

    def _serve(self, session: SessionId, state: SimulatedSession) -> bool:
        """Report what the network did in one session; return whether it did anything."""
        if state.failure is not None:
            return self._lose(session, state.failure)
        link = state.link
        if link is None:
            return False
        if not state.up:
            state.up = True
            state.looking = not self.weather.silent
            self._machine.handle_connected(session, self._now)
            return True
        return self._read(session, state, link) or self._write(session, state, link)

    def _read(self, session: SessionId, state: SimulatedSession, link: SimulatedLink) -> bool:
        if state.watch is None or not state.watch.read:
            return False
        if state.looking and (self.hasty or not link.readable):
            state.looking = False
            self._machine.handle_drained(session, self._timeline.now)
            return True
        if not link.readable:
            return False
        if data := link.read():
            self._machine.handle_received(session, data, self._now)
            return True
        return self._lose(session, link.end or ami.Disconnect(ami.Reason.EOF))

    def _write(self, session: SessionId, state: SimulatedSession, link: SimulatedLink) -> bool:
        if state.watch is None or not state.watch.write:
            return False
        if link.end is not None:  # a write fails at once, even while received bytes are unread
            return self._lose(session, link.end)
        if not link.writable:
            return False
        data = self._machine.poll_transmit(session, self._random.choice((1, 100, TRANSMIT_LIMIT)))
        taken = link.write(data)
        if taken:
            self._machine.handle_sent(session, taken, self._now)
        elif data:
            self._timeline.after(0.01, _nothing)  # the send buffer is full: try again soon
        return taken > 0

    def _lose(self, session: SessionId, cause: ami.Disconnect) -> bool:
        self.sessions.pop(session).close()
        self._machine.handle_disconnected(session, cause, self._timeline.now)
        return True

    def _plan(self) -> None:
        self._timeline.after(
            self._random.expovariate(1 / (PAUSES_EVERY * self._occasions.troubles_every)), self._pause
        )

    def _pause(self) -> None:
        """Do nothing for a while, or read on without draining."""
        self._plan()
        self._pauses += 1
        random = self._occasions.begin(f"pause {self._pauses}")
        if random is None:
            return
        now, weather = self._timeline.now, self.weather
        if random.random() < 0.2 * weather.sleepy:
            self._next_sleep = random.randint(0, 10), random.uniform(0.1, SLEEP_MAX)
        if random.random() < weather.forgetful:
            self._forgets_until = now + random.uniform(0, 5)

    @property
    def _now(self) -> float:
        """The time that a fact comes with; a clock that jumps tells a time of the past now and then."""
        now = self._timeline.now
        if self.steps_back and self.weather.jumps and self._random.random() < 0.1 * self.weather.jumps:
            return now - self._random.uniform(0.0, 5.0)
        return now

    def _report_stale(self) -> None:
        """Report a fact about a session that has ended or never existed."""
        seen = self._machine.snapshots()
        server = self._random.choice([*seen, NOBODY])
        present = seen[server].session if server in seen else None
        numbers = [number for number in (-1, 0, 1, 2, 10_000) if present is None or number != present.number]
        session, now = SessionId(server, self._random.choice(numbers)), self._timeline.now
        if session in self.sessions:
            return
        facts: tuple[Callable[[], None], ...] = (
            partial(self._machine.handle_connected, session, now),
            partial(self._machine.handle_received, session, b"Response: Success\r\n\r\n", now),
            partial(self._machine.handle_sent, session, 5, now),
            partial(self._machine.handle_disconnected, session, ami.Disconnect(ami.Reason.EOF), now),
            *([partial(self._machine.handle_timeout, now - 100)] if self.steps_back else []),
        )
        self._random.choice(facts)()


def _nothing() -> None:
    """Wake the world: its next step runs the driver."""
