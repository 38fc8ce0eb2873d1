"""The pace of dials and pings, as the server sees it: never faster than allowed, never silent for long.

How often a connection has failed since it was stable is counted here once more, from the ends of its
sessions. Where it is not certain whether the connection had been stable, the lower count holds.
"""

import math

import ami_proto as ami
from ami_proto.drivers import SessionId

from .contradiction import Complaints

DIALS = "dials keep the pace of backoff and breaker"
PINGS = "pings keep their pace"
ROUNDING = 1e-9
"""Seconds by which a sum of times may differ."""
PINGS_MAX = 4
"""Pings without an answer: the third that is missed ends the session; one more after a blocking action."""
CHANCE_MIN = 1e-10
"""Draws of the backoff that are less probable are not by chance: a million worlds do not bring one."""


class DialJudge:
    """Judge when one connection dials; a `throttled` one dials later than it wants to."""

    def __init__(self, config: ami.ServerConfig, complaints: Complaints, *, throttled: bool = False) -> None:
        self._config = config
        self._throttled = throttled
        self._complaints = complaints
        self._failures = 0
        """In a row, certainly."""
        self._failures_max = 0
        """Since the start: as many as there can be in a row."""
        self._ended_at: float | None = None
        """When the last session ended; None before the first dial of a start."""
        self._ready_since: float | None = None
        self._scheduled: ami.ConnectScheduled | None = None
        self._draws = 0
        self._luck = 0.0
        """The sum of the logarithms of the draws, each between 0 and 1."""

    def start(self) -> None:
        """Take a start: the first dial does not wait."""
        self._failures = self._failures_max = 0
        self._ended_at = self._scheduled = None

    def enter(self, state: ami.State, now: float) -> None:
        """Take a new state of the connection."""
        if state is ami.State.READY:
            self._ready_since = now
        elif self._ready_since is not None:
            if now - self._ready_since >= self._config.stable_after - ROUNDING:
                self._failures = 0
            self._ready_since = None

    def fail(self, now: float) -> None:
        """Take the end of a session after which another is tried."""
        self._failures += 1
        self._failures_max += 1
        self._ended_at = now

    def schedule(self, notice: ami.ConnectScheduled) -> None:
        """Take the report of the next attempt."""
        config = self._config
        self._scheduled = notice
        failures = notice.attempt - 1
        if failures == 0:
            return
        cap = min(config.reconnect_max, config.reconnect_min * 2.0 ** min(failures, 64))
        highest = max(cap, config.breaker_cooldown if failures >= config.breaker_threshold else 0.0)
        if not config.reconnect_min - ROUNDING <= notice.delay <= highest + ROUNDING:
            self._complaints.fail(DIALS, "a delay", f"{config.reconnect_min} to {highest} s", notice)
        if failures < config.breaker_threshold and config.reconnect_min < cap:
            self._draw((notice.delay - config.reconnect_min) / (cap - config.reconnect_min))

    def tick(self, state: ami.State, now: float) -> None:
        """Take a `handle_timeout`: the connection may have proved stable, and must dial when that is due."""
        since = self._ready_since if state is ami.State.READY else None
        if since is not None and now > since + self._config.stable_after + ROUNDING:
            self._failures = self._failures_max = 0
        due = None if self._scheduled is None else self._scheduled.due
        fresh = due is not None and (self._ended_at is None or due > self._ended_at)
        late = fresh and due is not None and now > due + ROUNDING
        if state is ami.State.DISCONNECTED and late and not self._throttled:
            self._complaints.fail(DIALS, "no dial yet", f"at {due}, as it was reported", now)

    def dial(self, now: float) -> None:
        """Take a dial."""
        scheduled, ended_at = self._scheduled, self._ended_at
        if scheduled is not None and not self._failures < scheduled.attempt <= self._failures_max + 1:
            counts = f"{self._failures} to {self._failures_max} failures before it"
            self._complaints.fail(DIALS, "the number of an attempt", counts, scheduled)
        if ended_at is not None and now < ended_at + self._pause_min - ROUNDING:
            expected = f"{self._pause_min} s after the end at {ended_at}, failures: {self._failures}"
            self._complaints.fail(DIALS, "a dial", expected, f"{now - ended_at} s")
        if scheduled is not None and now < scheduled.due - ROUNDING:
            self._complaints.fail(DIALS, "a dial", f"at {scheduled.due}, as it was reported", now)

    @property
    def _pause_min(self) -> float:
        """Seconds from a failure to the next dial, at least."""
        config = self._config
        opened = self._failures >= config.breaker_threshold
        return max(config.reconnect_min, config.breaker_cooldown if opened else 0.0)

    def _draw(self, place: float) -> None:
        """Require that the delays are spread between floor and cap, as uniform draws are.

        The sum of -ln(draw) of n uniform draws exceeds x with the probability of at most n - 1 events of a
        Poisson process of rate x.
        """
        self._draws += 1
        self._luck -= math.log(min(1.0, max(place, 1e-300)))
        logarithms = [
            count * math.log(self._luck or 1.0) - math.lgamma(count + 1) - self._luck
            for count in range(self._draws)
        ]
        chance = sum(map(math.exp, logarithms))
        if chance < CHANCE_MIN:
            what = f"{self._draws} delays of the backoff"
            self._complaints.fail(DIALS, what, "spread from floor to cap", f"a chance of {chance:g}")


