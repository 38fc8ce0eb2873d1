"""Is the peer still there? Pings after silence, and the last word when nothing comes at all.

Asterisk serves the actions of a session strictly one after another, so a ping behind a long action
says nothing, and behind a `WaitEvent` it even ends it: while an action that may block is open, no
ping is sent and the patience for silence lasts until that action's deadline. While reading is
paused, nobody is judged.

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

    __slots__ = ("_config", "_forgave", "_timers", "misses")

    def __init__(self, config: ServerConfig, timers: Timers) -> None:
        self._config = config
        self._timers = timers
        self._forgave = False
        self.misses = 0
        """Unanswered pings since the last answered one."""

    def begin(self, now: float) -> None:
        """Begin with a session that is READY."""
        self.misses = 0
        self._timers.clear(Timer.PONG)
        self.handle_received(now)

    def handle_received(self, now: float) -> None:
        """Take any bytes as a sign of life."""
        self._forgave = False
        self._timers.set(Timer.SILENCE, now + self._config.heartbeat_interval)
        self._timers.set(Timer.READ, now + self._config.read_timeout)

    def handle_answered(self) -> None:
        """Take a pong, late or not: the peer serves us."""
        self.misses = 0
        self._timers.clear(Timer.PONG)

    def handle_pinged(self, now: float) -> None:
        """Await the answer to a ping that was just queued."""
        self._timers.set(Timer.PONG, now + self._config.heartbeat_timeout)

    def judge(
        self, timer: Timer, deadline: float, now: float, *, paused: bool, blocked_until: float | None
    ) -> Judgement:
        """Judge the peer by a timer that is due, and set that timer again where it must wait."""
        if timer is Timer.SILENCE:
            self._timers.set(Timer.SILENCE, now + self._config.heartbeat_interval)
            awaiting = self._timers.deadline(Timer.PONG) is not None
            return Judgement.WAIT if paused or blocked_until is not None or awaiting else Judgement.PING
        if timer is Timer.READ and blocked_until is not None:
            self._timers.set(Timer.READ, blocked_until)
            return Judgement.WAIT
        if paused or (now - deadline > LATE_MAX and not self._forgave):
            self._forgave = True
            period = self._config.read_timeout if timer is Timer.READ else self._config.heartbeat_timeout
            self._timers.set(timer, now + period)
            return Judgement.WAIT
        if timer is Timer.READ:
            return Judgement.DEAD
        self.misses += 1
        return Judgement.DEAD if self.misses >= MISSES_MAX else Judgement.MISSED
