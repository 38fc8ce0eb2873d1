"""The breaker: a server that failed often in a row is left alone for a while, and then asked once.

    CLOSED -- breaker_threshold failures --> OPEN -- cooldown over, dial --> HALF_OPEN
       ^                                      ^                                 |   |
       |                                      +------------- failure -----------+   |
       +---------------------------- stable for stable_after -----------------------+

Every end of a session before anyone asked for it is a failure, whatever its kind: a refused dial, a
refused login, a timer, a loss from READY. They are counted by the backoff, which forgets them only
when the connection has proved stable.

The attempt in HALF_OPEN is the probe. It has one outcome: stable, failed, or ended with the
connection. A connection that ends leaves its breaker CLOSED, and so begins anew when it is started.
"""

from ami_proto.config import ServerConfig
from ami_proto.connection.backoff import Backoff
from ami_proto.connection.notices import BreakerChanged, NoticeQueue
from ami_proto.values import BreakerState, Disconnect


class Breaker:
    """Decide whether a server may be asked; say so whenever that changes."""

    __slots__ = ("_backoff", "_config", "_notices", "openings", "state")

    def __init__(self, config: ServerConfig, backoff: Backoff, notices: NoticeQueue) -> None:
        self._config = config
        self._backoff = backoff
        self._notices = notices
        self.state = BreakerState.CLOSED
        self.openings = 0
        """How often it opened since the start."""

    @property
    def delay_min(self) -> float:
        """Seconds from a failure to the next attempt, at least."""
        return self._config.breaker_cooldown if self.state is BreakerState.OPEN else 0.0

    def begin(self) -> None:
        """Begin with a connection that was started."""
        self.openings = 0

    def handle_failure(self, cause: Disconnect | None) -> None:
        """Take the failure that the backoff has just counted; the last of many, or of a probe, opens."""
        too_many = self._backoff.failures >= self._config.breaker_threshold
        if self.state is BreakerState.HALF_OPEN or too_many:
            self.openings += 1
            self._enter(BreakerState.OPEN, cause)

    def handle_dialled(self) -> None:
        """Take the next attempt: if the breaker is open, this is the probe."""
        if self.state is BreakerState.OPEN:
            self._enter(BreakerState.HALF_OPEN)

    def handle_stable(self) -> None:
        """Take the proof that the server is well, before the backoff forgets the failures."""
        if self.state is not BreakerState.CLOSED:
            self._enter(BreakerState.CLOSED)

    def handle_ended(self, cause: Disconnect | None) -> None:
        """Take the end of the connection, and of a probe that is under way."""
        if self.state is not BreakerState.CLOSED:
            self._enter(BreakerState.CLOSED, cause)

    def _enter(self, state: BreakerState, cause: Disconnect | None = None) -> None:
        old, self.state = self.state, state
        failures = self._backoff.failures
        self._notices.put_step(
            BreakerChanged(self._config.key, old, state, cause, failures=failures, openings=self.openings)
        )
