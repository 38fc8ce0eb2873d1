"""The subscriptions of a machine, and the delivery of messages to those that want them.

A `Registry` holds the subscriptions of all servers. Each server delivers through a `Delivery` of its own,
which finds the queues that want an event by the event's name. The name is looked at before anything is
decoded, so that an unwanted event costs one look-up.
"""

from collections import deque
from collections.abc import Callable
from types import TracebackType

from ami_proto.connection.filter import Filter
from ami_proto.connection.journal import Journal, ServerJournal
from ami_proto.connection.notices import EventsDropped, Fault
from ami_proto.connection.server_queue import Gap, Overflow, Reading, ServerQueue
from ami_proto.connection.subscription import FULL_QUEUES_MIN, QUEUE_BYTES_DEFAULT, Subscription
from ami_proto.errors import ConfigError, MisuseError, described
from ami_proto.message.message import Message
from ami_proto.values import Disconnect, Kind, ServerKey

NAMES_REMEMBERED_MAX = 4096
"""Event names whose queues are remembered. Asterisk has some 300; beyond this a peer invents names, and the
memory begins anew."""
NAME_SIZE_MAX = 256
"""Characters of a name that is remembered. A longer one may be as long as a frame."""


class Callouts:
    """Know whether a user's predicate or strategy is running. A context manager around the call.

    Such code looks and judges. A request from inside it would change what the engine is in the middle
    of, so it is refused.
    """

    __slots__ = ("_running",)

    def __init__(self) -> None:
        self._running = False

    def __enter__(self) -> None:
        self._running = True

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running = False

    def refuse_requests(self) -> None:
        """Raise `MisuseError` while one is running."""
        if self._running:
            raise MisuseError("requests are refused from inside a predicate or a completion strategy")


class Registry:
    """The subscriptions of one machine."""

    __slots__ = ("_deliveries", "_journal", "_subscriptions", "callouts")

    def __init__(self, journal: Journal) -> None:
        self.callouts = Callouts()
        self._journal = journal
        self._subscriptions: list[Subscription] = []
        self._deliveries: list[Delivery] = []

    def open(self, journal: ServerJournal) -> "Delivery":
        """Return the delivery of one server."""
        delivery = Delivery(journal, self.callouts)
        for subscription in self._subscriptions:
            delivery.add(subscription)
        self._deliveries.append(delivery)
        return delivery

    def close(self, delivery: "Delivery") -> None:
        """End the delivery of a server that is removed. Its messages that are queued can still be pulled."""
        self._deliveries.remove(delivery)
        for queue in delivery.queues:
            queue.subscription.close(queue)

    def add(
        self,
        filter: Filter,  # noqa: A002 - the agreed word
        limit: int,
        policy: Overflow,
        limit_bytes: int = QUEUE_BYTES_DEFAULT,
        limit_bytes_total: int | None = None,
    ) -> Subscription:
        """Begin a subscription. Raises `ConfigError` for a wrong filter, limit or policy."""
        _check(filter, limit, policy, limit_bytes)
        _check_total(limit_bytes_total, limit_bytes)
        subscription = Subscription(filter, limit, policy, limit_bytes, limit_bytes_total)
        self._subscriptions.append(subscription)
        for delivery in self._deliveries:
            delivery.add(subscription)
        return subscription

    def remove(self, subscription: Subscription) -> None:
        """End a subscription and forget its messages. Does nothing when it has ended."""
        if subscription not in self._subscriptions:
            return
        self._subscriptions.remove(subscription)
        for delivery in self._deliveries:
            delivery.remove(subscription)
        subscription.end()
        self._journal.forget(subscription)


class Audience:
    """The queues that want events of some names. Names with equal queues share one object."""

    __slots__ = ("asks", "queues")

    def __init__(self, queues: tuple[ServerQueue, ...]) -> None:
        self.queues = queues
        self.asks = any(queue.where is not None for queue in queues)
        """Whether a predicate decides as well, for each message."""


