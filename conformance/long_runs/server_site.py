"""One server of a run: the mock server, the links to it, and their troubles."""

from collections.abc import Callable
from functools import partial
from random import Random

import ami_proto as ami
from conformance.mock import MockServer, MockSession
from conformance.mock.privileges import parse_classes
from conformance.mock.requests import Request
from conformance.mock.timeline import Timeline
from conformance.world.link import SimulatedLink
from conformance.world.network import DialEnd
from conformance.world.weather import Weather

from .account import ServerAccount, SessionTally

KEEPALIVE = 60.0
"""Seconds after which the kernel of a server gives up a link that carries nothing."""
EVENT_CLASSES = parse_classes("user")
FILLER = "x" * 60
"""Brings an event to the size of an average one of Asterisk."""


class SharedTimeServer(MockServer):
    """A mock server that is one of many on one timeline, which the simulation runs for all of them."""

    def __init__(
        self, timeline: Timeline, account: ServerAccount, stir: Callable[[MockSession], None], *, seed: int
    ) -> None:
        super().__init__(seed=seed)
        self.timeline = timeline
        self._account = account
        self._stir = stir
        super().handle_timeout(timeline.now)

    def handle_timeout(self, now: float) -> None:
        """Do nothing: the timeline is not this server's alone."""

    def mark_pending(self, session: MockSession) -> None:
        """Tell the simulation which session has output."""
        self._stir(session)

    def perform(self, session: MockSession, request: Request) -> None:
        """Enter an action in the account, and run it."""
        self._account.carry_out(request)
        super().perform(session, request)


class ServerSite:
    """A server, and the network between it and the driver."""

    def __init__(
        self,
        account: ServerAccount,
        timeline: Timeline,
        random: Random,
        stirred: dict[MockSession, "ServerSite"],
    ) -> None:
        self.account = account
        self.links: dict[int, SimulatedLink] = {}
        """The links that are open on one side at least, by the number of the server's session."""
        self.severed: dict[int, float] = {}
        """When a link was severed of which the driver has not learnt yet."""
        self.deaths = 0
        """Severed links that the driver has given up."""
        self.notice_max = 0.0
        """Seconds until the driver gave up a severed link, at most."""
        self.random = random
        self._timeline = timeline
        self._weather = Weather()
        self.server = SharedTimeServer(
            timeline, account, partial(self._stir, stirred), seed=random.getrandbits(32)
        )

    # -- the network

    def dial(self, answer: DialEnd, wake: Callable[[], None]) -> None:
        """Try to connect. `answer` is called later."""
        self.account.dial(self._timeline.now)
        delay = self.random.uniform(0.001, 1.0 if self._weather.slow else 0.01)
        self._timeline.after(delay, partial(self._accept, answer, wake))

    def _accept(self, answer: DialEnd, wake: Callable[[], None]) -> None:
        if not self.server.accepting:
            answer(ami.Disconnect(ami.Reason.REFUSED, "the port is closed"))
        else:
            session = self.server.connect(self._timeline.now)
            tally = SessionTally(self.account, session.number)
            link = SimulatedLink(self._timeline, self.random, self._weather, session, tally, wake)
            self.links[session.number] = link
            answer(link)
        wake()

    def carry(self, session: MockSession) -> None:
        """Send the output of a session, and its end."""
        if (link := self.links.get(session.number)) is not None:
            link.collect()
            if session.closed:
                del self.links[session.number]

    def end(self, link: SimulatedLink | None) -> None:
        """Take that the driver has closed a link, or given up a dial."""
        self.account.ended_at = self._timeline.now
        severed_at = None if link is None else self.severed.pop(link.session.number, None)
        if severed_at is not None:
            self.deaths += 1
            self.notice_max = max(self.notice_max, self._timeline.now - severed_at)

    # -- what the server tells

    def tell(self, count: int) -> None:
        """Tell so many numbered events to each session that is logged in."""
        for link in list(self.links.values()):
            tally = link.ledger
            assert isinstance(tally, SessionTally), "this site has made it"
            if link.session.user is None:
                continue
            for _ in range(count):
                tally.serial += 1
                link.session.deliver(numbered(tally.number, tally.serial), EVENT_CLASSES)

    # -- troubles

    def open_port(self, accepting: bool) -> None:
        """Accept dials from now on, or refuse them."""
        self.server.accepting = accepting

    def slow_down(self, slow: bool) -> None:
        """Let bytes take up to a second from now on, or a few milliseconds."""
        self._weather = Weather(slow=slow)
        for link in self.links.values():
            link.weather = self._weather

    def close_links(self) -> None:
        """Let the server close every link."""
        self.server.drop_all()

    def reset_links(self) -> None:
        """Break every link by RST."""
        for link in list(self.links.values()):
            link.reset()

    def sever_links(self) -> None:
        """Let every link carry nothing from now on, without a sign. Return how many there were."""
        for number, link in self.links.items():
            if link.sound and link.session.user is not None:
                link.sever(up=self.random.random() < 0.5)
                self.severed[number] = self._timeline.now
                self._timeline.after(KEEPALIVE, link.session.handle_disconnected)

    def restart(self, boot_duration: float) -> None:
        """Close every link and boot anew."""
        self.server.boot_duration = boot_duration
        self.server.restart()

    def corrupt(self, data: bytes) -> None:
        """Send bytes that are not AMI to each session that is logged in."""
        self.account.damaged = True
        for link in self.links.values():
            if link.session.user is not None:
                link.session.push(data)

    def _stir(self, stirred: dict[MockSession, "ServerSite"], session: MockSession) -> None:
        stirred[session] = self


def numbered(session: int, serial: int) -> bytes:
    """Return an event that says which one of its session it is."""
    text = f"Event: Numbered\r\nPrivilege: user,all\r\nSession: {session}\r\nSerial: {serial}\r\n"
    return f"{text}Filler: {FILLER}\r\n\r\n".encode()
