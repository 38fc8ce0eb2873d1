"""`Connection`: one Asterisk server, kept connected. What a custom reactor wires in.

The surface, and no policy of its own: it clamps the clock, drops what names another session, refuses
what cannot be done, and hands the rest to the life of the connection.

Four kinds of method, told apart by their names. Properties and `snapshot` look. `handle_` methods
take facts from the driver and never raise. `start`, `submit`, `cancel`, `subscribe`, `unsubscribe`
and `stop` are requests: they raise and change nothing, or succeed. `poll_` methods drain.
"""

from random import Random

from ami_proto.config import DURATION_MAX, ServerConfig
from ami_proto.connection.callouts import Callouts
from ami_proto.connection.excerpt import Excerpts
from ami_proto.connection.life import Life
from ami_proto.connection.notices import Fault, Notice, NoticeQueue
from ami_proto.connection.session import Session
from ami_proto.connection.snapshot import Snapshot, SubscriptionSnapshot
from ami_proto.connection.subscription import QUEUE_LIMIT_DEFAULT, Drops, Filter, Gap, Overflow, Subscription
from ami_proto.connection.subscriptions import Subscriptions
from ami_proto.correlation.action_ids import INSTANCE_DIGITS, ActionIds, is_instance
from ami_proto.correlation.completion import Completion
from ami_proto.correlation.odd_actions import completion_for
from ami_proto.correlation.outcome import Ticket
from ami_proto.correlation.pending import Entry, Pending, Purpose
from ami_proto.correlation.prepare import prepare
from ami_proto.errors import Backpressure, ConfigError, InvalidAction, MisuseError, NotReady
from ami_proto.message.encode import Action
from ami_proto.message.message import Message
from ami_proto.message.redact import Redaction
from ami_proto.values import Command, Disconnect, ServerKey, SessionId, State

TRANSMIT_LIMIT = 65_536
"""Bytes a driver is shown in one piece: what a kernel takes in one go."""

NOW_MAX = 1e12
"""Thirty thousand years, before or after zero; far beyond, a float cannot tell a second from the next."""


