"""Channels: list them."""

from conformance.server.events import Header, snapshot
from conformance.server.exchange import Action, Exchange
from conformance.server.state import Channel


def core_show_channels(exchange: Exchange) -> None:
    """List the channels (action_coreshowchannels, main/manager.c)."""
    channels = list(exchange.server.world.channels.values())
    exchange.list_start("Channels will follow")
    for channel in channels:
        age = int(exchange.server.now - channel.created)
        exchange.item(
            "CoreShowChannel",
            [
                *snapshot(channel),
                ("Application", channel.application),
                ("ApplicationData", channel.data),
                ("Duration", f"{age // 3600:02}:{age // 60 % 60:02}:{age % 60:02}"),
                ("BridgeId", _bridge_id(channel)),
            ],
        )
    exchange.list_complete("CoreShowChannelsComplete", len(channels))


def status(exchange: Exchange) -> None:
    """List the channels, or one, in detail; the one list whose items have a Privilege (action_status)."""
    wanted = exchange.get("Channel")
    channels = list(exchange.server.world.channels.values())
    if wanted:
        found = exchange.server.world.find_channel(wanted)
        if found is None:
            exchange.error("No such channel")
            return
        channels = [found]
    exchange.list_start("Channel status will follow")
    for channel in channels:
        exchange.item_with_id_last("Status", _status(channel, int(exchange.server.now - channel.created)))
    exchange.list_complete("StatusComplete", len(channels), ("Items", len(channels)))


def _status(channel: Channel, seconds: int) -> list[Header]:
    """Give a Status item; an application not yet started prints as C's null pointer, as captured."""
    return [
        ("Privilege", "Call"),
        *snapshot(channel),
        ("Type", channel.tech),
        ("DNID", ""),
        ("EffectiveConnectedLineNum", channel.connected_num),
        ("EffectiveConnectedLineName", channel.connected_name),
        ("TimeToHangup", 0),
        ("BridgeID", _bridge_id(channel)),
        ("Application", channel.application or "(null)"),
        ("Data", channel.data if channel.application else "(null)"),
        ("Nativeformats", "(slin)"),
        ("Readformat", "slin"),
        ("Readtrans", ""),
        ("Writeformat", "slin"),
        ("Writetrans", ""),
        ("Callgroup", 0),
        ("Pickupgroup", 0),
        ("Seconds", seconds),
    ]


def _bridge_id(channel: Channel) -> str:
    return channel.bridge.uniqueid if channel.bridge else ""


ACTIONS = (
    Action("CoreShowChannels", core_show_channels, "system,reporting", "List currently active channels."),
    Action("Status", status, "system,call,reporting", "List channel status."),
)
