"""One action and its answers, in the words of Asterisk's own helpers: astman_send_* of main/manager.c."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from .core import Core
from .events import Header, encode
from .requests import Request
from .session import Session

UNMARKED_BEFORE_13_2 = frozenset(
    {
        "agents",
        "bridgeinfo",
        "bridgelist",
        "bridgetechnologylist",
        "dbget",
        "iaxpeerlist",
        "parkedcalls",
        "parkinglots",
        "queuestatus",
        "queuesummary",
        "sippeerstatus",
        "status",
        "voicemailuserslist",
    }
)
"""The lists without `EventList` headers before 13.2 (AMI 2.7.0), in lower case; DAHDI's are unknown here."""


class Exchange:
    """What a handler gets: the server and its table of actions, the request, and the ways to answer it."""

    def __init__(
        self, server: Core, actions: Mapping[str, "Action"], session: Session, request: Request
    ) -> None:
        self.server = server
        self.actions = actions
        """By name in lower case."""
        self.session = session
        self.request = request

    def get(self, name: str, default: str = "") -> str:
        """Give a header of the request; `default` also when it is empty."""
        return self.request.get(name) or default

    @property
    def action_id(self) -> list[Header]:
        """Give the ActionID header to echo, or nothing: an empty ActionID is none."""
        return [("ActionID", self.request.action_id)] if self.request.action_id else []

    def respond(self, kind: str, *headers: Header) -> None:
        """Send a response of any kind and form."""
        self.session.write(encode([("Response", kind), *self.action_id, *headers]))

    def ack(self, message: str) -> None:
        """Send `Success` with a message (astman_send_ack)."""
        self.respond("Success", ("Message", message))

    def error(self, message: str) -> None:
        """Send `Error` with a message (astman_send_error)."""
        self.respond("Error", ("Message", message))

    def list_start(self, message: str) -> None:
        """Announce a list (astman_send_listack)."""
        mark: list[Header] = [("EventList", "start")] if self._marks_lists else []
        self.respond("Success", *mark, ("Message", message))

    def item(self, name: str, headers: Iterable[Header]) -> None:
        """Send an event of a list with the ActionID in its second line, as most lists have it."""
        self.session.write(encode([("Event", name), *self.action_id, *headers]))

    def item_with_id_last(self, name: str, headers: Iterable[Header]) -> None:
        """Send an event of a list with the ActionID in its last line (queues, Status)."""
        self.session.write(encode([("Event", name), *headers, *self.action_id]))

    def list_complete(self, name: str, count: int, *extra: Header) -> None:
        """End a list (astman_send_list_complete_start)."""
        marks: list[Header] = [("EventList", "Complete"), ("ListItems", count)] if self._marks_lists else []
        self.item(name, [*marks, *extra])

    @property
    def _marks_lists(self) -> bool:
        """Say whether this list has `EventList` headers: all have since 13.2, most had before."""
        return not self.server.before_13_2 or self.request.action.lower() not in UNMARKED_BEFORE_13_2


@dataclass(frozen=True, slots=True)
class Action:
    """A row of the table: the handler, the classes of which a user needs one to `write`, and the synopsis."""

    name: str
    handler: Callable[[Exchange], None]
    classes: str = ""
    synopsis: str = ""
    since: int = 0
    """The first release that has it."""
    until: int = 99
    """The last one."""
    module: str = ""
    """The module that brings it: unknown while that is not loaded."""
