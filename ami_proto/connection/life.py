"""The life of a connection: what the transition table calls for, done.

`lifecycle.py` says what follows what; here is one method for each effect and each timer. A fact is
turned into inputs, inputs into effects, effects into commands, notices and timers.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from ami_proto.config import ServerConfig
from ami_proto.connection.backoff import Backoff
from ami_proto.connection.breaker import Breaker
from ami_proto.connection.commands import CommandQueue
from ami_proto.connection.drops import DropReports
from ami_proto.connection.excerpt import Excerpts
from ami_proto.connection.heartbeat import Heartbeat, Judgement
from ami_proto.connection.lifecycle import TABLE, Effect, Input
from ami_proto.connection.notices import (
    ConnectScheduled,
    Fault,
    FaultSeen,
    NoticeQueue,
    StateChanged,
)
from ami_proto.connection.session import Session, Signs
from ami_proto.connection.subscription import Gap
from ami_proto.connection.subscriptions import Subscriptions
from ami_proto.connection.timers import SESSION_TIMERS, Timer, Timers
from ami_proto.correlation.pending import Entry, Pending, Purpose
from ami_proto.values import Command, Connect, Disconnect, Reason, Sent, SessionId, State, Watch


class Life:
    """Keep one server connected. All times are the clamped clock of the machine."""

    def __init__(
        self,
        config: ServerConfig,
        random: Random,
        excerpts: Excerpts,
        notices: NoticeQueue,
        subscriptions: Subscriptions,
        new_session: Callable[[SessionId], Session],
        throttled: bool,
    ) -> None:
        self.state = State.CLOSED
        self.session: Session | None = None
        self.session_number = 0
        self.cause: Disconnect | None = None
        """Why the last session ended."""
        self.waiting = Pending()
        """Actions that wait for READY."""
        self.timers = Timers()
        self.drops = DropReports(config, subscriptions, notices, self.timers)
        self.backoff = Backoff(config.reconnect_min, config.reconnect_max, random)
        self.breaker = Breaker(config, self.backoff, notices)
        self.commands = CommandQueue()
        self.fault_totals: dict[Fault, int] = {}
        self.frames_before = 0
        """Frames of the sessions before this one; `events_before` likewise."""
        self.events_before = 0
        self._config = config
        self._excerpts = excerpts
        self._notices = notices
        self._subscriptions = subscriptions
        self._new_session = new_session
        self._throttled = throttled
        self.farewell_due = False
        """CLOSED was reached, and the driver has yet to come round once more to see that."""
        self.wants_admission = False
        """The backoff is over, and somebody else decides when to dial."""
        self._heartbeat = Heartbeat(config, self.timers)
        self._served = False
        """Whether READY was reached since the start."""
        self._gap: tuple[float, Disconnect | None] | None = None
        """Since when nobody is served, and why."""
        self._logoff: Entry | None = None
        self._grace = config.close_grace

    # -- requests and facts

    def start(self, now: float) -> None:
        """Begin. The caller has made sure that the state is CLOSED."""
        self._apply(Input.START, now)

    def stop(self, now: float, grace: float | None) -> None:
        """End, politely where there is somebody to be polite to."""
        if self.state is not State.CLOSING:
            self._grace = self._config.close_grace if grace is None else grace
        cause = Disconnect(Reason.STOPPED)
        if self.session is not None and not self.state.sending and self.state is not State.CLOSING:
            self.commands.close(self.session.id)
        self._apply(Input.STOP, now, cause)

    def handle_connected(self, now: float) -> None:
        """Take the fact that the stream is up."""
        self._apply(Input.CONNECTED, now)

    def handle_received(self, session: Session, data: bytes, now: float) -> None:
        """Take bytes of the present session."""
        if data and self.state.sending:
            self._heartbeat.handle_received(now)
        self._follow(session, session.handle_received(data, now), now)
        self.drops.put_due(now)

    def handle_disconnected(self, session: Session, cause: Disconnect, now: float) -> None:
        """Take the end of the present session; what its last bytes complete comes first."""
        self.commands.forget(session.id)
        self._follow(session, session.handle_eof(now), now, closed=True)
        if self.session is session:
            self.lose(cause, now, closed=True)
        self.drops.put_due(now)

    def lose(self, cause: Disconnect, now: float, *, closed: bool = False) -> None:
        """End the present session; `closed` says that the driver knows already."""
        cause = replace(cause, detail=self._excerpts.detail(cause.detail))
        if self.session is not None and not closed:
            self.commands.close(self.session.id)
        self._apply(Input.GIVEN_UP if self._gives_up(cause) else Input.LOST, now, cause)

    def _follow(self, session: Session, signs: Signs, now: float, *, closed: bool = False) -> None:
        """Act on each sign before the session looks at its next frame."""
        for sign in signs:
            if isinstance(sign, Disconnect):
                self.lose(sign, now, closed=closed)
            else:
                if sign is Input.ANSWERED and self.state.sending:
                    self._heartbeat.handle_answered(now)
                if sign is Input.GOODBYE and not closed:
                    self.commands.close(session.id)
                self._apply(sign, now, Disconnect(Reason.STOPPED) if sign is Input.GOODBYE else None)
            if self.session is not session:
                signs.close()
                return

    def _gives_up(self, cause: Disconnect) -> bool:
        """Whether this end is the last one."""
        if cause.reason is Reason.LOGIN_REFUSED and not self._config.retry_refused:
            return True
        return not (self._config.reconnect if self._served else self._config.retry)

    # -- looking

    def poll_command(self) -> Command | None:
        """Return the next command; one that resumes reading gives the peer time to be heard again."""
        was_deaf = self.commands.deaf
        command = self.commands.poll(self.wanted_watch())
        if was_deaf and not self.commands.deaf:
            self._heartbeat.handle_resumed()
        return command

    def wanted_watch(self) -> Watch | None:
        """Return what the driver should watch now, if there is a stream to watch."""
        session = self.session
        if session is None or not session.connected:
            return None
        return Watch(session.id, read=not self.paused, write=len(session.outbox) > 0)

    @property
    def paused(self) -> bool:
        """Whether reading pauses: a full queue asks for it, and no reply is awaited."""
        session = self.session
        return (
            session is not None
            and self.state.sending
            and self._subscriptions.pausing
            and session.pending.user_count == 0
        )

    # -- inputs become effects

    def _apply(self, event: Input, now: float, cause: Disconnect | None = None) -> None:
        """Take one step of the table."""
        step = TABLE[self.state, event]
        old, self.state = self.state, step.state
        if step.effect is Effect.DIAL:
            self.session_number += 1
            self.session = self._new_session(SessionId(self._config.key, self.session_number))
        if old is not step.state:
            session = self.session.id if self.session is not None else None
            self._notices.put_step(StateChanged(self._config.key, session, old, step.state, cause))
        match step.effect:
            case Effect.NOTHING:
                pass
            case Effect.BEGIN:
                self._begin(now)
            case Effect.DIAL:
                self._dial(now)
            case Effect.AWAIT_BANNER:
                self._await_banner(now)
            case Effect.LOG_IN:
                self._log_in(now)
            case Effect.SERVE:
                self._serve(now)
            case Effect.SUSPECT:
                self._suspect(now)
            case Effect.TRUST:
                self.timers.set(Timer.STABLE, now + self._config.stable_after)
            case Effect.RETRY:
                self._retry(cause, now)
            case Effect.LOG_OFF:
                self._log_off(now)
            case Effect.END:  # pragma: no branch - there is no other effect
                self._end(cause, now)

    def _begin(self, now: float) -> None:
        self._served = False
        self.backoff.reset()
        self.breaker.begin()
        self._schedule(0.0, None, now)
        self._ask(now)

    def _ask(self, now: float) -> None:
        """Ask for admission; alone, grant it."""
        self.timers.clear(Timer.RECONNECT)
        self.wants_admission = True
        if not self._throttled:
            self.admit(now)

    def admit(self, now: float) -> None:
        """Grant the connection its next attempt."""
        self.wants_admission = False
        self._apply(Input.ADMITTED, now)

    def _dial(self, now: float) -> None:
        config, session = self._config, self._present()
        self.breaker.handle_dialled()
        self.commands.dial(Connect(session.id, config.host, config.port, config.tls))
        self.timers.set(Timer.CONNECT, now + config.connect_timeout)

    def _await_banner(self, now: float) -> None:
        self._present().connected = True
        self.timers.clear(Timer.CONNECT)
        self.timers.set(Timer.BANNER, now + self._config.banner_timeout)

    def _log_in(self, now: float) -> None:
        self.timers.clear(Timer.BANNER)
        self.timers.set(Timer.LOGIN, now + self._config.login_timeout)
        self._present().begin_login()

    def _serve(self, now: float) -> None:
        session = self._present()
        self.timers.clear(Timer.LOGIN)
        self.timers.set(Timer.STABLE, now + self._config.stable_after)
        self._heartbeat.begin(now)
        if self._gap is not None:
            begun, cause = self._gap
            self._subscriptions.mark(Gap(self._config.key, begun, now, cause))
            self._gap = None
        self._served = True
        for entry in self.waiting.pop_all():
            if entry.overdue(now):
                self._notices.put_outcome(entry.timed_out())
            else:
                session.open(entry, urgent=True)

    def _suspect(self, now: float) -> None:
        self.timers.clear(Timer.STABLE)
        if self._present().pending.blocked_until(now) is None:
            self._ping(now)

    def _ping(self, now: float) -> None:
        self._present().ping()
        self._heartbeat.handle_pinged(now)

    def _retry(self, cause: Disconnect | None, now: float) -> None:
        self._end_session(cause, now)
        delay = self.backoff.next_delay()
        self.breaker.handle_failure(cause)
        self._schedule(max(delay, self.breaker.delay_min), cause, now)

    def _schedule(self, delay: float, cause: Disconnect | None, now: float) -> None:
        attempt = self.backoff.failures + 1
        key, host, port = self._config.key, self._config.host, self._config.port
        self._notices.put_step(ConnectScheduled(key, host, port, attempt, delay, now + delay, cause))
        self.timers.set(Timer.RECONNECT, now + delay)

    def _log_off(self, now: float) -> None:
        self._logoff = self._present().log_off()
        self.timers.clear(Timer.SILENCE, Timer.PONG, Timer.READ, Timer.STABLE)
        self.timers.set(Timer.GRACE, now + self._grace)

    def _end(self, cause: Disconnect | None, now: float) -> None:
        """End for good; actions that wait for a next session end with it."""
        logoff, self._logoff = self._logoff, None
        if logoff is not None and logoff.sent is not Sent.FULLY:
            self.report(Fault.LOGOFF_UNSENT, str(cause))
        self._end_session(cause, now)
        self.breaker.handle_ended(cause)
        self.timers.clear(Timer.RECONNECT, Timer.DROP_REPORT)
        self.drops.put_all()
        self.farewell_due = True
        self.wants_admission = False
        for entry in self.waiting.pop_all():
            self._notices.put_outcome(entry.lost(cause or Disconnect(Reason.STOPPED)))

    def _end_session(self, cause: Disconnect | None, now: float) -> None:
        """Let everything that belongs to the stream die with it; each open action ends once."""
        session = self.session
        if session is None:
            return
        session.end()
        self.session = None
        self.cause = cause
        self.frames_before += session.frames
        self.events_before += session.frames - session.others
        self.timers.clear(*SESSION_TIMERS)
        if session.login.complete and self._gap is None:
            self._gap = session.heard_at, cause
        for entry in session.pending.pop_all():
            if entry.purpose is Purpose.USER:
                self._notices.put_outcome(entry.lost(cause or Disconnect(Reason.STOPPED)))

    def _present(self) -> Session:
        session = self.session
        assert session is not None, "effects with a session only leave states that have one"
        return session

    # -- time

    def handle_timer(self, timer: Timer, deadline: float, now: float) -> None:
        """Act on a timer that is due."""
        config = self._config
        match timer:
            case Timer.CONNECT:
                what = "no connection" if config.tls is None else "no connection, or no TLS handshake,"
                self._overdue(Reason.CONNECT_TIMEOUT, f"{what} within {config.connect_timeout:g} s", now)
            case Timer.BANNER:
                what = (
                    f"nothing that begins like AMI within {config.banner_timeout:g} s; is this the AMI port?"
                )
                self._overdue(Reason.BANNER_TIMEOUT, what, now)
            case Timer.LOGIN:
                what = f"{self._present().login.overdue()} within {config.login_timeout:g} s"
                self._overdue(Reason.LOGIN_TIMEOUT, what, now)
            case Timer.RECONNECT:
                self._ask(now)
            case Timer.SILENCE | Timer.PONG | Timer.READ:
                self._handle_heartbeat(timer, deadline, now)
            case Timer.STABLE:
                self.breaker.handle_stable()
                self.backoff.reset()
            case Timer.GRACE:
                self._overdue(Reason.STOPPED, f"no Goodbye within {self._grace:g} s", now)
            case Timer.DROP_REPORT:  # pragma: no branch - there is no other timer
                self.drops.put_due(now)

    def _overdue(self, reason: Reason, detail: str, now: float) -> None:
        self.lose(Disconnect(reason, detail), now)

    def _handle_heartbeat(self, timer: Timer, deadline: float, now: float) -> None:
        blocked_until = self._present().pending.blocked_until(now)
        judgement = self._heartbeat.judge(
            timer, deadline, now, paused=self.paused or self.commands.deaf, blocked_until=blocked_until
        )
        match judgement:
            case Judgement.WAIT:
                pass
            case Judgement.PING:
                self._ping(now)
            case Judgement.MISSED:
                self._apply(Input.MISSED, now)
            case Judgement.DEAD if timer is Timer.READ:
                silence = now - self._present().heard_at
                self._overdue(Reason.READ_TIMEOUT, f"no bytes for {silence:g} s", now)
            case Judgement.DEAD:  # pragma: no branch - there is no other judgement
                self._overdue(Reason.HEARTBEAT, f"{self._heartbeat.misses} pings unanswered", now)

    # -- reports

    def report(self, fault: Fault, detail: str, count: int = 1, *, action_id: str | None = None) -> None:
        """Count a fault, and say so. An ActionID longer than any of ours is left out."""
        self.fault_totals[fault] = self.fault_totals.get(fault, 0) + count
        session = self.session.id if self.session is not None else None
        if action_id is not None and len(action_id) > self._config.max_action_id_length:
            action_id = None
        self._notices.put_fault(
            FaultSeen(self._config.key, session, fault, count, self._excerpts.detail(detail), action_id)
        )
