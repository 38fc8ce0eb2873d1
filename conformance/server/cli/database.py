"""CLI commands about Asterisk's own database (main/db.c)."""

from conformance.server.core import Core
from conformance.server.exchange import Exchange

from .outcome import CliFailed, CommandWithArguments


def show(exchange: Exchange, words: list[str]) -> str:
    """Give `database show [family [key]]`."""
    found = _below(exchange.server, words)
    lines = [f"{path:<50}: {exchange.server.world.database[path]:<25}" for path in found]
    return "\n".join([*lines, f"{len(found)} results found."]) + "\n"


def get(exchange: Exchange, words: list[str]) -> str:
    """Give `database get`; without both words it shows how it is used."""
    if len(words) != 2:
        raise CliFailed(
            "Usage: database get <family> <key>\n"
            "       Retrieves an entry in the Asterisk database for a given\n"
            "       family and key.\n"
        )
    value = exchange.server.world.database.get(_path(words))
    return "Database entry not found.\n" if value is None else f"Value: {value}\n"


def put(exchange: Exchange, words: list[str]) -> str:
    """Give `database put`."""
    if len(words) != 3:
        raise CliFailed("Usage: database put <family> <key> <value>\n")
    exchange.server.world.database[_path(words[:2])] = words[2]
    return "Updated database successfully\n"


def delete(exchange: Exchange, words: list[str]) -> str:
    """Give `database del`."""
    gone = exchange.server.world.database.pop(_path(words), None) is not None
    return "Database entry removed.\n" if gone else "Database entry could not be removed.\n"


def delete_tree(exchange: Exchange, words: list[str]) -> str:
    """Give `database deltree`."""
    found = _below(exchange.server, words)
    for path in found:
        del exchange.server.world.database[path]
    return f"{len(found)} database entries removed.\n" if found else "Database entries do not exist.\n"


def _path(words: list[str]) -> str:
    return "".join(f"/{word}" for word in words)


def _below(server: Core, words: list[str]) -> list[str]:
    prefix = f"{_path(words)}/"
    return sorted(path for path in server.world.database if f"{path}/".startswith(prefix))


WITH_ARGUMENTS: dict[str, CommandWithArguments] = {
    "database del": delete,
    "database deltree": delete_tree,
    "database get": get,
    "database put": put,
    "database show": show,
}
