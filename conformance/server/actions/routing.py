"""Where channels go: hung up, redirected, bridged, parked, transferred (main/manager.c, res/parking)."""

import re

from conformance.server import events
from conformance.server.calls import Line, bridging, find_line
from conformance.server.events import Header
from conformance.server.exchange import Action, Exchange
from conformance.server.requests import to_number
from conformance.server.state import Channel, Place, Step

from .answers import Refused, need

CAUSE_MAX = 127


def hang_up(exchange: Exchange) -> None:
    """Hang one channel up, or with `/regex/` a list of them (action_hangup)."""
    name = need(exchange, "Channel", "No channel specified")
    if name.startswith("/"):
        _hang_up_all(exchange, name)
        return
    line = _line(exchange, name, "No such channel")
    exchange.ack("Channel Hungup")
    line.hang_up(_cause(exchange))


def _hang_up_all(exchange: Exchange, text: str) -> None:
    if len(text) < 2 or not text.endswith("/"):
        raise Refused("Regex format invalid, Channel param should be /regex/")
    try:
        wanted = re.compile(text[1:-1])
    except re.error:
        raise Refused(f"Regex compile failed on: {text}") from None
    matching = [each for each in exchange.server.world.channels.values() if wanted.search(each.name)]
    exchange.list_start("Channels hung up will follow")
    for channel in matching:
        exchange.item_with_id_last("ChannelHungup", [("Channel", channel.name)])
    exchange.list_complete("ChannelsHungupListComplete", len(matching))
    for channel in matching:
        channel.hang_up(_cause(exchange))


def _cause(exchange: Exchange) -> int:
    """Read `Cause`; one that is out of range only makes a line in the log."""
    cause = to_number(exchange.get("Cause")) or 0
    return cause if 0 <= cause <= CAUSE_MAX else 0


def redirect(exchange: Exchange) -> None:
    """Let one channel, or two, go on elsewhere in the dialplan (action_redirect)."""
    name = need(exchange, "Channel", "Channel not specified")
    place = _place(exchange, "")
    line = _line(exchange, name, f"Channel does not exist: {name}")
    extra = exchange.get("ExtraChannel")
    if not extra:
        exchange.ack("Redirect successful")
        line.redirect(place)
        return
    other = _line(exchange, extra, f"ExtraChannel does not exist: {extra}")
    other_place = _place(exchange, "Extra") if exchange.get("ExtraExten") else place
    exchange.ack("Dual Redirect successful")
    line.redirect(place)
    other.redirect(other_place)


def _place(exchange: Exchange, prefix: str) -> Place:
    """Read Context, Exten and Priority, in Asterisk's order of complaint."""
    context = need(exchange, f"{prefix}Context", f"{prefix}Context not specified")
    exten = need(exchange, f"{prefix}Exten", f"{prefix}Exten not specified")
    text = need(exchange, f"{prefix}Priority", f"{prefix}Priority not specified")
    priority = to_number(text)
    if priority is None:
        raise Refused(f"{prefix}Priority is invalid")
    return Place(context, exten, priority)


def bridge(exchange: Exchange) -> None:
    """Bridge two channels, wherever they are (action_bridge, main/features.c)."""
    names = exchange.get("Channel1"), exchange.get("Channel2")
    if not all(names):
        raise Refused("Missing channel parameter in request")
    one, two = (
        _line(exchange, name, f"Channel{number} does not exist: {name}")
        for number, name in enumerate(names, 1)
    )
    exchange.ack("Channels have been bridged")
    for line in (one, two):
        line.hold()
    bridging.join(one, two)


def park(exchange: Exchange) -> None:
    """Park a channel; the message ends in a line feed of its own (manager_park, res/parking)."""
    name = need(exchange, "Channel", "Channel not specified")
    line = _line(exchange, name, f"Channel does not exist: {name}")
    exchange.ack("Park successful\n")
    line.hold()
    line.start_application(Step("Park"))


def atxfer(exchange: Exchange) -> None:
    """Refuse an attended transfer, as a server without a feature code for it does (action_atxfer)."""
    name = need(exchange, "Channel", "No channel specified")
    need(exchange, "Exten", "No extension specified")
    _line(exchange, name, "Channel specified does not exist")
    raise Refused("No attended transfer feature code found")


def blind_transfer(exchange: Exchange) -> None:
    """Send the other side of a bridge elsewhere (action_blind_transfer)."""
    name = need(exchange, "Channel", "No channel specified")
    exten = need(exchange, "Exten", "No extension specified")
    line = _line(exchange, name, "Channel specified does not exist")
    other = _other_in_bridge(line)
    if other is None or other.line is None:
        exchange.error("Transfer invalid")
        _tell_transfer(exchange, line, "Invalid", exten, None)
        return
    exchange.ack("Transfer succeeded")
    _tell_transfer(exchange, line, "Success", exten, other)
    other.line.redirect(Place(exchange.get("Context", line.channel.context), exten))


def _other_in_bridge(line: Line) -> Channel | None:
    inside = line.channel.bridge.channels if line.channel.bridge else []
    return next((channel for channel in inside if channel is not line.channel), None)


def _tell_transfer(exchange: Exchange, line: Line, result: str, exten: str, other: Channel | None) -> None:
    context = exchange.get("Context", line.channel.context)
    found = line.channel.bridge
    told: list[Header] = [
        ("Event", "BlindTransfer"),
        ("Result", result),
        *events.snapshot(line.channel, "Transferer"),
        *(events.snapshot(other, "Transferee") if other else []),
        *(events.bridge_snapshot(found) if found else []),
        ("IsExternal", "Yes"),
        ("Context", context),
        ("Extension", exten),
    ]
    exchange.server.publish(told, "call")


def absolute_timeout(exchange: Exchange) -> None:
    """Give a channel so many seconds to live (action_timeout)."""
    name = need(exchange, "Channel", "No channel specified")
    seconds = to_number(exchange.get("Timeout")) or 0
    if seconds <= 0:
        raise Refused("No timeout specified")
    line = _line(exchange, name, "No such channel")
    exchange.ack("Timeout Set")
    exchange.server.timeline.after(seconds, line.hang_up)


def optimise_away(exchange: Exchange) -> None:
    """Take notice: the mock's Local channels stay (manager_optimize_away, main/core_local.c)."""
    name = need(exchange, "Channel", "'Channel' not specified.")
    _line(exchange, name, "Channel does not exist.")
    exchange.ack("Queued channel to be optimized away")


def _line(exchange: Exchange, name: str, refusal: str) -> Line:
    """Find the line of a channel by name or unique id."""
    line = find_line(exchange.server, name)
    if line is None:
        raise Refused(refusal)
    return line


ACTIONS = (
    Action("AbsoluteTimeout", absolute_timeout, "system,call", "Set absolute timeout."),
    Action("Atxfer", atxfer, "call", "Attended transfer."),
    Action("BlindTransfer", blind_transfer, "call", "Blind transfer channel(s) to the given destination"),
    Action("Bridge", bridge, "call", "Bridge two channels already in the PBX."),
    Action("Hangup", hang_up, "system,call", "Hangup channel."),
    Action("LocalOptimizeAway", optimise_away, "system,call", "Optimize away a local channel when possible."),
    Action("Park", park, "call", "Park a channel."),
    Action("Redirect", redirect, "call", "Redirect (transfer) a call."),
)
"""Classes and synopses as captured from ListCommands."""
