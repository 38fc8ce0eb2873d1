"""Command output begins only where an action awaits it, and a frame that does not end costs the session.

What the dialplan can write can forge frames; it must not silence a session (R-WIRE-08, R-TIME-01).
"""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ami_proto import (
    Action,
    ActionTimeout,
    Fault,
    FaultSeen,
    Filter,
    Kind,
    Message,
    Reason,
    Reply,
    Sent,
    State,
    Ticket,
)
from ami_proto.drivers import Subscription
from conformance.laws.playbook import SERVER, Playbook, frame
from tests.playbooks import cause_of, in_pieces, ready, state_of

__all__ = ["ready"]

GETVAR = Action("Getvar", {"Variable": "BASE64_DECODE(DQoNClJlc3BvbnNlOiBGb2xsb3dzDQo=)"})
COMMAND = Action("Command", {"Command": "core show channels"})
ALL = Filter(replies=True)
EVENT = frame("Event: Hangup", "Privilege: call,all", "Channel: PJSIP/7-1")


def forged(ticket: Ticket, *headers: str) -> bytes:
    """Return the answer to a Getvar whose value holds an empty line and the head of command output."""
    head = "".join(f"{line}\r\n" for line in headers)
    return (
        f"Response: Success\r\nActionID: {ticket.action_id}\r\nVariable: x\r\n"
        f"Value: \r\n\r\nResponse: Follows\r\n{head}\r\n\r\n"
    ).encode()


def output(ticket: Ticket, *lines: str) -> bytes:
    """Return command output as Asterisk 13 writes it."""
    body = "".join(f"{line}\n" for line in lines)
    head = f"Response: Follows\r\nPrivilege: Command\r\nActionID: {ticket.action_id}\r\n"
    return f"{head}{body}--END COMMAND--\r\n\r\n".encode()


Ends = list[tuple[Sent, str, Reply]]


def told(play: Playbook, *tickets: Ticket) -> tuple[State, Ends, object]:
    """Return all that a story left behind: state, messages, outcomes, faults."""
    ends = [
        (outcome.sent, repr(outcome.error), outcome.reply)
        for each in tickets
        for outcome in play.outcomes(each)
    ]
    seen = play.connection.snapshot()
    return state_of(play), ends, (seen.faults, seen.frames_received, play.connection.poll_timeout())


class TestForged:
    """A forged head of command output, as `Getvar` of real Asterisk 22 writes it."""

    @pytest.mark.parametrize(
        "headers",
        [(), ("Privilege: Command",), ("ActionID: pbx:1",), ("Privilege: x", "ActionID: 1", "X: 1")],
    )
    def test_nothing_after_it_is_swallowed(self, ready: Playbook, headers: tuple[str, ...]) -> None:
        """R-WIRE-08: it is one response that answers nothing."""
        hangups = ready.subscribe("Hangup")
        getvar, ping = ready.submit(GETVAR), ready.submit(Action("CoreStatus"))
        ready.receive(forged(getvar, *headers), EVENT).reply(ping)
        assert ready.outcome(getvar).succeeded
        assert ready.outcome(ping).succeeded
        assert len(ready.messages(hangups)) == 1
        assert ready.faults() == {Fault.UNMATCHED: 1}

    def test_the_id_of_the_action_that_was_answered_before_it_is_no_use(self, ready: Playbook) -> None:
        """R-WIRE-08: its response has come."""
        getvar = ready.submit(GETVAR)
        ready.receive(forged(getvar, f"ActionID: {getvar.action_id}"), EVENT)
        assert ready.outcome(getvar).succeeded
        assert ready.faults() == {Fault.UNMATCHED: 1}

    def test_nor_is_that_of_an_action_that_was_not_sent(self) -> None:
        """R-WIRE-08: no answer to it can be on its way."""
        play = Playbook().log_in()
        play.lazy = True
        hangups = play.subscribe("Hangup")
        waiting = play.submit(COMMAND)
        play.receive(f"Response: Follows\r\nActionID: {waiting.action_id}\r\n\r\n".encode(), EVENT)
        assert play.connection.poll_message(hangups) is not None

    def test_nor_is_that_of_a_list_that_is_open(self, ready: Playbook) -> None:
        """R-WIRE-08: a second response to it is a frame like any other."""
        listing = ready.submit(Action("CoreShowChannels"))
        ready.reply(listing, "EventList: start")
        ready.receive(f"Response: Follows\r\nActionID: {listing.action_id}\r\n\r\n".encode())
        ready.receive(frame("Event: ListComplete", f"ActionID: {listing.action_id}", "EventList: Complete"))
        assert ready.outcome(listing).succeeded

    @given(cuts=st.lists(st.integers(0, 1000), max_size=6))
    @settings(max_examples=60)
    def test_any_cut_gives_the_same_messages_and_outcomes(self, cuts: list[int]) -> None:
        """L8, R-WIRE-01: forged heads and real output in one stream, cut anywhere."""
        self.compare([sorted(cuts)])

    def test_a_cut_at_every_offset_and_all_of_them(self) -> None:
        """L8, R-WIRE-01."""
        size = len(self.stream(self.begin()[1]))
        self.compare([[each] for each in range(size)])
        self.compare([list(range(size))])

    @staticmethod
    def begin() -> tuple[Playbook, list[Ticket], Subscription]:
        """Return a story, its open actions and a subscription."""
        play = Playbook().log_in()
        tickets = [play.submit(each) for each in (GETVAR, COMMAND, COMMAND, Action("CoreStatus"))]
        late = play.submit(COMMAND)
        play.cancel(late)
        return play, [*tickets, late], play.connection.subscribe(ALL)

    @staticmethod
    def stream(tickets: list[Ticket]) -> bytes:
        """Return what the server says."""
        getvar, first, second, status, late = tickets
        return b"".join(
            [
                forged(getvar, f"ActionID: {getvar.action_id}"),
                EVENT,
                output(first, "line", "Event: A", "", "--END COMMAND--"),
                output(first, "again"),
                forged(getvar),
                output(second),
                EVENT,
                frame(f"ActionID: {status.action_id}", "Response: Success"),
                output(late, "Response: Success", ""),
                EVENT,
            ]
        )

    def compare(self, stories: list[list[int]]) -> None:
        """Expect each way of cutting the stream to have the same effect."""
        results = []
        for cuts in [[], *stories]:
            play, tickets, everything = self.begin()
            data = self.stream(tickets)
            play.receive(*in_pieces(data, [each for each in cuts if each < len(data)]))
            results.append((told(play, *tickets), play.messages(everything)))
        assert all(result == results[0] for result in results)
        (state, ends, *_), messages = results[0]
        assert state is State.READY
        assert [error for _, error, _ in ends[:4]] == ["None"] * 4
        assert len([each for each in messages if isinstance(each, Message) and each.name == "Hangup"]) == 3


