"""The wait for FullyBooted: how long, and what it means when none comes.

Asterisk answers logins before its modules are loaded. Until it says `FullyBooted`, actions are unknown and
lists are empty, without an error. To a login on a booted server it says so right after the answer
(main/manager.c, authenticate); to the sessions of a booting one, when it has booted. Both only come to users
with class `system` among their `read` classes, and the second also has to pass the user's `eventfilter`. No
answer says which classes a user has, so the wait for a FullyBooted that is hidden looks like a long boot.

When `boot_timeout` is over, the server is asked how long it has been up. If it had been up for `boot_timeout`
when it answered the login, it had booted, and would have said so: FullyBooted is hidden. Otherwise it may
still be booting, and gets `boot_timeout` once more. A server that cannot tell (users without `system` and
`reporting` among their `write` classes may not ask) is not waited for either.

Where FullyBooted is hidden, the sessions after that do not wait, until one sees a FullyBooted.
"""

import re

from ami_proto.config.server import ServerConfig
from ami_proto.connection.heartbeat import Heartbeat
from ami_proto.connection.journal import ServerJournal
from ami_proto.connection.notices import Fault
from ami_proto.connection.timers import Timer, Timers


class BootWait:
    """Wait for FullyBooted in one session after the other; remember between them whether it is hidden."""

    __slots__ = ("_asked", "_config", "_heartbeat", "_journal", "_login_left", "_timers", "hidden")

    def __init__(
        self, config: ServerConfig, timers: Timers, heartbeat: Heartbeat, journal: ServerJournal
    ) -> None:
        self.hidden = False
        """Whether no FullyBooted came to the latest session that waited for one."""
        self._config = config
        self._timers = timers
        self._heartbeat = heartbeat
        self._journal = journal
        self._asked = False
        """Whether this session's server was asked for its uptime."""
        self._login_left = 0.0
        """Seconds left for the set-up actions: the login timer is stopped during the wait."""

    def begin(self, now: float) -> None:
        """Wait. The heartbeat watches the session meanwhile: a boot can take longer than a dead peer may."""
        self._asked = False
        self._login_left = self._timers.pop(Timer.LOGIN, now) - now
        self._timers[Timer.BOOT] = now + self._config.boot_timeout
        self._heartbeat.begin(now)

    def handle_due(self, now: float) -> bool:
        """Take the end of `boot_timeout`; return whether to ask for the uptime and wait once more."""
        asking, self._asked = not self._asked, True
        if asking:
            self._timers[Timer.BOOT] = now + self._config.boot_timeout
        return asking

    def end(self, now: float, *, hidden: bool) -> None:
        """Stop waiting: the set-up actions follow. `hidden` says that no FullyBooted came."""
        self._timers.stop(Timer.BOOT, Timer.SILENCE, Timer.PONG, Timer.READ)
        self._timers[Timer.LOGIN] = now + self._login_left
        self.hidden = hidden
        if hidden:
            what = f"no FullyBooted within {self._config.boot_timeout:g} s, so READY cannot wait for it: it"
            what += " needs class 'system' in the user's read classes, and no event filter that hides it"
            self._journal.put_fault(Fault.BOOT_HIDDEN, what)


ZONE_STEP = 900
"""Seconds: every time zone is a whole number of quarters of an hour away from UTC."""
ZONE_WEST_MAX = 12 * 3600
"""Seconds by which a time zone is behind UTC at most."""

_MOMENT = r"(?a)(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)"
_SECONDS = r"(?a)\d{1,12}(\.\d{1,9})?"


def uptime_min(started: str, timestamp: str) -> float | None:
    """Return the least seconds that a server can have been up; None if its answers do not say.

    `started` is date and time from its `CoreStatus`, in a time zone that no answer names; `timestamp` is the
    `Timestamp` of its `Ping`, seconds since 1970 (UTC).
    """
    moment = re.fullmatch(_MOMENT, started)
    if moment is None or not re.fullmatch(_SECONDS, timestamp):
        return None
    year, month, day, hours, minutes, seconds = map(int, moment.groups())
    elapsed = float(timestamp) - (_days(year, month, day) * 86400 + hours * 3600 + minutes * 60 + seconds)
    return max(elapsed - ZONE_WEST_MAX, elapsed % ZONE_STEP)


def _days(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01, in years that begin with March: their leap day comes last."""
    if month < 3:
        year, month = year - 1, month + 12
    before = 365 * year + year // 4 - year // 100 + year // 400
    return before + (153 * (month - 3) + 2) // 5 + day - 719_469
