"""A connection and the mock server on a network without delay or loss; the clock jumps to each deadline.

`manual_network` lets the test move every byte instead.
"""

from collections.abc import Callable
from typing import TypeVar

import ami_proto as ami
from ami_proto.drivers import Close, Connect, SessionId, Watch
from conformance.mock import MockServer, MockSession

STEPS_MAX = 10_000

Kind = TypeVar("Kind")


class PerfectNetwork:
    """Drive a connection against a server, and keep every notice."""

    def __init__(self, config: ami.ServerConfig, server: MockServer) -> None:
        self.machine = ami.Connection(config, seed=1)
        self.server = server
        self.now = 1000.0
        self.notices: list[ami.Notice] = []
        self._session: SessionId | None = None
        self._far_end: MockSession | None = None
        self._watch: Watch | None = None

    def until(self, condition: Callable[[], object], patience: float = 120.0) -> None:
        """Run until the condition is true; fail after `patience` seconds of virtual time."""
        end = self.now + patience
        for _ in range(STEPS_MAX):
            self._drain()
            if condition():
                return
            if self._carry():
                continue
            deadlines = [self.machine.poll_timeout(), self.server.timeout()]
            self.now = max(self.now, min((each for each in deadlines if each is not None), default=end))
            assert self.now <= end, f"not true after {patience} s, {self.machine.snapshot()}"
            self.server.handle_timeout(self.now)
            self.machine.handle_timeout(self.now)
        raise AssertionError(f"not true after {STEPS_MAX} steps, {self.machine.snapshot()}")

    def outcome(self, ticket: ami.Ticket) -> ami.Outcome:
        """Run until an action has ended, and return its outcome."""
        self.until(lambda: any(each.ticket == ticket for each in self.notices_of(ami.ActionFinished)))
        (finished,) = (each for each in self.notices_of(ami.ActionFinished) if each.ticket == ticket)
        return finished.outcome

    def notices_of(self, kind: type[Kind]) -> list[Kind]:
        """Return the notices of a type, in order."""
        return [each for each in self.notices if isinstance(each, kind)]

    def _drain(self) -> None:
        while (notice := self.machine.poll_notice()) is not None:
            self.notices.append(notice)
        while (command := self.machine.poll_command()) is not None:
            match command:
                case Connect(session):
                    self._session, self._far_end = session, self.server.connect(self.now)
                    self.machine.handle_connected(session, self.now)
                case Watch():
                    self._watch = command
                case Close():
                    if self._far_end is not None:
                        self._far_end.handle_disconnected()
                    self._session = self._far_end = self._watch = None

    def _carry(self) -> bool:
        """Move all bytes, and the end of the stream; return whether anything moved."""
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
