"""CLI commands for the server: version, uptime, reload, shutdown, and debug headers of events."""

from conformance.mock import event_headers
from conformance.mock.core import CliCommand, Core

from .base import plural

CHANNELS_END = 1.1
"""Seconds between the hangups and the end of a server that has calls, as captured."""

SHUTTING_DOWN = 4
"""The cause of the hangup requests during a shutdown, as captured."""


def print_version(server: Core) -> str:
    """Print `core show version`."""
    return f"Asterisk {server.version} built by nobody @ build.example.org on a x86_64 running Linux\n"


def print_uptime(server: Core) -> str:
    """Print `core show uptime`."""
    spoken = _duration(int(server.uptime))
    return f"System uptime: {spoken}\nLast reload: {spoken}\n"


def reload_everything(server: Core) -> str:
    """Publish the Reload event of all modules (main/loader.c); nothing else changes."""
    server.publish([("Event", "Reload"), ("Module", "All"), ("Status", 0)], "system")
    return ""


def shut_down(server: Core, *, restart: bool) -> None:
    """Hang up all calls, publish Shutdown, and close every session (really_quit, main/asterisk.c).

    The session that runs the command is busy: it gets neither the event nor a response.
    """
    channels = list(server.state.channels.values())
    for channel in channels:
        request = event_headers.channel_event("SoftHangupRequest", channel, ("Cause", SHUTTING_DOWN))
        server.publish(request, "call")
    for channel in channels:
        channel.hang_up()

    def quit_server() -> None:
        event = [("Event", "Shutdown"), ("Shutdown", "Cleanly"), ("Restart", "True" if restart else "False")]
        server.publish(event, "system")
        server.drop_all()

    if channels:
        server.timeline.after(CHANNELS_END, quit_server)
    else:
        quit_server()


def turn_debug_on(server: Core) -> str:
    """Add debug headers to every event (`manager set debug on`)."""
    server.debug = True
    return ""


def turn_debug_off(server: Core) -> str:
    """Add no debug headers to events (`manager set debug off`)."""
    server.debug = False
    return ""


def print_debug(server: Core) -> str:
    """Print `manager set debug`."""
    return f"manager debug is {'on' if server.debug else 'off'}\n"


def _duration(seconds: int) -> str:
    """Format a duration without its zero parts, as print_uptimestr does (main/asterisk.c)."""
    units = (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
    words = []
    for name, size in units:
        amount, seconds = divmod(seconds, size)
        if amount:
            words.append(plural(amount, name))
    return ", ".join(words) or "0 seconds"


SERVER_COMMANDS: dict[str, CliCommand] = {
    "core reload": reload_everything,
    "core restart now": lambda server: shut_down(server, restart=True),
    "core show uptime": print_uptime,
    "core show version": print_version,
    "core stop now": lambda server: shut_down(server, restart=False),
    "manager set debug": print_debug,
    "manager set debug off": turn_debug_off,
    "manager set debug on": turn_debug_on,
}
