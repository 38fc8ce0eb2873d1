"""The application of a run: it sends actions to every server, and consumes the events of all of them."""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random

import ami_proto as ami
from ami_proto.drivers import Machine, ServerKey, Subscription
from conformance.mock.timeline import Timeline, TimerHandle

from .account import ServerAccount

PULL_LIMIT = 1000
QUICK_ACTIONS = (
    ami.Action("Ping"),
    ami.Action("CoreStatus"),
    ami.Action("CoreShowChannels"),
    ami.Action("NoSuchAction"),
    ami.Action("UserEvent", {"UserEvent": "Mine", "Value": "v" * 100}),
)
"""Actions that the server answers at once. None of them keeps the engine from pinging."""
EVERY_ACTION = (
    *QUICK_ACTIONS,
    ami.Action("Command", {"Command": "core show uptime"}),
    ami.Action("QueueStatus"),
    ami.Action(
        "Originate", {"Channel": "Local/1000@default", "Application": "Wait", "Data": "1", "Async": "true"}
    ),
)


class Repeated:
    """Do something again and again until `stop`; `interval` draws the seconds before each time."""

    def __init__(self, timeline: Timeline, interval: Callable[[], float], deed: Callable[[], object]) -> None:
        self._timeline = timeline
        self._interval = interval
        self._deed = deed
        self._timer: TimerHandle = timeline.after(interval(), self._act)

    def stop(self) -> None:
        """Do it no more."""
        self._timer.cancel()

    def _act(self) -> None:
        self._timer = self._timeline.after(self._interval(), self._act)
        self._deed()


class Consumer:
    """Pull what the servers have told, and enter it in their accounts: at once, or at a pace."""

    def __init__(
        self,
        machine: Machine,
        accounts: Mapping[ServerKey, ServerAccount],
        timeline: Timeline,
        subscription: Subscription,
    ) -> None:
        self.hasty = True
        """Whether to pull everything as soon as there is something."""
        self.pulled = 0
        """Messages and marks that were pulled."""
        self.on_item: Callable[[ami.Message | ami.Gap | ami.Drops], None] = lambda _item: None
        self._machine = machine
        self._accounts = accounts
        self._timeline = timeline
        self._subscription = subscription

    def handle_waiting(self) -> None:
        """Take that there is something to pull."""
        if self.hasty:
            self.pull_all()

    def awake(self) -> None:
        """Pull what is there, and again as soon as there is something."""
        self.hasty = True
        self.pull_all()

    def pull_all(self) -> None:
        """Pull until nothing is left."""
        while self.pull(PULL_LIMIT) == PULL_LIMIT:
            pass

    def pull(self, most: int) -> int:
        """Pull so many messages and marks at most; return how many there were."""
        items = self._machine.poll_messages(self._subscription, most)
        for item in items:
            self.pulled += 1
            self.on_item(item)
            self._accounts[item.server].take_item(item, self._timeline.now)
        return len(items)


class ApplicationLoad:
    """Submit actions at random moments, and enter their outcomes in the accounts."""

    def __init__(
        self,
        machine: Machine,
        accounts: Mapping[ServerKey, ServerAccount],
        timeline: Timeline,
        seed: int,
        *,
        queue_limit: int,
    ) -> None:
        self.refusals: Counter[str] = Counter()
        self.ready_count = 0
        """How many servers are READY."""
        self._machine = machine
        self._accounts = accounts
        self._timeline = timeline
        self._seed = seed
        self._repeated: list[Repeated] = []
        self.consumer = Consumer(
            machine, accounts, timeline, machine.subscribe(ami.Filter(), limit=queue_limit)
        )

    def deliver(self, notice: ami.Notice) -> None:
        """Take a notice."""
        if isinstance(notice, ami.StateChanged):
            self.ready_count += (notice.new is ami.State.READY) - (notice.old is ami.State.READY)
        if isinstance(notice, ami.ActionFinished | ami.StateChanged | ami.ConnectScheduled | ami.FaultSeen):
            self._accounts[notice.server].take_notice(notice, self._timeline.now)
        elif not isinstance(notice, ami.BreakerChanged | ami.EventsDropped):
            self.consumer.handle_waiting()

    def act(self, every: float, actions: Sequence[ami.Action]) -> None:
        """Submit an action to each server every so many seconds on average, by its own random numbers."""
        for key in self._accounts:
            random = Random(f"{self._seed}:{key}:actions")
            deed = partial(self._submit, key, actions, random)
            self._repeated.append(Repeated(self._timeline, partial(random.expovariate, 1 / every), deed))

    def rest(self) -> None:
        """Submit nothing more."""
        for each in self._repeated:
            each.stop()
        self._repeated.clear()

    def submit(self, action: ami.Action, server: ServerKey, *, wait: bool = False) -> None:
        """Submit an action; count a refusal."""
        self._attempt(action, server, None, wait)

    def _submit(self, server: ServerKey, actions: Sequence[ami.Action], random: Random) -> None:
        timeout = random.choice((None, None, None, 0.01, 5.0))
        self._attempt(random.choice(actions), server, timeout, random.random() < 0.5)
        if random.random() < 0.02 and (open_ := self._accounts[server].open):
            self._machine.cancel(random.choice(list(open_.values())), self._timeline.now)

    def _attempt(self, action: ami.Action, server: ServerKey, timeout: float | None, wait: bool) -> None:
        try:
            ticket = self._machine.submit(action, self._timeline.now, to=server, timeout=timeout, wait=wait)
        except ami.RequestError as refusal:
            self.refusals[type(refusal).__name__] += 1
        else:
            self._accounts[server].submit(ticket)


class Waits:
    """How many messages are pulled between the arrival of an event and its own pull, for one server."""

    def __init__(self) -> None:
        self.longest = 0.0
        """In turns for each message before it in the queue. A turn is as many pulls as there are servers."""
        self._arrivals: deque[tuple[int, int]] = deque()

    def arrive(self, events: int, pulled: int) -> None:
        """Take that events came, when so many messages were pulled already."""
        for _ in range(events):
            self._arrivals.append((pulled, len(self._arrivals) + 1))

    def pull(self, pulled: int, servers: int) -> None:
        """Take that the oldest of them is pulled."""
        if self._arrivals:
            began, depth = self._arrivals.popleft()
            self.longest = max(self.longest, (pulled - began) / (depth * servers))
