"""The application Queue: wait, be given to a member, talk (apps/app_queue.c).

One member is called at a time, the first that can be; who finds nobody waits.
"""

from conformance.server import events
from conformance.server.events import Header
from conformance.server.state import Channel, Queue, QueueMember, Step
from conformance.server.timeline import Script

from . import bridging
from .dialling import TIMES, tell_times
from .line import Line
from .outgoing import Outgoing

AGENT = "agent"

TIMES_SINCE = 20
"""The release from which Queue sets the variables of Dial's times; seen in 22 and not in 16."""

RING_TIME = 15.0
"""Seconds that a member is rung: the default `timeout` of queues.conf."""


def queue(line: Line, step: Step) -> Script:
    """Run Queue: it is over when the conversation is; a queue that does not exist is over at once."""
    found = line.server.world.queues.get(step.data.partition(",")[0])
    if found is None:
        return
    if line.server.release >= TIMES_SINCE:
        for name in (*TIMES, "QUEUEWAIT", "QUEUEWAIT_MS"):
            line.set(name, "")
    found.callers.append(line.channel)
    join: list[Header] = [
        ("Queue", found.name),
        ("Position", len(found.callers)),
        ("Count", len(found.callers)),
    ]
    line.publish(events.channel_event("QueueCallerJoin", line.channel, *join), classes=AGENT)
    line.before_leaving(lambda: _abandon(line, found, line.server.now))
    member = next((each for each in found.members if each.paused is None), None)
    if member is not None:
        QueuedCall(line, found, member).place()
    yield None


def _abandon(line: Line, found: Queue, since: float) -> None:
    """Leave a queue in which nobody answered."""
    if line.channel not in found.callers:
        return
    position = found.callers.index(line.channel) + 1
    found.callers.remove(line.channel)
    held = int(line.server.now - since)
    told: list[Header] = [("Queue", found.name), ("Position", position), ("OriginalPosition", position)]
    line.publish(
        events.channel_event("QueueCallerAbandon", line.channel, *told, ("HoldTime", held)), classes=AGENT
    )
    _tell_leave(line, found, position)


def _tell_leave(line: Line, found: Queue, position: int) -> None:
    told: list[Header] = [("Queue", found.name), ("Position", position), ("Count", len(found.callers))]
    line.publish(events.channel_event("QueueCallerLeave", line.channel, *told), classes=AGENT)


class QueuedCall(Outgoing):
    """A member that is called for a caller of the queue."""

    def __init__(self, line: Line, found: Queue, member: QueueMember) -> None:
        self.line, self.queue, self.member = line, found, member
        self._since = line.server.now
        super().__init__(line.server, member.interface, line.run, timeout=RING_TIME)

    @property
    def caller(self) -> Channel:
        """Give the channel that waits."""
        return self.line.channel

    def place(self) -> None:
        """Tell of the new channel and start it."""
        one, two, caller = self.one, self.two, self.caller
        self.line.before_leaving(self._abandon)
        for half in (one, two):
            half.publish(events.channel_event("Newchannel", half.channel))
        one.channel.application, one.channel.data = "AppQueue", "(Outgoing Line)"
        known = (caller.caller_num, caller.caller_name)
        peer_number = self.device.partition("/")[2]
        one.channel.connected_num, one.channel.connected_name = known
        one.channel.caller_num, one.channel.caller_name = known
        one.publish(events.newexten(one.channel), classes="dialplan")
        one.publish(events.new_caller_id(one.channel))
        one.set("DIALEDPEERNUMBER", peer_number)
        two.set("DIALEDPEERNUMBER", peer_number)
        self.name_caller(two, known, known)
        self.begin()

    def on_begin(self) -> None:
        """Tell that the member is called; the event names the whole device."""
        self._tell_agent("AgentCalled")
        self.tell_dial("DialBegin", ("DialString", self.device))
        self.one.channel.exten = self.caller.exten

    def on_answer(self) -> None:
        """Take the caller out of the queue and bridge both."""
        line, one = self.line, self.one
        one.publish(events.newexten(one.channel), classes="dialplan")
        one.publish(events.channel_event("NewConnectedLine", one.channel))
        self.tell_dial("DialEnd", ("DialStatus", "ANSWER"))
        position = self.queue.callers.index(line.channel) + 1
        self.queue.callers.remove(line.channel)
        _tell_leave(line, self.queue, position)
        held = self.server.now - self._since
        line.set("QUEUEPOSITION", str(position))
        if self.server.release >= TIMES_SINCE:
            line.set("QUEUEWAIT", str(int(held)))
            line.set("QUEUEWAIT_MS", str(int(held * 1000)))
        self._tell_agent("AgentConnect", ("HoldTime", int(held)), ("RingTime", int(held)))
        self.member.in_call = True
        answered_at = self.server.now
        if self.server.release >= TIMES_SINCE:
            line.before_leaving(lambda: tell_times(line, self._since, answered_at))
        bridging.join(one, line)
        line.before_leaving(lambda: self._complete(int(held), answered_at))
        line.bridge_over = line.wake

    def on_failure(self, status: str) -> None:
        """Let the caller wait on."""

    def _complete(self, held: int, answered_at: float) -> None:
        member, talked = self.member, int(self.server.now - answered_at)
        member.in_call = False
        member.calls_taken += 1
        member.last_call = int(self.server.wall_time)
        reason = "caller" if self.one.channel.bridge else "agent"
        self._tell_agent("AgentComplete", ("HoldTime", held), ("TalkTime", talked), ("Reason", reason))

    def _tell_agent(self, name: str, *extra: Header) -> None:
        member = self.member
        told: list[Header] = [
            ("Event", name),
            *events.snapshot(self.caller),
            *events.snapshot(self.one.channel, "Dest"),
            ("Queue", self.queue.name),
            ("Interface", member.interface),
            ("MemberName", member.name),
            *extra,
        ]
        self.line.publish(told, classes=AGENT)

    def _abandon(self) -> None:
        """Let go of a member that has not answered when the caller leaves."""
        if self.one.dialler is self:
            self.settle()
            self.tell_dial("DialEnd", ("DialStatus", "CANCEL"))
            self.one.end(0)
