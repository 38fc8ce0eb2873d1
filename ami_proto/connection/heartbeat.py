"""Is the peer still there? Pings after silence, and a verdict when nothing comes at all.

Three timers watch a session from READY on: SILENCE says when to ping, PONG when a ping has gone unanswered,
READ when nothing has come for too long. What a due timer means depends on the situation:

| timer | situation | judgement | the timer runs again for |
|---|---|---|---|
| SILENCE | HELD: paused, blocked, a pong is awaited or a frame open | WAIT | `heartbeat_interval` |
| SILENCE | DUE | PING | `heartbeat_interval` |
| PONG | EXCUSED: this side could not read | WAIT | `heartbeat_timeout` |
| PONG | FRAMING: a frame is open | WAIT | `heartbeat_timeout` |
| PONG | DUE | MISSED, the third time in a row DEAD | |
| READ | BLOCKED: an open action may block the session | WAIT | until that action's deadline, once |
| READ | EXCUSED: this side could not read | WAIT | `read_timeout` |
| READ | UNBLOCKED: that action has ended, nothing came | PING, or WAIT for a pong | `heartbeat_timeout` |
| READ | FRAMING: a frame is open | WAIT | `read_timeout` |
| READ | DUE | DEAD | |
| FRAME | EXCUSED: this side could not read | WAIT | `frame_timeout` |
| FRAME | BLOCKED: the action that the frame answers is open | WAIT | until that action's deadline |
| FRAME | DUE | DEAD | |

Life is judged by complete frames. Bytes of a frame that does not end are no sign of life: a forged or torn
frame could take in everything that comes. So while a frame is open, FRAME alone judges; a ping would tell
nothing, because its answer could not come before the frame ends.

BLOCKED: Asterisk serves the actions of a session strictly one after another. A ping after a long action
says nothing about the peer, and after a `WaitEvent` it even ends it (main/manager.c:3306). So no ping is sent
while an action that may block is open, and READ waits for it.

EXCUSED: while reading is paused nothing can come. When reading goes on, everything begins anew and unanswered
pings are forgotten, because what the peer sent meanwhile has yet to be read. A timer that comes late by more
than `LATE_MAX` means that this process was suspended, not the peer; it waits one more period before it
judges.
"""

from enum import Enum, unique
from typing import Final

from ami_proto.config.server import ServerConfig
from ami_proto.connection.timers import FRAME, READ, SILENCE, Timer, Timers

MISSES_MAX = 3
"""Unanswered pings that end the session; the first already means DEGRADED."""
LATE_MAX = 1.0
"""Seconds a timer may be late before this process is taken to have been suspended."""


@unique
class Judgement(Enum):
    """What a due timer of the heartbeat calls for."""

    WAIT = "wait"
    PING = "ping"
    MISSED = "missed"
    DEAD = "dead"


@unique
class _Situation(Enum):
    """In which situation a timer is due; the table in the module's docstring says what follows."""

    HELD = "held"
    BLOCKED = "blocked"
    EXCUSED = "excused"
    FRAMING = "framing"
    UNBLOCKED = "unblocked"
    DUE = "due"


@unique
class _Patience(Enum):
    """How long READ has waited for an action that may block."""

    PLAIN = "plain"
    EXTENDED = "extended"
    """Until the action's deadline."""
    LAST_PING = "last ping"
    """And for the answer to one more ping after it."""


_PLAIN: Final = _Patience.PLAIN
"""Set for each frame."""


