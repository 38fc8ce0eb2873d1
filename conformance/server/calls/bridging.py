"""Bridges: made, entered, left, dissolved (main/bridge.c, main/bridge_basic.c)."""

from uuid import UUID

from conformance.server import events
from conformance.server.core import Core
from conformance.server.state import UNKNOWN, Bridge

from .line import NORMAL, Line


def create(
    server: Core, kind: str, technology: str, *, creator: str = UNKNOWN, name: str = UNKNOWN, hidden: int = 0
) -> Bridge:
    """Make an empty bridge; `hidden` channels come in unseen, after it was told."""
    uniqueid = UUID(int=server.random.getrandbits(128), version=4)
    bridge = Bridge(str(uniqueid), kind, technology, creator, name)
    server.world.bridges[bridge.uniqueid] = bridge
    server.publish(events.bridge_event("BridgeCreate", bridge), "call")
    bridge.hidden = hidden
    return bridge


def enter(bridge: Bridge, line: Line) -> None:
    """Let a channel in."""
    bridge.channels.append(line.channel)
    line.channel.bridge = bridge
    line.publish(events.bridge_event("BridgeEnter", bridge, line.channel))


def leave(bridge: Bridge, line: Line) -> None:
    """Let a channel out, if it is in. A channel that leaves to end has ended normally."""
    if line.channel not in bridge.channels:
        return
    bridge.channels.remove(line.channel)
    line.channel.bridge = None
    line.cause = line.cause or NORMAL
    line.publish(events.bridge_event("BridgeLeave", bridge, line.channel))


def destroy(server: Core, bridge: Bridge) -> None:
    """Take an empty bridge away."""
    bridge.hidden = 0
    server.world.bridges.pop(bridge.uniqueid, None)
    server.publish(events.bridge_event("BridgeDestroy", bridge), "call")


def join(one: Line, two: Line) -> Bridge:
    """Let two channels talk in a bridge of their own, which is over when either leaves."""
    bridge = create(one.server, "basic", "simple_bridge")
    for line in (one, two):
        enter(bridge, line)
    for line, other in ((one, two), (two, one)):
        line.set("BRIDGEPEER", other.channel.name)
        line.before_leaving(lambda line=line, other=other: _part(bridge, line, other))  # type: ignore[misc]
    return bridge


def _part(bridge: Bridge, line: Line, other: Line) -> None:
    """Let one of two leave; the other follows a moment later, and the bridge is gone."""
    if line.channel not in bridge.channels:
        return
    line.set("BRIDGEPEER", "")
    if other.channel in bridge.channels:
        other.set("BRIDGEPEER", "")
    leave(bridge, line)
    if other.channel in bridge.channels:
        line.server.timeline.after(0.0, lambda: _dissolve(bridge, other))


def _dissolve(bridge: Bridge, last: Line) -> None:
    if last.channel in bridge.channels:
        leave(bridge, last)
        last.bridge_over()
    destroy(last.server, bridge)
