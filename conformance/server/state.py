"""The small world behind the mock: channels, queues, and the dialplan. What you do shows in what you list.

Plain data, changed by `actions` and `calls`, read by `lists` and `events`. Names and values are those of the
captures.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

UNKNOWN = "<unknown>"

CHANNEL_STATES = {0: "Down", 4: "Ring", 5: "Ringing", 6: "Up", 7: "Busy"}
"""ast_state2str (main/channel.c), as far as the mock goes."""

CAUSES = {
    0: "Unknown",
    16: "Normal Clearing",
    17: "User busy",
    19: "User alerting, no answer",
    34: "Circuit/channel congestion",
}
"""ast_cause2str (main/channel.c)."""


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
    hang_up: Callable[[int], None] = lambda cause: None
    """End it, for a cause; set by the call that it is part of."""

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


@dataclass(slots=True)
class Queue:
    """A queue and its members (QueueParams of apps/app_queue.c)."""

    name: str
    strategy: str
    members: list[QueueMember] = field(default_factory=list)


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
        "busy": (Step("Busy", "1"),),
        "echo": (ANSWER, Step("Echo")),
        "fail": (Step("Hangup", "34"),),
        "ring": (Step("Ringing"), Step("Wait", "60"), Step("Hangup")),
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


@dataclass(slots=True)
class World:
    """All of it."""

    channels: dict[str, Channel] = field(default_factory=dict)
    """By name, in the order of creation."""
    queues: dict[str, Queue] = field(default_factory=sample_queues)
    dialplan: Dialplan = field(default_factory=sample_dialplan)
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

    def device_state(self, device: str) -> str:
        """Give the state of `Local/exten@context`, by its channels and by whether the extension exists."""
        if any(name.startswith(device + "-") for name in self.channels):
            return "INUSE"
        exten = device.partition("/")[2].partition("@")[0]
        return "NOT_INUSE" if exten in self.dialplan else "INVALID"
