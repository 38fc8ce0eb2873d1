"""The texts of messages: how headers become bytes, and the headers that events share.

A message is a sequence of (name, value) pairs; their order is Asterisk's, as the captures show it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from .requests import to_bytes
from .state import CAUSES, Bridge, Channel, ParkedCall, Queue, QueueMember

Header = tuple[str, object]


def encode(headers: Iterable[Header]) -> bytes:
    """Write headers and the empty line. Nothing is escaped: Asterisk does not either."""
    return to_bytes("".join([f"{name}: {value}\r\n" for name, value in headers]) + "\r\n")


def snapshot(channel: Channel, prefix: str = "") -> list[Header]:
    """Give a channel's headers (ast_manager_build_channel_state_string_prefix, main/manager_channels.c)."""
    return [
        (f"{prefix}Channel", channel.name),
        (f"{prefix}ChannelState", channel.state),
        (f"{prefix}ChannelStateDesc", channel.state_name),
        (f"{prefix}CallerIDNum", channel.caller_num),
        (f"{prefix}CallerIDName", escape(channel.caller_name)),
        (f"{prefix}ConnectedLineNum", channel.connected_num),
        (f"{prefix}ConnectedLineName", escape(channel.connected_name)),
        (f"{prefix}Language", channel.language),
        (f"{prefix}AccountCode", channel.account),
        (f"{prefix}Context", channel.context),
        (f"{prefix}Exten", channel.exten),
        (f"{prefix}Priority", channel.priority),
        (f"{prefix}Uniqueid", channel.uniqueid),
        (f"{prefix}Linkedid", channel.linkedid),
    ]


def channel_event(name: str, channel: Channel, *extra: Header) -> list[Header]:
    """Give an event about one channel."""
    return [("Event", name), *snapshot(channel), *extra]


def newexten(channel: Channel) -> list[Header]:
    """Give the event for the application that a channel starts (documented as NewExten, sent as Newexten)."""
    return channel_event(
        "Newexten",
        channel,
        ("Extension", channel.exten),
        ("Application", channel.application),
        ("AppData", channel.data),
    )


def varset(channel: Channel, name: str, value: str) -> list[Header]:
    """Give the event for a variable; its value is escaped (main/stasis_channels.c)."""
    return channel_event("VarSet", channel, ("Variable", name), ("Value", escape(value)))


def global_varset(name: str, value: str) -> list[Header]:
    """Give the event for a global variable, which belongs to no channel."""
    return [
        ("Event", "VarSet"),
        ("Channel", "none"),
        ("Uniqueid", "none"),
        ("Variable", name),
        ("Value", escape(value)),
    ]


def hangup(channel: Channel, cause: int) -> list[Header]:
    """Give the event that ends a channel."""
    return channel_event("Hangup", channel, ("Cause", cause), ("Cause-txt", CAUSES.get(cause, "Unknown")))


def local_bridge(one: Channel, two: Channel) -> list[Header]:
    """Give the event that couples the two halves of a Local channel (main/core_local.c)."""
    return [
        ("Event", "LocalBridge"),
        *snapshot(one, "LocalOne"),
        *snapshot(two, "LocalTwo"),
        ("Context", two.context),
        ("Exten", two.exten),
        ("LocalOptimization", "Yes"),
    ]


def dial(name: str, destination: Channel, last: Header, caller: Channel | None = None) -> list[Header]:
    """Give DialBegin, DialState or DialEnd; an Originate dials without a calling channel."""
    return [("Event", name), *(snapshot(caller) if caller else []), *snapshot(destination, "Dest"), last]


def bridge_snapshot(bridge: Bridge) -> list[Header]:
    """Give a bridge's headers (ast_manager_build_bridge_state_string, main/manager_bridges.c)."""
    return [
        ("BridgeUniqueid", bridge.uniqueid),
        ("BridgeType", bridge.kind),
        ("BridgeTechnology", bridge.technology),
        ("BridgeCreator", bridge.creator),
        ("BridgeName", bridge.name),
        ("BridgeNumChannels", bridge.size),
        ("BridgeVideoSourceMode", "none"),
    ]


def bridge_event(name: str, bridge: Bridge, channel: Channel | None = None) -> list[Header]:
    """Give an event about a bridge, or about a channel in it."""
    return [("Event", name), *bridge_snapshot(bridge), *(snapshot(channel) if channel else [])]


def new_caller_id(channel: Channel) -> list[Header]:
    """Give the event for a caller's name or number."""
    presentation = ("CID-CallingPres", "0 (Presentation Allowed, Not Screened)")
    return channel_event("NewCallerid", channel, presentation)


def parked_call(parked: ParkedCall, now: float) -> list[Header]:
    """Give the headers of a parked call, in events and in the list (res/parking/parking_manager.c)."""
    waited = int(now - parked.since)
    return [
        *snapshot(parked.channel, "Parkee"),
        ("ParkerDialString", parked.parker),
        ("Parkinglot", parked.lot),
        ("ParkingSpace", parked.space),
        ("ParkingTimeout", parked.timeout - waited),
        ("ParkingDuration", waited),
    ]


def queue_member(name: str, queue: Queue, member: QueueMember, status: int) -> list[Header]:
    """Give an event about a member of a queue (queue_member_blob_create, apps/app_queue.c)."""
    return [
        ("Event", name),
        ("Queue", queue.name),
        ("MemberName", member.name),
        ("Interface", member.interface),
        ("StateInterface", member.state_interface or member.interface),
        ("Membership", member.membership),
        ("Penalty", member.penalty),
        ("CallsTaken", member.calls_taken),
        ("LastCall", member.last_call),
        ("LastPause", member.last_pause),
        ("LoginTime", member.login_time),
        ("InCall", int(member.in_call)),
        ("Status", status),
        ("Paused", int(member.paused is not None)),
        ("PausedReason", member.paused or ""),
        ("Ringinuse", int(member.ring_in_use)),
        ("Wrapuptime", 0),
    ]


def device_state_change(device: str, state: str) -> list[Header]:
    """Give the event for a device, which lags behind its channels in Asterisk too."""
    return [("Event", "DeviceStateChange"), ("Device", device), ("State", state)]


def event_time(epoch_seconds: float) -> str:
    """Give the form of `EventTV` and `SessionTV` in security events."""
    moment = datetime.fromtimestamp(epoch_seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000"


_ESCAPES = str.maketrans(
    {
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\v": "\\v",
        "\\": "\\\\",
        "'": "\\'",
        '"': '\\"',
        "?": "\\?",
    }
)


def escape(text: str) -> str:
    """Escape as a C literal, which 13.5 and later do in snapshots' names and in VarSet, and nowhere else."""
    return text.translate(_ESCAPES)
