"""The forms that most answers have, so that a handler is what it tells: lists, acknowledgements, refusals."""

from collections.abc import Callable, Iterable
from enum import Enum, auto

from conformance.server.events import Header, encode
from conformance.server.exchange import Exchange

SINCE_20 = 20
"""The release from which what 22 was seen to do, and 16 not, is done here; when it came is not proved."""

Handler = Callable[[Exchange], None]

Item = tuple[str, list[Header]]
"""An item of a list: the name of its event, and its headers without the ActionID."""


class Refused(Exception):
    """Raised by a handler that answers with an error and no more; its text is the message."""


class IdPlace(Enum):
    """Where the items of a list have their ActionID."""

    SECOND = auto()
    """Below `Event`, as in most."""
    LAST = auto()
    """In the last line."""
    NONE = auto()
    """Nowhere: only the end of the list names the action."""


def need(exchange: Exchange, name: str, refusal: str) -> str:
    """Give a header of the request that the action cannot do without."""
    value = exchange.get(name)
    if not value:
        raise Refused(refusal)
    return value


def acknowledge(message: str) -> Handler:
    """Make a handler that says so and does nothing."""
    return lambda exchange: exchange.ack(message)


def send_items(exchange: Exchange, items: Iterable[Item], place: IdPlace = IdPlace.SECOND) -> None:
    """Send what is between a list's start and its end."""
    for name, headers in items:
        if place is IdPlace.SECOND:
            exchange.item(name, headers)
        elif place is IdPlace.LAST:
            exchange.item_with_id_last(name, headers)
        else:
            exchange.session.write(encode([("Event", name), *headers]))


def listing(
    message: str,
    complete: str,
    items: Callable[[Exchange], Iterable[Item]],
    *,
    place: IdPlace = IdPlace.SECOND,
    empty: str = "",
    total: str = "",
) -> Handler:
    """Make a handler that lists: a response with `message`, the items, and the event `complete`.

    `empty` is the error of a list without items, where that is one; `total` names the header, if any, that
    repeats the number of items at the end.
    """

    def handler(exchange: Exchange) -> None:
        rows = list(items(exchange))
        if empty and not rows:
            raise Refused(empty)
        exchange.list_start(message)
        send_items(exchange, rows, place)
        extra: list[Header] = [(total, len(rows))] if total else []
        exchange.list_complete(complete, len(rows), *extra)

    return handler


def nothing(_exchange: Exchange) -> list[Item]:
    """Give the items of a list that the mock has nothing for."""
    return []
