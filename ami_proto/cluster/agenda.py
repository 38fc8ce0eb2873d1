"""What the driver is told next: which servers have a command, and the earliest deadline of all.

A server that was touched is looked at when the driver asks, once, however often it was touched meanwhile:
most facts are followed by others before the next poll.
"""

from ami_proto.cluster.deadlines import ServerDeadlines
from ami_proto.cluster.members import Member
from ami_proto.values import ServerKey


class Agenda:
    """Keep the servers with commands, and the deadlines, of those that were touched up to now."""

    __slots__ = ("_deadlines", "_touched", "commanding")

    def __init__(self) -> None:
        self.commanding: dict[ServerKey, Member] = {}
        """The servers that have a command for the driver, and touched ones that may have. One that gives none
        when it is polled is taken out, until it is touched again."""
        self._touched: dict[ServerKey, Member] = {}
        """The servers whose commands and deadline may have changed since they were looked at."""
        self._deadlines = ServerDeadlines()

    def touch(self, server: ServerKey, member: Member) -> None:
        """Note that a server may have a command now, or another deadline."""
        self._touched[server] = self.commanding[server] = member

    def forget(self, server: ServerKey) -> None:
        """Forget a server that is removed."""
        self._touched.pop(server, None)
        self.commanding.pop(server, None)
        self._deadlines.set(server, None)

    # -- commands

    @property
    def command_waiting(self) -> bool:
        """Whether a server has a command."""
        if self._touched:
            self._look_at_touched()
        return bool(self.commanding)

    # -- deadlines

    def next_deadline(self) -> float | None:
        """Return the earliest deadline."""
        if self._touched:
            self._look_at_touched()
        return self._deadlines.next()

    def pop_due(self, now: float) -> list[ServerKey]:
        """Forget the deadlines that have come; return their servers in the order of the deadlines."""
        self._look_at_touched()
        return self._deadlines.pop_due(now)

    def _look_at_touched(self) -> None:
        while self._touched:
            server, member = self._touched.popitem()
            if server in self.commanding and not member.command_waiting:
                del self.commanding[server]
            self._deadlines.set(server, member.connection.deadline)
