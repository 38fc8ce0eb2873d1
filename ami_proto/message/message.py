"""A message: what one frame says, decoded when somebody looks and not before."""

from typing import Final, TypeVar, overload

from ami_proto.message.headers import Pair, decode_headers, decode_output
from ami_proto.values import Kind
from ami_proto.wire.banner import parse_banner
from ami_proto.wire.frame import Frame

_T = TypeVar("_T")

# Events that carry a `Response` header of their own, or echo whatever a user sent: OriginateResponse
# (main/manager.c:4473), BridgeExec (11 and earlier), UserEvent (main/manager.c:6504).
_MAY_LOOK_TORN: Final = frozenset({"originateresponse", "bridgeexec", "userevent"})

# The list items that have a `Privilege` header (main/manager.c:3836; channels/chan_sip.c:21074).
_PRIVILEGED_ITEMS: Final = frozenset({"status", "peerstatus"})


class Message(Frame):
    """One message of the server. Header names compare case-insensitively; the first value counts.

    `kind`, `name` (the event's name, the response's status) and `action_id` are there at once; `raw`
    holds the bytes, `items()` every line in order with its original name. Made by the framer.
    """

    __slots__ = ("_index", "_pairs")
    _pairs: list[Pair]
    _index: dict[str, str]

    @property
    def version(self) -> str | None:
        """The version a banner announces; None for anything else."""
        return parse_banner(self.first.line) if self.kind is Kind.BANNER else None

    @property
    def output(self) -> list[str] | None:
        """The lines of command output, whatever the release; None when this is no command output."""
        if self.kind is not Kind.RESPONSE:
            return None
        if self.first.follows:
            return decode_output(self)
        lines = self.get_all("Output")
        return lines if lines or self.get("Message") == "Command output follows" else None

    @property
    def torn(self) -> bool:
        """Whether this shows signs of a half frame that ran into another one (R-WIRE-12).

        Such a message completes nothing. An event with `Privilege` is exempt, because it may echo what
        anybody wrote (UserEvent); `Status` and `PeerStatus`, the list items that have it, are not.
        """
        if self.kind is not Kind.EVENT and self.kind is not Kind.RESPONSE:
            return False
        name = (self.name or "").lower()
        event = self.kind is Kind.EVENT
        if event and self.has_privilege and name not in _PRIVILEGED_ITEMS:
            return False
        if len(self.get_all("ActionID")) > 1:
            return True
        first_lines = len(self.get_all("Event")) + len(self.get_all("Response"))
        if first_lines > 1 and not (event and name in _MAY_LOOK_TORN):
            return True
        terminal = self.get("EventList", "").lower() in ("complete", "cancelled")
        return event and terminal and not name.endswith("complete")

    def __getitem__(self, name: str) -> str:
        index = self._first_values()
        try:
            return index[name.lower()]
        except KeyError:
            raise KeyError(name) from None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._first_values()

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: _T) -> str | _T: ...
    def get(self, name: str, default: _T | None = None) -> str | _T | None:
        """Return the first value of a header, or the default."""
        return self._first_values().get(name.lower(), default)

    def get_all(self, name: str) -> list[str]:
        """Return every value of a header, in order."""
        wanted = name.lower()
        return [value for key, value in self._all_pairs() if key is not None and key.lower() == wanted]

    def items(self) -> list[Pair]:
        """Return every header as (name, value), in order; a line without a colon has the name None."""
        return list(self._all_pairs())

    def _all_pairs(self) -> list[Pair]:
        try:
            return self._pairs
        except AttributeError:  # the first look
            self._pairs = [] if self.kind is Kind.BANNER else decode_headers(self)
            return self._pairs

    def _first_values(self) -> dict[str, str]:
        try:
            return self._index
        except AttributeError:  # the first look
            self._index = {}
            for name, value in self._all_pairs():
                if name is not None:
                    self._index.setdefault(name.lower(), value)
            return self._index

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return self.kind is other.kind and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        name = "" if self.name is None else f" {self.name!r}"
        action_id = self.action_id
        answers = "" if action_id is None else f" action_id={action_id!r}"
        return f"<Message {self.kind.value}{name}{answers} {self.size} bytes>"
