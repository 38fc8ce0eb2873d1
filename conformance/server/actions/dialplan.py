"""The dialplan: what calls run through, what modules bring, and what clients add (main/pbx.c)."""

from collections.abc import Iterator

from conformance.server.events import Header
from conformance.server.exchange import Action, Exchange
from conformance.server.inventory.dialplan import HINT, Directive, Priority, Row
from conformance.server.privileges import is_true
from conformance.server.requests import to_number
from conformance.server.state import World

from .answers import Refused, need, send_items

DEFAULT = "default"
"""The context that calls run through."""

ADD_NEEDS = "Context, Extension, Priority, and Application must be defined for DialplanExtensionAdd."
REMOVE_NEEDS = "Context and Extension must be provided for DialplanExtensionRemove"
NO_PRIORITY = "The priority specified was invalid."


def show_dialplan(exchange: Exchange) -> None:
    """List the dialplan, a context of it, or an extension; contexts are counted whatever they have."""
    context, extension = exchange.get("Context"), exchange.get("Extension")
    here = [row for row in dialplan(exchange.server.world) if context in ("", row.context)]
    if not here:
        raise Refused(f"Did not find context {context}")
    rows = [row for row in here if not extension or _is_of(row, extension)]
    if not rows:
        where = f"@{context}" if context else " in any context"
        raise Refused(f"Did not find extension {extension}{where}")
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
    """Add a priority; an existing one only with `Replace`."""
    context, extension, priority, application = (
        need(exchange, name, ADD_NEEDS) for name in ("Context", "Extension", "Priority", "Application")
    )
    row = Priority(context, extension, _priority(priority), application, exchange.get("ApplicationData"))
    added = exchange.server.world.inventory.dialplan
    same = [each for each in added if _is_of(each, extension, row.priority) and each.context == context]
    if same and not is_true(exchange.get("Replace")):
        raise Refused("That extension and priority already exist at that context")
    added[:] = [each for each in added if each not in same] + [row]
    exchange.ack("Added requested extension")


def remove_extension(exchange: Exchange) -> None:
    """Remove an extension, or one priority of it."""
    context, extension = (need(exchange, name, REMOVE_NEEDS) for name in ("Context", "Extension"))
    priority = _priority(exchange.get("Priority")) if exchange.get("Priority") else ""
    added = exchange.server.world.inventory.dialplan
    gone = [each for each in added if _is_of(each, extension, priority) and each.context == context]
    if not gone:
        raise Refused("Failed to remove requested extension")
    added[:] = [each for each in added if each not in gone]
    what = "priority from the extension" if priority else "extension"
    exchange.ack(f"Removed the requested {what}")


def dialplan(world: World) -> Iterator[Row]:
    """Give all of it, context by context, and in each the extensions before includes and switches."""
    rows: list[Row] = [
        Priority(DEFAULT, extension, str(number), step.application, step.data)
        for extension, steps in world.dialplan.items()
        for number, step in enumerate(steps, 1)
    ]
    rows += world.inventory.dialplan
    for lot in world.inventory.parking_lots.values():
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


def hints(world: World) -> list[Priority]:
    """Give the extensions that show the state of a device."""
    return [row for row in dialplan(world) if isinstance(row, Priority) and row.priority == HINT]


def _headers(row: Row) -> list[Header]:
    """Give a row's headers: a hint has no data, and a label only where there is one."""
    if isinstance(row, Directive):
        return [("Context", row.context), (row.kind, row.value), ("Registrar", row.registrar)]
    label: list[Header] = [("ExtensionLabel", row.label)] if row.label else []
    data: list[Header] = [] if row.priority == HINT else [("AppData", row.data)]
    return [
        ("Context", row.context),
        ("Extension", row.extension),
        *label,
        ("Priority", row.priority),
        ("Application", row.application),
        *data,
        ("Registrar", row.registrar),
    ]


def _is_of(row: Row, extension: str, priority: str = "") -> bool:
    return isinstance(row, Priority) and row.extension == extension and priority in ("", row.priority)


def _priority(text: str) -> str:
    if text != HINT and to_number(text) is None:
        raise Refused(NO_PRIORITY)
    return text


ACTIONS = (
    Action("DialplanExtensionAdd", add_extension, "system", "Add an extension to the dialplan"),
    Action("DialplanExtensionRemove", remove_extension, "system", "Remove an extension from the dialplan"),
    Action("ShowDialPlan", show_dialplan, "config,reporting", "Show dialplan contexts and extensions"),
)
