"""Messages of the server, and the decoder that makes them of bytes.

A message is a frame whose headers are decoded on first use: most events reach no subscription, and cost no
decoding. Nothing here raises, whatever the bytes.
"""

import json
import re
from collections.abc import ItemsView, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar, cast, overload

from ami_proto.message.headers import (
    CHANNEL_VARIABLE,
    Pair,
    Shape,
    Values,
    decode_headers,
    learned_shapes,
    shape_of,
)
from ami_proto.message.redact import redact_message
from ami_proto.values import EVENT, RESPONSE, Kind
from ami_proto.wire.banner import parse_banner
from ami_proto.wire.frame import Frame, text
from ami_proto.wire.framing import FRAME_SIZE_MAX, Framer

Default = TypeVar("Default")
"""What `get` returns for a header that is not there."""

# The other form, in which a prefix names the channel: `DestChanVariable: n=v` is of the channel that
# `DestChannel` names (main/manager_channels.c, 12 and later).
_OWN_VARIABLE: Final = "chanvariable"

# Events with a `Response` header of their own, or with any header that a user sent: OriginateResponse
# (main/manager.c:4473), BridgeExec (11 and earlier), UserEvent (main/manager.c:6504).
_MAY_LOOK_TORN: Final = frozenset({"originateresponse", "bridgeexec", "userevent"})

# List items that have a `Privilege` header, like events that were not asked for (main/manager.c:3836;
# channels/chan_sip.c:21074).
_PRIVILEGED_ITEMS: Final = frozenset({"status", "peerstatus"})


# Headers of which a torn frame has one too many. Some of what this finds may be in a value, after a bare LF.
# The look-ahead lets the pattern fail at once on other headers.
_SIGNS: Final = re.compile(rb"\n(?=[AERaer\t ])[ \t]*+((?i:ActionID|Event|EventList|Response))[ \t]*+:")


