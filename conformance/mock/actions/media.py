"""Digits, texts, recordings and muting of a channel (main/manager.c, apps, res)."""

from conformance.mock import event_headers
from conformance.mock.calls import ChannelLeg, find_leg
from conformance.mock.event_headers import HeaderPair
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.requests import to_number

from .answers import ActionHandler, ActionRefused, require

DIGIT_SHORTEST = 100
"""Shortest duration of a digit in ms (AST_DEFAULT_EMULATE_DTMF_DURATION, main/channel.c)."""

DIRECTIONS = ("all", "in", "out")

MIX_DIRECTIONS = ("read", "write", "both")
BAD_DIRECTION = "{} direction specified. Must be read, write or both"

CONTROLS = ("stop", "forward", "reverse", "pause", "restart")


def play_dtmf(exchange: Exchange) -> None:
    """Send a digit to the other half, whose Echo sends it back (action_play_dtmf)."""
    leg = _leg(exchange, exchange.get("Channel"), "Channel not found")
    digit = require(exchange, "Digit", "No digit specified")[0]
    duration = max(to_number(exchange.get("Duration")) or 0, DIGIT_SHORTEST)
    exchange.ack("DTMF successfully queued")
    receivers = _digit_receivers(leg)
    _publish_digit(receivers, "DTMFBegin", ("Digit", digit))
    exchange.server.timeline.after(
        duration / 1000,
        lambda: _publish_digit(receivers, "DTMFEnd", ("Digit", digit), ("DurationMs", duration)),
    )


def _digit_receivers(leg: ChannelLeg) -> list[tuple[ChannelLeg, str]]:
    """Return the legs of a digit's events, with directions: the other half and, if it echoes, both again."""
    peer = leg.peer
    if peer is None:
        return []
    echoes = peer.channel.application == "Echo"
    return [(peer, "Received"), *([(peer, "Sent"), (leg, "Received")] if echoes else [])]


def _publish_digit(receivers: list[tuple[ChannelLeg, str]], name: str, *headers: HeaderPair) -> None:
    for leg, direction in receivers:
        if not leg.ended:
            event = event_headers.channel_event(name, leg.channel, *headers, ("Direction", direction))
            leg.publish(event, classes="dtmf")


def send_text(exchange: Exchange) -> None:
    """Send a text (action_sendtext)."""
    name = require(exchange, "Channel", "No channel specified")
    require(exchange, "Message", "No Message specified")
    _leg(exchange, name, "No such channel")
    exchange.ack("Success")


def control_playback(exchange: Exchange) -> None:
    """Accept a control of the playback (action_controlplayback)."""
    name = require(exchange, "Channel", "Channel not specified")
    control = require(exchange, "Control", "Control not specified")
    _leg(exchange, name, "No such channel")
    if control.lower() not in CONTROLS:
        raise ActionRefused("Unknown control type")
    exchange.respond("Success")


def mute_audio(exchange: Exchange) -> None:
    """Accept the muting of a direction (manager_mutestream, res/res_mutestream.c)."""
    name = require(exchange, "Channel", "Channel not specified")
    require(exchange, "State", "State not specified")
    direction = require(exchange, "Direction", "Direction not specified")
    _leg(exchange, name, "No such channel")
    if direction.lower() not in DIRECTIONS:
        raise ActionRefused("Failed to mute/unmute stream")
    exchange.respond("Success")


def mix_monitor(exchange: Exchange) -> None:
    """Start recording both directions (manager_mixmonitor, apps/app_mixmonitor.c)."""
    leg = _named_leg(exchange)
    file = require(exchange, "File", "Could not start monitoring channel")
    exchange.respond("Success")
    leg.set("MIXMONITOR_FILENAME", f"/var/spool/asterisk/monitor/{file}")
    leg.publish(event_headers.channel_event("MixMonitorStart", leg.channel))


