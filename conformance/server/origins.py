"""Where in Asterisk an event comes from: what `manager set debug on` adds to each (main/manager.c).

The lines are those of 22.10.1; events that are not listed come from the common converter of JSON events.
"""

from .events import Header

Origin = tuple[str, int, str]
"""File, line, function."""

COMMON: Origin = ("manager.c", 593, "manager_default_msg_cb")

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


def origin(name: str, number: int) -> list[Header]:
    """Give the headers for an event's name and its number since debugging began."""
    file, line, function = ORIGINS.get(name, COMMON)
    return [("SequenceNumber", number), ("File", file), ("Line", line), ("Func", function)]
