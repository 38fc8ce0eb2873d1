"""The life of a connection: what the transition table calls for, done.

`transitions.py` says what follows what; here is one method for each effect and each timer. A fact is
turned into inputs, inputs into effects, effects into commands, notices and timers.
"""

from dataclasses import replace
from random import Random

from ami_proto.config.server import ServerConfig
from ami_proto.connection.actions import Actions
from ami_proto.connection.boot import BootWait
from ami_proto.connection.commands import Command, CommandQueue, Connect
from ami_proto.connection.flow import Flow
from ami_proto.connection.heartbeat import Heartbeat, Judgement
from ami_proto.connection.inbox import Received
from ami_proto.connection.journal import ServerJournal
from ami_proto.connection.notices import StateChanged
from ami_proto.connection.registry import Delivery
from ami_proto.connection.retries import Retries
from ami_proto.connection.session import Session, Sign
from ami_proto.connection.stream_checks import no_banner, no_connection, no_end
from ami_proto.connection.timers import ALWAYS, SESSION_TIMERS, Timer, Timers
from ami_proto.connection.transitions import TRANSITIONS, Effect, Input
from ami_proto.connection.verdicts import Verdicts
from ami_proto.values import Disconnect, Reason, SessionId, State


class Lifecycle:
    """Keep one server connected. All times are the clamped clock of the journal."""

    def __init__(
        self,
        config: ServerConfig,
        random: Random,
        actions: Actions,
        delivery: Delivery,
        journal: ServerJournal,
        throttled: bool,
    ) -> None:
        self.state = State.CLOSED
        self.session: Session | None = None
        self.session_number = 0
        self.received = Received()
        self.timers = Timers()
        self.commands = CommandQueue()
        self.retries = Retries(config, random, self.timers, delivery, journal, throttled=throttled)
        self._verdicts = Verdicts(self.timers, actions, self.commands)
        self._config = config
        self._actions = actions
        self._delivery = delivery
        self._journal = journal
        self._end_unseen = False
        """CLOSED was reached, and the driver has yet to call `handle_timeout` once more to see that."""
        self._heartbeat = Heartbeat(config, self.timers)
        self._flow = Flow(config, self.timers, delivery, self._heartbeat, self.commands)
        self._boot = BootWait(config, self.timers, self._heartbeat, journal)
        self._serving: Session | None = None
        """The session that serves subscribers and callers, if there is one."""
        self._served = False
        """Whether READY was reached since the start."""
        self._grace = config.close_grace

    # -- requests and facts

    def start(self, now: float) -> None:
        """Begin. The caller has made sure that the state is CLOSED."""
        self._apply(Input.START, now)

    def stop(self, now: float, grace: float | None) -> None:
        """End: log off first where there is a login, else at once."""
        if self.state is not State.CLOSING:
            self._grace = self._config.close_grace if grace is None else grace
        cause = Disconnect(Reason.STOPPED)
        if self.session is not None and not self.state.sending and self.state is not State.CLOSING:
            self.commands.close(self.session.id)
        self._apply(Input.STOP, now, cause)

    def handle_connected(self, now: float) -> None:
        """Take the fact that the stream is up."""
        self._apply(Input.CONNECTED, now)

    def handle_drained(self, looked_at: float) -> None:
        """Take the fact that a read of the present session that began at `looked_at` found nothing."""
        self._verdicts.handle_drained(looked_at)

    def handle_received(self, session: Session, data: bytes, now: float) -> None:
        """Take bytes of the present session."""
        frames_before = session.inbox.handled
        try:
            session.inbox.receive(data, now)
            self._act_on_signs(session, now, closed=False)
        finally:
            session.inbox.note_open_frame(now)
            if self.session is session and self._watched:
                complete, since = session.inbox.handled > frames_before, session.inbox.open_since
                self._heartbeat.handle_frames(now, complete=complete, open_since=since)
        if session.banner is None and self.session is session and (objection := session.check_greeting(data)):
            self.lose(objection, now)
        if self._serving is not None and self._delivery.pause_end_unknown:
            self._flow.end_pauses(now)
        self._flow.report_drops(now)

    def handle_disconnected(self, session: Session, cause: Disconnect, now: float) -> None:
        """Take the end of the present session; the messages that its last bytes complete come first."""
        self.commands.forget(session.id)
        session.inbox.receive_eof()
        self._act_on_signs(session, now, closed=True)
        if self.session is session:
            self.lose(cause, now, closed=True)
        self._flow.report_drops(now)

    def lose(self, cause: Disconnect, now: float, *, closed: bool = False) -> None:
        """End the present session; `closed` says that the driver knows already."""
        cause = replace(cause, detail=self._journal.detail(cause.detail))
        if self.session is not None and not closed:
            self.commands.close(self.session.id)
        again = self._config.tries_again(cause.reason, served=self._served)
        self._apply(Input.LOST if again else Input.GIVEN_UP, now, cause)

    def _act_on_signs(self, session: Session, now: float, *, closed: bool) -> None:
        """Act on each sign before the session looks at its next frame."""
        try:
            while self.session is session and (sign := session.next_sign(now)) is not None:
                self._act_on(sign, session, now, closed=closed)
        finally:  # also when a predicate raises KeyboardInterrupt: what it kept from being read is counted
            session.report_unread()

    def _act_on(self, sign: Sign, session: Session, now: float, *, closed: bool) -> None:
        if isinstance(sign, Disconnect):
            self.lose(sign, now, closed=closed)
            return
        if sign is Input.ANSWERED and self._watched:
            self._heartbeat.handle_answered(now)
        if sign is Input.GOODBYE and not closed:
            self.commands.close(session.id)
        self._apply(sign, now, Disconnect(Reason.STOPPED) if sign is Input.GOODBYE else None)

    # -- looking

    @property
    def command_waiting(self) -> bool:
        """Whether a command is to be drained."""
        return self.commands.waiting(self._flow.wanted(self.session, self._serving))

    @property
    def work_left(self) -> bool:
        """Whether a notice or command waits to be drained."""
        notices = self._journal.undrained > 0
        return notices or self.commands.waiting(self._flow.wanted(self.session, self._serving))

    def deadline(self) -> float | None:
        """Return when time decides something.

        Due once more after the end, so that a driver does not wait again but sees that the machine stopped.
        """
        if self._end_unseen or self._flow.time_needed(self._serving):
            return self._journal.now
        # Before the driver was told to look, a deadline beyond is due as well: it asks for the look.
        until = self._judged_until() if self.commands.looking else ALWAYS
        return self._verdicts.next_deadline(self.session, until)

    def poll_command(self) -> Command | None:
        """Return the next command."""
        return self._flow.poll_command(self.session, self._serving)

    @property
    def _watched(self) -> bool:
        """Whether the heartbeat watches the session."""
        return self.state.sending or Timer.BOOT in self.timers

    # -- inputs become effects

    def _apply(self, event: Input, now: float, cause: Disconnect | None = None) -> None:
        """Take one step of the table: change the state, report that, and carry out the effect."""
        step = TRANSITIONS[self.state, event]
        old, self.state = self.state, step.state
        self._serving = self.session if step.state.sending else None
        if step.effect is Effect.DIAL:
            self._begin_session()  # before the report, which names the new session
        if old is not step.state:
            change = StateChanged(self._config.key, self._journal.session, old, step.state, cause)
            self._journal.put_step(change)
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
            case Effect.AWAIT_BOOT:
                self._boot.begin(now)
            case Effect.SET_UP:
                self._set_up(now)
            case Effect.SERVE:
                self._serve(now)
            case Effect.SUSPECT:
                self._suspect(now)
            case Effect.TRUST:
                self.timers[Timer.STABLE] = now + self._config.stable_after
            case Effect.RETRY:
                self._retry(cause, now)
            case Effect.LOG_OFF:
                self._log_off(now)
            case Effect.END:  # pragma: no branch - there is no other effect
                self._end(cause, now)

    def _begin_session(self) -> None:
        self.session_number += 1
        name = SessionId(self._config.key, self.session_number)
        ids, hidden = self._actions.ids, self._boot.hidden
        self.session = Session(name, self._config, ids, self._delivery, self._journal, boot_hidden=hidden)
        self._delivery.reading.pending = self.session.pending
        self.received.begin(self.session.inbox)
        self._actions.session, self._journal.session = self.session, name

    def _begin(self, now: float) -> None:
        self._served = False
        self.retries.begin(now)
        self._attempt(now)

    def _attempt(self, now: float) -> None:
        """Dial, or wait to be admitted."""
        if self.retries.handle_due():
            self.admit(now)

    def admit(self, now: float) -> None:
        """Dial: the next attempt is granted."""
        self._apply(Input.ADMITTED, now)

    def _dial(self, now: float) -> None:
        config, session = self._config, self._present()
        self.retries.handle_dialled()
        self.commands.dial(Connect(session.id, config.host, config.port, config.tls))
        self.timers[Timer.CONNECT] = now + config.connect_timeout

    def _await_banner(self, now: float) -> None:
        self._present().connected = True
        self._verdicts.begin()
        self.timers.stop(Timer.CONNECT)
        self.timers[Timer.BANNER] = now + self._config.banner_timeout

    def _log_in(self, now: float) -> None:
        self.timers.stop(Timer.BANNER)
        self.timers[Timer.LOGIN] = now + self._config.login_timeout
        self._present().begin_login()

    def _set_up(self, now: float) -> None:
        session = self._present()
        self._boot.end(now, hidden=session.login.end_boot())
        if (accepted := session.set_up()) is not None:
            self._apply(accepted, now)

    def _serve(self, now: float) -> None:
        session = self._present()
        self.timers.stop(Timer.LOGIN)
        self.timers[Timer.STABLE] = now + self._config.stable_after
        self._heartbeat.begin(now)
        self._flow.end_pauses(now)  # of queues that were full before the outage
        self._delivery.end_gap(now)
        self._served = True
        self._actions.send_waiting(session, now)
        session.deliver_fully_booted()

    def _suspect(self, now: float) -> None:
        self.timers.stop(Timer.STABLE)
        if self._present().pending.blocked_until(now) is None:
            self._ping(now)

    def _ping(self, now: float) -> None:
        self._present().ping()
        self._heartbeat.handle_pinged(now)

    def _retry(self, cause: Disconnect | None, now: float) -> None:
        self._end_session(cause)
        self.retries.handle_failure(cause, now)

    def _log_off(self, now: float) -> None:
        self._present().log_off()
        self.timers.stop(Timer.SILENCE, Timer.PONG, Timer.READ, Timer.FRAME, Timer.STABLE, Timer.PAUSE)
        self.timers[Timer.GRACE] = now + self._grace

    def _end(self, cause: Disconnect | None, now: float) -> None:
        """End for good, and with it the actions that wait for a next session."""
        last = self._journal.last_cause  # before the end of this session takes its place
        self._end_session(cause)
        self.retries.handle_ended(cause)
        self._flow.handle_ended()
        self._end_unseen = True
        self._actions.lose_waiting(cause or Disconnect(Reason.STOPPED), last)

    def _end_session(self, cause: Disconnect | None) -> None:
        """End the session, and with it everything that belongs to its stream."""
        session = self.session
        if session is None:
            return
        session.end(cause)
        self._boot.hidden = session.login.boot_hidden
        self.session = self._actions.session = self._journal.session = None
        self._journal.last_cause = cause
        self.received.end()
        self.timers.stop(*SESSION_TIMERS)
        # A gap begins with the last bytes of the last session that served, not of one that never logged in.
        if session.login.complete:
            self._delivery.begin_gap(session.inbox.heard_at, cause)
        self._actions.lose_sent(session, cause or Disconnect(Reason.STOPPED))

    def _present(self) -> Session:
        session = self.session
        assert session is not None, "only states with a session have effects that need one"
        return session

    # -- time

    def handle_timeout(self, now: float) -> None:
        """Let due timers and actions act, in order, each once."""
        self._end_unseen = self._end_unseen and self.work_left
        if self._flow.time_needed(self._serving):
            self._flow.end_pauses(now)
            self._heartbeat.handle_time(now)
        self._verdicts.count_flood(self.session)
        while self._verdicts.is_due(self.session, now):
            until = self._judged_until()
            timer, action = self.timers.next(until), self._actions.next_deadline(until)
            # At the same moment the action goes first: READ may have waited for just this action to end.
            if action is not None and action <= now and (timer is None or action <= timer):
                self._actions.expire(now, until)
            elif (due := self.timers.pop_due(now, until)) is not None:
                self._handle_timer(*due, now)
            else:  # what is due is of the session, and beyond what may be judged
                self._verdicts.ask(self._present(), now)
                break

    def _judged_until(self) -> float:
        return self._verdicts.judged_until(self.session, reading=self._flow.reading(self._serving))

    def _handle_timer(self, timer: Timer, deadline: float, now: float) -> None:
        config = self._config
        match timer:
            case Timer.CONNECT:
                self.lose(Disconnect(Reason.CONNECT_TIMEOUT, no_connection(config)), now)
            case Timer.BANNER:
                self.lose(Disconnect(Reason.BANNER_TIMEOUT, no_banner(config)), now)
            case Timer.LOGIN:
                what = f"{self._present().login.overdue()} within {config.login_timeout:g} s"
                self.lose(Disconnect(Reason.LOGIN_TIMEOUT, what), now)
            case Timer.BOOT:
                self._handle_boot(now)
            case Timer.RECONNECT:
                self._attempt(now)
            case Timer.SILENCE | Timer.PONG | Timer.READ | Timer.FRAME:
                self._handle_heartbeat(timer, deadline, now)
            case Timer.STABLE:
                self.retries.handle_stable()
            case Timer.PAUSE:
                self._flow.handle_due(deadline, now)
            case Timer.GRACE:
                self.lose(Disconnect(Reason.STOPPED, f"no Goodbye within {self._grace:g} s"), now)
            case Timer.DROP_REPORT:  # pragma: no branch - there is no other timer
                self._flow.report_drops(now)

    def _handle_boot(self, now: float) -> None:
        """Ask for the server's uptime, and for the time of its clock; go on when nothing came of that."""
        if not self._boot.handle_due(now):
            self._apply(Input.BOOTED, now)
            return
        if Timer.PONG not in self.timers:  # at most one ping is in flight
            self._ping(now)
        self._present().ask_uptime()

    def _handle_heartbeat(self, timer: Timer, deadline: float, now: float) -> None:
        session = self._present()
        if timer is Timer.FRAME:
            blocked_until = session.inbox.answer_due(now)
            if self._verdicts.drains:  # its bytes were read: coming late is no excuse
                deadline = now
        else:
            blocked_until = session.pending.blocked_until(now)
        paused = not self._flow.reading(self._serving)
        judgement = self._heartbeat.judge(timer, deadline, now, paused=paused, blocked_until=blocked_until)
        match judgement:
            case Judgement.WAIT:
                pass
            case Judgement.PING:
                self._ping(now)
            case Judgement.MISSED:
                self._apply(Input.MISSED, now)
            case Judgement.DEAD if timer is Timer.READ:
                silence = now - session.inbox.framed_at
                self.lose(Disconnect(Reason.READ_TIMEOUT, f"no frame for {silence:g} s"), now)
            case Judgement.DEAD if timer is Timer.FRAME:
                open_frame, since = session.inbox.open_frame, session.inbox.open_since or now
                what = no_end(self._journal.excerpt(open_frame), open_frame.size, now - since)
                self.lose(Disconnect(Reason.PROTOCOL, what), now)
            case Judgement.DEAD:  # pragma: no branch - there is no other judgement
                self.lose(Disconnect(Reason.HEARTBEAT, f"{self._heartbeat.misses} pings unanswered"), now)
