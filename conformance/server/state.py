"""The small world behind the mock: channels, queues, and the dialplan. What you do shows in what you list.

Plain data, changed by `actions` and `calls`, read by `lists` and `events`. Names and values are those of the
captures.
"""

from dataclasses import dataclass, field
from typing import Protocol

from .inventory import Inventory

UNKNOWN = "<unknown>"

CHANNEL_STATES = {0: "Down", 4: "Ring", 5: "Ringing", 6: "Up", 7: "Busy"}
"""ast_state2str (main/channel.c), as far as the mock goes."""

CAUSES = {
    0: "Unknown",
    16: "Normal Clearing",
    17: "User busy",
    19: "User alerting, no answer",
    21: "Call Rejected",
    34: "Circuit/channel congestion",
}
"""ast_cause2str (main/channel.c)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the dialplan a channel is, or is to go."""

    context: str
    exten: str
    priority: int = 1


class LineControl(Protocol):
    """What may be asked of the thread that serves a channel; `calls.Line` is that thread."""

    def hang_up(self, cause: int = 0) -> None:
        """End the channel."""

    def redirect(self, place: Place) -> None:
        """Let the channel go on elsewhere in the dialplan."""


@dataclass(slots=True)
class Bridge:
    """Channels that hear each other (ast_manager_build_bridge_state_string, main/manager_bridges.c)."""

    uniqueid: str
    kind: str = "basic"
    technology: str = "simple_bridge"
    creator: str = UNKNOWN
    name: str = UNKNOWN
    channels: list["Channel"] = field(default_factory=list)
    hidden: int = 0
    """Channels of Asterisk's own, which are counted and never shown: a conference's announcer."""

    @property
    def size(self) -> int:
        """Give the value of `BridgeNumChannels`."""
        return len(self.channels) + self.hidden


@dataclass(slots=True)
class ParkedCall:
    """A channel that waits in a parking lot (res/parking/parking_manager.c)."""

    channel: "Channel"
    space: int
    since: float
    """The moment, in the time of the timeline."""
    parker: str
    """What to dial to reach who parked it: `Local/park@default`."""
    timeout: int = 45
    lot: str = "default"


@dataclass(slots=True)
class Conference:
    """A ConfBridge: the bridge, and the channels that joined of themselves, the announcer not among them."""

    name: str
    bridge: Bridge
    members: list["Channel"] = field(default_factory=list)


@dataclass(slots=True)
class Channel:
    """One channel, as a snapshot shows it (ast_manager_build_channel_state_string)."""

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
    line: LineControl | None = None
    """The thread that serves it: None for a channel that was put there by hand."""

    def hang_up(self, cause: int = 0) -> None:
        """End it, for a cause (include/asterisk/causes.h)."""
        if self.line is not None:
            self.line.hang_up(cause)

    @property
    def state_name(self) -> str:
        """Give the text of `ChannelStateDesc`."""
        return CHANNEL_STATES[self.state]

    @property
    def tech(self) -> str:
        """Give the technology: what stands before the slash."""
        return self.name.partition("/")[0]


@dataclass(slots=True)
class QueueMember:
    """A member of a queue (QueueMember of apps/app_queue.c)."""

    name: str
    interface: str
    membership: str = "static"
    penalty: int = 0
    paused: str | None = None
    """The reason of the pause, which may be empty; None while not paused."""
    login_time: int = 1_795_193_985
    """Seconds since 1970."""
    state_interface: str = ""
    """The device whose state counts; empty: that of `interface`."""
    ring_in_use: bool = True
    last_pause: int = 0
    """Seconds since 1970; 0 for never."""
    calls_taken: int = 0
    last_call: int = 0
    """Seconds since 1970; 0 for never."""
    in_call: bool = False
    told_status: int = 1
    """The last `Status` that a QueueMemberStatus told."""


@dataclass(slots=True)
class Queue:
    """A queue and its members (QueueParams of apps/app_queue.c)."""

    name: str
    strategy: str
    members: list[QueueMember] = field(default_factory=list)
    callers: list[Channel] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """One priority of an extension: an application and its argument."""

    application: str
    data: str = ""


