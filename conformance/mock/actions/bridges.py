"""Bridges, conferences, and connected channels (main/manager_bridges.c, apps/app_confbridge.c)."""

from collections.abc import Iterable

from conformance.mock.event_headers import HeaderPair, bridge_snapshot, snapshot
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.inventory import BridgeTechnology
from conformance.mock.inventory.header_templates import HeaderTemplate
from conformance.mock.state import Channel, MockState

from .answers import ActionIdPlace, ActionRefused, ListItem, list_handler, require, send_items

NO_CONFERENCE = "No active conferences."

PARTICIPANT = HeaderTemplate(
    """
        Conference:
        Admin: No
        MarkedUser: No
        WaitMarked: No
        EndMarked: No
    20+ EndMarkedAny: No
        Waiting: No
        Muted: No
        Talking: No
        AnsweredTime: 0
    """
)
"""A member of a conference, before the headers of its channel."""


def bridge_list(exchange: Exchange) -> Iterable[ListItem]:
    """List the bridges. Despite its name, `BridgeType` filters by technology."""
    wanted = exchange.get("BridgeType")
    bridges = exchange.server.state.bridges.values()
    return [("BridgeListItem", bridge_snapshot(each)) for each in bridges if wanted in ("", each.technology)]


def bridge_info(exchange: Exchange) -> None:
    """List the channels of a bridge; the last event describes the bridge."""
    uniqueid = require(exchange, "BridgeUniqueid", "BridgeUniqueid must be provided")
    bridge = exchange.server.state.bridges.get(uniqueid)
    if bridge is None:
        raise ActionRefused("Specified BridgeUniqueid not found")
    exchange.list_start("Bridge channel listing will follow")
    send_items(exchange, [("BridgeInfoChannel", snapshot(channel)) for channel in bridge.channels])
    exchange.list_complete("BridgeInfoComplete", len(bridge.channels), *bridge_snapshot(bridge))


def technology_list(exchange: Exchange) -> Iterable[ListItem]:
    """List the bridge technologies (main/bridge.c)."""
    for technology in exchange.server.state.inventory.bridge_technologies.values():
        yield (
            "BridgeTechnologyListItem",
            [
                ("BridgeTechnology", technology.name),
                ("BridgeType", technology.type),
                ("BridgePriority", technology.priority),
                ("BridgeSuspended", "Yes" if technology.suspended else "No"),
            ],
        )


def technology_suspend(exchange: Exchange) -> None:
    """Mark a technology as suspended (main/bridge.c)."""
    _technology(exchange).suspended = True
    exchange.ack("Suspended bridge technology")


def technology_unsuspend(exchange: Exchange) -> None:
    """Mark a technology as not suspended."""
    _technology(exchange).suspended = False
    exchange.ack("Unsuspended bridge technology")


def conference_users(exchange: Exchange) -> Iterable[ListItem]:
    """List the members of a conference."""
    name = require(exchange, "Conference", "No Conference name provided.")
    server = exchange.server
    conference = server.state.conferences.get(name)
    if conference is None:
        raise ActionRefused(
            "No Conference by that name found." if server.state.conferences else NO_CONFERENCE
        )
    for channel in conference.members:
        about = {"Conference": name, "AnsweredTime": int(server.now - channel.created)}
        yield "ConfbridgeList", [*PARTICIPANT.fill(about, server.release), *snapshot(channel)]


def conference_rooms(exchange: Exchange) -> Iterable[ListItem]:
    """List the conferences."""
    for conference in exchange.server.state.conferences.values():
        headers: list[HeaderPair] = [("Conference", conference.name), ("Parties", len(conference.members))]
        yield "ConfbridgeListRooms", [*headers, ("Marked", 0), ("Locked", "No"), ("Muted", "No")]


def channel_map(exchange: Exchange) -> Iterable[ListItem]:
    """List the channels that a channel is connected with (main/manager.c)."""
    name = require(exchange, "Channel", "CoreShowChannelMap requires a channel.\n")
    channel = exchange.server.state.channels.get(name)
    if channel is None:
        raise ActionRefused("Could not get channel snapshot\n")
    for other in _connected(channel, exchange.server.state):
        yield "CoreShowChannelMap", [("Channel", name), ("ConnectedChannel", other.name)]


def _connected(channel: Channel, state: MockState) -> list[Channel]:
    """Return the channels in its bridge and, through halves of Local channels, those in further bridges."""
    found, ahead = [channel], [channel]
    while ahead:
        bridge = ahead.pop().bridge
        for other in bridge.channels if bridge else []:
            if other not in found:
                found.append(other)
                half = state.channels.get(_other_half(other.name))
                if half is not None and half not in found:
                    found.append(half)
                    ahead.append(half)
    return found[1:]


def _other_half(name: str) -> str:
    """Return the name of the other half of a Local channel; for other channels, a name that none has."""
    return name[:-1] + ("2" if name.endswith(";1") else "1")


def _technology(exchange: Exchange) -> BridgeTechnology:
    name = require(exchange, "BridgeTechnology", "BridgeTechnology must be provided")
    technology = exchange.server.state.inventory.bridge_technologies.get(name)
    if technology is None:
        raise ActionRefused("BridgeTechnology not found")
    return technology


BRIDGE_ACTIONS = (
    MockAction("BridgeInfo", bridge_info, "", "Get information about a bridge."),
    MockAction(
        "BridgeList",
        list_handler("Bridge listing will follow", "BridgeListComplete", bridge_list),
        "",
        "Get a list of bridges in the system.",
    ),
    MockAction(
        "BridgeTechnologyList",
        list_handler(
            "Bridge technology listing will follow",
            "BridgeTechnologyListComplete",
            technology_list,
            place=ActionIdPlace.LAST,
        ),
        "",
        "List available bridging technologies and their statuses.",
    ),
    MockAction("BridgeTechnologySuspend", technology_suspend, "", "Suspend a bridging technology."),
    MockAction("BridgeTechnologyUnsuspend", technology_unsuspend, "", "Unsuspend a bridging technology."),
    MockAction(
        "ConfbridgeList",
        list_handler(
            "Confbridge user list will follow",
            "ConfbridgeListComplete",
            conference_users,
            empty=NO_CONFERENCE,
        ),
        "reporting",
        "List participants in a conference.",
        module="app_confbridge.so",
    ),
    MockAction(
        "ConfbridgeListRooms",
        list_handler(
            "Confbridge conferences will follow",
            "ConfbridgeListRoomsComplete",
            conference_rooms,
            empty=NO_CONFERENCE,
        ),
        "reporting",
        "List active conferences.",
        module="app_confbridge.so",
    ),
    MockAction(
        "CoreShowChannelMap",
        list_handler("Channel map will follow", "CoreShowChannelMapComplete", channel_map),
        "system,reporting",
        "List all channels connected to the specified channel.",
        since=18,
    ),
)
