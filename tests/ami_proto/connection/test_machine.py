"""The surface of `Connection`, and the laws it keeps (design: L1 to L10)."""

import hashlib
import math
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ami_proto import (
    Action,
    ActionCancelled,
    ActionFinished,
    ActionTimeout,
    Automatic,
    Backpressure,
    Close,
    Command,
    ConfigError,
    Connect,
    Connection,
    Disconnect,
    Drops,
    EventsDropped,
    Fault,
    Filter,
    Gap,
    InvalidAction,
    Message,
    MessagesWaiting,
    MisuseError,
    NotReady,
    Overflow,
    Reason,
    Sent,
    SessionId,
    State,
    StateChanged,
    Ticket,
    Watch,
)
from conformance.playbook import BANNER, SERVER, Playbook, frame

STATUS = Action("CoreStatus")


@pytest.fixture
def ready() -> Playbook:
    play = Playbook().log_in()
    play.notices.clear()
    return play


def snapshot(play: Playbook) -> object:
    """Return everything that a refused request must leave as it was."""
    return (play.connection.snapshot(), play.connection.poll_timeout(), play.connection._ids.sequence)


# -- L3: requests raise and change nothing, or succeed


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (lambda c: c.start(1000.0), MisuseError),
        (lambda c: c.start(math.nan), MisuseError),
        (lambda c: c.stop(math.inf), MisuseError),
        (lambda c: c.stop(1000.0, grace=-1), ConfigError),
        (lambda c: c.stop(1000.0, grace=math.nan), ConfigError),
        (lambda c: c.stop(1000.0, grace=math.inf), ConfigError),
        (lambda c: c.submit(STATUS, math.inf), MisuseError),
        (lambda c: c.submit(STATUS, 10.0**18), MisuseError),
        (lambda c: c.submit(STATUS, 1000.0, timeout=0), ConfigError),
        (lambda c: c.submit(STATUS, 1000.0, timeout="1"), ConfigError),
        (lambda c: c.submit(STATUS, 1000.0, timeout=-1), ConfigError),
        (lambda c: c.submit(STATUS, 1000.0, timeout=math.nan), ConfigError),
        (lambda c: c.submit(STATUS, 1000.0, timeout=math.inf), ConfigError),
        (lambda c: c.submit(STATUS, 1000.0, to="pbx2"), MisuseError),
        (lambda c: c.submit(Action("LogOff"), 1000.0), InvalidAction),
        (lambda c: c.submit(STATUS, 1000.0, completion=Automatic(duration=math.nan)), ConfigError),
        (lambda c: c.submit(STATUS, 1000.0, completion=Automatic(duration=0)), ConfigError),
        (lambda c: c.cancel(Ticket("pbx", "x", "y"), math.nan), MisuseError),
        (lambda c: c.subscribe(Filter(), limit=0), ConfigError),
    ],
)
def test_a_refused_request_changes_nothing(
    ready: Playbook, request_: Callable[[Connection], object], error: type[Exception]
) -> None:
    """L3, R-CORR-04: not even the next ActionID."""
    before = snapshot(ready)
    with pytest.raises(error):
        request_(ready.connection)
    assert snapshot(ready) == before
    assert ready.drain().notices == []


def test_time_that_is_no_time_starts_nothing() -> None:
    """L3: a clock of minus infinity would be due for ever."""
    for now in (math.nan, math.inf, -math.inf, -1e300, 10**400):
        connection = Connection(SERVER, seed=1)
        with pytest.raises(MisuseError, match="no time"):
            connection.start(now)
        assert connection.stopped


@pytest.mark.parametrize("state", [state for state in State if not state.sending])
def test_actions_are_refused_where_nobody_can_send_them(state: State) -> None:
    """R-LIFE-03: a typed error with server key and state."""
    play = Playbook(throttled=state is State.DISCONNECTED)
    if state is not State.CLOSED:
        play.start()
    if state in (State.CONNECTED, State.AUTHENTICATING):
        play.connect()
    if state is State.AUTHENTICATING:
        play.receive(BANNER)
    if state is State.CLOSING:
        play.log_in().stop()
    with pytest.raises(NotReady, match=f"'pbx' is {state.value}"):
        play.submit(STATUS)
    if state in (State.CLOSED, State.CLOSING):
        with pytest.raises(NotReady):
            play.submit(STATUS, wait=True)
    else:
        play.submit(STATUS, wait=True)


