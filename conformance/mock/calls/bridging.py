"""Make, enter, leave and dissolve bridges (main/bridge.c, main/bridge_basic.c)."""

from uuid import UUID

from conformance.mock import event_headers
from conformance.mock.core import Core
from conformance.mock.state import UNKNOWN, Bridge

from .leg import NORMAL_CLEARING, ChannelLeg


def create(
    server: Core, kind: str, technology: str, *, creator: str = UNKNOWN, name: str = UNKNOWN, hidden: int = 0
) -> Bridge:
    """Make a bridge. Its `hidden` channels enter without events, after its BridgeCreate."""
    uniqueid = UUID(int=server.random.getrandbits(128), version=4)
    bridge = Bridge(str(uniqueid), kind, technology, creator, name)
    server.state.bridges[bridge.uniqueid] = bridge
    server.publish(event_headers.bridge_event("BridgeCreate", bridge), "call")
    bridge.hidden = hidden
    return bridge


def enter(bridge: Bridge, leg: ChannelLeg) -> None:
    """Add a channel to a bridge."""
    bridge.channels.append(leg.channel)
    leg.channel.bridge = bridge
    leg.publish(event_headers.bridge_event("BridgeEnter", bridge, leg.channel))


def leave(bridge: Bridge, leg: ChannelLeg) -> None:
    """Remove a channel from a bridge, if it is in. Its cause becomes normal clearing unless it has one."""
    if leg.channel not in bridge.channels:
        return
    bridge.channels.remove(leg.channel)
    leg.channel.bridge = None
    leg.cause = leg.cause or NORMAL_CLEARING
    leg.publish(event_headers.bridge_event("BridgeLeave", bridge, leg.channel))


def destroy(server: Core, bridge: Bridge) -> None:
    """Remove an empty bridge."""
    bridge.hidden = 0
    server.state.bridges.pop(bridge.uniqueid, None)
    server.publish(event_headers.bridge_event("BridgeDestroy", bridge), "call")


def join(one: ChannelLeg, two: ChannelLeg) -> Bridge:
    """Bridge two channels; the bridge dissolves when either leaves."""
    bridge = create(one.server, "basic", "simple_bridge")
    for leg in (one, two):
        enter(bridge, leg)
    for leg, other in ((one, two), (two, one)):
        leg.set("BRIDGEPEER", other.channel.name)
        leg.at_application_end(lambda leg=leg, other=other: _part(bridge, leg, other))  # type: ignore[misc]
    return bridge


def _part(bridge: Bridge, leg: ChannelLeg, other: ChannelLeg) -> None:
    """Remove the first of two channels; the bridge dissolves in the next round of the timeline."""
    if leg.channel not in bridge.channels:
        return
    leg.set("BRIDGEPEER", "")
    if other.channel in bridge.channels:
        other.set("BRIDGEPEER", "")
    leave(bridge, leg)
    if other.channel in bridge.channels:
        leg.server.timeline.after(0.0, lambda: _dissolve(bridge, other))


def _dissolve(bridge: Bridge, last: ChannelLeg) -> None:
    if last.channel in bridge.channels:
        leave(bridge, last)
        last.on_bridge_dissolved()
    destroy(last.server, bridge)
