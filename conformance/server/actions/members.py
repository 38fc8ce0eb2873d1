"""Members of queues: come, go, pause, be changed; and what else can be done to a queue (apps/app_queue.c)."""

from collections.abc import Callable

from conformance.server import events
from conformance.server.events import Header
from conformance.server.exchange import Action, Exchange
from conformance.server.privileges import is_true
from conformance.server.requests import to_number
from conformance.server.state import Queue, QueueMember

from .answers import Refused, acknowledge, need

REASON_KEPT_SINCE = 20
"""The release from which QueueAdd keeps a pause's `Reason`, and QueueMemberPause has one header for it."""


def add(exchange: Exchange) -> None:
    """Add a dynamic member (manager_add_queue_member)."""
    name = need(exchange, "Queue", "'Queue' not specified.")
    interface = need(exchange, "Interface", "'Interface' not specified.")
    queue = exchange.server.world.queues.get(name)
    if queue is None:
        raise Refused("Unable to add interface to queue: No such queue")
    if _find(queue, interface) is not None:
        raise Refused("Unable to add interface: Already there")
    member = _new_member(exchange, interface)
    queue.members.append(member)
    exchange.ack("Added interface to queue")
    _tell_pause_device(exchange, queue, member)
    _tell(exchange, "QueueMemberAdded", queue, member)
    if member.paused is None and _available(queue) == [member]:
        _tell_available(exchange, queue)


def _new_member(exchange: Exchange, interface: str) -> QueueMember:
    now = int(exchange.server.wall_time)
    paused = is_true(exchange.get("Paused"))
    reason = exchange.get("Reason") if exchange.server.release >= REASON_KEPT_SINCE else ""
    member = QueueMember(
        exchange.get("MemberName", interface),
        interface,
        "dynamic",
        penalty=to_number(exchange.get("Penalty")) or 0,
        paused=reason if paused else None,
        login_time=now,
        state_interface=exchange.get("StateInterface"),
        last_pause=now if paused else 0,
    )
    member.told_status = exchange.server.world.member_status(member)
    return member


def remove(exchange: Exchange) -> None:
    """Remove a dynamic member; one of the configuration stays (manager_remove_queue_member)."""
    refusal = "Need 'Queue' and 'Interface' parameters."
    name, interface = need(exchange, "Queue", refusal), need(exchange, "Interface", refusal)
    queue = exchange.server.world.queues.get(name)
    if queue is None:
        raise Refused("Unable to remove interface from queue: No such queue")
    member = _find(queue, interface)
    if member is None:
        raise Refused("Unable to remove interface: Not there")
    if member.membership == "static":
        raise Refused("Member not dynamic")
    was_available = _available(queue) == [member]
    queue.members.remove(member)
    exchange.ack("Removed interface from queue")
    _tell(exchange, "QueueMemberRemoved", queue, member)
    if member.paused is not None:
        member.paused = None
        _tell_pause_device(exchange, queue, member)
    elif was_available:
        _tell_available(exchange, queue)


def pause(exchange: Exchange) -> None:
    """Pause a member, or let it go on, in one queue or in all (manager_pause_queue_member)."""
    refusal = "Need 'Interface' and 'Paused' parameters."
    interface, paused = need(exchange, "Interface", refusal), is_true(need(exchange, "Paused", refusal))
    found = _members(exchange, interface)
    if not found:
        raise Refused("Interface not found")
    exchange.ack(f"Interface {'paused' if paused else 'unpaused'} successfully")
    for queue, member in found:
        before, member.paused = _available(queue), exchange.get("Reason") if paused else None
        member.last_pause = int(exchange.server.wall_time) if paused else member.last_pause
        changed = before != _available(queue)
        if changed:
            _tell_pause_device(exchange, queue, member)
        if changed and member in (before or _available(queue)) and len(before + _available(queue)) == 1:
            _tell_available(exchange, queue)
        _tell(exchange, "QueueMemberPause", queue, member, *_old_reason(exchange, member))


def _old_reason(exchange: Exchange, member: QueueMember) -> list[Header]:
    told = exchange.server.release < REASON_KEPT_SINCE and member.paused
    return [("Reason", member.paused)] if told else []