def test_start_twice_is_an_error_and_never_a_second_socket(ready: Playbook) -> None:
    """R-LIFE-05."""
    with pytest.raises(MisuseError, match="started already"):
        ready.start()
    assert ready.connection.state is State.READY


@pytest.mark.parametrize("instance", ["", "xyz", "0123456", "0123abc\n", "0123abcde"])
def test_an_instance_is_eight_hex_digits(instance: str) -> None:
    """R-ID-01: injectable, and checked, because it goes into every ActionID."""
    with pytest.raises(ConfigError, match="instance"):
        Connection(SERVER, seed=1, instance=instance)
    assert Connection(SERVER, seed=1, instance="0123abcd").key == "pbx"


@pytest.mark.parametrize("key", ["pbx 01", "node_", "pbx:1", "pbx-münchen", "k" * 200])
def test_every_key_logs_in_and_correlates(key: str) -> None:
    """R-ID-03: server keys that never logged in were the ancestor's fate."""
    play = Playbook(replace(SERVER, key=key)).log_in()
    ticket = play.submit(STATUS)
    assert ticket.action_id.isascii()
    assert len(ticket.action_id) <= 64
    play.reply(ticket)
    assert play.outcome(ticket).succeeded


def test_two_servers_of_one_seed_draw_independently() -> None:
    """R-ID-01: from a generator derived from (seed, key)."""
    ids = {Playbook(replace(SERVER, key=key)).log_in().heard[0].action_id for key in ("a", "b")}
    assert len({each.split(":")[1] for each in ids}) == 2


# -- backpressure


def test_too_many_actions_are_refused_one_by_one() -> None:
    """R-CORR-05: a typed error for that action only; undrained outcomes keep their place."""
    play = Playbook(replace(SERVER, max_pending_actions=3), lazy=False).log_in()
    tickets = [play.submit(STATUS) for _ in range(3)]
    before = snapshot(play)
    with pytest.raises(Backpressure, match="3 actions are pending"):
        play.submit(STATUS)
    assert snapshot(play) == before
    play.lazy = True
    play.reply(tickets[0])
    with pytest.raises(Backpressure):
        play.submit(STATUS)
    play.drain().submit(STATUS)
    assert play.connection.state is State.READY


def test_too_many_bytes_are_refused_one_by_one() -> None:
    """R-FLOW-04, R-CORR-04: nothing stays registered, no ActionID is lost."""
    play = Playbook(replace(SERVER, max_outbound_bytes=16 * 1024)).log_in()
    play.lazy = True
    big = Action("UserEvent", {f"H{number}": "x" * 1000 for number in range(10)})
    first = play.submit(big)
    before = snapshot(play)
    with pytest.raises(Backpressure, match="more exceed 16384"):
        play.submit(big)
    assert snapshot(play) == before
    small = play.submit(STATUS)
    sequences = [int(each.action_id.split(":")[-1]) for each in (first, small)]
    assert sequences[1] == sequences[0] + 1
    play.lazy = False
    play.drain().reply(first).reply(small)
    assert play.outcome(first).succeeded


def test_what_waits_for_ready_is_bounded_too() -> None:
    """R-CORR-05, L6: by number and by bytes."""
    play = Playbook(replace(SERVER, max_outbound_bytes=16 * 1024, max_pending_actions=50)).start()
    big = Action("UserEvent", {f"H{number}": "x" * 1000 for number in range(10)})
    play.submit(big, wait=True)
    with pytest.raises(Backpressure, match="wait for READY"):
        play.submit(big, wait=True)
    for _ in range(49):
        play.submit(STATUS, wait=True)
    with pytest.raises(Backpressure, match="50 actions"):
        play.submit(STATUS, wait=True)


# -- deadlines and cancelling


def test_timeouts_come_in_order_and_once(ready: Playbook) -> None:
    """R-CORR-06, L4: in the order of the deadlines; a late reply is unmatched."""
    seconds = [5, 1, 3, 2, 4]
    tickets = [ready.submit(STATUS, timeout=each) for each in seconds]
    ready.wait(10)
    ended = [each.ticket for each in ready.notices if isinstance(each, ActionFinished)]
    assert ended == [tickets[seconds.index(each)] for each in (1, 2, 3, 4, 5)]
    assert all(isinstance(ready.outcome(ticket).error, ActionTimeout) for ticket in tickets)
    ready.reply(tickets[0])
    assert len(ready.outcomes(tickets[0])) == 1
    assert ready.faults() == {Fault.UNMATCHED: 1}


