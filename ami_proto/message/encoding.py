"""Actions and their bytes. An `Action` checks its parts when it is made: writing it cannot fail later."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Generic, overload

from ami_proto.config.action_rules import check_headers, check_variables
from ami_proto.config.lines import LINE_SIZE_MAX, check_header_name, encoded_action, encoded_header
from ami_proto.errors import InvalidAction
from ami_proto.message.message import Default
from ami_proto.message.redact import redact
from ami_proto.message.view import Listed
from ami_proto.values import plain

Scalar = str | int | float | bool
Value = Scalar | Sequence[Scalar]
"""The value of a header: a sequence repeats the header, an empty one leaves it out."""

# include/asterisk/manager.h:101 AST_MAX_MANHEADERS, Action and ActionID included. Asterisk ignores the rest.
HEADER_LINES_MAX: Final = 128

# Above 67 bytes, Asterisk's own handlers corrupt their replies (apps/app_confbridge.c:4125: a buffer of 80
# bytes for the whole line).
ACTION_ID_SIZE_MAX: Final = 64


class Action(Generic[Listed]):
    """A request to the server: a name and headers. Immutable. Raises `InvalidAction`.

    `headers` is a mapping, or pairs, in which a name may occur more than once. Each of `variables` becomes a
    `Variable` header, escaped so that its value arrives unchanged. What Asterisk would lose without an error
    is refused: blanks before a value, a second value where it takes one, variables where there are none.

    Originate gets the header `Async: true` unless it has an `Async` header, because a synchronous one blocks
    the whole session until the call is answered (main/manager.c:5275).

    For type checkers, `Action[CoreShowChannel]` is an action whose reply lists events of that view.
    """

    __slots__ = ("_body", "_headers", "_key", "_name")

    def __init__(
        self,
        name: str,
        headers: Mapping[str, Value] | Iterable[tuple[str, Value]] = (),
        *,
        variables: Mapping[str, Scalar] | None = None,
    ) -> None:
        name = plain(name)
        lines = [encoded_action(name)]
        pairs = _header_pairs(headers)
        if variables:
            check_variables(name)
            pairs += [("Variable", _variable(key, value)) for key, value in variables.items()]
        check_headers(name, pairs, lambda _, key: f"the value of header {key!r}")
        self._key = name.lower()
        if self._key == "originate" and not any(key.lower() == "async" for key, _ in pairs):
            pairs.append(("Async", "true"))
        if len(pairs) + 2 > HEADER_LINES_MAX:
            raise InvalidAction(
                f"{name}: {len(pairs) + 2} lines with Action and ActionID, Asterisk takes {HEADER_LINES_MAX}"
            )
        lines += [encoded_header(f"the line of header {key!r}", key, value) for key, value in pairs]
        self._name = name
        self._headers = tuple(pairs)
        self._body = (lines[0] + b"\r\nActionID: ", b"\r\n".join([b"", *lines[1:], b"", b""]))

    @property
    def name(self) -> str:
        """The action's name, in the case that was given."""
        return self._name

    @property
    def key(self) -> str:
        """The name in lower case: Asterisk tells actions apart by that."""
        return self._key

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Every header line in the order of sending, without Action and ActionID."""
        return self._headers

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: Default) -> str | Default: ...
    def get(self, name: str, default: Default | None = None) -> str | Default | None:
        """Return the first value of a header, or the default. The name may be in any case."""
        wanted = name.lower()
        for key, value in self._headers:
            if key.lower() == wanted:
                return value
        return default

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Action):
            return NotImplemented
        return self._name == other._name and self._headers == other._headers

    def __hash__(self) -> int:
        return hash((self._name, self._headers))

    def __repr__(self) -> str:
        return f"Action({self._name!r}, {redact(self._headers, self._name)!r})"


def encode(action: Action, action_id: str) -> bytes:
    """Return the action as the bytes of one AMI message, up to its empty line. Raises `InvalidAction`."""
    # A leading blank would be lost: Asterisk skips blanks before a value (facts, 1.3).
    if not action_id or not action_id.isascii() or not action_id.isprintable() or action_id[0] == " ":
        raise InvalidAction(f"ActionID {action_id!r} is empty, not printable ASCII, or begins with a blank")
    if len(action_id) > ACTION_ID_SIZE_MAX:
        raise InvalidAction(f"ActionID of {len(action_id)} bytes, the limit is {ACTION_ID_SIZE_MAX}")
    before, after = action._body
    return before + action_id.encode("ascii") + after


def _header_pairs(headers: Mapping[str, Value] | Iterable[tuple[str, Value]]) -> list[tuple[str, str]]:
    given = headers.items() if isinstance(headers, Mapping) else headers
    pairs: list[tuple[str, str]] = []
    for item in given:
        given_name, value = _checked_pair(item)
        name = plain(given_name)
        check_header_name(name)
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview)):
            pairs += [(name, text_of(name, one)) for one in value]
        else:
            pairs.append((name, text_of(name, value)))
    return pairs


def _checked_pair(item: object) -> tuple[str, object]:
    if not isinstance(item, (tuple, list)) or len(item) != 2:
        raise InvalidAction("headers must be a mapping or pairs of name and value")
    return item[0], item[1]


def text_of(name: str, value: object) -> str:
    """Return a value of a header as it is written. Raises `InvalidAction`, which names the header."""
    # As the plain type: a subclass (an enum, a string with state) may write itself differently each time.
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, bool):  # before int: a bool is an int
        return "true" if value else "false"
    if isinstance(value, int):
        if value.bit_length() > 4 * LINE_SIZE_MAX:  # four bits make more than a digit
            raise InvalidAction(f"header {name!r}: the number has more digits than a line can hold")
        return str(int(value))
    if isinstance(value, float) and math.isfinite(value):
        return str(float(value))
    raise InvalidAction(f"header {name!r} takes text, finite numbers and bools, not {type(value).__name__}")


def _variable(name: object, value: object) -> str:
    """Return `name=value`, escaped, because main/app.c:2357 removes quotes and backslashes."""
    if not isinstance(name, str) or not name:
        raise InvalidAction("variable name must be text and not empty")
    if any(char in '=,"\\' or char.isspace() for char in name):
        raise InvalidAction('a variable name has a blank or one of = , " \\')
    name = plain(name)
    escaped = text_of(f"Variable {name}", value)
    for char in '\\",':
        escaped = escaped.replace(char, "\\" + char)
    return f"{name}={escaped}"
