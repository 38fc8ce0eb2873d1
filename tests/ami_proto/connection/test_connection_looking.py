"""What a connection shows of itself: state, counters and its next deadline."""

from ami_proto import BreakerState, Connection, Disconnect, Fault, Reason, Snapshot, State
from conformance.laws.playbook import SERVER, Playbook, frame
from tests.playbooks import STATUS


def test_a_connection_that_was_never_started_has_nothing_to_show() -> None:
    """R-LIFE-01: CLOSED, every counter at zero, and nothing to wait for."""
    connection = Connection(SERVER, seed=1)
    assert connection.snapshot() == Snapshot(
        server="pbx",
        state=State.CLOSED,
        session=None,
        banner=None,
        release=None,
        last_cause=None,
        actions_pending=0,
        actions_waiting=0,
        actions_refused=0,
        outcomes_undrained=0,
        outbound_bytes=0,
        bytes_received=0,
        frames_received=0,
        events_received=0,
        events_unwanted=0,
        events_dropped=0,
        connect_failures=0,
        breaker=BreakerState.CLOSED,
        breaker_openings=0,
        faults={},
        subscriptions=(),
    )
    assert (connection.stopped, connection.wants_admission, connection.poll_timeout()) == (True, False, None)
    assert (connection.frames_received, connection.events_received) == (0, 0)
    assert connection.states == {connection.key: connection.state}


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
    assert SERVER.reveal_secret() not in told
