"""The call of an Originate: dial without a caller, then run an application or extension (main/dial.c)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.mock import event_headers
from conformance.mock.core import Core
from conformance.mock.state import UNKNOWN, Channel, DialplanStep, Place
from conformance.mock.timeline import ScriptRunner, TimedScript

from .dial_attempt import DialAttempt
from .dialplan_applications import run_step

CREATION_DELAY = 0.0003
"""Seconds from the Originate to its first event, as captured. So the response is always first."""

FAILED, RINGING, ANSWERED, BUSY = 0, 3, 4, 5
"""Values of `Reason` in OriginateResponse: numbers of control frames (include/asterisk/frame.h)."""


@dataclass(frozen=True, slots=True)
class OriginateRequest:
    """The headers of an Originate, parsed. `timeout` is in seconds."""

    channel: str
    application: str = ""
    data: str = ""
    context: str = ""
    exten: str = ""
    priority: int = 1
    timeout: float = 30.0
    caller_num: str = UNKNOWN
    caller_name: str = UNKNOWN
    account: str = ""
    channel_ids: tuple[str, str] = ("", "")
    """The Uniqueids of both halves, if the request names them."""
    variables: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OriginateResult:
    """How an Originate ended: its `Reason`, and the channel if it was answered."""

    reason: int
    channel: Channel | None = None


OriginateCallback = Callable[[OriginateResult], None]
"""Called once, when the Originate was answered or failed."""


class Origination(DialAttempt):
    """The dial attempt of an Originate. It reports the result, then runs application or extension on `;1`."""

    def __init__(self, server: Core, order: OriginateRequest, report: OriginateCallback) -> None:
        self.order = order
        self._report = report
        super().__init__(
            server,
            order.channel,
            run_step,
            timeout=order.timeout,
            account=order.account,
            uniqueids=order.channel_ids,
        )
        ScriptRunner(server.timeline, self._place())

    def on_answer(self) -> None:
        """Report the answer, then start the application or extension."""
        self.server.state.calls_processed += 1
        self.publish_dial("DialEnd", ("DialStatus", "ANSWER"))
        self._report(OriginateResult(ANSWERED, self.one.channel))
        order = self.order
        if order.application:
            self.one.start_application(DialplanStep(order.application, order.data))
        else:
            self.one.enter_dialplan(Place(order.context, order.exten, order.priority))

    def on_failure(self, status: str) -> None:
        """Report the failure."""
        rang_in_vain = not status and self.rang
        self._report(OriginateResult(BUSY if status == "BUSY" else RINGING if rang_in_vain else FAILED))

    def _place(self) -> TimedScript:
        yield CREATION_DELAY
        self._announce()
        if self.two.channel.exten in self.server.state.dialplan:
            self.begin()
        else:
            self._end_unreachable()

    def _announce(self) -> None:
        """Publish both halves, their variables and their caller."""
        one, two, order = self.one, self.two, self.order
        for leg in (one, two):
            leg.publish(event_headers.channel_event("Newchannel", leg.channel))
        one.channel.application, one.channel.data = "AppDial2", "(Outgoing Line)"
        one.publish(event_headers.newexten(one.channel), classes="dialplan")
        caller = (order.caller_num, order.caller_name)
        # As captured: the variables come in reverse order on `;1` and in order on `;2`.
        for leg, variables in ((one, order.variables[::-1]), (two, order.variables)):
            for name, value in variables:
                leg.set(name, value)
            self.set_caller(leg, caller, caller)

    def _end_unreachable(self) -> None:
        """End the attempt at once, because the extension does not exist."""
        self.stop_waiting()
        self.two.remove(0)
        self._report(OriginateResult(FAILED))
        self.one.remove(0)