def test_a_clock_that_jumps_fires_everything_in_order(ready: Playbook) -> None:
    tickets = [ready.submit(STATUS, timeout=9 - each) for each in range(9)]
    ready.oversleep(9)
    ended = [each.ticket for each in ready.notices if isinstance(each, ActionFinished)]
    assert ended == tickets[::-1]


def test_a_cancelled_action_that_nobody_saw_never_leaves(ready: Playbook) -> None:
    """R-CORR-07: cancelling removes it."""
    ready.lazy = True
    before, ticket = ready.submit(STATUS), ready.submit(Action("Hangup", {"Channel": "PJSIP/7"}))
    ready.cancel(ticket).cancel(ticket)
    ready.lazy = False
    ready.drain()
    while ready.write():
        pass
    assert [each.action_id for each in ready.unanswered] == [before.action_id]
    outcome = ready.outcome(ticket)
    assert isinstance(outcome.error, ActionCancelled)
    assert outcome.sent is Sent.NO


def test_a_cancelled_action_shown_in_part_goes_out_whole(ready: Playbook) -> None:
    """What was shown was sent: the rest follows, and its outcome says so."""
    ready.lazy = True
    ticket = ready.submit(Action("Hangup", {"Channel": "PJSIP/7"}))
    ready.write(limit=20)
    ready.cancel(ticket).drain()
    assert ready.outcome(ticket).sent is Sent.FULLY
    while ready.write():
        pass
    ready.expect_heard("Hangup")


def test_a_timeout_of_an_action_shown_in_part_is_the_same(ready: Playbook) -> None:
    ready.lazy = True
    ticket = ready.submit(Action("Hangup", {"Channel": "PJSIP/7"}), timeout=1)
    ready.write(limit=20)
    ready.wait(1).drain()
    assert ready.outcome(ticket).sent is Sent.FULLY


def test_an_answer_to_an_action_shown_in_part_settles_it_too(ready: Playbook) -> None:
    """An outcome never says PARTLY, retryable, of what is bound to leave."""
    ready.lazy = True
    ticket = ready.submit(Action("Hangup", {"Channel": "PJSIP/7"}))
    ready.write(limit=20)
    ready.reply(ticket, "Message: too early", status="Error").drain()
    assert ready.outcome(ticket).sent is Sent.FULLY


def test_a_loss_says_how_much_was_shown(ready: Playbook) -> None:
    """NO, PARTLY, FULLY: only the first two may be retried without asking."""
    ready.lazy = True
    fully, partly, no = (ready.submit(Action("Hangup", {"Channel": f"PJSIP/{n}"})) for n in range(3))
    ready.write(len(ready.connection.poll_transmit(ready.session, 90)), limit=90)
    ready.write(limit=30)
    ready.disconnect().drain()
    sents = [ready.outcome(each).sent for each in (fully, partly, no)]
    assert sents == [Sent.FULLY, Sent.PARTLY, Sent.NO]


def test_a_cancelled_answer_is_nobodys(ready: Playbook) -> None:
    """L4: an outcome each, whatever comes later."""
    ticket = ready.submit(STATUS)
    ready.cancel(ticket).reply(ticket).cancel(ticket).wait(100)
    assert isinstance(ready.outcome(ticket).error, ActionCancelled)
    assert ready.faults()[Fault.UNMATCHED] == 1


def test_a_waiting_action_can_be_cancelled() -> None:
    play = Playbook().start()
    ticket = play.submit(STATUS, wait=True)
    play.cancel(ticket).log_in().expect_heard()
    assert play.outcome(ticket).sent is Sent.NO


def test_a_foreign_ticket_cancels_nothing(ready: Playbook) -> None:
    ticket = ready.submit(STATUS)
    ready.cancel(Ticket("pbx", ticket.action_id, "Other")).cancel(Ticket("pbx2", "x", "y"))
    assert not ready.outcomes(ticket)


