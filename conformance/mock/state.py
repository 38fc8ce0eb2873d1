"""The state of a mock server: channels, bridges, queues and the dialplan. Actions change it and lists show
it.

It is plain data: `actions` and `calls` change it; `actions`, `cli` and `event_headers` read it. Names and
values are those of the captures.
"""

from dataclasses import dataclass, field
from typing import Protocol

from .inventory import Inventory

UNKNOWN = "<unknown>"

CHANNEL_STATES = {0: "Down", 4: "Ring", 5: "Ringing", 6: "Up", 7: "Busy"}
"""Names of channel states (ast_state2str, main/channel.c), those that occur here."""

CAUSES = {
    0: "Unknown",
    16: "Normal Clearing",
    17: "User busy",
    19: "User alerting, no answer",
    21: "Call Rejected",
    34: "Circuit/channel congestion",
}
"""Names of hangup causes (ast_cause2str, main/channel.c)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the dialplan."""

    context: str
    exten: str
    priority: int = 1


class LegControl(Protocol):
    """The part of `calls.ChannelLeg` that the state needs."""

    def hang_up(self, cause: int = 0) -> None:
        """Hang the channel up."""

    def redirect(self, place: Place) -> None:
        """Continue the channel at another place in the dialplan."""


@dataclass(slots=True)
class Bridge:
    """A bridge and the channels in it (ast_manager_build_bridge_state_string, main/manager_bridges.c)."""

    uniqueid: str
    kind: str = "basic"
    technology: str = "simple_bridge"
    creator: str = UNKNOWN
    name: str = UNKNOWN
    channels: list["Channel"] = field(default_factory=list)
    hidden: int = 0
    """Channels that are counted and never listed, such as the announcer of a conference."""

    @property
    def size(self) -> int:
        """The value of `BridgeNumChannels`."""
        return len(self.channels) + self.hidden


@dataclass(slots=True)
class ParkedCall:
    """A channel in a parking space (res/parking/parking_manager.c)."""

    channel: "Channel"
    space: int
    since: float
    """When it was parked, in the time of the timeline."""
    parker: str
    """The device that parked it: `Local/park@default`."""
    timeout: int = 45
    lot: str = "default"


@dataclass(slots=True)
class Conference:
    """A conference of ConfBridge: its bridge, and the channels that joined it, without the announcer."""

    name: str
    bridge: Bridge
    members: list["Channel"] = field(default_factory=list)


@dataclass(slots=True)
class Channel:
    """One channel with the data of its snapshots (ast_manager_build_channel_state_string)."""

    name: str
    exten: str
    context: str
    uniqueid: str
    linkedid: str
    created: float
    state: int = 0
    priority: int = 1
    caller_num: str = UNKNOWN
    caller_name: str = UNKNOWN
    connected_num: str = UNKNOWN
    connected_name: str = UNKNOWN
    application: str = ""
    data: str = ""
    account: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    language: str = "en"
    bridge: Bridge | None = None
    leg: LegControl | None = None
    """The leg that runs it; None for a channel that a test added to the state."""

    def hang_up(self, cause: int = 0) -> None:
        """Hang the channel up, with a cause of include/asterisk/causes.h."""
        if self.leg is not None:
            self.leg.hang_up(cause)

    @property
    def state_name(self) -> str:
        """The value of `ChannelStateDesc`."""
        return CHANNEL_STATES[self.state]

    @property
    def tech(self) -> str:
        """The channel technology: the part of the name before the slash."""
        return self.name.partition("/")[0]


@dataclass(slots=True)
class QueueMember:
    """A member of a queue (QueueMember of apps/app_queue.c)."""

    name: str
    interface: str
    membership: str = "static"
    penalty: int = 0
    paused: str | None = None
    """The reason of the pause, which may be empty; None if the member is not paused."""
    login_time: int = 1_795_193_985
    """Seconds since 1970."""
    state_interface: str = ""
    """The device whose state counts; empty means `interface`."""
    ring_in_use: bool = True
    last_pause: int = 0
    """Seconds since 1970; 0 means never."""
    calls_taken: int = 0
    last_call: int = 0
    """Seconds since 1970; 0 means never."""
    in_call: bool = False
    published_status: int = 1
    """The `Status` of the last QueueMemberStatus."""


@dataclass(slots=True)
class Queue:
    """A queue and its members (QueueParams of apps/app_queue.c)."""

    name: str
    strategy: str
    members: list[QueueMember] = field(default_factory=list)
    callers: list[Channel] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DialplanStep:
    """One priority of an extension: an application and its argument."""

    application: str
    data: str = ""


