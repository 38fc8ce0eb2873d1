"""The application Queue: wait for a member and talk (apps/app_queue.c).

It calls one member, the first that is not paused; without one the caller waits.
"""

from conformance.mock import event_headers
from conformance.mock.event_headers import HeaderPair
from conformance.mock.state import Channel, DialplanStep, Queue, QueueMember
from conformance.mock.timeline import TimedScript

from . import bridging
from .dial_attempt import DialAttempt
from .dialling import TIME_VARIABLES, set_times
from .leg import ChannelLeg

AGENT_CLASS = "agent"

TIMES_SINCE = 20
"""The first release whose Queue sets the variables of durations; seen in 22 and not in 16."""

RING_TIME = 15.0
"""Seconds that a member rings: the default `timeout` of queues.conf."""


def run_queue(leg: ChannelLeg, step: DialplanStep) -> TimedScript:
    """Run Queue until the conversation ends. For a queue that does not exist it ends at once."""
    found = leg.server.state.queues.get(step.data.partition(",")[0])
    if found is None:
        return
    if leg.server.release >= TIMES_SINCE:
        for name in (*TIME_VARIABLES, "QUEUEWAIT", "QUEUEWAIT_MS"):
            leg.set(name, "")
    found.callers.append(leg.channel)
    join: list[HeaderPair] = [
        ("Queue", found.name),
        ("Position", len(found.callers)),
        ("Count", len(found.callers)),
    ]
    leg.publish(event_headers.channel_event("QueueCallerJoin", leg.channel, *join), classes=AGENT_CLASS)
    joined_at, joined_as = leg.server.now, len(found.callers)
    leg.at_application_end(lambda: _abandon(leg, found, joined_at, joined_as))
    member = next((each for each in found.members if each.paused is None), None)
    if member is not None:
        QueuedCall(leg, found, member).place()
    yield None


def _abandon(leg: ChannelLeg, found: Queue, joined_at: float, joined_as: int) -> None:
    """Leave a queue without an answer, after joining it at a time and a position."""
    if leg.channel not in found.callers:
        return
    position = found.callers.index(leg.channel) + 1
    found.callers.remove(leg.channel)
    held = int(leg.server.now - joined_at)
    headers: list[HeaderPair] = [
        ("Queue", found.name),
        ("Position", position),
        ("OriginalPosition", joined_as),
    ]
    leg.publish(
        event_headers.channel_event("QueueCallerAbandon", leg.channel, *headers, ("HoldTime", held)),
        classes=AGENT_CLASS,
    )
    _publish_leave(leg, found, position)


def _publish_leave(leg: ChannelLeg, found: Queue, position: int) -> None:
    headers: list[HeaderPair] = [("Queue", found.name), ("Position", position), ("Count", len(found.callers))]
    leg.publish(event_headers.channel_event("QueueCallerLeave", leg.channel, *headers), classes=AGENT_CLASS)


class QueuedCall(DialAttempt):
    """A dial attempt of the application Queue."""

    def __init__(self, leg: ChannelLeg, found: Queue, member: QueueMember) -> None:
        self.leg, self.queue, self.member = leg, found, member
        self._since = leg.server.now
        super().__init__(leg.server, member.interface, leg.run, timeout=RING_TIME)

    @property
    def caller(self) -> Channel:
        """The channel that waits in the queue."""
        return self.leg.channel

    def place(self) -> None:
        """Publish the new channel and start it."""
        one, two, caller = self.one, self.two, self.caller
        self.leg.at_application_end(self._abandon)
        for half in (one, two):
            half.publish(event_headers.channel_event("Newchannel", half.channel))
        one.channel.application, one.channel.data = "AppQueue", "(Outgoing Line)"
        known = (caller.caller_num, caller.caller_name)
        peer_number = self.device.partition("/")[2]
        one.channel.connected_num, one.channel.connected_name = known
        one.channel.caller_num, one.channel.caller_name = known
        one.publish(event_headers.newexten(one.channel), classes="dialplan")
        one.publish(event_headers.new_caller_id(one.channel))
        one.set("DIALEDPEERNUMBER", peer_number)
        two.set("DIALEDPEERNUMBER", peer_number)
        self.set_caller(two, known, known)
        self.begin()

    def on_begin(self) -> None:
        """Publish AgentCalled and DialBegin; unlike Dial's, its DialString is the whole device."""
        self._publish_agent_event("AgentCalled")
        self.publish_dial("DialBegin", ("DialString", self.device))
        self.one.channel.exten = self.caller.exten

    def on_answer(self) -> None:
        """Remove the caller from the queue and bridge both channels."""
        leg, one = self.leg, self.one
        one.publish(event_headers.newexten(one.channel), classes="dialplan")
        one.publish(event_headers.channel_event("NewConnectedLine", one.channel))
        self.publish_dial("DialEnd", ("DialStatus", "ANSWER"))
        position = self.queue.callers.index(leg.channel) + 1
        # `_abandon` must not find the caller in the queue when the application ends.
        self.queue.callers.remove(leg.channel)
        _publish_leave(leg, self.queue, position)
        held = self.server.now - self._since
        leg.set("QUEUEPOSITION", str(position))
        if self.server.release >= TIMES_SINCE:
            leg.set("QUEUEWAIT", str(int(held)))
            leg.set("QUEUEWAIT_MS", str(int(held * 1000)))
        self._publish_agent_event("AgentConnect", ("HoldTime", int(held)), ("RingTime", int(held)))
        self.member.in_call = True
        answered_at = self.server.now
        if self.server.release >= TIMES_SINCE:
            leg.at_application_end(lambda: set_times(leg, self._since, answered_at))
        bridging.join(one, leg)
        leg.at_application_end(lambda: self._complete(int(held), answered_at))
        leg.on_bridge_dissolved = leg.wake

    def on_failure(self, status: str) -> None:
        """Let the caller wait."""

    def _complete(self, held: int, answered_at: float) -> None:
        member, talked = self.member, int(self.server.now - answered_at)
        member.in_call = False
        member.calls_taken += 1
        member.last_call = int(self.server.wall_time)
        reason = "caller" if self.one.channel.bridge else "agent"
        self._publish_agent_event(
            "AgentComplete", ("HoldTime", held), ("TalkTime", talked), ("Reason", reason)
        )

    def _publish_agent_event(self, name: str, *extra: HeaderPair) -> None:
        member = self.member
        headers: list[HeaderPair] = [
            ("Event", name),
            *event_headers.snapshot(self.caller),
            *event_headers.snapshot(self.one.channel, "Dest"),
            ("Queue", self.queue.name),
            ("Interface", member.interface),
            ("MemberName", member.name),
            *extra,
        ]
        self.leg.publish(headers, classes=AGENT_CLASS)

    def _abandon(self) -> None:
        """Hang up a member that has not answered when the caller leaves."""
        if self.one.dialler is self:
            self.stop_waiting()
            self.publish_dial("DialEnd", ("DialStatus", "CANCEL"))
            self.one.end(0)
