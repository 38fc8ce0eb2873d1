"""Variables: of a channel, global ones, and a few of the dialplan's functions (main/pbx_variables.c)."""

import re

from conformance.server import events
from conformance.server.calls import Line, find_line
from conformance.server.core import Core
from conformance.server.exchange import Action, Exchange
from conformance.server.state import UNKNOWN, Channel

from .answers import Refused, need


def set_variable(exchange: Exchange) -> None:
    """Set a variable or a function; without a channel it is global (action_setvar)."""
    name, value = need(exchange, "Variable", "No variable specified"), exchange.get("Value")
    line = _line(exchange)
    function, argument = _split(name)
    if function == "GLOBAL":
        _set_global(exchange.server, argument or "", value)
    elif argument is not None:
        if line is None or not _set_function(line, function, argument, value):
            raise Refused("Variable not set")
    elif line is not None:
        line.set(name, value)
    else:
        _set_global(exchange.server, name, value)
    exchange.ack("Variable Set")


def _set_global(server: Core, name: str, value: str) -> None:
    server.world.variables[name] = value
    server.publish(events.global_varset(name, value), "dialplan")


def get_variable(exchange: Exchange) -> None:
    """Tell a variable or a function; one that does not exist is empty (action_getvar)."""
    name = need(exchange, "Variable", "No variable specified")
    line = _line(exchange)
    function, argument = _split(name)
    if argument is None:
        value = _variable(exchange.server, line, name)
    else:
        value = _function(exchange.server, line, function, argument)
    exchange.respond("Success", ("Variable", name), ("Value", value))


def _line(exchange: Exchange) -> Line | None:
    """Find the channel that the request names; none means the global variables."""
    name = exchange.get("Channel")
    line = find_line(exchange.server, name) if name else None
    if name and line is None:
        raise Refused("No such channel")
    return line


def _variable(server: Core, line: Line | None, name: str) -> str:
    """Look a variable up: what the channel makes up, its own, the global ones."""
    if name == "EPOCH":
        return str(int(server.wall_time))
    own = {**line.channel.variables, **_made_up(line.channel)} if line else {}
    return own.get(name) or server.world.variables.get(name, "")


def _made_up(channel: Channel) -> dict[str, str]:
    return {
        "CHANNEL": channel.name,
        "CONTEXT": channel.context,
        "EXTEN": channel.exten,
        "PRIORITY": str(channel.priority),
        "UNIQUEID": channel.uniqueid,
    }


def _function(server: Core, line: Line | None, name: str, argument: str) -> str:
    """Evaluate a function; what is not known here, or not allowed over AMI, is empty."""
    match name:
        case "LEN":
            return str(len(argument))
        case "GLOBAL":
            return server.world.variables.get(argument, "")
        case _ if line is not None:
            return _channel_items(line.channel).get((name, argument), "")
    return ""


def _channel_items(channel: Channel) -> dict[tuple[str, str], str]:
    def known(text: str) -> str:
        return "" if text == UNKNOWN else text

    return {
        ("CALLERID", "num"): known(channel.caller_num),
        ("CALLERID", "name"): known(channel.caller_name),
        ("CHANNEL", "accountcode"): channel.account,
        ("CHANNEL", "language"): channel.language,
        ("CHANNEL", "name"): channel.name,
        ("CHANNEL", "state"): channel.state_name,
    }


def _set_function(line: Line, name: str, argument: str, value: str) -> bool:
    """Set what a function stands for; say whether it can be."""
    channel = line.channel
    match name, argument:
        case "CALLERID", "num":
            channel.caller_num = value
            line.publish(events.new_caller_id(channel))
        case "CALLERID", "name":
            channel.caller_name = value
            line.publish(events.new_caller_id(channel))
        case "CHANNEL", "language":
            channel.language = value
        case "CHANNEL", "accountcode":
            old, channel.account = channel.account, value
            line.publish(events.channel_event("NewAccountCode", channel, ("OldAccountCode", old)))
        case _:
            return False
    return True


def _split(text: str) -> tuple[str, str | None]:
    """Split `FUNCTION(argument)`; a plain variable has no argument."""
    match = re.fullmatch(r"(\w+)\((.*)\)", text, re.DOTALL)
    return (match[1], match[2]) if match else (text, None)


ACTIONS = (
    Action("Getvar", get_variable, "call,reporting", "Gets a channel variable or function value."),
    Action("Setvar", set_variable, "call", "Sets a channel variable or function value."),
)
"""Classes and synopses as captured from ListCommands."""
