"""The call of an Originate: a channel without a caller, and what it does once answered (main/dial.c)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.server import events
from conformance.server.core import Core
from conformance.server.state import UNKNOWN, Channel, Place, Step
from conformance.server.timeline import Process, Script

from .applications import run_step
from .outgoing import Outgoing

CREATION_DELAY = 0.0003
"""Seconds from the Originate to its first event, as captured: the response is always first."""

FAILED, RINGING, ANSWERED, BUSY = 0, 3, 4, 5
"""`Reason` of OriginateResponse: a control frame's number (include/asterisk/frame.h)."""


@dataclass(frozen=True, slots=True)
class Order:
    """What an Originate asked for."""

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
    channel_id: str = ""
    variables: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an Originate ended; `channel` only when it was answered."""

    reason: int
    channel: Channel | None = None


Report = Callable[[Outcome], None]


class Origination(Outgoing):
    """Dial for an Originate, report how that went, then run its application or extension on `;1`."""

    def __init__(self, server: Core, order: Order, report: Report) -> None:
        self.order = order
        self._report = report
        super().__init__(
            server,
            order.channel,
            run_step,
            timeout=order.timeout,
            account=order.account,
            uniqueid=order.channel_id,
        )
        Process(server.timeline, self._place())

    def on_answer(self) -> None:
        """Report, and start what was ordered."""
        self.server.world.calls_processed += 1
        self.tell_dial("DialEnd", ("DialStatus", "ANSWER"))
        self._report(Outcome(ANSWERED, self.one.channel))
        order = self.order
        if order.application:
            self.one.start_application(Step(order.application, order.data))
        else:
            self.one.enter_dialplan(Place(order.context, order.exten, order.priority))

    def on_failure(self, status: str) -> None:
        """Report what became of it."""
        rang_in_vain = not status and self.rang
        self._report(Outcome(BUSY if status == "BUSY" else RINGING if rang_in_vain else FAILED))

    def _place(self) -> Script:
        yield CREATION_DELAY
        self._announce()
        if self.two.channel.exten in self.server.world.dialplan:
            self.begin()
        else:
            self._end_unreachable()

    def _announce(self) -> None:
        """Tell of both halves, their variables and their caller."""
        one, two, order = self.one, self.two, self.order
        for line in (one, two):
            line.publish(events.channel_event("Newchannel", line.channel))
        one.channel.application, one.channel.data = "AppDial2", "(Outgoing Line)"
        one.publish(events.newexten(one.channel), classes="dialplan")
        caller = (order.caller_num, order.caller_name)
        for line, variables in ((one, order.variables[::-1]), (two, order.variables)):
            for name, value in variables:
                line.set(name, value)
            self.name_caller(line, caller, caller)

    def _end_unreachable(self) -> None:
        """End before it began: the extension does not exist."""
        self.settle()
        self.two.vanish(0)
        self._report(Outcome(FAILED))
        self.one.vanish(0)
