"""Which servers an action can go to, in the order of their turns.

A server's turn is over when it got an action: then it goes to the end. So the first server is the one whose
latest action is the oldest, and a route that takes the first one is round robin.
"""

from collections.abc import Iterator, Mapping

from ami_proto.cluster.members import Members
from ami_proto.connection.connection import Connection
from ami_proto.connection.registry import Callouts
from ami_proto.errors import NoServerReady, NotReady
from ami_proto.message.encoding import Action
from ami_proto.policy import Policy
from ami_proto.routes import Route, Standing, Sticky, chosen
from ami_proto.values import ServerKey, State


class Turns:
    """Keep the order of turns; let routes choose."""

    __slots__ = ("_callouts", "_hopeful", "_members", "_ready")

    def __init__(self, members: Members, callouts: Callouts) -> None:
        self._members = members
        self._callouts = callouts
        self._ready: dict[ServerKey, None] = {}
        """The servers that take actions."""
        self._hopeful: dict[ServerKey, None] = {}
        """The servers that may become ready."""

    def note(self, server: ServerKey, state: State) -> None:
        """Take the state of a server."""
        hopeful = not state.sending and state not in (State.CLOSED, State.CLOSING)
        for servers, belongs in ((self._ready, state.sending), (self._hopeful, hopeful)):
            if belongs:
                servers.setdefault(server)
            else:
                servers.pop(server, None)

    def end(self, server: ServerKey) -> None:
        """Take the end of a server's turn: it got an action."""
        for servers in (self._ready, self._hopeful):
            if server in servers:
                del servers[server]
                servers[server] = None

    def choose(self, route: Route | None, action: Action, *, wait: bool) -> ServerKey:
        """Return the server that a route chooses among the ready ones; to wait for, among the hopeful ones.

        An action that may wait does so rather than be forbidden by a ready server, unless its route is
        sticky. Where the policies of both forbid it, it returns the ready one, which refuses the action.
        Raises `NoServerReady`, `MisuseError`, and what a route of the user raises.
        """
        objections = Objections(action)
        refusing: ServerKey | None = None
        for servers in (self._ready, self._hopeful) if wait else (self._ready,):
            server = self._chosen(route, servers, objections) if servers else None
            if server is None:
                continue
            if isinstance(route, Sticky) or not objections.come_from(self._members[server].connection):
                return server
            refusing = server if refusing is None else refusing
        if refusing is not None:
            return refusing
        connections = {key: member.connection for key, member in self._members.present()}
        raise NoServerReady(
            {key: NotReady(key, each.state.value, each.last_cause) for key, each in connections.items()}
        )

    def _chosen(
        self, route: Route | None, servers: dict[ServerKey, None], objections: "Objections"
    ) -> ServerKey | None:
        if route is None:
            return self._first(servers, objections)
        with self._callouts:
            return chosen(route, Standings(servers, self._members, objections))

    def _first(self, servers: dict[ServerKey, None], objections: "Objections") -> ServerKey:
        """Return the server whose turn it is, of those that allow the action: the first that is not full.

        Where all of them are full it is the first of them. Where none allows the action it is the first.
        """
        full: ServerKey | None = None
        for server in servers:
            connection = self._members[server].connection
            if objections.come_from(connection):
                continue
            if not connection.full:
                return server
            full = server if full is None else full
        return next(iter(servers)) if full is None else full


class Objections:
    """The verdicts of policies on one action. Policies that are equal are asked once for all servers."""

    __slots__ = ("_action", "_forbidding")

    def __init__(self, action: Action) -> None:
        self._action = action
        self._forbidding: dict[Policy, bool] = {}

    def come_from(self, connection: Connection) -> bool:
        """Whether the policy of a connection forbids the action."""
        policy = connection.policy
        if policy is None:
            return False
        forbids = self._forbidding.get(policy)
        if forbids is None:
            forbids = self._forbidding[policy] = connection.forbids(self._action)
        return forbids


class Standings(Mapping[ServerKey, Standing]):
    """The servers that a route may choose, in the order of their turns. Each standing is made on demand."""

    __slots__ = ("_members", "_objections", "_servers")

    def __init__(self, servers: Mapping[ServerKey, None], members: Members, objections: Objections) -> None:
        self._servers = servers
        self._members = members
        self._objections = objections

    def __getitem__(self, server: ServerKey) -> Standing:
        if server not in self._servers:
            raise KeyError(server)
        connection = self._members[server].connection
        forbids, pending = self._objections.come_from(connection), connection.actions_open
        return Standing(server, connection.state, pending, full=connection.full, forbids=forbids)

    def __contains__(self, server: object) -> bool:
        return server in self._servers

    def __iter__(self) -> Iterator[ServerKey]:
        return iter(self._servers)

    def __len__(self) -> int:
        return len(self._servers)
