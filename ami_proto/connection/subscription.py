"""One subscription: a filter, and a bounded queue that its consumer pulls from.

What the queue could not hold is counted, exactly, and stands in the queue as `Drops` where it was
lost; a reconnect stands there as `Gap`. Two marks of a sort with no message between them become one,
so that the marks are bounded by the messages.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum, unique

from ami_proto.errors import ConfigError
from ami_proto.message.message import Message
from ami_proto.values import Disconnect, ServerKey

QUEUE_LIMIT_DEFAULT = 10_000
"""Messages a queue holds by default: some seconds of a busy server, some 10 MB of
ordinary ones; the bound in bytes is this many times `max_frame_size`."""


@unique
class Overflow(Enum):
    """What a full queue does with the next message."""

    DROP_OLDEST = "drop oldest"
    DROP_NEWEST = "drop newest"
    PAUSE = "pause"
    """Stop reading from the server while no action is open. Mind that Asterisk cuts a reader off
    that is slower than its `writetimeout`, 100 ms by default, with a torn frame and no word."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Choose messages: by names or globs (`Queue*`), case-insensitive; none means all.

    `block` wins over `names`. `where` sees a message whose name was accepted. `replies` asks for
    the items of list actions too, which otherwise go to their action alone.
    """

    names: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    where: Callable[[Message], bool] | None = None
    replies: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", _patterns("names", self.names))
        object.__setattr__(self, "block", _patterns("block", self.block))
        if self.where is not None and not callable(self.where):
            raise ConfigError("where", self.where, "must be a function of a message, or None")

    def accepts(self, name: str) -> bool:
        """Whether an event of this name passes the lists."""
        if any(_glob(pattern).fullmatch(name) for pattern in self.block):
            return False
        return not self.names or any(_glob(pattern).fullmatch(name) for pattern in self.names)


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was received between these two times: from the last bytes of the old session to READY of
    the new. Two gaps with nothing but dropped messages between them become one.
    """

    server: ServerKey
    started: float
    ended: float
    cause: Disconnect | None


@dataclass(frozen=True, slots=True)
class Drops:
    """So many messages were lost here because the queue was full."""

    count: int


class Subscription:
    """A bounded queue of messages; make it with `subscribe`, pull with `poll_message`."""

    __slots__ = (
        "_dropped_first",
        "_gap_first",
        "_queue",
        "depth",
        "dropped",
        "filter",
        "limit",
        "pausing",
        "policy",
        "reported",
    )

    def __init__(self, filter: Filter, limit: int, policy: Overflow) -> None:  # noqa: A002 - the agreed word
        self.filter = filter
        self.limit = limit
        self.policy = policy
        self.depth = 0
        """Messages in the queue; gaps and drops do not count."""
        self.dropped = 0
        """Messages lost since the subscription began."""
        self.reported = 0
        """How many of those were reported."""
        self.pausing = False
        """Whether reading should pause for this queue: from full until half empty."""
        self._queue: deque[Message | Gap | Drops] = deque()
        self._dropped_first = 0
        self._gap_first: Gap | None = None

    def __repr__(self) -> str:
        return f"<Subscription {','.join(self.filter.names) or '*'} {self.depth}/{self.limit}>"

    @property
    def empty(self) -> bool:
        """Whether there is nothing to pull."""
        return not (self._queue or self._dropped_first or self._gap_first)

    def push(self, message: Message) -> None:
        """Queue a message by the policy."""
        paused = self.policy is Overflow.PAUSE
        if self.depth >= (self.limit * 2 if paused else self.limit):
            self.dropped += 1
            if self.policy is not Overflow.DROP_OLDEST:
                self._mark(Drops(1))
                return
            self._drop_oldest()
        self._queue.append(message)
        self.depth += 1
        self.pausing = paused and (self.pausing or self.depth >= self.limit)

    def push_gap(self, gap: Gap) -> None:
        """Queue a gap."""
        self._mark(gap)

    def clear(self) -> None:
        """Forget everything that waits."""
        self._queue.clear()
        self._dropped_first, self._gap_first = 0, None
        self.depth, self.pausing = 0, False

    def pull(self) -> Message | Gap | Drops | None:
        """Return the next and forget it."""
        if self._dropped_first:
            count, self._dropped_first = self._dropped_first, 0
            return Drops(count)
        if self._gap_first is not None:
            gap, self._gap_first = self._gap_first, None
            return gap
        if not self._queue:
            return None
        item = self._queue.popleft()
        if isinstance(item, Message):
            self.depth -= 1
            self.pausing = self.pausing and self.depth * 2 > self.limit
        return item

    def _drop_oldest(self) -> None:
        """Drop the oldest message; the marks before it move to the front of the queue."""
        self._dropped_first += 1
        while True:
            item = self._queue.popleft()
            if isinstance(item, Message):
                self.depth -= 1
                return
            assert isinstance(item, Gap), "with this policy, what was dropped is counted before the queue"
            first = self._gap_first
            self._gap_first = item if first is None else replace(item, started=first.started)

    def _mark(self, mark: Gap | Drops) -> None:
        """Put a mark at the end, into one of its sort that has no message behind it."""
        queue = self._queue
        for place in (-1, -2):  # pragma: no branch - there are two sorts, and no two of one sort in a row
            if len(queue) < -place or isinstance(queue[place], Message):
                break
            earlier = queue[place]
            if isinstance(earlier, Gap) and isinstance(mark, Gap):
                queue[place] = replace(mark, started=earlier.started)
                return
            if isinstance(earlier, Drops) and isinstance(mark, Drops):
                queue[place] = Drops(earlier.count + mark.count)
                return
        queue.append(mark)


def _patterns(key: str, given: Iterable[object]) -> tuple[str, ...]:
    """Return the patterns. Raise for one text, which would be taken for as many patterns as it has
    characters, and for what is no text.
    """
    if isinstance(given, str):
        raise ConfigError(key, given, "must be a tuple of patterns, not one text")
    patterns: list[str] = []
    for pattern in given:
        if not isinstance(pattern, str):
            raise ConfigError(key, pattern, "each pattern must be text")
        patterns.append(pattern)
    return tuple(patterns)


def _glob(pattern: str) -> re.Pattern[str]:
    """Compile a case-insensitive glob: `*` any text, `?` any character.

    What stands between two stars is found where it comes first, for good (an atomic group): a name that
    somebody made up for it cannot make the search start over and over.
    """
    first, *rest = (re.escape(part).replace(r"\?", ".") for part in pattern.split("*"))
    inner = "".join(f"(?>.*?{part})" for part in rest[:-1] if part)
    last = f".*{rest[-1]}" if rest else ""
    return re.compile(first + inner + last, re.IGNORECASE | re.DOTALL)
