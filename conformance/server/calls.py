"""Calls: what happens, and is told, after an Originate of `Local/exten@context`.

A Local channel has two halves. Half `;2` runs the dialled extension; once it answers, half `;1` runs the
application (or extension) of the Originate. Each half is a script over virtual time; whichever ends first
takes the other along. The events and their order are those of `call-mix` (Asterisk 22.10.1) for the
extensions 1000, user, busy, fail and nosuch.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import events
from .events import Header
from .requests import to_number
from .state import UNKNOWN, Channel, Step
from .timeline import Process, Script

if TYPE_CHECKING:
    from .server import MockServer

CREATION_DELAY = 0.0003
"""Seconds from the Originate to its first event, as captured: the response is always first."""

ANSWER_PAUSE = 0.5
"""Seconds that the application Answer takes, as captured: it waits for media (main/channel.c)."""

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


class LocalCall:
    """One call between the two halves of a Local channel."""

    def __init__(self, server: "MockServer", order: Order, report: Report) -> None:
        self.server = server
        self.order = order
        self._report: Report | None = report
        self._reason_so_far = FAILED
        self._over = False
        self._give_up_timer = server.timeline.after(order.timeout, self._give_up)
        self.one, self.two = self._create_channels()
        self._processes = [Process(server.timeline, self._dial())]

    # the two scripts

    def _dial(self) -> Script:
        """Set the channels up, then run the dialled extension on `;2`."""
        yield CREATION_DELAY
        self._announce()
        steps = self.server.world.dialplan.get(self.two.exten)
        if steps is None:
            self._end_unreachable()
            return
        self._publish(
            events.local_bridge(self.one, self.two),
            events.dial_begin(self.one, self.order.channel.partition("/")[2]),
        )
        yield from self._execute(self.two, steps)
        self._hang_up(self.two, 16)

    def _converse(self) -> Script:
        """Run on `;1` what the Originate asked for, once it is answered."""
        order = self.order
        if order.application:
            self.one.application, self.one.data = order.application, order.data
            yield from self._run(self.one, Step(order.application, order.data))
        else:
            self.one.exten, self.one.context = order.exten, order.context
            yield from self._execute(self.one, self.server.world.dialplan.get(order.exten, ()))
        self._end_by_caller()

    def _execute(self, channel: Channel, steps: tuple[Step, ...]) -> Script:
        """Run an extension, priority by priority."""
        for priority, step in enumerate(steps, 1):
            channel.priority = priority
            channel.application, channel.data = step.application, step.data
            self._publish(events.newexten(channel), classes="dialplan")
            yield from self._run(channel, step)

    def _run(self, channel: Channel, step: Step) -> Script:
        """Run one application; one that is not known here takes no time."""
        match step.application:
            case "Answer":
                self._answer()
                yield ANSWER_PAUSE
            case "Wait":
                yield _seconds(step.data)
            case "Echo":
                yield None
            case "Ringing":
                self._reason_so_far = RINGING
                self.one.state = 5
                self._publish(events.channel_event("Newstate", self.one))
            case "Busy":
                self._end_busy()
                yield None
            case "Hangup":
                self._hang_up(channel, to_number(step.data) or 16)
                yield None
            case "Set":
                name, _, value = step.data.partition("=")
                self._set(channel, name, value)
            case "UserEvent":
                self._publish(_user_event(channel, step.data), classes="user")

    # what happens on the way

    def _create_channels(self) -> tuple[Channel, Channel]:
        """Put both halves into the world; from now on lists show them, a moment before the events tell."""
        server, order, world = self.server, self.order, self.server.world
        exten, _, context = order.channel.partition("/")[2].partition("@")
        base = f"{order.channel}-{world.local_channels:08x}"
        world.local_channels += 1
        stamp, context = int(server.wall_time), context or "default"
        one = world.new_channel(f"{base};1", exten, context, now=server.now, stamp=stamp)
        two = world.new_channel(f"{base};2", exten, context, now=server.now, stamp=stamp, linked=one.linkedid)
        two.state = 4
        one.hang_up = lambda cause: self._hang_up(one, cause)
        two.hang_up = lambda cause: self._hang_up(two, cause)
        one.account = two.account = order.account
        return one, two

    def _announce(self) -> None:
        """Tell of both channels, their variables and their caller."""
        self._publish(
            events.channel_event("Newchannel", self.one), events.channel_event("Newchannel", self.two)
        )
        self.one.application, self.one.data = "AppDial2", "(Outgoing Line)"
        self._publish(events.newexten(self.one), classes="dialplan")
        for channel, variables in ((self.one, self.order.variables[::-1]), (self.two, self.order.variables)):
            for name, value in variables:
                self._set(channel, name, value)
            if self.order.caller_num != UNKNOWN or self.order.caller_name != UNKNOWN:
                self._name_caller(channel)

    def _name_caller(self, channel: Channel) -> None:
        """Set caller and connected line; on `;2` both are there when the first of them is told."""
        presentation = ("CID-CallingPres", "0 (Presentation Allowed, Not Screened)")
        num, name = self.order.caller_num, self.order.caller_name
        channel.caller_num, channel.caller_name = num, name
        if channel is self.two:
            channel.connected_num, channel.connected_name = num, name
        self._publish(events.channel_event("NewCallerid", channel, presentation))
        channel.connected_num, channel.connected_name = num, name
        self._publish(events.channel_event("NewConnectedLine", channel))

    def _set(self, channel: Channel, name: str, value: str) -> None:
        channel.variables[name.lstrip("_")] = value
        self._publish(events.varset(channel, name, value), classes="dialplan")

    def _answer(self) -> None:
        """Bring both halves up and start the conversation; a second Answer changes nothing."""
        if self.one.state == 6:
            return
        self._give_up_timer.cancel()
        for channel in (self.two, self.one):
            channel.state = 6
            self._publish(events.channel_event("Newstate", channel))
        self.server.world.calls_processed += 1
        self._publish(events.dial_end(self.one, "ANSWER"))
        self._conclude(ANSWERED, self.one)
        self._publish_device()
        self._publish_device()
        self._processes.append(Process(self.server.timeline, self._converse()))

    # the ends: each tells its own story, and all of them end in `_finish`

    def _hang_up(self, channel: Channel, cause: int) -> None:
        """End by a hangup of one half: by the dialplan, or by the action Hangup."""
        peer = self.one if channel is self.two else self.two
        if self._over:
            return
        self._publish(
            events.channel_event("SoftHangupRequest", channel, ("Cause", 16)),
            events.channel_event("HangupRequest", peer, ("Cause", cause)),
        )
        self._end_channel(channel, cause)
        if self._conclude(FAILED):
            self._publish(events.dial_end(self.one, "CONGESTION"))
        self._end_channel(peer, cause)
        self._finish()

    def _end_busy(self) -> None:
        self.two.state = 7
        self._publish(
            events.channel_event("Newstate", self.two),
            events.dial_end(self.one, "BUSY"),
            events.channel_event("HangupRequest", self.two, ("Cause", 0)),
            events.channel_event("SoftHangupRequest", self.two, ("Cause", 16)),
        )
        self._conclude(BUSY)
        self._publish_device()
        self._end_channel(self.one, 0)
        self._end_channel(self.two, 17)
        self._finish()

    def _end_unreachable(self) -> None:
        """End before it began: the extension does not exist."""
        self._end_channel(self.two, 0)
        self._conclude(FAILED)
        self._end_channel(self.one, 0)
        self._finish()

    def _end_by_caller(self) -> None:
        """End because `;1` is through with its application."""
        self._publish(events.channel_event("HangupRequest", self.two, ("Cause", 0)))
        self._end_channel(self.one, 0)
        self._publish(events.channel_event("SoftHangupRequest", self.two, ("Cause", 16)))
        self._end_channel(self.two, 0)
        self._finish()

    def _give_up(self) -> None:
        """End because nobody answered in time; not captured, told as `_end_by_caller` is."""
        self._publish(events.dial_end(self.one, "NOANSWER"))
        self._conclude(self._reason_so_far)
        self._end_by_caller()

    def _finish(self) -> None:
        self._over = True
        self._give_up_timer.cancel()
        for process in self._processes:
            process.stop()
        self._publish_device()
        self._publish_device()

    def _end_channel(self, channel: Channel, cause: int) -> None:
        self.server.world.channels.pop(channel.name, None)
        self._publish(events.hangup(channel, cause))

    def _conclude(self, reason: int, channel: Channel | None = None) -> bool:
        """Report the outcome, once; say whether this was it."""
        report, self._report = self._report, None
        if report is not None:
            report(Outcome(reason, channel))
        return report is not None

    def _publish(self, *told: list[Header], classes: str = "call") -> None:
        for event in told:
            self.server.publish(event, classes)

    def _publish_device(self) -> None:
        device = self.order.channel
        self._publish(events.device_state_change(device, self.server.world.device_state(device)))


def _seconds(text: str) -> float:
    """Read the argument of Wait, fractions included; what is no number is no time."""
    match = re.match(r"[0-9]{1,9}([.][0-9]{1,9})?", text)
    return float(match[0]) if match else 0.0


def _user_event(channel: Channel, data: str) -> list[Header]:
    """Build what the application UserEvent sends: parts without a colon drop out (apps/app_userevent.c)."""
    name, *parts = data.split(",")
    pairs = [part.partition(": ") for part in parts]
    return events.channel_event(
        "UserEvent", channel, ("UserEvent", name), *[(key, value) for key, colon, value in pairs if colon]
    )