def test_a_forged_ticket_cancels_nothing_of_the_engines_own() -> None:
    """R-CORR-07: ActionIDs can be guessed; login, ping and Logoff are not the application's to end."""

    def forge(play: Playbook) -> None:
        (own,) = play.unanswered
        play.cancel(Ticket("pbx", own.action_id, own.name))

    play = Playbook().dial().receive(BANNER)
    forge(play)
    play.reply(play.unanswered[0], "Challenge: 1")
    forge(play)
    play.reply(play.unanswered[0]).wait(15)
    forge(play)
    play.reply(play.unanswered[0], "Ping: Pong").wait(14)
    assert play.connection.state is State.READY
    forge(play.stop())
    play.reply(play.unanswered[0], status="Goodbye")
    assert play.connection.stopped
    assert (play.faults(), play.take(ActionFinished)) == ({}, [])


# -- pausing


def test_a_pausing_queue_stops_the_reading_and_its_consumer_resumes_it(ready: Playbook) -> None:
    """R-FLOW-02: by `Watch`, as the interest changes."""
    subscription = ready.subscribe(limit=2, policy=Overflow.PAUSE)
    ready.take_commands()
    ready.event("A").expect_commands().event("B")
    ready.expect_commands(Watch(ready.session, read=False, write=False))
    assert len(ready.messages(subscription)) == 2
    ready.expect_commands(Watch(ready.session, read=True, write=False))


def test_pausing_is_limited_by_correlation(ready: Playbook) -> None:
    """R-FLOW-02: reading stops only while no ticket is open; beyond the reserve drops are counted."""
    subscription = ready.subscribe(limit=2, policy=Overflow.PAUSE)
    ready.event("A").event("B")
    ticket = ready.submit(STATUS)
    assert ready.watch == Watch(ready.session, read=True, write=False)
    for _ in range(5):
        ready.event("C")
    ready.reply(ticket)
    assert ready.watch == Watch(ready.session, read=False, write=False)
    assert ready.outcome(ticket).succeeded
    *messages, lost = ready.messages(subscription)
    assert (len(messages), lost) == (4, Drops(3))


def test_a_stop_reads_on(ready: Playbook) -> None:
    """R-LIFE-05: Goodbye comes on the same stream."""
    ready.subscribe(limit=1, policy=Overflow.PAUSE)
    ready.event("A").stop()
    assert ready.watch == Watch(ready.session, read=True, write=False)


# -- drops


def test_12_000_into_10_000_drops_exactly_2_000(ready: Playbook) -> None:
    """R-FLOW-02, R-FLOW-03, R-FLOW-05: the session survives, and the losses are exact."""
    subscription = ready.subscribe()
    for _ in range(12):
        ready.receive(frame("Event: VarSet", "Privilege: dialplan,all") * 1000)
    ready.wait(1)
    reports = ready.take(EventsDropped)
    assert sum(each.delta for each in reports) == reports[-1].total == subscription.dropped == 2000
    first, *rest = ready.messages(subscription)
    assert (first, len(rest)) == (Drops(2000), 10_000)
    assert ready.connection.state is State.READY


def test_reports_of_drops_are_at_most_one_each_interval(ready: Playbook) -> None:
    """R-FLOW-03: with delta, total and depth."""
    subscription = ready.subscribe(limit=1)
    for _ in range(101):
        ready.event("VarSet")
        ready.wait(0.05)
    ready.wait(2)
    reports = ready.take(EventsDropped)
    assert 5 <= len(reports) <= 7
    assert sum(each.delta for each in reports) == reports[-1].total == 100
    assert reports[-1].depth == 1
    assert reports[-1].subscription is subscription


def test_an_ended_subscription_is_heard_of_no_more(ready: Playbook) -> None:
    """R-FLOW-01: unsubscribing works, and nothing that waits names it."""
    subscription = ready.subscribe(limit=1)
    ready.lazy = True
    ready.event("A").event("B")
    ready.connection.unsubscribe(subscription)
    ready.connection.unsubscribe(subscription)
    ready.event("C").drain()
    assert [each for each in ready.notices if isinstance(each, MessagesWaiting | EventsDropped)] == []
    assert ready.connection.poll_message(subscription) is None


# -- L2: facts never raise


