"""Receiving. `Fault:` says what an earlier library did wrong."""

import pytest

from ami_proto import Action, ActionFinished, Fault, State, StateChanged
from ami_proto.drivers import MessagesWaiting
from conformance.laws.playbook import SERVER, Playbook, frame
from tests.workshop.bench import backlog

TICK = b"Event: T\r\n\r\n"
"""The smallest event there is."""
SHARE_MIN = 0.15
"""A large backlog reads at half the rate of a small one or better; less is allowed on a busy machine.
Quadratic code reads at a hundredth.
"""


def test_events_are_delivered_while_degraded() -> None:
    """R-HEALTH-01. Fault: after a late pong all events were dropped until the next one."""
    play = Playbook().log_in()
    events = play.subscribe("Hangup")
    play.wait(SERVER.heartbeat_interval + SERVER.heartbeat_timeout)
    assert play.connection.state is State.DEGRADED
    play.event("Hangup", "Channel: PJSIP/7")
    assert len(play.messages(events)) == 1
    ticket = play.submit(Action("CoreStatus"))
    assert play.reply(ticket).outcome(ticket).succeeded
    assert play.connection.state is State.DEGRADED
    assert not play.faults()


def test_frames_before_the_end_of_the_stream_are_delivered() -> None:
    """R-WIRE-11. Fault: frames still in the buffer when the peer closed were dropped."""
    play = Playbook().log_in()
    events = play.subscribe("Hangup")
    first, last = play.submit(Action("Ping")), play.submit(Action("Ping"))
    play.lazy = True
    play.receive(frame("Event: Hangup", "Privilege: call,all"))
    play.receive(frame("Response: Success", f"ActionID: {first.action_id}"))
    # After this frame another could begin (asterisk#761): only the end of the stream says that it is whole.
    play.receive(f"Response: Success\r\nActionID: {last.action_id}\r\n\n".encode())
    play.disconnect().drain()
    told = [type(each) for each in play.notices if not isinstance(each, MessagesWaiting)]
    assert told[-4:-1] == [ActionFinished, ActionFinished, StateChanged]
    assert play.outcome(first).succeeded
    assert play.outcome(last).succeeded
    assert len(play.messages(events)) == 1
    assert Fault.INCOMPLETE not in play.faults()


@pytest.mark.parametrize("read", [1 << 22, 65_536, 4096])
def test_everything_that_was_read_is_parsed_at_once(read: int) -> None:
    """R-WIRE-10, R-HEALTH-02. Fault: a round read more than it parsed; a reply or a pong in the rest waited
    until more bytes came.
    """
    play = Playbook().log_in()
    events = play.subscribe("T", limit=500_000)
    ticket = play.submit(Action("CoreStatus"))
    play.lazy = True
    count = 2_000_000 // len(TICK)
    data = TICK * count + frame("Response: Success", f"ActionID: {ticket.action_id}")
    for begin in range(0, len(data), read):
        play.connection.handle_received(play.session, data[begin : begin + read], play.now)
    play.drain()
    assert play.outcome(ticket).succeeded
    assert len(play.messages(events)) == count
    deadline = play.connection.poll_timeout()
    assert deadline is not None
    assert deadline > play.now


@pytest.mark.parametrize("stream", backlog.STREAMS)
@pytest.mark.parametrize("way", backlog.WAYS)
def test_a_backlog_is_parsed_in_linear_time(stream: str, way: str) -> None:
    """R-WIRE-10. Fault: each frame moved all bytes after it; a backlog grew faster than it was read."""
    _, share = backlog.measure(stream, way, rounds=2)
    assert share > SHARE_MIN