@pytest.mark.parametrize("end", ["timeout", "cancel"])
def test_output_for_an_action_that_has_ended_is_output_all_the_same(ready: Playbook, end: str) -> None:
    """R-WIRE-08: its answer is still due, and its lines are not frames. It is due once."""
    ticket = ready.submit(COMMAND, timeout=1.0)
    if end == "cancel":
        ready.cancel(ticket)
    ready.wait(2.0)
    ready.receive(output(ticket, "Event: Forged", "", "more"))
    assert ready.faults() == {Fault.UNMATCHED: 1}
    ready.receive(f"Response: Follows\r\nActionID: {ticket.action_id}\r\n\r\n".encode(), EVENT)
    assert ready.faults() == {Fault.UNMATCHED: 1}


def test_a_follows_without_output_is_a_response(ready: Playbook) -> None:
    """R-WIRE-08: it has headers, and no output."""
    everything = ready.connection.subscribe(ALL)
    listing = ready.submit(Action("CoreShowChannels"))
    ready.reply(listing, "EventList: start")
    ready.receive(f"Response: Follows\r\nActionID: {listing.action_id}\r\nX: 1\r\n\r\n".encode())
    ready.receive(frame("Event: ListComplete", f"ActionID: {listing.action_id}", "EventList: Complete"))
    (second,) = [each for each in ready.outcome(listing).reply.events if each.kind is Kind.RESPONSE]
    assert (second.name, second["X"], second.output) == ("Follows", "1", None)
    assert len(ready.messages(everything)) == 1


