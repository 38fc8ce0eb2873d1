"""What is heard on a channel: digits, texts, recordings, silence (main/manager.c, apps, res)."""

from conformance.server import events
from conformance.server.calls import Line, find_line
from conformance.server.events import Header
from conformance.server.exchange import Action, Exchange
from conformance.server.requests import to_number

from .answers import Handler, Refused, need

DIGIT_SHORTEST = 100
"""Milliseconds of the shortest digit (AST_DEFAULT_EMULATE_DTMF_DURATION, main/channel.c)."""

DIRECTIONS = ("all", "in", "out")

MIX_DIRECTIONS = ("read", "write", "both")
BAD_DIRECTION = "{} direction specified. Must be read, write or both"

CONTROLS = ("stop", "forward", "reverse", "pause", "restart")


def play_dtmf(exchange: Exchange) -> None:
    """Send a digit to the other side, which an Echo sends back (action_play_dtmf)."""
    line = _line(exchange, exchange.get("Channel"), "Channel not found")
    digit = need(exchange, "Digit", "No digit specified")[0]
    duration = max(to_number(exchange.get("Duration")) or 0, DIGIT_SHORTEST)
    exchange.ack("DTMF successfully queued")
    heard = _ways(line)
    _tell_digit(heard, "DTMFBegin", ("Digit", digit))
    exchange.server.timeline.after(
        duration / 1000, lambda: _tell_digit(heard, "DTMFEnd", ("Digit", digit), ("DurationMs", duration))
    )


def _ways(line: Line) -> list[tuple[Line, str]]:
    """Say who hears a digit, in order: the other half, and again this one when the other echoes."""
    peer = line.peer
    if peer is None:
        return []
    echoes = peer.channel.application == "Echo"
    return [(peer, "Received"), *([(peer, "Sent"), (line, "Received")] if echoes else [])]


def _tell_digit(heard: list[tuple[Line, str]], name: str, *told: Header) -> None:
    for line, direction in heard:
        if not line.over:
            event = events.channel_event(name, line.channel, *told, ("Direction", direction))
            line.publish(event, classes="dtmf")


def send_text(exchange: Exchange) -> None:
    """Send a text (action_sendtext)."""
    name = need(exchange, "Channel", "No channel specified")
    need(exchange, "Message", "No Message specified")
    _line(exchange, name, "No such channel")
    exchange.ack("Success")


def control_playback(exchange: Exchange) -> None:
    """Wind a file that is played (action_controlplayback)."""
    name = need(exchange, "Channel", "Channel not specified")
    control = need(exchange, "Control", "Control not specified")
    _line(exchange, name, "No such channel")
    if control.lower() not in CONTROLS:
        raise Refused("Unknown control type")
    exchange.respond("Success")


def mute_audio(exchange: Exchange) -> None:
    """Mute a direction of a channel (manager_mutestream, res/res_mutestream.c)."""
    name = need(exchange, "Channel", "Channel not specified")
    need(exchange, "State", "State not specified")
    direction = need(exchange, "Direction", "Direction not specified")
    _line(exchange, name, "No such channel")
    if direction.lower() not in DIRECTIONS:
        raise Refused("Failed to mute/unmute stream")
    exchange.respond("Success")


def mix_monitor(exchange: Exchange) -> None:
    """Record both sides (manager_mixmonitor, apps/app_mixmonitor.c)."""
    line = _named_line(exchange)
    file = need(exchange, "File", "Could not start monitoring channel")
    exchange.respond("Success")
    line.set("MIXMONITOR_FILENAME", f"/var/spool/asterisk/monitor/{file}")
    line.publish(events.channel_event("MixMonitorStart", line.channel))