class Heartbeat:
    """Watch one session, from READY on."""

    __slots__ = ("_config", "_late_before", "_patience", "_timers", "misses", "resumed")

    def __init__(self, config: ServerConfig, timers: Timers) -> None:
        self._config = config
        self._timers = timers
        self._late_before: set[Timer] = set()
        """Timers that have come late since the latest bytes: a second time is no excuse."""
        self.resumed = False
        """Whether a pause has ended and the time of that is not known yet."""
        self._patience = _PLAIN
        self.misses = 0
        """Unanswered pings since the last answered one."""

    def begin(self, now: float) -> None:
        """Begin with a session that is READY, or whose pause has ended."""
        self.misses = 0
        self.resumed = False
        self._timers.stop(Timer.PONG)
        if FRAME in self._timers:
            self._timers[FRAME] = now + self._config.frame_timeout
        self.handle_received(now)

    def handle_frames(self, now: float, *, complete: bool, open_since: float | None) -> None:
        """Take bytes: whether they completed a frame, and since when another is open."""
        if self.resumed:
            self.begin(now)
        if complete:
            self.handle_received(now)
        if open_since is None:
            self._timers.pop(FRAME, None)
        elif complete or FRAME not in self._timers:
            self._timers[FRAME] = open_since + self._config.frame_timeout

    def handle_received(self, now: float) -> None:
        """Take a complete frame as a sign of life."""
        if self.resumed:
            self.begin(now)
        self._late_before.clear()
        self._patience = _PLAIN
        if self.misses == 0:  # while pings are missed, the next one does not wait for silence
            self._timers[SILENCE] = now + self._config.heartbeat_interval
        self._timers[READ] = now + self._config.read_timeout

    def handle_resumed(self) -> None:
        """Take the end of a pause. The next fact brings its time."""
        self.resumed = True

    def handle_time(self, now: float) -> None:
        """Take the time: after a pause the heartbeat begins anew."""
        if self.resumed:
            self.begin(now)

    def handle_answered(self, now: float) -> None:
        """Take a pong, late or not: the peer serves this session."""
        self.misses = 0
        self._timers.stop(Timer.PONG)
        self._timers[SILENCE] = now + self._config.heartbeat_interval

    def handle_pinged(self, now: float) -> None:
        """Await the answer to a ping that was just queued."""
        self._timers[Timer.PONG] = now + self._config.heartbeat_timeout

    def judge(
        self, timer: Timer, deadline: float, now: float, *, paused: bool, blocked_until: float | None
    ) -> Judgement:
        """Judge the peer by a timer that is due, and start that timer again where it must wait.

        `deadline` is when the timer was due. `blocked_until` is the latest deadline of the open actions
        that may block the session, None if there is none.
        """
        config = self._config
        blocked = blocked_until is not None
        situation = self._situation(timer, deadline, now, paused=paused, blocked=blocked)
        match timer, situation:
            case Timer.SILENCE, _:
                ping = situation is _Situation.DUE
                return self._again(timer, now + config.heartbeat_interval, ping=ping)
            case Timer.READ, _Situation.BLOCKED:
                # Extend only once: a stream of blocking actions would postpone the verdict for ever.
                self._patience = _Patience.EXTENDED
                return self._again(timer, max(blocked_until or now, now), ping=False)
            case Timer.READ, _Situation.EXCUSED | _Situation.FRAMING:
                return self._again(timer, now + config.read_timeout, ping=False)
            case Timer.FRAME, _Situation.BLOCKED:
                return self._again(timer, max(blocked_until or now, now), ping=False)
            case Timer.FRAME, _Situation.EXCUSED:
                return self._again(timer, now + config.frame_timeout, ping=False)
            case Timer.READ, _Situation.UNBLOCKED:
                self._patience = _Patience.LAST_PING
                return self._again(timer, now + config.heartbeat_timeout, ping=Timer.PONG not in self._timers)
            case Timer.READ | Timer.FRAME, _:
                return Judgement.DEAD
            case _, _Situation.EXCUSED | _Situation.FRAMING:
                return self._again(timer, now + config.heartbeat_timeout, ping=False)
        self.misses += 1
        return Judgement.DEAD if self.misses >= MISSES_MAX else Judgement.MISSED

    def _situation(
        self, timer: Timer, deadline: float, now: float, *, paused: bool, blocked: bool
    ) -> _Situation:
        """Return the first situation that holds, in the order of the table."""
        framing = FRAME in self._timers
        if timer is SILENCE:
            held = paused or blocked or framing or Timer.PONG in self._timers
            return _Situation.HELD if held else _Situation.DUE
        if timer is READ and blocked and self._patience is _PLAIN:
            return _Situation.BLOCKED
        if self._is_excused(timer, deadline, now, paused=paused):
            return _Situation.EXCUSED
        if timer is FRAME:
            return _Situation.BLOCKED if blocked else _Situation.DUE
        if framing:
            return _Situation.FRAMING
        if timer is READ and not blocked and self._patience is _Patience.EXTENDED:
            return _Situation.UNBLOCKED
        return _Situation.DUE

    def _is_excused(self, timer: Timer, deadline: float, now: float, *, paused: bool) -> bool:
        """Whether the peer may have sent something that this side could not read in time."""
        late = now - deadline > LATE_MAX and timer not in self._late_before
        if late:
            self._late_before.add(timer)
        return paused or late

    def _again(self, timer: Timer, deadline: float, *, ping: bool) -> Judgement:
        self._timers[timer] = deadline
        return Judgement.PING if ping else Judgement.WAIT
