"""Every timer of a connection, in one table; the next deadline is a minimum."""

from enum import Enum, unique


@unique
class Timer(Enum):
    """What the engine waits for, besides the deadlines of the actions."""

    CONNECT = "connect"
    """The driver's answer to a `Connect`."""
    BANNER = "banner"
    """The banner, from the connect on."""
    LOGIN = "login"
    """The end of the login, from the banner on; FullyBooted and set-up actions included."""
    RECONNECT = "reconnect"
    """The end of the backoff, and of the breaker's cooldown."""
    SILENCE = "silence"
    """Time for a ping: nothing was received for `heartbeat_interval`."""
    PONG = "pong"
    """The answer to a ping."""
    READ = "read"
    """Anything at all, for `read_timeout`."""
    STABLE = "stable"
    """READY for `stable_after`: backoff and breaker begin again."""
    GRACE = "grace"
    """Goodbye, at most `close_grace` after Logoff."""
    DROP_REPORT = "drop report"
    """The next report of dropped events, at most one each `drop_report_interval`."""


SESSION_TIMERS = (
    Timer.CONNECT,
    Timer.BANNER,
    Timer.LOGIN,
    Timer.SILENCE,
    Timer.PONG,
    Timer.READ,
    Timer.STABLE,
    Timer.GRACE,
)
"""Those that watch a session, and end with it."""


class Timers:
    """Hold at most one deadline for each timer."""

    __slots__ = ("_deadlines",)

    def __init__(self) -> None:
        self._deadlines: dict[Timer, float] = {}

    def set(self, timer: Timer, deadline: float) -> None:
        """Set the timer, or move it."""
        self._deadlines[timer] = deadline

    def clear(self, *timers: Timer) -> None:
        """Stop these timers, running or not."""
        for timer in timers:
            self._deadlines.pop(timer, None)

    def deadline(self, timer: Timer) -> float | None:
        """Return when this timer is due."""
        return self._deadlines.get(timer)

    def next(self) -> float | None:
        """Return the earliest deadline."""
        return min(self._deadlines.values(), default=None)

    def pop_due(self, now: float) -> tuple[Timer, float] | None:
        """Stop and return the timer that is overdue longest, with its deadline."""
        if not self._deadlines:
            return None
        timer = min(self._deadlines, key=self._deadlines.__getitem__)
        deadline = self._deadlines[timer]
        if deadline > now:
            return None
        del self._deadlines[timer]
        return timer, deadline
