"""The dialplan: the extensions of calls, those of modules, and those that clients add (main/pbx.c)."""

from collections.abc import Iterator

from conformance.mock.event_headers import HeaderPair
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.inventory.contexts import HINT, DialplanRow, Directive, Priority
from conformance.mock.privileges import is_true
from conformance.mock.requests import to_number
from conformance.mock.state import MockState

from .answers import ActionRefused, require, send_items

DEFAULT_CONTEXT = "default"
"""The context of all calls."""

ADD_NEEDS = "Context, Extension, Priority, and Application must be defined for DialplanExtensionAdd."
REMOVE_NEEDS = "Context and Extension must be provided for DialplanExtensionRemove"
NO_PRIORITY = "The priority specified was invalid."


def show_dialplan(exchange: Exchange) -> None:
    """List the dialplan, a context of it, or an extension; the count of contexts ignores the extension."""
    context, extension = exchange.get("Context"), exchange.get("Extension")
    here = [row for row in dialplan_rows(exchange.server.state) if context in ("", row.context)]
    if not here:
        raise ActionRefused(f"Did not find context {context}")
    rows = [row for row in here if not extension or _is_of(row, extension)]
    if not rows:
        where = f"@{context}" if context else " in any context"
        raise ActionRefused(f"Did not find extension {extension}{where}")
    priorities = [row for row in rows if isinstance(row, Priority)]
    exchange.list_start("DialPlan list will follow")
    send_items(exchange, [("ListDialplan", _headers(row)) for row in rows])
    exchange.list_complete(
        "ShowDialPlanComplete",
        len(rows),
        ("ListExtensions", len({(row.context, row.extension) for row in priorities})),
        ("ListPriorities", len(priorities)),
        ("ListContexts", len({row.context for row in here})),
    )


def add_extension(exchange: Exchange) -> None:
    """Add a priority; `Replace` is needed for an existing one."""
    context, extension, priority, application = (
        require(exchange, name, ADD_NEEDS) for name in ("Context", "Extension", "Priority", "Application")
    )
    row = Priority(context, extension, _priority(priority), application, exchange.get("ApplicationData"))
    added = exchange.server.state.inventory.dialplan
    same = [each for each in added if _is_of(each, extension, row.priority) and each.context == context]
    if same and not is_true(exchange.get("Replace")):
        raise ActionRefused("That extension and priority already exist at that context")
    added[:] = [each for each in added if each not in same] + [row]
    exchange.ack("Added requested extension")


def remove_extension(exchange: Exchange) -> None:
    """Remove an extension or one of its priorities."""
    context, extension = (require(exchange, name, REMOVE_NEEDS) for name in ("Context", "Extension"))
    priority = _priority(exchange.get("Priority")) if exchange.get("Priority") else ""
    added = exchange.server.state.inventory.dialplan
    gone = [each for each in added if _is_of(each, extension, priority) and each.context == context]
    if not gone:
        raise ActionRefused("Failed to remove requested extension")
    added[:] = [each for each in added if each not in gone]
    what = "priority from the extension" if priority else "extension"
    exchange.ack(f"Removed the requested {what}")


def dialplan_rows(state: MockState) -> Iterator[DialplanRow]:
    """Yield all rows, context by context; in each context the extensions come before the directives."""
    rows: list[DialplanRow] = [
        Priority(DEFAULT_CONTEXT, extension, str(number), step.application, step.data)
        for extension, steps in state.dialplan.items()
        for number, step in enumerate(steps, 1)
    ]
    rows += state.inventory.dialplan
    for lot in state.inventory.parking_lots.values():
        rows += [
            Priority(
                lot.context,
                str(space),
                "1",
                "ParkedCall",
                f"{lot.name},{space}",
                "",
                f"res_parking/{lot.name}",
            )
            for space in range(lot.first, lot.last + 1)
        ]
    contexts = dict.fromkeys(row.context for row in rows)
    for context in contexts:
        yield from sorted(
            (row for row in rows if row.context == context), key=lambda row: isinstance(row, Directive)
        )


def hints(state: MockState) -> list[Priority]:
    """Return the hints: the extensions that show the state of a device."""
    return [row for row in dialplan_rows(state) if isinstance(row, Priority) and row.priority == HINT]


def _headers(row: DialplanRow) -> list[HeaderPair]:
    """Build the headers of a row; a hint has no data, and only some rows have a label."""
    if isinstance(row, Directive):
        return [("Context", row.context), (row.kind, row.value), ("Registrar", row.registrar)]
    label: list[HeaderPair] = [("ExtensionLabel", row.label)] if row.label else []
    data: list[HeaderPair] = [] if row.priority == HINT else [("AppData", row.data)]
    return [
        ("Context", row.context),
        ("Extension", row.extension),
        *label,
        ("Priority", row.priority),
        ("Application", row.application),
        *data,
        ("Registrar", row.registrar),
    ]


def _is_of(row: DialplanRow, extension: str, priority: str = "") -> bool:
    return isinstance(row, Priority) and row.extension == extension and priority in ("", row.priority)


def _priority(text: str) -> str:
    if text != HINT and to_number(text) is None:
        raise ActionRefused(NO_PRIORITY)
    return text


DIALPLAN_ACTIONS = (
    MockAction("DialplanExtensionAdd", add_extension, "system", "Add an extension to the dialplan"),
    MockAction(
        "DialplanExtensionRemove", remove_extension, "system", "Remove an extension from the dialplan"
    ),
    MockAction("ShowDialPlan", show_dialplan, "config,reporting", "Show dialplan contexts and extensions"),
)
