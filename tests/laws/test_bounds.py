"""L6, invariant 6: memory is a function of configuration, also when facts come and nobody drains.

Each test does something for long enough to fill what there is to fill, weighs the machine, does it ten
times as long, and weighs again.
"""

from collections.abc import Callable
from itertools import count

import pytest
from conversation import CONFIG, Conversation

import ami_proto as ami
from conformance.weight import weigh

PING = ami.Action("Ping")
SLACK = 20_000
"""Bytes by which the machine may breathe: tables that double, heaps before their clean-up."""


def fill(talk: Conversation, *frames: bytes) -> None:
    """Let frames arrive; nobody drains."""
    if talk.dialled is not None:
        for each in frames:
            talk.machine.handle_received(talk.dialled, each, talk.now)


def events(talk: Conversation, number: int) -> None:
    """More events than a queue holds."""
    fill(talk, b"Event: Flood\r\nPrivilege: call,all\r\nNumber: %08d\r\n\r\n" % number)


def names(talk: Conversation, number: int) -> None:
    """Event names that nobody has heard before."""
    fill(talk, b"Event: Name%08d\r\nPrivilege: call,all\r\n\r\n" % number)


def answers(talk: Conversation, number: int) -> None:
    """Answers, and items, to what was never asked."""
    frame = b"ActionID: pbx:%08d\r\n\r\n" % number
    fill(talk, b"Response: Success\r\n" + frame, b"Event: Item\r\n" + frame)


def halves(talk: Conversation, number: int) -> None:
    """One frame without an end, longer and longer, and then the next."""
    fill(talk, b"Event: Endless\r\nFill: " if number % 100 == 0 else b"x" * 3_000)
    if number % 100 == 99:
        fill(talk, b"\r\n\r\n")


def actions(talk: Conversation, number: int) -> None:
    """Actions until they are refused, and cancelled ones."""
    for wanted in (PING, ami.Action("UserEvent", {"Value": "v" * 900})):
        try:
            ticket = talk.machine.submit(wanted, talk.now)
        except ami.Backpressure:
            continue
        if number % 2:
            talk.machine.cancel(ticket, talk.now)


def losses(talk: Conversation, number: int) -> None:
    """Sessions that end as soon as they are up."""
    session = talk.machine.snapshot().session
    if session is not None:
        talk.machine.handle_connected(session, talk.now)
        talk.machine.handle_received(
            session, b"Asterisk Call Manager/9.0.0\r\nEvent: A\r\n\r\nhalf", talk.now
        )
        talk.machine.handle_disconnected(session, ami.Disconnect(ami.Reason.EOF, "again"), talk.now)
    talk.now += 40.0
    talk.machine.handle_timeout(talk.now)


def silence(talk: Conversation, number: int) -> None:
    """Pings that nobody writes, and a peer that lives all the same."""
    talk.now += 2.1
    talk.machine.handle_timeout(talk.now)
    fill(talk, b"Event: Alive\r\nPrivilege: system,all\r\n\r\n")


def subscriptions(talk: Conversation, number: int) -> None:
    """Subscriptions that come, hear something and go."""
    mine = talk.machine.subscribe(ami.Filter(("Flood",)), limit=1)
    events(talk, 0)
    talk.machine.unsubscribe(mine)


@pytest.mark.parametrize(
    ("deed", "rounds"),
    [
        (events, 300),
        (names, 4_090),
        (answers, 300),
        (halves, 300),
        (actions, 300),
        (losses, 300),
        (silence, 300),
        (subscriptions, 300),
    ],
)
@pytest.mark.parametrize("policy", ami.Overflow)
def test_nobody_drains_and_nothing_grows(
    deed: Callable[[Conversation, int], None], rounds: int, policy: ami.Overflow
) -> None:
    talk = Conversation()
    talk.machine.start(0.0)
    talk.settle()
    assert talk.machine.snapshot().state is ami.State.READY
    talk.machine.subscribe(ami.Filter(replies=True), limit=20, policy=policy)
    weights = []
    numbers = count()
    for times in (rounds, rounds * 5):
        for _ in range(times):
            deed(talk, next(numbers))
        weights.append(weigh(talk.machine.machine))
    assert weights[1] <= weights[0] + SLACK, f"{weights[0]} bytes, and then {weights[1]}"


def test_the_scales_weigh() -> None:
    """Or nothing above would mean anything."""
    assert weigh([b"x" * 1_000]) > 1_000 > weigh([b"x"])
    assert weigh([shared := b"x" * 1_000, shared]) < 2_000
    assert weigh(CONFIG) == weigh([CONFIG]) - weigh([]) - 8
