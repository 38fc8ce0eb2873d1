"""The queue of one server in one subscription: bounded, with marks where something was lost.

Messages that a queue could not hold are counted exactly, and `Drops` stands in the queue where they were
lost; a reconnect stands there as `Gap`. Two marks of one kind with no message between them become one, so
that the messages bound the marks.

A queue is bounded twice: by `limit` in messages, and by `limit_bytes` in bytes, because one message may be
as long as `max_frame_size`. It always holds one message, however long. Where many servers hold much, it holds
fewer bytes than `limit_bytes`: `Subscription.room` says how many.

`Overflow.PAUSE` asks for a pause when the queue holds `limit` messages, or half of its bytes; reading goes on
when it holds half of that. In between messages may still come, for two reasons:

* Reading cannot pause while an action is open: its reply comes on the same stream. Messages go to a reserve
  as large as the queue, in messages and in bytes. What does not fit is dropped and counted.
* The rest of a read is here already when the pause begins. It is held as well, `HELD_BYTES_MAX` beyond every
  limit, so that a pause loses nothing.

A queue that no consumer pulls would stop its server for everyone else. So a pause ends `pause_max` after the
queue was last pulled: reading goes on, and the queue drops until it is pulled again.
"""

from collections import deque
from dataclasses import dataclass, replace
from enum import Enum, unique
from typing import TYPE_CHECKING

from ami_proto.correlation.pending import Pending
from ami_proto.message.message import Message
from ami_proto.values import Disconnect, ServerKey

if TYPE_CHECKING:
    from ami_proto.connection.subscription import Subscription

HELD_BYTES_MAX = 2 * 65_536
"""Bytes held beyond the limits when a pause begins: the rest of the read that filled the queue, and one more
read, which a driver may make before it polls the `Watch`. A read brings 64 KiB at most."""


@unique
class Overflow(Enum):
    """What a full queue does with the next message."""

    DROP_OLDEST = "drop oldest"
    DROP_NEWEST = "drop newest"
    PAUSE = "pause"
    """Stop reading from the server while no action is open, until `pause_max` after the last pull. Mind that
    Asterisk cuts off a reader that is slower than its `writetimeout`, 100 ms by default, with a torn frame
    and no message."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was received from `server` between these two times.

    They are the last bytes of the old session and READY of the new one. Two gaps with only dropped
    messages between them become one.
    """

    server: ServerKey
    started: float
    ended: float
    cause: Disconnect | None


@dataclass(frozen=True, slots=True)
class Drops:
    """So many messages of `server` were lost here because the queue was full."""

    count: int
    server: ServerKey


class Reading:
    """Whether reading from one server can pause: shared by its queues."""

    __slots__ = ("pending",)

    def __init__(self) -> None:
        self.pending: Pending | None = None
        """The open actions of the present session."""

    @property
    def can_pause(self) -> bool:
        """Whether no reply is awaited that a pause would hold up."""
        return self.pending is None or self.pending.user_count == 0