Dialplan = dict[str, tuple[DialplanStep, ...]]

ANSWER = DialplanStep("Answer")


def sample_dialplan() -> Dialplan:
    """Return the extensions of context `default`: those of the captures, and `ring`, which never answers."""
    return {
        "1000": (ANSWER, DialplanStep("Wait", "30"), DialplanStep("Hangup")),
        "agi": (ANSWER, DialplanStep("AGI", "agi:async")),
        "busy": (DialplanStep("Busy", "1"),),
        "conf": (ANSWER, DialplanStep("ConfBridge", "room1")),
        "dial": (DialplanStep("Dial", "Local/1000@default"),),
        "echo": (ANSWER, DialplanStep("Echo")),
        "fail": (DialplanStep("Hangup", "34"),),
        "park": (ANSWER, DialplanStep("Park")),
        "queue": (ANSWER, DialplanStep("Queue", "support")),
        "ring": (DialplanStep("Ringing"), DialplanStep("Wait", "60"), DialplanStep("Hangup")),
        "short": (ANSWER, DialplanStep("Hangup")),
        "user": (
            ANSWER,
            DialplanStep("UserEvent", "Weird,Body: hello world,Uni: héllo ☎,Colon: a:b:c"),
            DialplanStep("Set", "X=multi\\nline"),
            DialplanStep("Set", "__Y=a=b,c"),
            DialplanStep("Hangup"),
        ),
    }


def sample_queues() -> dict[str, Queue]:
    """Return the two queues of the captures."""
    agent = QueueMember("Agent One", "Local/1000@default")
    return {"support": Queue("support", "ringall", [agent]), "sales": Queue("sales", "rrmemory")}


DEVICE_STATES = (
    "UNKNOWN",
    "NOT_INUSE",
    "INUSE",
    "BUSY",
    "INVALID",
    "UNAVAILABLE",
    "RINGING",
    "RINGINUSE",
    "ONHOLD",
)
"""Device states; a member's `Status` is an index here (include/asterisk/devicestate.h)."""

UUID = "b03e4836-6479-43d5-b4e3-f90b48b701a4"
"""The UUID of the server, the one entry of a new database."""


@dataclass(slots=True)
class MockState:
    """All state of one server."""

    channels: dict[str, Channel] = field(default_factory=dict)
    """By name, in the order of creation."""
    queues: dict[str, Queue] = field(default_factory=sample_queues)
    dialplan: Dialplan = field(default_factory=sample_dialplan)
    inventory: Inventory = field(default_factory=Inventory)
    bridges: dict[str, Bridge] = field(default_factory=dict)
    """By unique id."""
    conferences: dict[str, Conference] = field(default_factory=dict)
    """By name; a conference exists while it has members."""
    parked: dict[int, ParkedCall] = field(default_factory=dict)
    """By parking space."""
    database: dict[str, str] = field(default_factory=lambda: {"/pbx/UUID": UUID})
    """By the whole path, `/family/key`."""
    variables: dict[str, str] = field(default_factory=dict)
    """The global variables."""
    calls_processed: int = 0
    channels_created: int = 0
    local_channels: int = 0
    """Pairs of Local channels so far; it gives the number in their names."""

    def new_channel(
        self, name: str, exten: str, context: str, *, now: float, stamp: int, linked: str = ""
    ) -> Channel:
        """Add a channel. `stamp`, a wall-clock second, is the first part of its Uniqueid."""
        uniqueid = f"{stamp}.{self.channels_created}"
        self.channels_created += 1
        channel = Channel(name, exten, context, uniqueid, linked or uniqueid, now)
        self.channels[name] = channel
        return channel

    def find_channel(self, name: str) -> Channel | None:
        """Find a channel by name, ignoring case, or by Uniqueid (ast_channel_get_by_name)."""
        channels = self.channels.values()
        return next(
            (each for each in channels if name.lower() == each.name.lower() or name == each.uniqueid), None
        )

    def member_status(self, member: QueueMember) -> int:
        """Return a member's `Status`: the number of its device's state (include/asterisk/devicestate.h)."""
        return DEVICE_STATES.index(self.device_state(member.state_interface or member.interface))

    def device_state(self, device: str) -> str:
        """Return the state of a device: of `Local/exten@context` from its channels and the dialplan."""
        if not device.startswith("Local/"):
            return "UNKNOWN"
        if any(name.startswith(device + "-") for name in self.channels):
            return "INUSE"
        exten = device.partition("/")[2].partition("@")[0]
        return "NOT_INUSE" if exten in self.dialplan else "INVALID"
