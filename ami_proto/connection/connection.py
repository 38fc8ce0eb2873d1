"""`Connection`: one Asterisk server, kept connected. What a custom reactor wires in.

The surface, and no policy of its own: it advances the clock, drops what names another session, refuses
requests from inside a predicate, and hands everything else on. `lifecycle.py` lives the life of the
connection, `actions.py` has its actions, `registry.py` its subscriptions, `journal.py` its notices.
`ami_proto/machine.py` explains the four kinds of method.
"""

from collections.abc import Mapping
from random import Random

from ami_proto.config.server import DURATION_MAX, ServerConfig
from ami_proto.connection.actions import Actions
from ami_proto.connection.commands import Command
from ami_proto.connection.filter import Filter
from ami_proto.connection.journal import NOW_MAX, Journal
from ami_proto.connection.lifecycle import Lifecycle
from ami_proto.connection.notices import Fault, Notice
from ami_proto.connection.outbox import TRANSMIT_LIMIT
from ami_proto.connection.registry import Registry
from ami_proto.connection.server_queue import Drops, Gap, Overflow
from ami_proto.connection.session import Session
from ami_proto.connection.snapshot import Snapshot, take_snapshot
from ami_proto.connection.subscription import QUEUE_BYTES_DEFAULT, QUEUE_LIMIT_DEFAULT, Subscription
from ami_proto.correlation.action_ids import INSTANCE_DIGITS, ActionIds, is_instance
from ami_proto.correlation.completion import Completion
from ami_proto.correlation.outcome import Ticket
from ami_proto.errors import ConfigError, MisuseError, NotReady
from ami_proto.message.encoding import Action
from ami_proto.message.message import Message
from ami_proto.message.redact import Redaction
from ami_proto.policy import Policy
from ami_proto.routes import Route, Standing, chosen
from ami_proto.values import Disconnect, ServerKey, SessionId, State