class ServerQueue:
    """The queue of one server in one subscription."""

    __slots__ = (
        "_capacity",
        "_dropped_first",
        "_drops_oldest",
        "_easy",
        "_easy_bytes",
        "_easy_total",
        "_excused",
        "_expired",
        "_gap_first",
        "_held",
        "_items",
        "_limit",
        "_pulled_at",
        "_reading",
        "closed",
        "depth",
        "depth_bytes",
        "dropped",
        "pausable",
        "pausing",
        "reported",
        "server",
        "subscription",
        "where",
    )

    def __init__(
        self, server: ServerKey, subscription: "Subscription", reading: Reading | None = None
    ) -> None:
        self.server = server
        self.subscription = subscription
        self.where = subscription.filter.where
        # Read for every event: the policy as two switches, the limit, and the queue with its reserve.
        self.pausable = subscription.policy is Overflow.PAUSE
        self._drops_oldest = subscription.policy is Overflow.DROP_OLDEST
        self._limit = subscription.limit
        self._capacity = self._limit * 2 if self.pausable else self._limit
        # Below these nothing is to be decided: the queue is not full, nor is that when a pause begins. While
        # all queues hold no more than `_easy_total`, each has room for half of its own limit, at least.
        self._easy = self._limit - 1 if self.pausable else self._limit
        self._easy_bytes = subscription.limit_bytes // (4 if self.pausable else 2)
        self._easy_total = subscription.limit_bytes_total // 2 - subscription.limit_bytes
        self._reading = Reading() if reading is None else reading
        self.depth = 0
        """Messages in the queue; gaps and drops do not count."""
        self.depth_bytes = 0
        """Bytes of these messages."""
        self.dropped = 0
        """Messages lost since the subscription began."""
        self.reported = 0
        """How many of the lost ones were reported."""
        self.closed = False
        """Whether its server was removed."""
        self.pausing = False
        """Whether the queue asks to pause reading: from full until half empty, or `pause_max`."""
        self._expired = False
        """Whether the queue asks no more, because it was not pulled for `pause_max`."""
        self._pulled_at: float | None = None
        """While `pausing`: when the queue was last pulled or became full; None for since the last fact."""
        self._excused = False
        """Whether the end of this pause was put off, because the process seemed to be suspended."""
        self._held = 0
        """Bytes that were queued beyond the limits, because a pause had begun, or had to."""
        self._items: deque[Message | Gap | Drops] = deque()
        # DROP_OLDEST loses messages at the front, where the next message is about to leave. The marks of
        # that loss stand before the queue, so that dropping costs the same however many marks there are.
        self._dropped_first = 0
        self._gap_first: Gap | None = None

    def reopen(self, reading: Reading) -> None:
        """Go on for another connection with the same server."""
        self.closed, self._reading = False, reading

    @property
    def empty(self) -> bool:
        """Whether there is nothing to pull."""
        return not (self._items or self._dropped_first or self._gap_first)

    def push(self, message: Message) -> None:
        """Queue a message; what a full queue does follows the subscription's policy."""
        size = message.held_bytes
        subscription = self.subscription
        if (
            self.depth < self._easy
            and self.depth_bytes + size < self._easy_bytes
            and subscription.depth_bytes <= self._easy_total
        ):
            pass
        elif self._drops_oldest:
            self._drop_oldest(size)
        elif not self._admit(size):
            self.dropped += 1
            self._mark(Drops(1, self.server))
            return
        self._items.append(message)
        self.depth += 1
        self.depth_bytes += size
        subscription.depth_bytes += size

    def push_run(self, messages: list[Message], size: int) -> None:
        """Queue messages, which have so many bytes together: what so many `push` would do."""
        subscription = self.subscription
        if (
            self.depth + len(messages) > self._easy
            or self.depth_bytes + size >= self._easy_bytes
            or subscription.depth_bytes + size > self._easy_total
        ):
            for message in messages:
                self.push(message)
            return
        self._items.extend(messages)
        self.depth += len(messages)
        self.depth_bytes += size
        subscription.depth_bytes += size

    def push_gap(self, gap: Gap) -> None:
        """Queue a gap."""
        self._mark(gap)

    def clear(self) -> None:
        """Forget everything that waits."""
        self._items.clear()
        self._dropped_first, self._gap_first = 0, None
        self.subscription.depth_bytes -= self.depth_bytes
        self.depth = self.depth_bytes = 0
        self._settle_pause()

    def pull(self) -> Message | Gap | Drops | None:
        """Return the next item and forget it."""
        if self._dropped_first:
            count, self._dropped_first = self._dropped_first, 0
            return Drops(count, self.server)
        if self._gap_first is not None:
            gap, self._gap_first = self._gap_first, None
            return gap
        if not self._items:
            return None
        item = self._items.popleft()
        if isinstance(item, Message):
            size = item.held_bytes
            self.depth -= 1
            self.depth_bytes -= size
            self.subscription.depth_bytes -= size
        if self.pausing or self._expired:
            self._settle_pause()
        return item

    def pull_many(self, limit: int, limit_bytes: int) -> list[Message | Gap | Drops]:
        """Return what up to `limit` calls of `pull` would; fewer where their bytes reach `limit_bytes`."""
        items: list[Message | Gap | Drops] = []
        while len(items) < limit and (self._dropped_first or self._gap_first) and (mark := self.pull()):
            items.append(mark)
        # Mostly the consumer keeps up, and takes all there is without a look at each message.
        if len(items) + len(self._items) <= limit and self.depth_bytes <= limit_bytes:
            items += self._items
            self.clear()
            return items
        bytes_left = self.depth_bytes - limit_bytes
        while len(items) < limit and self.depth_bytes > bytes_left and (item := self.pull()) is not None:
            items.append(item)
        return items

    # -- pauses

    def note_pull(self) -> None:
        """Take a sign that the consumer is there."""
        if self.pausing or self._expired:
            self._settle_pause()

    @property
    def pause_end_unknown(self) -> bool:
        """Whether the pause began or the queue was pulled since the last fact: the time was not known."""
        return self.pausing and self._pulled_at is None

    def end_pause(self, now: float, longest: float, *, late: bool) -> bool:
        """End the pause if it has lasted `longest` seconds since the last pull; return whether it ended.

        `late` says that this process may have been suspended. Then the consumer had no chance to pull
        either, and gets one more period.
        """
        if not self.pausing:
            return False
        if self._pulled_at is None:
            self._pulled_at = now
        if now < self._pulled_at + longest:
            return False
        if late and not self._excused:
            self._pulled_at, self._excused = now, True
            return False
        self.pausing, self._expired = False, True
        return True

    def pause_end(self, longest: float) -> float | None:
        """Return when the pause ends at the latest; None without one."""
        return None if not self.pausing or self._pulled_at is None else self._pulled_at + longest

    def _settle_pause(self) -> None:
        """Go on with a pause, resume, or begin again after an expired one: the queue was pulled."""
        room = self.subscription.room(self.depth_bytes)
        half_empty = self.depth * 2 <= self._limit and self.depth_bytes * 2 <= max(1, room // 2)
        self.pausing = (self.pausing or self._expired) and not half_empty
        if not self.pausing:
            self.subscription.pauses.pop(self, None)
        self._expired = self._excused = False
        self._pulled_at = None
        if self.depth <= self._limit and self.depth_bytes <= room:
            self._held = 0

    # -- a full queue

    def _drop_oldest(self, size: int) -> None:
        """Drop the oldest messages until one of this size fits; marks before the next one move to the front.

        A longer message than fits at all empties the queue: it always holds one.
        """
        items, limit, before = self._items, self._limit, self.depth_bytes
        room = self.subscription.room(before) - size
        while items and (not isinstance(items[0], Message) or self.depth >= limit or self.depth_bytes > room):
            item = items.popleft()
            if isinstance(item, Message):
                self.depth -= 1
                self.depth_bytes -= item.held_bytes
                self.dropped += 1
                self._dropped_first += 1
            else:
                assert isinstance(item, Gap), "with this policy, drops are counted before the queue"
                first = self._gap_first
                self._gap_first = item if first is None else replace(item, started=first.started)
        self.subscription.depth_bytes -= before - self.depth_bytes

    def _admit(self, size: int) -> bool:
        """Whether to queue a message of this size although the queue is, or becomes, full."""
        room = self.subscription.room(self.depth_bytes)
        full = self.depth >= self._capacity or self.depth_bytes + size > room
        if full and self.depth and not (self.pausable and self._hold(size)):
            return False
        becomes_full = self.depth + 1 >= self._limit or self.depth_bytes + size >= max(1, room // 2)
        if self.pausable and becomes_full and not self.pausing and not self._expired:
            self.pausing = True
            self.subscription.pauses[self] = None
        return True

    def _hold(self, size: int) -> bool:
        """Whether to queue a message beyond all limits, because reading is about to pause.

        The message that calls for the pause may be as long as a frame. Those after it came in the same read,
        or in the next one.
        """
        if self._expired or not self._reading.can_pause:
            return False
        if not self.pausing:
            return True
        if self._held + size > HELD_BYTES_MAX:
            return False
        self._held += size
        return True

    def _mark(self, mark: Gap | Drops) -> None:
        """Put a mark at the end, merged with a mark of its kind that has no message after it."""
        items = self._items
        for place in (-1, -2):  # pragma: no branch - two kinds of mark, and never two of a kind in a row
            if len(items) < -place or isinstance(items[place], Message):
                break
            earlier = items[place]
            if isinstance(earlier, Gap) and isinstance(mark, Gap):
                items[place] = replace(mark, started=earlier.started)
                return
            if isinstance(earlier, Drops) and isinstance(mark, Drops):
                items[place] = Drops(earlier.count + mark.count, self.server)
                return
        items.append(mark)
