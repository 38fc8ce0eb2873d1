"""An outgoing channel: `Local/exten@context`, from its making until it is answered, refused or given up.

Half `;2` runs the dialled extension; half `;1` belongs to whoever dialled. `Originate` dials for itself, the
applications Dial and Queue for a caller: what they do the same way is here.
"""

from abc import ABC, abstractmethod

from conformance.server import events
from conformance.server.core import Core
from conformance.server.state import UNKNOWN, Channel, Place
from conformance.server.timeline import Timer

from .devices import publish_device
from .line import Line, Run

TIMEOUT_CAUSE_SINCE_22 = 19
"""The cause of a channel that rang in vain; 0 in 16."""


class Outgoing(ABC):
    """One Local channel that is being dialled."""

    def __init__(
        self, server: Core, device: str, run: Run, *, timeout: float, account: str = "", uniqueid: str = ""
    ) -> None:
        self.server = server
        self.device = device
        """What was dialled, as device states name it: `Local/1000@default`."""
        self.rang = False
        self._run = run
        self.one, self.two = self._create(account, uniqueid)
        self._give_up_timer: Timer = server.timeline.after(timeout, self._give_up)

    # told by the halves

    def ringing(self) -> None:
        """Learn that it rings."""
        self.rang = True
        self.one.change_state(5)
        self.tell_dial("DialState", ("DialStatus", "RINGING"))
        publish_device(self.server, self.device)

    def answered(self) -> None:
        """Learn that it was answered."""
        self.settle()
        self.on_answer()
        publish_device(self.server, self.device)
        publish_device(self.server, self.device)

    def busy(self) -> None:
        """Learn that it is busy."""
        self._fail("BUSY", 0)

    def lost(self, cause: int) -> None:
        """Learn that the dialled extension hung up."""
        self._fail("CONGESTION", cause)

    def cancel(self, cause: int) -> None:
        """Give up: `;1` was hung up, or the caller went away."""
        self._fail("NOANSWER", cause)

    # for those who dial

    @abstractmethod
    def on_answer(self) -> None:
        """Go on with the answered channel."""

    @abstractmethod
    def on_failure(self, status: str) -> None:
        """Go on without; the status is empty for a channel that rang until the timeout."""

    @property
    def caller(self) -> Channel | None:
        """Give the channel that dials."""
        return None

    def begin(self) -> None:
        """Couple the halves and start the dialled extension."""
        self.one.publish(events.local_bridge(self.one.channel, self.two.channel))
        self.on_begin()
        two = self.two.channel
        self.two.enter_dialplan(Place(two.context, two.exten))

    def on_begin(self) -> None:
        """Tell that dialling begins."""
        self.tell_dial("DialBegin", ("DialString", self.device.partition("/")[2]))

    def name_caller(self, line: Line, caller: tuple[str, str], connected: tuple[str, str]) -> None:
        """Tell caller and connected line of a half, as far as they are known."""
        channel = line.channel
        channel.caller_num, channel.caller_name = caller
        if channel is self.two.channel:
            channel.connected_num, channel.connected_name = connected
        if caller != (UNKNOWN, UNKNOWN):
            line.publish(events.new_caller_id(channel))
        channel.connected_num, channel.connected_name = connected
        if connected != (UNKNOWN, UNKNOWN):
            line.publish(events.channel_event("NewConnectedLine", channel))

    def _create(self, account: str, uniqueid: str) -> tuple[Line, Line]:
        """Put both halves into the world; from now on lists show them, a moment before the events tell."""
        server, world = self.server, self.server.world
        exten, _, context = self.device.partition("/")[2].partition("@")
        context = context.partition("/")[0] or "default"
        base = f"{self.device}-{world.local_channels:08x}"
        world.local_channels += 1
        lines: list[Line] = []
        for half, state in ((1, 0), (2, 4)):
            linked = lines[0].channel.linkedid if lines else self._linkedid
            channel = world.new_channel(
                f"{base};{half}", exten, context, now=server.now, stamp=int(server.wall_time), linked=linked
            )
            if uniqueid:
                channel.uniqueid = uniqueid if half == 1 else f"{uniqueid};2"
                channel.linkedid = linked or uniqueid
            channel.state, channel.account = state, account
            lines.append(Line(server, channel, self._run))
        one, two = lines
        one.peer, two.peer = two, one
        one.dialler = self
        return one, two

    @property
    def _linkedid(self) -> str:
        return self.caller.linkedid if self.caller else ""

    def settle(self) -> None:
        """Wait no longer, however it went."""
        self.one.dialler = None
        self._give_up_timer.cancel()

    def _fail(self, status: str, cause: int) -> None:
        self.settle()
        self.tell_dial("DialEnd", ("DialStatus", status))
        self.on_failure(status)
        self.one.end(cause)

    def _give_up(self) -> None:
        """End because nobody answered in time: there is no DialEnd then."""
        self.settle()
        self.one.end(TIMEOUT_CAUSE_SINCE_22 if self.server.release >= 20 else 0)
        self.on_failure("")

    def tell_dial(self, name: str, last: events.Header) -> None:
        """Tell DialBegin, DialState or DialEnd."""
        self.one.publish(events.dial(name, self.one.channel, last, self.caller))