class Delivery:
    """Queue the messages of one server for the subscriptions that want them."""

    __slots__ = (
        "_audiences",
        "_by_name",
        "_dropped_by_ended",
        "_journal",
        "callouts",
        "gap",
        "pausable",
        "queues",
        "reading",
        "server",
        "unwanted",
    )

    def __init__(self, journal: ServerJournal, callouts: Callouts) -> None:
        self.server: ServerKey = journal.server
        self.callouts = callouts
        self.queues: list[ServerQueue] = []
        """This server's queue of each subscription."""
        self.reading = Reading()
        """Whether reading can pause: the present session keeps it up to date."""
        self.unwanted = 0
        """Events that no subscription wanted."""
        self._journal = journal
        self._by_name: dict[str | None, Audience] = {}
        self._audiences: dict[tuple[ServerQueue, ...], Audience] = {}
        self._dropped_by_ended = 0
        """Less what its queues had dropped before they were opened here."""
        self.gap: tuple[float, Disconnect | None] | None = None
        """Since when no subscriber is served, and why."""
        self.pausable: list[ServerQueue] = []
        """The queues whose policy is to pause reading."""

    # -- subscriptions

    def add(self, subscription: Subscription) -> None:
        """Give a subscription its queue for this server."""
        queue = subscription.open(self.server, self.reading)
        self.queues.append(queue)
        self._dropped_by_ended -= queue.dropped  # by an earlier connection
        if queue.pausable:
            self.pausable.append(queue)
        self._forget_names()

    def remove(self, subscription: Subscription) -> None:
        """Take away the queue of a subscription that ends; its drops stay counted."""
        self._dropped_by_ended += sum(each.dropped for each in self._queues_of(subscription))
        self.queues = [each for each in self.queues if each.subscription is not subscription]
        self.pausable = [each for each in self.pausable if each.subscription is not subscription]
        self._forget_names()

    def _queues_of(self, subscription: Subscription) -> list[ServerQueue]:
        return [each for each in self.queues if each.subscription is subscription]

    # -- looking

    @property
    def pausing(self) -> bool:
        """Whether a queue asks to pause reading."""
        return len(self.pausable) > 0 and any(queue.pausing for queue in self.pausable)

    @property
    def pause_end_unknown(self) -> bool:
        """Whether a pause has to learn the time of its beginning, or of the last pull."""
        return len(self.pausable) > 0 and any(queue.pause_end_unknown for queue in self.pausable)

    @property
    def dropped(self) -> int:
        """Messages that full queues dropped, those of ended subscriptions included."""
        return self._dropped_by_ended + sum(queue.dropped for queue in self.queues)

    # -- messages

    def offer(self, message: Message) -> None:
        """Queue an event for every subscription that wants it."""
        queues = self._audience(message).queues
        if not queues:
            self.unwanted += 1
            return
        message.sender = self.server
        for queue in queues:
            self._push(queue, message)

    def offer_events(self, unread: deque[Message]) -> None:
        """Take the events without ActionID from the front, up to any other frame, and offer each of them.

        This is the way of a flood. Events that go to the same queues, one after the other, are a run, and
        each queue takes a run at once. A predicate is asked in turn, with nothing left to push: it may raise
        KeyboardInterrupt.
        """
        by_name = self._by_name
        run: list[Message] = []
        audience: Audience | None = None
        event = Kind.EVENT
        while unread:
            message = unread[0]
            if message.kind is not event or message.action_id is not None:
                break
            unread.popleft()
            wanting = by_name.get(message.name) or self._audience(message)
            if not wanting.queues:
                self.unwanted += 1
                continue
            if wanting is not audience:
                self._push_run(run, audience)
                audience, run = wanting, []
            if wanting.asks:
                self.offer(message)
            else:
                message.sender = self.server
                run.append(message)
        self._push_run(run, audience)

    def offer_item(self, message: Message) -> None:
        """Queue a list item for the subscriptions that asked for replies as well."""
        message.sender = self.server
        for queue in self._audience(message).queues:
            if queue.subscription.filter.replies:
                self._push(queue, message)

    def begin_gap(self, begun: float, cause: Disconnect | None) -> None:
        """Note since when no subscriber is served, and why. A gap that has begun goes on."""
        if self.gap is None:
            self.gap = begun, cause

    def end_gap(self, now: float) -> None:
        """Queue the gap, if one has begun, in every subscription."""
        if self.gap is None:
            return
        begun, cause = self.gap
        self.gap = None
        gap = Gap(self.server, begun, now, cause)
        for queue in self.queues:
            was_empty = queue.empty
            queue.push_gap(gap)
            if was_empty:
                self._announce(queue)

    def report_drops(self) -> bool:
        """Report what each queue has dropped since its last report; return whether there was anything."""
        overflowing = [queue for queue in self.queues if queue.dropped > queue.reported]
        for queue in overflowing:
            delta, queue.reported = queue.dropped - queue.reported, queue.dropped
            report = EventsDropped(self.server, queue.subscription, delta, queue.dropped, queue.depth)
            self._journal.put_dropped(report)
        return bool(overflowing)

    def end_pauses(self, now: float, longest: float, *, late: bool = False) -> float | None:
        """End each pause whose queue was not pulled for `longest` seconds; return when the next one ends.

        `late` says that this process may have been suspended, and its consumers with it.
        """
        for queue in self.pausable:
            if queue.end_pause(now, longest, late=late):
                names = ",".join(queue.subscription.filter.names) or "*"
                what = f"the subscription of {names} holds {queue.depth} messages and took none for"
                self._journal.put_fault(Fault.PAUSE_EXPIRED, f"{what} {longest:g} s: reading goes on")
        ends = (queue.pause_end(longest) for queue in self.pausable)
        return min((end for end in ends if end is not None), default=None)

    def _push(self, queue: ServerQueue, message: Message) -> None:
        where = queue.where
        if where is not None and not self._passes(where, message):
            return
        was_empty = not queue.depth and queue.empty  # mostly the first says it all
        queue.push(message)
        if was_empty:
            self._announce(queue)

    def _push_run(self, run: list[Message], audience: Audience | None) -> None:
        if audience is None or not run:
            return
        size = sum([message.held_bytes for message in run])
        for queue in audience.queues:
            was_empty = not queue.depth and queue.empty
            queue.push_run(run, size)
            if was_empty:
                self._announce(queue)

    def _announce(self, queue: ServerQueue) -> None:
        if queue.subscription.add_ready(queue):
            self._journal.put_waiting(queue.subscription)

    def _passes(self, where: Callable[[Message], bool], message: Message) -> bool:
        """Ask the user's predicate. One that raises rejects the message, and is reported."""
        try:
            with self.callouts:
                return bool(where(message))
        except Exception as exception:  # noqa: BLE001 - whatever a user's predicate raises
            with self.callouts:
                what = described(exception)
            name = (message.name or "")[:NAME_SIZE_MAX]
            self._journal.put_fault(Fault.PREDICATE_FAILED, f"{name}: {what}")
            return False

    def _audience(self, message: Message) -> Audience:
        """Return the queues that want messages of this name, and remember them by it.

        A message without a name counts as one with an empty name.
        """
        name = message.name
        audience = self._by_name.get(name)
        if audience is None:
            queues = tuple(each for each in self.queues if each.subscription.filter.accepts(name or ""))
            audience = self._audiences.get(queues) or Audience(queues)
            if len(self._by_name) >= NAMES_REMEMBERED_MAX:
                self._forget_names()
            if name is None or len(name) <= NAME_SIZE_MAX:
                self._by_name[name] = self._audiences[queues] = audience
        return audience

    def _forget_names(self) -> None:
        self._by_name.clear()
        self._audiences.clear()


def _check(filter: object, limit: object, policy: object, limit_bytes: object) -> None:  # noqa: A002
    if type(filter) is not Filter:  # a subclass might bring code of its own, which might raise
        raise ConfigError("filter", "must be a Filter")
    if not isinstance(limit, int) or limit < 1:
        raise ConfigError("limit", "must be a whole number of messages, at least one", value=limit)
    if not isinstance(limit_bytes, int) or limit_bytes < 1:
        raise ConfigError("limit_bytes", "must be a whole number of bytes, at least one", value=limit_bytes)
    if not isinstance(policy, Overflow):
        raise ConfigError("policy", "must be an Overflow")


def _check_total(limit_bytes_total: object, limit_bytes: int) -> None:
    least = FULL_QUEUES_MIN * limit_bytes
    if limit_bytes_total is None or (isinstance(limit_bytes_total, int) and limit_bytes_total >= least):
        return
    what = f"must be a whole number of bytes, at least {FULL_QUEUES_MIN} times limit_bytes, or None"
    raise ConfigError("limit_bytes_total", what, value=limit_bytes_total)
