"""L10: a driver that drains late is slow, never wrong: the inputs of a world, replayed with less draining."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

import ami_proto as ami
from ami_proto.drivers import Subscription
from conformance.laws import Lawful
from conformance.world import World
from tests.manual_network import drain

Call = tuple[str, tuple[Any, ...], dict[str, Any]]
NOT_RECORDED = (
    *("poll_notice", "poll_command", "poll_timeout"),
    *("servers", "states", "redaction", "stopped", "frames_received", "events_received", "snapshots"),
)
"""Members that change nothing, or that L10 leaves to the driver."""


class Recorder:
    """Record a machine's inputs, without the drains that L10 leaves to the driver."""

    def __init__(self, machine: ami.Connection) -> None:
        self.calls: list[Call] = []
        self._machine = machine

    def subscribe(self, filter: ami.Filter, **options: Any) -> Subscription:  # noqa: A002
        """Record the predicate without the watch that the audit of the world puts around it."""
        plain = replace(filter, where=picky if filter.where else None)
        self.calls.append(("subscribe", (plain,), options))
        return self._machine.subscribe(filter, **options)

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._machine, name)
        if name in NOT_RECORDED:
            return member

        def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append((name, arguments, options))
            return member(*arguments, **options)

        return call


def picky(message: ami.Message) -> bool:
    """Raise for some messages."""
    if message.name == "Newstate":
        raise RuntimeError("a predicate of the user's")
    return True


def record(seed: int) -> tuple[list[Call], ami.ServerConfig, list[Subscription]]:
    """Return the inputs of a world, its configuration and its subscriptions in order."""
    drawn = World(seed).configs[0]
    config = replace(drawn, max_pending_actions=100_000)  # an undrained outcome keeps its place
    world = World(seed, [config])
    recorder = Recorder(ami.Connection(config, seed=seed))
    world.machine.machine = recorder  # it forwards whatever it has not itself
    subscriptions: list[Subscription] = []
    subscribe = world.machine.subscribe

    def noted(filter: ami.Filter, **options: Any) -> Subscription:  # noqa: A002
        """Never pause: the driver decides when it reads again, and that would change the facts."""
        chosen = replace(filter, where=picky if filter.where else None)
        if options["policy"] is ami.Overflow.PAUSE:
            options["policy"] = ami.Overflow.DROP_OLDEST
        subscriptions.append(subscribe(chosen, **options))
        return subscriptions[-1]

    world.machine.subscribe = noted  # type: ignore[method-assign]
    world.run(60.0)
    return recorder.calls, config, subscriptions


def replay(
    calls: list[Call],
    machine: Lawful,
    subscriptions: list[Subscription],
    drains: Callable[[], bool],
) -> list[object]:
    """Repeat recorded inputs; return every answer."""
    own: dict[int, Subscription] = {}
    answers: list[object] = []
    for name, arguments, options in calls:
        given = [own.get(id(each), each) for each in arguments]
        try:
            answer = getattr(machine, name)(*given, **options)
        except ami.RequestError as refusal:
            answer = type(refusal)
        if isinstance(answer, Subscription):
            own[id(subscriptions[len(own)])] = answer
        else:
            answers.append(answer)
        if drains():
            drain(machine)
    drain(machine)
    ends = sorted(
        (str(each), repr(end.error), end.reply.events, end.sent.value)
        for each, end in machine.outcomes.items()
    )
    return [*answers, *ends, machine.snapshot()]


@pytest.mark.parametrize("seed", range(12))
def test_a_lazy_driver_gets_the_same_answers_messages_and_outcomes(seed: int) -> None:
    calls, config, subscriptions = record(seed)
    assert len(calls) > 30, "a story too short to compare anything"
    told = []
    for laziness in (1.0, 0.1, 0.005, 0.0):
        machine = Lawful(ami.Connection(config, seed=seed))
        draw = Random(seed).random
        told.append(replay(calls, machine, subscriptions, lambda least=laziness, draw=draw: draw() < least))  # type: ignore[misc]
        assert not machine.open
    assert told[0] == told[1] == told[2] == told[3]
