"""Channel variables, global variables, and a few functions of the dialplan (main/pbx_variables.c)."""

import re

from conformance.mock import event_headers
from conformance.mock.calls import ChannelLeg, find_leg
from conformance.mock.core import Core
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.state import UNKNOWN, Channel

from .answers import ActionRefused, require


def set_variable(exchange: Exchange) -> None:
    """Set a variable or a function; without a channel the variable is global (action_setvar)."""
    name, value = require(exchange, "Variable", "No variable specified"), exchange.get("Value")
    leg = _leg(exchange)
    function, argument = _split(name)
    if function == "GLOBAL":
        _set_global(exchange.server, argument or "", value)
    elif argument is not None:
        if leg is None or not _set_function(leg, function, argument, value):
            raise ActionRefused("Variable not set")
    elif leg is not None:
        leg.set(name, value)
    else:
        _set_global(exchange.server, name, value)
    exchange.ack("Variable Set")


def _set_global(server: Core, name: str, value: str) -> None:
    server.state.variables[name] = value
    server.publish(event_headers.global_varset(name, value), "dialplan")


def get_variable(exchange: Exchange) -> None:
    """Send the value of a variable or function; an unknown one is empty (action_getvar)."""
    name = require(exchange, "Variable", "No variable specified")
    leg = _leg(exchange)
    function, argument = _split(name)
    if argument is None:
        value = _variable(exchange.server, leg, name)
    else:
        value = _function(exchange.server, leg, function, argument)
    exchange.respond("Success", ("Variable", name), ("Value", value))


def _leg(exchange: Exchange) -> ChannelLeg | None:
    """Return the leg that the request names; None means the global variables."""
    name = exchange.get("Channel")
    leg = find_leg(exchange.server, name) if name else None
    if name and leg is None:
        raise ActionRefused("No such channel")
    return leg


def _variable(server: Core, leg: ChannelLeg | None, name: str) -> str:
    """Look up a variable: first the built-in ones of the channel, then its own, then the global ones."""
    if name == "EPOCH":
        return str(int(server.wall_time))
    own = {**leg.channel.variables, **_builtin_variables(leg.channel)} if leg else {}
    return own.get(name) or server.state.variables.get(name, "")


def _builtin_variables(channel: Channel) -> dict[str, str]:
    return {
        "CHANNEL": channel.name,
        "CONTEXT": channel.context,
        "EXTEN": channel.exten,
        "PRIORITY": str(channel.priority),
        "UNIQUEID": channel.uniqueid,
    }


def _function(server: Core, leg: ChannelLeg | None, name: str, argument: str) -> str:
    """Evaluate a function; an unknown one, or one that AMI may not call, is empty."""
    match name:
        case "LEN":
            return str(len(argument))
        case "GLOBAL":
            return server.state.variables.get(argument, "")
        case _ if leg is not None:
            return _channel_items(leg.channel).get((name, argument), "")
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


def _set_function(leg: ChannelLeg, name: str, argument: str, value: str) -> bool:
    """Set the value of a function. Returns whether it can be set."""
    channel = leg.channel
    match name, argument:
        case "CALLERID", "num":
            channel.caller_num = value
            leg.publish(event_headers.new_caller_id(channel))
        case "CALLERID", "name":
            channel.caller_name = value
            leg.publish(event_headers.new_caller_id(channel))
        case "CHANNEL", "language":
            channel.language = value
        case "CHANNEL", "accountcode":
            old, channel.account = channel.account, value
            leg.publish(event_headers.channel_event("NewAccountCode", channel, ("OldAccountCode", old)))
        case _:
            return False
    return True


def _split(text: str) -> tuple[str, str | None]:
    """Split `FUNCTION(argument)` into name and argument; the argument of a variable is None."""
    match = re.fullmatch(r"(\w+)\((.*)\)", text, re.DOTALL)
    return (match[1], match[2]) if match else (text, None)


VARIABLE_ACTIONS = (
    MockAction("Getvar", get_variable, "call,reporting", "Gets a channel variable or function value."),
    MockAction("Setvar", set_variable, "call", "Sets a channel variable or function value."),
)
