"""Bytes before verdicts: a deadline of a session is judged after the bytes up to it were read (R-TIME-02).

A deadline says what the peer has not sent in time. The missing bytes may lie in the kernel unread, because
this process was suspended, its loop was blocked, or a flood came first. So a driver reports with
`handle_drained` that a read that began at some time found nothing: up to that time, `drained_at`, verdicts
are safe.

When a deadline is due beyond that, the driver is asked to `Look`: to read until a read finds nothing. Under a
flood no read ever finds nothing. Then bytes decide: kernels buffer less than `FLOOD_BYTES`, so once so many
more bytes have come than at the first overdue deadline, everything that was there by then has been read.

A driver that never calls `handle_drained` has its deadlines judged by time alone, and is never asked.
"""

from ami_proto.connection.actions import Actions
from ami_proto.connection.commands import CommandQueue
from ami_proto.connection.journal import NOW_MAX
from ami_proto.connection.session import Session
from ami_proto.connection.timers import ALWAYS, Timers

FLOOD_BYTES = 64 * 1024 * 1024
"""More than kernels buffer for one socket: tcp_rmem allows 6 MiB by default, tuned servers 32."""


class Verdicts:
    """Know up to when deadlines of the session may be judged; ask for a look when one is due beyond."""

    __slots__ = ("_actions", "_commands", "_flood", "_timers", "drained_at", "drains")

    def __init__(self, timers: Timers, actions: Actions, commands: CommandQueue) -> None:
        self._timers = timers
        self._actions = actions
        self._commands = commands
        self._flood: tuple[float, int] | None = None
        """When a deadline was first found due beyond `drained_at`, and the bytes received by then."""
        self.drains = False
        """Whether the driver calls `handle_drained` at all."""
        self.drained_at = -NOW_MAX
        """All bytes of the session that were here by then have been handled."""

    def begin(self) -> None:
        """Begin with a session that is connected."""
        self.drained_at = -NOW_MAX
        self._flood = None

    def handle_drained(self, looked_at: float) -> None:
        """Take the fact that a read that began at `looked_at` found nothing."""
        self.drains = True
        self.drained_at = max(self.drained_at, looked_at)
        self._flood = None
        self._commands.end_look()

    def judged_until(self, session: Session | None, *, reading: bool) -> float:
        """Return the time up to which deadlines of the session may be judged.

        While reading is paused the driver cannot look; the heartbeat excuses the peer for that itself.
        """
        watched = self.drains and reading and session is not None and session.connected
        return self.drained_at if watched else ALWAYS

    def next_deadline(self, session: Session | None, judged_until: float = ALWAYS) -> float | None:
        """Return the earliest deadline at which anything can be done."""
        if self._flood is not None and self._commands.looking and self._is_flooded(session):
            return self._flood[0]
        timer, action = self._timers.next(judged_until), self._actions.next_deadline(judged_until)
        return timer if action is None else action if timer is None else min(timer, action)

    def is_due(self, session: Session | None, now: float) -> bool:
        """Whether a deadline has come, which may be judged or not."""
        earliest = self.next_deadline(session)
        return earliest is not None and earliest <= now

    def count_flood(self, session: Session | None) -> None:
        """Under a flood, allow verdicts up to the first overdue deadline once enough bytes have come."""
        # Only when time is told: so any cut of the same bytes gives the same verdicts (L8).
        if self._flood is not None and self._is_flooded(session):
            self.drained_at = max(self.drained_at, self._flood[0])
            self._flood = None

    def ask(self, session: Session, now: float) -> None:
        """Ask the driver to look: a deadline of the session is due that may not be judged yet."""
        if self._flood is None:
            self._flood = now, session.inbox.bytes_received
        self._commands.look(session.id)

    def _is_flooded(self, session: Session | None) -> bool:
        if session is None or self._flood is None:
            return False
        return session.inbox.bytes_received - self._flood[1] >= FLOOD_BYTES