class Connection:
    """Keep one server connected: dial, login, heartbeat, reconnect.

    `seed` is the connection's only source of randomness; two connections with one seed and different
    keys draw independently. `instance`, 8 hex digits in every ActionID, is drawn from it unless given.
    Times are absolute seconds of one monotonic clock, the caller's. Alone, a connection dials when its
    backoff is over; with `throttled=True` it then waits for `admit`.

    Connections may share a `journal`, which then has the notices of all of them in order, and a
    `registry`, whose subscriptions then have a queue for each of them. `sessions_before` counts the sessions
    of an earlier connection with this key, whose numbers must not come again; `gap_before` is the `gap` that
    it left behind.
    """

    def __init__(
        self,
        config: ServerConfig,
        *,
        seed: int | str,
        instance: str | None = None,
        throttled: bool = False,
        journal: Journal | None = None,
        registry: Registry | None = None,
        sessions_before: int = 0,
        gap_before: tuple[float, Disconnect | None] | None = None,
    ) -> None:
        random = Random(f"{seed}:{config.key}".encode(errors="surrogatepass"))
        if instance is None:
            instance = f"{random.getrandbits(INSTANCE_DIGITS * 4):0{INSTANCE_DIGITS}x}"
        if not is_instance(instance):
            raise ConfigError("instance", f"must be {INSTANCE_DIGITS} hex digits")
        self.config = config
        self._notices = Journal() if journal is None else journal
        self._journal = self._notices.open(config)
        self._registry = Registry(self._notices) if registry is None else registry
        self._callouts = self._registry.callouts
        self._delivery = self._registry.open(self._journal)
        if gap_before is not None:
            self._delivery.begin_gap(*gap_before)
        ids = ActionIds(config.key, instance, length_max=config.max_action_id_length)
        self._actions = Actions(config, ids, self._callouts, self._journal)
        self._lifecycle = Lifecycle(config, random, self._actions, self._delivery, self._journal, throttled)
        self._lifecycle.session_number = sessions_before

    # -- looking

    @property
    def key(self) -> ServerKey:
        """The server's key."""
        return self.config.key

    @property
    def servers(self) -> Mapping[ServerKey, ServerConfig]:
        """The configuration by the server's key."""
        return {self.config.key: self.config}

    @property
    def states(self) -> Mapping[ServerKey, State]:
        """The state by the server's key."""
        return {self.config.key: self._lifecycle.state}

    @property
    def redaction(self) -> Redaction:
        """The rules by which a driver must redact its logs."""
        return self._journal.redaction

    @property
    def state(self) -> State:
        """The state of the connection."""
        return self._lifecycle.state

    @property
    def stopped(self) -> bool:
        """Whether it is CLOSED, with nothing left to drain."""
        return self._lifecycle.state is State.CLOSED and not self._lifecycle.work_left

    @property
    def frames_received(self) -> int:
        """Frames of every session together."""
        return self._lifecycle.received.frames

    @property
    def events_received(self) -> int:
        """Events of every session together, wanted or not."""
        return self._lifecycle.received.events

    def close_delivery(self) -> None:
        """Leave the registry: this connection is CLOSED for good. Queued messages can still be pulled."""
        self._registry.close(self._delivery)

    @property
    def gap(self) -> tuple[float, Disconnect | None] | None:
        """Since when no subscriber is served, and why; None while they are, and before the first session."""
        return self._delivery.gap

    @property
    def received(self) -> tuple[int, int, int]:
        """Frames and events of every session together, and how many of the events a subscription wanted."""
        frames, events = self._lifecycle.received.totals
        return frames, events, events - self._delivery.unwanted

    @property
    def actions_open(self) -> int:
        """Actions of the application in flight or waiting, and undrained outcomes."""
        return self._actions.open_count

    @property
    def full(self) -> bool:
        """Whether there are `max_pending_actions` of these, so that `submit` refuses the next."""
        return self._actions.full

    @property
    def policy(self) -> Policy | None:
        """What may be sent; None where nothing is forbidden."""
        return self._actions.policy

    def forbids(self, action: Action) -> bool:
        """Whether the policy forbids an action, so that `submit` refuses it."""
        return self._actions.objection(action) is not None

    @property
    def last_cause(self) -> Disconnect | None:
        """Why the last session ended."""
        return self._journal.last_cause

    @property
    def sessions(self) -> int:
        """The number of the latest session."""
        return self._lifecycle.session_number

    @property
    def command_waiting(self) -> bool:
        """Whether `poll_command` has something."""
        return self._lifecycle.command_waiting

    @property
    def deadline(self) -> float | None:
        """When time decides something here, whatever waits to be drained."""
        return self._lifecycle.deadline()

    def snapshot(self) -> Snapshot:
        """Return the health of the connection as plain data."""
        return take_snapshot(self._lifecycle, self._actions, self._delivery, self._journal)

    def snapshots(self) -> Mapping[ServerKey, Snapshot]:
        """Return the same by the server's key."""
        return {self.config.key: self.snapshot()}

    # -- facts

    def handle_connected(self, session: SessionId, now: float) -> None:
        """Take the fact that the stream of `Connect(session)` is up, TLS verified."""
        self._journal.advance(now)
        if self._present(session) is not None:
            self._lifecycle.handle_connected(self._journal.now)

    def handle_received(self, session: SessionId, data: bytes, now: float) -> None:
        """Take bytes of the stream: any number, cut anywhere. They are parsed at once."""
        self._journal.advance(now)
        present = self._present(session)
        if present is not None and present.connected:
            # A driver may hand in its reusable buffer; `bytes` copies that, but not another `bytes`.
            self._lifecycle.handle_received(present, bytes(data), self._journal.now)

    def handle_sent(self, session: SessionId, count: int, now: float) -> None:
        """Take the fact that the first `count` bytes of the last `poll_transmit` were written."""
        self._journal.advance(now)
        present = self._present(session)
        if present is not None and (taken := present.outbox.acknowledge(count)) != count:
            self._journal.put_fault(Fault.OVERRUN, f"{count} bytes confirmed, {taken} shown")

    def handle_drained(self, session: SessionId, looked_at: float) -> None:
        """Take the fact that a read without waiting that began at `looked_at` found nothing."""
        self._journal.advance(looked_at)
        present = self._present(session)
        if present is not None and present.connected and -NOW_MAX < looked_at < NOW_MAX:
            self._lifecycle.handle_drained(looked_at)

    def handle_disconnected(self, session: SessionId, cause: Disconnect, now: float) -> None:
        """Take the end of the stream, or of the attempt to open it."""
        self._journal.advance(now)
        present = self._present(session)
        if present is not None:
            self._lifecycle.handle_disconnected(present, cause, self._journal.now)
        else:
            self._lifecycle.commands.forget(session)

    def handle_timeout(self, now: float) -> None:
        """Take the fact that time has passed: due timers and deadlines act, in order, each once."""
        self._journal.advance(now)
        self._lifecycle.handle_timeout(self._journal.now)

    # -- requests

    @property
    def wants_admission(self) -> bool:
        """Whether a throttled connection would dial now."""
        return self._lifecycle.retries.wanted

    def admit(self, now: float) -> None:
        """Let a throttled connection dial. Does nothing unless it wants to."""
        self._journal.advance(now)
        if self._lifecycle.retries.wanted:
            self._lifecycle.admit(self._journal.now)

    def start(self, now: float) -> None:
        """Begin to connect. Raises `MisuseError` unless CLOSED."""
        self._callouts.refuse_requests()
        if self._lifecycle.state is not State.CLOSED:
            state = self._lifecycle.state.value
            raise MisuseError(f"server {self.key!r} is {state}: it was started already")
        self._journal.now = self._journal.checked_time(now)
        self._lifecycle.start(self._journal.now)

    def stop(self, now: float, *, grace: float | None = None) -> None:
        """Log off, wait for Goodbye at most `grace` seconds (`close_grace`), and close. Idempotent.

        Open actions may finish until then. New ones are refused.
        """
        self._callouts.refuse_requests()
        check_grace(grace)
        self._journal.now = self._journal.checked_time(now)
        self._lifecycle.stop(self._journal.now, grace)

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
        """Send an action; `ActionFinished` brings its outcome.

        `timeout` is in seconds from now; None takes the completion's, or `action_timeout`. `completion`
        None takes the one that suits the action. `wait=True` keeps the action until READY, within its
        timeout. `asked_by` says on whose behalf, for an audit. Raises `Forbidden`, `NotReady`,
        `Backpressure`, `InvalidAction`, `ConfigError`, `MisuseError`.
        """
        self._callouts.refuse_requests()
        if to is not None and not isinstance(to, str):
            to = self._chosen(to, action)
        ticket = self._actions.submit(
            action,
            now,
            self._lifecycle.state,
            to=to,
            timeout=timeout,
            completion=completion,
            wait=wait,
            asked_by=asked_by,
        )
        # Not before the end: a user's strategy may have brought a later time while it was asked.
        self._journal.advance(now)
        return ticket

    def cancel(self, ticket: Ticket, now: float) -> None:
        """End an action now, as cancelled. Does nothing when it has ended."""
        self._callouts.refuse_requests()
        self._journal.now = self._journal.checked_time(now)
        self._actions.cancel(ticket)

    def subscribe(
        self,
        filter: Filter,  # noqa: A002 - the agreed word
        *,
        limit: int = QUEUE_LIMIT_DEFAULT,
        limit_bytes: int = QUEUE_BYTES_DEFAULT,
        limit_bytes_total: int | None = None,
        policy: Overflow = Overflow.DROP_OLDEST,
    ) -> Subscription:
        """Queue the messages that pass the filter from now on; pull them with `poll_message`.

        For each server at most `limit` messages and `limit_bytes` bytes of them, but always one message; for
        all servers together at most `limit_bytes_total` bytes, shared so that only those lose that hold much.
        None takes 256 MiB, or twice `limit_bytes` if that is more; less than twice is refused.
        """
        self._callouts.refuse_requests()
        return self._registry.add(filter, limit, policy, limit_bytes, limit_bytes_total)

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription. Its drops stay counted. Does nothing when it has ended."""
        self._callouts.refuse_requests()
        self._registry.remove(subscription)

    # -- outputs

    def poll_notice(self) -> Notice | None:
        """Return the next thing the application should know."""
        return self._notices.poll()

    def poll_message(self, subscription: Subscription) -> Message | Gap | Drops | None:
        """Return the next message of a subscription, or the mark of a loss in its place."""
        return subscription.pull()

    def poll_messages(
        self, subscription: Subscription, limit: int, limit_bytes: int = QUEUE_BYTES_DEFAULT
    ) -> list[Message | Gap | Drops]:
        """Return up to `limit` messages and marks: what so many `poll_message` would return.

        Return fewer where their bytes reach `limit_bytes`. With a limit of 0 it only notes that the
        consumer is there: a driver that fetches messages ahead of its consumer so keeps a pause alive.
        """
        return subscription.pull_many(limit, limit_bytes)

    def poll_command(self) -> Command | None:
        """Return the next thing the network should do."""
        return self._lifecycle.poll_command()

    def poll_transmit(self, session: SessionId, limit: int = TRANSMIT_LIMIT) -> bytes:
        """Show the next bytes to write: whole lines, the same again until `handle_sent`."""
        present = self._present(session)
        return present.outbox.piece(limit) if present is not None and present.connected else b""

    def poll_timeout(self) -> float | None:
        """Return when to call `handle_timeout`; already due while there is something to drain."""
        return self._journal.now if self._lifecycle.work_left else self._lifecycle.deadline()

    # -- helpers

    def _chosen(self, route: Route, action: Action) -> ServerKey:
        """Return what a route chooses among this one server. Raises `NotReady` if that will not do."""
        forbids = self.forbids(action)
        standing = Standing(self.key, self.state, self.actions_open, full=self.full, forbids=forbids)
        with self._callouts:
            server = chosen(route, {self.key: standing})
        if server is None:
            raise NotReady(self.key, f"{self.state.value}, and no server of the route")
        return server

    def _present(self, session: SessionId) -> Session | None:
        present = self._lifecycle.session
        # Mostly it is the very object that `Connect` brought.
        return present if present is not None and (present.id is session or present.id == session) else None


def check_grace(grace: float | None) -> None:
    """Raise `ConfigError` for a grace that is out of bounds."""
    if grace is not None and not 0 <= grace <= DURATION_MAX:
        raise ConfigError("grace", f"must be between 0 and {DURATION_MAX:g} seconds", value=grace)
