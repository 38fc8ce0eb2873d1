"""The common forms of answers: lists, acknowledgements, refusals."""

from collections.abc import Callable, Iterable
from enum import Enum, auto

from conformance.mock.event_headers import HeaderPair, encode_headers
from conformance.mock.exchange import Exchange

SINCE_20 = 20
"""The first release with behaviour that 22 shows and 16 does not. When it really came is not proved."""

ActionHandler = Callable[[Exchange], None]

ListItem = tuple[str, list[HeaderPair]]
"""A list item: the name of its event, and its headers without the ActionID."""


class ActionRefused(Exception):
    """Raised by a handler to answer with an error; its text is the message."""


class ActionIdPlace(Enum):
    """The place of the ActionID in the items of a list."""

    SECOND = auto()
    """In the second line, after `Event`, as in most lists."""
    LAST = auto()
    """In the last line."""
    NONE = auto()
    """Nowhere: only the event that ends the list has it."""


def require(exchange: Exchange, name: str, refusal: str) -> str:
    """Return a required header of the request, or refuse the action."""
    value = exchange.get(name)
    if not value:
        raise ActionRefused(refusal)
    return value


def ack_handler(message: str) -> ActionHandler:
    """Make a handler that answers with this message and does nothing else."""
    return lambda exchange: exchange.ack(message)


def send_items(
    exchange: Exchange, items: Iterable[ListItem], place: ActionIdPlace = ActionIdPlace.SECOND
) -> None:
    """Send the items of a list."""
    for name, headers in items:
        if place is ActionIdPlace.SECOND:
            exchange.item(name, headers)
        elif place is ActionIdPlace.LAST:
            exchange.item_with_id_last(name, headers)
        else:
            exchange.session.write(encode_headers([("Event", name), *headers]))


def list_handler(
    message: str,
    complete: str,
    items: Callable[[Exchange], Iterable[ListItem]],
    *,
    place: ActionIdPlace = ActionIdPlace.SECOND,
    empty: str = "",
    total: str = "",
) -> ActionHandler:
    """Make a handler for a list: a response with `message`, the items, and the event `complete`.

    `empty` is the error for a list without items, where Asterisk sends one; `total` names the header, if any,
    that repeats the number of items at the end.
    """

    def handler(exchange: Exchange) -> None:
        rows = list(items(exchange))
        # A booting Asterisk has the container already, and nothing in it: its list is successful and empty.
        if empty and not rows and exchange.server.booted:
            raise ActionRefused(empty)
        exchange.list_start(message)
        send_items(exchange, rows, place)
        extra: list[HeaderPair] = [(total, len(rows))] if total else []
        exchange.list_complete(complete, len(rows), *extra)

    return handler


def no_items(_exchange: Exchange) -> list[ListItem]:
    """Return the items of a list that is always empty in the mock."""
    return []
