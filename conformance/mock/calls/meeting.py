"""The applications ConfBridge and Park (apps/app_confbridge.c, res/parking)."""

from conformance.mock import event_headers
from conformance.mock.event_headers import HeaderPair
from conformance.mock.state import Bridge, Conference, DialplanStep, ParkedCall
from conformance.mock.timeline import TimedScript

from . import bridging
from .leg import ChannelLeg

FIRST_SPACE = 701
"""The first parking space of the lot (`parkpos` of res_parking.conf)."""


def run_confbridge(leg: ChannelLeg, step: DialplanStep) -> TimedScript:
    """Run ConfBridge. The first member opens the conference, the last one closes it."""
    state, name = leg.server.state, step.data.partition(",")[0]
    if name not in state.conferences:
        state.conferences[name] = _open(leg, name)
    conference = state.conferences[name]
    announcer = f"CBAnn/{name}-{state.local_channels - 1:08x};2"
    conference.members.append(leg.channel)
    others = [channel.name for channel in conference.bridge.channels]
    bridging.enter(conference.bridge, leg)
    leg.set("BRIDGEPEER", ",".join([*others, announcer]))
    _publish(leg, conference, "ConfbridgeJoin", ("Admin", "No"), ("Muted", "No"))
    leg.at_application_end(lambda: _leave(leg, conference))
    yield None


def _open(leg: ChannelLeg, name: str) -> Conference:
    """Open a conference; its announcer is a Local channel that is never listed."""
    bridge = bridging.create(leg.server, "base", "softmix", creator="ConfBridge", name=name, hidden=1)
    leg.server.state.local_channels += 1
    event: list[HeaderPair] = [
        ("Event", "ConfbridgeStart"),
        ("Conference", name),
        *event_headers.bridge_snapshot(bridge),
    ]
    leg.publish(event)
    return Conference(name, bridge)


def _leave(leg: ChannelLeg, conference: Conference) -> None:
    leg.set("BRIDGEPEER", "")
    _publish(leg, conference, "ConfbridgeLeave", ("Admin", "No"))
    conference.members.remove(leg.channel)
    bridging.leave(conference.bridge, leg)
    leg.set("CONFBRIDGE_RESULT", "HANGUP")
    if not conference.members:
        leg.server.state.conferences.pop(conference.name, None)
        _publish(leg, conference, "ConfbridgeEnd", alone=True)
        bridging.destroy(leg.server, conference.bridge)


def _publish(
    leg: ChannelLeg, conference: Conference, name: str, *extra: HeaderPair, alone: bool = False
) -> None:
    event: list[HeaderPair] = [
        ("Event", name),
        ("Conference", conference.name),
        *event_headers.bridge_snapshot(conference.bridge),
        *([] if alone else event_headers.snapshot(leg.channel)),
        *extra,
    ]
    leg.publish(event)


def run_park(leg: ChannelLeg, _step: DialplanStep) -> TimedScript:
    """Run Park: wait in a parking space; at the timeout the call ends."""
    bridge = _parking_bridge(leg)
    space = next(n for n in range(FIRST_SPACE, 2**31) if n not in leg.server.state.parked)
    parker = leg.channel.name.rpartition("-")[0]
    parked = ParkedCall(leg.channel, space, leg.server.now, parker)
    leg.server.state.parked[space] = parked
    bridging.enter(bridge, leg)
    _publish_parked(leg, parked, "ParkedCall")
    leg.at_application_end(lambda: _give_up(leg, bridge, parked))
    yield float(parked.timeout)


def _parking_bridge(leg: ChannelLeg) -> Bridge:
    """Return the bridge of the parking lot, which stays after its first use."""
    for bridge in leg.server.state.bridges.values():
        if bridge.creator == "Parking":
            return bridge
    return bridging.create(leg.server, "base", "holding_bridge", creator="Parking", name="default")


def _give_up(leg: ChannelLeg, bridge: Bridge, parked: ParkedCall) -> None:
    leg.server.state.parked.pop(parked.space, None)
    waited_out = leg.server.now - parked.since >= parked.timeout
    _publish_parked(leg, parked, "ParkedCallTimeOut" if waited_out else "ParkedCallGiveUp")
    bridging.leave(bridge, leg)


def _publish_parked(leg: ChannelLeg, parked: ParkedCall, name: str) -> None:
    leg.publish([("Event", name), *event_headers.parked_call(parked, leg.server.now)])
