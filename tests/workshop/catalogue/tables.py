"""Write the two tables that the library reads."""

from collections.abc import Iterable
from typing import Final

from ami_proto.catalogue.action_record import ActionRecord
from ami_proto.catalogue.event_record import EventHeader, EventRecord
from tests.workshop.catalogue.facts import actions, events, groups_of, prefixed

GENERATED: Final = "# Written by `python -m tests.workshop.catalogue`: edit the facts and the words there."
_ACTION_TABLE: Final = '''"""The actions of Asterisk. `action_record` says what the columns are."""

{generated}

from typing import Final

ParameterRow = tuple[str, str, bool, str, tuple[str, ...], tuple[str, ...], str]
ActionRow = tuple[
    str, str, str, str, tuple[str, ...], tuple[str, ...], str, str, str, tuple[str, ...], str,
    tuple[ParameterRow, ...],
]

ACTION_ROWS: Final[tuple[ActionRow, ...]] = (
{rows}
)
'''

_EVENT_TABLE: Final = '''"""The events of Asterisk. `event_record` says what the columns are."""

{generated}

from typing import Final

HeaderRow = str | tuple[str, ...]
EventRow = tuple[
    str, str, tuple[str, ...], tuple[str, ...], str, tuple[tuple[HeaderRow, ...], ...],
]

# Headers that many events have together.
{groups}

EVENT_ROWS: Final[tuple[EventRow, ...]] = (
{rows}
)
'''


def action_table() -> str:
    """Return the source of `ami_proto/catalogue/action_table.py`."""
    rows = "\n".join(map(_action_row, actions()))
    return _ACTION_TABLE.format(generated=GENERATED, rows=rows)


def event_table() -> str:
    """Return the source of `ami_proto/catalogue/event_table.py`."""
    used = dict.fromkeys(
        each for event in events() for each in groups_of(event.name) if not isinstance(each, EventHeader)
    )
    groups = "\n".join(f"{constant(*each)}: Final = {_header_rows(prefixed(*each))}" for each in sorted(used))
    rows = "\n".join(map(_event_row, events()))
    return _EVENT_TABLE.format(generated=GENERATED, groups=groups, rows=rows)


def constant(group: str, prefix: str) -> str:
    """Return the name of the constant that has the headers of a group, under a prefix."""
    return "_".join(filter(None, ("", prefix, group))).upper().lstrip("_")


def _action_row(action: ActionRecord) -> str:
    *facts, parameters = action
    lines = [f"    ({', '.join(map(_text, facts))}, ("]
    lines += [f"        {_tuple(each)}," for each in parameters]
    return "\n".join([*lines, "    )),"]) if parameters else f"{lines[0]})),"


def _event_row(event: EventRecord) -> str:
    *facts, _ = event
    return f"    ({', '.join(map(_text, facts))}, {_groups(event.name)}),"


def _groups(event: str) -> str:
    """Return the headers of an event as the names of groups, and tuples of what stands between them."""
    parts: list[str] = []
    single: list[EventHeader] = []
    for each in groups_of(event):
        if isinstance(each, EventHeader):
            single.append(each)
            continue
        parts += [_header_rows(single)] * bool(single) + [constant(*each)]
        single = []
    parts += [_header_rows(single)] * bool(single)
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _header_rows(headers: Iterable[EventHeader]) -> str:
    return _tuple(_header_row(each) for each in headers)


def _header_row(header: EventHeader) -> str | tuple[str, ...]:
    marked = header.name + "?" * header.optional + "*" * header.repeated
    return (marked, *header.words) if header.words else marked


def _tuple(values: Iterable[object]) -> str:
    parts = [_text(each) for each in values]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _text(value: object) -> str:
    """Return a value in double quotes, as the project has them."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _tuple(value) if isinstance(value, tuple) else repr(value)
