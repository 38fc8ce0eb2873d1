"""`Cluster`: many Asterisk servers behind the surface of one `Connection`.

A cluster has one connection for each server, one journal of notices and one registry of subscriptions. It
adds what no single connection can decide: when each may dial (`throttle.py`), how much work each may bring in
a round (`rounds.py`), which deadline is the next (`agenda.py`), and which server an action goes to
(`ami_proto/routes.py`).

Each call touches one server, and afterwards only that one is looked at again: what it costs does not depend
on the number of servers. No byte, ActionID, timer or randomness of one server depends on another: a cluster
of three behaves as three connections do, but for the times of their dials.
"""

from collections.abc import Collection, Iterable, Mapping

from ami_proto.cluster.agenda import Agenda
from ami_proto.cluster.members import Member, Members
from ami_proto.cluster.rounds import RoundBudgets
from ami_proto.cluster.throttle import DialThrottle
from ami_proto.cluster.turns import Turns
from ami_proto.config.limits import ClusterConfig
from ami_proto.config.server import ServerConfig
from ami_proto.connection.commands import Command, Connect
from ami_proto.connection.connection import Connection, check_grace
from ami_proto.connection.filter import Filter
from ami_proto.connection.journal import NOW_MAX, Journal, checked_time
from ami_proto.connection.notices import Notice
from ami_proto.connection.outbox import TRANSMIT_LIMIT
from ami_proto.connection.registry import Registry
from ami_proto.connection.server_queue import Drops, Gap, Overflow
from ami_proto.connection.snapshot import Snapshot
from ami_proto.connection.subscription import QUEUE_BYTES_DEFAULT, QUEUE_LIMIT_DEFAULT, Subscription
from ami_proto.correlation.completion import Completion
from ami_proto.correlation.outcome import Ticket
from ami_proto.errors import MisuseError
from ami_proto.message.encoding import Action
from ami_proto.message.message import Message
from ami_proto.message.redact import Redaction
from ami_proto.routes import Route
from ami_proto.values import DISCONNECTED, Disconnect, ServerKey, SessionId, State, plain


