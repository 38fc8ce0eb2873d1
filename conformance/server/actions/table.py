"""The table of actions, and how one is run: process_message of main/manager.c, in its order of checks."""

from conformance.server.exchange import Action, Exchange
from conformance.server.privileges import NONE, parse_classes

from .answers import Refused

UNKNOWN_ACTION_LIMIT = 511
"""Bytes of the error for an unknown action (`char buf[512]`, main/manager.c)."""

BEFORE_LOGIN = frozenset({"login", "logoff", "challenge"})


def perform(exchange: Exchange) -> None:
    """Run one request, or say why not."""
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
            action.handler(exchange)
        except Refused as refusal:
            exchange.error(str(refusal))


def loaded(exchange: Exchange, action: Action) -> bool:
    """Say whether the module of an action is there; modules that the inventory has not heard of are."""
    return exchange.server.world.inventory.modules.get(action.module, True)


def permitted(exchange: Exchange, action: Action) -> bool:
    """Say whether the user may: an action without classes is anyone's, else one of them suffices."""
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
