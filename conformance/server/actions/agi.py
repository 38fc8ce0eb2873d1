"""AGI: a command for a channel that waits in `AGI(agi:async)` (res/res_agi.c)."""

from conformance.server import events
from conformance.server.calls import find_line
from conformance.server.events import Header
from conformance.server.exchange import Action, Exchange

from .answers import Refused

DONE = "200%20result%3D0%0A"
"""What every command gives here, encoded as in a URL."""


def add_command(exchange: Exchange) -> None:
    """Let a channel run a command; its result is an event that carries `CommandID` (action_add_agi_cmd)."""
    name, command = exchange.get("Channel"), exchange.get("Command")
    if not name or not command:
        raise Refused("Both, Channel and Command are *required*")
    line = find_line(exchange.server, name)
    if line is None:
        raise Refused(f"Channel {name} does not exist.")
    channel = line.channel
    if channel.application.lower() != "agi":
        raise Refused(f"Failed to add AGI command to channel {channel.name} queue")
    exchange.ack("Added AGI command to queue")
    run: list[Header] = [("CommandId", exchange.server.random.randrange(2**31)), ("Command", command)]
    ended: list[Header] = [("ResultCode", 200), ("Result", "Success")]
    asked_as = exchange.get("CommandID")
    result: list[Header] = [("Result", DONE), *([("CommandId", asked_as)] if asked_as else [])]
    line.publish(
        events.channel_event("AGIExecStart", channel, *run),
        events.channel_event("AGIExecEnd", channel, *run, *ended),
        events.channel_event("AsyncAGIExec", channel, *result),
        classes="agi",
    )


ACTIONS = (Action("AGI", add_command, "agi", "Add an AGI command to execute by Async AGI."),)
"""Classes and synopses as captured from ListCommands."""
