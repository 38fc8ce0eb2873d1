"""Views of events: which headers an event of a name has, for type checkers.

A view is a class, and never has an instance: an event is a `Message`, whatever it is read as.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Final, TypeGuard, TypeVar

from ami_proto.errors import MisuseError
from ami_proto.message.message import Message
from ami_proto.values import Kind

View = TypeVar("View", bound="EventView")

_MODULE: Final = "ami_proto.events"

if TYPE_CHECKING:  # a default is of Python 3.13
    from typing_extensions import TypeVar as TypeVarWithDefault

    from ami_proto.catalogue.event_record import EventRecord

    Listed = TypeVarWithDefault("Listed", bound=Message, covariant=True, default=Message)
else:
    Listed = TypeVar("Listed", bound=Message, covariant=True)
"""The type of the events in a reply, for type checkers: `Action[Listed]` asks for a `Reply[Listed]`."""


class EventView(Message):
    """An event of a known name. The type checker knows its headers: `event["Chanel"]` is an error.

    `event.get` takes any name: a server may send headers that nobody has documented.
    """

    __slots__ = ()
    event: ClassVar[str]
    """The name of the event."""


def is_event(item: object, view: type[View]) -> TypeGuard[View]:
    """Whether this is an event that the view is of. The type checker then knows its headers.

    Raises `MisuseError` for anything but a view of an event, whatever the item is.
    """
    name = _event_name(view)
    return (
        isinstance(item, Message)
        and item.kind is Kind.EVENT
        and item.name is not None
        and item.name.lower() == name.lower()
    )


def event_pattern(wanted: str | type[EventView]) -> str:
    """Return the name that a view is of; a pattern of names as it is. Raises `MisuseError`."""
    return _event_name(wanted) if isinstance(wanted, type) else wanted


def _event_name(view: object) -> str:
    is_view = isinstance(view, type) and issubclass(view, EventView)
    name: object = getattr(view, "event", None) if is_view else None
    if not isinstance(name, str):  # `EventView` itself is of no event
        given = view.__name__ if isinstance(view, type) else type(view).__name__
        raise MisuseError(f"{given} is no view of an event, such as {_MODULE}.Hangup")
    return name


@cache
def views() -> Mapping[str, "EventRecord"]:
    """Return the events by the names of their views."""
    from ami_proto.catalogue.event_record import EVENTS  # which a program without views need not load

    return {record.view: record for record in EVENTS.values()}


def event_view(name: str) -> type[EventView]:
    """Return the view of this name. Raises `AttributeError`, as a module does for an unknown name."""
    record = views().get(name)
    if record is None:
        close = get_close_matches(name, views(), n=1)
        hint = f": did you mean {close[0]!r}?" if close else ""
        raise AttributeError(f"module {_MODULE!r} has no event {name!r}{hint}", name=name)
    described = {"__slots__": (), "__module__": _MODULE, "__doc__": record.means, "event": record.name}
    return type(name, (EventView,), described)