def test_what_is_no_time_is_not_taken(ready: Playbook) -> None:
    """L2: a clock never goes back, and a fact with a strange time counts all the same."""
    subscription = ready.subscribe()
    for now in (math.nan, math.inf, -math.inf, -5.0, 10**400, 1e300):
        ready.connection.handle_received(ready.session, frame("Event: A", "Privilege: x"), now)
        ready.connection.handle_timeout(now)
    ready.drain()
    assert len(ready.messages(subscription)) == 6
    assert ready.connection.state is State.READY
    assert ready.connection.poll_timeout() == ready.now + 10


def test_more_bytes_confirmed_than_shown_are_a_fault_of_the_driver(ready: Playbook) -> None:
    """L2: reported, and nothing else."""
    for count in (1, -1, 10**400):
        ready.connection.handle_sent(ready.session, count, ready.now)
    ready.connection.handle_sent(ready.session, 0, ready.now)
    assert ready.drain().faults() == {Fault.OVERRUN: 3}


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
@given(steps=st.lists(STEPS, max_size=60), fully_booted=st.booleans(), paused=st.booleans())
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


# -- L5, L6, L10: progress, bounds, laziness


def test_a_deadline_is_due_while_something_is_undrained(ready: Playbook) -> None:
    """L5: and a full queue is not due."""
    subscription = ready.subscribe(limit=1, policy=Overflow.PAUSE)
    ready.lazy = True
    ready.event("A")
    assert ready.connection.poll_timeout() == ready.now
    ready.drain()
    deadline = ready.connection.poll_timeout()
    assert deadline is not None
    assert deadline > ready.now
    assert subscription.depth == 1


def test_the_end_is_due_once_and_then_nothing_is(ready: Playbook) -> None:
    """L5: whoever waits for the next deadline comes round and sees that the machine has stopped."""
    ready.stop(0.0)
    ready.lazy = True
    ready.oversleep(0.0)
    connection, due = ready.connection, []
    assert connection.state is State.CLOSED
    for step in (ready.drain, lambda: ready.oversleep(1.0), lambda: ready.oversleep(1.0)):
        due.append(connection.poll_timeout() == ready.now)
        step()
    assert due == [True, True, False]
    assert connection.poll_timeout() is None
    ready.start()
    assert connection.poll_timeout() == ready.now


def test_a_look_at_the_clock_does_not_stand_for_draining(ready: Playbook) -> None:
    """L5: the end stays due until there was a look with nothing left over."""
    ready.stop(0.0)
    ready.lazy = True
    for _ in range(3):
        ready.oversleep(0.0)
        assert ready.connection.poll_timeout() == ready.now
    ready.drain()
    assert ready.connection.stopped
    assert ready.connection.poll_timeout() == ready.now
    ready.oversleep(0.0)
    assert ready.connection.poll_timeout() is None


def test_nobody_drains_and_nothing_grows() -> None:
    """L6, L10: forgetting to drain is slow, never wrong."""
    server = replace(SERVER, max_pending_actions=10, stable_after=0.0)
    play = Playbook(server, lazy=True)
    play.subscribe(limit=10)
    play.start()
    tickets: list[Ticket] = []
    for number in range(300):
        play.session = SessionId("pbx", number + 1)
        play.connect().receive(BANNER)
        play.write()
        for _ in ("Challenge", "Login"):
            play.reply(f"{play.connection._ids.prefix}{play.connection._ids.sequence}", "Challenge: 1")
        assert play.connection.state is State.READY
        for _ in range(20):
            try:
                tickets.append(play.submit(STATUS))
            except Backpressure:
                break
        play.receive(frame("Event: A", "Privilege: x") * 20, frame("Response: Error") * 5)
        play.disconnect().oversleep(40)
    assert len(tickets) == 10
    play.drain()
    assert len(play.notices) < 200
    assert [len(play.outcomes(ticket)) for ticket in tickets] == [1] * 10
    assert len(play.commands) <= 3


def test_a_lazy_driver_hears_the_same_in_the_end() -> None:
    """L10: any number of facts may arrive between two drains."""
    diligent, lazy = Playbook().log_in(), Playbook().log_in()
    lazy.lazy = True
    streams = []
    for play in (diligent, lazy):
        subscription = play.subscribe()
        ticket = play.submit(STATUS)
        play.event("A").reply(ticket).event("B").disconnect().oversleep(1)
        play.lazy = False
        play.drain().log_in().event("C")
        pulled = play.messages(subscription)
        names = [each.name if isinstance(each, Message) else type(each) for each in pulled]
        streams.append((names, play.outcome(ticket).succeeded, play.connection.state))
    assert streams[0] == streams[1] == (["A", "B", Gap, "C"], True, State.READY)


