"""L2: facts never raise, whatever the bytes, the time and the order."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ami_proto import (
    Connection,
    Disconnect,
    Fault,
    Message,
    NotReady,
    Overflow,
    Reason,
    State,
    StateChanged,
    Ticket,
)
from ami_proto.connection.journal import NOW_MAX
from ami_proto.drivers import Close, Connect, SessionId
from conformance.laws.playbook import BANNER, SERVER, Playbook, frame
from tests.playbooks import STATUS


def test_what_is_no_time_is_not_taken(ready: Playbook) -> None:
    """L2: a clock never goes back, and a fact with a strange time counts all the same."""
    subscription = ready.subscribe()
    for now in (math.nan, math.inf, -math.inf, -5.0, 10**400, 1e300, NOW_MAX):
        ready.connection.handle_received(ready.session, frame("Event: A", "Privilege: x"), now)
        ready.connection.handle_timeout(now)
    ready.drain()
    assert len(ready.messages(subscription)) == 7
    assert ready.connection.state is State.READY
    assert ready.connection.poll_timeout() == ready.now + 10


@pytest.mark.parametrize(
    "fact",
    [
        lambda connection, session, now: connection.handle_connected(session, now),
        lambda connection, session, now: connection.handle_received(session, b"", now),
        lambda connection, session, now: connection.handle_sent(session, 0, now),
        lambda connection, session, now: connection.handle_disconnected(session, Disconnect(Reason.EOF), now),
        lambda connection, session, now: connection.handle_timeout(now),
    ],
)
def test_every_fact_tells_the_time(
    ready: Playbook, fact: Callable[[Connection, SessionId, float], None]
) -> None:
    """L2: whatever session it is about; a request that comes with an older time counts from there."""
    fact(ready.connection, SessionId("pbx", 99), ready.now + 5)
    ready.submit(STATUS, timeout=1)
    assert ready.connection.poll_timeout() == ready.now + 6


def test_bytes_of_an_older_session_are_not_those_of_this_one(ready: Playbook) -> None:
    """L2, R-HEALTH-01: not even the pong that this one waits for."""
    old = ready.session
    ready.disconnect().wait(60.0).log_in()
    subscription = ready.subscribe()
    ping = ready.wait(16.0).unanswered[-1]
    assert ping.name == "Ping"
    ready.connection.handle_received(
        old, frame("Response: Success", f"ActionID: {ping.action_id}"), ready.now
    )
    ready.connection.handle_received(old, frame("Event: Tick"), ready.now)
    ready.wait(6.0)
    assert ready.connection.state is State.DEGRADED
    assert ready.messages(subscription) == []


def test_more_bytes_confirmed_than_shown_are_a_fault_of_the_driver(ready: Playbook) -> None:
    """L2: reported, and nothing else."""
    for count in (1, -1, 10**400):
        ready.connection.handle_sent(ready.session, count, ready.now)
    ready.connection.handle_sent(ready.session, 0, ready.now)
    assert ready.drain().faults() == {Fault.OVERRUN: 3}


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_driver_may_hand_in_its_own_buffer(kind: Callable[[bytearray], Any]) -> None:
    """L2: and use it again at once; what came in it stays what it was."""
    play = Playbook().log_in()
    heard = play.subscribe()
    buffer = bytearray(
        b"Event: Newchannel\nPrivilege: call,all\nChannel: PJSIP/7\n\n"
    )  # LF: the careful path
    play.connection.handle_received(play.session, kind(buffer), play.now)
    buffer[:] = b"x" * len(buffer)
    message = play.connection.poll_message(heard)
    assert isinstance(message, Message)
    assert message["Channel"] == "PJSIP/7"


# -- in any order


NOISE = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            BANNER,
            b"\r\n",
            b"\r\n\r\n",
            b"Response: ",
            b"Response: Error\r\n\r\n",
            b"Event: X\r\n\r\n",
            b"Response: Success\r\nActionID: pbx:1a1a4894:1\r\nChallenge: 1\r\n\r\n",
            b"Response: Success\r\nActionID: pbx:1a1a4894:2\r\n\r\n",
            b"Response: Success\r\nActionID: pbx:1a1a4894:3\r\nEventList: start\r\n\r\n",
            b"Event: X\r\nActionID: pbx:1a1a4894:3\r\nEventList: Complete\r\n\r\n",
            b"Event: FullyBooted\r\nPrivilege: system,all\r\n\r\n",
            b"Response: Follows\r\nActionID: pbx:1a1a4894:3\r\nx\n--END COMMAND--\r\n\r\n",
            b"\xff\x00:\r\n\r\n",
        ]
    ),
)
STEPS = st.one_of(
    st.tuples(st.just("receive"), NOISE),
    st.tuples(st.just("connect"), st.booleans()),
    st.tuples(st.just("disconnect"), st.sampled_from(Reason)),
    st.tuples(st.just("write"), st.sampled_from([None, 0, 1, 17, 5000])),
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.1, 0.25, 1.0, 5.0, 15.0, 50.0])),
    st.tuples(st.just("oversleep"), st.sampled_from([-5.0, 0.5, 3.0, 100.0])),
    st.tuples(st.just("submit"), st.booleans()),
    st.tuples(st.just("cancel"), st.integers(0, 50)),
    st.tuples(st.just("stop"), st.sampled_from([None, 0.0, 3.0])),
    st.tuples(st.just("start"), st.none()),
    st.tuples(st.just("drain"), st.none()),
    st.tuples(st.just("behave"), st.booleans()),
    st.tuples(st.just("behave"), st.booleans()),
)


def behave(play: Playbook, kindly: bool) -> None:
    """Let the network and the server do what is expected of them, but for an error here and there."""
    if play.connection.state is State.CLOSED:
        play.start()
    play.drain().connect()
    if play.connection.snapshot().banner is None:
        play.receive(BANNER)
    while play.write():
        for each in play.unanswered:
            goodbye = "Goodbye" if each.name == "Logoff" else "Success"
            play.reply(each, "Challenge: 1", status=goodbye if kindly else "Error")
    play.event("FullyBooted")


@settings(max_examples=300, deadline=None)
@given(steps=st.lists(STEPS, min_size=15, max_size=60), fully_booted=st.booleans(), paused=st.booleans())
def test_whatever_happens_every_ticket_ends_once(
    steps: list[tuple[str, object]], fully_booted: bool, paused: bool
) -> None:
    """L2, L4, L5, L10, R-LIFE-06: facts and requests in any order, drained or not; then a stop ends it."""
    play = Playbook(replace(SERVER, wait_fully_booted=fully_booted), lazy=True)
    play.subscribe(limit=2, policy=Overflow.PAUSE if paused else Overflow.DROP_OLDEST)
    tickets: list[Ticket] = []
    for verb, value in steps:
        match verb, value:
            case "receive", bytes(data):
                play.receive(data)
            case "connect", _:
                play.connect()
            case "disconnect", Reason() as reason:
                play.disconnect(reason)
            case "write", (None | int()) as count:
                play.write(count)
            case "wait", float(seconds):
                play.lazy = False
                play.wait(seconds)
                play.lazy = True
            case "oversleep", float(seconds):
                play.oversleep(seconds)
            case "submit", bool(wait):
                try:
                    tickets.append(play.submit(STATUS, wait=wait))
                except NotReady:
                    assert not play.connection.state.sending
            case "cancel", int(number) if tickets:
                play.cancel(tickets[number % len(tickets)])
            case "stop", (None | float()) as grace:
                play.stop(grace)
            case "start", _ if play.connection.state is State.CLOSED:
                play.start()
            case "drain", _:
                play.drain()
            case "behave", bool(kindly):
                behave(play, kindly)
        connection = play.connection
        if connection.state is not State.CLOSED:
            assert connection.poll_timeout() is not None, f"{connection.state} has no deadline"
    play.lazy = False
    play.drain().stop().wait(1000)
    assert play.connection.stopped
    assert play.connection.poll_timeout() is None
    assert [len(play.outcomes(ticket)) for ticket in tickets] == [1] * len(tickets)
    steps_taken = play.take(StateChanged)
    for earlier, later in pairwise(steps_taken):
        assert (earlier.new, later.absorbed) == (later.old, 0), "R-LIFE-01: each transition is reported"
    for number, command in enumerate(play.commands):
        if isinstance(command, Close):
            named = [each.session for each in play.commands[number + 1 :]]
            assert command.session not in named, "L7: silence after Close"
    dialled = [each.session.number for each in play.commands if isinstance(each, Connect)]
    assert dialled == sorted(set(dialled)), "R-LIFE-02: session numbers are never reused"


class Unspeakable(Exception):
    """Cannot even be described."""

    def __repr__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("given", "told"),
    [(OSError("no route"), "OSError('no route')"), (None, "None"), (Unspeakable(), "Unspeakable")],
)
def test_a_driver_may_give_an_exception_for_the_detail_of_an_end(given: Any, told: str) -> None:
    """L2: a fact does not raise, and the connection goes on."""
    play = Playbook().start()
    play.connection.handle_disconnected(play.session, Disconnect(Reason.REFUSED, given), play.now)
    assert play.connection.snapshot().last_cause == Disconnect(Reason.REFUSED, told)
    play.drain().wait(1).log_in()
    assert play.connection.state is State.READY
