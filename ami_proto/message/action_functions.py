"""The functions of `ami_proto.actions`, each made of its row of the catalogue when it is first asked for."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from inspect import Parameter as Argument
from inspect import Signature
from typing import Final, Protocol, cast

from ami_proto.catalogue.action_record import ACTIONS, ActionRecord
from ami_proto.catalogue.sentences import docstring_of
from ami_proto.errors import InvalidAction
from ami_proto.message.arguments import headers_of, unfit
from ami_proto.message.encoding import Action, Scalar, Value

_MODULE: Final = "ami_proto.actions"
VARIABLES: Final = "mapping"
"""The form of the argument that becomes channel variables."""


class ActionFunction(Protocol):
    """A function that makes an action of one name."""

    def __call__(self, *positional: object, **named: object) -> Action:
        """Return the action. Raises `InvalidAction`."""


@cache
def functions() -> Mapping[str, ActionRecord]:
    """Return the actions by the names of their functions."""
    return {record.function: record for record in ACTIONS.values()}


def action_function(name: str) -> ActionFunction:
    """Return the function of this name. Raises `AttributeError`, as a module does for an unknown name."""
    record = functions().get(name)
    if record is None:
        close = get_close_matches(name, functions(), n=1)
        hint = f": did you mean {close[0]!r}?" if close else ""
        raise AttributeError(f"module {_MODULE!r} has no action {name!r}{hint}", name=name)

    def make(*positional: object, **named: object) -> Action:
        return make_action(record, positional, named)

    make.__name__ = make.__qualname__ = record.function
    make.__module__ = _MODULE
    make.__doc__ = docstring_of(record)
    make.__signature__ = _signature(record)  # type: ignore[attr-defined]  # for `help` and editors
    return make


def make_action(record: ActionRecord, positional: tuple[object, ...], named: Mapping[str, object]) -> Action:
    """Return the action for the arguments of its function. Raises `InvalidAction`."""
    given = _by_argument(record, positional, named)
    pairs: list[tuple[str, Value]] = []
    variables: Mapping[str, Scalar] | None = None
    for parameter in record.parameters:
        argument = given.get(parameter.argument)
        if argument is None:
            continue
        if parameter.form == VARIABLES:
            if not isinstance(argument, Mapping):
                raise unfit(parameter, "a mapping of names and values", argument)
            variables = cast("Mapping[str, Scalar]", argument)
        else:
            pairs += headers_of(parameter, argument)
    return Action(record.name, pairs, variables=variables)


def _by_argument(
    record: ActionRecord, positional: tuple[object, ...], named: Mapping[str, object]
) -> dict[str, object]:
    """Return the arguments by name. Raises `InvalidAction` for one too many, unknown or missing."""
    required = [each.argument for each in record.parameters if each.required]
    if len(positional) > len(required):
        raise InvalidAction(
            f"{record.function} takes {len(required)} arguments by position, not {len(positional)}"
        )
    given: dict[str, object] = dict(zip(required, positional, strict=False))
    known = [each.argument for each in record.parameters]
    for name, argument in named.items():
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f": did you mean {close[0]!r}?" if close else ""
            raise InvalidAction(f"{record.function} has no argument {name!r}{hint}")
        if name in given:
            raise InvalidAction(f"{record.function}: {name!r} is given twice")
        given[name] = argument
    missing = [name for name in required if given.get(name) is None]
    if missing:
        raise InvalidAction(f"{record.function} needs {' and '.join(missing)}")
    return given


def _signature(record: ActionRecord) -> Signature:
    return Signature(
        [
            Argument(each.argument, Argument.POSITIONAL_OR_KEYWORD)
            if each.required
            else Argument(each.argument, Argument.KEYWORD_ONLY, default=None)
            for each in record.parameters
        ],
        return_annotation=Action,
    )