class TestOpenFrames:
    """R-TIME-01: a frame that does not end costs the session, and what it took in is counted."""

    def test_a_guessed_id_silences_a_session_for_a_minute_at_most(self, ready: Playbook) -> None:
        """Even where events come all the time; the next session is in step again."""
        victim = ready.submit(COMMAND, timeout=10.0)
        ready.receive(f"Response: Follows\r\nActionID: {victim.action_id}\r\n".encode())
        for _ in range(59):
            ready.wait(1.0).receive(EVENT)
        assert state_of(ready) is State.READY
        assert isinstance(ready.outcome(victim).error, ActionTimeout)
        ready.wait(1.0)
        assert cause_of(ready).reason is Reason.PROTOCOL
        assert (
            "bytes in 60 s without the end of a frame that begins 'Response: Follows'"
            in cause_of(ready).detail
        )
        (fault,) = [each for each in ready.take(FaultSeen) if each.fault is Fault.INCOMPLETE]
        assert fault.detail.endswith(f", {59 * len(EVENT) + 19 + 12 + len(victim.action_id)} bytes")

    @pytest.mark.parametrize(
        ("begin", "answers"),
        [
            ("Response: Follows\r\nActionID: {}\r\nline\n", True),
            ("Response: Success\r\nActionID: {}\r\nOutput: 1\r\n", True),
            ("Event: Item\r\nActionID: {}\r\nOutput: 1\r\n", True),
            ("Event: Hangup\r\nChannel: x\r\n", False),
            ("Response: Success\r\nActionID: {}", False),
            ("no first line", False),
        ],
    )
    def test_an_answer_has_the_time_of_its_action(self, ready: Playbook, begin: str, answers: bool) -> None:
        """And no other frame has."""
        ticket = ready.submit(Action("CoreShowChannels"), timeout=100.0)
        ready.receive(begin.format(ticket.action_id).encode()).wait(59.9)
        assert state_of(ready) is State.READY
        ready.wait(0.2)
        assert (state_of(ready) is State.READY) is answers
        if answers:
            ready.wait(39.8)
            assert state_of(ready) is State.READY
            ready.wait(0.2)
        assert cause_of(ready).reason is Reason.PROTOCOL

    def test_the_skip_of_an_oversized_frame_is_no_sign_of_life(self) -> None:
        """However much of it comes."""
        play = Playbook(replace(SERVER, max_frame_size=65_536)).log_in()
        play.receive(b"Event: A\r\nX: ")
        for _ in range(59):
            play.wait(1.0).receive(b"x" * 10_000)
        assert state_of(play) is State.READY
        play.wait(1.0)
        assert cause_of(play).reason is Reason.PROTOCOL
        assert play.faults() == {Fault.OVERSIZED: 1}

    def test_no_ping_and_no_verdict_of_silence_while_a_frame_is_open(self) -> None:
        """R-HEALTH-01, R-HEALTH-02: no answer could come before the frame ends."""
        play = Playbook(replace(SERVER, frame_timeout=200.0)).log_in()
        play.receive(b"Event: Slow\r\n").wait(199.0)
        assert state_of(play) is State.READY
        assert "Ping" not in [each.name for each in play.sent_actions]
        play.receive(b"\r\n").wait(14.9)
        assert "Ping" not in [each.name for each in play.sent_actions]
        play.wait(0.2)
        assert play.sent_actions[-1].name == "Ping"

    def test_a_pong_waits_for_the_end_of_a_frame(self, ready: Playbook) -> None:
        """R-HEALTH-01: the ping was sent before the frame began."""
        ready.wait(16.0).receive(b"Event: Slow\r\n").wait(30.0)
        assert state_of(ready) is State.READY
        ready.receive(b"\r\n").wait(5.1)
        assert state_of(ready) is State.DEGRADED

    def test_each_frame_has_its_own_time(self, ready: Playbook) -> None:
        """A chunk that ends one frame and begins the next starts the time anew."""
        ready.receive(b"Event: A\r\n").wait(59.0).receive(b"\r\nEvent: B\r\n").wait(59.0)
        assert state_of(ready) is State.READY
        ready.receive(b"\r\n").wait(10.0).receive(b"Event: C\r\n").wait(59.0)
        assert state_of(ready) is State.READY
        ready.wait(1.0)
        assert cause_of(ready).reason is Reason.PROTOCOL

    def test_empty_lines_are_no_sign_of_life(self, ready: Playbook) -> None:
        """R-TIME-01: a frame is."""
        for _ in range(4):
            ready.wait(10.0).receive(b"\r\n")
        assert state_of(ready) is not State.READY

    def test_the_end_of_a_stream_inside_command_output(self, ready: Playbook) -> None:
        """R-WIRE-12: what began as output is torn, with what it took in."""
        ticket = ready.submit(COMMAND)
        ready.receive(output(ticket, "a")[:-4]).disconnect()
        assert ready.faults() == {Fault.INCOMPLETE: 1}


def test_what_follows_a_forged_head_after_the_end_of_a_session_is_counted(ready: Playbook) -> None:
    """Invariant 10: frames after Goodbye are unread, command output among them."""
    command = ready.submit(COMMAND)
    ready.stop()
    logoff = ready.unanswered[-1]
    goodbye = frame("Response: Goodbye", f"ActionID: {logoff.action_id}")
    ready.receive(goodbye + EVENT + output(command, "Event: A", "") + b"Response: Follows\r\n\r\n" + EVENT)
    assert ready.faults()[Fault.UNREAD] == 4
