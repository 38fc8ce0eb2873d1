"""When a server is tried again: backoff after a failure, and a breaker after many.

    CLOSED -- breaker_threshold failures --> OPEN -- cooldown over, dial --> HALF_OPEN
       ^                                      ^                                 |   |
       |                                      +------------- failure -----------+   |
       +---------------------------- stable for stable_after -----------------------+

Every end of a session that the application did not ask for is a failure, whatever its kind: a refused
dial, a refused login, a timer, a loss from READY. The backoff counts them, and forgets them only when
the connection has been READY for `stable_after`.

The attempt in HALF_OPEN is the probe. It has one outcome: stable, failed, or ended with the connection. A
connection that ends leaves its breaker CLOSED, and so begins anew when it is started.
"""

from random import Random

from ami_proto.config.server import ServerConfig
from ami_proto.connection.journal import ServerJournal
from ami_proto.connection.notices import BreakerChanged
from ami_proto.values import BreakerState, Disconnect

EXPONENT_MAX = 64
"""Doublings that reach any cap; beyond them a float would overflow."""


class Backoff:
    """Draw delays: the n-th is uniform between `low` and min(`high`, `low` x 2^n).

    This is full jitter above a floor: clients that lost a server together do not come back together, and
    no server is asked again at once.
    """

    __slots__ = ("_high", "_low", "_random", "failures")

    def __init__(self, low: float, high: float, random: Random) -> None:
        self._low = low
        self._high = high
        self._random = random
        self.failures = 0

    def next_delay(self) -> float:
        """Count a failure; return the seconds to wait before the next attempt."""
        self.failures += 1
        cap = min(self._high, self._low * 2.0 ** min(self.failures, EXPONENT_MAX))
        return self._random.uniform(self._low, cap)

    def reset(self) -> None:
        """Forget the failures: the connection has proved stable."""
        self.failures = 0


class Breaker:
    """Decide whether a server may be tried; report every change of that."""

    __slots__ = ("_backoff", "_config", "_journal", "openings", "state")

    def __init__(self, config: ServerConfig, backoff: Backoff, journal: ServerJournal) -> None:
        self._config = config
        self._backoff = backoff
        self._journal = journal
        self.state = BreakerState.CLOSED
        self.openings = 0
        """How often the breaker opened since the start."""

    @property
    def delay_min(self) -> float:
        """The least number of seconds from a failure to the next attempt."""
        return self._config.breaker_cooldown if self.state is BreakerState.OPEN else 0.0

    def begin(self) -> None:
        """Begin with a connection that is started."""
        self.openings = 0

    def handle_failure(self, cause: Disconnect | None) -> None:
        """Take a failure that the backoff has just counted. The last of many opens, and so does a probe's."""
        too_many = self._backoff.failures >= self._config.breaker_threshold
        if self.state is BreakerState.HALF_OPEN or too_many:
            self.openings += 1
            self._enter(BreakerState.OPEN, cause)

    def handle_dialled(self) -> None:
        """Take an attempt. It is the probe if the breaker is open."""
        if self.state is BreakerState.OPEN:
            self._enter(BreakerState.HALF_OPEN)

    def handle_stable(self) -> None:
        """Take the proof that the server is well. Call before the backoff forgets the failures."""
        if self.state is not BreakerState.CLOSED:
            self._enter(BreakerState.CLOSED)

    def handle_ended(self, cause: Disconnect | None) -> None:
        """Take the end of the connection, and with it of a probe."""
        if self.state is not BreakerState.CLOSED:
            self._enter(BreakerState.CLOSED, cause)

    def _enter(self, state: BreakerState, cause: Disconnect | None = None) -> None:
        old, self.state = self.state, state
        failures = self._backoff.failures
        self._journal.put_step(
            BreakerChanged(self._config.key, old, state, cause, failures=failures, openings=self.openings)
        )
