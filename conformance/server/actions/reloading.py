"""Reload: read the configuration anew (action_reload, main/manager.c)."""

from conformance.server.exchange import Action, Exchange

from .answers import Refused

RELOADED, NOT_FOUND = 0, 2
"""`Status` of the event Reload (AST_MODULE_RELOAD_*, include/asterisk/module.h)."""


def reload(exchange: Exchange) -> None:
    """Reload a module, or all; the event comes in either case."""
    name = exchange.get("Module")
    loaded = exchange.server.world.inventory.modules.get(f"{name.removesuffix('.so')}.so")
    status = RELOADED if loaded or not name else NOT_FOUND
    exchange.server.publish([("Event", "Reload"), ("Module", name or "All"), ("Status", status)], "system")
    if status == NOT_FOUND:
        raise Refused("No such module")
    exchange.ack("Module Reloaded")


ACTIONS = (Action("Reload", reload, "system,config", "Send a reload event."),)
"""Classes and synopses as captured from ListCommands."""
