"""The table of actions, and how one is run: process_message of main/manager.c, in its order of checks."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from .authentication import challenge, login, logoff
from .cli import command
from .events import Header
from .exchange import Exchange
from .lists import core_show_channels, queue_status, queue_summary, status
from .originate import hang_up, originate
from .privileges import NONE, describe, parse_classes, parse_mask
from .requests import to_bytes, to_number
from .session import EventFilter

UNKNOWN_ACTION_LIMIT = 511
"""Bytes of the error for an unknown action (`char buf[512]`, main/manager.c)."""

SINCE_20 = 20
"""The release from which CoreStatus and CoreSettings have a header more; seen in 22 and not in 16."""

BEFORE_LOGIN = frozenset({"login", "logoff", "challenge"})


@dataclass(frozen=True, slots=True)
class Action:
    """A row of the table: the handler, the classes of which a user needs one to `write`, and the synopsis."""

    name: str
    handler: Callable[[Exchange], None]
    classes: str = ""
    synopsis: str = ""


def perform(exchange: Exchange) -> None:
    """Run one request, or say why not."""
    request, session, server = exchange.request, exchange.session, exchange.server
    name = request.action
    action = server.actions.get(name.lower())
    if request.fault:
        exchange.error(request.fault)
    elif not name:
        _report_bad_format(exchange, "NONE")
        exchange.error("Missing action in request")
    elif session.user is None and name.lower() not in BEFORE_LOGIN:
        _report_not_allowed(exchange, name)
        exchange.error("Permission denied")
    elif action is None:
        _report_bad_format(exchange, name)
        exchange.error(_unknown(name))
    elif not permitted(exchange, action):
        _report_not_allowed(exchange, name)
        exchange.error("Permission denied")
    else:
        action.handler(exchange)


def permitted(exchange: Exchange, action: Action) -> bool:
    """Say whether the user may: an action without classes is anyone's, else one of them suffices."""
    write = exchange.session.user.write if exchange.session.user else NONE
    return not action.classes or bool(parse_classes(action.classes) & write)


def ping(exchange: Exchange) -> None:
    """Answer (action_ping)."""
    exchange.respond("Success", ("Ping", "Pong"), ("Timestamp", exchange.server.timestamp))


def events(exchange: Exchange) -> None:
    """Change which events this session hears (action_events)."""
    mask = parse_mask(exchange.get("EventMask"))
    if mask is None:
        exchange.error("Invalid event mask")
        return
    exchange.session.mask = mask
    exchange.respond("Success", ("Events", "On" if mask else "Off"))


def add_filter(exchange: Exchange) -> None:
    """Add a filter on events' whole text; there is no way to remove one (action_filter)."""
    text = exchange.get("Filter")
    if exchange.get("Operation").lower() != "add":
        exchange.error("Unknown operation")
        return
    try:
        pattern = re.compile(to_bytes(text.removeprefix("!")), re.MULTILINE)
    except re.error:
        exchange.error("Filter did not compile.  Check the syntax of the filter given.")
        return
    exchange.session.filters.append(EventFilter(pattern, take=not text.startswith("!")))
    exchange.ack("Success")


def user_event(exchange: Exchange) -> None:
    """Publish the request's own lines, verbatim and in order, whatever they look like (action_userevent)."""
    body = [line for line in exchange.request.lines if not line.lower().startswith(("action:", "userevent:"))]
    exchange.ack("Event Sent")
    exchange.server.publish_lines("UserEvent", [f"UserEvent: {exchange.get('UserEvent')}", *body], "user")


def wait_event(exchange: Exchange) -> None:
    """Wait for events, input, or the end of `Timeout`, and only then answer (action_waitevent)."""
    session, seconds = exchange.session, to_number(exchange.get("Timeout")) or 0

    def answer() -> None:
        timer.cancel()
        exchange.ack("Waiting for Event completed.")
        session.flush_events()
        exchange.item("WaitEventComplete", [])
        session.resume()

    timer = exchange.server.timeline.after(max(0, seconds), answer)
    if seconds < 0:
        timer.cancel()
    session.wait(on_news=answer)


