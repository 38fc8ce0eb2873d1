"""A dial attempt: the channel `Local/exten@context`, until it is answered or the attempt fails.

Half `;2` runs the dialled extension; half `;1` belongs to the dialler. The action Originate dials without a
caller, the applications Dial and Queue dial for one; this module has the part that they share.
"""

from abc import ABC, abstractmethod

from conformance.mock import event_headers
from conformance.mock.core import Core
from conformance.mock.state import UNKNOWN, Channel, Place
from conformance.mock.timeline import TimerHandle

from .leg import ChannelLeg, RunApplication, publish_device_state

TIMEOUT_CAUSE = 19
"""The cause of a channel that was not answered before the timeout, since `TIMEOUT_CAUSE_SINCE`; before, 0."""

TIMEOUT_CAUSE_SINCE = 20
"""The first release with this cause; seen in 22 and not in 16."""


class DialAttempt(ABC):
    """An attempt to dial one Local channel."""

    def __init__(
        self,
        server: Core,
        device: str,
        run: RunApplication,
        *,
        timeout: float,
        account: str = "",
        uniqueids: tuple[str, str] = ("", ""),
    ) -> None:
        self.server = server
        self.device = device
        """The dialled device, as in device states: `Local/1000@default`."""
        self.rang = False
        self._run = run
        self.one, self.two = self._create(account, uniqueids)
        self._give_up_timer: TimerHandle = server.timeline.after(timeout, self._give_up)

    # for the two halves

    def ringing(self) -> None:
        """Handle that the channel rings."""
        self.rang = True
        self.one.change_state(5)
        self.publish_dial("DialState", ("DialStatus", "RINGING"))
        publish_device_state(self.server, self.device)

    def answered(self) -> None:
        """Handle the answer."""
        self.stop_waiting()
        self.on_answer()
        # Twice, as captured: once for each half that came up.
        publish_device_state(self.server, self.device)
        publish_device_state(self.server, self.device)

    def busy(self) -> None:
        """Handle that the channel is busy."""
        self._fail("BUSY", 0)

    def lost(self, cause: int) -> None:
        """Handle that the dialled extension hung up."""
        self._fail("CONGESTION", cause)

    def cancel(self, cause: int) -> None:
        """End the attempt, because `;1` was hung up or the caller left."""
        self._fail("NOANSWER", cause)

    # for subclasses

    @abstractmethod
    def on_answer(self) -> None:
        """Continue with the answered channel."""

    @abstractmethod
    def on_failure(self, status: str) -> None:
        """Continue without a channel. `status` is a DialStatus, or empty if the timeout passed."""

    @property
    def caller(self) -> Channel | None:
        """The channel that dials, if there is one."""
        return None

    def begin(self) -> None:
        """Publish the LocalBridge and start the dialled extension."""
        self.one.publish(event_headers.local_bridge(self.one.channel, self.two.channel))
        self.on_begin()
        two = self.two.channel
        self.two.enter_dialplan(Place(two.context, two.exten))

    def on_begin(self) -> None:
        """Publish DialBegin."""
        self.publish_dial("DialBegin", ("DialString", self.device.partition("/")[2]))

    def set_caller(self, leg: ChannelLeg, caller: tuple[str, str], connected: tuple[str, str]) -> None:
        """Set caller and connected line of a half, and publish those that are known."""
        channel = leg.channel
        channel.caller_num, channel.caller_name = caller
        if channel is self.two.channel:
            channel.connected_num, channel.connected_name = connected
        if caller != (UNKNOWN, UNKNOWN):
            leg.publish(event_headers.new_caller_id(channel))
        channel.connected_num, channel.connected_name = connected
        if connected != (UNKNOWN, UNKNOWN):
            leg.publish(event_headers.channel_event("NewConnectedLine", channel))

    def _create(self, account: str, uniqueids: tuple[str, str]) -> tuple[ChannelLeg, ChannelLeg]:
        """Add both halves to the state. Lists show them from now on, a moment before their events."""
        server, state = self.server, self.server.state
        exten, _, context = self.device.partition("/")[2].partition("@")
        context = context.partition("/")[0] or "default"  # without options, as in `Local/1000@default/n`
        base = f"{self.device}-{state.local_channels:08x}"
        state.local_channels += 1
        legs: list[ChannelLeg] = []
        for half, channel_state in ((1, 0), (2, 4)):  # Down and Ring
            linked = legs[0].channel.linkedid if legs else self._linkedid
            channel = state.new_channel(
                f"{base};{half}", exten, context, now=server.now, stamp=int(server.wall_time), linked=linked
            )
            if uniqueid := uniqueids[half - 1]:  # ChannelId and OtherChannelId of an Originate
                channel.uniqueid = uniqueid
                channel.linkedid = linked or uniqueid
            channel.state, channel.account = channel_state, account
            legs.append(ChannelLeg(server, channel, self._run))
        one, two = legs
        one.peer, two.peer = two, one
        one.dialler = self
        return one, two

    @property
    def _linkedid(self) -> str:
        return self.caller.linkedid if self.caller else ""

    def stop_waiting(self) -> None:
        """Stop waiting for an answer, a failure or the timeout."""
        self.one.dialler = None
        self._give_up_timer.cancel()

    def _fail(self, status: str, cause: int) -> None:
        self.stop_waiting()
        self.publish_dial("DialEnd", ("DialStatus", status))
        self.on_failure(status)
        self.one.end(cause)

    def _give_up(self) -> None:
        """End the attempt at the timeout, without a DialEnd."""
        self.stop_waiting()
        # The hangup comes before the result, as captured; in `_fail` it comes after.
        self.one.end(TIMEOUT_CAUSE if self.server.release >= TIMEOUT_CAUSE_SINCE else 0)
        self.on_failure("")

    def publish_dial(self, name: str, last: event_headers.HeaderPair) -> None:
        """Publish DialBegin, DialState or DialEnd."""
        self.one.publish(event_headers.dial_event(name, self.one.channel, last, self.caller))
