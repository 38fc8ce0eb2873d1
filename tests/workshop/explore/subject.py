"""The connection under exploration, with a network that delivers at once, a peer, and a ledger.

The ledger holds what a careful owner would note: open tickets, the state that was reported last, whether a
probe is running. Outputs that do not fit raise `ExplorationFailed`.

"""

from collections import deque
from dataclasses import replace

import ami_proto as ami
from ami_proto import BreakerState, State
from ami_proto.drivers import Connect, SessionId
from conformance.laws.playbook import SentAction, read_actions


class ExplorationFailed(AssertionError):
    """The connection broke a rule."""


def require(holds: bool, what: str) -> None:
    """Raise `ExplorationFailed` unless a condition holds."""
    if not holds:
        raise ExplorationFailed(what)


class Subject:
    """One connection, drained after every move. With `writes`, its bytes are written after every move too."""

    def __init__(self, config: ami.ServerConfig, *, throttled: bool, pausing: bool, writes: bool) -> None:
        self.connection = ami.Connection(config, seed=1, throttled=throttled)
        self.now = 0.0
        self.session = SessionId(config.key, 0)
        """That of the latest `Connect`."""
        self.requests: deque[SentAction] = deque()
        """Actions that the peer has read and not answered: all open ones, and one that has ended."""
        self.subscription = (
            self.connection.subscribe(ami.Filter(), limit=1, policy=ami.Overflow.PAUSE) if pausing else None
        )
        self.open: dict[str, ami.Ticket] = {}
        self.steps: set[tuple[State, State]] = set()
        """Pairs of states that followed each other in the last move; `breaker_steps` likewise."""
        self.breaker_steps: set[tuple[BreakerState, BreakerState]] = set()
        self._writes = writes
        self._state = State.CLOSED
        self._breaker = BreakerState.CLOSED
        self._opened_at = 0.0
        self._probe: SessionId | None = None
        self._due = 0.0
        self._half_request = b""

    # -- moves are made of these

    def request(self, action: str, *, wait: bool = False) -> None:
        """Submit an action."""
        ticket = self.connection.submit(ami.Action(action), self.now, timeout=2.0, wait=wait)
        self.open[ticket.action_id] = ticket

    def cancel(self) -> None:
        """Cancel the oldest action."""
        self.connection.cancel(next(iter(self.open.values())), self.now)

    def consume(self) -> None:
        """Pull every message."""
        while self.subscription is not None and self.connection.poll_message(self.subscription) is not None:
            pass

    def receive(self, data: bytes) -> None:
        """Let bytes arrive."""
        self.connection.handle_received(self.session, data, self.now)

    def disconnect(self, session: SessionId) -> None:
        """Let a stream end, or a dial fail."""
        self.connection.handle_disconnected(session, ami.Disconnect(ami.Reason.EOF), self.now)

    def write(self) -> None:
        """Write everything that is to be sent; the peer reads it."""
        while data := self.connection.poll_transmit(self.session):
            self.connection.handle_sent(self.session, len(data), self.now)
            self._half_request += data
        self.requests += read_actions(self._half_request)
        self._half_request = b""

    def pass_time(self, late: float = 0.0) -> None:
        """Let time pass to the next deadline, or `late` seconds beyond it."""
        deadline = self.connection.poll_timeout()
        require(deadline is not None, "there is nothing to wait for")
        self.now = max(self.now, deadline or 0.0) + late
        self.connection.handle_timeout(self.now)

    def tell_stale(self) -> None:
        """Report facts about the session before the current one."""
        stale = replace(self.session, number=self.session.number - 1)
        self.connection.handle_connected(stale, self.now)
        self.connection.handle_received(stale, b"Event: Stale\r\n\r\n", self.now)
        self.connection.handle_sent(stale, 1, self.now)
        self.disconnect(stale)

    def awaits(self, action: SentAction) -> bool:
        """Whether an answer to this action would be taken."""
        session = self.connection._lifecycle.session
        return session is not None and session.pending.find(action.action_id) is not None

    # -- the ledger

    def settle(self) -> None:
        """Drain everything, and check it against the ledger."""
        self.steps, self.breaker_steps = set(), set()
        self._drain()
        if self._writes:
            self.write()
            self._drain()
        self.connection.handle_timeout(self.now)
        self._drain()
        self._check_rest()
        self._forget_ended()

    def _drain(self) -> None:
        while (notice := self.connection.poll_notice()) is not None:
            self._check_notice(notice)
        while (command := self.connection.poll_command()) is not None:
            if isinstance(command, Connect):
                self._check_dial(command)

    def _forget_ended(self) -> None:
        """Keep one ended action, to be answered late; more would be like it."""
        ended = [each for each in self.requests if not self.awaits(each)]
        self.requests = deque(each for each in self.requests if each not in ended[1:])

    def _check_notice(self, notice: ami.Notice) -> None:
        match notice:
            case ami.ActionFinished(ticket=ticket):
                require(
                    self.open.pop(ticket.action_id, None) == ticket, f"{ticket} ended twice, or never began"
                )
            case ami.StateChanged(old=old, new=new):
                require(old is self._state, f"{old} is left, but {self._state} was entered")
                self.steps.add((old, new))
                self._state = new
            case ami.BreakerChanged(old=was, new=becomes):
                require(was is self._breaker, f"{was} is left, but {self._breaker} was entered")
                self.breaker_steps.add((was, becomes))
                self._breaker = becomes
                self._check_breaker(was, becomes)
            case ami.ConnectScheduled(due=due):
                self._due = due

    def _check_breaker(self, was: BreakerState, becomes: BreakerState) -> None:
        """Require that each probe begins after the cooldown and has one outcome."""
        if becomes is BreakerState.OPEN:
            self._opened_at = self.now
        if becomes is BreakerState.HALF_OPEN:
            waited = self.now - self._opened_at
            require(waited >= self.connection.config.breaker_cooldown, f"a probe after {waited:g} s")
        if was is BreakerState.HALF_OPEN:
            require(self._probe is not None, "a probe ended that never dialled")
            self._probe = None

    def _check_dial(self, command: Connect) -> None:
        require(self.now >= self._due, f"dialled at {self.now:g}, scheduled for {self._due:g}")
        require(self._breaker is not BreakerState.OPEN, "dialled while the breaker is open")
        self.session = command.session
        self.requests.clear()
        if self._breaker is BreakerState.HALF_OPEN:
            require(self._probe is None, "one probe dials twice")
            self._probe = command.session

    def _check_rest(self) -> None:
        """Check the rules that hold whenever everything is drained."""
        looked = self.connection.snapshot()
        require(looked.state is self._state, "a state was entered and not reported")
        require(looked.breaker is self._breaker, "a change of the breaker was not reported")
        held = looked.actions_pending + looked.actions_waiting
        require(held == len(self.open), f"{len(self.open)} tickets are open, {held} are held")
        probing = self._probe is not None
        require(
            probing is (self._breaker is BreakerState.HALF_OPEN), "a probe without an end, or an end too many"
        )
        closed = looked.state is State.CLOSED
        require(not (closed and (self.open or probing)), "closed, and something is still open")
        deadline = self.connection.poll_timeout()
        require(deadline is None or deadline > self.now, "all is drained and done, and it is due again (L5)")
        waits_for_user = closed or self.connection.wants_admission
        require(deadline is not None or waits_for_user, "nothing will ever happen here (R-LIFE-06)")
