"""Is the peer still there? Pings after silence, and the last word when nothing comes at all.

Asterisk serves the actions of a session strictly one after another, so a ping behind a long action
says nothing, and behind a `WaitEvent` it even ends it: while an action that may block is open, no
ping is sent and the patience for silence lasts until that action's deadline; then a last ping is
sent, and its answer decides. While reading is paused, nobody is judged.

A timer that comes late by more than `LATE_MAX` means that this process was stopped, not the peer:
supervision waits one more period before it judges.
"""

from enum import Enum, unique

from ami_proto.config import ServerConfig
from ami_proto.connection.timers import Timer, Timers

MISSES_MAX = 3
"""Unanswered pings that end the session; the first already means DEGRADED."""
LATE_MAX = 1.0
"""Seconds a timer may be late before this process is taken to have been suspended."""


@unique
class Judgement(Enum):
    """What a timer of the heartbeat calls for."""

    WAIT = "wait"
    PING = "ping"
    MISSED = "missed"
    DEAD = "dead"


class Heartbeat:
    """Watch one session, from READY on."""

    __slots__ = ("_asked", "_config", "_excused", "_forgiven", "_stretched", "_timers", "misses")

    def __init__(self, config: ServerConfig, timers: Timers) -> None:
        self._config = config
        self._timers = timers
        self._forgiven: set[Timer] = set()
        self._excused: set[Timer] = set()
        self._stretched = False
        """Whether the read timeout has waited for an action that blocks."""
        self._asked = False
        """Whether the last ping behind that action was sent."""
        self.misses = 0
        """Unanswered pings since the last answered one."""

    def begin(self, now: float) -> None:
        """Begin with a session that is READY."""
        self.misses = 0
        self._excused.clear()
        self.handle_received(now)

    def handle_received(self, now: float) -> None:
        """Take any bytes as a sign of life."""
        self._forgiven.clear()
        self._excused.discard(Timer.READ)
        self._stretched = self._asked = False
        if self.misses == 0:  # while pings are missed, the next one does not wait for silence
            self._timers.set(Timer.SILENCE, now + self._config.heartbeat_interval)
        self._timers.set(Timer.READ, now + self._config.read_timeout)

    def handle_resumed(self) -> None:
        """Take the end of a pause: what came in the meantime could not be heard."""
        self._excused = {Timer.PONG, Timer.READ}

    def handle_answered(self, now: float) -> None:
        """Take a pong, late or not: the peer serves us."""
        self.misses = 0
        self._timers.clear(Timer.PONG)
        self._timers.set(Timer.SILENCE, now + self._config.heartbeat_interval)

    def handle_pinged(self, now: float) -> None:
        """Await the answer to a ping that was just queued."""
        self._excused.discard(Timer.PONG)
        self._timers.set(Timer.PONG, now + self._config.heartbeat_timeout)

    def judge(
        self, timer: Timer, deadline: float, now: float, *, paused: bool, blocked_until: float | None
    ) -> Judgement:
        """Judge the peer by a timer that is due, and set that timer again where it must wait."""
        awaiting = self._timers.deadline(Timer.PONG) is not None
        blocked = blocked_until is not None
        if timer is Timer.SILENCE:
            self._timers.set(Timer.SILENCE, now + self._config.heartbeat_interval)
            return Judgement.WAIT if paused or blocked or awaiting else Judgement.PING
        if timer is Timer.READ and blocked_until is not None and not self._stretched:
            # Once: whoever submits one such action after the other must find out in the end, too.
            self._stretched = True
            self._timers.set(Timer.READ, max(blocked_until, now))
            return Judgement.WAIT
        if self._is_excused(timer, deadline, now, paused=paused):
            period = self._config.read_timeout if timer is Timer.READ else self._config.heartbeat_timeout
            self._timers.set(timer, now + period)
            return Judgement.WAIT
        if timer is Timer.READ and self._stretched and not self._asked and not blocked:
            self._asked = True
            self._timers.set(Timer.READ, now + self._config.heartbeat_timeout)
            return Judgement.WAIT if awaiting else Judgement.PING
        if timer is Timer.READ:
            return Judgement.DEAD
        self.misses += 1
        return Judgement.DEAD if self.misses >= MISSES_MAX else Judgement.MISSED

    def _is_excused(self, timer: Timer, deadline: float, now: float, *, paused: bool) -> bool:
        """Whether nobody is judged this time: we could not hear, or were stopped ourselves."""
        late = now - deadline > LATE_MAX and timer not in self._forgiven
        excused = paused or late or timer in self._excused
        if late:
            self._forgiven.add(timer)
        if not paused:
            self._excused.discard(timer)
        return excused
