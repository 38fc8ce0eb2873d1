"""The account of one server: what its sessions told and carried out, against what the machine told of it.

A day has too many events to keep them. So each event that a server tells has a number, and the account keeps
the last one and counts. It knows nothing of the engine but the notices and messages that an application sees.
"""

import hashlib
import re
from collections import Counter, OrderedDict, deque
from enum import Enum, unique

import ami_proto as ami
from ami_proto.drivers import ServerKey, SessionId
from conformance.mock.requests import Request

ROUNDING = 1e-9
"""Seconds by which a sum of times may differ."""
FINDINGS_KEPT = 12
ENDED_KEPT = 32
"""Actions of a server that are remembered after their end: a second sending comes soon, or never."""
_PUBLISHED = re.compile(rb"Event: [^\r\n]*\r\nPrivilege: .*?\r\n\r\n", re.DOTALL)


class Findings:
    """What is false in a run. An empty one says that all is well."""

    def __init__(self) -> None:
        self.count = 0
        self.texts: list[str] = []
        """The first of them."""

    def require(self, holds: bool, text: str) -> None:
        """Note a sentence about what is false, unless it holds."""
        if not holds:
            self.count += 1
            if len(self.texts) < FINDINGS_KEPT:
                self.texts.append(text)


class Transcript:
    """A hash over everything that was told of one server, and when."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, now: float, what: str) -> None:
        """Add a line. It must not hold anything that differs between processes."""
        self._digest.update(f"{now!r} {what}\n".encode())

    @property
    def hash(self) -> str:
        """SHA-256 of every line so far, in hex."""
        return self._digest.hexdigest()


@unique
class Fate(Enum):
    """What the server has done with an action."""

    NONE = "was not carried out"
    RUN = "was carried out before"
    FORBIDDEN = "was told as not sent"


class SessionTally:
    """Count the events that a session of a server tells, and those that the driver has read to their end."""

    def __init__(self, account: "ServerAccount", number: int) -> None:
        self.number = number
        self.serial = 0
        """The number of the last event that was told."""
        self._account = account
        self._told = 0
        self._read = 0
        self._ends: deque[int] = deque()
        """Where the events end that the driver has not read yet, in the bytes of the session."""

    def ask(self, data: bytes, now: float) -> None:
        """Take bytes that reached the server: what it carries out is entered when it does so."""

    def tell(self, data: bytes, now: float) -> None:
        """Take bytes that left the server: whole frames."""
        self._ends += [self._told + found.end() for found in _PUBLISHED.finditer(data)]
        self._told += len(data)

    def read(self, count: int) -> int:
        """Take that the driver has read so many bytes; return how many events they end."""
        self._read += count
        before = len(self._ends)
        while self._ends and self._ends[0] <= self._read:
            self._ends.popleft()
        self._account.events_read += before - len(self._ends)
        return before - len(self._ends)


class ServerAccount:
    """One server, as its network and its application see it."""

    def __init__(self, config: ami.ServerConfig, findings: Findings) -> None:
        self.config = config
        self.findings = findings
        self.transcript = Transcript()
        """Everything that the application was told of this server, and when."""
        self.damaged = False
        """Whether its stream is damaged on purpose: then events cannot be counted exactly."""
        self.open: dict[str, ami.Ticket] = {}
        """Tickets without an outcome, by ActionID."""
        self._fates: OrderedDict[str, Fate] = OrderedDict()
        """Of the open actions, and of those that ended last."""
        self.counts: Counter[str] = Counter()
        """States, causes of ends, outcomes, faults and gaps."""
        self.state = ami.State.CLOSED
        """As the application was told."""
        self.events_read = self.delivered = self.dropped = self.dials = 0
        self.logins = 0
        """Sessions that became READY."""
        self.draws = 0
        """Delays that the backoff has drawn."""
        self.places = 0.0
        """The sum of their places: 0 is the floor, 1 the cap."""
        self.ended_at: float | None = None
        """When the last stream or dial ended."""
        self._due = 0.0
        self._session = self._serial = self._dropped_since = 0
        self._ready_session = 0
        self._gaps: deque[float] = deque()
        """When the server was READY again, for each gap that was not delivered yet."""

    @property
    def key(self) -> ServerKey:
        """The key of the server."""
        return self.config.key

    # -- the server's side

    def carry_out(self, request: Request) -> None:
        """Take an action that the server runs. The engine's own ones have no ticket."""
        action_id = request.action_id
        if (fate := self._fates.get(action_id)) is not None:
            self._require(fate is Fate.NONE, f"{action_id} is carried out, and {fate.value}")
            self._fates[action_id] = Fate.RUN

    def dial(self, now: float) -> None:
        """Take a dial."""
        self.dials += 1
        self._require(now >= self._due - ROUNDING, f"dialled at {now}, and {self._due} was reported")
        if self.ended_at is not None:
            pause = now - self.ended_at
            floor = self.config.reconnect_min
            self._require(pause >= floor - ROUNDING, f"dialled again after {pause} s, not {floor} s")

    # -- the application's side

    def submit(self, ticket: ami.Ticket) -> None:
        """Take a ticket."""
        self.open[ticket.action_id] = ticket
        self._fates[ticket.action_id] = Fate.NONE

    def take_notice(self, notice: ami.Notice, now: float) -> None:
        """Take a notice of this server."""
        match notice:
            case ami.ActionFinished(outcome):
                self._take_outcome(outcome, now)
            case ami.StateChanged(session=session, new=new, cause=cause):
                self._take_state(session, new, cause, now)
            case ami.ConnectScheduled():
                self._take_schedule(notice, now)
            case ami.FaultSeen(fault=fault, count=count):
                self.counts[fault.name] += count
                self.transcript.add(now, f"{fault.name} {count}")

    def _take_outcome(self, outcome: ami.Outcome, now: float) -> None:
        action_id, error = outcome.ticket.action_id, outcome.error
        known = self.open.pop(action_id, None) is not None
        self._require(known, f"an outcome of {action_id}, which is not open")
        name = "success" if error is None else type(error).__name__
        ran = self._fates.pop(action_id, None) is Fate.RUN
        self._require(error is not None or ran, f"{action_id} succeeded and was never carried out")
        unsent = outcome.sent is ami.Sent.NO
        self._require(not (unsent and ran), f"{action_id} is told as not sent, and was carried out")
        self._fates[action_id] = Fate.FORBIDDEN if unsent else Fate.RUN if ran else Fate.NONE
        while len(self._fates) > len(self.open) + ENDED_KEPT and next(iter(self._fates)) not in self.open:
            self._fates.popitem(last=False)
        self.counts[name] += 1
        self.transcript.add(
            now, f"{outcome.ticket.action_name} {name} {outcome.sent.name} {len(outcome.reply.events)}"
        )

    def _take_state(
        self, session: SessionId | None, new: ami.State, cause: ami.Disconnect | None, now: float
    ) -> None:
        self.state = new
        self.counts[new.name] += 1
        if cause is not None:
            self.counts[f"ended: {cause.reason.value}"] += 1
        self.transcript.add(now, f"{new.name} {None if cause is None else cause.reason.name}")
        # READY comes again after DEGRADED: that is no new session.
        if new is ami.State.READY and session is not None and session.number != self._ready_session:
            self._ready_session = session.number
            self.logins += 1
            if self.logins > 1:
                self._gaps.append(now)

    def _take_schedule(self, notice: ami.ConnectScheduled, now: float) -> None:
        config, failures = self.config, notice.attempt - 1
        self._due = notice.due
        self.transcript.add(now, f"attempt {notice.attempt} in {notice.delay!r}")
        if notice.cause is None:
            return
        cap = min(config.reconnect_max, config.reconnect_min * 2.0 ** min(failures, 64))
        opened = failures >= config.breaker_threshold
        highest = max(cap, config.breaker_cooldown if opened else 0.0)
        in_bounds = config.reconnect_min - ROUNDING <= notice.delay <= highest + ROUNDING
        self._require(in_bounds, f"attempt {notice.attempt} after {notice.delay} s, at most {highest} s")
        if not opened and cap > config.reconnect_min:
            self.draws += 1
            self.places += (notice.delay - config.reconnect_min) / (cap - config.reconnect_min)

    def take_item(self, item: ami.Message | ami.Gap | ami.Drops, now: float) -> None:
        """Take what was pulled from the queue of this server."""
        match item:
            case ami.Drops(count=count):
                self.dropped += count
                self._dropped_since += count
                self.transcript.add(now, f"drops {count}")
            case ami.Gap(ended=ended):
                self.counts["gaps"] += 1
                self._take_gap(ended)
                self.transcript.add(now, f"gap to {ended!r}")
            case _:
                self.delivered += 1
                if item.name == "Numbered":
                    self._take_numbered(int(item["Session"]), int(item["Serial"]))
                self.transcript.add(now, f"{item.name} {len(item.raw)}")

    def _take_gap(self, ended: float) -> None:
        """Take a gap, which may stand for several with only drops between them."""
        last = None
        while self._gaps and self._gaps[0] <= ended:
            last = self._gaps.popleft()
        self._require(last == ended, f"a gap to {ended}, when the server was not READY again")

    def _take_numbered(self, session: int, serial: int) -> None:
        """Require that an event follows the one before it: nothing is missing but what was dropped."""
        if self.damaged:
            return
        if session == self._session:
            missing = serial - self._serial - 1
            told = f"event {serial} of session {session} after {self._serial}, drops {self._dropped_since}"
            self._require(0 <= missing <= self._dropped_since, told)
        else:
            self._require(session > self._session, f"an event of session {session} after {self._session}")
        self._session, self._serial, self._dropped_since = session, serial, 0

    # -- the end

    def close(self) -> None:
        """Require that everything is accounted for, now that the queues are empty."""
        self._require(not self.open, f"tickets without an outcome: {list(self.open)[:3]}")
        self._require(not self._gaps, f"{len(self._gaps)} reconnects without a gap")
        withheld = self.counts[ami.Fault.WITHHELD.name]
        told = self.delivered + self.dropped + withheld
        figures = f"{self.delivered} delivered, {self.dropped} dropped, {withheld} withheld"
        if not self.damaged:
            self._require(told == self.events_read, f"{self.events_read} events were read: {figures}")

    def _require(self, holds: bool, text: str) -> None:
        self.findings.require(holds, f"{self.key}: {text}")
