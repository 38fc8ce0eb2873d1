"""R-FLOW-02, R-TIME-03: a pause of reading loses nothing, and ends when its queue is not pulled."""

from dataclasses import replace

import pytest

from ami_proto import (
    Drops,
    EventsDropped,
    Fault,
    FaultSeen,
    Filter,
    Gap,
    Message,
    Overflow,
    State,
    StateChanged,
)
from ami_proto.drivers import Watch
from conformance.laws.playbook import SERVER, Playbook, frame
from tests.playbooks import STATUS

READ = 65_536
TICK = frame("Event: Tick")


def reading(play: Playbook) -> bool:
    """Whether the driver was last told to read."""
    assert play.watch is not None
    return play.watch.read


@pytest.mark.parametrize("limit", [1, 100, 1500, 10_000])
@pytest.mark.parametrize("limit_bytes", [1, 4000, 64 * 2**20])
@pytest.mark.parametrize("reads", [1, 2])
def test_20_000_small_events_are_all_pulled(limit: int, limit_bytes: int, reads: int) -> None:
    """R-FLOW-02: whatever the limits, while the driver obeys after one read, or after two."""
    play = Playbook().log_in()
    subscription = play.subscribe(limit=limit, limit_bytes=limit_bytes, policy=Overflow.PAUSE)
    data = b"".join(frame("Event: Tick", f"Number: {number}") for number in range(20_000))
    sent, numbers = 0, []
    while sent < len(data):
        for _ in range(reads):
            play.connection.handle_received(play.session, data[sent : sent + READ], play.now)
            sent += READ
        play.drain()
        while not reading(play) or subscription.depth:
            item = play.connection.poll_message(subscription)
            assert isinstance(item, Message), item
            numbers.append(int(item["Number"]))
            play.drain()
    assert numbers == list(range(20_000))
    assert play.connection.snapshot().events_dropped == 0


def test_the_rest_of_a_read_is_held_after_the_reply_that_lets_a_pause_begin(ready: Playbook) -> None:
    """R-FLOW-02: no action is open any more, and what came with its reply is here already."""
    subscription = ready.subscribe(limit=2, policy=Overflow.PAUSE)
    ticket = ready.submit(STATUS)
    ready.write()
    reply = frame("Response: Success", f"ActionID: {ticket.action_id}")
    ready.receive(TICK * 5 + reply + TICK * 1000)
    assert ready.outcome(ticket).succeeded
    lost = [each for each in ready.messages(subscription) if isinstance(each, Drops)]
    assert lost == [Drops(1, "pbx")], "of the five before the reply, for the reserve is full then"


def test_a_pause_ends_after_pause_max_and_says_so() -> None:
    """R-TIME-03: a subscription that is not pulled silences the others no longer than that."""
    play = Playbook(replace(SERVER, pause_max=7.0)).log_in()
    forgotten = play.subscribe("Tick", limit=2, policy=Overflow.PAUSE)
    other = play.subscribe()
    play.receive(TICK * 10).wait(6.9)
    assert (reading(play), play.faults()) == (False, {})
    play.wait(0.2)
    assert (reading(play), play.faults()) == (True, {Fault.PAUSE_EXPIRED: 1})
    play.receive(TICK * 10)
    assert (forgotten.dropped, other.depth) == (10, 20)
    assert [each.delta for each in play.take(EventsDropped)] == [10]
    play.wait(20)
    assert play.connection.snapshot().faults == {Fault.PAUSE_EXPIRED: 1}, "once"


def test_the_report_names_the_subscription(ready: Playbook) -> None:
    """R-TIME-03: a program has many, and one of them was forgotten."""
    ready.subscribe("Queue*", "Agent*", limit=1, policy=Overflow.PAUSE)
    ready.event("QueueParams").wait(61)
    detail = ready.take(FaultSeen)[0].detail
    what = "the subscription of Queue*,Agent* holds 1 messages and took none for 60 s"
    assert detail == f"{what}: reading goes on"


