"""What the end of a stream completes is dealt with before the end itself (R-WIRE-11)."""

from ami_proto import Disconnect, EventsDropped, Reason, State, StateChanged
from conformance.laws.playbook import Playbook, frame


def test_a_goodbye_that_the_end_of_the_stream_completes_ends_the_session_once() -> None:
    """Its frame ends in CRLF LF, which only the end of the stream settles (R-WIRE-02)."""
    play = Playbook().log_in().stop()
    logoff = play.unanswered[-1]
    assert logoff.name == "Logoff"
    goodbye = frame("Response: Goodbye", f"ActionID: {logoff.action_id}").removesuffix(b"\r\n") + b"\n"
    play.take(StateChanged)
    play.receive(goodbye)
    assert play.connection.state is State.CLOSING
    play.take_commands()
    play.disconnect(Reason.RESET)
    (change,) = play.take(StateChanged)
    assert (change.new, change.cause) == (State.CLOSED, Disconnect(Reason.STOPPED))
    assert play.take_commands() == [], "L7: nobody closes what has ended"


def test_what_the_last_event_pushes_out_is_reported_at_once(ready: Playbook) -> None:
    """R-FLOW-03: not only with the bytes of the next session."""
    full = ready.subscribe(limit=1)
    ready.event("A").receive(b"Event: B\r\nChannel: x\r\n\n").disconnect()
    assert [(each.delta, each.subscription) for each in ready.take(EventsDropped)] == [(1, full)]


def test_text_before_the_login_is_counted_and_delivered_to_nobody() -> None:
    """R-WIRE-09, R-AUTH-04."""
    play = Playbook().dial().receive(b"Asterisk Call Manager/9.0.0\r\n")
    everything = play.subscribe()
    play.receive(b"neither event nor response\r\n\r\n")
    assert [each.name for each in play.faults()] == ["DESYNC"]
    assert play.messages(everything) == []
