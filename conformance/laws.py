"""The laws of a machine, checked after every step: whoever drives it, whatever happens.

`Lawful(machine, config)` has the surface of the machine and stands wherever it can: under a driver, a
simulator, a test. It forwards every call, writes it into a trace, and raises `LawBroken` where the
machine does not keep:

* L2, facts are total: `handle_*` never raises.
* L3, requests are strict: they raise a `RequestError` and change nothing, or succeed.
* L4, one outcome: every ticket ends once, and until then is among the pending, waiting or undrained.
* L5, progress: the deadline is due while a command or notice waits; once all is drained, a
  `handle_timeout` that was due leaves a later deadline, or something new to drain.
* L6, bounds: what is pending, outbound, queued or undrained stays within the configuration.
* L7, silence: a session has one `Connect`, its number is never used again, and after `Close` or
  `handle_disconnected` no command names it and no byte of it is shown.
* Every change is told: what a state changes from is what it changed to last, and so with the breaker,
  whose probes end once.
* What was shown was sent: bytes once shown come again, unchanged, until they are acknowledged; all of
  them are whole actions, one after the other; each piece ends where a line ends, and over TLS holds at
  most 1024 bytes.

The other laws are about two runs, or about none: L1 (purity) is read from the source, L8 (segmentation),
L9 (determinism) and L10 (laziness) compare traces or transcripts. `conformance.weight`
measures memory for L6.
"""

import math
from collections.abc import Callable
from typing import TypeVar

import ami_proto as ami

from .bookkeeping import Changes, Progress, Sessions
from .machine import Machine
from .trace import Trace

NOW_MAX = 1e12
"""What is beyond, either way, is no time to a machine."""
NOTICES_MAX = 64 + 3
"""Undrained steps of the life kept one by one, and one of each of three sorts that absorbs the rest."""
COMMANDS_MAX = 3
"""A close of the old stream, a dial of the new, and what to watch."""
ENGINE_BYTES_MAX = 8192
"""What the engine itself may put above the cap: a login, pings, a logoff."""

Result = TypeVar("Result")


class LawBroken(AssertionError):
    """A machine did not keep a law; the end of its story comes with it."""

    def __init__(self, law: str, what: str, trace: Trace) -> None:
        super().__init__(f"{law}: {what}\nthe story so far:\n{trace.tail}")
        self.law = law


