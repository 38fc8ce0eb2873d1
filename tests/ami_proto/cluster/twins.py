"""A cluster, and beside it as many connections that are told the same: they must say the same (R-CLUSTER-08).

The connections are the naive model. Each is alone, with a journal and subscriptions of its own, and is
admitted when the cluster has dialled its server. What a cluster adds, rest and the pace of dials, is told
apart by comparing what the driver is told to watch with what the connection wants. The laws stand around the
cluster all the time. `stories.py` has what happens to them.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import ami_proto as ami
from ami_proto.connection.journal import Journal
from ami_proto.connection.registry import Registry
from ami_proto.drivers import Close, Command, Connect, Look, MessagesWaiting, SessionId, Subscription, Watch
from conformance.laws import LawfulCluster
from conformance.laws.playbook import SERVER

KEYS = ("east", "north", "south", "west")
LIMITS = ami.ClusterConfig(
    connect_rate=2.0, connect_burst=2, connecting_max=2, round_bytes=1024, round_frames=8, round_messages=6
)
CONFIG = replace(
    SERVER,
    auth="plain",
    max_pending_actions=5,
    heartbeat_interval=3.0,
    heartbeat_timeout=1.0,
    read_timeout=8.0,
    reconnect_max=2.0,
    connect_timeout=4.0,
    pause_max=2.0,
    stable_after=3.0,
    breaker_threshold=2,
    breaker_cooldown=3.0,
)


class Twin:
    """One server: its connection alone, the stream, and what waits on the wire."""

    def __init__(self, connection: ami.Connection) -> None:
        self.connection = connection
        self.stream: SessionId | None = None
        """The session whose `Connect` was drained."""
        self.up = False
        self.watch: Watch | None = None
        """What the driver of the cluster was told to watch; `wanted` is what the connection alone wants."""
        self.wanted: Watch | None = None
        self.unread = bytearray()
        """Bytes that the server has written and nobody has read."""
        self.heard = bytearray()
        """Bytes that the server has read, up to the end of an action."""
        self.looks = 0

    def dial(self, session: SessionId) -> None:
        """Begin a stream."""
        self.hang_up()
        self.stream = session

    def hang_up(self) -> None:
        """End the stream."""
        self.stream, self.up, self.looks = None, False, 0
        self.watch = self.wanted = None
        self.unread.clear()
        self.heard.clear()


class Twins:
    """Drive a cluster and its model with the same random story."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        keys = KEYS[: self.random.randint(1, 4)]
        self.seed = f"twins {seed}"
        configs = [replace(CONFIG, key=key) for key in keys]
        self.cluster = LawfulCluster(ami.Cluster(configs, seed=self.seed, limits=LIMITS))
        self.now = 0.0
        self.pasts: dict[str, tuple[int, ami.Connection]] = {}
        """How often each key was removed, and the last connection that it had."""
        self.registries = {key: Registry(Journal()) for key in KEYS}
        """The subscriptions of each server alone: they go on when its key comes back."""
        self.twins = {each.key: Twin(self._alone(each)) for each in configs}
        self.successors: dict[str, ami.ServerConfig] = {}
        self.leaving: set[str] = set()
        self.subscriptions: dict[Subscription, dict[str, Subscription]] = {}
        """The subscriptions of the cluster, each with that of every connection alone."""
        self.started = False
        self.messages = 0
        self.outcomes = 0
        self.rests = 0
        self.dials: list[float] = []

    def _alone(self, config: ami.ServerConfig) -> ami.Connection:
        """Return the connection alone that a new member is compared with."""
        registry = self.registries[config.key]
        count, past = self.pasts.get(config.key, (0, None))
        return ami.Connection(
            config,
            seed=f"{self.seed}:{count}" if count else self.seed,
            throttled=True,
            journal=registry._journal,
            registry=registry,
            sessions_before=past.sessions if past else 0,
            gap_before=past.gap if past else None,
        )

    # -- outputs

    def drain_all(self) -> None:
        while self.drain_notice():
            pass
        self.drain_commands()

    def drain_notice(self) -> bool:
        notice = self.cluster.poll_notice()
        if notice is None:
            for each in self.twins.values():
                while (extra := each.connection.poll_notice()) is not None:
                    assert isinstance(extra, MessagesWaiting)
            return False
        if isinstance(notice, ami.ActionFinished):
            self.outcomes += 1
        if not isinstance(notice, MessagesWaiting):
            twin = self.twins[notice.server].connection
            while isinstance(alone := twin.poll_notice(), MessagesWaiting):
                pass
            assert _plain(notice) == _plain(alone)
        self.let_go()
        return True

    def drain_commands(self) -> None:
        mine: dict[str, list[Command]] = {key: [] for key in self.twins}
        while (command := self.cluster.poll_command()) is not None:
            mine.setdefault(command.session.server, []).append(command)
        for key, commands in mine.items():
            twin = self.twins[key]
            alone = []
            while (single := twin.connection.poll_command()) is not None:
                alone.append(single)
            kinds = (Connect, Close, Look)
            assert [each for each in commands if isinstance(each, kinds)] == [
                each for each in alone if isinstance(each, kinds)
            ], key
            for command in commands:
                self.carry_out(twin, command)
            for single in alone:
                if not isinstance(single, Look):
                    twin.wanted = single if isinstance(single, Watch) else None
            self.compare_watch(twin)
        self.let_go()

    def compare_watch(self, twin: Twin) -> None:
        """Require that the driver watches what the connection wants, but for the reads of one that rests."""
        rests = self.cluster.cluster._rounds.rests(twin.connection.key)
        self.rests += rests
        if twin.wanted is None or twin.watch is None:
            read, write = (twin.wanted.read, twin.wanted.write) if twin.wanted else (False, False)
            assert not write, twin.connection.key
            assert not read or rests, twin.connection.key
        else:
            assert twin.watch == replace(twin.wanted, read=twin.wanted.read and not rests)

    def carry_out(self, twin: Twin, command: Command) -> None:
        match command:
            case Connect(session):
                twin.dial(session)
            case Close():
                twin.hang_up()
            case Watch():
                twin.watch = command
            case Look():
                twin.looks += 1

    def take(self, subscription: Subscription, item: ami.Message | ami.Gap | ami.Drops | None) -> None:
        """Compare a message with that of the connection alone; also of a server that was removed."""
        if item is None:
            assert not any(each.pull() for each in self.subscriptions[subscription].values())
            return
        self.messages += 1
        key = item.server
        assert key is not None
        assert _plain(item) == _plain(self.subscriptions[subscription][key].pull())

    # -- facts

    def wait(self, seconds: float) -> None:
        """Let time pass; admit the connections alone whose servers the cluster has dialled."""
        self.now += seconds
        self.cluster.handle_timeout(self.now)
        for key, twin in self.twins.items():
            if (deadline := twin.connection.deadline) is not None and deadline <= self.now:
                twin.connection.handle_timeout(self.now)
            if twin.connection.wants_admission and self.cluster.states[key] is ami.State.CONNECTING:
                twin.connection.admit(self.now)
                self.dials.append(self.now)

    def end(self, twin: Twin, reason: ami.Reason) -> None:
        """End a stream."""
        self.tell(twin, lambda m, s: m.handle_disconnected(s, ami.Disconnect(reason), self.now))
        twin.hang_up()

    def tell(self, twin: Twin, deed: Callable[[LawfulCluster | ami.Connection, SessionId], None]) -> None:
        """Tell a fact to both."""
        session = twin.stream
        assert session is not None
        deed(self.cluster, session)
        deed(twin.connection, session)
        self.let_go()

    # -- what is compared

    def let_go(self) -> None:
        """See which members were let go, and begin those that take their places."""
        for key in list(self.leaving):
            config = self.cluster.servers.get(key)
            twin = self.twins[key]
            if config is twin.connection.config:
                continue
            self.leaving.remove(key)
            while isinstance(twin.connection.poll_notice(), MessagesWaiting):
                pass
            assert twin.connection.stopped, f"{key} was let go too early"
            twin.connection.close_delivery()
            count, _ = self.pasts.get(key, (0, None))
            self.pasts[key] = count + 1, twin.connection
            del self.twins[key]
            if (successor := self.successors.pop(key, None)) is not None:
                self.begin(successor)
        assert self.cluster.servers.keys() == self.twins.keys()

    def begin(self, config: ami.ServerConfig) -> None:
        """Begin with a new member, as the cluster does."""
        twin = self.twins[config.key] = Twin(self._alone(config))
        if self.started:
            twin.connection.start(self.now)

    def compare(self) -> None:
        """Compare everything that can be looked at."""
        self.let_go()
        assert self.cluster.states == {key: self.twins[key].connection.state for key in self.cluster.states}
        for key, seen in self.cluster.snapshots().items():
            assert seen == self.twins[key].connection.snapshot()
        mine = {key: self._due(each.connection) for key, each in self.cluster.cluster._members.items()}
        alone = {key: self._due(each.connection) for key, each in self.twins.items()}
        ended = any(each.connection._lifecycle._end_unseen for each in self.twins.values())
        assert ended or mine == alone
        first = self.cluster.cluster._agenda.next_deadline()
        assert (first is None) == all(each is None for each in mine.values())
        assert first is None or max(first, self.now) == min(
            each for each in mine.values() if each is not None
        )
        dialling = [key for key, state in self.cluster.states.items() if state is ami.State.CONNECTING]
        assert len(dialling) <= LIMITS.connecting_max

    def _due(self, connection: ami.Connection) -> float | None:
        """Return a deadline. One that is due at once is so by the clock of its connection."""
        return None if connection.deadline is None else max(connection.deadline, self.now)


def _plain(thing: object) -> object:
    """Return a notice or message for comparison: without what belongs to one machine only."""
    match thing:
        case ami.EventsDropped():
            return replace(thing, subscription=None)  # type: ignore[arg-type]
        case ami.Message():
            return thing.pairs(), thing.server
        case ami.ActionFinished():
            outcome = thing.outcome
            return outcome.ticket, outcome.succeeded, outcome.sent, str(outcome.error), thing.elapsed
        case _:
            return thing
