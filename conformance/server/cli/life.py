"""CLI commands about the server: its age, its reload, its end, and what it tells about events."""

from conformance.server import events
from conformance.server.core import CliCommand, Core

from .outcome import plural

CHANNELS_END = 1.1
"""Seconds between the hangups and the end of a server with calls, as captured."""

SHUTTING_DOWN = 4
"""The cause of the hangup requests of a server that ends, as captured."""


def version(server: Core) -> str:
    """Give `core show version`."""
    return f"Asterisk {server.version} built by nobody @ build.example.org on a x86_64 running Linux\n"


def uptime(server: Core) -> str:
    """Give `core show uptime`."""
    spoken = _duration(int(server.uptime))
    return f"System uptime: {spoken}\nLast reload: {spoken}\n"


def reload(server: Core) -> str:
    """Reload everything; the event says so (main/loader.c)."""
    server.publish([("Event", "Reload"), ("Module", "All"), ("Status", 0)], "system")
    return ""


def shut_down(server: Core, *, restart: bool) -> None:
    """Hang up, say goodbye to all but the asker, and close every link (really_quit, main/asterisk.c)."""
    channels = list(server.world.channels.values())
    for channel in channels:
        request = events.channel_event("SoftHangupRequest", channel, ("Cause", SHUTTING_DOWN))
        server.publish(request, "call")
    for channel in channels:
        channel.hang_up()

    def go() -> None:
        told = [("Event", "Shutdown"), ("Shutdown", "Cleanly"), ("Restart", "True" if restart else "False")]
        server.publish(told, "system")
        server.drop_all()

    if channels:
        server.timeline.after(CHANNELS_END, go)
    else:
        go()


def debug_on(server: Core) -> str:
    """Let every event tell where in Asterisk it comes from."""
    server.debug = True
    return ""


def debug_off(server: Core) -> str:
    """Let events be as usual."""
    server.debug = False
    return ""


def debug(server: Core) -> str:
    """Give `manager set debug`."""
    return f"manager debug is {'on' if server.debug else 'off'}\n"


def _duration(seconds: int) -> str:
    """Say a time span as print_uptimestr does (main/asterisk.c), without its zero parts."""
    units = (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
    words = []
    for name, size in units:
        amount, seconds = divmod(seconds, size)
        if amount:
            words.append(plural(amount, name))
    return ", ".join(words) or "0 seconds"


COMMANDS: dict[str, CliCommand] = {
    "core reload": reload,
    "core restart now": lambda server: shut_down(server, restart=True),
    "core show uptime": uptime,
    "core show version": version,
    "core stop now": lambda server: shut_down(server, restart=False),
    "manager set debug": debug,
    "manager set debug off": debug_off,
    "manager set debug on": debug_on,
}
