"""The server about itself."""

from datetime import UTC, datetime

from conformance.server.cli import command
from conformance.server.events import Header
from conformance.server.exchange import Action, Exchange
from conformance.server.privileges import describe, parse_classes

from .answers import SINCE_20
from .table import loaded, permitted


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
        for _, action in sorted(exchange.actions.items())
        if permitted(exchange, action) and loaded(exchange, action)
    ]
    exchange.respond("Success", *rows)


ACTIONS = (
    Action("Command", command, "command", "Execute Asterisk CLI Command."),
    Action("CoreSettings", core_settings, "system,reporting", "Show PBX core settings (version etc)."),
    Action("CoreStatus", core_status, "system,reporting", "Show PBX core status variables."),
    Action("ListCommands", list_commands, "", "List available manager commands."),
)
