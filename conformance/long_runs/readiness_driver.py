"""A driver that serves only the streams where something has happened, as an event loop on epoll does.

`conformance.world.driver` visits every session in every round, and drives badly on purpose. This one is for
many servers: what a round costs depends on what has happened, not on how many servers there are.
"""

from collections.abc import Callable, Mapping
from functools import partial

import ami_proto as ami
from ami_proto.drivers import (
    TRANSMIT_LIMIT,
    Close,
    Command,
    Connect,
    Look,
    Machine,
    ServerKey,
    SessionId,
    Watch,
)
from conformance.mock.timeline import Timeline
from conformance.world.driver import ROUNDS_MAX
from conformance.world.link import SimulatedLink

from .account import SessionTally
from .server_site import ServerSite


class SimulatedStream:
    """A session of the driver: a dial, then a link, and what to watch on it."""

    def __init__(self, site: ServerSite) -> None:
        self.site = site
        self.link: SimulatedLink | None = None
        self.failure: ami.Disconnect | None = None
        self.watch: Watch | None = None
        self.up = False
        """Whether the machine knows that it is connected."""
        self.looking = False
        """Whether the machine waits for a read that finds nothing."""
        self.closed = False

    def answer(self, answer: SimulatedLink | ami.Disconnect) -> None:
        """Take the result of the dial."""
        if not isinstance(answer, SimulatedLink):
            self.failure = answer
        elif self.closed:
            answer.close()
        else:
            self.link = answer

    def close(self) -> None:
        """Close the link, or give up the dial."""
        self.closed = True
        if self.link is not None:
            self.link.close()
        self.site.end(self.link)

    @property
    def hidden(self) -> bool:
        """Whether there is something to read, and the machine does not want it now."""
        return self.link is not None and self.link.readable and self.watch is not None and not self.watch.read


class ReadinessDriver:
    """Drive one machine over simulated links."""

    def __init__(
        self,
        machine: Machine,
        sites: Mapping[ServerKey, ServerSite],
        timeline: Timeline,
        deliver: Callable[[ami.Notice], None],
    ) -> None:
        self.sessions: dict[SessionId, SimulatedStream] = {}
        self.rounds = 0
        """How often `handle_timeout` was called."""
        self.on_dial: Callable[[float], None] = lambda _now: None
        self.on_read: Callable[[ServerKey, int], None] = lambda _server, _events: None
        """Told of each read: the server, and how many events ended in it."""
        self.on_round: Callable[[], None] = lambda: None
        """Told before each `handle_timeout`."""
        self._machine = machine
        self._sites = sites
        self._timeline = timeline
        self._deliver = deliver
        self._ready: dict[SessionId, None] = {}

    def run(self) -> None:
        """Run rounds until there is nothing to do at this moment."""
        for _ in range(ROUNDS_MAX):
            if not self._round():
                return
        raise AssertionError(f"the machine spins at {self._timeline.now}")

    def _round(self) -> bool:
        """Serve each ready stream once, then drain; return whether there was anything to do."""
        ready, self._ready = self._ready, {}
        for session in ready:
            if (stream := self.sessions.get(session)) is not None:
                self._serve(session, stream)
        busy = self._drain() or bool(ready)
        deadline = self._machine.poll_timeout()
        if deadline is not None and deadline <= self._timeline.now:
            self.on_round()
            self.rounds += 1
            self._machine.handle_timeout(self._timeline.now)
            return True
        return busy

    def _drain(self) -> bool:
        drained = self._command()
        while (notice := self._machine.poll_notice()) is not None:
            self._deliver(notice)
            drained = True
        return drained

    def _command(self) -> bool:
        """Carry out every command; return whether there was one."""
        some = False
        while (command := self._machine.poll_command()) is not None:
            self._carry_out(command)
            some = True
        return some

    def _carry_out(self, command: Command) -> None:
        session = command.session
        match command:
            case Connect():
                self.on_dial(self._timeline.now)
                stream = self.sessions[session] = SimulatedStream(self._sites[session.server])
                stream.site.dial(stream.answer, partial(self._wake, session))
            case Watch():
                self.sessions[session].watch = command
                self._wake(session)
            case Look():
                self.sessions[session].looking = True
                self._wake(session)
            case Close():
                self.sessions.pop(session).close()

    def _wake(self, session: SessionId) -> None:
        self._ready[session] = None

    def _serve(self, session: SessionId, stream: SimulatedStream) -> None:
        """Report what the network did in one stream: one read and one write at most."""
        if stream.failure is not None:
            self._lose(session, stream, stream.failure)
        elif (link := stream.link) is None:
            return
        elif not stream.up:
            stream.up = stream.looking = True
            self._machine.handle_connected(session, self._timeline.now)
            self._wake(session)
        else:
            if stream.watch is not None and stream.watch.read:
                self._read(session, stream, link)
            if stream.watch is not None and stream.watch.write and session in self.sessions:
                self._write(session, stream, link)

    def _read(self, session: SessionId, stream: SimulatedStream, link: SimulatedLink) -> None:
        if link.readable:
            self._wake(session)
            if data := link.read():
                assert isinstance(link.ledger, SessionTally), "its site has made it"
                self.on_read(session.server, link.ledger.read(len(data)))
                self._machine.handle_received(session, data, self._timeline.now)
                self._command()
            else:
                self._lose(session, stream, link.end or ami.Disconnect(ami.Reason.EOF))
        elif stream.looking:
            stream.looking = False
            self._machine.handle_drained(session, self._timeline.now)

    def _write(self, session: SessionId, stream: SimulatedStream, link: SimulatedLink) -> None:
        if link.end is not None:
            if stream.watch is not None and not stream.watch.read:
                self._lose(session, stream, link.end)
            return
        if not link.writable:
            return  # the link wakes this stream when there is room
        if taken := link.write(self._machine.poll_transmit(session, TRANSMIT_LIMIT)):
            self._machine.handle_sent(session, taken, self._timeline.now)
            self._wake(session)

    def _lose(self, session: SessionId, stream: SimulatedStream, cause: ami.Disconnect) -> None:
        del self.sessions[session]
        stream.close()
        self._machine.handle_disconnected(session, cause, self._timeline.now)
