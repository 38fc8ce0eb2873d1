"""Hang up, redirect, bridge, park and transfer channels (main/manager.c, res/parking)."""

import re

from conformance.mock import event_headers
from conformance.mock.calls import ChannelLeg, bridging, find_leg
from conformance.mock.event_headers import HeaderPair
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.requests import to_number
from conformance.mock.state import Channel, DialplanStep, Place

from .answers import ActionRefused, require

CAUSE_MAX = 127


def hang_up_channels(exchange: Exchange) -> None:
    """Hang up one channel, or all channels that match `/regex/` as a list (action_hangup)."""
    name = require(exchange, "Channel", "No channel specified")
    if name.startswith("/"):
        _hang_up_all(exchange, name)
        return
    leg = _leg(exchange, name, "No such channel")
    exchange.ack("Channel Hungup")
    leg.hang_up(_cause(exchange))


def _hang_up_all(exchange: Exchange, text: str) -> None:
    if len(text) < 2 or not text.endswith("/"):
        raise ActionRefused("Regex format invalid, Channel param should be /regex/")
    try:
        wanted = re.compile(text[1:-1])
    except re.error:
        raise ActionRefused(f"Regex compile failed on: {text}") from None
    matching = [each for each in exchange.server.state.channels.values() if wanted.search(each.name)]
    exchange.list_start("Channels hung up will follow")
    for channel in matching:
        exchange.item_with_id_last("ChannelHungup", [("Channel", channel.name)])
    exchange.list_complete("ChannelsHungupListComplete", len(matching))
    # Only after the list: the Hangup events must not come before its end.
    for channel in matching:
        channel.hang_up(_cause(exchange))


def _cause(exchange: Exchange) -> int:
    """Parse `Cause`. Asterisk only logs a cause that is out of range."""
    cause = to_number(exchange.get("Cause")) or 0
    return cause if 0 <= cause <= CAUSE_MAX else 0


def redirect_channels(exchange: Exchange) -> None:
    """Continue one channel, or two, elsewhere in the dialplan (action_redirect)."""
    name = require(exchange, "Channel", "Channel not specified")
    place = _place(exchange, "")
    leg = _leg(exchange, name, f"Channel does not exist: {name}")
    extra = exchange.get("ExtraChannel")
    if not extra:
        exchange.ack("Redirect successful")
        leg.redirect(place)
        return
    other = _leg(exchange, extra, f"ExtraChannel does not exist: {extra}")
    other_place = _place(exchange, "Extra") if exchange.get("ExtraExten") else place
    exchange.ack("Dual Redirect successful")
    leg.redirect(place)
    other.redirect(other_place)


def _place(exchange: Exchange, prefix: str) -> Place:
    """Parse Context, Exten and Priority, and report their errors in Asterisk's order."""
    context = require(exchange, f"{prefix}Context", f"{prefix}Context not specified")
    exten = require(exchange, f"{prefix}Exten", f"{prefix}Exten not specified")
    text = require(exchange, f"{prefix}Priority", f"{prefix}Priority not specified")
    priority = to_number(text)
    if priority is None:
        raise ActionRefused(f"{prefix}Priority is invalid")
    return Place(context, exten, priority)


def bridge_channels(exchange: Exchange) -> None:
    """Bridge two channels, whatever they run (action_bridge, main/features.c)."""
    names = exchange.get("Channel1"), exchange.get("Channel2")
    if not all(names):
        raise ActionRefused("Missing channel parameter in request")
    one, two = (
        _leg(exchange, name, f"Channel{number} does not exist: {name}")
        for number, name in enumerate(names, 1)
    )
    exchange.ack("Channels have been bridged")
    for leg in (one, two):
        leg.hold()
    bridging.join(one, two)


def park_channel(exchange: Exchange) -> None:
    """Park a channel (manager_park, res/parking). The message has a line feed of its own at the end."""
    name = require(exchange, "Channel", "Channel not specified")
    leg = _leg(exchange, name, f"Channel does not exist: {name}")
    exchange.ack("Park successful\n")
    leg.hold()
    leg.start_application(DialplanStep("Park"))


