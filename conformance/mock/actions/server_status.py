"""The server: its status, settings, commands and CLI (main/manager.c)."""

from datetime import UTC, datetime

from conformance.mock.cli import run_cli_command
from conformance.mock.event_headers import HeaderPair
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.privileges import describe, parse_classes

from .answers import SINCE_20
from .dispatch import loaded, permitted


def core_status(exchange: Exchange) -> None:
    """Send the start time of the server and its calls (action_corestatus)."""
    server = exchange.server
    start = datetime.fromtimestamp(server.wall_time_of(server.started_at or 0.0), UTC)
    calls: list[HeaderPair] = [("CoreCurrentCalls", len(server.state.channels) // 2)]
    if server.release >= SINCE_20:
        calls.append(("CoreProcessedCalls", server.state.calls_processed))
    exchange.respond(
        "Success",
        ("CoreStartupDate", f"{start:%Y-%m-%d}"),
        ("CoreStartupTime", f"{start:%H:%M:%S}"),
        ("CoreReloadDate", f"{start:%Y-%m-%d}"),
        ("CoreReloadTime", f"{start:%H:%M:%S}"),
        *calls,
    )


def core_settings(exchange: Exchange) -> None:
    """Send versions and limits (action_coresettings)."""
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
    """Send the actions that this user may run, a header each, in one response (action_listcommands)."""
    rows: list[HeaderPair] = [
        (action.name, f"{action.synopsis}  (Priv: {describe(parse_classes(action.classes))})")
        for _, action in sorted(exchange.actions.items())
        if permitted(exchange, action) and loaded(exchange, action)
    ]
    exchange.respond("Success", *rows)


def answer_ping(exchange: Exchange) -> None:
    """Answer with Pong (action_ping)."""
    exchange.respond("Success", ("Ping", "Pong"), ("Timestamp", exchange.server.timestamp))


SERVER_ACTIONS = (
    MockAction("Command", run_cli_command, "command", "Execute Asterisk CLI Command."),
    MockAction("CoreSettings", core_settings, "system,reporting", "Show PBX core settings (version etc)."),
    MockAction("CoreStatus", core_status, "system,reporting", "Show PBX core status variables."),
    MockAction("ListCommands", list_commands, "", "List available manager commands."),
    MockAction("Ping", answer_ping, "", "Keepalive command."),
)
