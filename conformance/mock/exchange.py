"""One request and the ways to answer it, named after Asterisk's helpers: astman_send_* of main/manager.c."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ami_proto.catalogue.action_record import ACTIONS

from .core import Core
from .event_headers import HeaderPair, encode_headers
from .mock_session import MockSession
from .requests import Request

UNMARKED_BEFORE_13_2 = frozenset(key for key, record in ACTIONS.items() if record.completion == "unmarked")
"""Actions whose lists had no `EventList` headers before 13.2 (AMI 2.7.0), in lower case."""


class Exchange:
    """The argument of a handler: the server, its table of actions, the request, and the ways to answer it."""

    def __init__(
        self, server: Core, actions: Mapping[str, "MockAction"], session: MockSession, request: Request
    ) -> None:
        self.server = server
        self.actions = actions
        """By name in lower case."""
        self.session = session
        self.request = request

    def get(self, name: str, default: str = "") -> str:
        """Return a header of the request, or `default` if it is absent or empty."""
        return self.request.get(name) or default

    @property
    def action_id(self) -> list[HeaderPair]:
        """The ActionID header to echo; empty if the request has none, or an empty one."""
        return [("ActionID", self.request.action_id)] if self.request.action_id else []

    def respond(self, kind: str, *headers: HeaderPair) -> None:
        """Send a response: its kind, the ActionID, and further headers."""
        self.session.write(encode_headers([("Response", kind), *self.action_id, *headers]))

    def ack(self, message: str) -> None:
        """Send `Success` with a message (astman_send_ack)."""
        self.respond("Success", ("Message", message))

    def error(self, message: str) -> None:
        """Send `Error` with a message (astman_send_error)."""
        self.respond("Error", ("Message", message))

    def list_start(self, message: str) -> None:
        """Send the response that starts a list (astman_send_listack)."""
        mark: list[HeaderPair] = [("EventList", "start")] if self._marks_lists else []
        self.respond("Success", *mark, ("Message", message))

    def item(self, name: str, headers: Iterable[HeaderPair]) -> None:
        """Send a list item with the ActionID in its second line, as most lists do."""
        self.session.write(encode_headers([("Event", name), *self.action_id, *headers]))

    def item_with_id_last(self, name: str, headers: Iterable[HeaderPair]) -> None:
        """Send a list item with the ActionID in its last line (queues, Status)."""
        self.session.write(encode_headers([("Event", name), *headers, *self.action_id]))

    def list_complete(self, name: str, count: int, *extra: HeaderPair) -> None:
        """Send the event that ends a list (astman_send_list_complete_start)."""
        marks: list[HeaderPair] = (
            [("EventList", "Complete"), ("ListItems", count)] if self._marks_lists else []
        )
        self.item(name, [*marks, *extra])

    @property
    def _marks_lists(self) -> bool:
        """Whether this list has `EventList` headers: all lists since 13.2, most of them before."""
        return not self.server.before_13_2 or self.request.action.lower() not in UNMARKED_BEFORE_13_2


@dataclass(frozen=True, slots=True)
class MockAction:
    """An action of the server. A user needs one of its `classes` in `write`, or none if there are none."""

    name: str
    handler: Callable[[Exchange], None]
    classes: str = ""
    synopsis: str = ""
    since: int = 0
    """The first release that has it."""
    until: int = 99
    """The last release that has it."""
    module: str = ""
    """The module that registers it; the action is unknown while the module is not loaded."""
