"""A leg of a call: it runs applications on one channel and publishes the channel's events.

In Asterisk a thread does this for each channel (pbx_thread of main/pbx.c, or the thread that dialled), which
explains the order of events: those of one channel have one order, those of two channels race. A channel in
the dialplan ends with a SoftHangupRequest; a channel that runs a single application does not. The half of a
Local channel that ends first ends the other half too, with a HangupRequest.
"""

from collections.abc import Callable
from typing import Protocol

from conformance.mock import event_headers
from conformance.mock.core import Core
from conformance.mock.event_headers import HeaderPair
from conformance.mock.state import Channel, DialplanStep, Place
from conformance.mock.timeline import ScriptRunner, TimedScript

NORMAL_CLEARING = 16
"""The cause of a channel that ends as intended."""

LOCAL_STATUS_SINCE = 20
"""The first release that copies DIALSTATUS to the other half; seen in 22 and not in 16."""

RunApplication = Callable[["ChannelLeg", DialplanStep], TimedScript]
"""A function that runs one application on a leg."""


class Dialler(Protocol):
    """The dial attempt that waits for the answer of a leg; `DialAttempt` is one."""

    def ringing(self) -> None:
        """Handle that the channel rings."""

    def answered(self) -> None:
        """Handle the answer."""

    def busy(self) -> None:
        """Handle that the channel is busy."""

    def lost(self, cause: int) -> None:
        """Handle the end of the other half."""

    def cancel(self, cause: int) -> None:
        """End the attempt, because the leg is hung up."""