Dialplan = dict[str, tuple[Step, ...]]

ANSWER = Step("Answer")


def sample_dialplan() -> Dialplan:
    """Give the extensions of context `default`: those of the captures, and `ring`, which nobody answers."""
    return {
        "1000": (ANSWER, Step("Wait", "30"), Step("Hangup")),
        "agi": (ANSWER, Step("AGI", "agi:async")),
        "busy": (Step("Busy", "1"),),
        "conf": (ANSWER, Step("ConfBridge", "room1")),
        "dial": (Step("Dial", "Local/1000@default"),),
        "echo": (ANSWER, Step("Echo")),
        "fail": (Step("Hangup", "34"),),
        "park": (ANSWER, Step("Park")),
        "queue": (ANSWER, Step("Queue", "support")),
        "ring": (Step("Ringing"), Step("Wait", "60"), Step("Hangup")),
        "short": (ANSWER, Step("Hangup")),
        "user": (
            ANSWER,
            Step("UserEvent", "Weird,Body: hello world,Uni: héllo ☎,Colon: a:b:c"),
            Step("Set", "X=multi\\nline"),
            Step("Set", "__Y=a=b,c"),
            Step("Hangup"),
        ),
    }


def sample_queues() -> dict[str, Queue]:
    """Give the two queues of the captures."""
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
"""What the number in a member's `Status` stands for: its place here (include/asterisk/devicestate.h)."""

UUID = "b03e4836-6479-43d5-b4e3-f90b48b701a4"
"""What a server calls itself; `database show` shows it in a new one."""


@dataclass(slots=True)
class World:
    """All of it."""

    channels: dict[str, Channel] = field(default_factory=dict)
    """By name, in the order of creation."""
    queues: dict[str, Queue] = field(default_factory=sample_queues)
    dialplan: Dialplan = field(default_factory=sample_dialplan)
    inventory: Inventory = field(default_factory=Inventory)
    bridges: dict[str, Bridge] = field(default_factory=dict)
    """By unique id."""
    conferences: dict[str, Conference] = field(default_factory=dict)
    """By name, while somebody is in."""
    parked: dict[int, ParkedCall] = field(default_factory=dict)
    """By parking space."""
    database: dict[str, str] = field(default_factory=lambda: {"/pbx/UUID": UUID})
    """By the whole path, `/family/key`."""
    variables: dict[str, str] = field(default_factory=dict)
    """The global ones."""
    calls_processed: int = 0
    channels_created: int = 0
    local_channels: int = 0
    """Pairs of Local channels so far; the number in their names."""

    def new_channel(
        self, name: str, exten: str, context: str, *, now: float, stamp: int, linked: str = ""
    ) -> Channel:
        """Add a channel; `stamp` is the wall-clock second that begins its Uniqueid."""
        uniqueid = f"{stamp}.{self.channels_created}"
        self.channels_created += 1
        channel = Channel(name, exten, context, uniqueid, linked or uniqueid, now)
        self.channels[name] = channel
        return channel

    def find_channel(self, name: str) -> Channel | None:
        """Find a channel by name, in any case, or by Uniqueid (ast_channel_get_by_name)."""
        channels = self.channels.values()
        return next(
            (each for each in channels if name.lower() == each.name.lower() or name == each.uniqueid), None
        )

    def member_status(self, member: QueueMember) -> int:
        """Give a member's `Status`: the number of its device's state (include/asterisk/devicestate.h)."""
        return DEVICE_STATES.index(self.device_state(member.state_interface or member.interface))

    def device_state(self, device: str) -> str:
        """Give the state of `Local/exten@context`, by its channels and by whether the extension exists."""
        if not device.startswith("Local/"):
            return "UNKNOWN"
        if any(name.startswith(device + "-") for name in self.channels):
            return "INUSE"
        exten = device.partition("/")[2].partition("@")[0]
        return "NOT_INUSE" if exten in self.dialplan else "INVALID"
