"""The actions of one connection: those in flight on its session, and those that wait for READY.

Every ticket ends exactly once: with the server's answer (in `session.py`), by its deadline, by `cancel`, or
with the connection. What does not end yet is bounded, in number and in bytes.
"""

from ami_proto.config.server import DURATION_MAX, ServerConfig
from ami_proto.connection.journal import ServerJournal, checked_time
from ami_proto.connection.registry import Callouts
from ami_proto.connection.session import Session
from ami_proto.connection.timers import ALWAYS
from ami_proto.correlation.action_ids import ActionIds
from ami_proto.correlation.completion import Completion
from ami_proto.correlation.entry import USER, Entry, prepare
from ami_proto.correlation.odd_actions import completion_for
from ami_proto.correlation.outcome import Ticket
from ami_proto.correlation.pending import Pending
from ami_proto.errors import Backpressure, ConfigError, Forbidden, InvalidAction, MisuseError, NotReady
from ami_proto.message.encoding import Action
from ami_proto.policy import Policy
from ami_proto.values import Disconnect, Reason, ServerKey, State, plain

ASKED_BY_LENGTH_MAX = 256
"""Characters of the name of who asked: a mail address fits. Each open action may keep one."""


class Actions:
    """Take, find, cancel, expire and bound the actions of the application."""

    __slots__ = ("_callouts", "_config", "_journal", "ids", "policy", "refused", "session", "waiting")

    def __init__(
        self, config: ServerConfig, ids: ActionIds, callouts: Callouts, journal: ServerJournal
    ) -> None:
        self._config = config
        self._callouts = callouts
        self._journal = journal
        policy = Policy.of(config.policy)
        self.policy = policy if policy.judges else None
        """None where nothing is forbidden."""
        self.ids = ids
        self.session: Session | None = None
        """The present session, on which actions are sent."""
        self.waiting = Pending()
        """Actions that wait for READY."""
        self.refused = 0
        """How many actions `Backpressure` refused: the one thing that a refused request changes."""

    # -- looking

    @property
    def open_count(self) -> int:
        """Actions of the application in flight or waiting, and undrained outcomes."""
        sent = 0 if self.session is None else self.session.pending.user_count
        return sent + self.waiting.user_count + self._journal.outcomes

    @property
    def full(self) -> bool:
        """Whether there may be no more of these."""
        return self.open_count >= self._config.max_pending_actions

    def objection(self, action: Action) -> str | None:
        """Return why the policy forbids an action; None if it does not."""
        return None if self.policy is None else self.policy.objection(action.name, action.headers)

    def next_deadline(self, judged_until: float = ALWAYS) -> float | None:
        """Return the earliest deadline of an action, of one that was sent only up to `judged_until`."""
        sent = self._next_sent(judged_until)
        if self.waiting.user_count == 0:
            return sent
        waiting = self.waiting.next_deadline()
        return sent if waiting is None else waiting if sent is None else min(waiting, sent)

    # -- requests

    def submit(
        self,
        action: Action,
        now: float,
        state: State,
        *,
        to: ServerKey | None,
        timeout: float | None,
        completion: Completion | None,
        wait: bool,
        asked_by: str | None,
    ) -> Ticket:
        """Send an action on the present session, or keep it for the next."""
        try:
            self._refuse(action, to, state, asked_by, wait=wait)
            asked_by = None if asked_by is None else plain(asked_by)
            if completion is None:
                entry = self._entry(action, completion_for(action), timeout, now, asked_by)
            else:
                with self._callouts:  # a user's strategy is asked what it declares, and may raise
                    entry = self._entry(action, completion, timeout, now, asked_by)
            if state.sending and self.session is not None:
                self.session.open(entry)
            else:
                self._keep(entry)
        except Backpressure:
            self.refused += 1
            raise
        self.ids.draw(entry.ids)
        return entry.ticket

    def cancel(self, ticket: Ticket) -> None:
        """End an action as cancelled. Does nothing when it has ended."""
        for pending in self._pendings():
            entry = pending.find(ticket.action_id)
            if entry is not None and entry.ticket == ticket and entry.purpose is USER:
                pending.remove(entry)
                self._withdraw(entry)
                self._journal.put_outcome(entry.cancelled())

    # -- what becomes of them

    def expire(self, now: float, judged_until: float = ALWAYS) -> None:
        """End the action that is overdue longest. The caller has seen that one is due."""
        waiting, sent = self.waiting.next_deadline(), self._next_sent(judged_until)
        sent_first = sent is not None and (waiting is None or sent <= waiting)
        pending = self.session.pending if self.session is not None and sent_first else self.waiting
        entry = pending.pop_due(now)
        assert entry is not None, "the caller has seen that one is due"
        self._withdraw(entry)
        waited = pending is self.waiting
        self._journal.put_outcome(entry.unsent(self._journal.last_cause) if waited else entry.timed_out())

    def send_waiting(self, session: Session, now: float) -> None:
        """Send the actions that waited for READY, but for those that are overdue by now."""
        for entry in self.waiting.pop_all():
            if entry.overdue(now):
                self._journal.put_outcome(entry.unsent(self._journal.last_cause))
            else:
                session.open(entry, urgent=True)

    def lose_sent(self, session: Session, cause: Disconnect) -> None:
        """End the actions that were open on a session that has ended. None is ever sent again."""
        self._lose(session.pending, cause)

    def lose_waiting(self, cause: Disconnect, last: Disconnect | None) -> None:
        """End the actions that waited for the next session, because no session will follow.

        Where the application stopped the connection, `last` says why the actions were still waiting.
        """
        if cause.reason is Reason.STOPPED and last is not None and not cause.detail:
            cause = Disconnect(Reason.STOPPED, f"before it was ready; last cause: {last}")
        self._lose(self.waiting, cause)

    # -- helpers

    def _next_sent(self, judged_until: float) -> float | None:
        """Return the earliest deadline of the sent actions, if that may be judged."""
        if self.session is None or self.session.pending.user_count == 0:
            return None
        deadline = self.session.pending.next_deadline()
        return None if deadline is None or deadline > judged_until else deadline

    def _pendings(self) -> tuple[Pending, ...]:
        return (self.waiting,) if self.session is None else (self.session.pending, self.waiting)

    def _refuse(
        self, action: Action, to: ServerKey | None, state: State, asked_by: object, *, wait: bool
    ) -> None:
        """Raise for an action that cannot be taken."""
        if to is not None and to != self._config.key:
            raise MisuseError(f"no server {to!r} here, only {self._config.key!r}")
        check_request(action, self._config.key, self.policy, asked_by)
        if (open_count := self.open_count) >= self._config.max_pending_actions:
            raise Backpressure(f"{open_count} actions are pending, the most there may be")
        if not state.sending and (not wait or state in (State.CLOSING, State.CLOSED)):
            raise NotReady(self._config.key, state.value, self._journal.last_cause)

    def _entry(
        self,
        action: Action,
        completion: Completion,
        timeout: float | None,
        now: float,
        asked_by: str | None,
    ) -> Entry:
        """Return the entry of an action. Raises what a user's strategy raises."""
        now = checked_time(now, self._journal.now)
        duration = completion.duration
        if timeout is None:
            timeout = self._config.action_timeout if duration is None else duration
        if not _is_duration(timeout):
            rule = f"must be above 0 and at most {DURATION_MAX:g} seconds"
            raise ConfigError("timeout", rule, value=timeout)
        deadline, server = now + timeout, self._config.key
        return prepare(
            self.ids,
            server,
            action,
            completion,
            now=now,
            deadline=deadline,
            asked_by=asked_by,
            shortened=isinstance(duration, int | float) and timeout < duration,
        )

    def _keep(self, entry: Entry) -> None:
        """Keep an action until READY; the bytes that wait are bounded like those in the outbox."""
        size, kept, most = len(entry.outgoing.data), self.waiting.size, self._config.max_outbound_bytes
        if kept + size > most:
            raise Backpressure(f"{kept} bytes wait for READY, {size} more exceed {most}")
        self.waiting.add(entry)

    def _withdraw(self, entry: Entry) -> None:
        if self.session is not None:
            self.session.withdraw(entry)

    def _lose(self, pending: Pending, cause: Disconnect) -> None:
        for entry in pending.pop_all():
            if entry.purpose is USER:
                self._journal.put_outcome(entry.lost(cause))


def check_request(action: Action, server: ServerKey, policy: Policy | None, asked_by: object) -> None:
    """Refuse what a server never takes, whatever its state.

    Raises `InvalidAction` for a Logoff, `Forbidden`, and `ConfigError` for the name of who asked.
    """
    if action.key == "logoff":
        raise InvalidAction("Logoff ends the session under the library: use stop")
    if policy is not None and (objection := policy.objection(action.name, action.headers)) is not None:
        raise Forbidden(server, action.name, objection)
    if asked_by is not None and not _is_name(plain(asked_by)):
        rule = f"must be text that is not blank, of at most {ASKED_BY_LENGTH_MAX} characters"
        raise ConfigError("asked_by", rule)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and bool(name.strip()) and len(name) <= ASKED_BY_LENGTH_MAX


def _is_duration(seconds: object) -> bool:
    return isinstance(seconds, (int, float)) and 0 < seconds <= DURATION_MAX
