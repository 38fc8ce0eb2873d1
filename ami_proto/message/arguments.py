"""How an argument of an action's function becomes headers: one writer for each form in the catalogue."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from ami_proto.catalogue.action_record import Parameter
from ami_proto.errors import InvalidAction
from ami_proto.message.encoding import Scalar, Value

Pairs = Iterable[tuple[str, Value]]

MILLISECONDS: Final = 1000
"""In a second."""


def headers_of(parameter: Parameter, argument: object) -> Pairs:
    """Return the headers that an argument becomes. Raises `InvalidAction`."""
    return FORMS[parameter.form](parameter, argument)


def _as_it_is(parameter: Parameter, argument: object) -> Pairs:
    """Leave it to `Action`, which takes text and numbers."""
    if isinstance(argument, (str, int, float)):
        return [(parameter.header, argument)]
    raise unfit(parameter, "text", argument)


def _yes_or_no(yes: str, no: str) -> "Form":
    def write(parameter: Parameter, argument: object) -> Pairs:
        if not isinstance(argument, bool):
            raise unfit(parameter, "True or False", argument)
        return [(parameter.header, yes if argument else no)]

    return write


def _duration(units: int) -> "Form":
    """Return the writer of a duration: seconds, as a whole number of what Asterisk takes."""

    def write(parameter: Parameter, argument: object) -> Pairs:
        if isinstance(argument, bool) or not isinstance(argument, (int, float)):
            raise unfit(parameter, "a number of seconds", argument)
        if not math.isfinite(argument) or argument < 0:
            raise InvalidAction(f"{parameter.argument} = {argument}: must be a number of seconds, 0 or more")
        # Not less than was asked for: half a second would be no time at all where Asterisk takes seconds.
        return [(parameter.header, math.ceil(argument * units))]

    return write


def _texts(parameter: Parameter, argument: object) -> Iterator[Scalar]:
    """Yield the values of an argument that takes one or many."""
    many = [argument] if isinstance(argument, str) else argument
    if not isinstance(many, Sequence) or isinstance(many, (bytes, bytearray, memoryview)):
        raise unfit(parameter, "text or a sequence of texts", argument)
    for each in many:
        if not isinstance(each, (str, int, float)):
            raise unfit(parameter, "text or a sequence of texts", each)
        yield each


def _with_commas(parameter: Parameter, argument: object) -> Pairs:
    texts = [str(each) for each in _texts(parameter, argument)]
    if len(texts) > 1 and any("," in each for each in texts):
        raise InvalidAction(f"{parameter.argument}: a value has a comma, which stands between values")
    return [(parameter.header, ",".join(texts))]


def _numbered(parameter: Parameter, argument: object) -> Pairs:
    """Write `UnitAmount(0)`, `UnitAmount(1)` ..."""
    name = parameter.header.removesuffix("(0)")
    return [(f"{name}({number})", each) for number, each in enumerate(_texts(parameter, argument))]


def _changes(parameter: Parameter, argument: object) -> Pairs:
    """Write `Action-000000`, `Cat-000000` ... of one mapping for each change."""
    known = {each.partition("-")[0].lower(): each.partition("-")[0] for each in parameter.header.split()}
    if not isinstance(argument, Sequence) or isinstance(argument, str):
        raise unfit(parameter, "a sequence of mappings", argument)
    pairs: list[tuple[str, Value]] = []
    for number, change in enumerate(argument):
        for name, value in _items(parameter, change):
            if name.lower() not in known:
                names = ", ".join(known.values())
                raise InvalidAction(f"{parameter.argument}: a change has {names}, not {name!r}")
            pairs.append((f"{known[name.lower()]}-{number:06}", value))
    return pairs


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
        "text": _as_it_is,
        "int": _as_it_is,
        "int or label": _as_it_is,
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