class Lawful:
    """A machine under watch. Raises `LawBroken` from the call with which a law was broken."""

    def __init__(self, machine: Machine, config: ami.ServerConfig, trace: Trace | None = None) -> None:
        self.machine = machine
        self.trace = trace or Trace()
        self.outcomes: dict[ami.Ticket, ami.Outcome] = {}
        """Every outcome that was drained."""
        self.open: dict[ami.Ticket, None] = {}
        """The tickets without one, in their order."""
        self.subscriptions: list[ami.Subscription] = []
        self._config = config
        self._clock = -math.inf
        self._depth = 0
        self._progress = Progress()
        self._sessions = Sessions()
        self._changes = Changes()

    # -- looking

    @property
    def stopped(self) -> bool:
        """Whether the machine is CLOSED, with nothing left to drain."""
        return self.machine.stopped

    def snapshot(self) -> ami.Snapshot:
        """Return the health of the machine."""
        return self.machine.snapshot()

    def poll_timeout(self) -> float | None:
        """Return when to call `handle_timeout`; twice the same, for it is pure."""
        deadline = self.machine.poll_timeout()
        self._require(deadline == self.machine.poll_timeout(), "L5", "poll_timeout is not pure")
        return deadline

    # -- facts

    def handle_connected(self, session: ami.SessionId, now: float) -> None:
        """Tell that a stream is up."""
        self._fact(now, f"connected {session}", lambda: self.machine.handle_connected(session, now))

    def handle_received(self, session: ami.SessionId, data: bytes, now: float) -> None:
        """Tell that bytes came."""
        what = f"received {session} {data!r}"
        self._fact(now, what, lambda: self.machine.handle_received(session, data, now))

    def handle_sent(self, session: ami.SessionId, count: int, now: float) -> None:
        """Tell that bytes were written."""
        self._sessions.acknowledge(session, count)
        self._fact(now, f"sent {session} {count}", lambda: self.machine.handle_sent(session, count, now))

    def handle_disconnected(self, session: ami.SessionId, cause: ami.Disconnect, now: float) -> None:
        """Tell that a stream has ended."""
        if session == self.machine.snapshot().session:
            self._sessions.number = max(self._sessions.number, session.number)
        if session.number <= self._sessions.number:
            self._sessions.ended.add(session)
        what = f"disconnected {session} {cause}"
        self._fact(now, what, lambda: self.machine.handle_disconnected(session, cause, now))

    def handle_timeout(self, now: float) -> None:
        """Tell that time has passed."""
        deadline = self.machine.poll_timeout()
        settled = self._progress.settled and deadline is not None and deadline <= now
        self._fact(now, "time", lambda: self.machine.handle_timeout(now))
        self._progress.begin_round(now if settled else None)

    # -- requests

    def start(self, now: float) -> None:
        """Ask to begin."""
        self._request(now, "start", lambda: self.machine.start(now))

    def submit(
        self,
        action: ami.Action,
        now: float,
        *,
        to: ami.ServerKey | None = None,
        timeout: float | None = None,
        completion: ami.Completion | None = None,
        wait: bool = False,
    ) -> ami.Ticket:
        """Ask for an action."""

        def submit() -> ami.Ticket:
            ticket = self.machine.submit(
                action, now, to=to, timeout=timeout, completion=completion, wait=wait
            )
            fresh = ticket not in self.open and ticket not in self.outcomes
            self._require(fresh, "L4", f"{ticket} was given out twice")
            self.open[ticket] = None
            return ticket

        return self._request(now, f"submit {action!r} {timeout} {wait}", submit)

    def cancel(self, ticket: ami.Ticket, now: float) -> None:
        """Ask for the end of an action."""
        self._request(now, f"cancel {ticket}", lambda: self.machine.cancel(ticket, now))

    def subscribe(
        self,
        filter: ami.Filter,  # noqa: A002 - the agreed word
        *,
        limit: int = ami.QUEUE_LIMIT_DEFAULT,
        policy: ami.Overflow = ami.Overflow.DROP_OLDEST,
    ) -> ami.Subscription:
        """Ask for messages."""
        what = f"subscribe {filter.names} {limit} {policy.value}"
        subscription = self._request(
            self._clock, what, lambda: self.machine.subscribe(filter, limit=limit, policy=policy)
        )
        self.subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, subscription: ami.Subscription) -> None:
        """Ask for no more messages."""
        what = f"unsubscribe {subscription!r}"
        self._request(self._clock, what, lambda: self.machine.unsubscribe(subscription))
        self.subscriptions = [each for each in self.subscriptions if each is not subscription]

    def stop(self, now: float, *, grace: float | None = None) -> None:
        """Ask for the end."""
        self._request(now, f"stop {grace}", lambda: self.machine.stop(now, grace=grace))

    # -- outputs

    def poll_notice(self) -> ami.Notice | None:
        """Drain a notice."""
        deadline = self.machine.poll_timeout()
        notice = self.machine.poll_notice()
        self._progress.notices_empty = notice is None
        if notice is not None:
            self._note(notice, deadline)
            self._require(self._changes.take(notice), "every change is told", f"{notice}")
        if isinstance(notice, ami.ActionFinished):
            self._end(notice.outcome)
        elif notice is not None:
            self._progress.notices += 1
            most = NOTICES_MAX + len(ami.Fault) + 2 * len(self.subscriptions)
            self._require(self._progress.notices <= most, "L6", "more notices waited than there may")
        self._settle()
        return notice

    def poll_command(self) -> ami.Command | None:
        """Drain a command."""
        deadline = self.machine.poll_timeout()
        command = self.machine.poll_command()
        self._progress.commands_empty = command is None
        if command is not None:
            self._note(command, deadline)
            self._progress.commands += 1
            self._require(self._progress.commands <= COMMANDS_MAX, "L6", "more commands than there may be")
            complaint = self._sessions.take(command)
            self._require(complaint is None, "L7", f"{command}: {complaint}")
        self._settle()
        return command

    def poll_message(self, subscription: ami.Subscription) -> ami.Message | ami.Gap | ami.Drops | None:
        """Drain a message; a queue that empties may let reading go on."""
        message = self.machine.poll_message(subscription)
        if message is not None:
            self._say(f"{subscription!r} {message!r}")
            self._progress.tell()
        return message

    def poll_transmit(self, session: ami.SessionId, limit: int = ami.TRANSMIT_LIMIT) -> bytes:
        """Look at the next bytes to write."""
        data = self.machine.poll_transmit(session, limit)
        alive = session == self.machine.snapshot().session
        if data or alive:
            complaint = self._sessions.show(session, data, tls=self._config.tls is not None)
            self._require(complaint is None, "what was shown was sent", f"{session}: {complaint}")
            self._say(f"shows {session} {data!r}")
        return data

    # -- helpers

    def _fact(self, now: float, what: str, deed: Callable[[], None]) -> None:
        self._tell(now, what)
        self._depth += 1
        try:
            deed()
        except Exception as exception:
            raise LawBroken("L2", f"{what}: {exception!r}", self.trace) from exception
        finally:
            self._depth -= 1
        self._check()

    def _request(self, now: float, what: str, deed: Callable[[], Result]) -> Result:
        if self._depth:  # from inside a user's code that the engine is calling: nothing can be compared
            return deed()
        before = self._view()
        try:
            result = deed()
        except ami.RequestError as refusal:
            self.trace.add(self._clock, f">> {what}\n   !! {refusal}")
            self._require(self._view() == before, "L3", f"{what} was refused and changed something")
            raise
        except LawBroken:
            raise
        except Exception as exception:
            raise LawBroken("L3", f"{what}: {exception!r}", self.trace) from exception
        self._tell(now, what)
        self._check()
        return result

    def _tell(self, now: float, what: str) -> None:
        if self._clock < now < NOW_MAX:
            self._clock = now
        self.trace.add(self._clock, f">> {what}")
        self._progress.tell()

    def _say(self, what: str) -> None:
        self.trace.add(self._clock, f"   << {what}")

    def _note(self, output: ami.Notice | ami.Command, deadline: float | None) -> None:
        """Note something drained, and that the deadline had said so."""
        self._say(f"{output}")
        self._progress.outputs += 1
        due = deadline is not None and deadline <= self._clock
        self._require(due, "L5", f"this waited, and the deadline was {deadline}: {output}")

    def _settle(self) -> None:
        """Once everything is drained, see whether the last round of time got anywhere."""
        round_at = self._progress.end_round()
        if round_at is not None:
            deadline = self.machine.poll_timeout()
            later = deadline is None or deadline > round_at
            self._require(later, "L5", f"drained and up to date at {round_at}, and due again at {deadline}")

    def _end(self, outcome: ami.Outcome) -> None:
        ticket = outcome.ticket
        self._require(ticket in self.open, "L4", f"{ticket} ended twice, or was never given out")
        del self.open[ticket]
        self.outcomes[ticket] = outcome

    def _check(self) -> None:
        """Compare what the machine says of itself with what was told, and with its bounds."""
        if self._depth:
            return
        seen, config = self.machine.snapshot(), self._config
        actions = seen.actions_pending + seen.actions_waiting + seen.outcomes_undrained
        self._require(actions == len(self.open), "L4", f"{len(self.open)} tickets open, {actions} kept")
        self._require(actions <= config.max_pending_actions, "L6", f"{actions} actions")
        outbound_max = config.max_outbound_bytes + ENGINE_BYTES_MAX
        self._require(seen.outbound_bytes <= outbound_max, "L6", f"{seen.outbound_bytes} bytes outbound")
        for each in seen.subscriptions:
            self._require(each.depth <= 2 * each.limit, "L6", f"{each.depth} messages for {each.limit}")

    def _view(self) -> object:
        """Return everything that a refused request must leave as it was."""
        return self.machine.snapshot(), self.machine.poll_timeout(), self.machine.stopped

    def _require(self, holds: bool, law: str, what: str) -> None:
        if not holds:
            raise LawBroken(law, what, self.trace)