def mute_mix_monitor(exchange: Exchange) -> None:
    """Record silence for a direction (manager_mute_mixmonitor, apps/app_mixmonitor.c)."""
    need(exchange, "Channel", "No channel specified")
    direction = need(exchange, "Direction", BAD_DIRECTION.format("No"))
    if direction.lower() not in MIX_DIRECTIONS:
        raise Refused(BAD_DIRECTION.format("Invalid"))
    state = need(exchange, "State", "No state specified")
    line = _named_line(exchange)
    told: list[Header] = [("Direction", direction), ("State", state)]
    exchange.respond("Success")
    line.publish(events.channel_event("MixMonitorMute", line.channel, *told))


def stop_mix_monitor(exchange: Exchange) -> None:
    """Stop recording both sides (manager_stop_mixmonitor, apps/app_mixmonitor.c)."""
    line = _named_line(exchange)
    exchange.respond("Success")
    line.publish(events.channel_event("MixMonitorStop", line.channel))


def monitor(exchange: Exchange) -> None:
    """Record each side in a file of its own (start_monitor_action, res/res_monitor.c)."""
    line = _named_line(exchange)
    exchange.ack("Started monitoring channel")
    line.set("__MONITORED", "true")
    line.publish(events.channel_event("MonitorStart", line.channel))


def stop_monitor(exchange: Exchange) -> None:
    """Stop recording each side (stop_monitor_action, res/res_monitor.c)."""
    line = _named_line(exchange)
    exchange.ack("Stopped monitoring channel")
    line.publish(events.channel_event("MonitorStop", line.channel))
    line.set("MONITORED", "")


def _on_channel(message: str) -> Handler:
    """Make a handler that says so for a channel that exists, and does nothing."""

    def handle(exchange: Exchange) -> None:
        _named_line(exchange)
        exchange.ack(message)

    return handle


def _named_line(exchange: Exchange) -> Line:
    return _line(exchange, need(exchange, "Channel", "No channel specified"), "No such channel")


def _line(exchange: Exchange, name: str, refusal: str) -> Line:
    line = find_line(exchange.server, name) if name else None
    if line is None:
        raise Refused(refusal)
    return line


LAST_MONITOR = 20
"""The last release with res_monitor."""

ACTIONS = (
    Action(
        "ChangeMonitor",
        _on_channel("Changed monitor filename"),
        "call",
        "Change monitoring filename of a channel.",
        until=LAST_MONITOR,
    ),
    Action(
        "ControlPlayback",
        control_playback,
        "call",
        "Control the playback of a file being played to a channel.",
    ),
    Action(
        "MixMonitor",
        mix_monitor,
        "system",
        "Record a call and mix the audio during the recording.  Use of StopMixMonitor is required to"
        " guarantee the audio file is available for processing during dialplan execution.",
    ),
    Action("MixMonitorMute", mute_mix_monitor, "system,call", "Mute / unMute a Mixmonitor recording."),
    Action("Monitor", monitor, "call", "Monitor a channel.", until=LAST_MONITOR),
    Action("MuteAudio", mute_audio, "system", "Mute an audio stream."),
    Action(
        "PauseMonitor",
        _on_channel("Paused monitoring of the channel"),
        "call",
        "Pause monitoring of a channel.",
        until=LAST_MONITOR,
    ),
    Action("PlayDTMF", play_dtmf, "call", "Play DTMF signal on a specific channel."),
    Action(
        "SendText",
        send_text,
        "call",
        "Sends a text message to channel. A content type\tcan be optionally specified. If not set it is set"
        " to an empty string allowing a custom handler to default it as it sees fit.",
    ),
    Action(
        "StopMixMonitor",
        stop_mix_monitor,
        "system,call",
        "Stop recording a call through MixMonitor, and free the recording's file handle.",
    ),
    Action("StopMonitor", stop_monitor, "call", "Stop monitoring a channel.", until=LAST_MONITOR),
    Action(
        "UnpauseMonitor",
        _on_channel("Unpaused monitoring of the channel"),
        "call",
        "Unpause monitoring of a channel.",
        until=LAST_MONITOR,
    ),
)
"""Classes and synopses as captured from ListCommands."""
