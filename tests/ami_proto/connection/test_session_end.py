"""R-CORR-07: what a session delivers when its stream ends, and what it does not."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ami_proto import ActionLost, Fault, FaultSeen, Filter, Message, Reason, Sent, State
from conformance.laws.playbook import SERVER, Playbook, frame
from tests.playbooks import LIST, cause_of, error_of, in_pieces


def test_what_is_complete_is_delivered_before_the_loss(ready: Playbook) -> None:
    """R-WIRE-11: the end of the stream completes a frame that asterisk#761 left without its CRLF."""
    ticket, torn = ready.submit(LIST), ready.submit(LIST)
    ready.receive(f"Response: Success\r\nActionID: {ticket.action_id}\r\n\n".encode())
    assert not ready.outcomes(ticket)
    ready.disconnect()
    assert ready.outcome(ticket).succeeded
    assert isinstance(error_of(ready.outcome(torn)), ActionLost)


def test_a_half_frame_at_the_end_is_never_a_message(ready: Playbook) -> None:
    """R-WIRE-12: INCOMPLETE, and counted."""
    everything = ready.subscribe()
    ticket = ready.submit(LIST)
    ready.receive(f"Response: Success\r\nActionID: {ticket.action_id}\r\nMess".encode()).disconnect()
    error = error_of(ready.outcome(ticket))
    assert isinstance(error, ActionLost)
    assert error.cause.reason is Reason.EOF
    assert ready.faults() == {Fault.INCOMPLETE: 1}
    assert ready.messages(everything) == []


OUT_OF_STEP = frame("Event: A", "Privilege: x") * 3 + b"what is this?\r\n\r\n"
BEHIND = [frame("Event: B", "Privilege: x")] * 4 + [frame("Response: Error"), b"nor this\r\n\r\n"]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, len(OUT_OF_STEP) + sum(map(len, BEHIND))), max_size=12))
def test_what_is_behind_the_end_is_not_received(cuts: list[int]) -> None:
    """L8, invariant 10: the same counts for every split; UNREAD are those that came in the same piece."""
    play = Playbook(replace(SERVER, max_desyncs=0)).log_in()
    everything, connection = play.subscribe(), play.connection
    before = connection.frames_received
    play.receive(*in_pieces(OUT_OF_STEP + b"".join(BEHIND), sorted(cuts)))
    assert connection.state is State.DISCONNECTED
    assert (connection.frames_received - before, connection.events_received) == (4, 3)
    assert len(play.messages(everything)) == 4
    piece_end = min((cut for cut in cuts if cut >= len(OUT_OF_STEP)), default=10**9)
    ends = [len(OUT_OF_STEP) + sum(map(len, BEHIND[: number + 1])) for number in range(len(BEHIND))]
    assert play.faults().get(Fault.UNREAD, 0) == sum(end <= piece_end for end in ends)


def test_what_comes_after_a_goodbye_is_unread(ready: Playbook) -> None:
    """Invariant 10: with the first of it, and no count of what was received includes it."""
    frames = ready.connection.frames_received
    ready.stop()
    logoff = ready.unanswered[-1].action_id
    ready.receive(frame("Response: Goodbye", f"ActionID: {logoff}") + b"".join(BEHIND))
    assert ready.connection.stopped
    assert ready.connection.frames_received == frames + 1
    (unread,) = ready.take(FaultSeen)
    assert (unread.fault, unread.count, unread.detail) == (Fault.UNREAD, len(BEHIND), "Event: B")
    assert ready.connection.snapshot().faults[Fault.UNREAD] == len(BEHIND)


def test_a_loss_fails_every_action_once_with_the_reason(ready: Playbook) -> None:
    """R-CORR-07: with what was shown of it."""
    tickets = [ready.submit(LIST) for _ in range(20)]
    ready.disconnect(Reason.RESET, "by the peer").wait(100)
    for ticket in tickets:
        error = error_of(ready.outcome(ticket))
        assert isinstance(error, ActionLost)
        assert error.cause.reason is Reason.RESET
        assert error.sent is Sent.FULLY


@pytest.mark.parametrize(
    ("torn", "fault", "reason"),
    [
        (b"Event: A\r\nPriv", Fault.INCOMPLETE, Reason.PROTOCOL),
        (b"Event: A\r\nChannel: x\r\n\n", Fault.UNREAD, Reason.HEARTBEAT),
        (b"\r\n", None, Reason.HEARTBEAT),
    ],
)
def test_half_a_frame_is_counted_when_the_engine_ends_the_session(
    ready: Playbook, torn: bytes, fault: Fault | None, reason: Reason
) -> None:
    """Invariant 10: whoever ends it; one that was whole all the same is unread."""
    ready.receive(torn).wait(60 if reason is Reason.PROTOCOL else 30)
    assert cause_of(ready).reason is reason
    assert ready.faults() == ({fault: 1} if fault is not None else {})


def test_an_interrupt_inside_a_predicate_leaves_the_counts_right(ready: Playbook) -> None:
    """Invariant 8: it passes through; what it kept from being read is counted."""

    def where(message: Message) -> bool:
        if message.name == "B":
            raise KeyboardInterrupt
        return True

    ready.connection.subscribe(Filter(where=where))
    before = ready.connection.frames_received
    events = b"".join(frame(f"Event: {name}", "Privilege: call,all") for name in "ABCD")
    with pytest.raises(KeyboardInterrupt):
        ready.receive(events)
    assert ready.connection.frames_received - before == 2
    assert ready.drain().faults() == {Fault.UNREAD: 2}
    assert ready.connection.state is State.READY


def test_a_frame_that_is_being_skipped_is_counted_when_the_engine_ends_the_session() -> None:
    """R-WIRE-09: with its size, whoever ends it, and with the session it was part of."""
    play = Playbook(replace(SERVER, max_frame_size=65_536)).log_in()
    session = play.session
    play.receive(b"Event: A\r\nX: " + b"x" * 100_000).wait(60)
    assert cause_of(play).reason is Reason.PROTOCOL
    detail = "Event: A, 100013 bytes"
    assert play.take(FaultSeen) == [FaultSeen("pbx", session, Fault.OVERSIZED, 1, detail)]