class ChannelLeg:
    """A channel, the application that it runs, and its end."""

    def __init__(self, server: Core, channel: Channel, run: RunApplication) -> None:
        self.server = server
        self.channel = channel
        self.peer: ChannelLeg | None = None
        """The other half of the Local channel."""
        self.dialler: Dialler | None = None
        """The attempt that waits for the answer of this leg."""
        self.on_bridge_dissolved: Callable[[], None] = lambda: self.end(NORMAL_CLEARING)
        """Called when the bridge of the channel dissolves."""
        self.cause = 0
        """The cause of the hangup, if this leg sets one; it wins over that of the other half."""
        self.ended = False
        self.run = run
        """Runs an application; the legs that an application dials inherit it."""
        self._in_dialplan = False
        self._runner: ScriptRunner | None = None
        self._exit_callbacks: list[Callable[[], None]] = []
        channel.leg = self

    # for actions and other legs

    def enter_dialplan(self, place: Place) -> None:
        """Continue at a place in the dialplan."""
        self._in_dialplan = True
        channel = self.channel
        channel.context, channel.exten, channel.priority = place.context, place.exten, place.priority
        self._start(self._execute())

    def start_application(self, step: DialplanStep) -> None:
        """Run one application, then hang up."""
        self.channel.application, self.channel.data = step.application, step.data
        self._start(self._run_alone(step))

    def redirect(self, place: Place) -> None:
        """Stop the running application and continue elsewhere (ast_async_goto)."""
        self._run_exit_callbacks()
        self.enter_dialplan(place)

    def hang_up(self, cause: int = 0) -> None:
        """Hang up on request (ast_channel_softhangup_withcause_locked)."""
        if self.ended:
            return
        if self.dialler is not None:
            self.dialler.cancel(cause)
        else:
            self.end(cause)

    def wake(self) -> None:
        """Continue the application that waits."""
        if self._runner is not None:
            self._runner.wake()

    def hold(self) -> None:
        """Stop the running application for a bridge or a parking space; the dialplan continues after it."""
        self._run_exit_callbacks()
        if self._in_dialplan:
            # The dialplan continues after the stopped application and does not run it again.
            self.channel.priority += 1
            self.on_bridge_dissolved = self._continue_dialplan
        self._in_dialplan = False
        if self._runner is not None:
            self._runner.stop()

    # for applications

    def answer(self) -> None:
        """Set both halves up and notify the other half's dial attempt. A second answer changes nothing."""
        if self.channel.state == 6:
            return
        self.change_state(6)
        peer = self.peer
        if peer is not None and not peer.ended:
            peer.change_state(6)
            if peer.dialler is not None:
                peer.dialler.answered()

    def change_state(self, state: int) -> None:
        """Set the state of the channel and publish it."""
        self.channel.state = state
        self.publish(event_headers.channel_event("Newstate", self.channel))

    def set(self, name: str, value: str) -> None:
        """Set a channel variable; the event has the name as given, with the underscores of inheritance."""
        self.channel.variables[name.lstrip("_")] = value
        self.publish(event_headers.varset(self.channel, name, value), classes="dialplan")

    def at_application_end(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the running application ends or is stopped; the last one added runs first."""
        self._exit_callbacks.append(callback)

    def publish(self, *published: list[HeaderPair], classes: str = "call") -> None:
        """Publish events of these classes."""
        for event in published:
            self.server.publish(event, classes)

    # the end

    def end(self, cause: int = 0) -> None:
        """Hang up; the other half follows in the next round of the timeline."""
        if self.ended:
            return
        self.ended = True
        if self._runner is not None:
            self._runner.stop()
        self._run_exit_callbacks()
        # After the callbacks, because leaving a bridge sets `self.cause`.
        cause = self.cause or cause
        if self._in_dialplan:
            self.publish(
                event_headers.channel_event("SoftHangupRequest", self.channel, ("Cause", NORMAL_CLEARING))
            )
        peer = self.peer
        if peer is not None and not peer.ended:
            self._notify_peer(peer, cause)
        self.remove(cause)

    def remove(self, cause: int) -> None:
        """Remove the channel from the state and publish its Hangup."""
        self.ended = True
        self.server.state.channels.pop(self.channel.name, None)
        self.publish(event_headers.hangup(self.channel, cause))
        publish_device_state(self.server, self.channel.name.rpartition("-")[0])

    def _notify_peer(self, peer: "ChannelLeg", cause: int) -> None:
        """Hang up the other half (local_hangup, main/core_local.c)."""
        status = self.channel.variables.get("DIALSTATUS")
        if status and self.server.release >= LOCAL_STATUS_SINCE and peer.channel.name.endswith(";1"):
            peer.set("CHANLOCALSTATUS", status)
        self.publish(event_headers.channel_event("HangupRequest", peer.channel, ("Cause", cause)))
        self.server.timeline.after(0.0, lambda: peer.handle_peer_gone(cause))

    def handle_peer_gone(self, cause: int) -> None:
        """Handle the end of the other half."""
        if self.ended:
            return
        if self.dialler is not None:
            self.dialler.lost(cause)
        else:
            self.end(cause)

    def _continue_dialplan(self) -> None:
        channel = self.channel
        self.enter_dialplan(Place(channel.context, channel.exten, channel.priority))

    # the scripts

    def _start(self, script: TimedScript) -> None:
        if self._runner is not None:
            self._runner.stop()
        self._runner = ScriptRunner(self.server.timeline, script)

    def _execute(self) -> TimedScript:
        """Run an extension, priority by priority, then hang up."""
        channel = self.channel
        steps = self.server.state.dialplan.get(channel.exten, ())
        for priority in range(channel.priority, len(steps) + 1):
            step = steps[priority - 1]
            channel.priority = priority
            channel.application, channel.data = step.application, step.data
            self.publish(event_headers.newexten(channel), classes="dialplan")
            yield from self.run(self, step)
            self._run_exit_callbacks()
        self.end()

    def _run_alone(self, step: DialplanStep) -> TimedScript:
        yield from self.run(self, step)
        self.end()

    def _run_exit_callbacks(self) -> None:
        while self._exit_callbacks:
            self._exit_callbacks.pop()()


def find_leg(server: Core, name: str) -> ChannelLeg | None:
    """Find a leg by the name or Uniqueid of its channel."""
    channel = server.state.find_channel(name)
    return channel.leg if channel is not None and isinstance(channel.leg, ChannelLeg) else None


def publish_device_state(server: Core, device: str) -> None:
    """Publish the state of a device, and of its queue members if that changed (main/devicestate.c).

    As in Asterisk, these events come after those of the channel.
    """
    state = server.state
    server.publish(event_headers.device_state_change(device, state.device_state(device)), "call")
    for queue in state.queues.values():
        for member in queue.members:
            status = state.member_status(member)
            if (member.state_interface or member.interface) == device and status != member.published_status:
                member.published_status = status
                server.publish(
                    event_headers.queue_member("QueueMemberStatus", queue, member, status), "agent"
                )
