"""Calls that the server places by itself, so that there are events."""

from .core import Core
from .mock_session import MockSession, MockUser
from .requests import Request
from .timeline import ScriptRunner, TimedScript

CALLERS = ('"Alice" <100>', '"Bob" <200>', '"Chandra" <300>', '"Dörte" <400>')
EXTENSIONS = ("1000", "1000", "user", "busy", "fail")
"""Two calls of five are answered and last; the others end in other ways: short, busy, failed."""


class CallTraffic:
    """Place so many calls a minute until `stop`, drawn from the server's random numbers.

    Create it after the server was first given the time: otherwise all calls since time 0 are placed at once.
    """

    def __init__(self, core: Core, calls_per_minute: float) -> None:
        if not calls_per_minute > 0:
            raise ValueError(f"calls_per_minute must be above 0: {calls_per_minute}")
        self._core = core
        self._period = 60.0 / calls_per_minute
        self._session = MockSession(core, 0, "")
        self._session.log_in(MockUser("traffic", ""))
        self._process = ScriptRunner(core.timeline, self._place_calls())

    def stop(self) -> None:
        """Place no more calls; calls in progress continue."""
        self._process.stop()

    def _place_calls(self) -> TimedScript:
        while True:
            draw = self._core.random.choice
            self._place_call(f"Local/{draw(EXTENSIONS)}@default", draw(CALLERS), seconds=draw((5, 10, 20)))
            yield self._period

    def _place_call(self, channel: str, caller: str, seconds: int) -> None:
        """Send an Originate as a client would, from an unlisted session, and discard the answer."""
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