def test_a_consumer_that_pulls_slowly_keeps_the_pause(ready: Playbook) -> None:
    """R-FLOW-02: the time counts from the last pull, not from the beginning of the pause."""
    subscription = ready.subscribe(limit=20, policy=Overflow.PAUSE)
    ready.receive(TICK * 20)
    for _ in range(9):
        ready.wait(59)
        assert not reading(ready)
        ready.connection.poll_message(subscription)
        ready.wait(0)
    ready.wait(59)
    assert not reading(ready)
    assert ready.faults() == {}


def test_a_pull_is_due_for_its_time_and_then_no_more(ready: Playbook) -> None:
    """L5: a pull brings no time; the next `handle_timeout` does, at once."""
    subscription = ready.subscribe(limit=20, policy=Overflow.PAUSE)
    ready.receive(TICK * 20).wait(30)
    ready.lazy = True
    for limit in (1, 0):  # 0: the consumer takes messages that its driver has fetched before
        ready.connection.poll_messages(subscription, limit)
        assert ready.connection.poll_timeout() == ready.now
        ready.connection.handle_timeout(ready.now)
        deadline = ready.connection.poll_timeout()
        assert deadline is not None
        assert deadline > ready.now


def test_a_consumer_that_comes_back_may_pause_again(ready: Playbook) -> None:
    """R-TIME-03: after the end of its pause, from its first pull on."""
    subscription = ready.subscribe(limit=4, policy=Overflow.PAUSE)
    ready.receive(TICK * 8).wait(61)
    assert reading(ready)
    ready.connection.poll_message(subscription)
    ready.drain()
    assert not reading(ready)
    assert len(ready.messages(subscription)) == 7
    assert reading(ready)


def test_a_process_that_was_suspended_gets_the_time_once_more(ready: Playbook) -> None:
    """R-TIME-02, -03: its consumers were suspended as well; a second time is no excuse."""
    ready.subscribe(limit=1, policy=Overflow.PAUSE)
    ready.event("A").oversleep(3600)
    assert not reading(ready)
    ready.oversleep(3600)
    assert reading(ready)


def test_a_pause_of_an_ended_subscription_ends_with_it(ready: Playbook) -> None:
    """R-FLOW-01: and its time with it."""
    subscription = ready.subscribe(limit=1, policy=Overflow.PAUSE)
    ready.event("A")
    ready.connection.unsubscribe(subscription)
    ready.drain()
    assert reading(ready)
    ready.receive(TICK).wait(0)
    ready.wait(61)
    assert ready.faults() == {}


def test_the_time_goes_on_while_an_action_keeps_the_reading_up(ready: Playbook) -> None:
    """R-TIME-03: since the last pull; the action does not stand for the consumer."""
    ready.subscribe(limit=1, policy=Overflow.PAUSE)
    ready.event("A").wait(31)
    ticket = ready.submit(STATUS, timeout=100)
    ready.write()
    ready.wait(28)
    ready.reply(ticket).drain()
    assert not reading(ready)
    ready.wait(2)
    assert reading(ready)


def test_no_ping_is_sent_while_paused_and_the_heartbeat_begins_anew(ready: Playbook) -> None:
    """R-HEALTH-01: 15 s after the pause, whatever was due meanwhile; a ping from before is forgotten."""
    subscription = ready.subscribe("Tick", limit=1, policy=Overflow.PAUSE)
    ready.wait(15).expect_actions("Ping").receive(TICK).wait(50)
    ready.messages(subscription)
    ready.wait(0).wait(14.9).expect_states().expect_actions("Ping")
    ready.wait(0.2).expect_actions("Ping", "Ping")
    ready.wait(4.8).expect_states()
    ready.wait(0.2).expect_states(State.DEGRADED)


