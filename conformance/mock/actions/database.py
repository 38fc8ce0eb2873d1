"""Asterisk's own database: DBGet, DBPut and so on (main/db.c)."""

from conformance.mock.event_headers import HeaderPair
from conformance.mock.exchange import Exchange, MockAction

from .answers import ActionRefused, require

TREE_COUNT_SINCE = 20
"""The first release whose DBGetTreeComplete counts its items; in 16 the count is always 1."""


def db_put(exchange: Exchange) -> None:
    """Store a value, which may be empty (manager_dbput)."""
    family = require(exchange, "Family", "No family specified")
    key = require(exchange, "Key", "No key specified")
    exchange.server.state.database[f"/{family}/{key}"] = exchange.get("Val")
    exchange.ack("Updated database successfully")


def db_get(exchange: Exchange) -> None:
    """Send a value as a list of one item (manager_dbget)."""
    family, key = _family_and_key(exchange)
    value = exchange.server.state.database.get(f"/{family}/{key}")
    if value is None:
        raise ActionRefused("Database entry not found")
    exchange.list_start("Result will follow")
    item: list[HeaderPair] = [("Family", family), ("Key", key), ("Val", value)]
    exchange.item_with_id_last("DBGetResponse", item)
    exchange.list_complete("DBGetComplete", 1)


def db_get_tree(exchange: Exchange) -> None:
    """List the values below a family or key, or all values (manager_db_tree_get)."""
    found = _below(exchange)
    exchange.list_start("Result will follow")
    for path in found:
        item: list[HeaderPair] = [("Key", path), ("Val", exchange.server.state.database[path])]
        exchange.item_with_id_last("DBGetTreeResponse", item)
    counted = exchange.server.release >= TREE_COUNT_SINCE
    exchange.list_complete("DBGetTreeComplete", len(found) if counted else 1)


def db_delete(exchange: Exchange) -> None:
    """Delete a value (manager_dbdel)."""
    family, key = _family_and_key(exchange)
    if exchange.server.state.database.pop(f"/{family}/{key}", None) is None:
        raise ActionRefused("Database entry could not be deleted")
    exchange.ack("Key deleted successfully")


def db_delete_tree(exchange: Exchange) -> None:
    """Delete all values below a family or key (manager_dbdeltree)."""
    require(exchange, "Family", "No family specified.")
    found = _below(exchange)
    if not found:
        raise ActionRefused("Database entry not found")
    for path in found:
        del exchange.server.state.database[path]
    exchange.ack("Key tree deleted successfully")


def _family_and_key(exchange: Exchange) -> tuple[str, str]:
    return require(exchange, "Family", "No family specified."), require(exchange, "Key", "No key specified.")


def _below(exchange: Exchange) -> list[str]:
    """Return the paths below the family and key of a request, sorted."""
    prefix = "".join(f"/{exchange.get(name)}" for name in ("Family", "Key") if exchange.get(name))
    paths = exchange.server.state.database
    return sorted(path for path in paths if not prefix or f"{path}/".startswith(f"{prefix}/"))


DATABASE_ACTIONS = (
    MockAction("DBDel", db_delete, "system", "Delete DB entry."),
    MockAction("DBDelTree", db_delete_tree, "system", "Delete DB Tree."),
    MockAction("DBGet", db_get, "system,reporting", "Get DB Entry."),
    MockAction(
        "DBGetTree", db_get_tree, "system,reporting", "Get DB entries, optionally at a particular family/key"
    ),
    MockAction("DBPut", db_put, "system", "Put DB entry."),
)
