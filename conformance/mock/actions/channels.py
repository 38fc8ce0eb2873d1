"""Channels: list them, and run AGI commands on them (main/manager.c, res/res_agi.c)."""

from conformance.mock import event_headers
from conformance.mock.calls import find_leg
from conformance.mock.event_headers import HeaderPair, snapshot
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.state import Channel

from .answers import ActionRefused


def core_show_channels(exchange: Exchange) -> None:
    """List the channels (action_coreshowchannels, main/manager.c)."""
    channels = list(exchange.server.state.channels.values())
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


def channel_status(exchange: Exchange) -> None:
    """List the channels, or one, in detail (action_status). Only this list's items have a Privilege."""
    wanted = exchange.get("Channel")
    channels = list(exchange.server.state.channels.values())
    if wanted:
        found = exchange.server.state.find_channel(wanted)
        if found is None:
            exchange.error("No such channel")
            return
        channels = [found]
    exchange.list_start("Channel status will follow")
    for channel in channels:
        exchange.item_with_id_last(
            "Status", _status_headers(channel, int(exchange.server.now - channel.created))
        )
    exchange.list_complete("StatusComplete", len(channels), ("Items", len(channels)))


def _status_headers(channel: Channel, seconds: int) -> list[HeaderPair]:
    """Build a Status item. Without an application its headers are `(null)`, as captured."""
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


AGI_RESULT = "200%20result%3D0%0A"
"""The result of every command here, encoded as in a URL."""


def add_command(exchange: Exchange) -> None:
    """Run a command on a channel in `AGI(agi:async)` (action_add_agi_cmd).

    The result is an event with the request's `CommandID`. After ASYNCAGI BREAK the dialplan goes on.
    """
    name, command = exchange.get("Channel"), exchange.get("Command")
    if not name or not command:
        raise ActionRefused("Both, Channel and Command are *required*")
    leg = find_leg(exchange.server, name)
    if leg is None:
        raise ActionRefused(f"Channel {name} does not exist.")
    channel = leg.channel
    if channel.application.lower() != "agi":
        raise ActionRefused(f"Failed to add AGI command to channel {channel.name} queue")
    exchange.ack("Added AGI command to queue")
    run: list[HeaderPair] = [("CommandId", exchange.server.random.randrange(2**31)), ("Command", command)]
    ended: list[HeaderPair] = [("ResultCode", 200), ("Result", "Success")]
    asked_as = exchange.get("CommandID")
    result: list[HeaderPair] = [("Result", AGI_RESULT), *([("CommandId", asked_as)] if asked_as else [])]
    leg.publish(
        event_headers.channel_event("AGIExecStart", channel, *run),
        event_headers.channel_event("AGIExecEnd", channel, *run, *ended),
        event_headers.channel_event("AsyncAGIExec", channel, *result),
        classes="agi",
    )
    if command.lower() == "asyncagi break":
        leg.wake()


CHANNEL_ACTIONS = (
    MockAction("AGI", add_command, "agi", "Add an AGI command to execute by Async AGI."),
    MockAction("CoreShowChannels", core_show_channels, "system,reporting", "List currently active channels."),
    MockAction("Status", channel_status, "system,call,reporting", "List channel status."),
)