def set_penalty(exchange: Exchange) -> None:
    """Change a member's penalty (manager_queue_member_penalty)."""
    refusal = "Need 'Interface' and 'Penalty' parameters."
    interface, penalty = (
        need(exchange, "Interface", refusal),
        to_number(need(exchange, "Penalty", refusal)) or 0,
    )
    found = _members(exchange, interface)
    if not found or penalty < 0:
        raise Refused("Invalid interface, queuename or penalty")

    def change(member: QueueMember) -> None:
        member.penalty = penalty

    _change(exchange, found, change, "Interface penalty set successfully", "QueueMemberPenalty")


def set_ring_in_use(exchange: Exchange) -> None:
    """Say whether a member is called while it talks (manager_queue_member_ringinuse)."""
    refusal = "Need 'Interface' and 'RingInUse' parameters."
    interface, ring = need(exchange, "Interface", refusal), is_true(need(exchange, "RingInUse", refusal))
    found = _members(exchange, interface)
    if not found:
        raise Refused("Invalid interface, queuename, or ringinuse value\n")

    def change(member: QueueMember) -> None:
        member.ring_in_use = ring

    _change(exchange, found, change, "Interface ringinuse set successfully", "QueueMemberRinginuse")


def _change(
    exchange: Exchange,
    found: list[tuple[Queue, QueueMember]],
    change: Callable[[QueueMember], None],
    message: str,
    event: str,
) -> None:
    exchange.ack(message)
    for queue, member in found:
        change(member)
        _tell(exchange, event, queue, member)


def log(exchange: Exchange) -> None:
    """Write into the queue log, which the mock does not keep (manager_queue_log_custom)."""
    for name in ("Queue", "Event"):
        need(exchange, name, "Need 'Queue' and 'Event' parameters.")
    exchange.ack("Event added successfully")


def reset(exchange: Exchange) -> None:
    """Set a queue's numbers to zero, or those of all; a queue that does not exist is no error."""
    exchange.ack("Queue stats reset successfully")
    wanted = exchange.get("Queue")
    for queue in exchange.server.world.queues.values():
        if wanted in ("", queue.name):
            for member in queue.members:
                member.calls_taken = member.last_call = 0


def _members(exchange: Exchange, interface: str) -> list[tuple[Queue, QueueMember]]:
    """Find an interface in the queue that the request names, or in all; the configured ones come first."""
    wanted = exchange.get("Queue")
    found = []
    for queue in exchange.server.world.queues.values():
        member = _find(queue, interface)
        if wanted in ("", queue.name) and member is not None:
            found.append((queue, member))
    return found


def _find(queue: Queue, interface: str) -> QueueMember | None:
    return next((each for each in queue.members if each.interface.lower() == interface.lower()), None)


def _available(queue: Queue) -> list[QueueMember]:
    return [member for member in queue.members if member.paused is None]


def _tell(exchange: Exchange, name: str, queue: Queue, member: QueueMember, *extra: Header) -> None:
    status = exchange.server.world.member_status(member)
    exchange.server.publish([*events.queue_member(name, queue, member, status), *extra], "agent")


def _tell_pause_device(exchange: Exchange, queue: Queue, member: QueueMember) -> None:
    """Tell the state of the device that stands for a member's pause."""
    device = f"Queue:{queue.name}_pause_{member.interface}"
    state = "NOT_INUSE" if member.paused is None else "INUSE"
    exchange.server.publish(events.device_state_change(device, state), "call")


def _tell_available(exchange: Exchange, queue: Queue) -> None:
    """Tell the state of the device that stands for "somebody can take a call"."""
    state = "NOT_INUSE" if _available(queue) else "INUSE"
    exchange.server.publish(events.device_state_change(f"Queue:{queue.name}_avail", state), "call")


ACTIONS = (
    Action("QueueAdd", add, "agent", "Add interface to queue."),
    Action("QueueLog", log, "agent", "Adds custom entry in queue_log."),
    Action("QueueMemberRingInUse", set_ring_in_use, "agent", "Set the ringinuse value for a queue member."),
    Action("QueuePause", pause, "agent", "Makes a queue member temporarily unavailable."),
    Action("QueuePenalty", set_penalty, "agent", "Set the penalty for a queue member."),
    Action(
        "QueueReload",
        acknowledge("Queue reloaded successfully"),
        "",
        "Reload a queue, queues, or any sub-section of a queue or queues.",
    ),
    Action("QueueRemove", remove, "agent", "Remove interface from queue."),
    Action("QueueReset", reset, "", "Reset queue statistics."),
)
"""Classes and synopses as captured from ListCommands."""
