"""Originate: action_originate and fast_originate of main/manager.c."""

import re

from conformance.mock.calls import OriginateCallback, OriginateRequest, OriginateResult, Origination
from conformance.mock.calls.origination import FAILED
from conformance.mock.event_headers import HeaderPair
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.privileges import is_true
from conformance.mock.requests import to_number
from conformance.mock.state import UNKNOWN

DEFAULT_TIMEOUT_MS = 30_000
"""The default Timeout of an Originate (main/manager.c)."""

UNIQUEID_LENGTH_MAX = 149
"""The longest ChannelId (AST_MAX_PUBLIC_UNIQUEID, include/asterisk/channel.h)."""

VARIABLE_LIMIT = 64
"""Most parts of one Variable header (ast_app_separate_args, main/app.c)."""


def originate_call(exchange: Exchange) -> None:
    """Place a call. With `Async` an OriginateResponse has the result; otherwise the session waits for it."""
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
    """Return the error for an Originate that Asterisk refuses at once; empty if there is none."""
    channel, timeout, priority = exchange.get("Channel"), exchange.get("Timeout"), exchange.get("Priority")
    if not channel:
        return "Channel not specified"
    if priority and to_number(priority) is None:
        return "Invalid priority"
    if timeout and to_number(timeout) is None:
        return "Invalid timeout"
    if max(map(len, _channel_ids(exchange))) > UNIQUEID_LENGTH_MAX:
        return f"Uniqueid length exceeds maximum of {UNIQUEID_LENGTH_MAX}\n"
    if "/" not in channel:
        return "Invalid channel"
    if exchange.get("Application"):
        return ""
    if not (exchange.get("Exten") and exchange.get("Context") and priority):
        return "Originate with 'Exten' requires 'Context' and 'Priority'"
    return "" if exchange.get("Exten") in exchange.server.state.dialplan else "Extension does not exist."


def _order(exchange: Exchange) -> OriginateRequest:
    num, name = _parse_caller_id(exchange.get("CallerID"))
    headers = exchange.request.get_all("Variable")
    timeout = to_number(exchange.get("Timeout", str(DEFAULT_TIMEOUT_MS))) or 0
    return OriginateRequest(
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
        channel_ids=_channel_ids(exchange),
        variables=[pair for header in headers for pair in split_variables(header)],
    )


def _channel_ids(exchange: Exchange) -> tuple[str, str]:
    first = exchange.get("ChannelId")
    return first, exchange.get("OtherChannelId") or (f"{first};2" if first else "")


def _place(exchange: Exchange, order: OriginateRequest, report: OriginateCallback) -> None:
    """Start the call.

    Any technology but Local fails in the next round, as an unloaded one does; so does a taken Uniqueid.
    """
    taken = {channel.uniqueid for channel in exchange.server.state.channels.values()}
    if order.channel.partition("/")[0].lower() == "local" and taken.isdisjoint(order.channel_ids):
        Origination(exchange.server, order, report)
    else:
        exchange.server.timeline.after(0.0, lambda: report(OriginateResult(FAILED)))


def _answer_outcome(exchange: Exchange, outcome: OriginateResult) -> None:
    if outcome.channel is None:
        exchange.error("Originate failed")
    else:
        exchange.ack("Originate successfully queued")
    exchange.session.resume()


def _publish_outcome(exchange: Exchange, order: OriginateRequest, outcome: OriginateResult) -> None:
    """Publish OriginateResponse. It is an ordinary event, subject to the mask and filters of each session."""
    channel = outcome.channel
    target: list[HeaderPair] = (
        [("Application", order.application), ("Data", order.data)]
        if order.application
        else [("Context", order.context), ("Exten", order.exten)]
    )
    event: list[HeaderPair] = [
        ("Event", "OriginateResponse"),
        *exchange.action_id,
        ("Response", "Success" if channel else "Failure"),
        ("Channel", channel.name if channel else order.channel),
        *target,
        ("Reason", outcome.reason),
        ("Uniqueid", channel.uniqueid if channel else order.channel_ids[0] or UNKNOWN),
        ("CallerIDNum", order.caller_num),
        ("CallerIDName", order.caller_name),
    ]
    exchange.server.publish(event, "call")


def _parse_caller_id(text: str) -> tuple[str, str]:
    """Split `"Name" <number>` into number and name (ast_callerid_parse)."""
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


ORIGINATE_ACTIONS = (MockAction("Originate", originate_call, "originate", "Originate a call."),)
