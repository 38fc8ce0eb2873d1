"""Asterisk's own database: DBGet, DBPut and the like (main/db.c)."""

from conformance.server.events import Header
from conformance.server.exchange import Action, Exchange

from .answers import Refused, need

SINCE_COUNTING = 20
"""The release from which DBGetTreeComplete counts its items; in 16 it says 1, whatever there is."""


def put(exchange: Exchange) -> None:
    """Store a value; an empty one is one too (manager_dbput)."""
    family = need(exchange, "Family", "No family specified")
    key = need(exchange, "Key", "No key specified")
    exchange.server.world.database[f"/{family}/{key}"] = exchange.get("Val")
    exchange.ack("Updated database successfully")


def get(exchange: Exchange) -> None:
    """Tell a value, as a list of one (manager_dbget)."""
    family, key = _family_and_key(exchange)
    value = exchange.server.world.database.get(f"/{family}/{key}")
    if value is None:
        raise Refused("Database entry not found")
    exchange.list_start("Result will follow")
    item: list[Header] = [("Family", family), ("Key", key), ("Val", value)]
    exchange.item_with_id_last("DBGetResponse", item)
    exchange.list_complete("DBGetComplete", 1)


def get_tree(exchange: Exchange) -> None:
    """Tell every value below a family, a key in it, or everything (manager_db_tree_get)."""
    found = _below(exchange)
    exchange.list_start("Result will follow")
    for path in found:
        item: list[Header] = [("Key", path), ("Val", exchange.server.world.database[path])]
        exchange.item_with_id_last("DBGetTreeResponse", item)
    counted = exchange.server.release >= SINCE_COUNTING
    exchange.list_complete("DBGetTreeComplete", len(found) if counted else 1)


def delete(exchange: Exchange) -> None:
    """Remove a value (manager_dbdel)."""
    family, key = _family_and_key(exchange)
    if exchange.server.world.database.pop(f"/{family}/{key}", None) is None:
        raise Refused("Database entry could not be deleted")
    exchange.ack("Key deleted successfully")


def delete_tree(exchange: Exchange) -> None:
    """Remove every value below a family or a key (manager_dbdeltree)."""
    need(exchange, "Family", "No family specified.")
    found = _below(exchange)
    if not found:
        raise Refused("Database entry not found")
    for path in found:
        del exchange.server.world.database[path]
    exchange.ack("Key tree deleted successfully")


def _family_and_key(exchange: Exchange) -> tuple[str, str]:
    return need(exchange, "Family", "No family specified."), need(exchange, "Key", "No key specified.")


def _below(exchange: Exchange) -> list[str]:
    """Give the paths that a request's family and key cover, in order."""
    prefix = "".join(f"/{exchange.get(name)}" for name in ("Family", "Key") if exchange.get(name))
    paths = exchange.server.world.database
    return sorted(path for path in paths if not prefix or f"{path}/".startswith(f"{prefix}/"))


ACTIONS = (
    Action("DBDel", delete, "system", "Delete DB entry."),
    Action("DBDelTree", delete_tree, "system", "Delete DB Tree."),
    Action("DBGet", get, "system,reporting", "Get DB Entry."),
    Action(
        "DBGetTree", get_tree, "system,reporting", "Get DB entries, optionally at a particular family/key"
    ),
    Action("DBPut", put, "system", "Put DB entry."),
)
"""Classes and synopses as captured from ListCommands."""
