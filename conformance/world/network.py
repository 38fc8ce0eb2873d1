"""The way to the server: dials and what becomes of them, links and what befalls them."""

from collections.abc import Callable
from functools import partial
from random import Random

import ami_proto as ami
from conformance.server import MockServer
from conformance.server.timeline import Timeline

from .link import Link
from .weather import Weather, draw_nonsense, draw_trouble

DISASTERS_EVERY = 8.0
"""Seconds between two things that befall links, on average."""

Answer = Callable[[Link | ami.Disconnect], None]
"""Take the end of a dial: the link, or why there is none."""


class Network:
    """Connect a driver with a mock server, by the weather."""

    def __init__(
        self,
        timeline: Timeline,
        random: Random,
        weather: Weather,
        server: MockServer,
        trace: Callable[[str], None],
    ) -> None:
        self.weather = weather
        self.server = server
        self.links: dict[int, Link] = {}
        """Every link that was made, by the number of its session."""
        self.dials = 0
        self._users = dict(server.users)
        self._timeline = timeline
        self._random = random
        self._trace = trace
        self._plan()

    def dial(self, answer: Answer) -> None:
        """Try to connect; the answer comes later, if at all."""
        self.dials += 1
        draw, weather = self._random.random, self.weather
        if weather.black_holes and draw() < 0.3:
            return
        refused = weather.refused and draw() < 0.4
        delay = self._random.uniform(0.001, 1.0 if weather.slow else 0.01)
        self._timeline.after(delay, partial(self._accept, answer, refused))

    def carry(self) -> None:
        """Put on its way whatever sessions have said, in the order of their numbers."""
        while self.server.stirred:
            stirred = sorted(self.server.stirred, key=lambda session: session.number)
            self.server.stirred.clear()
            for session in stirred:
                if session.number in self.links:
                    self.links[session.number].collect()

    def heal(self) -> None:
        """Let nothing go wrong from now on. Links that are open end, and not all of them say so."""
        self.weather = self.weather.healed()
        self.server.faults.clear()
        self.server.accepting = True
        self._know_users(True)
        for link in self._open():
            link.weather = self.weather
            self._befall(link, self._random.choice((self._close, Link.reset, Link.sever)))
        for session in list(self.server.sessions.values()):
            session.handle_disconnected()

    # -- helpers

    def _accept(self, answer: Answer, refused: bool) -> None:
        if refused or not self.server.accepting:
            reason = self._random.choice((ami.Reason.REFUSED, ami.Reason.UNREACHABLE, ami.Reason.TLS_FAILED))
            answer(ami.Disconnect(reason, "by the weather"))
            return
        self._draw_troubles(len(self.links) + 1)
        session = self.server.connect(self._timeline.now)
        link = self.links[session.number] = Link(self._timeline, self._random, self.weather, session)
        answer(link)

    def _draw_troubles(self, number: int) -> None:
        """Plan what shall go wrong on the next link."""
        self.server.faults.clear()
        if self.weather.troubles and self._random.random() < 0.7:
            count = self._random.randint(1, 3)
            self.server.faults += [draw_trouble(self._random, number) for _ in range(count)]
            self._trace(f"-- trouble: {self.server.faults}")

    def _plan(self) -> None:
        self._timeline.after(self._random.expovariate(1 / DISASTERS_EVERY), self._strike)

    def _strike(self) -> None:
        """Let something befall the links that are open."""
        self._plan()
        links = self._open()
        disasters: list[Callable[[Link], None]] = []
        if self.weather.losses:
            disasters += [self._close, Link.reset]
        if self.weather.severed:
            disasters += [Link.sever, partial(Link.sever, up=False), partial(Link.sever, down=False)]
        if self.weather.nonsense:
            disasters += [self._mumble]
        if links and disasters:
            self._befall(links[-1], self._random.choice(disasters))
        if self.weather.locked_out:
            self._know_users(self._random.random() < 0.6)
        if self.weather.restarts and self._random.random() < 0.3:
            self._trace("-- the server restarts")
            self.server.drop_all()

    def _know_users(self, known: bool) -> None:
        self.server.users = dict(self._users) if known else {}

    def _befall(self, link: Link, disaster: Callable[[Link], None]) -> None:
        name = getattr(disaster, "__name__", "sever one way")
        self._trace(f"-- link {link.session.number}: {name.strip('_')}")
        disaster(link)

    def _close(self, link: Link) -> None:
        self.server.drop(link.session)

    def _mumble(self, link: Link) -> None:
        link.session.push(draw_nonsense(self._random))

    def _open(self) -> list[Link]:
        return [link for link in self.links.values() if not (link.closed or link.session.closed)]
