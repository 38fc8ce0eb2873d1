"""What the laws know of each server, and the bounds that its configuration sets."""

from collections.abc import Iterator, Mapping, Sequence

import ami_proto as ami
from ami_proto.drivers import Command, ServerKey, SubscriptionSnapshot

from .bookkeeping import ReportedStates, Sessions

NOTICES_MAX = 64 + 3
"""Undrained notices of the life: so many one by one, and one of each of three kinds that sum up the rest."""
COMMANDS_MAX = 4
"""Undrained commands of one server: close the old stream, dial the new one, what to watch, a look."""
ENGINE_BYTES_MAX = 8192
"""Bytes that the engine may queue beyond `max_outbound_bytes`: a login, pings, a logoff."""
HELD_BYTES_MAX = 2 * 65_536
"""Bytes beyond the limits of a queue that pauses reading: two reads that came before reading stopped."""
FRAME_SIZE_MIN = 4
"""Bytes of the shortest message, as queues count them."""


class ServerBook:
    """One server: its streams, the states that were reported, and its tickets without an outcome."""

    def __init__(self, action_ids: set[bytes]) -> None:
        self.sessions = Sessions(action_ids)
        self.states = ReportedStates()
        self.open_count = 0


class ServerBooks(dict[ServerKey, ServerBook]):
    """The book of each server, made when it is first asked for."""

    def __init__(self) -> None:
        self._action_ids: set[bytes] = set()

    def __missing__(self, server: ServerKey) -> ServerBook:
        book = self[server] = ServerBook(self._action_ids)
        return book

    def take(self, command: Command) -> str | None:
        """Take a command; return what is wrong with it."""
        return self[command.session.server].sessions.take(command)

    def unreported(self, states: Mapping[ServerKey, ami.State]) -> str | None:
        """Return a change of state that was not reported, now that every notice is drained."""
        for server, state in states.items():
            if (reported := self[server].states.state) is not state:
                return f"{server} is {state.value}, and {reported.value} was reported"
        return None

    def complaints(
        self, snapshots: Mapping[ServerKey, ami.Snapshot], configs: Mapping[ServerKey, ami.ServerConfig]
    ) -> Iterator[tuple[str, str]]:
        """Yield each broken law about tickets and bounds, with what is wrong."""
        for server, seen in snapshots.items():
            kept = seen.actions_pending + seen.actions_waiting + seen.outcomes_undrained
            if kept != (open_count := self[server].open_count):
                yield "L4", f"{open_count} tickets of {server} are open, {kept} are kept"
            if (complaint := count_complaint(seen, configs[server])) is not None:
                yield "L6", f"{server}: {complaint}"
        frame_size_max = max((each.max_frame_size for each in configs.values()), default=0)
        for queues in zip(*(seen.subscriptions for seen in snapshots.values()), strict=True):
            if (complaint := total_complaint(queues, frame_size_max)) is not None:
                yield "L6", f"the queues of {queues[0].names}: {complaint}"
        for server in self.keys() - snapshots.keys():
            if open_count := self[server].open_count:
                yield "L4", f"{open_count} tickets of {server} are open, and it is gone"


def count_complaint(seen: ami.Snapshot, config: ami.ServerConfig) -> str | None:
    """Return in what a server exceeds its bounds, or None."""
    actions = seen.actions_pending + seen.actions_waiting + seen.outcomes_undrained
    if actions > config.max_pending_actions:
        return f"{actions} actions, {config.max_pending_actions} allowed"
    outbound_max = config.max_outbound_bytes + ENGINE_BYTES_MAX
    if seen.outbound_bytes > outbound_max:
        return f"{seen.outbound_bytes} bytes outbound, {outbound_max} allowed"
    for each in seen.subscriptions:
        if (complaint := queue_complaint(each, config.max_frame_size)) is not None:
            return f"the queue of {each.names}: {complaint}"
    return None


def queue_complaint(queue: SubscriptionSnapshot, frame_size_max: int) -> str | None:
    """Return in what a queue exceeds its bounds, or None. One message it may always hold."""
    depth_max, bytes_max = queue.limit, queue.limit_bytes
    if queue.policy is ami.Overflow.PAUSE:
        depth_max = 2 * queue.limit + HELD_BYTES_MAX // FRAME_SIZE_MIN
        bytes_max += frame_size_max + HELD_BYTES_MAX
    if queue.depth > depth_max:
        return f"{queue.depth} messages, {depth_max} allowed"
    if queue.depth > 1 and queue.depth_bytes > bytes_max:
        return f"{queue.depth_bytes} bytes, {bytes_max} allowed"
    return None


def total_complaint(queues: Sequence[SubscriptionSnapshot], frame_size_max: int) -> str | None:
    """Return in what the queues of one subscription exceed their bound. One message each may always hold."""
    held = sum(each.depth_bytes for each in queues if each.depth > 1)
    bytes_max = queues[0].limit_bytes_total
    if queues[0].policy is ami.Overflow.PAUSE:
        bytes_max += len(queues) * (frame_size_max + HELD_BYTES_MAX)
    return f"{held} bytes, {bytes_max} allowed" if held > bytes_max else None