class Connection:
    """Keep one server connected: dial, login, heartbeat, reconnect.

    `seed` is the connection's only source of randomness; two connections of one seed and different
    keys draw independently. `instance`, 8 hex digits in every ActionID, is drawn from it unless
    given. Times are absolute seconds of one monotonic clock, the caller's. Alone, a connection dials
    when its backoff is over; with `throttled=True` it then waits for `admit`.
    """

    def __init__(
        self, config: ServerConfig, *, seed: int | str, instance: str | None = None, throttled: bool = False
    ) -> None:
        random = Random(f"{seed}:{config.key}".encode(errors="surrogatepass"))
        if instance is None:
            instance = f"{random.getrandbits(INSTANCE_DIGITS * 4):0{INSTANCE_DIGITS}x}"
        self.config = config
        self._now = -NOW_MAX
        if not is_instance(instance):
            raise ConfigError("instance", instance, f"must be {INSTANCE_DIGITS} hex digits")
        self._ids = ActionIds(config.key, instance, length_max=config.max_action_id_length)
        self._callouts = Callouts()
        self._notices = NoticeQueue(self._time)
        self._subscriptions = Subscriptions(self._callouts, self._notices.put_waiting, self._report)
        self._excerpts = Excerpts(Redaction.of(config))
        self._life = Life(
            config, random, self._excerpts, self._notices, self._subscriptions, self._new_session, throttled
        )

    # -- looking

    @property
    def key(self) -> ServerKey:
        """The server's key."""
        return self.config.key

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._life.state

    @property
    def stopped(self) -> bool:
        """Whether it is CLOSED, with nothing left to drain."""
        return self._life.state is State.CLOSED and not self._left_over()

    @property
    def frames_received(self) -> int:
        """Frames of every session together."""
        session = self._life.session
        return self._life.frames_before + (session.frames if session is not None else 0)

    @property
    def events_received(self) -> int:
        """Events of every session together, wanted or not."""
        session = self._life.session
        return self._life.events_before + (session.frames - session.others if session is not None else 0)

    def snapshot(self) -> Snapshot:
        """Return the health of the connection as plain data."""
        life, session = self._life, self._life.session
        return Snapshot(
            server=self.key,
            state=life.state,
            session=session.id if session is not None else None,
            banner=session.banner if session is not None else None,
            last_cause=life.cause,
            actions_pending=session.pending.user_count if session is not None else 0,
            actions_waiting=life.waiting.user_count,
            outcomes_undrained=self._notices.outcomes,
            outbound_bytes=len(session.outbox) if session is not None else 0,
            bytes_received=session.bytes_received if session is not None else 0,
            frames_received=session.frames if session is not None else 0,
            events_received=self.events_received,
            events_unwanted=self._subscriptions.unwanted,
            events_dropped=self._subscriptions.dropped,
            connect_failures=life.backoff.failures,
            breaker=life.breaker.state,
            breaker_openings=life.breaker.openings,
            faults=dict(life.fault_totals),
            subscriptions=tuple(
                SubscriptionSnapshot(each.filter.names, each.depth, each.limit, each.dropped)
                for each in self._subscriptions
            ),
        )

    # -- facts

    def handle_connected(self, session: SessionId, now: float) -> None:
        """Take the fact that the stream of `Connect(session)` is up, TLS verified."""
        self._advance_clock(now)
        if self._present(session) is not None:
            self._life.handle_connected(self._now)

    def handle_received(self, session: SessionId, data: bytes, now: float) -> None:
        """Take bytes of the stream, any number, cut anywhere. They are parsed at once."""
        self._advance_clock(now)
        present = self._present(session)
        if present is not None and present.connected:
            # A driver may hand in its reusable buffer; what is bytes already is not copied.
            self._life.handle_received(present, bytes(data), self._now)

    def handle_sent(self, session: SessionId, count: int, now: float) -> None:
        """Take the fact that the first `count` bytes of what was shown last have been written."""
        self._advance_clock(now)
        present = self._present(session)
        if present is not None and (taken := present.outbox.acknowledge(count)) != count:
            self._report(Fault.OVERRUN, f"{count} bytes confirmed, {taken} shown")

    def handle_disconnected(self, session: SessionId, cause: Disconnect, now: float) -> None:
        """Take the end of the stream, or of the attempt to open it."""
        self._advance_clock(now)
        present = self._present(session)
        if present is not None:
            self._life.handle_disconnected(present, cause, self._now)
        else:
            self._life.commands.forget(session)

    def handle_timeout(self, now: float) -> None:
        """Take the fact that time has passed: due timers and deadlines act, in order, each once."""
        self._advance_clock(now)
        self._life.farewell_due = self._life.farewell_due and self._left_over()
        now, life = self._now, self._life
        while True:
            deadlines = self._deadlines()
            earliest = min((each for each in deadlines if each is not None), default=None)
            if earliest is None or earliest > now:
                return
            if earliest in deadlines[1:]:
                # Before a timer of the same moment: READ may have waited for just this action to end.
                self._expire_action(now)
            else:
                due = life.timers.pop_due(now)
                assert due is not None, "what is due and no action's is a timer's"
                life.handle_timer(*due, now)

    # -- requests

    @property
    def wants_admission(self) -> bool:
        """Whether a throttled connection would dial now."""
        return self._life.wants_admission

    def admit(self, now: float) -> None:
        """Let a throttled connection dial. If it does not want to, nothing happens."""
        self._advance_clock(now)
        if self._life.wants_admission:
            self._life.admit(self._now)

    def start(self, now: float) -> None:
        """Begin to connect. Raises `MisuseError` unless CLOSED."""
        self._callouts.refuse_requests()
        if self._life.state is not State.CLOSED:
            raise MisuseError(f"server {self.key!r} is {self._life.state.value}: it was started already")
        self._set_clock(now)
        self._life.start(self._now)

    def stop(self, now: float, *, grace: float | None = None) -> None:
        """Log off, wait for Goodbye at most `grace` (`close_grace`), and close. Idempotent.

        What is pending may finish until then. No new action is taken.
        """
        self._callouts.refuse_requests()
        if grace is not None and not 0 <= grace <= DURATION_MAX:
            raise ConfigError("grace", grace, f"must be between 0 and {DURATION_MAX:g} seconds")
        self._set_clock(now)
        self._life.stop(self._now, grace)

    def submit(
        self,
        action: Action,
        now: float,
        *,
        to: ServerKey | None = None,
        timeout: float | None = None,
        completion: Completion | None = None,
        wait: bool = False,
    ) -> Ticket:
        """Send an action; its outcome comes as a notice.

        `timeout` in seconds from now; None takes the completion's, or `action_timeout`. `completion`
        None takes the one that suits the action. `wait=True` keeps the action until READY, within
        its timeout. Raises `NotReady`, `Backpressure`, `InvalidAction`, `MisuseError`.
        """
        self._callouts.refuse_requests()
        self._refuse(action, to)
        session = self._sendable(wait)
        if completion is None:
            completion = completion_for(action)
        with self._callouts:
            entry = self._entry(action, completion, timeout, self._checked_time(now))
        if session is not None:
            session.open(entry)
        else:
            self._keep(entry)
        self._ids.draw(entry.ids)
        self._set_clock(now)
        return entry.ticket

    def cancel(self, ticket: Ticket, now: float) -> None:
        """End an action now, as cancelled. Of one that has ended, nothing happens."""
        self._callouts.refuse_requests()
        self._set_clock(now)
        for pending in self._pendings():
            entry = pending.find(ticket.action_id)
            if entry is not None and entry.ticket == ticket and entry.purpose is Purpose.USER:
                pending.remove(entry)
                self._withdraw(entry)
                self._notices.put_outcome(entry.cancelled())

    def subscribe(
        self,
        filter: Filter,  # noqa: A002 - the agreed word
        *,
        limit: int = QUEUE_LIMIT_DEFAULT,
        policy: Overflow = Overflow.DROP_OLDEST,
    ) -> Subscription:
        """Queue the messages that pass the filter, from now on; pull them with `poll_message`."""
        self._callouts.refuse_requests()
        return self._subscriptions.add(filter, limit, policy)

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription; only what it dropped stays counted. Of one that has ended, nothing happens."""
        self._callouts.refuse_requests()
        if self._subscriptions.remove(subscription):
            self._notices.forget(subscription)

    # -- outputs

    def poll_notice(self) -> Notice | None:
        """Return the next thing the application should know."""
        return self._notices.poll()

    def poll_message(self, subscription: Subscription) -> Message | Gap | Drops | None:
        """Return the next message of a subscription, or the mark of a loss in its place."""
        return subscription.pull()

    def poll_command(self) -> Command | None:
        """Return the next thing the network should do."""
        return self._life.poll_command()

    def poll_transmit(self, session: SessionId, limit: int = TRANSMIT_LIMIT) -> bytes:
        """Show the next bytes to write: whole lines. The same again until `handle_sent`."""
        present = self._present(session)
        return present.outbox.piece(limit) if present is not None and present.connected else b""

    def poll_timeout(self) -> float | None:
        """Return when to call `handle_timeout`; already due while there is something to drain, and
        once after the end, so that a driver does not wait again but sees that the machine stopped.
        """
        if self._left_over() or self._life.farewell_due:
            return self._now
        return min((each for each in self._deadlines() if each is not None), default=None)

    # -- helpers

    def _time(self) -> float:
        """Return the latest time that was told."""
        return self._now

    def _advance_clock(self, now: float) -> None:
        """Take the time of a fact; it never goes back, and what is no time is not taken."""
        if self._now < now < NOW_MAX:
            self._now = now

    def _checked_time(self, now: float) -> float:
        """Return the time of a request, clamped. Raises `MisuseError` for what is no time."""
        if not -NOW_MAX < now < NOW_MAX:
            raise MisuseError(f"now = {now!r} is no time in seconds")
        return max(self._now, now)

    def _set_clock(self, now: float) -> None:
        self._now = self._checked_time(now)

    def _present(self, session: SessionId) -> Session | None:
        present = self._life.session
        return present if present is not None and present.id == session else None

    def _left_over(self) -> bool:
        return len(self._notices) > 0 or self._life.commands.waiting(self._life.wanted_watch())

    def _pendings(self) -> tuple[Pending, ...]:
        session = self._life.session
        return (self._life.waiting,) if session is None else (session.pending, self._life.waiting)

    def _deadlines(self) -> tuple[float | None, ...]:
        """Return the next deadline of the timers, and of each set of actions."""
        return (self._life.timers.next(), *(pending.next_deadline() for pending in self._pendings()))

    def _expire_action(self, now: float) -> None:
        """End the action that is overdue longest."""
        pending = min(
            self._pendings(), key=lambda each: float("inf") if (d := each.next_deadline()) is None else d
        )
        entry = pending.pop_due(now)
        assert entry is not None, "the caller has seen that one is due"
        self._withdraw(entry)
        self._notices.put_outcome(entry.timed_out())

    def _withdraw(self, entry: Entry) -> None:
        session = self._life.session
        if session is not None:
            session.withdraw(entry)

    def _refuse(self, action: Action, to: ServerKey | None) -> None:
        """Raise for what this connection cannot take at all."""
        if to is not None and to != self.key:
            raise MisuseError(f"no server {to!r} here, only {self.key!r}")
        if action.name.lower() == "logoff":
            raise InvalidAction("Logoff ends the session under the library: use stop")

    def _sendable(self, wait: bool) -> Session | None:
        """Return the session to send on, or None to wait for one. Raises where neither is possible."""
        life = self._life
        open_count = sum(pending.user_count for pending in self._pendings()) + self._notices.outcomes
        if open_count >= self.config.max_pending_actions:
            raise Backpressure(f"{open_count} actions are pending, the most there may be")
        if life.state.sending:
            return life.session
        if not wait or life.state in (State.CLOSING, State.CLOSED):
            raise NotReady(self.key, life.state.value)
        return None

    def _entry(self, action: Action, completion: Completion, timeout: float | None, now: float) -> Entry:
        """Make the entry of an action. The user's strategy is asked, and may raise."""
        if timeout is None:
            timeout = completion.duration
        if timeout is None:
            timeout = self.config.action_timeout
        if not _is_duration(timeout):
            raise ConfigError("timeout", timeout, f"must be above 0 and at most {DURATION_MAX:g} seconds")
        return prepare(self._ids, self.key, action, completion, now=now, deadline=now + timeout)

    def _keep(self, entry: Entry) -> None:
        """Keep an action until READY; the bytes that wait are bounded like those in the outbox."""
        size, kept = len(entry.outgoing.data), self._life.waiting.size
        if kept + size > self.config.max_outbound_bytes:
            raise Backpressure(
                f"{kept} bytes wait for READY, {size} more exceed {self.config.max_outbound_bytes}"
            )
        self._life.waiting.add(entry)

    def _new_session(self, session: SessionId) -> Session:
        return Session(
            session,
            self.config,
            self._ids,
            self._subscriptions,
            self._callouts,
            self._excerpts,
            self._notices.put_outcome,
            self._report,
        )

    def _report(self, fault: Fault, detail: str, count: int = 1, *, action_id: str | None = None) -> None:
        self._life.report(fault, detail, count, action_id=action_id)


def _is_duration(seconds: object) -> bool:
    return isinstance(seconds, int | float) and 0 < seconds <= DURATION_MAX
