"""How an argument of an action's function becomes headers: one writer for each form in the catalogue."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeVar

from ami_proto.catalogue.action_record import Parameter
from ami_proto.errors import InvalidAction
from ami_proto.message.encoding import Scalar, Value, text_of

Pairs = Iterable[tuple[str, Value]]
Many = TypeVar("Many", bound=Scalar)

MILLISECONDS: Final = 1000
"""In a second."""

INT_MAX: Final = 2**31 - 1
"""The highest number that Asterisk reads: its own have 32 bits."""

_WHOLE: Final = re.compile(r"[+-]?[0-9]+")


def headers_of(parameter: Parameter, argument: object) -> Pairs:
    """Return the headers that an argument becomes. Raises `InvalidAction`."""
    return FORMS[parameter.form](parameter, argument)


def _text(parameter: Parameter, argument: object) -> Pairs:
    """Take numbers too: the value of a variable may be one. What True would mean, no header says."""
    if isinstance(argument, (str, int, float)) and not isinstance(argument, bool):
        return [(parameter.header, argument)]
    raise unfit(parameter, "text", argument)


def _whole_number(parameter: Parameter, argument: object) -> Pairs:
    if isinstance(argument, str):
        if _WHOLE.fullmatch(argument):
            return [(parameter.header, argument)]
        raise InvalidAction(f"{parameter.argument}: must be a whole number")
    return [(parameter.header, _as_int(parameter, "a whole number", argument))]


def _number_or_label(parameter: Parameter, argument: object) -> Pairs:
    if isinstance(argument, str):
        return [(parameter.header, argument)]
    return [(parameter.header, _as_int(parameter, "a whole number or a label", argument))]


def _as_int(parameter: Parameter, wanted: str, argument: object) -> int:
    """Return a number without a fraction: 2.0 is 2."""
    if isinstance(argument, int) and not isinstance(argument, bool):
        return argument
    if isinstance(argument, float) and argument.is_integer():
        return int(argument)
    raise unfit(parameter, wanted, argument)


def _yes_or_no(yes: str, no: str) -> "Form":
    def write(parameter: Parameter, argument: object) -> Pairs:
        if not isinstance(argument, bool):
            raise unfit(parameter, "True or False", argument)
        return [(parameter.header, yes if argument else no)]

    return write


def _duration(units: int) -> "Form":
    """Return the writer of a duration: seconds, as a whole number of what Asterisk takes."""
    seconds_max = INT_MAX // units

    def write(parameter: Parameter, argument: object) -> Pairs:
        if isinstance(argument, bool) or not isinstance(argument, (int, float)):
            raise unfit(parameter, "a number of seconds", argument)
        if not 0 <= argument <= seconds_max:
            raise InvalidAction(f"{parameter.argument}: must be a number of seconds, from 0 to {seconds_max}")
        # Not less than was asked for: half a second would be no time at all where Asterisk takes seconds.
        return [(parameter.header, math.ceil(argument * units))]

    return write


def _texts(parameter: Parameter, argument: object, *kinds: type[Many]) -> Iterator[Many]:
    """Yield the values of an argument that takes one text or a sequence."""
    many = [argument] if isinstance(argument, str) else argument
    if not isinstance(many, Sequence) or isinstance(many, (bytes, bytearray, memoryview)):
        raise unfit(parameter, "text or a sequence of texts", argument)
    for each in many:
        if not isinstance(each, kinds) or isinstance(each, bool):
            raise unfit(parameter, "text or a sequence of texts", each)
        yield each


def _with_commas(parameter: Parameter, argument: object) -> Pairs:
    texts = [text_of(parameter.header, each) for each in _texts(parameter, argument, str)]
    if len(texts) > 1 and any("," in each for each in texts):
        raise InvalidAction(f"{parameter.argument}: a value has a comma, which stands between values")
    return [(parameter.header, ",".join(texts))]


def _numbered(parameter: Parameter, argument: object) -> Pairs:
    """Write `UnitAmount(0)`, `UnitAmount(1)` ..."""
    name = parameter.header.removesuffix("(0)")
    values: Iterator[Scalar] = _texts(parameter, argument, str, int, float)
    return [(f"{name}({number})", each) for number, each in enumerate(values)]


_OF_EVERY_CHANGE: Final = ("Action", "Cat")
"""Asterisk ends at a change without them, and says that all went well (main/manager.c, handle_updates)."""


def _changes(parameter: Parameter, argument: object) -> Pairs:
    """Write `Action-000000`, `Cat-000000` ... of one mapping for each change."""
    known = {each.partition("-")[0].lower(): each.partition("-")[0] for each in parameter.header.split()}
    if not isinstance(argument, Sequence) or isinstance(argument, str):
        raise unfit(parameter, "a sequence of mappings", argument)
    pairs: list[tuple[str, Value]] = []
    for number, change in enumerate(argument):
        values = _change(parameter, known, number + 1, change)
        pairs += [(f"{name}-{number:06}", value) for name, value in values.items()]
    return pairs


def _change(parameter: Parameter, known: Mapping[str, str], ordinal: int, change: object) -> dict[str, Value]:
    """Return the values of one change by their names on the wire."""
    values: dict[str, Value] = {}
    for given, value in _items(parameter, change):
        name = known.get(given.lower())
        if name is None:
            raise InvalidAction(
                f"{parameter.argument}: a change has {', '.join(known.values())}, not {given!r}"
            )
        if name in values:
            raise InvalidAction(f"{parameter.argument}: change {ordinal} has {name} twice")
        if not isinstance(value, (str, int, float)):
            raise unfit(parameter, f"text for the {name} of a change", value)
        values[name] = value
    for name in _OF_EVERY_CHANGE:
        if values.get(name, "") == "":
            raise InvalidAction(f"{parameter.argument}: change {ordinal} has no {name}")
    return values


def _headers(parameter: Parameter, argument: object) -> Pairs:
    return list(_items(parameter, argument))


def _items(parameter: Parameter, argument: object) -> Iterator[tuple[str, Value]]:
    if not isinstance(argument, Mapping):
        raise unfit(parameter, "a mapping of names and values", argument)
    for name, value in argument.items():
        if not isinstance(name, str):
            raise unfit(parameter, "a mapping of names and values", name)
        yield name, value


def unfit(parameter: Parameter, wanted: str, given: object) -> InvalidAction:
    """Return the error for an argument of the wrong type."""
    return InvalidAction(f"{parameter.argument} takes {wanted}, not {type(given).__name__}")


Form = Callable[[Parameter, object], Pairs]

FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        "text": _text,
        "int": _whole_number,
        "int or label": _number_or_label,
        "bool": _yes_or_no("true", "false"),
        "yes or no": _yes_or_no("yes", "no"),
        "0 or 1": _yes_or_no("1", "0"),
        "seconds": _duration(1),
        "milliseconds": _duration(MILLISECONDS),
        "comma list": _with_commas,
        "indexed": _numbered,
        "changes": _changes,
        "headers": _headers,
    }
)
"""By the form's name. `mapping` is not among them: channel variables are an argument of `Action`."""