# -- L8, L9: segmentation, determinism

TALK = (
    frame("Event: Newchannel", "Privilege: call,all", "Channel: PJSIP/7")
    + frame("Response: Success", "ActionID: pbx:1a1a4894:3", "EventList: start")
    + frame("Event: CoreShowChannel", "ActionID: pbx:1a1a4894:3", "Number: 1")
    + frame("Event: Peer", "Number: 2")
    + b"\r\n\r\nthis is out of step\r\n\r\n"
    + frame("Event: Done", "ActionID: pbx:1a1a4894:3", "EventList: Complete")
    + frame("Event: DoneComplete", "ActionID: pbx:1a1a4894:3", "EventList: Complete")
    + frame("Response: Error", "ActionID: pbx:1a1a4894:4", "Message: no")
    + b"Response: Follows\r\nPrivilege: Command\r\nActionID: pbx:1a1a4894:5\r\n"
    + b"a\n\nb\n--END COMMAND--\r\n\r\n"
    + frame("Event: Hangup", "Privilege: call,all")
)


def hear_in_pieces(cuts: list[int]) -> object:
    play = Playbook().log_in()
    subscription = play.subscribe()
    tickets = [play.submit(Action(name)) for name in ("CoreShowChannels", "Hangup", "Command")]
    edges = [0, *sorted(cuts), len(TALK)]
    for begin, end in pairwise(edges):
        play.receive(TALK[begin:end])
    outcomes = [(play.outcome(each).succeeded, play.outcome(each).reply) for each in tickets]
    return play.messages(subscription), outcomes, play.faults()


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, len(TALK)), max_size=20))
def test_any_split_gives_the_same_messages_and_outcomes(cuts: list[int]) -> None:
    """L8, R-WIRE-01: at the same `now`, with the same drains."""
    assert hear_in_pieces(cuts) == hear_in_pieces([])


def test_byte_by_byte_is_a_split_like_any_other() -> None:
    """L8."""
    assert hear_in_pieces(list(range(len(TALK)))) == hear_in_pieces([])


def trace(seed: int) -> str:
    """Return the hash of a long story with faults, drawn from a seed."""
    rng, play = random.Random(seed), Playbook(seed=seed)
    subscriptions = [play.subscribe(name, limit=3) for name in ("A*", "B", "*")]
    for _ in range(40):
        play.wait(rng.random() * 20)
        if play.connection.state is State.CLOSED or play.connection.state is State.CONNECTING:
            play.log_in()
        if play.connection.state.sending:
            tickets = [play.submit(STATUS, timeout=rng.random() * 9) for _ in range(rng.randrange(4))]
            for ticket in rng.sample(tickets, len(tickets) // 2):
                play.reply(ticket)
            for name in rng.choices(["Abc", "B", "C"], k=5):
                play.event(name)
            if rng.random() < 0.5:
                play.disconnect(rng.choice(list(Reason)))
        for subscription in subscriptions:
            play.messages(subscription)
    return hashlib.sha256("\n".join(play._story).encode()).hexdigest()


def test_the_same_seed_tells_the_same_story() -> None:
    """L9: under any `PYTHONHASHSEED`."""
    here = Path(__file__)
    program = f"import sys; sys.path[:0] = {sys.path!r}; import {here.stem} as test; print(test.trace(7))"
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": hash_seed},
            cwd=here.parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("1", "4242")
    }
    assert hashes == {trace(7)}
    assert trace(8) != trace(7)


# -- looking