class PingJudge:
    """Judge when one session pings."""

    def __init__(self, session: SessionId, config: ami.ServerConfig, complaints: Complaints) -> None:
        self._session = session
        self._config = config
        self._complaints = complaints
        self._quiet_since: float | None = None
        """The last sign of life, or the last ping; None while not READY, or while pings are held back."""
        self._heard_at: float | None = None
        """The last sign of life since READY; READY is one."""
        self._queued_at: float | None = None
        """When a ping was queued, from READY on. Some are not noticed: where other bytes are withdrawn."""
        self._awaited = 0
        """Pings without an answer."""
        self._missed = 0
        """Pings without an answer, one after the other while reading went on."""

    def begin(self, now: float) -> None:
        """Take READY: the heartbeat begins, and forgets pings of the boot."""
        self._heard_at = now
        self._missed = 0

    def hold(self) -> None:
        """Take that pings are held back: not READY, reading paused, a frame or a blocking action open."""
        self._quiet_since = None

    def pause(self) -> None:
        """Take that nothing can be heard, because reading pauses or of disorder."""
        self._missed = 0

    def hear(self, now: float, *, pongs: int) -> None:
        """Take frames, so many of them answers to pings of the heartbeat."""
        if pongs:
            self._awaited = self._missed = 0
        if self._heard_at is not None:
            self._heard_at = now
        if self._quiet_since is not None:
            self._quiet_since = now

    def show(self, now: float) -> None:
        """Take a ping of the heartbeat that the driver was shown."""
        self._awaited += 1
        self._missed += 1
        self._quiet_since = None
        if self._missed > PINGS_MAX:
            expected = f"an end of the session after {PINGS_MAX} pings without an answer"
            self._complaints.fail(PINGS, f"{self._session}", expected, f"{self._missed} pings")

    def queue(self, now: float) -> None:
        """Take that a ping was queued in READY: nothing else is queued when time passes."""
        self._queued_at = now
        interval = self._config.heartbeat_interval
        if self._heard_at is not None and now < self._heard_at + interval - ROUNDING:
            expected = f"a ping {interval:g} s after the frame at {self._heard_at}"
            self._complaints.fail(PINGS, f"{self._session}", expected, f"at {now}")

    def miss(self, now: float) -> None:
        """Take that READY has become DEGRADED: a ping went unanswered."""
        timeout = self._config.heartbeat_timeout
        if self._queued_at is not None and now < self._queued_at + timeout - ROUNDING:
            expected = f"DEGRADED {timeout:g} s after a ping that was queued at {self._queued_at}"
            self._complaints.fail(PINGS, f"{self._session}", expected, f"at {now}")

    def tick(self, now: float, *, queued: int) -> None:
        """Take the time, after the machine had its chance to ping: `queued` bytes wait to be sent."""
        if self._awaited or queued:
            self._quiet_since = None
            return
        if self._quiet_since is None:
            self._quiet_since = now
        # Twice: a timer that fell due while pings were held back runs once more.
        silence_max = 2 * self._config.heartbeat_interval + ROUNDING
        if now - self._quiet_since > silence_max:
            expected = f"a ping within {silence_max:g} s of silence"
            self._complaints.fail(PINGS, f"{self._session}", expected, f"none in {now - self._quiet_since} s")
