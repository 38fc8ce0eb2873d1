"""Attribution: which open action a message belongs to (R-CORR-12; facts, 4).

An event that a handler writes directly has no `Privilege`: it is part of an answer. An event that came
through the event queue has one, and belongs to an action only if that waits for it by name. A message
without ActionID belongs to the list that is open, or to the action with the oldest fence.
"""

from ami_proto.correlation.action_ids import ActionIds
from ami_proto.correlation.entry import Entry
from ami_proto.correlation.pending import Pending
from ami_proto.message.message import Message
from ami_proto.values import Kind


def asynchronous(event: Message) -> bool:
    """Whether the event came through the event queue, not from an action's handler.

    The items of `Status` (main/manager.c, generate_status) and of `SIPpeerstatus` (channels/chan_sip.c,
    manager_sip_peer_status) have a `Privilege` although they are answers. Their ActionID tells.
    """
    return event.has_privilege and event.name not in ("Status", "PeerStatus")


def owner(pending: Pending, message: Message) -> Entry | None:
    """Return the open action that a message belongs to. A skipped frame counts as what it began as."""
    match message.first.kind:
        case Kind.EVENT:
            return _owner_of_event(pending, message)
        case Kind.RESPONSE:
            return pending.find(message.action_id) if message.action_id is not None else None
    named = pending.find(message.action_id) if message.action_id is not None else None
    return named if named is not None else pending.fenced


def _owner_of_event(pending: Pending, event: Message) -> Entry | None:
    if event.action_id is None:
        return None if event.has_privilege else pending.collector
    entry = pending.find(event.action_id)
    if entry is None or not asynchronous(event):
        return entry
    return entry if event.name is not None and event.name.lower() in entry.async_events else None


def is_straggler(pending: Pending, ids: ActionIds, event: Message) -> bool:
    """Whether an event of no open action was part of the answer to an action that has ended."""
    if event.action_id is None:
        return pending.abandoned and not event.has_privilege
    return not asynchronous(event) and ids.issued(event.action_id)
