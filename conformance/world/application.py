"""Somebody who uses the machine: actions of every sort, subscriptions, stops, at any moment."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random

import ami_proto as ami
from conformance.laws import Lawful
from conformance.server.timeline import Timeline

from .weather import Weather

DEEDS_EVERY = 0.4
"""Seconds between two deeds, on average."""
RESTART_AFTER = 2.0
"""Seconds, on average, between CLOSED and the next start."""

BIG_COMMAND = "core show big"
"""A command of the world's server, whose output is longer than a frame may be."""

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
"""What holds Asterisk's thread up, and the heartbeat with it."""


class Broken(ami.Automatic):
    """A strategy of the user's that raises."""

    def judge(self, progress: ami.Progress, message: ami.Message) -> ami.Verdict:
        """Raise."""
        raise RuntimeError("a strategy of the user's")


COMPLETIONS: tuple[ami.Completion, ...] = (
    Broken(),
    ami.SingleResponse(),
    ami.EventList(),
    ami.CommandOutput(),
    ami.MultiResponse(2),
    ami.Fence(),
    ami.EventOnly("UserEvent", unconfirmed_hint=None),
    ami.AsyncEvent("OriginateResponse", unconfirmed_hint="nowhere"),
)
"""Asked for at random, whether or not they suit the action."""


class Application:
    """Do something with the machine every now and then, until `rest`."""

    def __init__(self, machine: Lawful, timeline: Timeline, random: Random, weather: Weather) -> None:
        self.weather = weather
        self.wants_to_run = True
        """Whether it starts the machine again whenever that is CLOSED."""
        self.refusals: Counter[str] = Counter()
        """Requests that were refused, by the error's name."""
        self.told: Counter[str] = Counter()
        """What the machine has told, in words; causes and faults too."""
        self._machine = machine
        self._timeline = timeline
        self._random = random
        self._resting = False
        self._plan()

    def deliver(self, notice: ami.Notice) -> None:
        """Take a notice, and act on it at once, now and then."""
        match notice:
            case ami.ActionFinished(outcome):
                error = outcome.error
                self.told["success" if error is None else type(error).__name__] += 1
            case ami.FaultSeen(fault=fault, count=count):
                self.told[fault.name] += count
            case ami.StateChanged(new=new, cause=cause):
                self.told[new.name] += 1
                if cause is not None:
                    self.told[cause.reason.name] += 1
            case _:
                self.told[type(notice).__name__] += 1
        if not self._resting and self._random.random() < 0.05:
            self._do_something()

    def rest(self) -> None:
        """Ask for nothing any more, and pull everything that comes."""
        self._resting = True

    def pull(self, most: int) -> None:
        """Pull so many messages of each subscription."""
        for subscription in self._machine.subscriptions:
            for _ in range(most):
                if (message := self._machine.poll_message(subscription)) is None:
                    break
                self.told[type(message).__name__] += 1

    # -- helpers

    def _plan(self) -> None:
        self._timeline.after(self._random.expovariate(1 / DEEDS_EVERY), self._act)

    def _act(self) -> None:
        self._plan()
        if self._resting:
            self.pull(1_000)
        else:
            self._do_something()
        if (
            self.wants_to_run
            and self._machine.stopped
            and self._random.random() < DEEDS_EVERY / RESTART_AFTER
        ):
            self._attempt(partial(self._machine.start, self._timeline.now))

    def _do_something(self) -> None:
        now, draw = self._timeline.now, self._random
        deeds: list[tuple[Callable[[], object], int]] = [
            (self._submit, 10),
            (self._cancel, 2),
            (partial(self.pull, draw.choice((1, 10, 1_000))), 3),
            (self._subscribe, 1),
            (self._unsubscribe, 1),
            (partial(self._machine.start, now), 1),
        ]
        if self.weather.stops:
            deeds.append((partial(self._machine.stop, now, grace=draw.choice((None, 0.0, 1.0, -1.0))), 1))
        names, weights = zip(*deeds, strict=True)
        self._attempt(draw.choices(names, weights)[0])

    def _attempt(self, deed: Callable[[], object]) -> None:
        try:
            deed()
        except ami.RequestError as refusal:
            self.refusals[type(refusal).__name__] += 1

    def _submit(self) -> None:
        draw = self._random
        actions = SLOW if self.weather.hangs and draw.random() < 0.2 else QUICK
        self._machine.submit(
            draw.choice(actions),
            self._timeline.now,
            timeout=draw.choice((None, None, 0.05, 2.0, 20.0, -1.0)),
            completion=draw.choice(COMPLETIONS) if draw.random() < 0.2 else None,
            wait=draw.random() < 0.5,
        )

    def _cancel(self) -> None:
        tickets = [*self._machine.open, *list(self._machine.outcomes)[-3:]]
        if tickets:
            self._machine.cancel(self._random.choice(tickets), self._timeline.now)

    def _subscribe(self) -> None:
        draw = self._random
        if len(self._machine.subscriptions) < 3:
            self._machine.subscribe(
                ami.Filter(
                    draw.choice(((), ("New*",), ("hangup", "Flood"))),
                    block=draw.choice(((), ("VarSet",))),
                    where=draw.choice((None, None, self._nosy)),
                    replies=draw.random() < 0.3,
                ),
                limit=draw.choice((1, 5, 1_000)),
                policy=draw.choice(list(ami.Overflow)),
            )

    def _unsubscribe(self) -> None:
        if self._machine.subscriptions:
            self._machine.unsubscribe(self._random.choice(self._machine.subscriptions))

    def _nosy(self, message: ami.Message) -> bool:
        """Ask for things from where that is refused, and break on some messages."""
        self._attempt(partial(self._machine.submit, QUICK[0], self._timeline.now))
        if message.name == "Newstate":
            raise RuntimeError("a predicate of the user's")
        return True
