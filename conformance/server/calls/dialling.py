"""The application Dial: call somebody for a caller, and bridge the two (apps/app_dial.c)."""

from conformance.server import events
from conformance.server.state import Channel, Step
from conformance.server.timeline import Script

from . import bridging
from .line import Line
from .outgoing import Outgoing

TIMEOUT = 3600.0
"""Seconds that a Dial without a timeout waits: as good as for ever."""

RESULTS = ("DIALSTATUS", "DIALEDPEERNUMBER", "DIALEDPEERNAME")
TIMES = ("ANSWEREDTIME", "ANSWEREDTIME_MS", "DIALEDTIME", "DIALEDTIME_MS")
FURTHER_TIMES = ("RINGTIME", "RINGTIME_MS", "PROGRESSTIME", "PROGRESSTIME_MS")


def dial(line: Line, step: Step) -> Script:
    """Run Dial: it is over when nobody could be had, or when the bridge is."""
    for name in (*RESULTS, *TIMES, *FURTHER_TIMES):
        line.set(name, "")
    device, _, timeout = step.data.partition(",")
    if not device.lower().startswith("local/"):
        line.set("DIALSTATUS", "CHANUNAVAIL")
        return
    DialledCall(line, device, float(timeout) if timeout.isdecimal() else TIMEOUT).place()
    yield None


def tell_times(line: Line, dialled: float, answered: float) -> None:
    """Set the variables that say how long it took; the moments are those of the timeline."""
    now = line.server.now
    for name, since in (("ANSWEREDTIME", answered), ("DIALEDTIME", dialled)):
        line.set(name, str(int(now - since)))
        line.set(f"{name}_MS", str(int((now - since) * 1000)))


class DialledCall(Outgoing):
    """A channel that Dial dials for a caller."""

    def __init__(self, line: Line, device: str, timeout: float) -> None:
        self.line = line
        self._dialled_at = line.server.now
        self._done = False
        super().__init__(line.server, device, line.run, timeout=timeout)

    @property
    def caller(self) -> Channel:
        """Give the channel that dials."""
        return self.line.channel

    def place(self) -> None:
        """Tell of the new channel and start it."""
        one, two, caller = self.one, self.two, self.caller
        self.line.before_leaving(self._abandon)
        for half in (one, two):
            half.publish(events.channel_event("Newchannel", half.channel))
        peer_number = self.device.partition("/")[2]
        one.set("DIALEDPEERNUMBER", peer_number)
        one.channel.exten = caller.exten
        one.channel.application, one.channel.data = "AppDial", "(Outgoing Line)"
        known, called = (caller.caller_num, caller.caller_name), (caller.exten, caller.caller_name)
        one.channel.caller_num, one.channel.caller_name = called
        one.publish(events.newexten(one.channel), classes="dialplan")
        self.name_caller(one, called, known)
        two.set("DIALEDPEERNUMBER", peer_number)
        self.name_caller(two, known, called)
        self.begin()

    def on_answer(self) -> None:
        """Answer the caller too, and bridge both."""
        line, one = self.line, self.one
        line.set("DIALSTATUS", "ANSWER")
        line.set("DIALEDPEERNAME", one.channel.name)
        line.set("DIALEDPEERNUMBER", self.device.partition("/")[2])
        one.channel.exten = ""
        self.tell_dial("DialEnd", ("DialStatus", "ANSWER"))
        line.answer()
        one.publish(events.newexten(one.channel), classes="dialplan")
        answered_at = self.server.now
        line.before_leaving(lambda: self._conclude(answered_at))
        bridging.join(one, line)
        line.bridge_over = line.wake

    def on_failure(self, status: str) -> None:
        """Let the caller go on in the dialplan."""
        self._done = True
        self.line.set("DIALSTATUS", {"CONGESTION": "CHANUNAVAIL"}.get(status, status or "NOANSWER"))
        self.line.wake()

    def _conclude(self, answered_at: float) -> None:
        tell_times(self.line, self._dialled_at, answered_at)
        self.line.set("DIALSTATUS", "ANSWER")

    def _abandon(self) -> None:
        """Let go of a channel that has not answered when the caller leaves."""
        if self.one.dialler is self:
            self.settle()
            self.tell_dial("DialEnd", ("DialStatus", "CANCEL"))
            self.one.end(0)
