"""R-WIRE: frames that are torn, too large or out of step harm nobody else."""

from dataclasses import replace

import pytest

from ami_proto import Action, Fault, Reason, State, StateChanged
from ami_proto.completion import ReplyTooLarge
from conformance.laws.playbook import SERVER, Playbook, frame
from tests.playbooks import LIST, STATUS, error_of

NARROW = replace(SERVER, max_frame_size=64 * 1024)
TOO_MUCH = "x" * 70_000


def test_a_torn_frame_completes_nothing(ready: Playbook) -> None:
    """R-WIRE-12: flagged where it can be seen."""
    ticket = ready.submit(LIST)
    ready.receive(f"Response: Success\r\nActionID: {ticket.action_id}\r\n".encode(), frame("Event: Hangup"))
    assert not ready.outcomes(ticket)
    ready.reply(ticket, "EventList: start")
    ready.receive(frame("Event: Item", f"ActionID: {ticket.action_id}", "EventList: Complete"))
    assert not ready.outcomes(ticket)
    assert ready.faults() == {Fault.TORN: 2}


def test_an_oversized_reply_ends_its_own_action() -> None:
    """R-WIRE-09: with a typed error, and the next frame is intact."""
    play = Playbook(NARROW).log_in()
    one, two = play.submit(Action("GetConfig")), play.submit(STATUS)
    play.reply(one, "Line: " + TOO_MUCH).reply(two)
    error = error_of(play.outcome(one))
    assert isinstance(error, ReplyTooLarge)
    size = len(frame("Response: Success", f"ActionID: {one.action_id}", "Line: " + TOO_MUCH))
    assert f"skipped: {size} bytes, over max_frame_size = {NARROW.max_frame_size} " in str(error)
    assert play.outcome(two).succeeded
    assert play.faults() == {Fault.OVERSIZED: 1}


def test_an_oversized_event_is_reported_and_nothing_more() -> None:
    """Invariant 10: with a reason."""
    play = Playbook(NARROW).log_in()
    play.event("VarSet", "Value: " + TOO_MUCH)
    assert play.faults() == {Fault.OVERSIZED: 1}
    assert play.connection.state is State.READY


def test_a_forged_oversized_event_ends_nobodys_action() -> None:
    """R-WIRE-09, R-CORR-12: whoever may send a UserEvent can write any ActionID into it."""
    play = Playbook(NARROW).log_in()
    ticket = play.submit(LIST)
    play.reply(ticket, "EventList: start")
    play.event("UserEvent", f"ActionID: {ticket.action_id}", "Data: " + TOO_MUCH)
    play.event("UserEvent", "Data: " + TOO_MUCH)
    assert not play.outcomes(ticket)
    assert play.faults() == {Fault.OVERSIZED: 2}
    play.item(ticket, "CoreShowChannelsComplete", "EventList: Complete")
    assert play.outcome(ticket).succeeded


@pytest.mark.parametrize(
    "lines",
    [
        ("Event: CoreShowChannel", "ActionID: {}"),
        ("Event: Status", "Privilege: Call", "ActionID: {}"),
        ("Event: PeerEntry",),
        ("Response: Success", "ActionID: {}"),
    ],
)
def test_an_oversized_part_of_an_answer_ends_its_action(lines: tuple[str, ...]) -> None:
    """R-WIRE-09, R-CORR-12: told by the same rules as a part that fits."""
    play = Playbook(NARROW).log_in()
    other, ticket = play.submit(LIST), play.submit(LIST)
    play.reply(other, "EventList: start").reply(ticket, "EventList: start")
    play.receive(frame(*(each.format(ticket.action_id) for each in lines), "X: " + TOO_MUCH))
    assert isinstance(error_of(play.outcome(ticket)), ReplyTooLarge)
    assert not play.outcomes(other)
    assert play.faults() == {Fault.OVERSIZED: 1}


def test_frames_out_of_step_are_delivered_counted_and_in_the_end_too_many(ready: Playbook) -> None:
    """R-WIRE-09: more than `max_desyncs` in `desync_window` close with a protocol error."""
    everything = ready.subscribe()
    ready.receive(b"what is this?\r\n\r\n" * 5)
    for _ in range(5):
        ready.wait(13).event("Hangup")
    ready.messages(everything)
    ready.receive(b"what is this?\r\n\r\n" * 5)
    assert ready.connection.state is State.READY
    assert len(ready.messages(everything)) == 5
    ready.receive(b"what is this?\r\n\r\n")
    assert ready.faults()[Fault.DESYNC] == 11
    cause = ready.take(StateChanged)[-1].cause
    assert cause is not None
    assert cause.reason is Reason.PROTOCOL
