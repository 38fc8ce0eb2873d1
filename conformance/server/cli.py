"""`Command`: a little command line, and the two ways its output travels (action_command, main/manager.c)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from .exchange import Exchange
from .requests import to_bytes

if TYPE_CHECKING:
    from .server import MockServer

CliCommand = Callable[["MockServer"], str | None]
"""Give a command's output, or None for a server that dies on it."""

BLACKLIST = ("module load", "module unload", "restart gracefully")
"""What `Command` refuses (command_blacklist, main/manager.c)."""

MODULE_COUNT = 364
"""Modules of the captured server; `module show` comes to some 40 kB."""


def command(exchange: Exchange) -> None:
    """Run a CLI command."""
    server, line = exchange.server, exchange.get("Command")
    if not line:
        exchange.error("No command provided")
        return
    if line.lower().startswith(BLACKLIST):
        exchange.error("Command blacklisted")
        return
    run = server.cli.get(" ".join(line.lower().split()))
    if run is None:
        unknown = f"No such command '{line}' (type 'core show help {line}' for other possible commands)"
        _answer(exchange, unknown + "\n", failed=True)
    elif (output := run(server)) is not None:
        _answer(exchange, output, failed=False)


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


def _version(server: "MockServer") -> str:
    return f"Asterisk {server.version} built by nobody @ build.example.org on a x86_64 running Linux\n"


def _uptime(server: "MockServer") -> str:
    spoken = _duration(int(server.uptime))
    return f"System uptime: {spoken}\nLast reload: {spoken}\n"


def _channels(server: "MockServer") -> str:
    world = server.world
    lines = [f"{'Channel':<64} {'Location':<32} {'State':<7} {'Application(Data)':<30}"]
    for channel in world.channels.values():
        location = f"{channel.exten}@{channel.context}:{channel.priority}"
        running = f"{channel.application}({channel.data})" if channel.application else "(None)"
        lines.append(f"{channel.name:<64} {location:<32} {channel.state_name:<7} {running:<30}")
    lines += [
        _plural(len(world.channels), "active channel"),
        _plural(len(world.channels) // 2, "active call"),
        _plural(world.calls_processed, "call") + " processed",
    ]
    return "\n".join(lines) + "\n"


def _channels_concise(server: "MockServer") -> str:
    fields = [
        (c.name, c.context, c.exten, c.priority, c.state_name, c.application or "(None)", c.data)
        for c in server.world.channels.values()
    ]
    return "".join("!".join(map(str, row)) + "\n" for row in fields)


def _modules(_server: "MockServer") -> str:
    lines = [f"{'Module':<30} {'Description':<40} {'Use Count':<10} {'Status':<11} {'Support Level':>13}"]
    lines += [
        f"{f'app_{n:03}.so':<30} {f'Module {n} of the mock':<40} {0:<10} {'Running':<11} {'core':>13}"
        for n in range(MODULE_COUNT)
    ]
    return "\n".join([*lines, f"{MODULE_COUNT} modules loaded"]) + "\n"


def _hang_up_all(server: "MockServer") -> str:
    for channel in list(server.world.channels.values()):
        channel.hang_up(16)
    return ""


def _stop_now(server: "MockServer") -> None:
    """Stop: every link ends, this one without a response too (seen on 24-dev)."""
    server.drop_all()


def _duration(seconds: int) -> str:
    """Say a time span as print_uptimestr does (main/asterisk.c), without its zero parts."""
    units = (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
    words = []
    for name, size in units:
        amount, seconds = divmod(seconds, size)
        if amount:
            words.append(_plural(amount, name))
    return ", ".join(words) or "0 seconds"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


COMMANDS: dict[str, CliCommand] = {
    "channel request hangup all": _hang_up_all,
    "core show channels": _channels,
    "core show channels concise": _channels_concise,
    "core show uptime": _uptime,
    "core show version": _version,
    "core stop now": _stop_now,
    "database show": lambda _server: "0 results found.\n",
    "module show": _modules,
}
