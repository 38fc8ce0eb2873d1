"""Dials and links between the driver and one server, and their troubles."""

from collections.abc import Callable
from functools import partial

import ami_proto as ami
from conformance.mock.timeline import Timeline

from .ledger import LedgerServer, ServerLedger
from .link import SimulatedLink
from .scenario import Occasions
from .weather import Weather, draw_nonsense, draw_trouble

PARTITION_MAX = 20.0
"""Seconds for which nothing is carried."""
BOOT_MAX = 10.0
"""Seconds that a server boots."""
RELEASES = (("11.0.0", "output"), ("7.0.3", "output"), ("5.0.4", "output"), ("2.8.0", "follows"))
"""Banners, and how `Command` is answered: Asterisk 22, 18, 16 and 13."""

DialEnd = Callable[[SimulatedLink | ami.Disconnect], None]
"""Takes the result of a dial: the link, or why it failed."""


class SimulatedNetwork:
    """Connect a driver with a mock server, under the troubles of `weather`."""

    def __init__(
        self,
        timeline: Timeline,
        occasions: Occasions,
        weather: Weather,
        server: LedgerServer,
        trace: Callable[[str], None],
        name: str = "server",
    ) -> None:
        self.weather = weather
        self.server = server
        self.links: dict[int, SimulatedLink] = {}
        """Every link so far, by the number of its session."""
        self.dials = 0
        self._users = dict(server.users)
        self._timeline = timeline
        self._occasions = occasions
        self._trace = trace
        self._name = name
        self._strikes = 0
        self._parted = {True: 0.0, False: 0.0}
        """Until when nothing is carried up (True) and down."""
        self._random = occasions.stream("strikes", name)
        self._plan()

    def dial(self, answer: DialEnd) -> None:
        """Try to connect. `answer` is called later, or never."""
        self.dials += 1
        ledger = self.server.ledger
        ledger.dials.append(self._timeline.now)
        random = self._occasions.stream("dial", self._name, self.dials)
        weather = self.weather
        parted = max(self._parted.values()) > self._timeline.now
        if parted or random.random() < 0.3 * weather.black_holes:
            return
        refused = random.random() < 0.4 * weather.refused
        reason = random.choice((ami.Reason.REFUSED, ami.Reason.UNREACHABLE, ami.Reason.TLS_FAILED))
        delay = random.uniform(0.001, 1.0 if weather.slow else 0.01)
        self._timeline.after(delay, partial(self._accept, answer, reason if refused else None, ledger))

    def carry(self) -> None:
        """Send the output of the sessions, in the order of their numbers."""
        while self.server.pending_sessions:
            stirred = sorted(self.server.pending_sessions, key=lambda session: session.number)
            self.server.pending_sessions.clear()
            for session in stirred:
                if session.number in self.links:
                    self.links[session.number].collect()

    def heal(self) -> None:
        """Cause no trouble from now on. Open links end, some of them without a sign."""
        self.weather = self.weather.healed()
        self.server.faults.clear()
        self.server.accepting = True
        self._parted = {True: 0.0, False: 0.0}
        self._know_users(True)
        random = self._occasions.stream("heal", self._name)
        for link in self._open():
            link.weather = self.weather
            self._befall(link, random.choice((self._close, SimulatedLink.reset, SimulatedLink.sever)))
        for session in list(self.server.sessions.values()):
            session.handle_disconnected()

    # -- helpers

    def _accept(self, answer: DialEnd, refusal: ami.Reason | None, ledger: ServerLedger) -> None:
        if refusal is not None or not self.server.accepting:
            answer(ami.Disconnect(refusal or ami.Reason.REFUSED, "by the weather"))
            return
        number = len(self.links) + 1
        random = self._occasions.stream("link", self._name, number)
        self.server.faults.clear()
        if random.random() < 0.7 * self.weather.troubles:
            count = random.randint(1, 3)
            self.server.faults += [draw_trouble(random, number) for _ in range(count)]
            self._trace(f"-- {self._name}: trouble: {self.server.faults}")
        session = self.server.connect(self._timeline.now)
        link = SimulatedLink(self._timeline, random, self.weather, session, ledger.open(session.number))
        for up, until in self._parted.items():
            link.hold(until, up=up)
        self.links[session.number] = link
        answer(link)

    def _plan(self) -> None:
        self._timeline.after(self._random.expovariate(1 / self._occasions.troubles_every), self._strike)

    def _strike(self) -> None:
        """Cause a random trouble for the newest link, or for the server."""
        self._plan()
        self._strikes += 1
        random = self._occasions.begin(f"strike {self._name} {self._strikes}")
        if random is None:
            return
        weather = self.weather
        links = self._open()
        disasters: list[Callable[[SimulatedLink], None]] = []
        if random.random() < weather.losses:
            disasters += [self._close, SimulatedLink.reset]
        if random.random() < weather.severed:
            disasters += [
                SimulatedLink.sever,
                partial(SimulatedLink.sever, up=False),
                partial(SimulatedLink.sever, down=False),
            ]
        if random.random() < weather.nonsense:
            nonsense = draw_nonsense(random, links[-1].action_id if links else b"")
            disasters += [partial(_mumble, nonsense)]
        if links and disasters:
            self._befall(links[-1], random.choice(disasters))
        if random.random() < 0.3 * weather.partitions:
            self._part(random.uniform(0.1, PARTITION_MAX), random.choice(((True,), (False,), (True, False))))
        if weather.locked_out:
            self._know_users(random.random() >= 0.4 * weather.locked_out)
        if random.random() < 0.3 * weather.restarts:
            boot = random.uniform(0.1, BOOT_MAX) if weather.boots else 0.0
            self._restart(boot, random.choice(RELEASES) if random.random() < weather.older else None)

    def _restart(self, boot: float, release: tuple[str, str] | None) -> None:
        server = self.server
        server.boot_duration = boot
        if release is not None:
            server.change_release(*release)
        self._trace(f"-- {self._name} restarts as {server.version}, and boots for {boot:.3f} s")
        server.restart()

    def _part(self, seconds: float, directions: tuple[bool, ...]) -> None:
        """Carry nothing in these directions for a while: TCP sends it all again later."""
        words = " and ".join("up" if up else "down" for up in directions)
        self._trace(f"-- {self._name}: nothing is carried {words} for {seconds:.3f} s")
        for up in directions:
            self._parted[up] = self._timeline.now + seconds
            for link in self._open():
                link.hold(self._parted[up], up=up)

    def _know_users(self, known: bool) -> None:
        self.server.users = dict(self._users) if known else {}

    def _befall(self, link: SimulatedLink, disaster: Callable[[SimulatedLink], None]) -> None:
        inner = disaster.func if isinstance(disaster, partial) else disaster
        how = f" {disaster.keywords}" if isinstance(disaster, partial) and disaster.keywords else ""
        self._trace(f"-- {self._name}, link {link.session.number}: {inner.__name__.strip('_')}{how}")
        disaster(link)

    def _close(self, link: SimulatedLink) -> None:
        self.server.drop(link.session)

    def _open(self) -> list[SimulatedLink]:
        return [link for link in self.links.values() if not (link.closed or link.session.closed)]


def _mumble(nonsense: bytes, link: SimulatedLink) -> None:
    link.session.push(nonsense)
