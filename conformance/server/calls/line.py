"""The thread that serves one channel: it runs applications, and tells how the channel ends.

Asterisk has such a thread for every channel (pbx_thread of main/pbx.c, or whoever dialled). All order in the
events of calls comes from it: what one channel tells comes in one order, what two tell is a race. A channel
that runs the dialplan ends with a SoftHangupRequest, one that runs a lone application does not. The two
halves of a Local channel take each other along: the one that ends first tells the other (HangupRequest).
"""

from collections.abc import Callable
from typing import Protocol

from conformance.server import events
from conformance.server.core import Core
from conformance.server.events import Header
from conformance.server.state import Channel, Place, Step
from conformance.server.timeline import Process, Script

from .devices import publish_device

NORMAL = 16
"""The cause of what ends as intended."""

LOCAL_STATUS_SINCE = 20
"""The release from which a Dial's result reaches the other half; seen in 22 and not in 16."""

Run = Callable[["Line", Step], Script]
"""Run one application on a line."""


class Dialler(Protocol):
    """Who dialled a channel, and hears of it until it is answered."""

    def ringing(self) -> None:
        """Learn that it rings."""

    def answered(self) -> None:
        """Learn that it was answered."""

    def busy(self) -> None:
        """Learn that it is busy."""

    def lost(self, cause: int) -> None:
        """Learn that the other half is gone."""

    def cancel(self, cause: int) -> None:
        """Give up: the channel is to be hung up."""


class Line:
    """A channel and what happens on it."""

    def __init__(self, server: Core, channel: Channel, run: Run) -> None:
        self.server = server
        self.channel = channel
        self.peer: Line | None = None
        """The other half of the Local channel."""
        self.dialler: Dialler | None = None
        """Whoever waits for the answer of this half."""
        self.bridge_over: Callable[[], None] = lambda: self.end(NORMAL)
        """What to do when the bridge that it is in dissolves."""
        self.cause = 0
        """Why it ends, when it knows better than its other half."""
        self.over = False
        self.run = run
        """How an application is run."""
        self._in_dialplan = False
        self._process: Process | None = None
        self._farewells: list[Callable[[], None]] = []
        channel.line = self

    # what it is asked to do

    def enter_dialplan(self, place: Place) -> None:
        """Go on at a place in the dialplan."""
        self._in_dialplan = True
        channel = self.channel
        channel.context, channel.exten, channel.priority = place.context, place.exten, place.priority
        self._start(self._execute())

    def start_application(self, step: Step) -> None:
        """Run one application, and end with it."""
        self.channel.application, self.channel.data = step.application, step.data
        self._start(self._run_alone(step))

    def redirect(self, place: Place) -> None:
        """Break off what it does and go on elsewhere (ast_async_goto)."""
        self._say_farewell()
        self.enter_dialplan(place)

    def hang_up(self, cause: int = 0) -> None:
        """End it from outside (ast_channel_softhangup_withcause_locked)."""
        if self.over:
            return
        if self.dialler is not None:
            self.dialler.cancel(cause)
        else:
            self.end(cause)

    def wake(self) -> None:
        """Let the application that waits go on."""
        if self._process is not None:
            self._process.wake()

    def hold(self) -> None:
        """Break off what it does, for a bridge or a parking space; the dialplan goes on behind it."""
        self._say_farewell()
        if self._in_dialplan:
            self.channel.priority += 1
            self.bridge_over = self._go_on
        self._in_dialplan = False
        if self._process is not None:
            self._process.stop()

    # what applications do

    def answer(self) -> None:
        """Bring both halves up, and tell who dialled the other; a second answer changes nothing."""
        if self.channel.state == 6:
            return
        self.change_state(6)
        peer = self.peer
        if peer is not None and not peer.over:
            peer.change_state(6)
            if peer.dialler is not None:
                peer.dialler.answered()

    def change_state(self, state: int) -> None:
        """Tell a new state of the channel."""
        self.channel.state = state
        self.publish(events.channel_event("Newstate", self.channel))

    def set(self, name: str, value: str) -> None:
        """Set a channel variable; leading underscores are about inheritance."""
        self.channel.variables[name.lstrip("_")] = value
        self.publish(events.varset(self.channel, name, value), classes="dialplan")

    def before_leaving(self, deed: Callable[[], None]) -> None:
        """Have something done when the running application ends or is broken off."""
        self._farewells.append(deed)

    def publish(self, *told: list[Header], classes: str = "call") -> None:
        """Tell events."""
        for event in told:
            self.server.publish(event, classes)

    # how it ends

    def end(self, cause: int = 0) -> None:
        """End the channel; the other half follows a moment later."""
        if self.over:
            return
        self.over = True
        if self._process is not None:
            self._process.stop()
        self._say_farewell()
        cause = self.cause or cause
        if self._in_dialplan:
            self.publish(events.channel_event("SoftHangupRequest", self.channel, ("Cause", NORMAL)))
        peer = self.peer
        if peer is not None and not peer.over:
            self._tell(peer, cause)
        self.vanish(cause)

    def vanish(self, cause: int) -> None:
        """Take the channel out of the world, and tell so."""
        self.over = True
        self.server.world.channels.pop(self.channel.name, None)
        self.publish(events.hangup(self.channel, cause))
        publish_device(self.server, self.channel.name.rpartition("-")[0])

    def _tell(self, peer: "Line", cause: int) -> None:
        """Tell the other half (local_hangup, main/core_local.c)."""
        status = self.channel.variables.get("DIALSTATUS")
        if status and self.server.release >= LOCAL_STATUS_SINCE and peer.channel.name.endswith(";1"):
            peer.set("CHANLOCALSTATUS", status)
        self.publish(events.channel_event("HangupRequest", peer.channel, ("Cause", cause)))
        self.server.timeline.after(0.0, lambda: peer.lose_peer(cause))

    def lose_peer(self, cause: int) -> None:
        """Learn that the other half is gone."""
        if self.over:
            return
        if self.dialler is not None:
            self.dialler.lost(cause)
        else:
            self.end(cause)

    def _go_on(self) -> None:
        channel = self.channel
        self.enter_dialplan(Place(channel.context, channel.exten, channel.priority))

    # the scripts

    def _start(self, script: Script) -> None:
        if self._process is not None:
            self._process.stop()
        self._process = Process(self.server.timeline, script)

    def _execute(self) -> Script:
        """Run an extension, priority by priority; behind its last the channel ends."""
        channel = self.channel
        steps = self.server.world.dialplan.get(channel.exten, ())
        for priority in range(channel.priority, len(steps) + 1):
            step = steps[priority - 1]
            channel.priority = priority
            channel.application, channel.data = step.application, step.data
            self.publish(events.newexten(channel), classes="dialplan")
            yield from self.run(self, step)
            self._say_farewell()
        self.end()

    def _run_alone(self, step: Step) -> Script:
        yield from self.run(self, step)
        self.end()

    def _say_farewell(self) -> None:
        while self._farewells:
            self._farewells.pop()()


def find_line(server: Core, name: str) -> Line | None:
    """Find the line of a channel by the channel's name or unique id."""
    channel = server.world.find_channel(name)
    return channel.line if channel is not None and isinstance(channel.line, Line) else None
