"""L10: forgetting to drain is slow, never wrong. A world's whole story is told again to lazier drivers."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from conversation import drain

import ami_proto as ami
from conformance.laws import Lawful
from conformance.world import World

Call = tuple[str, tuple[Any, ...], dict[str, Any]]
UNDRAINED = ("poll_notice", "poll_command", "poll_timeout", "snapshot", "stopped", "subscribe")


class Recorder:
    """Write down what a machine is told and asked, but for the drains that L10 leaves free."""

    def __init__(self, machine: ami.Connection) -> None:
        self.calls: list[Call] = []
        self._machine = machine

    def subscribe(self, filter: ami.Filter, *, limit: int, policy: ami.Overflow) -> ami.Subscription:  # noqa: A002
        """Never pause: when reading goes on is the driver's doing, and would change the facts."""
        filter = replace(filter, where=picky if filter.where else None)  # noqa: A001
        if policy is ami.Overflow.PAUSE:
            policy = ami.Overflow.DROP_OLDEST
        self.calls.append(("subscribe", (filter,), {"limit": limit, "policy": policy}))
        return self._machine.subscribe(filter, limit=limit, policy=policy)

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._machine, name)
        if name in UNDRAINED:
            return member

        def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append((name, arguments, options))
            return member(*arguments, **options)

        return call


def picky(message: ami.Message) -> bool:
    """Break on some messages."""
    if message.name == "Newstate":
        raise RuntimeError("a predicate of the user's")
    return True


def record(seed: int) -> tuple[list[Call], ami.ServerConfig, list[ami.Subscription]]:
    """Return a world's story, and the subscriptions in it in their order."""
    config = replace(World(seed).config, max_pending_actions=100_000)  # an undrained outcome keeps its place
    world = World(seed, config)
    recorder = Recorder(ami.Connection(config, seed=seed))
    world.machine.machine = recorder  # type: ignore[assignment]  # it forwards whatever it has not itself
    subscriptions: list[ami.Subscription] = []
    subscribe = world.machine.subscribe

    def noted(*arguments: Any, **options: Any) -> ami.Subscription:
        subscriptions.append(subscribe(*arguments, **options))
        return subscriptions[-1]

    world.machine.subscribe = noted  # type: ignore[method-assign]
    world.run(seconds=30.0)
    return recorder.calls, config, subscriptions


def tell(
    calls: list[Call],
    machine: Lawful,
    subscriptions: list[ami.Subscription],
    drains: Callable[[], bool],
) -> list[object]:
    """Tell a story again; return everything that was answered."""
    own: dict[int, ami.Subscription] = {}
    answers: list[object] = []
    for name, arguments, options in calls:
        given = [own.get(id(each), each) for each in arguments]
        try:
            answer = getattr(machine, name)(*given, **options)
        except ami.RequestError as refusal:
            answer = type(refusal)
        if isinstance(answer, ami.Subscription):
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
    told = []
    for laziness in (1.0, 0.1, 0.005, 0.0):
        machine = Lawful(ami.Connection(config, seed=seed), config)
        draw = Random(seed).random
        told.append(tell(calls, machine, subscriptions, lambda least=laziness, draw=draw: draw() < least))  # type: ignore[misc]
        assert not machine.open
    assert told[0] == told[1] == told[2] == told[3]
