"""The events of a session: mask them, filter them, send one, wait for them (main/manager.c)."""

import re

from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.mock_session import EventFilter
from conformance.mock.privileges import parse_mask
from conformance.mock.requests import to_number


def change_event_mask(exchange: Exchange) -> None:
    """Change the event mask of this session (action_events)."""
    mask = parse_mask(exchange.get("EventMask"))
    if mask is None:
        exchange.error("Invalid event mask")
        return
    exchange.session.mask = mask
    exchange.respond("Success", ("Events", "On" if mask else "Off"))


FILTER_NEEDED_SINCE = 20
"""The first release in which an empty filter is an error; seen in 22 and not in 16."""


def add_filter(exchange: Exchange) -> None:
    """Add a filter on the whole text of events; filters cannot be removed (action_filter)."""
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
    """Publish the lines of the request unchanged, whatever they contain (action_userevent)."""
    body = [line for line in exchange.request.lines if not line.lower().startswith(("action:", "userevent:"))]
    exchange.ack("Event Sent")
    exchange.server.publish_lines("UserEvent", [f"UserEvent: {exchange.get('UserEvent')}", *body], "user")


def wait_event(exchange: Exchange) -> None:
    """Answer when an event or input comes, or `Timeout` seconds have passed (action_waitevent).

    Without a numeric `Timeout` it waits for ever, as with -1.
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
    session.wait(on_activity=answer)


SESSION_ACTIONS = (
    MockAction("Events", change_event_mask, "", "Control Event Flow."),
    MockAction("Filter", add_filter, "system", "Dynamically add filters for the current manager session."),
    MockAction("UserEvent", user_event, "user", "Send an arbitrary event."),
    MockAction("WaitEvent", wait_event, "", "Wait for an event to occur."),
)
