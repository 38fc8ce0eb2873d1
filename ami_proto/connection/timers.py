"""The timers of a connection in one table. The next deadline is a minimum."""

from collections.abc import Iterable
from enum import Enum, unique
from typing import Final

ALWAYS = float("inf")


@unique
class Timer(Enum):
    """Something that the connection waits for, beside the deadlines of actions."""

    CONNECT = "connect"
    """The driver answers a `Connect`."""
    BANNER = "banner"
    """The banner comes; from the connect on."""
    LOGIN = "login"
    """The login ends, set-up actions included; from the banner on. Stopped while FullyBooted is awaited."""
    BOOT = "boot"
    """FullyBooted comes within `boot_timeout` after the login; then the server is asked for its uptime."""
    RECONNECT = "reconnect"
    """Backoff and breaker cooldown are over."""
    SILENCE = "silence"
    """Time for a ping: nothing came for `heartbeat_interval`."""
    PONG = "pong"
    """A ping is answered."""
    READ = "read"
    """A frame comes, within `read_timeout`."""
    FRAME = "frame"
    """The frame that is open ends."""
    STABLE = "stable"
    """READY for `stable_after`: backoff and breaker forget their failures."""
    PAUSE = "pause"
    """A pause of reading ends: its queue was not pulled for `pause_max`."""
    GRACE = "grace"
    """Goodbye comes, within `close_grace` after Logoff."""
    DROP_REPORT = "drop report"
    """The next report of drops may be made: at most one each `drop_report_interval`."""

    # Each is a key of `Timers`, looked up for each fact; that of `Enum` hashes the name, in Python.
    __hash__ = object.__hash__


# Set for each frame: `values.py` says why they have names of their own.
SILENCE: Final = Timer.SILENCE
READ: Final = Timer.READ
FRAME: Final = Timer.FRAME

SESSION_TIMERS = (
    Timer.CONNECT,
    Timer.BANNER,
    Timer.LOGIN,
    Timer.BOOT,
    Timer.SILENCE,
    Timer.PONG,
    Timer.READ,
    Timer.FRAME,
    Timer.STABLE,
    Timer.PAUSE,
    Timer.GRACE,
)
"""The timers that watch a session and end with it."""


JUDGING_TIMERS = frozenset(
    {Timer.BANNER, Timer.LOGIN, Timer.BOOT, Timer.PONG, Timer.READ, Timer.FRAME, Timer.GRACE}
)
"""The timers that judge the peer by what it has not sent: first its bytes are read (`verdicts.py`)."""


class Timers(dict[Timer, float]):
    """The deadline of each running timer. Set one by its key: `timers[Timer.PONG] = now + 5`."""

    def stop(self, *timers: Timer) -> None:
        """Stop these timers, running or not."""
        for timer in timers:
            self.pop(timer, None)

    def next(self, judged_until: float = ALWAYS) -> float | None:
        """Return the earliest deadline, of the judging timers only up to `judged_until`."""
        if judged_until == ALWAYS:
            return min(self.values()) if self else None
        return min((self[timer] for timer in self._ready(judged_until)), default=None)

    def pop_due(self, now: float, judged_until: float = ALWAYS) -> tuple[Timer, float] | None:
        """Stop the timer that is overdue longest; return it with its deadline."""
        timer = min(self._ready(judged_until), key=self.__getitem__, default=None)
        if timer is None or self[timer] > now:
            return None
        return timer, self.pop(timer)

    def _ready(self, judged_until: float) -> Iterable[Timer]:
        if judged_until == ALWAYS:
            return self
        return [timer for timer, due in self.items() if due <= judged_until or timer not in JUDGING_TIMERS]
