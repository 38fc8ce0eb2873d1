"""The application of a world: actions of every kind, subscriptions and stops, at random moments."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random

import ami_proto as ami
from ami_proto.completion import (
    AsyncEvent,
    Automatic,
    CommandOutput,
    Completion,
    EventList,
    EventOnly,
    Fence,
    MultiResponse,
    Progress,
    SingleResponse,
    Verdict,
)
from ami_proto.drivers import ServerKey
from ami_proto.routes import Failover, LeastPending, Route, Sticky
from conformance.laws import Lawful
from conformance.mock.timeline import Timeline

from .application import count
from .scenario import Occasions
from .site import BIG_COMMAND
from .weather import Weather

NOWHERE = "nowhere"
"""The key of a server that never existed."""
DEEDS_EVERY = 0.4
"""Seconds between two requests, on average."""
RESTART_AFTER = 2.0
"""Seconds, on average, between CLOSED and the next start."""

QUICK = (
    ami.Action("Ping"),
    ami.Action("CoreStatus"),
    ami.Action("CoreShowChannels"),
    ami.Action("Status"),
    ami.Action("Command", {"Command": "core show uptime"}),
    ami.Action("Command", {"Command": BIG_COMMAND}),
    ami.Action("QueueStatus"),
    ami.Action("IAXpeers"),
    ami.Action("PJSIPShowEndpoints"),
    ami.Action("ListCommands"),
    ami.Action("NoSuchAction"),
    ami.Action("ShowDialPlan", {"Context": "nowhere"}),
    ami.Action("UserEvent", {"UserEvent": "Mine", "Value": "v" * 200}),
    ami.Action(
        "Originate", {"Channel": "Local/1000@default", "Application": "Wait", "Data": "1", "Async": "true"}
    ),
    ami.Action(
        "Originate", {"Channel": "Local/fail@default", "Application": "Wait", "Data": "1", "Async": "true"}
    ),
)
SLOW = (
    ami.Action("WaitEvent", {"Timeout": 5}),
    ami.Action(
        "Originate", {"Channel": "Local/busy@default", "Application": "Wait", "Data": "1", "Async": "false"}
    ),
)
"""Actions that block Asterisk's thread for the session, and with it the answer to a ping."""


class RaisingStrategy(Automatic):
    """A completion strategy of the application that raises."""

    def judge(self, progress: Progress, message: ami.Message) -> Verdict:
        """Raise."""
        raise RuntimeError("a strategy of the user's")


COMPLETIONS: tuple[Completion, ...] = (
    RaisingStrategy(),
    Automatic(events_max=1),
    SingleResponse(),
    EventList(),
    CommandOutput(),
    MultiResponse(2),
    Fence(),
    EventOnly("UserEvent", unconfirmed_hint=None),
    AsyncEvent("OriginateResponse", unconfirmed_hint="nowhere"),
)
"""Chosen at random, whether or not they suit the action."""


