"""R-FLOW-01, R-CORR-01: what an event and an action cost beside many others, in calls of Python."""

import sys
from collections import deque
from collections.abc import Callable
from functools import partial
from types import FrameType

import pytest

from ami_proto import Action, Connection, Filter, Ticket
from ami_proto.drivers import Subscription
from conformance.laws.playbook import SERVER, Playbook, frame

PING = Action("Ping")
EVENTS = b"".join(frame(f"Event: {name}", "Privilege: call,all") for name in ("A", "A", "B", "C") * 50)
"""What one read of a flood brings."""


def calls(work: Callable[[], object]) -> int:
    """Count the calls of Python functions and of builtins."""
    count = 0

    def note(frame: FrameType, what: str, argument: object) -> None:
        nonlocal count
        count += what.endswith("call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def read(play: Playbook, subscriptions: list[Subscription]) -> None:
    """Take a read of a flood, and pull all of it."""
    machine: Connection = play.connection
    machine.handle_received(play.session, EVENTS, play.now)
    while machine.poll_notice() is not None:
        pass
    for subscription in subscriptions:
        assert len(machine.poll_messages(subscription, 1000)) == 200


def test_fifty_subscriptions_cost_less_than_four_times_one() -> None:
    """Each takes the events of a read at once; one by one they would cost sixteen times as much."""
    costs = []
    for count in (1, 50):
        play = Playbook().log_in()
        subscriptions = [play.connection.subscribe(Filter()) for _ in range(count)]
        read(play, subscriptions)
        costs.append(calls(partial(read, play, subscriptions)))
    assert costs[1] < 4 * costs[0], costs


def submit(play: Playbook) -> Ticket:
    """Submit and write an action, as a driver does."""
    ticket = play.connection.submit(PING, play.now)
    piece = play.connection.poll_transmit(play.session)
    play.connection.handle_sent(play.session, len(piece), play.now)
    return ticket


def turn_over(play: Playbook, tickets: deque[Ticket], *, newest: bool) -> None:
    """Submit one more action, and answer one."""
    machine = play.connection
    tickets.append(submit(play))
    answered = tickets.pop() if newest else tickets.popleft()
    answer = frame("Response: Success", f"ActionID: {answered.action_id}")
    machine.handle_received(play.session, answer, play.now)
    while machine.poll_notice() is not None or machine.poll_command() is not None:
        pass
    machine.poll_timeout()


@pytest.mark.parametrize("newest", [False, True], ids=["the oldest is answered", "the newest is answered"])
def test_an_action_costs_the_same_beside_a_thousand(newest: bool) -> None:
    costs = []
    for count in (10, 1000):
        play = Playbook(SERVER).log_in()
        tickets = deque(submit(play) for _ in range(count))
        turn = partial(turn_over, play, tickets, newest=newest)
        costs.append(min(calls(turn) for _ in range(20)))
    assert costs[1] <= 1.2 * costs[0], costs
