"""The judge of a world: what a machine tells and does, compared with the ledger of its server (R-WORLD-01).

`AuditedMachine` stands in the place of the machine, as `Lawful` does, and checks the laws as well. It sees
each fact, request and output, and compares, one subject each:

* `deliveries`: each event that was told on a session that lived is delivered in order, once, or counted in
  `Drops`, in a `Gap` or in a fault, at its place; there is one gap a reconnect.
* `outcomes`: each outcome is the answer that the ledger has.
* `sending`: `sent` agrees with what was shown and arrived, and nothing is carried out twice.
* `pace`: dials keep the pace of backoff and breaker, pings keep theirs.

Here is what lies between: which frames a fact has brought, and when sessions begin and end. `session_watch`
says which frames came after the login. A `ServerAudit` is about one connection to one server; a world with
several servers has one for each.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import ami_proto as ami
from ami_proto.drivers import Command, SessionId, Subscription, Watch

from .contradiction import Complaints
from .deliveries import EVENTS, Candidate, QueueBook
from .ledger import ServerLedger, SessionLedger, ToldFrame, ToldKind
from .outcomes import OutcomeJudge
from .pace import DialJudge
from .session_watch import FULLY_BOOTED, FactFrames, SessionWatch

LOGOFF = "Logoff is sent, or told as unsent"
AGAIN = "a lost session is followed by another, if that is configured"
FAULTS = "each fault is told"


@dataclass(frozen=True, slots=True)
class PendingGap:
    """A session that was READY has ended; the next READY marks the gap."""

    started: float
    cause: ami.Disconnect | None
    certain: bool


class ServerAudit:
    """Compare one connection with the ledger of its server.

    `ledger_of` finds the ledger of a session whose stream is up.
    """

    def __init__(
        self,
        config: ami.ServerConfig,
        ledger: ServerLedger,
        ledger_of: Callable[[SessionId], SessionLedger],
        complaints: Complaints,
        *,
        throttled: bool = False,
    ) -> None:
        self.config = config
        self.outcomes = OutcomeJudge(config, complaints)
        self.dials = DialJudge(config, complaints, throttled=throttled)
        self.queues: dict[Subscription, QueueBook] = {}
        """The book of this server's queue of each subscription."""
        self.latest: ami.Snapshot | None = None
        """How the connection was before the call under way, or after the last one."""
        self._config = config
        self._ledger = ledger
        self._ledger_of = ledger_of
        self._complaints = complaints
        self.watches: dict[SessionId, SessionWatch] = {}
        """Every session so far."""
        self.gap: PendingGap | None = None
        self._boot_hidden: bool | None = False
        self._carried_out = self._dials = 0
        self._served = False
        """Whether READY was reached since the start."""
        self._stopping = False
        self._faults: Counter[ami.Fault] = Counter()
        """Faults that were told."""

    # -- requests

    def start(self) -> None:
        """Take a start."""
        self.catch_up()
        self.dials.start()
        self._served = self._stopping = False

    def stop(self) -> None:
        """Take that the application stops the connection."""
        self._stopping = True

    # -- facts

    def catch_up(self) -> None:
        """Take what is new in the ledger: actions that the server ran, and dials."""
        fresh = self._ledger.carried_out[self._carried_out :]
        self._carried_out += len(fresh)
        for entry in fresh:
            self.outcomes.sending.carry_out(entry)
        dials = self._ledger.dials[self._dials :]
        self._dials += len(dials)
        for at in dials:
            self.dials.dial(at)

    def connect(self, session: SessionId) -> None:
        """Take the fact that a stream is up."""
        if self.latest is not None and session == self.latest.session:
            self.watches[session].ledger = self._ledger_of(session)

    def settle(self, after: ami.Snapshot, now: float, data: bytes | None = None) -> None:
        """Take a fact or request; `data` are the bytes of the present session that it brought."""
        assert self.latest is not None, "it is shown before each call"
        before, self.latest = self.latest, after
        self.catch_up()
        watch = None if before.session is None else self.watches.get(before.session)
        ended = watch is not None and after.session != before.session
        reached = watch is not None and not ended and after.state.sending and not watch.served
        if watch is not None:
            frames = [] if data is None else watch.read(data, now)
            if watch.disorder:
                self._take_disorder(watch, before, after, now, reached=reached, ended=ended)
            else:
                reading = self._take_frames(watch, frames, before, after, now, reached=reached, ended=ended)
                self._offer(watch, reading, before, after, now, reached=reached)
        elif data is not None or _counts(before) != _counts(after):
            self._complaints.fail(EVENTS, "without a session", _counts(before), _counts(after))
        if after.state is not before.state or ended:
            self.dials.enter(after.state, now)
            if after.state is ami.State.CLOSED:
                self.outcomes.sending.ends.append(now)
        if watch is not None and any(each.pausing for each in after.subscriptions):
            watch.pings.pause()
        if ended and watch is not None:
            self._end(watch, before, after, now)
        if after.session is not None and after.session != before.session:
            self._begin(after.session)

    def tick(self, before: ami.Snapshot, after: ami.Snapshot, now: float) -> None:
        """Take a `handle_timeout` that has been settled: the machine had its chance to ping and to dial."""
        self.dials.tick(after.state, now)
        self.outcomes.tick(now)
        watch = None if after.session is None else self.watches.get(after.session)
        if watch is None or before.session != after.session:
            return
        if before.state is ami.State.READY and not watch.disorder:
            if after.state is ami.State.DEGRADED:
                watch.pings.miss(now)
            elif after.state is ami.State.READY and after.outbound_bytes > before.outbound_bytes:
                watch.pings.queue(now)
        pausing = any(each.pausing for each in after.subscriptions)
        paused = pausing or watch.resumed or not watch.reading
        watch.resumed = False
        held = after.state is not ami.State.READY or watch.disorder or paused or watch.open_size > 0
        if held or self.outcomes.has_blocking(watch.session):
            watch.pings.hold()
        else:
            watch.pings.tick(now, queued=after.outbound_bytes)

    # -- outputs

    def command(self, command: Command) -> None:
        """Take a command."""
        watch = self.watches.get(command.session)
        if watch is not None and isinstance(command, Watch):
            watch.resumed = watch.resumed or (command.read and not watch.reading)
            watch.reading = command.read

    def show(self, session: SessionId, data: bytes, now: float) -> None:
        """Take bytes that the driver was shown."""
        watch = self.watches.get(session)
        for name, action_id in self.outcomes.sending.show(session, data):
            if watch is None:
                continue
            watch.shown[action_id] = name
            if name == "Ping":
                watch.pings.show(now)

    def notice(self, notice: ami.Notice) -> None:
        """Take a notice of this server."""
        self.catch_up()
        match notice:
            case ami.ActionFinished(outcome=outcome, elapsed=elapsed):
                session = self.outcomes.session_of(outcome.ticket)
                watch = None if session is None else self.watches.get(session)
                ledger = None if watch is None else watch.ledger
                disorder = watch is not None and watch.disorder
                self.outcomes.finish(outcome, elapsed, ledger, disorder=disorder)
            case ami.FaultSeen(fault=fault, count=count):
                self._faults[fault] += count
            case ami.ConnectScheduled():
                self.dials.schedule(notice)

    def close(self) -> None:
        """Judge the whole run, or the whole time of a server that was removed."""
        self.catch_up()
        assert self.latest is not None, "it was shown its connection"
        faults = self.latest.faults
        if self._faults != Counter(faults):
            self._complaints.fail(FAULTS, "notices of faults", faults, dict(self._faults))
        late = faults.get(ami.Fault.UNMATCHED, 0) + faults.get(ami.Fault.STRAGGLER, 0)
        self.outcomes.close(late, faults.get(ami.Fault.TRUNCATED, 0))

    # -- sessions

    def _begin(self, session: SessionId) -> None:
        awaits = self._config.awaits_boot and self._boot_hidden is not True
        unknown = awaits and self._boot_hidden is None
        self.watches[session] = SessionWatch(
            session, self._config, self._complaints, awaits_boot=None if unknown else awaits
        )

    def _end(self, watch: SessionWatch, before: ami.Snapshot, after: ami.Snapshot, now: float) -> None:
        self.outcomes.sending.end_session(watch.session, now)
        unsent = _new(ami.Fault.LOGOFF_UNSENT, before, after)
        logged_off = "Logoff" in watch.shown.values()
        if before.state is ami.State.CLOSING and logged_off == bool(unsent):
            said = "shown to the driver" if logged_off else "not shown to the driver"
            self._complaints.fail(LOGOFF, f"{watch.session}: Logoff was {said}", int(not logged_off), unsent)
        self._judge_continuation(watch, after)
        if after.state is not ami.State.CLOSED:
            self.dials.fail(now)
        if watch.served and self.gap is None:
            self.gap = PendingGap(watch.heard_at, after.last_cause, certain=True)
        elif watch.disorder and not watch.served:  # it may have been READY for a moment
            cause = after.last_cause if self.gap is None else self.gap.cause
            self.gap = PendingGap(watch.heard_at, cause, certain=False)

    def _judge_continuation(self, watch: SessionWatch, after: ami.Snapshot) -> None:
        """Require another attempt where the configuration wants one, and none where it does not."""
        config, cause = self._config, after.last_cause
        if watch.disorder and not self._served:  # it may have been READY for a moment
            return
        again = config.reconnect if self._served else config.retry
        if cause is not None and cause.reason is ami.Reason.LOGIN_REFUSED:
            again = again and (self._served if config.retry_refused == "auto" else config.retry_refused)
        again = again and not self._stopping
        if again == (after.state is ami.State.CLOSED):
            expected = "another attempt" if again else "no other attempt"
            self._complaints.fail(AGAIN, f"{watch.session} has ended: {cause}", expected, after.state.value)

    # -- what a fact has brought

    def _take_frames(
        self,
        watch: SessionWatch,
        frames: list[ToldFrame],
        before: ami.Snapshot,
        after: ami.Snapshot,
        now: float,
        *,
        reached: bool,
        ended: bool,
    ) -> FactFrames:
        """Take plain frames: compare what was handled, withheld and left unread with the machine's counts."""
        unread = _new(ami.Fault.UNREAD, before, after)
        if unread > (len(frames) if ended else 0):
            self._complaints.fail(EVENTS, f"{watch.session}: unread frames", len(frames), unread)
        handled = frames[: len(frames) - unread]
        size_max = self._config.max_frame_size
        oversized = sum(len(each.raw) > size_max for each in handled)
        oversized += ended and watch.open_size > size_max
        events = sum(each.kind is ToldKind.EVENT and len(each.raw) <= size_max for each in handled)
        counted = _new(ami.Fault.OVERSIZED, before, after), after.events_received - before.events_received
        if counted != (oversized, events):
            what = f"{watch.session}: oversized frames, and events"
            self._complaints.fail(EVENTS, what, (oversized, events), counted)
        for frame in handled:
            self.outcomes.read(frame, now)
        if handled:
            watch.pings.hear(
                now, pongs=sum(watch.shown.get(each.action_id or "") == "Ping" for each in handled)
            )
        whole = [each for each in handled if len(each.raw) <= size_max]
        withheld = _new(ami.Fault.WITHHELD, before, after)
        reading = watch.split(whole, withheld, reached=reached, ended=ended)
        self._note_boot(watch, whole, before, after)
        return reading

    def _note_boot(
        self, watch: SessionWatch, frames: list[ToldFrame], before: ami.Snapshot, after: ami.Snapshot
    ) -> None:
        if any(each.name == FULLY_BOOTED and each.kind is ToldKind.EVENT for each in frames):
            self._boot_hidden = False
        if _new(ami.Fault.BOOT_HIDDEN, before, after):
            self._boot_hidden, watch.awaits_boot = True, False

    def _take_disorder(
        self,
        watch: SessionWatch,
        before: ami.Snapshot,
        after: ami.Snapshot,
        now: float,
        *,
        reached: bool,
        ended: bool,
    ) -> None:
        """Take bytes in disorder: whatever was delivered must be among them."""
        watch.pings.pause()
        if self._config.awaits_boot:
            self._boot_hidden = None
        if reached:
            watch.served = self._served = True
            self.outcomes.sending.begin(watch.session, now)
            self._mark_gap(now)
        elif ended and not watch.served and self.gap is not None:
            self.gap = PendingGap(self.gap.started, self.gap.cause, certain=False)
            self._mark_gap(now)
            self.gap = PendingGap(watch.heard_at, after.last_cause, certain=False)
        pushed = _pushed(before, after)
        for queue, (count, dropped) in zip(self.queues.values(), pushed, strict=True):
            queue.offer((), count, dropped, watch.ledger)

    def _mark_gap(self, now: float) -> None:
        gap, self.gap = self.gap, None
        if gap is not None:
            for queue in self.queues.values():
                queue.mark(gap.started, now, gap.cause, certain=gap.certain)

    def _offer(
        self,
        watch: SessionWatch,
        reading: FactFrames,
        before: ami.Snapshot,
        after: ami.Snapshot,
        now: float,
        *,
        reached: bool,
    ) -> None:
        """Offer each queue what it must have, and what it may have: items of answers."""
        if reached:
            self._served = True
            self.outcomes.sending.begin(watch.session, now)
            watch.pings.begin(now)
            self._mark_gap(now)
        pushed = _pushed(before, after)
        depths = [(each.depth, each.depth_bytes) for each in before.subscriptions]
        for queue, (count, dropped), depth in zip(self.queues.values(), pushed, depths, strict=True):
            candidates = [
                Candidate(each.raw, each.published and reading.sure)
                for each in reading.offered
                if each.kind is ToldKind.EVENT and queue.wants(each.name)
                if each.published or queue.replies or self.outcomes.may_be_event(each)
            ]
            queue.offer(candidates, count, dropped)
            size = sum(len(each.raw) for each in candidates)
            queue.check_room(*depth, len(candidates), size, dropped)


def _new(fault: ami.Fault, before: ami.Snapshot, after: ami.Snapshot) -> int:
    """Return how many faults of a kind were counted in between."""
    return after.faults.get(fault, 0) - before.faults.get(fault, 0)


def _pushed(before: ami.Snapshot, after: ami.Snapshot) -> list[tuple[int, int]]:
    """Return for each queue how many messages went to it in between, and how many it dropped."""
    pairs = zip(before.subscriptions, after.subscriptions, strict=True)
    return [
        (new.depth + new.dropped - old.depth - old.dropped, new.dropped - old.dropped) for old, new in pairs
    ]


def _counts(seen: ami.Snapshot) -> list[int]:
    return [each.depth + each.dropped for each in seen.subscriptions]
