"""The action `Command`: the CLI commands, and the two formats of their output (action_command,
main/manager.c).

The longest name that a line begins with is the command. A command in `Core.cli` takes no arguments; one in
`CLI_COMMANDS_WITH_ARGUMENTS` takes the words that follow. Each module has a table of its own
(`SERVER_COMMANDS`, `CHANNEL_COMMANDS` and so on); this one joins them.
"""

from conformance.mock.core import CliCommand
from conformance.mock.exchange import Exchange
from conformance.mock.requests import to_bytes

from . import channel_commands, database_commands, listing_commands, server_commands
from .base import CliFailed, CommandWithArguments

__all__ = ["CLI_COMMANDS", "CLI_COMMANDS_WITH_ARGUMENTS", "CliFailed", "run_cli_command"]

BLACKLIST = ("module load", "module unload", "restart gracefully")
"""The commands that AMI refuses (command_blacklist, main/manager.c)."""

CLI_COMMANDS: dict[str, CliCommand] = {
    **channel_commands.CHANNEL_COMMANDS,
    **server_commands.SERVER_COMMANDS,
    **listing_commands.LISTING_COMMANDS,
}

CLI_COMMANDS_WITH_ARGUMENTS: dict[str, CommandWithArguments] = {
    **channel_commands.CHANNEL_COMMANDS_WITH_ARGUMENTS,
    **database_commands.DATABASE_COMMANDS_WITH_ARGUMENTS,
    **listing_commands.LISTING_COMMANDS_WITH_ARGUMENTS,
}


def run_cli_command(exchange: Exchange) -> None:
    """Run a CLI command and answer with its output."""
    line = exchange.get("Command")
    if not line:
        exchange.error("No command provided")
        return
    if line.lower().startswith(BLACKLIST):
        exchange.error("Command blacklisted")
        return
    try:
        output = _run(exchange, line)
    except CliFailed as failure:
        _answer(exchange, str(failure), failed=True)
        return
    if output is None:
        exchange.session.wait()
    else:
        _answer(exchange, output, failed=False)


def _run(exchange: Exchange, line: str) -> str | None:
    """Return the output of a command, or None if the server is about to end."""
    words = line.split()
    if run := exchange.server.cli.get(" ".join(words).lower()):
        return run(exchange.server)
    for count in range(len(words), 0, -1):
        if found := CLI_COMMANDS_WITH_ARGUMENTS.get(" ".join(words[:count]).lower()):
            return found(exchange, words[count:])
    raise CliFailed(f"No such command '{line}' (type 'core show help {line}' for other possible commands)\n")


def _answer(exchange: Exchange, output: str, *, failed: bool) -> None:
    if exchange.server.follows:
        _answer_follows(exchange, output)
        return
    # Empty output still makes one empty `Output` line. Success and failure have the same Message.
    lines = output.removesuffix("\n").split("\n")
    kind = "Error" if failed else "Success"
    exchange.respond(kind, ("Message", "Command output follows"), *[("Output", line) for line in lines])


def _answer_follows(exchange: Exchange, output: str) -> None:
    """Answer as 1.2 to 13 do: always `Follows`, no empty line before the output, LF line ends."""
    action_id = "".join(f"ActionID: {value}\r\n" for _, value in exchange.action_id)
    head = f"Response: Follows\r\nPrivilege: Command\r\n{action_id}"
    exchange.session.write(to_bytes(f"{head}{output}--END COMMAND--\r\n\r\n"))