def test_a_snapshot_is_plain_data(ready: Playbook) -> None:
    """State, counts, drops and faults, looked at once."""
    ready.subscribe("Hangup", limit=1)
    ticket = ready.submit(STATUS)
    ready.event("Hangup").event("Hangup").event("VarSet").reply("nobody:00000000:1")
    seen = ready.connection.snapshot()
    assert (seen.server, seen.state, seen.session) == ("pbx", State.READY, ready.session)
    assert seen.banner == "9.0.0"
    assert (seen.actions_pending, seen.actions_waiting, seen.outcomes_undrained) == (1, 0, 0)
    assert (seen.events_unwanted, seen.faults) == (1, {Fault.UNMATCHED: 1})
    assert seen.subscriptions[0].names == ("Hangup",)
    assert (seen.subscriptions[0].depth, seen.subscriptions[0].dropped) == (1, 1)
    ready.reply(ticket).disconnect()
    lost = ready.connection.snapshot()
    assert (lost.session, lost.banner, lost.actions_pending) == (None, None, 0)
    assert lost.last_cause == Disconnect(Reason.EOF)


def test_counters_go_on_across_sessions(ready: Playbook) -> None:
    """R-DRIVER-02: frames and events, wanted or not."""
    frames, events = ready.connection.frames_received, ready.connection.events_received
    assert (frames, events) == (3, 0)
    ready.event("A").disconnect().wait(1).log_in().event("B")
    seen = ready.connection.snapshot()
    assert seen.frames_received == 4, "banner, challenge, login, event: of this session alone"
    ready.event("")
    came = ready.connection.snapshot().bytes_received - seen.bytes_received
    assert came == len(frame("Event: ", "Privilege: call,all"))
    ready.connection.handle_received(ready.session, b"\r\n", ready.now)
    assert ready.connection.frames_received == 9
    assert ready.connection.events_received == 3


def test_idle_is_idle() -> None:
    """R-DRIVER-02: an idle connection has one deadline, far away, and nothing to say."""
    play = Playbook().log_in()
    play.take_commands()
    assert play.connection.poll_timeout() == play.now + min(10.0, 15.0)
    play.wait(10)
    assert play.connection.poll_timeout() == play.now + 5
    play.expect_commands()


def test_the_surface_has_no_secrets(ready: Playbook) -> None:
    """R-AUTH-01: not in what it says of itself."""
    told = repr([ready.connection.snapshot(), ready.connection.config, ready.notices, ready.commands])
    assert SERVER.secret not in told


@pytest.mark.parametrize(
    "request_",
    [
        lambda connection: connection.start(1000.0),
        lambda connection: connection.stop(1000.0),
        lambda connection: connection.cancel(Ticket("pbx", "x", "y"), 1000.0),
        lambda connection: connection.submit(STATUS, 1000.0),
        lambda connection: connection.subscribe(Filter()),
        lambda connection: connection.unsubscribe(connection.subscribe(Filter())),
    ],
    ids=["start", "stop", "cancel", "submit", "subscribe", "unsubscribe"],
)
def test_every_request_is_refused_from_inside_a_predicate(
    ready: Playbook, request_: Callable[[Connection], object]
) -> None:
    """L3: with an error that says so, whatever the request would have done."""
    raised: list[BaseException] = []

    def where(message: Message) -> bool:
        with pytest.raises(MisuseError, match="from inside a predicate") as caught:
            request_(ready.connection)
        raised.append(caught.value)
        return True

    ready.connection.subscribe(Filter(where=where))
    ready.event("Newchannel")
    assert len(raised) == 1


def test_a_submit_moves_the_clock() -> None:
    """The machine's clock never goes back behind a request: what it set is in the future of it."""
    play = Playbook().log_in()
    play.connection.submit(STATUS, play.now + 100)
    play.connection.submit(STATUS, play.now, timeout=5)
    deadlines = [play.now + 100 + 5, play.now + SERVER.heartbeat_interval]
    play.connection.handle_timeout(min(deadlines) + 0.0)
    assert play.drain().take(ActionFinished) == []
    play.connection.handle_timeout(play.now + 105)
    assert len(play.drain().take(ActionFinished)) == 1


def test_the_end_of_a_stream_that_is_being_closed_drops_its_close() -> None:
    """L7: after `handle_disconnected(s)` no command names `s`, a queued `Close` neither."""
    play = Playbook().log_in()
    play.lazy = True
    play.now += SERVER.read_timeout * 3
    while play.connection.state is not State.DISCONNECTED:
        play.now += SERVER.read_timeout
        play.connection.handle_timeout(play.now)
    play.connection.handle_disconnected(play.session, Disconnect(Reason.EOF), play.now)
    commands: list[Command] = []
    while command := play.connection.poll_command():
        commands.append(command)
    assert [each for each in commands if each.session == play.session] == []


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
