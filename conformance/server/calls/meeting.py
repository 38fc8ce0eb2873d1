"""Where channels meet others or wait for them: ConfBridge and Park (apps/app_confbridge.c, res/parking)."""

from conformance.server import events
from conformance.server.events import Header
from conformance.server.state import Bridge, Conference, ParkedCall, Step
from conformance.server.timeline import Script

from . import bridging
from .line import Line

FIRST_SPACE = 701
"""The first parking space of the lot (`parkpos` of res_parking.conf)."""


def confbridge(line: Line, step: Step) -> Script:
    """Run ConfBridge: the first to come opens the conference, the last to go closes it."""
    world, name = line.server.world, step.data.partition(",")[0]
    if name not in world.conferences:
        world.conferences[name] = _open(line, name)
    conference = world.conferences[name]
    announcer = f"CBAnn/{name}-{world.local_channels - 1:08x};2"
    conference.members.append(line.channel)
    others = [channel.name for channel in conference.bridge.channels]
    bridging.enter(conference.bridge, line)
    line.set("BRIDGEPEER", ",".join([*others, announcer]))
    _tell(line, conference, "ConfbridgeJoin", ("Admin", "No"), ("Muted", "No"))
    line.before_leaving(lambda: _leave(line, conference))
    yield None


def _open(line: Line, name: str) -> Conference:
    """Open a conference; its announcer is a Local channel that is never shown."""
    bridge = bridging.create(line.server, "base", "softmix", creator="ConfBridge", name=name, hidden=1)
    line.server.world.local_channels += 1
    told: list[Header] = [("Event", "ConfbridgeStart"), ("Conference", name), *events.bridge_snapshot(bridge)]
    line.publish(told)
    return Conference(name, bridge)


def _leave(line: Line, conference: Conference) -> None:
    line.set("BRIDGEPEER", "")
    _tell(line, conference, "ConfbridgeLeave", ("Admin", "No"))
    conference.members.remove(line.channel)
    bridging.leave(conference.bridge, line)
    line.set("CONFBRIDGE_RESULT", "HANGUP")
    if not conference.members:
        line.server.world.conferences.pop(conference.name, None)
        _tell(line, conference, "ConfbridgeEnd", alone=True)
        bridging.destroy(line.server, conference.bridge)


def _tell(line: Line, conference: Conference, name: str, *extra: Header, alone: bool = False) -> None:
    told: list[Header] = [
        ("Event", name),
        ("Conference", conference.name),
        *events.bridge_snapshot(conference.bridge),
        *([] if alone else events.snapshot(line.channel)),
        *extra,
    ]
    line.publish(told)


def park(line: Line, _step: Step) -> Script:
    """Run Park: wait in a parking space; when the time is up the call ends."""
    bridge = _parking_bridge(line)
    space = next(n for n in range(FIRST_SPACE, 2**31) if n not in line.server.world.parked)
    parker = line.channel.name.rpartition("-")[0]
    parked = ParkedCall(line.channel, space, line.server.now, parker)
    line.server.world.parked[space] = parked
    bridging.enter(bridge, line)
    _tell_parked(line, parked, "ParkedCall")
    line.before_leaving(lambda: _give_up(line, bridge, parked))
    yield float(parked.timeout)


def _parking_bridge(line: Line) -> Bridge:
    """Give the lot's bridge, which stays once it was made."""
    for bridge in line.server.world.bridges.values():
        if bridge.creator == "Parking":
            return bridge
    return bridging.create(line.server, "base", "holding_bridge", creator="Parking", name="default")


def _give_up(line: Line, bridge: Bridge, parked: ParkedCall) -> None:
    line.server.world.parked.pop(parked.space, None)
    waited_out = line.server.now - parked.since >= parked.timeout
    _tell_parked(line, parked, "ParkedCallTimeOut" if waited_out else "ParkedCallGiveUp")
    bridging.leave(bridge, line)


def _tell_parked(line: Line, parked: ParkedCall, name: str) -> None:
    line.publish([("Event", name), *events.parked_call(parked, line.server.now)])
