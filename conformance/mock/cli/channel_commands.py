"""CLI commands for channels and queues (main/cli.c, apps/app_queue.c)."""

from conformance.mock.core import CliCommand, Core
from conformance.mock.exchange import Exchange
from conformance.mock.state import Queue, QueueMember

from .base import CommandWithArguments, plural

STATUS_TEXTS = {0: "Unknown", 1: "Not in use", 2: "In use", 4: "Invalid"}
"""Names of device states (devstate2str, main/devicestate.c), those that occur here."""


def print_channels(server: Core) -> str:
    """Print `core show channels`."""
    state = server.state
    lines = [f"{'Channel':<64} {'Location':<32} {'State':<7} {'Application(Data)':<30}"]
    for channel in state.channels.values():
        location = f"{channel.exten}@{channel.context}:{channel.priority}"
        running = f"{channel.application}({channel.data})" if channel.application else "(None)"
        lines.append(f"{channel.name:<64} {location:<32} {channel.state_name:<7} {running:<30}")
    lines += [
        plural(len(state.channels), "active channel"),
        plural(len(state.channels) // 2, "active call"),
        plural(state.calls_processed, "call") + " processed",
    ]
    return "\n".join(lines) + "\n"


def print_channels_concise(server: Core) -> str:
    """Print `core show channels concise`: fields separated by `!`."""
    fields = [
        (c.name, c.context, c.exten, c.priority, c.state_name, c.application or "(None)", c.data)
        for c in server.state.channels.values()
    ]
    return "".join("!".join(map(str, row)) + "\n" for row in fields)


def request_hangup(exchange: Exchange, words: list[str]) -> str:
    """Hang up one channel."""
    name = " ".join(words)
    channel = exchange.server.state.find_channel(name)
    if channel is None:
        return f"{name} is not a known channel\n"
    channel.hang_up()
    return f"Requested Hangup on channel '{channel.name}'\n"


def request_hangup_all(server: Core) -> str:
    """Hang up every channel."""
    channels = list(server.state.channels.values())
    for channel in channels:
        channel.hang_up()
    return f"Requested Hangup on {plural(len(channels), 'active channel')}\n" if channels else ""


def print_queues(exchange: Exchange, words: list[str]) -> str:
    """Print `queue show`, for all queues or for one."""
    queues = exchange.server.state.queues
    if not words:
        return "".join(
            _queue_text(exchange.server, queue) + "\n" for queue in sorted(queues.values(), key=_name)
        )
    if words[0] not in queues:
        return f"No such queue: {words[0]}.\n"
    return _queue_text(exchange.server, queues[words[0]]) + "\n"


def _name(queue: Queue) -> str:
    return queue.name


def _queue_text(server: Core, queue: Queue) -> str:
    taken = sum(member.calls_taken for member in queue.members)
    head = f"{queue.name} has {len(queue.callers)} calls (max unlimited) in '{queue.strategy}' strategy"
    lines = [
        f"{head} (0s holdtime, 0s talktime), W:0, C:{taken}, A:0, SL:0.0%, SL2:0.0% within 0s",
        *(["   Members: "] if queue.members else ["   No Members"]),
        *[_member_text(server, member) for member in queue.members],
        *(["   Callers: "] if queue.callers else ["   No Callers"]),
        *[f"      {n}. {caller.name} (wait: 0:00, prio: 0)" for n, caller in enumerate(queue.callers, 1)],
    ]
    return "\n".join(lines) + "\n"


def _member_text(server: Core, member: QueueMember) -> str:
    name = member.interface if member.name == member.interface else f"{member.name} ({member.interface})"
    ring = "enabled" if member.ring_in_use else "disabled"
    kind = " (dynamic)" if member.membership == "dynamic" else ""
    paused = "" if member.paused is None else " (paused)"
    status = STATUS_TEXTS[server.state.member_status(member)]
    taken = f"taken {member.calls_taken} calls" if member.calls_taken else "taken no calls yet"
    since = int(server.wall_time) - member.login_time
    return (
        f"      {name} (ringinuse {ring}){kind}{paused} ({status}) has {taken} (login was {since} secs ago)"
    )


CHANNEL_COMMANDS: dict[str, CliCommand] = {
    "channel request hangup all": request_hangup_all,
    "core show channels": print_channels,
    "core show channels concise": print_channels_concise,
}

CHANNEL_COMMANDS_WITH_ARGUMENTS: dict[str, CommandWithArguments] = {
    "channel request hangup": request_hangup,
    "queue show": print_queues,
}