class Message(Frame, Mapping[str, str]):
    """One message of the server: a mapping of header names to values.

    Names are matched in any case; the first value of a name counts, and `items()` has it under the name as
    it was sent. `pairs()` has every line in order. A message is always true, also without headers.

    `kind`, `name` (the event's name, or the response's status) and `action_id` need no decoding. `raw` has
    the bytes.
    """

    __slots__ = ("_shape", "sender")
    _shape: Shape
    """The names of the headers, as soon as `_values` is set."""
    sender: str
    """The key of the server, once a subscription wants the message or an action collects it.

    Unset until then, so that an unwanted event costs nothing. Read `server`.
    """

    @property
    def server(self) -> str:
        """The key of the server that sent it; empty from a bare `Decoder`. No part of equality."""
        try:
            return self.sender
        except AttributeError:
            return ""

    @property
    def version(self) -> str | None:
        """The version that a banner names; None for any other message."""
        return parse_banner(self.first.line) if self.kind is Kind.BANNER else None

    @property
    def output(self) -> list[str] | None:
        """The lines of command output, in the format of any release; None if this is not command output."""
        if self.kind is not RESPONSE:
            return None
        if self.body >= 0:  # 13 and earlier
            return _decode_output(self)
        lines = self.get_all("Output")
        if not lines and self.get("Message") != "Command output follows":
            return None
        # Where a command printed nothing there is one empty `Output`, from 14 on (main/manager.c:4398).
        return [] if lines == [""] else lines

    @property
    def torn(self) -> bool:
        """Whether this looks like half a frame with another frame joined to it (R-WIRE-12).

        Such a message must not complete an action. An event with `Privilege` is exempt, because it may repeat
        any header that a user sent (UserEvent); the list items `Status` and `PeerStatus` have one, too, and
        are not exempt. Whole blocks of headers under one ActionID are exempt: see `repeated`.
        """
        event = self.kind is EVENT
        if not event and self.kind is not RESPONSE:
            return False
        if self.one_block:
            return False
        name = (self.name or "").lower()
        if event and self.has_privilege and name not in _PRIVILEGED_ITEMS:
            return False
        action_ids, events = self.get_all("ActionID"), self.get_all("Event")
        responses = self.get_all("Response")
        may_look_torn = event and name in _MAY_LOOK_TORN
        if len(set(action_ids)) > 1:
            return True
        first_lines = [("event", each) for each in events] + [("response", each) for each in responses]
        if not may_look_torn and (len(set(first_lines)) > 1 or len(first_lines) > max(1, len(action_ids))):
            return True
        # The end of a list has its own event (`StatusComplete`): on an item, it comes from a second frame.
        terminal = self.get("EventList", "").lower() in ("complete", "cancelled")
        return event and terminal and not name.endswith("complete")

    @property
    def repeated(self) -> bool:
        """Whether there is more than one block of headers under its ActionID.

        Some handlers write several instances into one frame (chan_voter's `VoterStatus`, chan_sccp's
        `SCCPShowConference`). In a list, it may as well be two items, the first of them torn.
        """
        return not self.one_block and len(self.get_all("ActionID")) > 1

    @property
    def one_block(self) -> bool:
        """Whether no `Event`, `Response` or `EventList` and at most one ActionID follow the first line.

        A search of the bytes: it spares the usual item and reply the decoding. False if in doubt.
        """
        if self._one_block is None:
            self._one_block = self._is_one_block()
        return self._one_block

    def _is_one_block(self) -> bool:
        if self.first.leading or self.first.text is None:  # the first line may be one of these headers
            return False
        signs = _SIGNS.findall(self.content)
        return not signs or (len(signs) == 1 and signs[0].lower() == b"actionid")

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, each once, in the spelling of its first line."""
        return (name for name, _ in self._known_shape().first_places())

    def __len__(self) -> int:
        return self._known_shape().count

    def __bool__(self) -> bool:
        return True

    def items(self) -> ItemsView[str, str]:
        """Return each name, in the spelling of its first line, and its first value."""
        return _Items(self)

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: Default) -> str | Default: ...
    def get(self, name: str, default: Default | None = None) -> str | Default | None:
        """Return the first value of a header, or the default."""
        values = self._values
        if values is None:
            values = self._decode()
        shape = self._shape
        place = shape.index.get(name)
        if place is None:
            place = shape.index.get(name.lower())
            if place is None:
                return default
        # A group may end in LFs that are no part of the value.
        return values[place].rstrip("\n") if place else shape.first_value

    def get_all(self, name: str) -> list[str]:
        """Return every value of a header, in order."""
        wanted = name.lower()
        if wanted not in self._known_shape().index:
            return []
        return [value for key, value in self.pairs() if key is not None and key.lower() == wanted]

    def pairs(self) -> list[Pair]:
        """Return every header as (name, value), in order. The name of a line without a colon is None."""
        values = self._all_values()
        return list(zip(self._shape.names, values, strict=False))

    def variables(self, channel: str | None = None) -> dict[str, str]:
        r"""Return the channel variables that the message has, by name (`channelvars` in manager.conf).

        They come as `ChanVariable: n=v`, with a prefix if they are of a second channel, and as
        `ChanVariable(CHANNEL): n=v`; those that a `Status` action asked for as `Variable: n=v`. `channel`
        selects one channel of several. Without it, where two channels have the same variable, the first
        counts, which is the channel of the event.

        Values are as the server sent them: from 13.5 on it escapes those of the first form as C does
        (`O\'Brien`), and never those of the second.
        """
        found: dict[str, str] = {}
        for header, value in self.pairs():
            owner = None if header is None else self._variable_owner(header)
            variable, equals, content = value.partition("=")
            if owner is not None and equals and channel in (None, owner):
                found.setdefault(variable, content)
        return found

    def as_json(self) -> str:
        r"""Return the message as one line of JSON, from which nothing is missing.

        An object with `type`, `server`, `name`, `action_id`, and `headers`: every line in order, as a pair of
        name and value, the name null if the line has no colon. The output of a command of 13 and earlier is
        in `output`, the line of a banner in `line`. Bytes that are not UTF-8 are `\udc80` to `\udcff`, as
        Python's `surrogateescape` has them.
        """
        shown: dict[str, object] = {
            "type": self.kind.value,
            "server": self.server,
            "name": self.name,
            "action_id": self.action_id,
            "headers": self.pairs(),
        }
        if self.kind is Kind.BANNER:
            shown["line"] = self._banner()
        if self.body >= 0:
            shown["output"] = self._body_lines()
        return json.dumps(shown)

    def __str__(self) -> str:
        """Return the lines as on the wire, with secrets masked, and unprintable characters escaped."""
        if self.kind is Kind.BANNER:
            return _printable(self._banner())
        pairs: list[Pair] = [*self.pairs(), *((None, line) for line in self._body_lines())]
        lines = (value if name is None else f"{name}: {value}" for name, value in redact_message(pairs))
        return "\n".join(map(_printable, lines))

    def _banner(self) -> str:
        return text(self.first.line).rstrip("\r\n")

    def _body_lines(self) -> list[str]:
        """Return the output of `Response: Follows`, also of half a frame."""
        if self.output is not None:
            return self.output if self.body >= 0 else []
        return text(self.content[self.body :]).split("\n") if self.body >= 0 else []

    def _variable_owner(self, header: str) -> str | None:
        """Return the channel whose variable a header has, "" if it is not named; None for other headers."""
        _, opening, channel = header.partition(CHANNEL_VARIABLE)
        if opening:
            return channel.removesuffix(")")
        lowered = header.lower()
        if lowered.endswith(_OWN_VARIABLE):
            return self.get(f"{lowered.removesuffix(_OWN_VARIABLE)}channel", "")
        if lowered == "variable" and self.kind is EVENT and self.name == "Status":
            return self.get("Channel", "")
        return None

    def _known_shape(self) -> Shape:
        if self._values is None:
            self._decode()
        return self._shape

    def _all_values(self) -> Sequence[str]:
        """Return every value in order."""
        values = self._values
        if values is None:
            values = self._decode()
        if isinstance(values, list):
            return values
        found = values.groups()
        if "\n" in "".join(found):  # rarely; a group may end in LFs that are no part of the value
            found = tuple([value.rstrip("\n") for value in found])
        return (self._shape.first_value,) + found  # noqa: RUF005 - unpacking takes twice as long

    def _decode(self) -> Values:
        """Find the values: all at once if the frame has a shape that was learned, else line by line."""
        shapes = learned_shapes(self.first.line)
        if shapes:
            headers = self.content_text()
            for shape in shapes:
                found = shape.match(headers)
                if found is not None:
                    self._shape = shape  # before the values, for which other threads may look
                    self._values = found
                    return found
        pairs = [] if self.kind is Kind.BANNER else decode_headers(self)
        self._shape = shape_of(self.first, pairs)
        self._values = values = [value for _, value in pairs]
        return values

    def __getstate__(self) -> object:
        """Leave out what was decoded, for copies and pickles: a match cannot be pickled."""
        state: dict[str, object] = {
            name: getattr(self, name) for name in (*Frame.__slots__, "sender") if hasattr(self, name)
        }
        return None, state | {"_values": None}

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


class _Items(ItemsView[str, str]):
    """The items of a message, with one pass over its values instead of one search for each."""

    __slots__ = ()
    _mapping: Message

    def __iter__(self) -> Iterator[tuple[str, str]]:
        message = self._mapping
        values, shape = message._all_values(), message._shape
        if shape.count == len(shape.names):  # no name comes twice, and each line has one
            names = cast("tuple[str, ...]", shape.names)
            return zip(names, values, strict=False)  # which are equally many: the check is not free
        return ((name, values[place]) for name, place in shape.first_places())


class Decoder:
    """Turn the bytes of one stream into messages, as a connection does, for captures, tests and tools.

    `sent` are the ActionIDs of the actions that were sent on the stream, if they are known. Command output
    then follows `Response: Follows` only in the first response to one of them: another value that looks
    like one was forged. Without `sent`, output always follows.
    """

    __slots__ = ("_due", "_framer")

    def __init__(self, *, frame_size_max: int = FRAME_SIZE_MAX, sent: Iterable[str] | None = None) -> None:
        self._due = frozenset[str]() if sent is None else frozenset(sent)
        self._framer = Framer(Message, frame_size_max=frame_size_max, asks=sent is not None)

    def feed(self, data: bytes) -> list[Message]:
        """Take the next bytes of the stream and return the messages that they complete."""
        messages = self._framer.feed(bytes(data))
        answered = 0
        while (head := self._framer.question) is not None:
            self._due -= {each.action_id for each in messages[answered:] if each.kind is RESPONSE}
            answered = len(messages)
            messages += self._framer.answer(has_body=head.action_id in self._due)
        if self._due:
            self._due -= {each.action_id for each in messages[answered:] if each.kind is RESPONSE}
        return messages

    def eof(self) -> list[Message]:
        """Take the end of the stream; return the message that it completes, or the rest as INCOMPLETE."""
        return self._framer.eof()


def _printable(line: str) -> str:
    """Return a line without what would break it, control a terminal, or fail to be encoded."""
    if line.isprintable():
        return line
    return "".join(each if each.isprintable() or each == "\t" else ascii(each)[1:-1] for each in line)


def _decode_output(frame: Frame) -> list[str]:
    """Return the output lines of a complete `Response: Follows` frame.

    A line loses one CR at its end and nothing else. The last one may have no line end before the terminator.
    """
    lines = text(frame.content[frame.body : frame.body_end]).split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]
