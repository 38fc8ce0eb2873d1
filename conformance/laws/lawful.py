"""The laws of a machine, checked after every step.

`Lawful(machine)` is a `Machine` itself and stands in the place of the one it watches: under a driver, in a
simulation, in a test. It forwards every call, writes it into a trace, and raises `LawBroken` from the call
that broke one of these:

* L2, facts are total: `handle_*` never raises.
* L3, requests are strict: they raise a `RequestError` and change nothing, or succeed.
* L4, one outcome: every ticket ends once, and until then is among the pending, waiting or undrained of its
  server.
* L5, progress: the deadline is due while a command or notice waits; once all is drained, a `handle_timeout`
  that was due leaves a later deadline, or something to drain; of several servers, the second one does.
* L6, bounds: what is pending, outbound, queued or undrained stays within the configuration of each server.
* L7, silence: a session has one `Connect`, its number is never used again, and after `Close` or
  `handle_disconnected` no command names it and no byte of it is shown.
* Every change is reported: each `StateChanged` and `BreakerChanged` starts where the last one ended; once all
  is drained, the state that was entered last is the state.
* Bytes that were shown are sent: they are shown again, unchanged, until they are acknowledged. They are
  whole actions, one after the other; each piece ends where a line ends, and over TLS has at most 1024 bytes.
  None is shown twice: no ActionID comes again, on any session, and no action of the application more often
  than it was submitted.

The other laws are not about one run: L1 (purity) is read from the source, L8 (segmentation), L9
(determinism) and L10 (laziness) compare the traces of several runs, and the memory of L6 is weighed in
`tests/laws`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

import ami_proto as ami
from ami_proto.completion import Completion
from ami_proto.drivers import (
    QUEUE_BYTES_DEFAULT,
    QUEUE_LIMIT_DEFAULT,
    TRANSMIT_LIMIT,
    Command,
    Machine,
    Redaction,
    ServerKey,
    SessionId,
    Subscription,
)
from ami_proto.routes import Route

from .bookkeeping import Drains
from .server_books import COMMANDS_MAX, NOTICES_MAX, ServerBooks
from .trace import LawBroken, Trace

CLOCK_MAX = 1e12
"""Seconds. A machine ignores times beyond this, before or after zero."""

_Result = TypeVar("_Result")


class Lawful:
    """A machine that is watched. Raises `LawBroken` from the call that broke a law.

    A driver may catch that error and report it as its own end; so `broken` keeps the first one.
    """

    def __init__(self, machine: Machine, trace: Trace | None = None) -> None:
        self.machine = machine
        self.trace = trace or Trace()
        self.broken: LawBroken | None = None
        self.outcomes: dict[ami.Ticket, ami.Outcome] = {}
        """Every outcome that was drained."""
        self.open: dict[ami.Ticket, None] = {}
        """The tickets without an outcome, in the order of their submission."""
        self.subscriptions: list[Subscription] = []
        self._clock = -math.inf
        self._depth = 0
        """Above 0 while the machine handles a fact, and so may be calling a predicate or strategy."""
        self._drains = Drains()
        self._books = ServerBooks()
        self._seen: Mapping[ServerKey, ami.Snapshot] = {}
        """The health of each server after the last fact or request."""
        for server, config in machine.servers.items():
            self._books[server].sessions.configure(config)

    # -- looking

    @property
    def servers(self) -> Mapping[ServerKey, ami.ServerConfig]:
        """The configuration of each server."""
        return self.machine.servers

    @property
    def states(self) -> Mapping[ServerKey, ami.State]:
        """The state of each server by its key."""
        return self.machine.states

    @property
    def redaction(self) -> Redaction:
        """What must not be shown in a log of the driver. The trace shows it."""
        return self.machine.redaction

    @property
    def stopped(self) -> bool:
        """Whether the machine is CLOSED, with nothing left to drain."""
        return self.machine.stopped

    @property
    def frames_received(self) -> int:
        """Frames since the machine was made."""
        return self.machine.frames_received

    @property
    def events_received(self) -> int:
        """Events since the machine was made."""
        return self.machine.events_received

    def snapshots(self) -> Mapping[ServerKey, ami.Snapshot]:
        """Return the health of each server."""
        return self.machine.snapshots()

    def snapshot(self) -> ami.Snapshot:
        """Return the health of the only server."""
        (only,) = self.machine.snapshots().values()
        return only

    def poll_timeout(self) -> float | None:
        """Return when to call `handle_timeout`. Asks twice: looking must not change the answer."""
        deadline = self.machine.poll_timeout()
        self._require(deadline == self.machine.poll_timeout(), "L5", "poll_timeout is not pure")
        return deadline

    # -- facts

    def handle_connected(self, session: SessionId, now: float) -> None:
        """Forward that a stream is up."""
        self._fact(now, f"connected {session}", lambda: self.machine.handle_connected(session, now))

    def handle_received(self, session: SessionId, data: bytes, now: float) -> None:
        """Forward bytes that arrived."""
        what = f"received {session} {bytes(data)!r}"
        self._fact(now, what, lambda: self.machine.handle_received(session, data, now))

    def handle_sent(self, session: SessionId, count: int, now: float) -> None:
        """Forward that bytes were written."""
        self._books[session.server].sessions.acknowledge(session, count)
        self._fact(now, f"sent {session} {count}", lambda: self.machine.handle_sent(session, count, now))

    def handle_drained(self, session: SessionId, looked_at: float) -> None:
        """Forward that a read found nothing."""
        self._fact(looked_at, f"drained {session}", lambda: self.machine.handle_drained(session, looked_at))

    def handle_disconnected(self, session: SessionId, cause: ami.Disconnect, now: float) -> None:
        """Forward the end of a stream. A dial may end before its `Connect` is drained."""
        sessions = self._books[session.server].sessions
        if self._is_present(session):
            sessions.number = max(sessions.number, session.number)
        if session.number <= sessions.number:
            sessions.ended.add(session)
        what = f"disconnected {session} {cause}"
        self._fact(now, what, lambda: self.machine.handle_disconnected(session, cause, now))

    def handle_timeout(self, now: float) -> None:
        """Forward that time has passed."""
        deadline = self.machine.poll_timeout()
        settled = self._drains.settled and deadline is not None and deadline <= now
        idle = self._drains.idle
        self._fact(now, "time", lambda: self.machine.handle_timeout(now))
        self._drains.begin_round(now if settled else None, idle_before=idle)

    # -- requests

    def start(self, now: float) -> None:
        """Begin to connect."""
        self._request(now, "start", lambda: self.machine.start(now))

    def submit(
        self,
        action: ami.Action,
        now: float,
        *,
        to: ServerKey | Route | None = None,
        timeout: float | None = None,
        completion: Completion | None = None,
        wait: bool = False,
        asked_by: str | None = None,
    ) -> ami.Ticket:
        """Send an action; its ticket must be new."""

        def submit() -> ami.Ticket:
            deed = partial(self.machine.submit, action, now, to=to, timeout=timeout, completion=completion)
            ticket = deed(wait=wait, asked_by=asked_by)
            fresh = ticket not in self.open and ticket not in self.outcomes
            self._require(fresh, "L4", f"{ticket} was returned twice")
            self.open[ticket] = None
            self._books[ticket.server].open_count += 1
            self._books[ticket.server].sessions.submit(action.name)
            return ticket

        return self._request(now, f"submit {action!r} {timeout} {wait}", submit)

    def cancel(self, ticket: ami.Ticket, now: float) -> None:
        """End an action."""
        self._request(now, f"cancel {ticket}", lambda: self.machine.cancel(ticket, now))

    def subscribe(
        self,
        filter: ami.Filter,  # noqa: A002 - the agreed word
        *,
        limit: int = QUEUE_LIMIT_DEFAULT,
        limit_bytes: int = QUEUE_BYTES_DEFAULT,
        limit_bytes_total: int | None = None,
        policy: ami.Overflow = ami.Overflow.DROP_OLDEST,
    ) -> Subscription:
        """Queue the messages that pass a filter."""
        bounds = f"{limit} {limit_bytes} {limit_bytes_total}"
        what = f"subscribe {filter.names} {bounds} {getattr(policy, 'value', policy)}"
        call = partial(self.machine.subscribe, filter, limit=limit, limit_bytes=limit_bytes, policy=policy)
        deed = partial(call, limit_bytes_total=limit_bytes_total)
        subscription = self._request(self._clock, what, deed)
        self.subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription."""
        what = f"unsubscribe {subscription!r}"
        self._request(self._clock, what, lambda: self.machine.unsubscribe(subscription))
        self.subscriptions = [each for each in self.subscriptions if each is not subscription]

    def stop(self, now: float, *, grace: float | None = None) -> None:
        """Log off and close."""
        self._request(now, f"stop {grace}", lambda: self.machine.stop(now, grace=grace))

    # -- outputs

    def poll_notice(self) -> ami.Notice | None:
        """Drain a notice."""
        deadline = self.machine.poll_timeout()
        notice = self.machine.poll_notice()
        self._drains.notices_empty = notice is None
        if notice is not None:
            self._note(notice, deadline)
            starts = self._books[notice.server].states.take(notice)
            self._require(starts, "every change is reported", f"{notice}")
        if isinstance(notice, ami.ActionFinished):
            self._end(notice.outcome)
        elif notice is not None:
            count = self._drains.count_notice(notice)
            most = NOTICES_MAX + len(ami.Fault) + 2 * len(self.subscriptions)
            self._require(count <= most, "L6", f"more than {most} notices of {notice.server} waited")
        else:
            unreported = self._books.unreported(self.machine.states)
            self._require(unreported is None, "every change is reported", f"{unreported}")
        self._settle()
        return notice

    def poll_command(self) -> Command | None:
        """Drain a command."""
        deadline = self.machine.poll_timeout()
        command = self.machine.poll_command()
        self._drains.commands_empty = command is None
        if command is not None:
            self._note(command, deadline)
            few = self._drains.count_command(command) <= COMMANDS_MAX
            self._require(few, "L6", f"more than {COMMANDS_MAX} commands waited, the last {command}")
            complaint = self._books.take(command)
            self._require(complaint is None, "L7", f"{command}: {complaint}")
        self._settle()
        return command

    def poll_message(self, subscription: Subscription) -> ami.Message | ami.Gap | ami.Drops | None:
        """Drain a message. A queue that was full may let the machine read again, and so leave a command."""
        message = self.machine.poll_message(subscription)
        if message is not None:
            self._say(f"{subscription!r} {message!r}")
            self._drains.tell()
        return message

    def poll_messages(
        self, subscription: Subscription, limit: int, limit_bytes: int = QUEUE_BYTES_DEFAULT
    ) -> list[ami.Message | ami.Gap | ami.Drops]:
        """Drain up to `limit` messages and `limit_bytes` bytes; the last message may exceed these."""
        messages = self.machine.poll_messages(subscription, limit, limit_bytes)
        self._require(len(messages) <= max(0, limit), "L6", f"{len(messages)} messages, {limit} wanted")
        size = sum(each.size for each in messages[:-1] if isinstance(each, ami.Message))
        self._require(size < max(1, limit_bytes), "L6", f"{size} bytes and more, {limit_bytes} wanted")
        for message in messages:
            self._say(f"{subscription!r} {message!r}")
        self._drains.tell()  # without messages, too: it says that the consumer is there
        return messages

    def poll_transmit(self, session: SessionId, limit: int = TRANSMIT_LIMIT) -> bytes:
        """Show the next bytes to write."""
        data = self.machine.poll_transmit(session, limit)
        if data or self._is_present(session):
            sessions = self._books[session.server].sessions
            config = self.machine.servers.get(session.server)
            tls = config is not None and config.tls is not None
            complaint = sessions.show(session, data, tls=tls)
            self._require(complaint is None, "bytes that were shown are sent", f"{session}: {complaint}")
            self._say(f"shows {session} {data!r}")
        return data

    # -- helpers

    def _fact(self, now: float, what: str, deed: Callable[[], None]) -> None:
        self._tell(now, what)
        self._depth += 1
        try:
            deed()
        except Exception as exception:
            raise self._break("L2", f"{what}: {exception!r}") from exception
        finally:
            self._depth -= 1
        self._check()

    def _request(self, now: float, what: str, deed: Callable[[], _Result]) -> _Result:
        if self._depth:  # called by a predicate in the middle of a fact: there is no "before" to compare with
            return deed()
        before = self._view()
        try:
            result = deed()
        except ami.RequestError as refusal:
            self.trace.add(self._clock, f">> {what}\n   !! {refusal}")
            counted = int(isinstance(refusal, ami.Backpressure))
            unchanged = self._view(less_refused=counted) == before
            self._require(unchanged, "L3", f"{what} was refused and changed something, or was not counted")
            raise
        except LawBroken:  # of the deed itself: it must not be reported again as a crash
            raise
        except Exception as exception:
            raise self._break("L3", f"{what}: {exception!r}") from exception
        self._tell(now, what)
        self._check()
        return result

    def _tell(self, now: float, what: str) -> None:
        if self._clock < now < CLOCK_MAX:
            self._clock = now
        self.trace.add(self._clock, f">> {what}")
        self._drains.tell()

    def _say(self, what: str) -> None:
        self.trace.add(self._clock, f"   << {what}")

    def _note(self, output: ami.Notice | Command, deadline: float | None) -> None:
        """Take what was drained. `deadline`, asked before, must have been due."""
        self._say(f"{output}")
        self._drains.outputs += 1
        due = deadline is not None and deadline <= self._clock
        self._require(due, "L5", f"the deadline was {deadline} while this waited: {output}")

    def _settle(self) -> None:
        """Once everything is drained, require that the last `handle_timeout` moved the deadline on."""
        round_at = self._drains.end_round()
        if round_at is not None:
            deadline = self.machine.poll_timeout()
            later = deadline is None or deadline > round_at
            if not later and len(self.machine.servers) > 1 and not self._drains.idle_before:
                self._drains.idle = later = True
            self._require(later, "L5", f"all was drained and done at {round_at}, and {deadline} is due again")

    def _end(self, outcome: ami.Outcome) -> None:
        ticket = outcome.ticket
        self._require(ticket in self.open, "L4", f"{ticket} ended twice, or was never returned")
        del self.open[ticket]
        self._books[ticket.server].open_count -= 1
        self.outcomes[ticket] = outcome

    def _check(self) -> None:
        """Compare the snapshot with the tickets that are open and with the bounds of the configuration."""
        if self._depth:
            return
        seen, configs = self._look(), self.machine.servers
        for law, what in self._books.complaints(seen, configs):
            raise self._break(law, what)

    def _look(self) -> Mapping[ServerKey, ami.Snapshot]:
        """Look at every server after a fact or request."""
        self._seen = self.machine.snapshots()
        return self._seen

    def _view(self, less_refused: int = 0) -> object:
        """Return what a refused request must not change, with so many refusals counted less."""
        snapshots = self.machine.snapshots()
        refused = sum(each.actions_refused for each in snapshots.values()) - less_refused
        seen = {server: replace(each, actions_refused=0) for server, each in snapshots.items()}
        return seen, refused, self.machine.poll_timeout(), self.machine.stopped

    def _is_present(self, session: SessionId) -> bool:
        seen = self.machine.snapshots().get(session.server)
        return seen is not None and seen.session == session

    def _require(self, holds: bool, law: str, what: str) -> None:
        if not holds:
            raise self._break(law, what)

    def _break(self, law: str, what: str) -> LawBroken:
        """Return the error to raise; keep the first in `broken`."""
        error = LawBroken(law, what, self.trace)
        self.broken = self.broken or error
        return error