def mute_mix_monitor(exchange: Exchange) -> None:
    """Mute a direction of a recording (manager_mute_mixmonitor, apps/app_mixmonitor.c)."""
    require(exchange, "Channel", "No channel specified")
    direction = require(exchange, "Direction", BAD_DIRECTION.format("No"))
    if direction.lower() not in MIX_DIRECTIONS:
        raise ActionRefused(BAD_DIRECTION.format("Invalid"))
    state = require(exchange, "State", "No state specified")
    leg = _named_leg(exchange)
    headers: list[HeaderPair] = [("Direction", direction), ("State", state)]
    exchange.respond("Success")
    leg.publish(event_headers.channel_event("MixMonitorMute", leg.channel, *headers))


def stop_mix_monitor(exchange: Exchange) -> None:
    """Stop recording both directions (manager_stop_mixmonitor, apps/app_mixmonitor.c)."""
    leg = _named_leg(exchange)
    exchange.respond("Success")
    leg.publish(event_headers.channel_event("MixMonitorStop", leg.channel))


def monitor(exchange: Exchange) -> None:
    """Start recording each direction in a file of its own (start_monitor_action, res/res_monitor.c)."""
    leg = _named_leg(exchange)
    exchange.ack("Started monitoring channel")
    leg.set("__MONITORED", "true")
    leg.publish(event_headers.channel_event("MonitorStart", leg.channel))


def stop_monitor(exchange: Exchange) -> None:
    """Stop recording each direction (stop_monitor_action, res/res_monitor.c)."""
    leg = _named_leg(exchange)
    exchange.ack("Stopped monitoring channel")
    leg.publish(event_headers.channel_event("MonitorStop", leg.channel))
    leg.set("MONITORED", "")


def _on_channel(message: str) -> ActionHandler:
    """Make a handler that answers with this message, if the channel exists, and does nothing else."""

    def handle(exchange: Exchange) -> None:
        _named_leg(exchange)
        exchange.ack(message)

    return handle


def _named_leg(exchange: Exchange) -> ChannelLeg:
    return _leg(exchange, require(exchange, "Channel", "No channel specified"), "No such channel")


def _leg(exchange: Exchange, name: str, refusal: str) -> ChannelLeg:
    leg = find_leg(exchange.server, name) if name else None
    if leg is None:
        raise ActionRefused(refusal)
    return leg


LAST_MONITOR = 20
"""The last release with res_monitor."""

MEDIA_ACTIONS = (
    MockAction(
        "ChangeMonitor",
        _on_channel("Changed monitor filename"),
        "call",
        "Change monitoring filename of a channel.",
        until=LAST_MONITOR,
    ),
    MockAction(
        "ControlPlayback",
        control_playback,
        "call",
        "Control the playback of a file being played to a channel.",
    ),
    MockAction(
        "MixMonitor",
        mix_monitor,
        "system",
        "Record a call and mix the audio during the recording.  Use of StopMixMonitor is required to"
        " guarantee the audio file is available for processing during dialplan execution.",
    ),
    MockAction("MixMonitorMute", mute_mix_monitor, "system,call", "Mute / unMute a Mixmonitor recording."),
    MockAction("Monitor", monitor, "call", "Monitor a channel.", until=LAST_MONITOR),
    MockAction("MuteAudio", mute_audio, "system", "Mute an audio stream."),
    MockAction(
        "PauseMonitor",
        _on_channel("Paused monitoring of the channel"),
        "call",
        "Pause monitoring of a channel.",
        until=LAST_MONITOR,
    ),
    MockAction("PlayDTMF", play_dtmf, "call", "Play DTMF signal on a specific channel."),
    MockAction(
        "SendText",
        send_text,
        "call",
        "Sends a text message to channel. A content type\tcan be optionally specified. If not set it is set"
        " to an empty string allowing a custom handler to default it as it sees fit.",
    ),
    MockAction(
        "StopMixMonitor",
        stop_mix_monitor,
        "system,call",
        "Stop recording a call through MixMonitor, and free the recording's file handle.",
    ),
    MockAction("StopMonitor", stop_monitor, "call", "Stop monitoring a channel.", until=LAST_MONITOR),
    MockAction(
        "UnpauseMonitor",
        _on_channel("Unpaused monitoring of the channel"),
        "call",
        "Unpause monitoring of a channel.",
        until=LAST_MONITOR,
    ),
)
