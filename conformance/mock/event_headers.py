"""The headers of events, and how headers become bytes.

A message is a sequence of (name, value) pairs in Asterisk's order, as the captures show it. The security
events SuccessfulAuth and RequestBadFormat are as captured; the others have the elements of
main/security_events.c.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from .mock_session import MockSession
from .requests import to_bytes
from .state import CAUSES, Bridge, Channel, ParkedCall, Queue, QueueMember

HeaderPair = tuple[str, object]


def encode_headers(headers: Iterable[HeaderPair]) -> bytes:
    """Encode headers and the empty line after them. Escapes nothing, as Asterisk does."""
    return to_bytes("".join([f"{name}: {value}\r\n" for name, value in headers]) + "\r\n")


def snapshot(channel: Channel, prefix: str = "") -> list[HeaderPair]:
    """Describe a channel (ast_manager_build_channel_state_string_prefix, main/manager_channels.c)."""
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


def channel_event(name: str, channel: Channel, *extra: HeaderPair) -> list[HeaderPair]:
    """Build an event about one channel: its name, the snapshot, further headers."""
    return [("Event", name), *snapshot(channel), *extra]


def newexten(channel: Channel) -> list[HeaderPair]:
    """Build the event for an application that a channel starts (documented as NewExten, sent as Newexten)."""
    return channel_event(
        "Newexten",
        channel,
        ("Extension", channel.exten),
        ("Application", channel.application),
        ("AppData", channel.data),
    )


def varset(channel: Channel, name: str, value: str) -> list[HeaderPair]:
    """Build the event for a channel variable; its value is escaped (main/stasis_channels.c)."""
    return channel_event("VarSet", channel, ("Variable", name), ("Value", escape(value)))


def global_varset(name: str, value: str) -> list[HeaderPair]:
    """Build the event for a global variable, whose channel is `none`."""
    return [
        ("Event", "VarSet"),
        ("Channel", "none"),
        ("Uniqueid", "none"),
        ("Variable", name),
        ("Value", escape(value)),
    ]


def hangup(channel: Channel, cause: int) -> list[HeaderPair]:
    """Build the event for the end of a channel."""
    return channel_event("Hangup", channel, ("Cause", cause), ("Cause-txt", CAUSES.get(cause, "Unknown")))


def local_bridge(one: Channel, two: Channel) -> list[HeaderPair]:
    """Build the event for the two halves of a Local channel (main/core_local.c)."""
    return [
        ("Event", "LocalBridge"),
        *snapshot(one, "LocalOne"),
        *snapshot(two, "LocalTwo"),
        ("Context", two.context),
        ("Exten", two.exten),
        ("LocalOptimization", "Yes"),
    ]


def dial_event(
    name: str, destination: Channel, last: HeaderPair, caller: Channel | None = None
) -> list[HeaderPair]:
    """Build DialBegin, DialState or DialEnd. An Originate has no calling channel."""
    return [("Event", name), *(snapshot(caller) if caller else []), *snapshot(destination, "Dest"), last]


def bridge_snapshot(bridge: Bridge) -> list[HeaderPair]:
    """Describe a bridge (ast_manager_build_bridge_state_string, main/manager_bridges.c)."""
    return [
        ("BridgeUniqueid", bridge.uniqueid),
        ("BridgeType", bridge.kind),
        ("BridgeTechnology", bridge.technology),
        ("BridgeCreator", bridge.creator),
        ("BridgeName", bridge.name),
        ("BridgeNumChannels", bridge.size),
        ("BridgeVideoSourceMode", "none"),
    ]


def bridge_event(name: str, bridge: Bridge, channel: Channel | None = None) -> list[HeaderPair]:
    """Build an event about a bridge, or about a channel in it."""
    return [("Event", name), *bridge_snapshot(bridge), *(snapshot(channel) if channel else [])]


def new_caller_id(channel: Channel) -> list[HeaderPair]:
    """Build the event for a new caller name or number."""
    presentation = ("CID-CallingPres", "0 (Presentation Allowed, Not Screened)")
    return channel_event("NewCallerid", channel, presentation)


def parked_call(parked: ParkedCall, now: float) -> list[HeaderPair]:
    """Describe a parked call, as events and the list do (res/parking/parking_manager.c)."""
    waited = int(now - parked.since)
    return [
        *snapshot(parked.channel, "Parkee"),
        ("ParkerDialString", parked.parker),
        ("Parkinglot", parked.lot),
        ("ParkingSpace", parked.space),
        ("ParkingTimeout", parked.timeout - waited),
        ("ParkingDuration", waited),
    ]


def queue_member(name: str, queue: Queue, member: QueueMember, status: int) -> list[HeaderPair]:
    """Build an event about a member of a queue (queue_member_blob_create, apps/app_queue.c)."""
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


def device_state_change(device: str, state: str) -> list[HeaderPair]:
    """Build the event for a new state of a device."""
    return [("Event", "DeviceStateChange"), ("Device", device), ("State", state)]


def event_time(epoch_seconds: float) -> str:
    """Format a time as `EventTV` and `SessionTV` of security events do."""
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
    """Escape as in a C literal. 13.5 and later do so in the names of snapshots and in VarSet only."""
    return text.translate(_ESCAPES)


LOCAL_ADDRESS = "IPV4/TCP/127.0.0.1/5038"

_INFORMATIONAL = frozenset({"SuccessfulAuth"})


def security_event(
    name: str, session: MockSession, headers: Sequence[HeaderPair], account: str, *, now: float, since: float
) -> list[HeaderPair]:
    """Build a security event: the required elements, then SessionTV and, where it is optional, the account.

    `now` and `since` (when the session began) are seconds since 1970.
    """
    account = account or (session.user.name if session.user else "")
    account_is_optional = name == "RequestBadFormat"
    who: list[HeaderPair] = [("AccountID", account)] if account else []
    return [
        ("Event", name),
        ("EventTV", event_time(now)),
        ("Severity", "Informational" if name in _INFORMATIONAL else "Error"),
        ("Service", "AMI"),
        ("EventVersion", 1),
        *([] if account_is_optional else who),
        ("SessionID", f"0x7f11c{session.number:07x}"),
        ("LocalAddress", LOCAL_ADDRESS),
        ("RemoteAddress", session.peer),
        *headers,
        ("SessionTV", event_time(since)),
        *(who if account_is_optional else []),
    ]


Origin = tuple[str, int, str]
"""The file, line and function that sends an event."""

COMMON_ORIGIN: Origin = ("manager.c", 593, "manager_default_msg_cb")
"""The origin of all events that are not in `ORIGINS`: the common converter of JSON events."""

_SNAPSHOT: Origin = ("manager_channels.c", 806, "channel_snapshot_update")

_CONFBRIDGE: Origin = ("confbridge/confbridge_manager.c", 592, "confbridge_publish_manager_event")

ORIGINS: dict[str, Origin] = {
    "BridgeCreate": ("manager_bridges.c", 390, "bridge_snapshot_update"),
    "BridgeDestroy": ("manager_bridges.c", 390, "bridge_snapshot_update"),
    "BridgeEnter": ("manager_bridges.c", 452, "channel_enter_cb"),
    "BridgeLeave": ("manager_bridges.c", 476, "channel_leave_cb"),
    "ConfbridgeEnd": _CONFBRIDGE,
    "ConfbridgeJoin": _CONFBRIDGE,
    "ConfbridgeLeave": _CONFBRIDGE,
    "ConfbridgeStart": _CONFBRIDGE,
    "DialBegin": ("manager_channels.c", 1345, "channel_dial_cb"),
    "DialEnd": ("manager_channels.c", 1355, "channel_dial_cb"),
    "Hangup": _SNAPSHOT,
    "HangupRequest": ("manager_channels.c", 873, "channel_hangup_request_cb"),
    "NewCallerid": _SNAPSHOT,
    "NewConnectedLine": _SNAPSHOT,
    "Newchannel": _SNAPSHOT,
    "Newexten": _SNAPSHOT,
    "Newstate": _SNAPSHOT,
    "OriginateResponse": ("manager.c", 4447, "fast_originate"),
    "SoftHangupRequest": ("manager_channels.c", 873, "channel_hangup_request_cb"),
}


def origin_headers(name: str, number: int) -> list[HeaderPair]:
    """Build the headers that `manager set debug on` adds to each event (main/manager.c).

    The lines are those of 22.10.1. `number` counts the events since debugging began.
    """
    file, line, function = ORIGINS.get(name, COMMON_ORIGIN)
    return [("SequenceNumber", number), ("File", file), ("Line", line), ("Func", function)]