def atxfer(exchange: Exchange) -> None:
    """Refuse an attended transfer, as a server without a feature code does (action_atxfer)."""
    name = require(exchange, "Channel", "No channel specified")
    require(exchange, "Exten", "No extension specified")
    _leg(exchange, name, "Channel specified does not exist")
    raise ActionRefused("No attended transfer feature code found")


def blind_transfer(exchange: Exchange) -> None:
    """Redirect the other channel in the bridge (action_blind_transfer)."""
    name = require(exchange, "Channel", "No channel specified")
    exten = require(exchange, "Exten", "No extension specified")
    leg = _leg(exchange, name, "Channel specified does not exist")
    other = _other_in_bridge(leg)
    if other is None or other.leg is None:
        exchange.error("Transfer invalid")
        _publish_transfer(exchange, leg, "Invalid", exten, None)
        return
    exchange.ack("Transfer succeeded")
    _publish_transfer(exchange, leg, "Success", exten, other)
    other.leg.redirect(Place(exchange.get("Context", leg.channel.context), exten))


def _other_in_bridge(leg: ChannelLeg) -> Channel | None:
    inside = leg.channel.bridge.channels if leg.channel.bridge else []
    return next((channel for channel in inside if channel is not leg.channel), None)


def _publish_transfer(
    exchange: Exchange, leg: ChannelLeg, result: str, exten: str, other: Channel | None
) -> None:
    context = exchange.get("Context", leg.channel.context)
    found = leg.channel.bridge
    event: list[HeaderPair] = [
        ("Event", "BlindTransfer"),
        ("Result", result),
        *event_headers.snapshot(leg.channel, "Transferer"),
        *(event_headers.snapshot(other, "Transferee") if other else []),
        *(event_headers.bridge_snapshot(found) if found else []),
        ("IsExternal", "Yes"),
        ("Context", context),
        ("Extension", exten),
    ]
    exchange.server.publish(event, "call")


def absolute_timeout(exchange: Exchange) -> None:
    """Hang up a channel after so many seconds (action_timeout)."""
    name = require(exchange, "Channel", "No channel specified")
    seconds = to_number(exchange.get("Timeout")) or 0
    if seconds <= 0:
        raise ActionRefused("No timeout specified")
    leg = _leg(exchange, name, "No such channel")
    exchange.ack("Timeout Set")
    exchange.server.timeline.after(seconds, leg.hang_up)


def optimise_away(exchange: Exchange) -> None:
    """Accept the request and do nothing (manager_optimize_away, main/core_local.c)."""
    name = require(exchange, "Channel", "'Channel' not specified.")
    _leg(exchange, name, "Channel does not exist.")
    exchange.ack("Queued channel to be optimized away")


def _leg(exchange: Exchange, name: str, refusal: str) -> ChannelLeg:
    """Find a leg by the name or Uniqueid of its channel, or refuse the action."""
    leg = find_leg(exchange.server, name)
    if leg is None:
        raise ActionRefused(refusal)
    return leg


ROUTING_ACTIONS = (
    MockAction("AbsoluteTimeout", absolute_timeout, "system,call", "Set absolute timeout."),
    MockAction("Atxfer", atxfer, "call", "Attended transfer."),
    MockAction("BlindTransfer", blind_transfer, "call", "Blind transfer channel(s) to the given destination"),
    MockAction("Bridge", bridge_channels, "call", "Bridge two channels already in the PBX."),
    MockAction("Hangup", hang_up_channels, "system,call", "Hangup channel."),
    MockAction(
        "LocalOptimizeAway", optimise_away, "system,call", "Optimize away a local channel when possible."
    ),
    MockAction("Park", park_channel, "call", "Park a channel."),
    MockAction("Redirect", redirect_channels, "call", "Redirect (transfer) a call."),
)
