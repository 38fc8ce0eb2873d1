"""L6, invariant 6: memory is a function of the configuration, also for a driver that does not drain.

Each test repeats one deed until everything bounded is full, weighs the machine, repeats the deed five times
as often, and weighs again. The deed must still have an effect then, or the second weight would prove nothing.
"""

from collections.abc import Callable
from itertools import count

import pytest

import ami_proto as ami
from conformance.long_runs.heap_use import weigh
from tests.manual_network import CONFIG, ManualNetwork

PING = ami.Action("Ping")
SLACK = 20_000
"""Bytes that the weight may vary: dictionaries that double, heaps before their clean-up."""


def receive(talk: ManualNetwork, *frames: bytes) -> None:
    """Let frames arrive, without a drain."""
    assert talk.dialled is not None
    for each in frames:
        talk.machine.handle_received(talk.dialled, each, talk.now)


def events(talk: ManualNetwork, number: int) -> None:
    """More events than a queue holds."""
    receive(talk, b"Event: Flood\r\nPrivilege: call,all\r\nNumber: %08d\r\n\r\n" % number)


def names(talk: ManualNetwork, number: int) -> None:
    """Event names that are new each time."""
    receive(talk, b"Event: Name%08d\r\nPrivilege: call,all\r\n\r\n" % number)


def answers(talk: ManualNetwork, number: int) -> None:
    """Responses, and list items, to actions that were never sent."""
    frame = b"ActionID: pbx:%08d\r\n\r\n" % number
    receive(talk, b"Response: Success\r\n" + frame, b"Event: Item\r\n" + frame)


def halves(talk: ManualNetwork, number: int) -> None:
    """One frame without an end, longer and longer, and then the next."""
    receive(talk, b"Event: Endless\r\nFill: " if number % 100 == 0 else b"x" * 3_000)
    if number % 100 == 99:
        receive(talk, b"\r\n\r\n")


def actions(talk: ManualNetwork, number: int) -> None:
    """Actions up to the limit, half of them cancelled. Outcomes are drained at times, to make room."""
    for wanted in (PING, ami.Action("UserEvent", {"Value": "v" * 900})):
        try:
            ticket = talk.machine.submit(wanted, talk.now)
        except ami.Backpressure:
            if number % 5 == 0:
                for each in list(talk.machine.open):
                    talk.machine.cancel(each, talk.now)
                talk.drain(commands=False)
            continue
        if number % 2:
            talk.machine.cancel(ticket, talk.now)


def losses(talk: ManualNetwork, number: int) -> None:
    """Sessions that end as soon as they are up."""
    session = talk.machine.snapshot().session
    assert session is not None
    talk.machine.handle_connected(session, talk.now)
    talk.machine.handle_received(session, b"Asterisk Call Manager/9.0.0\r\nEvent: A\r\n\r\nhalf", talk.now)
    talk.machine.handle_disconnected(session, ami.Disconnect(ami.Reason.EOF, "again"), talk.now)
    talk.now += 40.0
    talk.machine.handle_timeout(talk.now)


def silence(talk: ManualNetwork, number: int) -> None:
    """Pings that the driver does not write, to a peer that sends events."""
    talk.now += 2.1
    talk.machine.handle_timeout(talk.now)
    assert talk.machine.snapshot().outbound_bytes > 0
    receive(talk, b"Event: Alive\r\nPrivilege: system,all\r\n\r\n")


def subscriptions(talk: ManualNetwork, number: int) -> None:
    """Subscriptions that begin, get an event and end."""
    mine = talk.machine.subscribe(ami.Filter(("Flood",)), limit=1)
    events(talk, 0)
    talk.machine.unsubscribe(mine)


def frames_received(talk: ManualNetwork) -> int:
    return talk.machine.frames_received


def fault_count(fault: ami.Fault) -> Callable[[ManualNetwork], int]:
    return lambda talk: talk.machine.snapshot().faults[fault]


def session_number(talk: ManualNetwork) -> int:
    session = talk.machine.snapshot().session
    return 0 if session is None else session.number


def outcomes(talk: ManualNetwork) -> int:
    return len(talk.machine.outcomes)


def fill_held(talk: ManualNetwork) -> None:
    """Use up what a queue holds beyond its limit: this driver reads on although reading is paused."""
    for size in (30_000, 3_000, 300, 0):
        dropped = talk.machine.snapshot().events_dropped
        while talk.machine.snapshot().events_dropped == dropped:
            receive(talk, b"Event: Fill\r\nPrivilege: call,all\r\nFill: %s\r\n\r\n" % (b"x" * size))


@pytest.mark.parametrize(
    ("deed", "rounds", "effect"),
    [
        (events, 300, frames_received),
        (names, 4_090, frames_received),
        (answers, 300, fault_count(ami.Fault.UNMATCHED)),
        (halves, 300, fault_count(ami.Fault.OVERSIZED)),
        (actions, 300, outcomes),
        (losses, 300, session_number),
        (silence, 300, frames_received),
        (subscriptions, 300, frames_received),
    ],
    ids=lambda value: str(getattr(value, "__name__", value)),
)
@pytest.mark.parametrize("policy", ami.Overflow)
def test_nothing_grows_where_nothing_is_drained(
    deed: Callable[[ManualNetwork, int], None],
    rounds: int,
    effect: Callable[[ManualNetwork], int],
    policy: ami.Overflow,
) -> None:
    talk = ManualNetwork()
    talk.machine.start(0.0)
    talk.settle()
    assert talk.machine.snapshot().state is ami.State.READY
    talk.machine.subscribe(ami.Filter(replies=True), limit=20, policy=policy)
    weights, effects = [], []
    numbers = count()
    if deed is silence:
        silence(talk, 0)  # no ping is sent in a pause
    if policy is ami.Overflow.PAUSE:
        fill_held(talk)
    for times in (rounds, rounds * 5):
        for _ in range(times):
            deed(talk, next(numbers))
        weights.append(weigh(talk.machine.machine))
        effects.append(effect(talk))
    assert effects[1] >= 5 * effects[0] > 0, effects
    assert weights[1] <= weights[0] + SLACK, f"{weights[0]} bytes, and then {weights[1]}"


def test_the_scales_weigh() -> None:
    """Or nothing above would mean anything."""
    assert weigh([b"x" * 1_000]) > 1_000 > weigh([b"x"])
    assert weigh([shared := b"x" * 1_000, shared]) < 2_000
    assert weigh(CONFIG) == weigh([CONFIG]) - weigh([]) - 8
