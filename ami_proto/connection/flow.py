"""Flow control: reading from a server pauses while a queue of an `Overflow.PAUSE` subscription is full.

No pause begins while an action is open, because its reply would wait for the consumer; and none outlasts
`pause_max` after the last pull. Drops, which follow when reading goes on, are reported here too.
"""

from ami_proto.config.server import ServerConfig
from ami_proto.connection.commands import Command, CommandQueue, Watch
from ami_proto.connection.heartbeat import LATE_MAX, Heartbeat
from ami_proto.connection.registry import Delivery
from ami_proto.connection.session import Session
from ami_proto.connection.timers import Timer, Timers


class Flow:
    """Decide whether to read, and tell the driver so.

    `serving` is the session that serves subscribers, if there is one: no other session pauses.
    """

    __slots__ = ("_commands", "_config", "_delivery", "_heartbeat", "_timers")

    def __init__(
        self,
        config: ServerConfig,
        timers: Timers,
        delivery: Delivery,
        heartbeat: Heartbeat,
        commands: CommandQueue,
    ) -> None:
        self._config = config
        self._timers = timers
        self._delivery = delivery
        self._heartbeat = heartbeat
        self._commands = commands

    # -- looking

    def paused(self, serving: Session | None) -> bool:
        """Whether reading pauses: a queue is full, and no action is open whose reply would be held up."""
        return serving is not None and serving.pending.user_count == 0 and self._delivery.pausing

    def reading(self, serving: Session | None) -> bool:
        """Whether the driver reads: reading is neither paused, nor was the driver last told so."""
        return not (self.paused(serving) or self._commands.reading_paused)

    def time_needed(self, serving: Session | None) -> bool:
        """Whether the time of a pull or of the end of a pause is not known yet: those calls bring none."""
        if serving is None:
            return False
        may_pause = len(self._delivery.pausable) > 0
        return self._heartbeat.resumed or (may_pause and self._delivery.pause_end_unknown)

    def wanted(self, session: Session | None, serving: Session | None) -> Watch | None:
        """Return what the driver should watch now; None without a stream."""
        if session is None or not session.connected:
            return None
        paused = self._delivery.pausable and self.paused(serving)  # mostly no queue may pause
        return session.watches[not paused][session.outbox.size > 0]

    # -- the driver is told

    def poll_command(self, session: Session | None, serving: Session | None) -> Command | None:
        """Return the next command. After a pause the heartbeat begins anew."""
        was_paused = self._commands.reading_paused
        command = self._commands.poll(self.wanted(session, serving))
        # What the peer sent meanwhile has yet to be read.
        if was_paused and not self._commands.reading_paused:
            self._heartbeat.handle_resumed()
        return command

    # -- time

    def end_pauses(self, now: float) -> None:
        """End the pauses that are over, and set the timer for the next one."""
        self._end_pauses(now, late=False)

    def handle_due(self, deadline: float, now: float) -> None:
        """Take the end of a pause. Late by much, consumers get `pause_max` again: they were suspended too."""
        self._end_pauses(now, late=now - deadline > LATE_MAX)

    def _end_pauses(self, now: float, *, late: bool) -> None:
        end = self._delivery.end_pauses(now, self._config.pause_max, late=late)
        self._timers.stop(Timer.PAUSE)
        if end is not None:
            self._timers[Timer.PAUSE] = end

    def report_drops(self, now: float) -> None:
        """Report drops, at most once each `drop_report_interval`; until then the timer waits for the rest."""
        if not self._delivery.queues:  # asked after each read, and a program that only calls has none
            return
        if Timer.DROP_REPORT not in self._timers and self._delivery.report_drops():
            self._timers[Timer.DROP_REPORT] = now + self._config.drop_report_interval

    def handle_ended(self) -> None:
        """Take the end of the connection: report the drops that are left."""
        self._timers.stop(Timer.DROP_REPORT)
        self._delivery.report_drops()
