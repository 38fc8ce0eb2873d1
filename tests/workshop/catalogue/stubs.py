"""Write the stubs: the signatures of the functions that make actions, and the views of events."""

import textwrap
from collections.abc import Iterable
from typing import Final

from ami_proto.catalogue.action_record import ActionRecord, Parameter
from ami_proto.catalogue.event_record import EventHeader, EventRecord
from ami_proto.catalogue.sentences import docstring_of
from tests.workshop.catalogue.facts import (
    actions,
    common_headers,
    events,
    groups_of,
    has_any_header,
    prefixed,
)
from tests.workshop.catalogue.tables import GENERATED

_ACTION_STUB: Final = '''"""Functions that make the actions of Asterisk: `originate`, `queue_add` ..."""

{generated}

from collections.abc import Mapping, Sequence
from typing import Literal

from ami_proto.events import (
{views}
)
from ami_proto.message.encoding import Action, Scalar, Value

{functions}
'''

_EVENT_STUB: Final = '''"""The events of Asterisk, as views for type checkers."""

{generated}

from typing import Generic, Literal, TypeAlias, TypeVar

from ami_proto.message.event_values import ChannelState as ChannelState
from ami_proto.message.event_values import channel_state as channel_state
from ami_proto.message.event_values import event_time as event_time
from ami_proto.message.event_values import hangup_cause as hangup_cause
from ami_proto.message.event_values import header_seconds as header_seconds
from ami_proto.message.view import EventView as EventView
from ami_proto.message.view import is_event as is_event

_HeaderName = TypeVar("_HeaderName", bound=str)
_Common: TypeAlias = {common}

class _Checked(EventView, Generic[_HeaderName]):
    """A view with these headers."""

    def __getitem__(self, name: _HeaderName | _Common) -> str: ...  # type: ignore[override]

{groups}

{views}
'''

_FORMS: Final = {
    "text": "str",
    "int": "int",
    "int or label": "int | str",
    "bool": "bool",
    "yes or no": "bool",
    "0 or 1": "bool",
    "milliseconds": "float",
    "seconds": "float",
    "mapping": "Mapping[str, Scalar]",
    "comma list": "str | Sequence[str]",
    "indexed": "Sequence[Scalar]",
    "changes": "Sequence[Mapping[str, Scalar]]",
    "headers": "Mapping[str, Value]",
}
"""The type of an argument of each form."""


def action_stub() -> str:
    """Return the source of `ami_proto/actions.pyi`."""
    known = {event.name: event.view for event in events()}
    views = sorted({known[item] for action in actions() for item in action.items if item in known})
    return _ACTION_STUB.format(
        generated=GENERATED,
        views="\n".join(f"    {view}," for view in views),
        functions="\n\n".join(_function(action, known) for action in actions()),
    )


def event_stub() -> str:
    """Return the source of `ami_proto/events.pyi`."""
    groups = "\n".join(
        f"{_alias(name, prefix)}: TypeAlias = {_literal(each.name for each in prefixed(name, prefix))}"
        for name, prefix in _used_groups()
    )
    views = "\n".join(map(_view, events()))
    return _EVENT_STUB.format(
        generated=GENERATED, common=_literal(common_headers()), groups=groups, views=views
    )


def _function(action: ActionRecord, known: dict[str, str]) -> str:
    # A list of which one event has no view is a list of messages.
    listed = " | ".join(known[item] for item in action.items) if known.keys() >= set(action.items) else ""
    result = f"Action[{listed}]" if listed else "Action"
    arguments = [f"{each.argument}: {_type(each)}" for each in action.parameters if each.required]
    optional = [each for each in action.parameters if not each.required]
    arguments += ["*"] * bool(optional)
    arguments += [f"{each.argument}: {_type(each)} | None = None" for each in optional]
    doc = textwrap.indent(docstring_of(action).replace("\\", "\\\\"), "    ").strip()
    return f'def {action.function}({", ".join(arguments)}) -> {result}:\n    """{doc}\n    """'


def _type(parameter: Parameter) -> str:
    """Return the type of an argument; documented values are offered, others are allowed."""
    plain = _FORMS[parameter.form]
    return f"{_literal(parameter.words)} | {plain}" if parameter.words and plain == "str" else plain


def _view(event: EventRecord) -> str:
    own = [each for each in groups_of(event.name) if isinstance(each, EventHeader)]
    names = [_alias(*each) for each in groups_of(event.name) if not isinstance(each, EventHeader)]
    names += [_literal(each.name for each in own)] if own else []
    base = "EventView" if has_any_header(event.name) else f"_Checked[{' | '.join(names)}]"
    return f'class {event.view}({base}):\n    """{event.means}"""\n'


def _used_groups() -> list[tuple[str, str]]:
    return sorted(
        {each for event in events() for each in groups_of(event.name) if not isinstance(each, EventHeader)}
    )


def _alias(group: str, prefix: str) -> str:
    return "_" + "".join(word.capitalize() for word in f"{prefix}_{group}".split("_"))


def _literal(words: Iterable[str]) -> str:
    quoted = (f'"{word}"' for word in dict.fromkeys(words))
    return f"Literal[{', '.join(quoted)}]"