class Cluster:
    """Keep many servers connected. Times are absolute seconds of one monotonic clock, the caller's.

    `seed` is the only source of randomness; each server draws from it and from its key. Raises `MisuseError`
    for two configurations with one key.
    """

    def __init__(
        self, configs: Iterable[ServerConfig] = (), *, seed: int | str, limits: ClusterConfig | None = None
    ) -> None:
        limits = ClusterConfig() if limits is None else limits
        self._notices = Journal()
        self._registry = Registry(self._notices)
        self._callouts = self._registry.callouts
        self._members = Members(seed, self._notices, self._registry)
        self._throttle = DialThrottle(limits.connect_rate, limits.connect_burst, limits.connecting_max)
        self._rounds = RoundBudgets(limits)
        self._turns = Turns(self._members, self._callouts)
        self._agenda = Agenda()
        self._leaving: dict[ServerKey, None] = {}
        """The servers that are removed as soon as they are CLOSED and drained."""
        self._open: set[ServerKey] = set()
        """The servers that are not CLOSED."""
        self._redaction = Redaction()
        self._started = False
        self._end_unseen = False
        """Whether the end may have come, and the driver has yet to call `handle_timeout` once more."""
        self._now = -NOW_MAX
        for config in configs:
            self._begin(config, self._now)

    # -- looking

    @property
    def servers(self) -> Mapping[ServerKey, ServerConfig]:
        """The configuration of each server by its key, in the order in which they were added."""
        return {key: member.connection.config for key, member in self._members.present()}

    @property
    def states(self) -> Mapping[ServerKey, State]:
        """The state of each server by its key."""
        return {key: member.connection.state for key, member in self._members.present()}

    @property
    def leaving(self) -> Collection[ServerKey]:
        """The servers that are removed as soon as they have ended, and not replaced."""
        return [key for key in self._leaving if self._members[key].successor is None]

    @property
    def redaction(self) -> Redaction:
        """What must not be shown in a log of the driver: the rules and secrets of every server so far."""
        return self._redaction

    @property
    def stopped(self) -> bool:
        """Whether it was stopped, or never started, every server is CLOSED, and nothing is left to drain."""
        return not (self._started or self._open or self._work_left)

    @property
    def frames_received(self) -> int:
        """Frames of every session, those of removed servers included."""
        return self._members.frames_received

    @property
    def events_received(self) -> int:
        """Events of every session, wanted or not, those of removed servers included."""
        return self._members.events_received

    def snapshots(self) -> Mapping[ServerKey, Snapshot]:
        """Return the health of each server as plain data."""
        return {key: member.connection.snapshot() for key, member in self._members.present()}

    # -- facts

    def handle_connected(self, session: SessionId, now: float) -> None:
        """Take the fact that the stream of `Connect(session)` is up, TLS verified."""
        self._advance(now)
        if (member := self._members.get(session.server)) is not None:
            member.connection.handle_connected(session, now)
            self._touch(session.server, member)

    def handle_received(self, session: SessionId, data: bytes, now: float) -> None:
        """Take bytes of the stream: any number, cut anywhere. They are parsed at once."""
        self._advance(now)
        if (member := self._members.get(session.server)) is not None:
            try:
                member.connection.handle_received(session, data, now)
            finally:  # also when a predicate raises KeyboardInterrupt
                if self._rounds.add(session.server, len(data), *self._members.count(member)):
                    member.rest_changed = True
                self._touch(session.server, member)

    def handle_drained(self, session: SessionId, looked_at: float) -> None:
        """Take the fact that a read without waiting that began at `looked_at` found nothing."""
        self._advance(looked_at)
        if (member := self._members.get(session.server)) is not None:
            member.connection.handle_drained(session, looked_at)
            self._touch(session.server, member)

    def handle_sent(self, session: SessionId, count: int, now: float) -> None:
        """Take the fact that the first `count` bytes of the last `poll_transmit` were written."""
        self._advance(now)
        if (member := self._members.get(session.server)) is not None:
            member.connection.handle_sent(session, count, now)
            self._agenda.touch(session.server, member)

    def handle_disconnected(self, session: SessionId, cause: Disconnect, now: float) -> None:
        """Take the end of the stream, or of the attempt to open it."""
        self._advance(now)
        if (member := self._members.get(session.server)) is not None:
            member.handle_disconnected(session)
            try:
                member.connection.handle_disconnected(session, cause, now)
            finally:  # also when a predicate raises KeyboardInterrupt
                self._members.count(member)
                self._touch(session.server, member)

    def handle_timeout(self, now: float) -> None:
        """Take the fact that time has passed: a round ends, and each server with a due deadline acts."""
        self._advance(now)
        self._end_unseen = False
        for server in self._rounds.end():
            self._members[server].rest_changed = True
            self._agenda.touch(server, self._members[server])
        for server in self._agenda.pop_due(self._now):
            self._members[server].connection.handle_timeout(now)
            self._touch(server, self._members[server])
        while (granted := self._throttle.grant(self._now)) is not None:
            member = self._members[granted]
            member.connection.admit(now)
            self._touch(granted, member)

    # -- requests

    def start(self, now: float) -> None:
        """Begin to connect. Raises `MisuseError` unless everything is CLOSED."""
        self._callouts.refuse_requests()
        if self._started or self._open:
            raise MisuseError("the cluster was started already")
        self._now = checked_time(now, self._now)
        self._started = True
        for server, member in self._members.present():
            if not member.leaving:
                member.connection.start(now)
                self._touch(server, member)

    def stop(self, now: float, *, grace: float | None = None) -> None:
        """Log off everywhere, wait for each Goodbye at most `grace` seconds, and close. Idempotent."""
        self._callouts.refuse_requests()
        check_grace(grace)
        self._now = checked_time(now, self._now)
        for server, member in self._members.present():
            member.connection.stop(now, grace=grace)
            self._touch(server, member)
        self._started = False
        self._end_unseen = True

    def add(self, config: ServerConfig, now: float) -> None:
        """Add a server, and begin to connect it if the cluster was started.

        Raises `MisuseError` if its key is taken, or its server is still leaving.
        """
        self._callouts.refuse_requests()
        self._begin(config, checked_time(now, self._now))

    def remove(self, server: ServerKey, now: float, *, grace: float | None = None) -> None:
        """Stop a server, and forget it once it is CLOSED and drained. Its open actions end as lost by then.

        Raises `MisuseError` for an unknown key.
        """
        self._callouts.refuse_requests()
        member = self._members.find(server)
        member.connection.stop(now, grace=grace)
        self._advance(now)
        member.leaving, member.successor = True, None
        self._leaving[server] = None
        self._touch(server, member)

    def replace(self, config: ServerConfig, now: float, *, grace: float | None = None) -> None:
        """Remove the server with this key, and add it with this configuration once the old one has ended.

        Raises `MisuseError` for an unknown key.
        """
        self.remove(config.key, now, grace=grace)
        if (member := self._members.get(config.key)) is None:  # it was CLOSED and drained
            self._begin(config, now)
        else:
            member.successor = config

    def submit(
        self,
        action: Action,
        now: float,
        *,
        to: ServerKey | Route | None = None,
        timeout: float | None = None,
        completion: Completion | None = None,
        wait: bool = False,
        asked_by: str | None = None,
    ) -> Ticket:
        """Send an action to a server, or to one that a route chooses; `ActionFinished` brings its outcome.

        Without `to` it is the server whose latest action is the oldest, of those whose policies allow the
        action. Raises what `Connection.submit` raises, `NoServerReady` where a route has no server to choose,
        `MisuseError` for an unknown key.
        """
        self._callouts.refuse_requests()
        server = plain(to) if isinstance(to, str) else self._turns.choose(to, action, wait=wait)
        member = self._members.find(server)
        ticket = member.connection.submit(
            action, now, timeout=timeout, completion=completion, wait=wait, asked_by=asked_by
        )
        self._advance(now)
        self._turns.end(server)
        self._agenda.touch(server, member)
        return ticket

    def cancel(self, ticket: Ticket, now: float) -> None:
        """End an action now, as cancelled. Does nothing when it has ended."""
        self._callouts.refuse_requests()
        self._now = checked_time(now, self._now)
        if (member := self._members.get(ticket.server)) is not None:
            member.connection.cancel(ticket, now)
            self._agenda.touch(ticket.server, member)

    def subscribe(
        self,
        filter: Filter,  # noqa: A002 - the agreed word
        *,
        limit: int = QUEUE_LIMIT_DEFAULT,
        limit_bytes: int = QUEUE_BYTES_DEFAULT,
        limit_bytes_total: int | None = None,
        policy: Overflow = Overflow.DROP_OLDEST,
    ) -> Subscription:
        """Queue the messages that pass the filter from now on, for each server in a queue of its own."""
        self._callouts.refuse_requests()
        return self._registry.add(filter, limit, policy, limit_bytes, limit_bytes_total)

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription. Its drops stay counted. Does nothing when it has ended."""
        self._callouts.refuse_requests()
        paused = subscription.paused_servers
        self._registry.remove(subscription)
        self._touch_all([*paused, *self._leaving])  # its notices are gone: they may have been the last

    # -- outputs

    def poll_notice(self) -> Notice | None:
        """Return the next thing the application should know."""
        notice = self._notices.poll()
        if self._leaving and notice is not None and notice.server in self._leaving:
            self._touch(notice.server, self._members[notice.server])
        return notice

    def poll_message(self, subscription: Subscription) -> Message | Gap | Drops | None:
        """Return the next message of a subscription, or the mark of a loss in its place."""
        item = subscription.pull()
        if item is not None and subscription.policy is Overflow.PAUSE:
            self._touch_all((item.server,))
        return item

    def poll_messages(
        self, subscription: Subscription, limit: int, limit_bytes: int = QUEUE_BYTES_DEFAULT
    ) -> list[Message | Gap | Drops]:
        """Return up to `limit` messages and marks: what so many `poll_message` would return."""
        paused = subscription.paused_servers
        items = subscription.pull_many(limit, limit_bytes)
        self._touch_all(paused)
        return items

    def poll_command(self) -> Command | None:
        """Return the next thing the network should do."""
        commanding = self._agenda.commanding
        while commanding:
            server, member = next(iter(commanding.items()))
            command = member.poll_command(resting=self._rounds.rests(server))
            if command is None:
                del commanding[server]
                continue
            if isinstance(command, Connect):
                self._rounds.forget(server)
            self._agenda.touch(server, member)
            if member.leaving:  # this may have been the last of it
                self._touch(server, member)
            return command
        return None

    def poll_transmit(self, session: SessionId, limit: int = TRANSMIT_LIMIT) -> bytes:
        """Show the next bytes to write: whole lines, the same again until `handle_sent`."""
        member = self._members.get(session.server)
        return b"" if member is None else member.connection.poll_transmit(session, limit)

    def poll_timeout(self) -> float | None:
        """Return when to call `handle_timeout`."""
        if self._work_left or self._end_unseen or self._rounds.resting:
            return self._now
        dial, deadline = self._throttle.next_deadline(), self._agenda.next_deadline()
        return deadline if dial is None else dial if deadline is None else min(dial, deadline)

    # -- helpers

    @property
    def _work_left(self) -> bool:
        """Whether a notice or command waits to be drained."""
        return not self._notices.empty or self._agenda.command_waiting

    def _advance(self, now: float) -> None:
        """Advance the clock. Ignores NaN, infinities and times in the past."""
        if self._now < now < NOW_MAX:
            self._now = now

    def _begin(self, config: ServerConfig, now: float) -> None:
        """Make a member, and connect it if the cluster was started."""
        member = self._members.add(config)
        # Its secret stays hidden when it is gone: its last notices may be logged later.
        self._redaction = Redaction.joined((self._redaction, member.connection.redaction))
        self._now = now
        if self._started:
            member.connection.start(now)
        self._touch(config.key, member)

    def _touch(self, server: ServerKey, member: Member) -> None:
        """Note that a server was touched, and may have become something else."""
        self._agenda.touch(server, member)
        state = member.connection.state
        # Only a server that is DISCONNECTED may ask for its dial without a change of its state.
        if state is not member.state or state is DISCONNECTED:
            member.state = state
            self._note_state(server, member.connection)
        if member.leaving and member.connection.stopped:
            self._let_go(server, member)

    def _touch_all(self, servers: Iterable[ServerKey]) -> None:
        """Touch the servers that are still here. Queues also name servers that were removed."""
        for server in servers:
            if (member := self._members.get(server)) is not None:
                self._touch(server, member)

    def _note_state(self, server: ServerKey, connection: Connection) -> None:
        """Note in which state a server is, and whether it asks for a dial."""
        state = connection.state
        self._throttle.note(server, wants=connection.wants_admission, connecting=state is State.CONNECTING)
        self._turns.note(server, state)
        if state is State.CLOSED:
            self._open.discard(server)
        else:
            self._open.add(server)

    def _let_go(self, server: ServerKey, member: Member) -> None:
        """Forget a server that is CLOSED and drained; begin the one that takes its place."""
        del self._leaving[server]
        self._agenda.forget(server)
        self._rounds.forget(server)
        self._members.remove(server)
        self._end_unseen = self._end_unseen or not self._started  # its own deadline for that is gone
        if member.successor is not None:
            self._begin(member.successor, self._now)
