"""Whose is it? Which open action a message belongs to (R-CORR-12; facts, 4).

What a handler writes directly has no `Privilege`: it is part of an answer. What came through the event
queue has one, and belongs to an action only where that awaits it. What names no action belongs to the
list that is open, or to the action whose fence is in front.
"""

from ami_proto.correlation.action_ids import ActionIds
from ami_proto.correlation.pending import Entry, Pending
from ami_proto.message.message import Message
from ami_proto.values import Kind


def asynchronous(event: Message) -> bool:
    """Whether the event came through the event queue, not out of an action's handler.

    The items of `Status` (main/manager.c, generate_status) and of `SIPpeerstatus` (channels/chan_sip.c,
    manager_sip_peer_status) have a `Privilege` all the same; they are told by their ActionID.
    """
    return event.has_privilege and event.name not in ("Status", "PeerStatus")


def owner(pending: Pending, message: Message) -> Entry | None:
    """Return the open action that a message belongs to, by what it began as where it was skipped."""
    match message.first.kind:
        case Kind.EVENT:
            return _owner_of_event(pending, message)
        case Kind.RESPONSE:
            return pending.find(message.action_id) if message.action_id is not None else None
    return pending.fenced


def _owner_of_event(pending: Pending, event: Message) -> Entry | None:
    if event.action_id is None:
        return None if event.has_privilege else pending.collector
    entry = pending.find(event.action_id)
    if entry is None or not asynchronous(event):
        return entry
    return entry if event.name is not None and event.name.lower() in entry.async_events else None


def is_straggler(pending: Pending, ids: ActionIds, event: Message) -> bool:
    """Whether an event that is nobody's was part of the answer to an action that has ended."""
    if event.action_id is None:
        return pending.abandoned and not event.has_privilege
    return not asynchronous(event) and ids.issued(event.action_id)