def core_status(exchange: Exchange) -> None:
    """Tell the age of the server and its calls (action_corestatus)."""
    server = exchange.server
    start = datetime.fromtimestamp(server.wall_time_of(server.boot or 0.0), UTC)
    calls: list[Header] = [("CoreCurrentCalls", len(server.world.channels) // 2)]
    if server.release >= SINCE_20:
        calls.append(("CoreProcessedCalls", server.world.calls_processed))
    exchange.respond(
        "Success",
        ("CoreStartupDate", f"{start:%Y-%m-%d}"),
        ("CoreStartupTime", f"{start:%H:%M:%S}"),
        ("CoreReloadDate", f"{start:%Y-%m-%d}"),
        ("CoreReloadTime", f"{start:%H:%M:%S}"),
        *calls,
    )


def core_settings(exchange: Exchange) -> None:
    """Tell version and limits (action_coresettings)."""
    server = exchange.server
    exchange.respond(
        "Success",
        ("AMIversion", server.banner),
        ("AsteriskVersion", server.version),
        ("SystemName", ""),
        ("CoreMaxCalls", 0),
        ("CoreMaxLoadAvg", "0.000000"),
        ("CoreRunUser", ""),
        ("CoreRunGroup", ""),
        ("CoreMaxFilehandles", 0),
        ("CoreRealTimeEnabled", "No"),
        ("CoreCDRenabled", "Yes"),
        ("CoreHTTPenabled", "Yes"),
        *([("SoundsSearchCustomDir", "No")] if server.release >= SINCE_20 else []),
    )


def list_commands(exchange: Exchange) -> None:
    """Tell which actions this user may run, as one response with a header each (action_listcommands)."""
    rows: list[Header] = [
        (action.name, f"{action.synopsis}  (Priv: {describe(parse_classes(action.classes))})")
        for action in exchange.server.actions.values()
        if permitted(exchange, action)
    ]
    exchange.respond("Success", *rows)


def _unknown(name: str) -> str:
    text = f"Invalid/unknown command: {name}. Use Action: ListCommands to show available commands."
    return text[:UNKNOWN_ACTION_LIMIT]


def _report_bad_format(exchange: Exchange, name: str) -> None:
    session = exchange.session
    exchange.server.publish_security("RequestBadFormat", session, ("RequestType", f"Action: {name}"))


def _report_not_allowed(exchange: Exchange, name: str) -> None:
    session = exchange.session
    exchange.server.publish_security("RequestNotAllowed", session, ("RequestType", f"Action: {name}"))


ACTIONS = (
    Action("Challenge", challenge, "", "Generate Challenge for MD5 Auth."),
    Action("Command", command, "command", "Execute Asterisk CLI Command."),
    Action("CoreSettings", core_settings, "system,reporting", "Show PBX core settings (version etc)."),
    Action("CoreShowChannels", core_show_channels, "system,reporting", "List currently active channels."),
    Action("CoreStatus", core_status, "system,reporting", "Show PBX core status variables."),
    Action("Events", events, "", "Control Event Flow."),
    Action("Filter", add_filter, "system", "Dynamically add filters for the current manager session."),
    Action("Hangup", hang_up, "system,call", "Hangup channel."),
    Action("ListCommands", list_commands, "", "List available manager commands."),
    Action("Login", login, "", "Login Manager."),
    Action("Logoff", logoff, "", "Logoff Manager."),
    Action("Originate", originate, "originate", "Originate a call."),
    Action("Ping", ping, "", "Keepalive command."),
    Action("QueueStatus", queue_status, "", "Show queue status."),
    Action("QueueSummary", queue_summary, "", "Show queue summary."),
    Action("Status", status, "system,call,reporting", "List channel status."),
    Action("UserEvent", user_event, "user", "Send an arbitrary event."),
    Action("WaitEvent", wait_event, "", "Wait for an event to occur."),
)
"""The actions of the mock; classes and synopses as captured from ListCommands (22.10.1)."""
