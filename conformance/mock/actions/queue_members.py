"""Queues: add, remove, pause and change members; write the log; reset statistics (apps/app_queue.c)."""

from collections.abc import Callable

from conformance.mock import event_headers
from conformance.mock.event_headers import HeaderPair
from conformance.mock.exchange import Exchange, MockAction
from conformance.mock.privileges import is_true
from conformance.mock.requests import to_number
from conformance.mock.state import Queue, QueueMember

from .answers import ActionRefused, ack_handler, require

REASON_STORED_SINCE = 20
"""The first release in which QueueAdd stores `Reason`; before, QueueMemberPause has it twice."""


def add_member(exchange: Exchange) -> None:
    """Add a dynamic member (manager_add_queue_member)."""
    name = require(exchange, "Queue", "'Queue' not specified.")
    interface = require(exchange, "Interface", "'Interface' not specified.")
    queue = exchange.server.state.queues.get(name)
    if queue is None:
        raise ActionRefused("Unable to add interface to queue: No such queue")
    if _find(queue, interface) is not None:
        raise ActionRefused("Unable to add interface: Already there")
    member = _new_member(exchange, interface)
    queue.members.append(member)
    exchange.ack("Added interface to queue")
    _publish_pause_device(exchange, queue, member)
    _publish_member(exchange, "QueueMemberAdded", queue, member)
    if member.paused is None and _available(queue) == [member]:
        _publish_available(exchange, queue)


def _new_member(exchange: Exchange, interface: str) -> QueueMember:
    now = int(exchange.server.wall_time)
    paused = is_true(exchange.get("Paused"))
    reason = exchange.get("Reason") if exchange.server.release >= REASON_STORED_SINCE else ""
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
    member.published_status = exchange.server.state.member_status(member)
    return member


def remove_member(exchange: Exchange) -> None:
    """Remove a dynamic member; a static one cannot be removed (manager_remove_queue_member)."""
    refusal = "Need 'Queue' and 'Interface' parameters."
    name, interface = require(exchange, "Queue", refusal), require(exchange, "Interface", refusal)
    queue = exchange.server.state.queues.get(name)
    if queue is None:
        raise ActionRefused("Unable to remove interface from queue: No such queue")
    member = _find(queue, interface)
    if member is None:
        raise ActionRefused("Unable to remove interface: Not there")
    if member.membership == "static":
        raise ActionRefused("Member not dynamic")
    was_available = _available(queue) == [member]
    queue.members.remove(member)
    exchange.ack("Removed interface from queue")
    _publish_member(exchange, "QueueMemberRemoved", queue, member)
    if member.paused is not None:
        member.paused = None
        _publish_pause_device(exchange, queue, member)
    elif was_available:
        _publish_available(exchange, queue)


def pause_member(exchange: Exchange) -> None:
    """Pause or unpause a member in one queue or in all (manager_pause_queue_member)."""
    refusal = "Need 'Interface' and 'Paused' parameters."
    interface, paused = require(exchange, "Interface", refusal), is_true(require(exchange, "Paused", refusal))
    found = _members(exchange, interface)
    if not found:
        raise ActionRefused("Interface not found")
    exchange.ack(f"Interface {'paused' if paused else 'unpaused'} successfully")
    for queue, member in found:
        before, member.paused = _available(queue), exchange.get("Reason") if paused else None
        member.last_pause = int(exchange.server.wall_time) if paused else member.last_pause
        changed = before != _available(queue)
        if changed:
            _publish_pause_device(exchange, queue, member)
        # The queue's own device changes only with its first or last available member.
        if changed and member in (before or _available(queue)) and len(before + _available(queue)) == 1:
            _publish_available(exchange, queue)
        _publish_member(exchange, "QueueMemberPause", queue, member, *_old_reason(exchange, member))


def _old_reason(exchange: Exchange, member: QueueMember) -> list[HeaderPair]:
    has_reason = exchange.server.release < REASON_STORED_SINCE and member.paused
    return [("Reason", member.paused)] if has_reason else []


