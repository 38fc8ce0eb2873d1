"""A connection and the mock's core, joined by a perfect link, on a clock that jumps to each deadline."""

from collections.abc import Callable
from typing import TypeVar

import ami_proto as ami
from conformance.server import MockServer, Session

STEPS_MAX = 10_000

Kind = TypeVar("Kind")


class Virtual:
    """Drive a connection against a server; every notice is kept."""

    def __init__(self, config: ami.ServerConfig, server: MockServer) -> None:
        self.machine = ami.Connection(config, seed=1)
        self.server = server
        self.now = 1000.0
        self.notices: list[ami.Notice] = []
        self._session: ami.SessionId | None = None
        self._far_end: Session | None = None
        self._watch: ami.Watch | None = None

    def until(self, condition: Callable[[], object], patience: float = 120.0) -> None:
        """Go on until something is so, or fail after so many seconds of virtual time."""
        end = self.now + patience
        for _ in range(STEPS_MAX):
            self._drain()
            if condition():
                return
            if self._carry():
                continue
            deadlines = [self.machine.poll_timeout(), self.server.timeout()]
            self.now = max(self.now, min((each for each in deadlines if each is not None), default=end))
            assert self.now <= end, f"nothing after {patience} s, {self.machine.snapshot()}"
            self.server.handle_timeout(self.now)
            self.machine.handle_timeout(self.now)
        raise AssertionError("it spins")

    def outcome(self, ticket: ami.Ticket) -> ami.Outcome:
        """Go on until an action has ended, and return how."""
        self.until(lambda: any(each.ticket == ticket for each in self.kept(ami.ActionFinished)))
        (finished,) = (each for each in self.kept(ami.ActionFinished) if each.ticket == ticket)
        return finished.outcome

    def kept(self, kind: type[Kind]) -> list[Kind]:
        """Return the notices of a kind."""
        return [each for each in self.notices if isinstance(each, kind)]

    def _drain(self) -> None:
        while (notice := self.machine.poll_notice()) is not None:
            self.notices.append(notice)
        while (command := self.machine.poll_command()) is not None:
            match command:
                case ami.Connect(session):
                    self._session, self._far_end = session, self.server.connect(self.now)
                    self.machine.handle_connected(session, self.now)
                case ami.Watch():
                    self._watch = command
                case ami.Close():
                    if self._far_end is not None:
                        self._far_end.handle_disconnected()
                    self._session = self._far_end = self._watch = None

    def _carry(self) -> bool:
        """Move what there is to move; return whether there was anything."""
        session, far_end = self._session, self._far_end
        if session is None or far_end is None:
            return False
        out = self.machine.poll_transmit(session)
        if out:
            self.machine.handle_sent(session, len(out), self.now)
            far_end.receive(out, self.now)
        back = far_end.transmit() if self._watch is not None and self._watch.read else b""
        if back:
            self.machine.handle_received(session, back, self.now)
        elif far_end.closed:
            self._session = self._far_end = self._watch = None
            self.machine.handle_disconnected(session, ami.Disconnect(ami.Reason.EOF), self.now)
            return True
        return bool(out or back)