def test_the_read_timeout_begins_anew_after_the_end_of_a_pause() -> None:
    """R-HEALTH-02: also of a pause that was longer than it."""
    play = Playbook(replace(SERVER, pause_max=300.0, heartbeat_interval=29.0)).log_in()
    play.subscribe(limit=1, policy=Overflow.PAUSE)
    play.take(StateChanged)
    play.event("A").wait(299.9).expect_states().expect_actions()
    play.wait(28.9).expect_states().expect_actions()
    play.wait(0.3).expect_actions("Ping")


def test_a_stop_while_paused_begins_no_heartbeat(ready: Playbook) -> None:
    """R-LIFE-05: while closing there is the grace and nothing else."""
    ready.subscribe(limit=1, policy=Overflow.PAUSE)
    ready.event("A").stop(100.0)
    assert reading(ready)
    ready.wait(90)
    assert (ready.connection.state, ready.faults()) == (State.CLOSING, {})


def test_a_full_queue_after_a_reconnect_pauses_the_new_session(ready: Playbook) -> None:
    """R-TIME-03: until it was not pulled for long enough; the outage counts."""
    subscription = ready.subscribe(limit=2, policy=Overflow.PAUSE)
    ready.receive(TICK * 3).wait(20).disconnect().oversleep(1).log_in()
    assert not reading(ready)
    ready.wait(30)
    assert not reading(ready)
    ready.wait(10)
    assert reading(ready)
    items = ready.messages(subscription)
    assert [type(each) for each in items] == [Message, Message, Message, Gap]


def test_a_full_queue_after_a_long_outage_drops(ready: Playbook) -> None:
    """R-TIME-03: its consumer is gone, and the new session is for the others."""
    ready.subscribe(limit=2, policy=Overflow.PAUSE)
    ready.receive(TICK * 3).disconnect().oversleep(100)
    while ready.connection.state is not State.CONNECTING:
        ready.oversleep(1)
    ready.log_in()
    assert reading(ready)
    assert ready.faults() == {Fault.PAUSE_EXPIRED: 1}


def test_600_long_events_stay_within_the_bytes(ready: Playbook) -> None:
    """R-FLOW-02: by either policy; losses are exact."""
    queues = [ready.subscribe(limit_bytes=10_000_000, policy=policy) for policy in Overflow]
    ticket = ready.submit(STATUS)  # so that PAUSE may not pause
    ready.write()
    long = frame("Event: Long", "X: " + "x" * 1_000_000)
    for _ in range(600):
        ready.connection.handle_received(ready.session, long, ready.now)
    assert [each.depth + each.dropped for each in queues] == [600] * 3
    assert [each.depth for each in queues] == [9] * 3
    assert all(each.depth_bytes <= 10_000_000 for each in queues)
    seen = ready.connection.snapshot().subscriptions
    assert [(each.depth_bytes, each.limit_bytes) for each in seen] == [(9 * len(long), 10_000_000)] * 3
    ready.reply(ticket)


def test_a_batch_is_bounded_in_bytes() -> None:
    """R-FLOW-02: a driver that fetches ahead must not hold as much again as the queue."""
    play = Playbook().log_in()
    subscription = play.connection.subscribe(Filter())
    play.receive(frame("Event: Long", "X: " + "x" * 1000) * 10)
    taken = [len(play.connection.poll_messages(subscription, 100, limit)) for limit in (1, 2500, 10**6)]
    assert taken == [1, 3, 6]
    assert play.watch == Watch(play.session, read=True, write=False)


def test_no_pause_outlasts_its_session(ready: Playbook) -> None:
    """R-TIME-03: a queue that fills just before Goodbye leaves no timer to a closed connection."""
    ready.subscribe(limit=1, policy=Overflow.PAUSE)
    ready.stop()
    goodbye = frame("Response: Goodbye", f"ActionID: {ready.unanswered[-1].action_id}")
    ready.receive(frame("Event: Tick") + goodbye)
    ready.wait(0.0)
    assert ready.connection.stopped
    assert ready.connection.poll_timeout() is None
