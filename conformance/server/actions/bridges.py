"""Bridges, the conferences among them, and who hears whom (main/manager_bridges.c, apps/app_confbridge.c)."""

from collections.abc import Iterable

from conformance.server.events import Header, bridge_snapshot, snapshot
from conformance.server.exchange import Action, Exchange
from conformance.server.inventory import BridgeTechnology
from conformance.server.inventory.sheets import Sheet
from conformance.server.state import Channel, World

from .answers import IdPlace, Item, Refused, listing, need, send_items

NO_CONFERENCE = "No active conferences."

PARTICIPANT = Sheet(
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
"""A user of a conference, before the channel's own headers."""


def bridge_list(exchange: Exchange) -> Iterable[Item]:
    """Give the bridges, or some: despite its name, `BridgeType` asks for a technology."""
    wanted = exchange.get("BridgeType")
    bridges = exchange.server.world.bridges.values()
    return [("BridgeListItem", bridge_snapshot(each)) for each in bridges if wanted in ("", each.technology)]


def bridge_info(exchange: Exchange) -> None:
    """List the channels of a bridge; what the bridge is comes last."""
    uniqueid = need(exchange, "BridgeUniqueid", "BridgeUniqueid must be provided")
    bridge = exchange.server.world.bridges.get(uniqueid)
    if bridge is None:
        raise Refused("Specified BridgeUniqueid not found")
    exchange.list_start("Bridge channel listing will follow")
    send_items(exchange, [("BridgeInfoChannel", snapshot(channel)) for channel in bridge.channels])
    exchange.list_complete("BridgeInfoComplete", len(bridge.channels), *bridge_snapshot(bridge))


def technology_list(exchange: Exchange) -> Iterable[Item]:
    """Give the ways to bridge (main/bridge.c)."""
    for technology in exchange.server.world.inventory.bridge_technologies.values():
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
    """Keep a technology from new bridges (main/bridge.c)."""
    _technology(exchange).suspended = True
    exchange.ack("Suspended bridge technology")


def technology_unsuspend(exchange: Exchange) -> None:
    """Take a technology up again."""
    _technology(exchange).suspended = False
    exchange.ack("Unsuspended bridge technology")


def conference_users(exchange: Exchange) -> Iterable[Item]:
    """Give the users of a conference."""
    name = need(exchange, "Conference", "No Conference name provided.")
    server = exchange.server
    conference = server.world.conferences.get(name)
    if conference is None:
        raise Refused("No Conference by that name found." if server.world.conferences else NO_CONFERENCE)
    for channel in conference.members:
        about = {"Conference": name, "AnsweredTime": int(server.now - channel.created)}
        yield "ConfbridgeList", [*PARTICIPANT.fill(about, server.release), *snapshot(channel)]


def conference_rooms(exchange: Exchange) -> Iterable[Item]:
    """Give the conferences."""
    for conference in exchange.server.world.conferences.values():
        headers: list[Header] = [("Conference", conference.name), ("Parties", len(conference.members))]
        yield "ConfbridgeListRooms", [*headers, ("Marked", 0), ("Locked", "No"), ("Muted", "No")]


def channel_map(exchange: Exchange) -> Iterable[Item]:
    """Give whom a channel is connected with (main/manager.c)."""
    name = need(exchange, "Channel", "CoreShowChannelMap requires a channel.\n")
    channel = exchange.server.world.channels.get(name)
    if channel is None:
        raise Refused("Could not get channel snapshot\n")
    for other in _connected(channel, exchange.server.world):
        yield "CoreShowChannelMap", [("Channel", name), ("ConnectedChannel", other.name)]


def _connected(channel: Channel, world: World) -> list[Channel]:
    """Give the channels in its bridge, and behind each that is half of a Local channel, its other half's."""
    found, ahead = [channel], [channel]
    while ahead:
        bridge = ahead.pop().bridge
        for other in bridge.channels if bridge else []:
            if other not in found:
                found.append(other)
                half = world.channels.get(_other_half(other.name))
                if half is not None and half not in found:
                    found.append(half)
                    ahead.append(half)
    return found[1:]


def _other_half(name: str) -> str:
    """Give the name of the other half of a Local channel; no channel has it when there is none."""
    return name[:-1] + ("2" if name.endswith(";1") else "1")


def _technology(exchange: Exchange) -> BridgeTechnology:
    name = need(exchange, "BridgeTechnology", "BridgeTechnology must be provided")
    technology = exchange.server.world.inventory.bridge_technologies.get(name)
    if technology is None:
        raise Refused("BridgeTechnology not found")
    return technology


ACTIONS = (
    Action("BridgeInfo", bridge_info, "", "Get information about a bridge."),
    Action(
        "BridgeList",
        listing("Bridge listing will follow", "BridgeListComplete", bridge_list),
        "",
        "Get a list of bridges in the system.",
    ),
    Action(
        "BridgeTechnologyList",
        listing(
            "Bridge technology listing will follow",
            "BridgeTechnologyListComplete",
            technology_list,
            place=IdPlace.LAST,
        ),
        "",
        "List available bridging technologies and their statuses.",
    ),
    Action("BridgeTechnologySuspend", technology_suspend, "", "Suspend a bridging technology."),
    Action("BridgeTechnologyUnsuspend", technology_unsuspend, "", "Unsuspend a bridging technology."),
    Action(
        "ConfbridgeList",
        listing(
            "Confbridge user list will follow",
            "ConfbridgeListComplete",
            conference_users,
            empty=NO_CONFERENCE,
        ),
        "reporting",
        "List participants in a conference.",
        module="app_confbridge.so",
    ),
    Action(
        "ConfbridgeListRooms",
        listing(
            "Confbridge conferences will follow",
            "ConfbridgeListRoomsComplete",
            conference_rooms,
            empty=NO_CONFERENCE,
        ),
        "reporting",
        "List active conferences.",
        module="app_confbridge.so",
    ),
    Action(
        "CoreShowChannelMap",
        listing("Channel map will follow", "CoreShowChannelMapComplete", channel_map),
        "system,reporting",
        "List all channels connected to the specified channel.",
        since=18,
    ),
)
