"""The servers of a cluster by their keys: made, told apart in time, and removed.

A key that was removed can come back, also with another configuration. Its session numbers go on, and its
randomness is drawn anew: otherwise an old fact could name a new session, or an old ticket a new action. The
time without it is a `Gap` for its subscribers.
"""

from collections import OrderedDict
from collections.abc import ItemsView, Mapping
from typing import NamedTuple

from ami_proto.config.server import ServerConfig
from ami_proto.connection.commands import Close, Command, Connect, Watch
from ami_proto.connection.connection import Connection
from ami_proto.connection.journal import Journal
from ami_proto.connection.registry import Registry
from ami_proto.errors import MisuseError, brief_names
from ami_proto.values import Disconnect, ServerKey, SessionId, State

PASTS_MAX = 10_000
"""Removed keys that are remembered one by one: ten times as many as there may be servers."""


class Member:
    """Keep one connection. While its server rests, the driver is told not to read it.

    The connection does not know of the rest: it would excuse the server for it, again and again.
    """

    __slots__ = (
        "_told",
        "_wanted",
        "connection",
        "events_counted",
        "frames_counted",
        "leaving",
        "messages_counted",
        "rest_changed",
        "state",
        "successor",
    )

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.state = State.CLOSED
        """The state in which the cluster saw it last."""
        self.rest_changed = False
        """Whether its rest has begun or ended since its last command was polled."""
        self.frames_counted = 0
        self.events_counted = 0
        self.messages_counted = 0
        """What its connection had received when it was counted last."""
        self.leaving = False
        """Whether the server is removed as soon as it is CLOSED and drained."""
        self.successor: ServerConfig | None = None
        """The configuration that takes its place after that."""
        self._wanted: Watch | None = None
        """What the connection wants to be watched."""
        self._told: Watch | None = None
        """What the driver was told to watch."""

    @property
    def command_waiting(self) -> bool:
        """Whether `poll_command` may have something."""
        return self.rest_changed or self.connection.command_waiting

    def poll_command(self, *, resting: bool) -> Command | None:
        """Return the next command for the driver; None after the last."""
        while (command := self.connection.poll_command()) is not None:
            if isinstance(command, Watch):
                self._wanted = command
                if (watch := self._next_watch(resting=resting)) is not None:
                    return watch
                continue
            if isinstance(command, (Connect, Close)):
                self._wanted = self._told = None
            return command
        if not self.rest_changed:
            return None
        self.rest_changed = False
        return self._next_watch(resting=resting)

    def handle_disconnected(self, session: SessionId) -> None:
        """Forget what was watched of a stream that has ended."""
        if self._wanted is not None and self._wanted.session == session:
            self._wanted = self._told = None

    def _next_watch(self, *, resting: bool) -> Watch | None:
        wanted = self._wanted
        if wanted is None:
            return None
        masked = Watch(wanted.session, read=False, write=wanted.write) if resting else wanted
        told = self._told
        if told is None:
            differs = masked.read or masked.write
        else:
            differs = told.read is not masked.read or told.write is not masked.write
        if not differs:
            return None
        self._told = masked
        return masked


class _Past(NamedTuple):
    """What is kept of the connections that a key had before."""

    generations: int = 0
    sessions: int = 0
    gap: tuple[float, Disconnect | None] | None = None
    """Since when nothing of the server was received, and why."""


class Members(dict[ServerKey, Member]):
    """The present members, in the order in which they were added."""

    __slots__ = (
        "_journal",
        "_pasts",
        "_registry",
        "_seed",
        "_unknown",
        "events_received",
        "frames_received",
    )

    def __init__(self, seed: int | str, journal: Journal, registry: Registry) -> None:
        self._seed = seed
        self._journal = journal
        self._registry = registry
        self._pasts: OrderedDict[ServerKey, _Past] = OrderedDict()
        """The pasts of keys that were removed, the latest last."""
        self._unknown = _Past()
        """The past of every other key: not before those that were forgotten."""
        self.frames_received = 0
        self.events_received = 0
        """Frames and events of all members so far, those included that were removed."""

    def present(self) -> ItemsView[ServerKey, Member]:
        """Return keys and members of this moment: another thread may look while servers come and go."""
        return self.copy().items()

    def add(self, config: ServerConfig) -> Member:
        """Make a member. Raises `MisuseError` if its key is taken, or is still leaving."""
        member = self.get(config.key)
        if member is not None:
            why = "is still leaving: replace it, or wait for its end" if member.leaving else "is here already"
            raise MisuseError(f"server {config.key!r} {why}")
        past = self._pasts.get(config.key, self._unknown)
        connection = Connection(
            config,
            seed=f"{self._seed}:{past.generations}" if past.generations else self._seed,
            throttled=True,
            journal=self._journal,
            registry=self._registry,
            sessions_before=past.sessions,
            gap_before=past.gap,
        )
        member = self[config.key] = Member(connection)
        return member

    def find(self, server: ServerKey) -> Member:
        """Return a member. Raises `MisuseError` for an unknown key."""
        member = self.get(server)
        if member is None:
            raise MisuseError(f"no server {server!r} here: there are {_named(self)}")
        return member

    def count(self, member: Member) -> tuple[int, int]:
        """Count what a member has received since it was counted last; return how many frames and messages."""
        frames, events, messages = member.connection.received
        new_frames, new_messages = frames - member.frames_counted, messages - member.messages_counted
        self.frames_received += new_frames
        self.events_received += events - member.events_counted
        member.frames_counted, member.events_counted = frames, events
        member.messages_counted = messages
        return new_frames, new_messages

    def remove(self, server: ServerKey) -> None:
        """Forget a member that is CLOSED and drained. What its subscriptions hold can still be pulled."""
        connection = self.pop(server).connection
        connection.close_delivery()
        past = self._pasts.pop(server, self._unknown)
        self._pasts[server] = _Past(past.generations + 1, connection.sessions, connection.gap)
        if len(self._pasts) > PASTS_MAX:
            _, oldest = self._pasts.popitem(last=False)
            unknown = self._unknown
            generations = max(unknown.generations, oldest.generations)
            self._unknown = _Past(generations, max(unknown.sessions, oldest.sessions))


def _named(servers: Mapping[ServerKey, object]) -> str:
    """Return the keys for an error, the first few by name."""
    return brief_names(map(repr, servers)) or "none"
