"""Drive a cluster by hand: a virtual clock, a network that delivers at once, and servers that answer.

A server is a name and what it does: it answers logins and actions, or refuses, or says nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Generic, Self, TypeVar

import ami_proto as ami
from ami_proto.cluster.cluster import Cluster
from ami_proto.config.limits import ClusterConfig
from ami_proto.drivers import Close, Command, Connect, Look, SessionId, Subscription, Watch
from conformance.laws import LawfulCluster
from conformance.laws.playbook import BANNER, SERVER, SentAction, frame, read_actions

MachineKind = TypeVar("MachineKind", Cluster, LawfulCluster, ami.Connection)


def configs(*keys: str, **options: object) -> list[ami.ServerConfig]:
    """Return the configurations of servers with these keys."""
    return [replace(SERVER, key=key, auth="plain", **options) for key in keys]  # type: ignore[arg-type]


class Fleet(Generic[MachineKind]):
    """A machine, and the world around it. Everything that it said is kept."""

    def __init__(self, machine: MachineKind) -> None:
        self.machine: MachineKind = machine
        self.now = 0.0
        self.notices: list[ami.Notice] = []
        self.commands: list[Command] = []
        self.written: dict[str, list[bytes]] = {}
        """Everything that was written to each server, piece by piece."""
        self.sessions: dict[str, SessionId] = {}
        """The streams that are up."""
        self.watches: dict[str, Watch] = {}
        self.dialled: list[tuple[float, str]] = []
        self.refusing: set[str] = set()
        """Servers that refuse connections."""
        self.silent: set[str] = set()
        """Servers that answer nothing after the login."""
        self.answer: Callable[[str, SentAction], bytes] = lambda _server, action: frame(
            "Response: Success", f"ActionID: {action.action_id}"
        )

    def start(self) -> Self:
        self.machine.start(self.now)
        return self.settle()

    def settle(self) -> Self:
        """Drain everything, and let the servers answer, until nothing happens any more."""
        while self._drain():
            self._write()
        return self

    def _drain(self) -> bool:
        busy = False
        while (notice := self.machine.poll_notice()) is not None:
            self.notices.append(notice)
            busy = True
        while (command := self.machine.poll_command()) is not None:
            self.commands.append(command)
            self._carry_out(command)
            busy = True
        due = self.machine.poll_timeout()
        if due is not None and due <= self.now:
            self.machine.handle_timeout(self.now)
            busy = True
        return busy or any(watch.write for watch in self.watches.values())

    def _carry_out(self, command: Command) -> None:
        session = command.session
        match command:
            case Connect():
                self.dialled.append((self.now, session.server))
                if session.server in self.refusing:
                    cause = ami.Disconnect(ami.Reason.REFUSED)
                    self.machine.handle_disconnected(session, cause, self.now)
                else:
                    self.sessions[session.server] = session
                    self.machine.handle_connected(session, self.now)
                    self.machine.handle_drained(session, self.now)
                    self.machine.handle_received(session, BANNER, self.now)
            case Watch():
                self.watches[session.server] = command
            case Look():
                self.machine.handle_drained(session, self.now)
            case Close():
                self.sessions.pop(session.server, None)
                self.watches.pop(session.server, None)

    def _write(self) -> None:
        for server, watch in list(self.watches.items()):
            if watch.write and (data := self.machine.poll_transmit(watch.session)):
                self.machine.handle_sent(watch.session, len(data), self.now)
                self.written.setdefault(server, []).append(data)
                for action in read_actions(data):
                    if action.name == "Login" or server not in self.silent:
                        self.tell(server, self.answer(server, action))

    def reads(self, server: str) -> bool:
        """Whether the driver was told to read from a server."""
        return self.watches[server].read

    def tell(self, server: str, data: bytes) -> None:
        """Let a server say something."""
        self.machine.handle_received(self.sessions[server], data, self.now)

    def lose(self, server: str) -> Self:
        """Let a stream end."""
        self.watches.pop(server, None)
        cause = ami.Disconnect(ami.Reason.EOF)
        self.machine.handle_disconnected(self.sessions.pop(server), cause, self.now)
        return self.settle()

    def wait(self, seconds: float) -> Self:
        """Let time pass, and act at every deadline."""
        end = self.now + seconds
        while (due := self.machine.poll_timeout()) is not None and due <= end:
            self.now = max(self.now, due)
            self.machine.handle_timeout(self.now)
            self.settle()
        self.now = end
        return self

    def outcomes(self) -> dict[str, ami.Outcome]:
        """Return the outcomes so far, by ActionID."""
        finished = (each for each in self.notices if isinstance(each, ami.ActionFinished))
        return {each.ticket.action_id: each.outcome for each in finished}

    def pull_all(self, subscription: Subscription) -> list[ami.Message | ami.Gap | ami.Drops]:
        """Pull all that a subscription has."""
        items = []
        while (item := self.machine.poll_message(subscription)) is not None:
            items.append(item)
        return items


def started(*keys: str, limits: ClusterConfig | None = None, **options: object) -> Fleet[Cluster]:
    """Return a cluster of these servers, all of them READY."""
    machine = Cluster(configs(*keys, **options), seed=1, limits=limits)
    fleet = Fleet(machine).start().wait(1.0)
    assert set(machine.states.values()) == {ami.State.READY}
    return fleet


def events(name: str, numbers: Iterable[int]) -> bytes:
    """Return numbered events."""
    return b"".join(frame(f"Event: {name}", f"Number: {number}") for number in numbers)
