"""L5, L6, L7, L10: what waits to be drained is due, is bounded, and never misleads."""

from dataclasses import replace

from ami_proto import Backpressure, Disconnect, Gap, Message, Overflow, Reason, State, Ticket
from ami_proto.drivers import Command, SessionId, Watch
from conformance.laws.playbook import BANNER, SERVER, Playbook, frame
from tests.playbooks import STATUS


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
        for name in ("Challenge", "Login"):
            play.write()
            assert play.sent_actions[-1].name == name
            play.reply(play.sent_actions[-1], "Challenge: 1")
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


def test_one_byte_left_is_waited_for(ready: Playbook) -> None:
    """R-FLOW-04: partial writes of any size."""
    ready.lazy = True
    ready.submit(STATUS)
    ready.write(len(ready.connection.poll_transmit(ready.session)) - 1)
    assert ready.drain().watch == Watch(ready.session, read=True, write=True)
    ready.write()
    assert ready.drain().watch == Watch(ready.session, read=True, write=False)
