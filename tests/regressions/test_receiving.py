"""Faults of the ancestor with what came in: lost, left lying, or read far too slowly."""

import pytest

from ami_proto import Action, ActionFinished, Fault, MessagesWaiting, State, StateChanged
from conformance.bench import backlog
from conformance.playbook import SERVER, Playbook, frame

TICK = b"Event: T\r\n\r\n"
"""The smallest event there is."""
SHARE_MIN = 0.15
"""Half the rate is the rule, and the machine may be busy; what is quadratic reads at a hundredth."""


def test_events_discarded_while_degraded() -> None:
    """R-HEALTH-01. One late pong, and the client was deaf until the next: calls ended and nobody knew."""
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


def test_frames_lost_at_eof() -> None:
    """R-WIRE-11. What stood in the buffer when the peer closed was thrown away with it."""
    play = Playbook().log_in()
    events = play.subscribe("Hangup")
    first, last = play.submit(Action("Ping")), play.submit(Action("Ping"))
    play.lazy = True
    play.receive(frame("Event: Hangup", "Privilege: call,all"))
    play.receive(frame("Response: Success", f"ActionID: {first.action_id}"))
    # A frame whose end can only be told at the end of the stream (asterisk#761), and half of another.
    play.receive(f"Response: Success\r\nActionID: {last.action_id}\r\n\n".encode())
    play.disconnect().drain()
    told = [type(each) for each in play.notices if not isinstance(each, MessagesWaiting)]
    assert told[-4:-1] == [ActionFinished, ActionFinished, StateChanged]
    assert play.outcome(first).succeeded
    assert play.outcome(last).succeeded
    assert len(play.messages(events)) == 1
    assert Fault.INCOMPLETE not in play.faults()


@pytest.mark.parametrize("read", [1 << 22, 65_536, 4096])
def test_budgets_of_reading_and_parsing_that_contradict_each_other(read: int) -> None:
    """R-WIRE-10, R-HEALTH-02. More was read in a round than parsed, and the rest lay until bytes came again:
    with the answer and the pong in it.
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
    assert deadline is None or deadline > play.now


@pytest.mark.parametrize("stream", backlog.STREAMS)
@pytest.mark.parametrize("way", backlog.WAYS)
def test_quadratic_parsing_under_backlog(stream: str, way: str) -> None:
    """R-WIRE-10. Each frame moved all the bytes behind it: a backlog grew faster than it was read."""
    _, share = backlog.measure(stream, way, rounds=2)
    assert share > SHARE_MIN
