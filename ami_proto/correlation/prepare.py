"""How an action becomes an open one: its ActionIDs, its bytes, and those of the fence behind it."""

from ami_proto.correlation.action_ids import ActionIds
from ami_proto.correlation.completion import Completion
from ami_proto.correlation.odd_actions import blocks_session, fence_allowed
from ami_proto.correlation.outcome import Ticket
from ami_proto.correlation.outgoing import Outgoing
from ami_proto.correlation.pending import Entry, Purpose
from ami_proto.errors import MisuseError
from ami_proto.message.encode import Action, encode
from ami_proto.values import ServerKey

PING = Action("Ping")
"""What a fence is made of."""


def prepare(
    ids: ActionIds,
    server: ServerKey,
    action: Action,
    completion: Completion,
    *,
    now: float = 0.0,
    deadline: float | None,
    purpose: Purpose = Purpose.USER,
) -> Entry:
    """Return the entry of an action that gets the next ActionIDs; the caller draws them once it is open.

    The strategy is asked what it declares, and may raise. Raises `MisuseError` for a fence where none
    can be.
    """
    action_id, fence_id, fence = ids.peek(), None, b""
    if completion.fence:
        if not fence_allowed(action):
            raise MisuseError(f"{action.name}: the ping of a fence would end it; take another completion")
        fence_id = ids.peek(ahead=1)
        fence = encode(PING, fence_id)
    return Entry(
        Ticket(server, action_id, action.name, now),
        completion,
        Outgoing(encode(action, action_id), fence),
        deadline,
        purpose=purpose,
        blocks=blocks_session(action),
        fence_id=fence_id,
    )
