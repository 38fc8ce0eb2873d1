"""What a session does for itself: log in and out, choose its events, wait for them."""

import re

from conformance.server.authentication import challenge, login, logoff
from conformance.server.exchange import Action, Exchange
from conformance.server.privileges import parse_mask
from conformance.server.requests import to_number
from conformance.server.session import EventFilter


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


FILTER_NEEDED_SINCE = 20
"""The release from which an empty filter is an error; seen in 22 and not in 16."""


def add_filter(exchange: Exchange) -> None:
    """Add a filter on events' whole text; there is no way to remove one (action_filter)."""
    text = exchange.get("Filter")
    if exchange.get("Operation").lower() != "add":
        exchange.error("Unknown operation")
        return
    if not text and exchange.server.release >= FILTER_NEEDED_SINCE:
        exchange.error("Filter was formatted incorrectly.  Check the syntax of the filter given.")
        return
    try:
        added = EventFilter.parse(text)
    except re.error:
        exchange.error("Filter did not compile.  Check the syntax of the filter given.")
        return
    exchange.session.filters.append(added)
    exchange.ack("Success")


def user_event(exchange: Exchange) -> None:
    """Publish the request's own lines, verbatim and in order, whatever they look like (action_userevent)."""
    body = [line for line in exchange.request.lines if not line.lower().startswith(("action:", "userevent:"))]
    exchange.ack("Event Sent")
    exchange.server.publish_lines("UserEvent", [f"UserEvent: {exchange.get('UserEvent')}", *body], "user")


def wait_event(exchange: Exchange) -> None:
    """Wait for events, input, or the end of `Timeout`, and only then answer (action_waitevent).

    Without one, or with one that is no number, it waits for ever, as with -1.
    """
    session, given = exchange.session, to_number(exchange.get("Timeout"))
    seconds = -1 if given is None else given

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


ACTIONS = (
    Action("Challenge", challenge, "", "Generate Challenge for MD5 Auth."),
    Action("Events", events, "", "Control Event Flow."),
    Action("Filter", add_filter, "system", "Dynamically add filters for the current manager session."),
    Action("Login", login, "", "Login Manager."),
    Action("Logoff", logoff, "", "Logoff Manager."),
    Action("Ping", ping, "", "Keepalive command."),
    Action("UserEvent", user_event, "user", "Send an arbitrary event."),
    Action("WaitEvent", wait_event, "", "Wait for an event to occur."),
)
