"""The attempts to connect: when the next one is due, and who lets it dial.

Backoff and breaker decide how long to wait after a failure. Then a connection dials by itself, or, with a
throttle, waits until its owner admits it.
"""

from random import Random

from ami_proto.config.server import ServerConfig
from ami_proto.connection.breaker import Backoff, Breaker
from ami_proto.connection.journal import ServerJournal
from ami_proto.connection.notices import ConnectScheduled
from ami_proto.connection.registry import Delivery
from ami_proto.connection.timers import Timer, Timers
from ami_proto.values import Disconnect


class Retries:
    """Schedule one attempt after the other, and report each."""

    __slots__ = ("_config", "_delivery", "_journal", "_throttled", "_timers", "backoff", "breaker", "wanted")

    def __init__(
        self,
        config: ServerConfig,
        random: Random,
        timers: Timers,
        delivery: Delivery,
        journal: ServerJournal,
        *,
        throttled: bool,
    ) -> None:
        self.backoff = Backoff(config.reconnect_min, config.reconnect_max, random)
        self.breaker = Breaker(config, self.backoff, journal)
        self.wanted = False
        """Whether the wait is over, and the owner of a throttled connection decides when to dial."""
        self._config = config
        self._timers = timers
        self._delivery = delivery
        self._journal = journal
        self._throttled = throttled

    def begin(self, now: float) -> None:
        """Begin with a connection that is started: the first attempt is due at once."""
        self.backoff.reset()
        self.breaker.begin()
        self._schedule(0.0, None, now)

    def handle_failure(self, cause: Disconnect | None, now: float) -> None:
        """Take the failure of an attempt or of a session, and schedule the next attempt."""
        delay = self.backoff.next_delay()
        self.breaker.handle_failure(cause)
        self._schedule(max(delay, self.breaker.delay_min), cause, now)

    def handle_due(self) -> bool:
        """Take the end of the wait; return whether to dial without being admitted."""
        self._timers.stop(Timer.RECONNECT)
        self.wanted = True
        return not self._throttled

    def handle_dialled(self) -> None:
        """Take the dial of the attempt that was due."""
        self.wanted = False
        self.breaker.handle_dialled()

    def handle_stable(self) -> None:
        """Take the proof that the server is well: the next failure counts as the first."""
        self.breaker.handle_stable()
        self.backoff.reset()

    def handle_ended(self, cause: Disconnect | None) -> None:
        """Take the end of the connection: no attempt follows."""
        self._timers.stop(Timer.RECONNECT)
        self.wanted = False
        self.breaker.handle_ended(cause)

    def _schedule(self, delay: float, cause: Disconnect | None, now: float) -> None:
        attempt = self.backoff.failures + 1
        key, host, port = self._config.key, self._config.host, self._config.port
        depth = sum(queue.depth for queue in self._delivery.queues)
        self._journal.put_step(ConnectScheduled(key, host, port, attempt, delay, now + delay, cause, depth))
        self._timers[Timer.RECONNECT] = now + delay