def set_penalty(exchange: Exchange) -> None:
    """Change a member's penalty (manager_queue_member_penalty)."""
    refusal = "Need 'Interface' and 'Penalty' parameters."
    interface, penalty = (
        require(exchange, "Interface", refusal),
        to_number(require(exchange, "Penalty", refusal)) or 0,
    )
    found = _members(exchange, interface)
    if not found or penalty < 0:
        raise ActionRefused("Invalid interface, queuename or penalty")

    def change(member: QueueMember) -> None:
        member.penalty = penalty

    _change(exchange, found, change, "Interface penalty set successfully", "QueueMemberPenalty")


def set_ring_in_use(exchange: Exchange) -> None:
    """Change whether a member is called while it is in use (manager_queue_member_ringinuse)."""
    refusal = "Need 'Interface' and 'RingInUse' parameters."
    interface, ring = (
        require(exchange, "Interface", refusal),
        is_true(require(exchange, "RingInUse", refusal)),
    )
    found = _members(exchange, interface)
    if not found:
        raise ActionRefused("Invalid interface, queuename, or ringinuse value\n")

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
        _publish_member(exchange, event, queue, member)


def log_to_queue(exchange: Exchange) -> None:
    """Accept an entry for the queue log, which the mock does not have (manager_queue_log_custom)."""
    for name in ("Queue", "Event"):
        require(exchange, name, "Need 'Queue' and 'Event' parameters.")
    exchange.ack("Event added successfully")


def reset_statistics(exchange: Exchange) -> None:
    """Reset the statistics of one queue or of all; an unknown queue is not an error."""
    exchange.ack("Queue stats reset successfully")
    wanted = exchange.get("Queue")
    for queue in exchange.server.state.queues.values():
        if wanted in ("", queue.name):
            for member in queue.members:
                member.calls_taken = member.last_call = 0


def _members(exchange: Exchange, interface: str) -> list[tuple[Queue, QueueMember]]:
    """Return the members of an interface: in the queue that the request names, or in all queues."""
    wanted = exchange.get("Queue")
    found = []
    for queue in exchange.server.state.queues.values():
        member = _find(queue, interface)
        if wanted in ("", queue.name) and member is not None:
            found.append((queue, member))
    return found


def _find(queue: Queue, interface: str) -> QueueMember | None:
    return next((each for each in queue.members if each.interface.lower() == interface.lower()), None)


def _available(queue: Queue) -> list[QueueMember]:
    return [member for member in queue.members if member.paused is None]


def _publish_member(
    exchange: Exchange, name: str, queue: Queue, member: QueueMember, *extra: HeaderPair
) -> None:
    status = exchange.server.state.member_status(member)
    exchange.server.publish([*event_headers.queue_member(name, queue, member, status), *extra], "agent")


def _publish_pause_device(exchange: Exchange, queue: Queue, member: QueueMember) -> None:
    """Publish the state of the device for the pause of a member."""
    device = f"Queue:{queue.name}_pause_{member.interface}"
    state = "NOT_INUSE" if member.paused is None else "INUSE"
    exchange.server.publish(event_headers.device_state_change(device, state), "call")


def _publish_available(exchange: Exchange, queue: Queue) -> None:
    """Publish the state of the device for the availability of a queue's members."""
    state = "NOT_INUSE" if _available(queue) else "INUSE"
    exchange.server.publish(event_headers.device_state_change(f"Queue:{queue.name}_avail", state), "call")


QUEUE_MEMBER_ACTIONS = (
    MockAction("QueueAdd", add_member, "agent", "Add interface to queue."),
    MockAction("QueueLog", log_to_queue, "agent", "Adds custom entry in queue_log."),
    MockAction(
        "QueueMemberRingInUse", set_ring_in_use, "agent", "Set the ringinuse value for a queue member."
    ),
    MockAction("QueuePause", pause_member, "agent", "Makes a queue member temporarily unavailable."),
    MockAction("QueuePenalty", set_penalty, "agent", "Set the penalty for a queue member."),
    MockAction(
        "QueueReload",
        ack_handler("Queue reloaded successfully"),
        "",
        "Reload a queue, queues, or any sub-section of a queue or queues.",
    ),
    MockAction("QueueRemove", remove_member, "agent", "Remove interface from queue."),
    MockAction("QueueReset", reset_statistics, "", "Reset queue statistics."),
)