class Workload:
    """Do something with the machine at random moments, until `rest`."""

    def __init__(self, machine: Lawful, timeline: Timeline, occasions: Occasions, weather: Weather) -> None:
        self.weather = weather
        self.wants_to_run = True
        """Whether it starts the machine again after CLOSED."""
        self.refusals: Counter[str] = Counter()
        """Requests that were refused, by the error's name."""
        self.counts: Counter[str] = Counter()
        """How often each state, cause, fault, outcome and kind of message occurred."""
        self.resting = False
        """Whether it makes no more requests, and pulls every message."""
        self._machine = machine
        self._timeline = timeline
        self._occasions = occasions
        self._random = occasions.stream("workload")
        self._reactions = occasions.stream("reactions")
        self._deeds = 0
        self._plan()

    @property
    def finished(self) -> bool:
        """Whether the world may end: it never has more to do than it was asked to."""
        return True

    def deliver(self, notice: ami.Notice) -> None:
        """Take a notice, and sometimes react to it at once."""
        count(self.counts, notice)
        if not self.resting and self._reactions.random() < 0.05:
            self._deeds += 1
            self._do_something(f"reaction {self._deeds}")

    def pull(self, most: int) -> None:
        """Pull up to `most` messages of each subscription."""
        for subscription in self._machine.subscriptions:
            for _ in range(most):
                if (message := self._machine.poll_message(subscription)) is None:
                    break
                self.counts[type(message).__name__] += 1

    # -- helpers

    def _plan(self) -> None:
        self._timeline.after(self._random.expovariate(1 / DEEDS_EVERY), self._act)

    def _act(self) -> None:
        self._plan()
        if self.resting:
            self.pull(1_000)
        else:
            self._deeds += 1
            self._do_something(f"deed {self._deeds}")
        if (
            self.wants_to_run
            and self._machine.stopped
            and self._random.random() < DEEDS_EVERY / RESTART_AFTER
        ):
            self.attempt(partial(self._machine.start, self._timeline.now))

    def _do_something(self, name: str) -> None:
        draw = self._occasions.begin(name)
        if draw is None:
            return
        now = self._timeline.now
        deeds: list[tuple[Callable[[], object], int]] = [
            (partial(self._submit, draw), 10),
            (partial(self._cancel, draw), 2),
            (partial(self.pull, draw.choice((1, 10, 1_000))), 3),
            (partial(self._subscribe, draw), 1),
            (partial(self._unsubscribe, draw), 1),
            (partial(self._machine.start, now), 1),
        ]
        if draw.random() < self.weather.stops:
            deeds.append((partial(self._machine.stop, now, grace=draw.choice((None, 0.0, 1.0, -1.0))), 1))
        choices, weights = zip(*deeds, strict=True)
        self.attempt(draw.choices(choices, weights)[0])

    def attempt(self, deed: Callable[[], object]) -> None:
        """Make a request that may be refused."""
        try:
            deed()
        except ami.RequestError as refusal:
            self.refusals[type(refusal).__name__] += 1

    def _submit(self, draw: Random) -> None:
        actions = SLOW if draw.random() < 0.2 * self.weather.hangs else QUICK
        self._machine.submit(
            draw.choice(actions),
            self._timeline.now,
            to=self._draw_route(draw),
            timeout=draw.choice((None, None, 0.05, 2.0, 20.0, -1.0)),
            completion=draw.choice(COMPLETIONS) if draw.random() < 0.2 else None,
            wait=draw.random() < 0.5,
        )

    def _draw_route(self, draw: Random) -> ServerKey | Route | None:
        """Draw where an action goes: mostly the machine decides."""
        keys = list(self._machine.servers)
        if not keys or draw.random() < 0.4:
            return None
        routes: tuple[ServerKey | Route, ...] = (
            draw.choice(keys),
            draw.choice(keys),
            LeastPending(),
            Sticky(f"caller {draw.randint(1, 5)}"),
            Failover(tuple(draw.sample(keys, draw.randint(1, len(keys))))),
            draw.choice((NOWHERE, draw.choice(keys))),
        )
        return draw.choice(routes)

    def _cancel(self, draw: Random) -> None:
        tickets = [*self._machine.open, *list(self._machine.outcomes)[-3:]]
        if tickets:
            self._machine.cancel(draw.choice(tickets), self._timeline.now)

    def _subscribe(self, draw: Random) -> None:
        if len(self._machine.subscriptions) < 3:
            self._machine.subscribe(
                ami.Filter(
                    draw.choice(((), ("New*",), ("hangup", "Flood"))),
                    block=draw.choice(((), ("VarSet",))),
                    where=draw.choice((None, None, self._nosy)),
                    replies=draw.random() < 0.3,
                ),
                limit=draw.choice((1, 5, 1_000)),
                limit_bytes=draw.choice((1, 500, 1_000_000)),
                policy=draw.choice(list(ami.Overflow)),
            )

    def _unsubscribe(self, draw: Random) -> None:
        if self._machine.subscriptions:
            self._machine.unsubscribe(draw.choice(self._machine.subscriptions))

    def _nosy(self, message: ami.Message) -> bool:
        """Submit an action from a predicate, where that is refused, and raise for some messages."""
        self.attempt(partial(self._machine.submit, QUICK[0], self._timeline.now))
        if message.name == "Newstate":
            raise RuntimeError("a predicate of the user's")
        return True
