"""One server of a world: a mock server at an address, the network to it, and its ledger."""

from collections.abc import Callable

import ami_proto as ami
from conformance.mock import CallTraffic, MockUser, noise
from conformance.mock.core import DEFAULT_USERS
from conformance.mock.timeline import Timeline

from .ledger import LedgerServer, ServerLedger
from .network import BOOT_MAX, RELEASES, SimulatedNetwork
from .scenario import Occasions
from .weather import Weather

BIG_COMMAND = "core show big"
"""A command of each server, whose output exceeds `max_frame_size`."""


class Site:
    """One server, with calls of its own, and everything that can happen to it."""

    def __init__(
        self,
        config: ami.ServerConfig,
        timeline: Timeline,
        occasions: Occasions,
        weather: Weather,
        note: Callable[[str], None],
        *,
        traffic: bool = True,
    ) -> None:
        self.name = f"{config.key} at {config.host}:{config.port}"
        self.weather = weather
        """The troubles of this server."""
        random = occasions.stream("site", self.name)
        banner, command_format = random.choice(RELEASES)
        self.server = LedgerServer(
            banner=banner,
            command_format=command_format,
            users=[MockUser(config.username, config.reveal_secret()), *DEFAULT_USERS[1:]],
            boot_duration=random.uniform(0.1, BOOT_MAX) if weather.boots else 0.0,
            seed=random.getrandbits(32),
        )
        size = config.max_frame_size
        self.server.cli[BIG_COMMAND] = lambda _server: "x" * size
        self.server.handle_timeout(timeline.now)
        self.network = SimulatedNetwork(timeline, occasions, weather, self.server, note, self.name)
        self._timeline = timeline
        self._random = occasions.stream("flood", self.name)
        rate = random.choice((1.0, 30.0))
        self._traffic = CallTraffic(self.server, rate) if traffic else None
        if weather.flood:
            self._flood()

    def begin(self, config: ami.ServerConfig) -> ServerLedger:
        """Begin the ledger of a new connection to this server."""
        ledger = ServerLedger(config.key)
        self.server.ledgers.append(ledger)
        return ledger

    def heal(self) -> None:
        """Cause no trouble from now on, and place no more calls."""
        if self._traffic is not None:
            self._traffic.stop()
        self.network.heal()
        self.weather = self.network.weather

    def _flood(self) -> None:
        """Push more events than small queues hold, at random moments."""
        for session in list(self.server.sessions.values()):
            if session.user is not None:
                session.push(noise.flood(self._random.randint(1, 50)))
        if self.weather.flood:
            pause = self._random.uniform(0.1, 5) / self.weather.flood
            self._timeline.after(pause, self._flood)
