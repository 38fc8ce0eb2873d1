"""Calls that go on by themselves, so that there is something to hear."""

from .core import Core
from .requests import Request
from .session import Session, User
from .timeline import Process, Script

CALLERS = ('"Alice" <100>', '"Bob" <200>', '"Chandra" <300>', '"Dörte" <400>')
EXTENSIONS = ("1000", "1000", "user", "busy", "fail")
"""Two of five calls are answered and last; the others end in each way that a call can."""


class Traffic:
    """Place so many calls a minute, drawn from the server's seed, until `stop`.

    Make it once the server has heard the time, or all calls since the beginning of time are placed at once.
    """

    def __init__(self, core: Core, calls_per_minute: float) -> None:
        if not calls_per_minute > 0:
            raise ValueError(f"calls_per_minute must be above 0: {calls_per_minute}")
        self._core = core
        self._period = 60.0 / calls_per_minute
        self._session = Session(core, 0, "")
        self._session.admit(User("traffic", ""))
        self._process = Process(core.timeline, self._place_calls())

    def stop(self) -> None:
        """Place no more calls; those that are up go on."""
        self._process.stop()

    def _place_calls(self) -> Script:
        while True:
            draw = self._core.random.choice
            self._order(f"Local/{draw(EXTENSIONS)}@default", draw(CALLERS), seconds=draw((5, 10, 20)))
            yield self._period

    def _order(self, channel: str, caller: str, seconds: int) -> None:
        """Ask as a client would, from a session that no list shows; nobody reads the answer."""
        lines = (
            "Action: Originate",
            f"Channel: {channel}",
            f"CallerID: {caller}",
            "Application: Wait",
            f"Data: {seconds}",
            "Async: true",
        )
        self._core.perform(self._session, Request(lines))
        self._session.transmit()
