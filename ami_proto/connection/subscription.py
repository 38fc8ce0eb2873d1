"""One subscription: a filter, and for each server a bounded queue that its consumer pulls from.

Servers take turns: each pull takes from the next server that has something, in order within it. What a queue
does when it is full is in `server_queue.py`.

Each queue has limits of its own, and all of them together have one in bytes, `limit_bytes_total`. Half of it
is divided into equal shares, one for each server, and a queue always has room for its share. Of the other
half it may hold as much as it leaves free. So one flooder gets half of that half, two get a third of it each,
and so on; and a server that holds no more than its share never loses or waits because of the others.

No queue drops for the message of another. A queue that holds more than it may, because the others hold more
by now, drops when its own next message comes. Half of the total is never less than the limit of one queue:
with one server the total decides nothing.
"""

from collections import deque

from ami_proto.connection.filter import Filter
from ami_proto.connection.server_queue import Drops, Gap, Overflow, Reading, ServerQueue
from ami_proto.message.message import Message
from ami_proto.values import ServerKey

QUEUE_LIMIT_DEFAULT = 10_000
"""Messages that a queue holds by default: some seconds of a busy server, some 10 MB of ordinary messages."""
QUEUE_BYTES_DEFAULT = 64 * 1024 * 1024
"""Bytes that a queue holds by default: more than six times what the messages above take, so that it stops
only long ones; room for sixteen frames of the default `max_frame_size`."""
QUEUE_BYTES_TOTAL_DEFAULT = 256 * 1024 * 1024
"""Bytes that all queues of a subscription hold by default, at least: four times what one may hold. With a
thousand servers each share is 131 KB, some hundreds of ordinary messages."""
FULL_QUEUES_MIN = 2
"""How many full queues the bytes of all must have room for: then the half that is shared out to one server
alone is as much as its queue may hold."""


class Subscription:
    """A filter and one bounded queue for each server; make it with `subscribe`, pull with `poll_message`.

    Servers take turns: each pull takes from the next server that has something, in order within it.
    """

    __slots__ = (
        "_closed",
        "_dropped_by_ended",
        "_half",
        "_ready",
        "depth_bytes",
        "filter",
        "limit",
        "limit_bytes",
        "limit_bytes_total",
        "pauses",
        "policy",
        "queues",
    )

    def __init__(
        self,
        filter: Filter,  # noqa: A002 - the agreed word
        limit: int,
        policy: Overflow,
        limit_bytes: int = QUEUE_BYTES_DEFAULT,
        limit_bytes_total: int | None = None,
    ) -> None:
        if limit_bytes_total is None:
            limit_bytes_total = max(QUEUE_BYTES_TOTAL_DEFAULT, FULL_QUEUES_MIN * limit_bytes)
        self.filter = filter
        self.limit = limit
        """Messages that each queue holds."""
        self.limit_bytes = limit_bytes
        """Bytes that each queue holds, as they came on the wire."""
        self.limit_bytes_total = limit_bytes_total
        """Bytes that all queues hold together."""
        self._half = limit_bytes_total // 2
        self.policy = policy
        self.depth_bytes = 0
        """Bytes of the messages in its queues."""
        self.pauses: dict[ServerQueue, None] = {}
        """The queues that ask to pause reading, or would but for the length of their pause."""
        self.queues: list[ServerQueue] = []
        self._ready: deque[ServerQueue] = deque()
        """The queues that have something, the next one to pull from first."""
        self._closed: dict[ServerKey, ServerQueue] = {}
        """The queues that have something left of servers that were removed."""
        self._dropped_by_ended = 0

    def __repr__(self) -> str:
        return f"<Subscription {','.join(self.filter.names) or '*'} {self.depth}/{self.limit}>"

    @property
    def depth(self) -> int:
        """Messages in its queues; gaps and drops do not count."""
        return sum(queue.depth for queue in self.queues)

    @property
    def dropped(self) -> int:
        """Messages lost by its queues."""
        return self._dropped_by_ended + sum(queue.dropped for queue in self.queues)

    def room(self, held: int) -> int:
        """Return how many bytes a queue may hold in all, of which it holds so many now."""
        if len(self.queues) == 1:
            return self.limit_bytes
        others = self.depth_bytes - held
        share = self._half // len(self.queues)
        leaving_as_much_free = (self._half - others) // 2
        room = min(self.limit_bytes, max(share, leaving_as_much_free))
        if self.policy is Overflow.PAUSE:  # what pauses hold beyond all limits must not stop the others
            return room
        return min(room, self.limit_bytes_total - others)  # servers that were added have lessened the shares

    def add_ready(self, queue: ServerQueue) -> bool:
        """Note that a queue has something now; return whether the subscription was empty before."""
        self._ready.append(queue)
        return len(self._ready) == 1

    def pull(self) -> Message | Gap | Drops | None:
        """Return the next item and forget it."""
        if not self._ready:
            return None
        queue = self._ready[0]
        item = queue.pull()
        if not queue.depth and queue.empty:  # mostly the first says it all
            self._end_turns(queue)
        elif len(self._ready) > 1:
            self._ready.rotate(-1)
        return item

    def pull_many(self, limit: int, limit_bytes: int) -> list[Message | Gap | Drops]:
        """Return up to `limit` next items and forget them; fewer where their bytes reach `limit_bytes`."""
        self.note_pull()
        if len(self._ready) == 1:  # one server has something: its messages need no turns
            queue = self._ready[0]
            items = queue.pull_many(limit, limit_bytes)
            if queue.empty:
                self._end_turns(queue)
            return items
        items = []
        depth_bytes_end = max(0, self.depth_bytes - limit_bytes)
        # Mostly the limit is above all that waits, and nothing needs to be counted for each message.
        while len(items) < limit and (item := self.pull()) is not None:
            items.append(item)
            if depth_bytes_end and self.depth_bytes <= depth_bytes_end:
                break
        return items

    @property
    def paused_servers(self) -> list[ServerKey]:
        """The servers whose reading a pull may resume, or may pause anew."""
        return [queue.server for queue in self.pauses]

    def note_pull(self) -> None:
        """Take a sign that the consumer is there, as if it had pulled from every queue."""
        for queue in list(self.pauses):
            queue.note_pull()

    def open(self, server: ServerKey, reading: Reading) -> ServerQueue:
        """Return the queue of a server. One that was removed and is back goes on with the queue that it left.

        So its messages stay in order, and the bounds hold however often it comes and goes.
        """
        queue = self._closed.pop(server, None)
        if queue is None:
            queue = ServerQueue(server, self, reading)
            self.queues.append(queue)
        else:
            queue.reopen(reading)
        return queue

    def close(self, queue: ServerQueue) -> None:
        """Let a queue go once it is empty: its server was removed. Its drops stay counted."""
        queue.closed = True
        self._closed[queue.server] = queue
        if queue.empty:
            self._forget(queue)

    def _end_turns(self, queue: ServerQueue) -> None:
        """Take the first queue, which is empty, out of the turns."""
        self._ready.popleft()
        if queue.closed:
            self._forget(queue)

    def _forget(self, queue: ServerQueue) -> None:
        del self._closed[queue.server]
        self.queues.remove(queue)
        self._dropped_by_ended += queue.dropped

    def end(self) -> None:
        """Forget everything that waits, and the queues; their drops stay counted.

        The queues refer to the subscription, so that with them its predicate would stay in memory until the
        garbage collector runs.
        """
        self._dropped_by_ended = self.dropped
        self._ready.clear()
        for queue in self.queues:
            queue.clear()
        self.queues.clear()
        self._closed.clear()
