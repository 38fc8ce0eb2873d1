"""What went out, compared with what the application asked for: all of it, once, and as `sent` says.

The driver is shown bytes, the network carries them, the server runs what arrives. Each ActionID is shown on
one session only, and run once. The server runs what was submitted, to the letter, and of the machine's own
actions only those that it needs.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import ami_proto as ami
from ami_proto.drivers import SessionId

from .action_book import ActionBook
from .contradiction import Complaints
from .ledger import AskedAction

SENT = "sent agrees with what arrived"
ONCE = "nothing is carried out twice"
ENGINE_ACTIONS = frozenset({"challenge", "login", "ping", "corestatus", "logoff"})
"""What the machine asks for itself, beside the set-up actions of its configuration."""
ONCE_A_SESSION = frozenset({"challenge", "login", "logoff"})


@dataclass(slots=True)
class ShownBytes:
    """What the driver of one session was shown, and what is known of the session's end."""

    shown: bytearray = field(default_factory=bytearray)
    """Bytes that were shown and are no whole action yet."""
    piece: bytes = b""
    """The last piece, without what was acknowledged."""
    ready_at: float | None = None
    """When the session was READY."""
    ended_at: float | None = None
    order: int = -1
    """The number of the last submitted action that was shown."""


class SendingJudge:
    """Judge what one connection sends. `books` has every submitted action by its ActionID."""

    def __init__(
        self, config: ami.ServerConfig, books: Mapping[str, ActionBook], complaints: Complaints
    ) -> None:
        self.fences: set[str] = set()
        """ActionIDs of the pings that follow actions as fences."""
        self.own: set[str] = set()
        """ActionIDs of the machine's own actions that were shown."""
        self.ends: list[float] = []
        """When a session ended, or the whole connection."""
        self._complaints = complaints
        self._books = books
        self._sessions: dict[SessionId, ShownBytes] = {}
        self._ran: set[str] = set()
        self._ran_own: Counter[tuple[int, str]] = Counter()
        """How often each session of the server ran an action of the machine's own."""
        self._setup = Counter(each.name.lower() for each in config.setup)

    # -- what goes out

    def show(self, session: SessionId, data: bytes) -> list[tuple[str, str]]:
        """Take a piece that the driver was shown.

        Return name and ActionID of each action of the machine's own that is whole with it.
        """
        seen = self._sessions.setdefault(session, ShownBytes())
        seen.shown += data[len(seen.piece) :]
        seen.piece = data
        own: list[tuple[str, str]] = []
        while (end := seen.shown.find(b"\r\n\r\n")) >= 0:
            name, action_id = _head(bytes(seen.shown[:end]))
            del seen.shown[: end + 4]
            if self._show_action(session, name, action_id):
                own.append((name, action_id))
        return own

    def acknowledge(self, session: SessionId, count: int) -> None:
        """Take that the first bytes of the last piece were written."""
        if (seen := self._sessions.get(session)) is not None:
            seen.piece = seen.piece[max(0, count) :]

    def _show_action(self, session: SessionId, name: str, action_id: str) -> bool:
        """Take a whole action; return whether it is the machine's own."""
        book = self._books.get(action_id)
        if book is None:
            if action_id in self.own:
                self._complaints.fail(ONCE, f"bytes for {session}", "each ActionID once", action_id)
            self.own.add(action_id)
            return action_id not in self.fences
        if book.shown_whole:
            self._complaints.fail(ONCE, f"bytes for {session}", f"{book.ticket} once", "twice")
        seen = self._sessions[session]
        if book.order <= seen.order:
            self._complaints.fail(ONCE, f"bytes for {session}", "actions in their order", f"{book.ticket}")
        deadline, ready_at = book.deadline, seen.ready_at
        if deadline is not None and ready_at is not None and deadline <= ready_at:
            what = f"{book.ticket}: shown on {session}, READY at {seen.ready_at}"
            self._complaints.fail(SENT, what, "not sent after its timeout", f"deadline {book.deadline}")
        seen.order = book.order
        book.session, book.shown_whole = session, True
        outcome = book.outcome
        if outcome is not None and outcome.sent is not ami.Sent.FULLY:
            self._complaints.fail(SENT, f"{book.ticket}", outcome.sent, f"shown to the driver on {session}")
        return False

    def is_foreign(self, action_id: str) -> bool:
        """Whether an ActionID is of another connection: its part before the number differs from ours."""
        prefix, own = action_id.rpartition(":")[0], next(iter(self.own), None)
        return own is not None and own.rpartition(":")[0] != prefix

    # -- what the server ran

    def carry_out(self, entry: AskedAction) -> None:
        """Take an action that the server ran."""
        if not entry.action_id or entry.action_id in self._ran:
            self._complaints.fail(ONCE, f"session {entry.session} ran", "each ActionID once", entry)
        self._ran.add(entry.action_id)
        book = self._books.get(entry.action_id)
        if book is None:
            self._carry_out_own(entry)
            return
        head = (f"Action: {book.action.name}", f"ActionID: {entry.action_id}")
        expected = head + tuple(f"{name}: {value}" for name, value in book.action.headers)
        if entry.lines != expected:
            self._complaints.fail(ONCE, f"{book.ticket}", expected, entry.lines)
        book.carried_out = True
        if book.outcome is not None and book.outcome.sent is not ami.Sent.FULLY:
            self._complaints.fail(SENT, f"{book.ticket}", book.outcome.sent, entry)

    def _carry_out_own(self, entry: AskedAction) -> None:
        name = entry.name.lower()
        if name not in ENGINE_ACTIONS and name not in self._setup:
            self._complaints.fail(ONCE, f"session {entry.session} ran", "what was submitted", entry)
        self._ran_own[entry.session, name] += 1
        most = self._setup[name] or (1 if name in ONCE_A_SESSION else None)
        count = self._ran_own[entry.session, name]
        if most is not None and count > most and name != "ping":
            self._complaints.fail(ONCE, f"session {entry.session} ran {name}", f"at most {most}", count)

    # -- what was told

    def begin(self, session: SessionId, now: float) -> None:
        """Take READY: from here on actions of the application go out."""
        self._sessions.setdefault(session, ShownBytes()).ready_at = now

    def end_session(self, session: SessionId, now: float) -> None:
        """Take the end of a session."""
        self._sessions.setdefault(session, ShownBytes()).ended_at = now
        self.ends.append(now)

    def ended_at(self, session: SessionId) -> float | None:
        """Return when a session ended."""
        return self._sessions[session].ended_at

    def judge(self, book: ActionBook, outcome: ami.Outcome) -> None:
        """Compare with the bytes that the driver was shown: these may have left the process."""
        begun = any(
            bytes(seen.shown).startswith(f"Action: {book.ticket.action_name}\r\n".encode())
            for seen in self._sessions.values()
            if seen.ended_at is None or seen.ended_at >= book.ticket.submitted
        )
        expected = {ami.Sent.FULLY} if book.shown_whole or book.carried_out else {ami.Sent.NO}
        if begun and not book.shown_whole:  # this one, or another of its name
            expected |= {ami.Sent.PARTLY, ami.Sent.FULLY}
        if outcome.sent not in expected:
            self._complaints.fail(SENT, f"{book.ticket}: {outcome.error!r}", expected, outcome.sent)

    def close(self) -> None:
        """Require that what was told as sent was shown, at least in part."""
        for book in self._books.values():
            if book.outcome is None or book.outcome.sent is not ami.Sent.FULLY or book.shown_whole:
                continue
            tails = [bytes(seen.shown) for seen in self._sessions.values()]
            if not any(tail.startswith(f"Action: {book.ticket.action_name}\r\n".encode()) for tail in tails):
                self._complaints.fail(SENT, f"{book.ticket}", "bytes for a driver", "FULLY, and none shown")


def _head(action: bytes) -> tuple[str, str]:
    """Return the name and ActionID of an action's bytes."""
    lines = action.decode("utf-8", "surrogateescape").split("\r\n")
    headers = dict(line.split(": ", 1) for line in reversed(lines) if ": " in line)
    return headers.get("Action", ""), headers.get("ActionID", "")
