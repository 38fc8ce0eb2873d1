"""Originate: action_originate and fast_originate of main/manager.c."""

import re

from conformance.server.calls import Order, Origination, Outcome, Report
from conformance.server.calls.origination import FAILED
from conformance.server.events import Header
from conformance.server.exchange import Action, Exchange
from conformance.server.privileges import is_true
from conformance.server.requests import to_number
from conformance.server.state import UNKNOWN

DEFAULT_TIMEOUT_MS = 30_000
"""The Timeout of an Originate that names none (main/manager.c)."""

VARIABLE_LIMIT = 64
"""Parts of one Variable header (ast_app_separate_args, main/app.c)."""


def originate(exchange: Exchange) -> None:
    """Place a call: with `Async` a response now and an event at the end, else the session waits."""
    if problem := _problem(exchange):
        exchange.error(problem)
        return
    order = _order(exchange)
    if is_true(exchange.get("Async")):
        exchange.ack("Originate successfully queued")
        _place(exchange, order, lambda outcome: _publish_outcome(exchange, order, outcome))
    else:
        exchange.session.wait()
        _place(exchange, order, lambda outcome: _answer_outcome(exchange, outcome))


def _problem(exchange: Exchange) -> str:
    """Say why Asterisk refuses this Originate at once; empty when it does not."""
    channel, timeout, priority = exchange.get("Channel"), exchange.get("Timeout"), exchange.get("Priority")
    if not channel:
        return "Channel not specified"
    if priority and to_number(priority) is None:
        return "Invalid priority"
    if timeout and to_number(timeout) is None:
        return "Invalid timeout"
    if "/" not in channel:
        return "Invalid channel"
    if exchange.get("Application"):
        return ""
    if not (exchange.get("Exten") and exchange.get("Context") and priority):
        return "Originate with 'Exten' requires 'Context' and 'Priority'"
    return "" if exchange.get("Exten") in exchange.server.world.dialplan else "Extension does not exist."


def _order(exchange: Exchange) -> Order:
    num, name = _parse_caller_id(exchange.get("CallerID"))
    headers = exchange.request.get_all("Variable")
    timeout = to_number(exchange.get("Timeout", str(DEFAULT_TIMEOUT_MS))) or 0
    return Order(
        channel=exchange.get("Channel"),
        application=exchange.get("Application"),
        data=exchange.get("Data"),
        context=exchange.get("Context"),
        exten=exchange.get("Exten"),
        priority=to_number(exchange.get("Priority")) or 1,
        timeout=max(1, timeout) / 1000,
        caller_num=num,
        caller_name=name,
        account=exchange.get("Account"),
        channel_id=exchange.get("ChannelId"),
        variables=[pair for header in headers for pair in split_variables(header)],
    )


def _place(exchange: Exchange, order: Order, report: Report) -> None:
    """Start the call; a technology other than Local is not there, which is told a moment later."""
    if order.channel.partition("/")[0].lower() == "local":
        Origination(exchange.server, order, report)
    else:
        exchange.server.timeline.after(0.0, lambda: report(Outcome(FAILED)))


def _answer_outcome(exchange: Exchange, outcome: Outcome) -> None:
    if outcome.channel is None:
        exchange.error("Originate failed")
    else:
        exchange.ack("Originate successfully queued")
    exchange.session.resume()


def _publish_outcome(exchange: Exchange, order: Order, outcome: Outcome) -> None:
    """Publish OriginateResponse. It is an ordinary event: masks and filters may keep it from the asker."""
    channel = outcome.channel
    target: list[Header] = (
        [("Application", order.application), ("Data", order.data)]
        if order.application
        else [("Context", order.context), ("Exten", order.exten)]
    )
    event: list[Header] = [
        ("Event", "OriginateResponse"),
        *exchange.action_id,
        ("Response", "Success" if channel else "Failure"),
        ("Channel", channel.name if channel else order.channel),
        *target,
        ("Reason", outcome.reason),
        ("Uniqueid", channel.uniqueid if channel else order.channel_id or UNKNOWN),
        ("CallerIDNum", order.caller_num),
        ("CallerIDName", order.caller_name),
    ]
    exchange.server.publish(event, "call")


def _parse_caller_id(text: str) -> tuple[str, str]:
    """Split `"Name" <number>` (ast_callerid_parse)."""
    if match := re.fullmatch(r'\s*"?(.*?)"?\s*<(.*)>\s*', text):
        return match[2] or UNKNOWN, match[1] or UNKNOWN
    if text.strip("+*#()-. ").isdecimal():
        return text, UNKNOWN
    return UNKNOWN, text.strip('"') or UNKNOWN


def split_variables(text: str) -> list[tuple[str, str]]:
    r"""Split a Variable header at its commas (ast_app_separate_args, main/app.c).

    `"` toggles quoting and vanishes, `\x` is `x`, and `()` and `[]` protect the commas inside.
    """
    parts, depth, quoted = [""], 0, False
    characters = iter(text)
    for character in characters:
        if character == "\\":
            parts[-1] += next(characters, "")
        elif character == '"':
            quoted = not quoted
        elif character == "," and not quoted and depth <= 0 and len(parts) < VARIABLE_LIMIT:
            parts.append("")
        else:
            depth += (character in "([") - (character in ")]")
            parts[-1] += character
    pairs = [part.strip().partition("=") for part in parts if part.strip()]
    return [(name, value) for name, _, value in pairs]


ACTIONS = (Action("Originate", originate, "originate", "Originate a call."),)
"""Classes and synopses as captured from ListCommands."""
