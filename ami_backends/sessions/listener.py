"""What a driver does with a notice: warn of it in the log, then call the user's function."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ami_backends.sessions.log_records import (
    DEBUG_FAULTS,
    DriverLog,
    LogEntry,
    drops_entry,
    fault_entry,
    fields_of,
    log_fields,
    loss_sentence,
    schedule_fields,
)
from ami_proto import (
    ActionFinished,
    BreakerChanged,
    BreakerState,
    ConnectScheduled,
    Disconnect,
    EventsDropped,
    Fault,
    FaultSeen,
    Notice,
    Outcome,
    Reason,
    State,
    StateChanged,
)
from ami_proto.drivers import MessagesWaiting, ServerKey

FAULT_INTERVAL: Final = 10.0
"""Seconds between two records of one kind of fault: a broken peer sends thousands of bad frames a second."""


class Listener:
    """The log and the user's `on_notice`, called so that neither can break the driver.

    An exception of the function is logged, with secrets masked, and counted in `errors`. A function whose
    attribute `logs_notices` is true, such as `Telemetry`, logs notices itself: the driver then does not.
    """

    def __init__(self, function: Callable[[Notice], None] | None, log: DriverLog | None = None) -> None:
        self.errors = 0
        self._function = function
        self._log = DriverLog() if log is None else log
        logged = getattr(function, "logs_notices", False)
        self._warnings = None if logged else ConnectionWarnings(self._log)

    def notify(self, notice: Notice) -> None:
        """Log the notice if it is a warning, and call the function if there is one."""
        if self._warnings is not None:
            self._warnings.handle(notice)
        if self._function is None:
            return
        try:
            self._function(notice)
        except Exception as error:  # noqa: BLE001 - whatever a user's function raises
            self.errors += 1
            self._log.raised(f"a listener raised on {type(notice).__name__}", error, fields_of(notice))


@dataclass(slots=True)
class _Server:
    """What was logged about one server."""

    lost: bool = False
    """A session was lost after READY; the next record says what follows."""
    last: Disconnect | None = None
    """The cause that was logged last, since READY."""
    faults: dict[Fault, tuple[float, int]] = field(default_factory=dict)
    """For each kind: when the next record may come, and how many faults have come since the last one."""


class ConnectionWarnings:
    """Log the troubles of connections as warnings, each once per change (R-AUTH-08).

    A lost session, an attempt that failed with another cause than the one before, an end, a breaker that
    opens, drops, faults and replies that are not whole. The machine bounds the reports of drops.
    """

    def __init__(self, log: DriverLog, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._servers: dict[ServerKey, _Server] = {}

    def handle(self, notice: Notice) -> None:
        """Log a notice, if it is a warning and no repetition."""
        # The frequent ones first: a flood of events brings the one, a busy application the other.
        if isinstance(notice, MessagesWaiting):
            return
        if isinstance(notice, ActionFinished):
            if sentence := loss_sentence(notice.outcome):
                self._log.entry(_loss(notice.outcome, sentence))
            return
        match notice:
            case StateChanged():
                self._handle_state(notice)
            case ConnectScheduled(cause=cause) if cause is not None:
                self._handle_schedule(notice, cause)
            case BreakerChanged(new=BreakerState.OPEN, openings=1):
                self._log.warning(
                    f"{notice.failures} failures in a row, fewer attempts from now on: {notice.cause}",
                    log_fields(notice.server, failures=notice.failures, openings=notice.openings),
                )
            case EventsDropped():
                self._log.entry(drops_entry(notice))
            case FaultSeen(fault=fault) if fault not in DEBUG_FAULTS:
                self._handle_fault(notice)

    def _handle_state(self, change: StateChanged) -> None:
        server = self._of(change.server)
        if change.new is State.READY and server.last is not None:
            server.last = None
            fields = log_fields(change.server, session=change.session and change.session.number)
            self._log.entry(LogEntry(logging.INFO, "ready again", fields))
        if change.new not in (State.DISCONNECTED, State.CLOSED):
            return
        self._flush_faults(change.server, server)
        if (cause := change.cause) is None or cause.reason is Reason.STOPPED:
            return
        server.lost = change.old.sending
        if change.new is State.CLOSED:
            fields = log_fields(change.server, reason=cause.reason.value)
            self._log.warning(f"{_what(server)}: {cause}; given up", fields)
            server.lost, server.last = False, None

    def _handle_schedule(self, step: ConnectScheduled, cause: Disconnect) -> None:
        server = self._of(step.server)
        if server.lost or cause != server.last:
            sentence = f"{_what(server)}: {cause}; retrying in {step.delay:.2g} s"
            self._log.warning(sentence, schedule_fields(step))
        server.lost, server.last = False, cause

    def _handle_fault(self, seen: FaultSeen) -> None:
        """Log the first fault of a kind at once, and those of the next seconds together."""
        faults, now = self._of(seen.server).faults, self._clock()
        due, held = faults.get(seen.fault, (now, 0))
        if now < due:
            faults[seen.fault] = due, held + seen.count
        else:
            faults[seen.fault] = now + FAULT_INTERVAL, 0
            self._log.entry(fault_entry(seen, held + seen.count))

    def _flush_faults(self, key: ServerKey, server: _Server) -> None:
        """Log the faults of an ended session that wait for their turn."""
        for fault, (_, held) in server.faults.items():
            if held:
                seen = FaultSeen(key, None, fault, held, "since the last report")
                self._log.entry(fault_entry(seen))
        server.faults.clear()

    def _of(self, key: ServerKey) -> _Server:
        return self._servers.setdefault(key, _Server())


def _what(server: _Server) -> str:
    return "connection lost" if server.lost else "no connection"


def _loss(outcome: Outcome, sentence: str) -> LogEntry:
    ticket = outcome.ticket
    fields = log_fields(
        ticket.server,
        ticket.action_id,
        action=ticket.action_name,
        strategy=ticket.strategy,
        list_items_dropped=outcome.reply.dropped,
        frames_damaged=outcome.reply.damaged,
    )
    return LogEntry(logging.WARNING, f"{ticket.action_name}: {sentence}", fields)
