"""`Command`: a little command line, and the two ways its output travels (action_command, main/manager.c).

A command is found by its longest words: those of `Core.cli` take no arguments, those of `WITH_ARGUMENTS` take
the words that follow.
"""

from conformance.server.core import CliCommand
from conformance.server.exchange import Exchange
from conformance.server.requests import to_bytes

from . import channels, database, life, listings
from .outcome import CliFailed, CommandWithArguments

__all__ = ["COMMANDS", "WITH_ARGUMENTS", "CliFailed", "command"]

BLACKLIST = ("module load", "module unload", "restart gracefully")
"""What `Command` refuses (command_blacklist, main/manager.c)."""

COMMANDS: dict[str, CliCommand] = {
    **channels.COMMANDS,
    **life.COMMANDS,
    **listings.COMMANDS,
}

WITH_ARGUMENTS: dict[str, CommandWithArguments] = {
    **channels.WITH_ARGUMENTS,
    **database.WITH_ARGUMENTS,
    **listings.WITH_ARGUMENTS,
}


def command(exchange: Exchange) -> None:
    """Run a CLI command."""
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
    """Give a command's output, or None when the server is about to go."""
    words = line.split()
    if run := exchange.server.cli.get(" ".join(words).lower()):
        return run(exchange.server)
    for count in range(len(words), 0, -1):
        if found := WITH_ARGUMENTS.get(" ".join(words[:count]).lower()):
            return found(exchange, words[count:])
    raise CliFailed(f"No such command '{line}' (type 'core show help {line}' for other possible commands)\n")


def _answer(exchange: Exchange, output: str, *, failed: bool) -> None:
    if exchange.server.follows:
        _answer_follows(exchange, output)
        return
    # An empty output still makes one empty line; a success and a failure have the same Message.
    lines = output.removesuffix("\n").split("\n")
    kind = "Error" if failed else "Success"
    exchange.respond(kind, ("Message", "Command output follows"), *[("Output", line) for line in lines])


def _answer_follows(exchange: Exchange, output: str) -> None:
    """Answer as 1.2 to 13 do: no empty line before the text, LF line ends, always `Follows`."""
    action_id = "".join(f"ActionID: {value}\r\n" for _, value in exchange.action_id)
    head = f"Response: Follows\r\nPrivilege: Command\r\n{action_id}"
    exchange.session.write(to_bytes(f"{head}{output}--END COMMAND--\r\n\r\n"))
