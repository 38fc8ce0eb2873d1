"""CLI commands for Asterisk's own database (main/db.c)."""

from conformance.mock.core import Core
from conformance.mock.exchange import Exchange

from .base import CliFailed, CommandWithArguments


def print_database(exchange: Exchange, words: list[str]) -> str:
    """Print `database show [family [key]]`."""
    found = _below(exchange.server, words)
    lines = [f"{path:<50}: {exchange.server.state.database[path]:<25}" for path in found]
    return "\n".join([*lines, f"{len(found)} results found."]) + "\n"


def print_value(exchange: Exchange, words: list[str]) -> str:
    """Print `database get`; without family and key it prints its usage."""
    if len(words) != 2:
        raise CliFailed(
            "Usage: database get <family> <key>\n"
            "       Retrieves an entry in the Asterisk database for a given\n"
            "       family and key.\n"
        )
    value = exchange.server.state.database.get(_path(words))
    return "Database entry not found.\n" if value is None else f"Value: {value}\n"


def put_value(exchange: Exchange, words: list[str]) -> str:
    """Store a value (`database put`)."""
    if len(words) != 3:
        raise CliFailed("Usage: database put <family> <key> <value>\n")
    exchange.server.state.database[_path(words[:2])] = words[2]
    return "Updated database successfully\n"


def delete_value(exchange: Exchange, words: list[str]) -> str:
    """Delete a value (`database del`)."""
    gone = exchange.server.state.database.pop(_path(words), None) is not None
    return "Database entry removed.\n" if gone else "Database entry could not be removed.\n"


def delete_values(exchange: Exchange, words: list[str]) -> str:
    """Delete all values below a family or key (`database deltree`)."""
    found = _below(exchange.server, words)
    for path in found:
        del exchange.server.state.database[path]
    return f"{len(found)} database entries removed.\n" if found else "Database entries do not exist.\n"


def _path(words: list[str]) -> str:
    return "".join(f"/{word}" for word in words)


def _below(server: Core, words: list[str]) -> list[str]:
    prefix = f"{_path(words)}/"
    return sorted(path for path in server.state.database if f"{path}/".startswith(prefix))


DATABASE_COMMANDS_WITH_ARGUMENTS: dict[str, CommandWithArguments] = {
    "database del": delete_value,
    "database deltree": delete_values,
    "database get": print_value,
    "database put": put_value,
    "database show": print_database,
}
