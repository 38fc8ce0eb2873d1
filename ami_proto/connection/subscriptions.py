"""All subscriptions of a connection, found by the name of an event.

The filters look at the name before a message exists, so that an event nobody wants costs one
look-up.
"""

from collections.abc import Callable, Iterator

from ami_proto.connection.callouts import Callouts
from ami_proto.connection.notices import Fault, Report
from ami_proto.connection.subscription import Filter, Gap, Overflow, Subscription
from ami_proto.errors import ConfigError, described
from ami_proto.message.message import Message

NAMES_REMEMBERED_MAX = 4096
"""Event names whose subscribers are remembered. Asterisk has some 300; beyond this a peer invents
names, and the memory begins anew."""
NAME_SIZE_MAX = 256
"""A longer name is not remembered: it may be as long as a frame."""


class Subscriptions:
    """Hand messages to whom they concern."""

    __slots__ = ("_all", "_announce", "_by_name", "_callouts", "_dropped_by_ended", "_report", "unwanted")

    def __init__(
        self,
        callouts: Callouts,
        announce: Callable[[Subscription], None],
        report: Report,
    ) -> None:
        self._all: list[Subscription] = []
        self._by_name: dict[str | None, tuple[Subscription, ...]] = {}
        self._callouts = callouts
        self._announce = announce
        self._report = report
        self.unwanted = 0
        """Events that no subscription wanted."""
        self._dropped_by_ended = 0

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._all)

    @property
    def pausing(self) -> bool:
        """Whether a queue asks for a pause of reading."""
        return any(subscription.pausing for subscription in self._all)

    @property
    def dropped(self) -> int:
        """How many messages full queues have dropped, those of subscriptions that have ended included."""
        return self._dropped_by_ended + sum(each.dropped for each in self._all)

    def add(self, filter: Filter, limit: int, policy: Overflow) -> Subscription:  # noqa: A002 - the agreed word
        """Begin a subscription. Raises `ConfigError` for what is no filter, or no bound."""
        _check(filter, limit, policy)
        subscription = Subscription(filter, limit, policy)
        self._all = [*self._all, subscription]
        self._by_name.clear()
        return subscription

    def remove(self, subscription: Subscription) -> bool:
        """End a subscription; what it still holds is forgotten. False if it is none of these."""
        if subscription not in self._all:
            return False
        self._all = [each for each in self._all if each is not subscription]
        self._by_name.clear()
        self._dropped_by_ended += subscription.dropped
        subscription.clear()
        return True

    def offer(self, message: Message) -> None:
        """Queue an event for those who want it."""
        wanting = self._wanting(message)
        for subscription in wanting:
            self._push(subscription, message)
        if not wanting:
            self.unwanted += 1

    def offer_item(self, message: Message) -> None:
        """Queue an item of a list for those who asked for replies as well."""
        for subscription in self._wanting(message):
            if subscription.filter.replies:
                self._push(subscription, message)

    def mark(self, gap: Gap) -> None:
        """Queue a gap for everybody."""
        for subscription in self._all:
            was_empty = subscription.empty
            subscription.push_gap(gap)
            if was_empty:
                self._announce(subscription)

    def _push(self, subscription: Subscription, message: Message) -> None:
        if not self._passes(subscription, message):
            return
        was_empty = subscription.empty
        subscription.push(message)
        if was_empty:
            self._announce(subscription)

    def _passes(self, subscription: Subscription, message: Message) -> bool:
        """Ask the user's predicate; one that raises takes nothing, and is reported."""
        where = subscription.filter.where
        if where is None:
            return True
        try:
            with self._callouts:
                return bool(where(message))
        except Exception as exception:  # noqa: BLE001 - whatever a user's predicate raises
            with self._callouts:
                what = described(exception)
            self._report(Fault.PREDICATE_FAILED, f"{(message.name or '')[:NAME_SIZE_MAX]}: {what}")
            return False

    def _wanting(self, message: Message) -> tuple[Subscription, ...]:
        """Return who wants messages of this name, and remember it. No name at all is like an empty one."""
        name = message.name
        wanting = self._by_name.get(name)
        if wanting is None:
            wanting = tuple(each for each in self._all if each.filter.accepts(name or ""))
            if len(self._by_name) >= NAMES_REMEMBERED_MAX:
                self._by_name.clear()
            if name is None or len(name) <= NAME_SIZE_MAX:
                self._by_name[name] = wanting
        return wanting


def _check(filter: object, limit: object, policy: object) -> None:  # noqa: A002 - the agreed word
    if type(filter) is not Filter:  # one that inherits might bring code of its own, which might raise
        raise ConfigError("filter", filter, "must be a Filter")
    if not isinstance(limit, int) or limit < 1:
        raise ConfigError("limit", limit, "a queue holds a whole number of messages, at least one")
    if not isinstance(policy, Overflow):
        raise ConfigError("policy", policy, "must be an Overflow")
