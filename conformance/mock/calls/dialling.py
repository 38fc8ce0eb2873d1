"""The application Dial: dial a channel for a caller and bridge both (apps/app_dial.c)."""

from conformance.mock import event_headers
from conformance.mock.state import Channel, DialplanStep
from conformance.mock.timeline import TimedScript

from . import bridging
from .dial_attempt import DialAttempt
from .leg import ChannelLeg

DIAL_TIMEOUT = 3600.0
"""Seconds that a Dial without timeout waits."""

RESULT_VARIABLES = ("DIALSTATUS", "DIALEDPEERNUMBER", "DIALEDPEERNAME")
TIME_VARIABLES = ("ANSWEREDTIME", "ANSWEREDTIME_MS", "DIALEDTIME", "DIALEDTIME_MS")
FURTHER_TIME_VARIABLES = ("RINGTIME", "RINGTIME_MS", "PROGRESSTIME", "PROGRESSTIME_MS")


def run_dial(leg: ChannelLeg, step: DialplanStep) -> TimedScript:
    """Run Dial. It ends when the attempt fails or the bridge dissolves."""
    for name in (*RESULT_VARIABLES, *TIME_VARIABLES, *FURTHER_TIME_VARIABLES):
        leg.set(name, "")
    device, _, timeout = step.data.partition(",")
    if not device.lower().startswith("local/"):
        leg.set("DIALSTATUS", "CHANUNAVAIL")
        return
    DialledCall(leg, device, float(timeout) if timeout.isdecimal() else DIAL_TIMEOUT).place()
    yield None


def set_times(leg: ChannelLeg, dialled: float, answered: float) -> None:
    """Set the variables of the durations; `dialled` and `answered` are times of the timeline."""
    now = leg.server.now
    for name, since in (("ANSWEREDTIME", answered), ("DIALEDTIME", dialled)):
        leg.set(name, str(int(now - since)))
        leg.set(f"{name}_MS", str(int((now - since) * 1000)))


class DialledCall(DialAttempt):
    """A dial attempt of the application Dial."""

    def __init__(self, leg: ChannelLeg, device: str, timeout: float) -> None:
        self.leg = leg
        self._dialled_at = leg.server.now
        super().__init__(leg.server, device, leg.run, timeout=timeout)

    @property
    def caller(self) -> Channel:
        """The channel that dials."""
        return self.leg.channel

    def place(self) -> None:
        """Publish the new channel and start it."""
        one, two, caller = self.one, self.two, self.caller
        self.leg.at_application_end(self._abandon)
        for half in (one, two):
            half.publish(event_headers.channel_event("Newchannel", half.channel))
        peer_number = self.device.partition("/")[2]
        one.set("DIALEDPEERNUMBER", peer_number)
        one.channel.exten = caller.exten
        one.channel.application, one.channel.data = "AppDial", "(Outgoing Line)"
        known, called = (caller.caller_num, caller.caller_name), (caller.exten, caller.caller_name)
        one.channel.caller_num, one.channel.caller_name = called
        one.publish(event_headers.newexten(one.channel), classes="dialplan")
        self.set_caller(one, called, known)
        two.set("DIALEDPEERNUMBER", peer_number)
        self.set_caller(two, known, called)
        self.begin()

    def on_answer(self) -> None:
        """Answer the caller and bridge both channels."""
        leg, one = self.leg, self.one
        leg.set("DIALSTATUS", "ANSWER")
        leg.set("DIALEDPEERNAME", one.channel.name)
        leg.set("DIALEDPEERNUMBER", self.device.partition("/")[2])
        one.channel.exten = ""
        self.publish_dial("DialEnd", ("DialStatus", "ANSWER"))
        leg.answer()
        one.publish(event_headers.newexten(one.channel), classes="dialplan")
        answered_at = self.server.now
        leg.at_application_end(lambda: self._conclude(answered_at))
        bridging.join(one, leg)
        leg.on_bridge_dissolved = leg.wake

    def on_failure(self, status: str) -> None:
        """Set DIALSTATUS and continue the caller in the dialplan."""
        self.leg.set("DIALSTATUS", {"CONGESTION": "CHANUNAVAIL"}.get(status, status or "NOANSWER"))
        self.leg.wake()

    def _conclude(self, answered_at: float) -> None:
        set_times(self.leg, self._dialled_at, answered_at)
        self.leg.set("DIALSTATUS", "ANSWER")

    def _abandon(self) -> None:
        """Hang up a channel that has not answered when the caller leaves."""
        if self.one.dialler is self:
            self.stop_waiting()
            self.publish_dial("DialEnd", ("DialStatus", "CANCEL"))
            self.one.end(0)
