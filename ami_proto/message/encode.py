"""An action and its bytes. Whatever an Action accepted can be written; nothing else is ever written."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar, overload

from ami_proto.errors import InvalidAction
from ami_proto.lines import check_header_name, encoded_action, encoded_header
from ami_proto.message.redact import redact

Scalar = str | int | float | bool
Value = Scalar | Sequence[Scalar]
"""What a header may be given: a sequence repeats the header, an empty one leaves it out."""

# include/asterisk/manager.h:101 AST_MAX_MANHEADERS; Action and ActionID count.
HEADER_LINES_MAX: Final = 128

# Above 67 bytes Asterisk's own handlers corrupt their replies (apps/app_confbridge.c:4125, 80 bytes
# for the whole line).
ACTION_ID_SIZE_MAX: Final = 64

_T = TypeVar("_T")


class Action:
    """A request to the server: a name and headers, checked when it is made. Immutable.

    `headers` is a mapping, or pairs where a name comes more than once. `variables` writes one
    `Variable` header each, escaped so that every value arrives as it is. Raises InvalidAction.

    Originate is made asynchronous unless an `Async` header says otherwise, because a synchronous one
    blocks the whole session until the call is answered (main/manager.c:5275).
    """

    __slots__ = ("_body", "_headers", "_name")

    def __init__(
        self,
        name: str,
        headers: Mapping[str, Value] | Iterable[tuple[str, Value]] = (),
        *,
        variables: Mapping[str, Scalar] | None = None,
    ) -> None:
        lines = [encoded_action(name)]
        pairs = _header_pairs(headers)
        if variables:
            pairs += [("Variable", _variable(key, value)) for key, value in variables.items()]
        if name.lower() == "originate" and not any(key.lower() == "async" for key, _ in pairs):
            pairs.append(("Async", "true"))
        if len(pairs) + 2 > HEADER_LINES_MAX:
            raise InvalidAction(
                f"{name}: {len(pairs) + 2} lines with Action and ActionID, Asterisk takes {HEADER_LINES_MAX}"
            )
        lines += [encoded_header(key, value) for key, value in pairs]
        self._name = name
        self._headers = tuple(pairs)
        self._body = (lines[0] + b"\r\nActionID: ", b"\r\n".join([b"", *lines[1:], b"", b""]))

    @property
    def name(self) -> str:
        """The action's name as it was given."""
        return self._name

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Every header line that is sent, in order, but for Action and ActionID."""
        return self._headers

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: _T) -> str | _T: ...
    def get(self, name: str, default: _T | None = None) -> str | _T | None:
        """Return the first value of a header, whatever the case of its name, or the default."""
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
    """Return the action as the bytes of one AMI message, with CRLF and nothing behind its empty line."""
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
        name, value = _checked_pair(item)
        check_header_name(name)
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview)):
            pairs += [(name, _text(name, one)) for one in value]
        else:
            pairs.append((name, _text(name, value)))
    return pairs


def _checked_pair(item: object) -> tuple[str, object]:
    if not isinstance(item, (tuple, list)) or len(item) != 2:
        raise InvalidAction("headers must be a mapping or pairs of name and value")
    return item[0], item[1]


def _text(name: str, value: object) -> str:
    """Return a header's value as text; bool before int, for a bool is an int."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float) and math.isfinite(value):
        return str(float(value))
    raise InvalidAction(f"header {name!r} takes text, finite numbers and bools, not {type(value).__name__}")


def _variable(name: object, value: object) -> str:
    """Return `name=value`, escaped for main/app.c:2357, which takes quotes and backslashes out."""
    if not isinstance(name, str) or not name:
        raise InvalidAction("variable name must be text and not empty")
    if any(char in '=,"\\' or char.isspace() for char in name):
        raise InvalidAction('a variable name has a blank or one of = , " \\')
    escaped = _text(f"Variable {name}", value)
    for char in '\\",':
        escaped = escaped.replace(char, "\\" + char)
    return f"{name}={escaped}"
