"""Run a request, with the checks of process_message (main/manager.c) in their order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.privileges import NONE, parse_classes

from .answers import ActionRefused

UNKNOWN_ACTION_LIMIT = 511
"""Longest error text for an unknown action: `char buf[512]` (main/manager.c)."""

MODULES_FAMILIES = ("queue", "park", "mixmonitor", "stopmixmonitor", "mutea")
"""How actions of modules begin whose table names no module, in lower case."""

EMPTY_BEFORE_BOOT = frozenset(
    {"bridgetechnologylist", "extensionstate", "extensionstatelist", "showdialplan"}
)
"""Actions of the core that show what modules configure, in lower case."""

BEFORE_LOGIN = frozenset({"login", "logoff", "challenge"})


def perform(exchange: Exchange) -> None:
    """Run one request, or answer with an error."""
    request, session = exchange.request, exchange.session
    name = request.action
    action = exchange.actions.get(name.lower())
    if request.fault:
        exchange.error(request.fault)
    elif not name:
        _report_bad_format(exchange, "NONE")
        exchange.error("Missing action in request")
    elif session.user is None and name.lower() not in BEFORE_LOGIN:
        _report_not_allowed(exchange, name)
        exchange.error("Permission denied")
    elif action is None or not loaded(exchange, action):
        _report_bad_format(exchange, name)
        exchange.error(_unknown(name))
    elif not permitted(exchange, action):
        _report_not_allowed(exchange, name)
        exchange.error("Permission denied")
    else:
        try:
            with _only_loaded_state(exchange):
                action.handler(exchange)
        except ActionRefused as refusal:
            exchange.error(str(refusal))


def loaded(exchange: Exchange, action: MockAction) -> bool:
    """Whether the module of an action is loaded; the inventory has the exceptions."""
    of_module = bool(action.module) or action.name.lower().startswith(MODULES_FAMILIES)
    if of_module and not exchange.server.booted:
        return False
    return exchange.server.state.inventory.modules.get(action.module, True)


@contextmanager
def _only_loaded_state(exchange: Exchange) -> Iterator[None]:
    """Show no configuration of modules while the server boots: lists of the core are successful and empty."""
    server, state = exchange.server, exchange.server.state
    if not server.booted and exchange.request.action.lower() in EMPTY_BEFORE_BOOT:
        bare = replace(state.inventory, bridge_technologies={}, device_states={}, dialplan=[], presence={})
        server.state = replace(state, dialplan={}, inventory=bare)
    try:
        yield
    finally:
        server.state = state


def permitted(exchange: Exchange, action: MockAction) -> bool:
    """Whether the user may run an action: it has no classes, or the user can write one of them."""
    write = exchange.session.user.write if exchange.session.user else NONE
    return not action.classes or bool(parse_classes(action.classes) & write)


def _unknown(name: str) -> str:
    text = f"Invalid/unknown command: {name}. Use Action: ListCommands to show available commands."
    return text[:UNKNOWN_ACTION_LIMIT]


def _report_bad_format(exchange: Exchange, name: str) -> None:
    session = exchange.session
    exchange.server.publish_security("RequestBadFormat", session, ("RequestType", f"Action: {name}"))


def _report_not_allowed(exchange: Exchange, name: str) -> None:
    session = exchange.session
    exchange.server.publish_security("RequestNotAllowed", session, ("RequestType", f"Action: {name}"))
