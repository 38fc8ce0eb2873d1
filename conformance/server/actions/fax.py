"""Faxes, of which the mock sends none (res/res_fax.c)."""

from conformance.server.exchange import Action, Exchange

from .answers import Refused

COUNTS = (
    "CurrentSessions",
    "ReservedSessions",
    "TransmitAttempts",
    "ReceiveAttempts",
    "CompletedFAXes",
    "FailedFAXes",
)


def sessions(exchange: Exchange) -> None:
    """List faxes; alone of all lists it starts with a capital letter."""
    exchange.respond(
        "Success", ("EventList", "Start"), ("Message", "FAXSessionsEntry event list will follow")
    )
    exchange.list_complete("FAXSessionsComplete", 0, ("Total", 0))


def session(exchange: Exchange) -> None:
    """Tell about one fax."""
    number = exchange.get("SessionNumber")
    raise Refused("Session not found" if number.isdigit() else "Invalid session ID")


def statistics(exchange: Exchange) -> None:
    """Tell counts in an event, which neither a list announces nor an end follows."""
    exchange.ack("FAXStats event will follow")
    exchange.item("FAXStats", [(name, 0) for name in COUNTS])


ACTIONS = (
    Action(
        "FAXSession",
        session,
        "call",
        "Responds with a detailed description of a single FAX session",
        module="res_fax.so",
    ),
    Action("FAXSessions", sessions, "call", "Lists active FAX sessions", module="res_fax.so"),
    Action("FAXStats", statistics, "reporting", "Responds with fax statistics", module="res_fax.so"),
)
