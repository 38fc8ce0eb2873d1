"""R-CORR: what a session makes of the messages of one stream, told as stories with Asterisk."""

import random
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ami_proto import (
    Action,
    ActionError,
    ActionFailed,
    ActionLost,
    ActionTimeout,
    ActionUnconfirmed,
    Automatic,
    Backpressure,
    Completion,
    CompletionFailed,
    Disconnect,
    Fault,
    FaultSeen,
    Filter,
    Message,
    MissingResponse,
    MisuseError,
    Outcome,
    Progress,
    Reason,
    ReplyTooLarge,
    Sent,
    State,
    StateChanged,
    Ticket,
    Verdict,
)
from ami_proto.connection.session import BANNER_BYTES_MAX
from conformance.playbook import BANNER, SERVER, Playbook, frame

LIST = Action("CoreShowChannels")
ORIGINATE = Action("Originate", {"Channel": "PJSIP/7", "Timeout": "10000"})


@pytest.fixture
def ready() -> Playbook:
    play = Playbook().log_in()
    play.notices.clear()
    return play


def error_of(outcome: Outcome) -> ActionError:
    assert outcome.error is not None
    return outcome.error


def numbers(outcome: Outcome) -> list[str]:
    return [each["Number"] for each in outcome.reply]


def in_pieces(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    return [data[begin:end] for begin, end in pairwise([0, *cuts, len(data)])]


def every_cut(data: bytes) -> list[list[bytes]]:
    """Return the data whole, in two pieces cut anywhere, and byte by byte."""
    inner = range(1, len(data))
    return [[data], *(in_pieces(data, [cut]) for cut in inner), in_pieces(data, inner)]


# -- single responses


def test_a_response_ends_its_action(ready: Playbook) -> None:
    """R-CORR-03: the result holds the response."""
    ticket = ready.submit(Action("Getvar", {"Variable": "X"}))
    ready.reply(ticket, "Variable: X", "Value: 5")
    outcome = ready.outcome(ticket)
    assert outcome.unwrap()["Value"] == "5"
    assert outcome.sent is Sent.FULLY


def test_a_no_is_a_typed_error(ready: Playbook) -> None:
    """R-CORR-03: with the ActionID and Asterisk's message."""
    ticket = ready.submit(Action("Hangup", {"Channel": "PJSIP/7"}))
    ready.reply(ticket, "Message: No such channel\n", status="Error")
    error = error_of(ready.outcome(ticket))
    assert isinstance(error, ActionFailed)
    assert (error.message, error.action_id) == ("No such channel", ticket.action_id)


def test_the_same_action_twice_has_two_ids(ready: Playbook) -> None:
    """R-ACT-04: actions are immutable; R-ID-01: sequences never repeat."""
    action = Action("CoreStatus")
    one, two = ready.submit(action), ready.submit(action)
    assert one.action_id != two.action_id
    ready.reply(two).reply(one)
    assert ready.outcome(one).succeeded
    assert ready.outcome(two).succeeded


def test_5000_answers_in_random_order(ready: Playbook) -> None:
    """R-CORR-13: 10 % errors; every one ends, with the right answer, none left."""
    tickets = [ready.connection.submit(Action("CoreStatus"), ready.now) for _ in range(5000)]
    ready.drain()
    shuffled = list(enumerate(tickets))
    random.Random(7).shuffle(shuffled)
    ready.receive(
        b"".join(
            frame(
                "Response: Error" if number % 10 == 0 else "Response: Success",
                f"ActionID: {ticket.action_id}",
                f"Message: {number}",
            )
            for number, ticket in shuffled
        )
    )
    assert ready.connection.snapshot().actions_pending == 0
    outcomes = {each.outcome.ticket: each.outcome for each in ready.notices if hasattr(each, "outcome")}
    assert len(outcomes) == len(ready.notices) == 5000
    for number, ticket in enumerate(tickets):
        assert outcomes[ticket].reply["Message"] == str(number)
        assert outcomes[ticket].succeeded is (number % 10 != 0)


# -- lists


def test_a_list_is_collected_to_its_end(ready: Playbook) -> None:
    """R-CORR-02: whatever the action; items go to the result only (R-CORR-12)."""
    everything = ready.subscribe()
    ticket = ready.submit(LIST)
    ready.reply(ticket, "EventList: start")
    for number in range(3):
        ready.item(ticket, "CoreShowChannel", f"Number: {number}")
    assert not ready.outcomes(ticket)
    ready.item(ticket, "CoreShowChannelsComplete", "EventList: Complete", "ListItems: 3")
    outcome = ready.outcome(ticket)
    assert numbers(outcome) == ["0", "1", "2"]
    assert outcome.reply.complete is not None
    assert outcome.reply.complete["ListItems"] == "3"
    assert ready.messages(everything) == []


def test_a_list_that_is_none_is_a_plain_success(ready: Playbook) -> None:
    """R-CORR-02: decided by the response, not by the action."""
    ticket = ready.submit(Action("VoicemailUsersList"))
    ready.reply(ticket, "Message: There are no voicemail users currently defined.")
    assert ready.outcome(ticket).succeeded


def test_events_between_the_items_are_events(ready: Playbook) -> None:
    """R-CORR-12: `Privilege` tells an event that nobody asked for, its ActionID or not."""
    everything = ready.subscribe()
    ticket = ready.submit(LIST)
    ready.reply(ticket, "EventList: start").event("Hangup").item(ticket, "CoreShowChannel", "Number: 1")
    ready.receive(frame("Event: UserEvent", "Privilege: user,all", f"ActionID: {ticket.action_id}"))
    ready.item(ticket, "CoreShowChannelsComplete", "EventList: Complete")
    assert numbers(ready.outcome(ticket)) == ["1"]
    assert [each.name for each in ready.messages(everything) if isinstance(each, Message)] == [
        "Hangup",
        "UserEvent",
    ]


def test_status_items_have_a_privilege_all_the_same(ready: Playbook) -> None:
    """R-CORR-12: `Status` has `Privilege: Call`."""
    everything = ready.subscribe()
    ticket = ready.submit(Action("Status"))
    ready.reply(ticket, "EventList: start")
    ready.receive(frame("Event: Status", "Privilege: Call", f"ActionID: {ticket.action_id}", "Number: 1"))
    ready.item(ticket, "StatusComplete", "EventList: Complete", "Items: 1")
    assert numbers(ready.outcome(ticket)) == ["1"]
    assert ready.messages(everything) == []


def test_items_without_action_id_belong_to_the_open_list(ready: Playbook) -> None:
    """R-CORR-12: IAXpeers; with neither ActionID nor `Privilege`."""
    everything = ready.subscribe()
    ticket, other = ready.submit(Action("IAXpeers")), ready.submit(Action("CoreStatus"))
    ready.reply(ticket, "EventList: start").reply(other)
    ready.receive(frame("Event: PeerEntry", "Number: 1")).event("PeerStatus")
    ready.receive(frame("Event: PeerEntry", "Number: 2"))
    ready.item(ticket, "PeerlistComplete", "EventList: Complete", "ListItems: 2")
    ready.receive(frame("Event: PeerEntry", "Number: 3"))
    assert numbers(ready.outcome(ticket)) == ["1", "2"]
    assert [each.name for each in ready.messages(everything) if isinstance(each, Message)] == [
        "PeerStatus",
        "PeerEntry",
    ]


def test_an_error_in_mid_list_ends_it_and_stragglers_are_counted(ready: Playbook) -> None:
    """R-CORR-02, R-CORR-12: ShowDialPlan; stragglers are never delivered."""
    everything = ready.subscribe()
    ticket = ready.submit(Action("ShowDialPlan", {"Extension": "nobody"}))
    ready.reply(ticket, "EventList: start").item(ticket, "ListDialplan", "Number: 1")
    ready.reply(ticket, "Message: Did not find extension nobody", status="Error")
    ready.item(ticket, "ListDialplan", "Number: 2")
    ready.item(ticket, "ShowDialPlanComplete", "EventList: Complete")
    outcome = ready.outcome(ticket)
    assert isinstance(outcome.error, ActionFailed)
    assert outcome.error.message == "Did not find extension nobody"
    assert outcome.reply.events[0]["Number"] == "1"
    for reply in (outcome.reply, outcome.error.reply):
        assert reply.response is not None
        assert reply.response.name == "Error", "the no, not the promise of the list"
        assert reply["Message"] == "Did not find extension nobody"
    assert ready.faults() == {Fault.STRAGGLER: 2}
    assert ready.messages(everything) == []


def test_more_items_than_the_cap_are_counted(ready: Playbook) -> None:
    """R-CORR-09: the result says `truncated`; memory stays bounded."""
    ticket = ready.submit(LIST, completion=Automatic(events_max=2))
    ready.reply(ticket, "EventList: start")
    for number in range(5):
        ready.item(ticket, "CoreShowChannel", f"Number: {number}")
    ready.item(ticket, "CoreShowChannelsComplete", "EventList: Complete")
    reply = ready.outcome(ticket).unwrap()
    assert (len(reply.events), reply.dropped, reply.truncated) == (2, 3, True)


def test_an_end_without_its_response_is_an_error(ready: Playbook) -> None:
    """R-CORR-10: unless the strategy is event-only by declaration."""
    ticket = ready.submit(LIST)
    ready.item(ticket, "CoreShowChannelsComplete", "EventList: Complete")
    assert isinstance(error_of(ready.outcome(ticket)), MissingResponse)
    declared = ready.submit(LIST, completion=Automatic(response_required=False))
    ready.item(declared, "CoreShowChannelsComplete", "EventList: Complete")
    assert ready.outcome(declared).succeeded


def test_a_list_that_never_ends_times_out_with_what_came(ready: Playbook) -> None:
    """R-CORR-06: truncated lists are no success."""
    ticket = ready.submit(LIST, timeout=5)
    ready.reply(ticket, "EventList: start").item(ticket, "CoreShowChannel", "Number: 1").wait(5)
    outcome = ready.outcome(ticket)
    assert isinstance(outcome.error, ActionTimeout)
    assert numbers(outcome) == ["1"]


def test_items_reach_a_subscription_that_asks_for_replies(ready: Playbook) -> None:
    """R-CORR-12: and to subscriptions only when asked for."""
    asking = ready.connection.subscribe(Filter(replies=True))
    ticket = ready.submit(LIST)
    ready.reply(ticket, "EventList: start").item(ticket, "CoreShowChannel", "Number: 1")
    assert len(ready.messages(asking)) == 1


# -- commands


def test_command_output_of_14_and_later(ready: Playbook) -> None:
    """R-WIRE-08, R-CORR-01: `Output:` lines."""
    ticket = ready.submit(Action("Command", {"Command": "core show uptime"}))
    ready.reply(ticket, "Message: Command output follows", "Output: up", "Output: ", "Output:   a: b")
    assert ready.outcome(ticket).unwrap().output == ["up", "", "  a: b"]


def test_command_output_of_13_and_earlier(ready: Playbook) -> None:
    """R-WIRE-08: the same lines from `Response: Follows`, whatever they look like."""
    ticket = ready.submit(Action("Command", {"Command": "core show uptime"}))
    ready.receive(
        b"Response: Follows\r\nPrivilege: Command\r\n"
        + f"ActionID: {ticket.action_id}\r\n".encode()
        + b"up\n\n  indented: yes\nEvent: Fake\n--END COMMAND--\r\n\r\n"
    )
    assert ready.outcome(ticket).unwrap().output == ["up", "", "  indented: yes", "Event: Fake"]


def test_a_failed_command_says_why(ready: Playbook) -> None:
    """R-CORR-03: the error carries the output."""
    ticket = ready.submit(Action("Command", {"Command": "nonsense"}))
    ready.reply(ticket, "Message: Command output follows", "Output: No such command", status="Error")
    error = error_of(ready.outcome(ticket))
    assert "No such command" in str(error)
    assert error.reply.output == ["No such command"]


# -- Originate


def respond(play: Playbook, ticket: Ticket, *lines: str) -> Playbook:
    return play.receive(
        frame("Event: OriginateResponse", "Privilege: call,all", f"ActionID: {ticket.action_id}", *lines)
    )


def test_an_originate_succeeds_with_its_event(ready: Playbook) -> None:
    """R-CORR-12: `OriginateResponse` goes to both, the reply and the subscriptions."""
    calls = ready.subscribe("OriginateResponse")
    ticket = ready.submit(ORIGINATE)
    ready.reply(ticket, "Message: Originate successfully queued").event("Newchannel")
    assert not ready.outcomes(ticket)
    respond(ready, ticket, "Response: Success", "Uniqueid: 1.1")
    reply = ready.outcome(ticket).unwrap()
    assert reply.events[0]["Uniqueid"] == "1.1"
    assert len(ready.messages(calls)) == 1


def test_a_failed_originate_is_no_success(ready: Playbook) -> None:
    """R-CORR-03: a failure with its reason."""
    ticket = ready.submit(ORIGINATE)
    respond(ready.reply(ticket), ticket, "Response: Failure", "Reason: 5")
    error = error_of(ready.outcome(ticket))
    assert isinstance(error, ActionFailed)
    assert "Reason 5" in error.message


def test_an_originate_that_is_refused_ends_at_once(ready: Playbook) -> None:
    ticket = ready.submit(ORIGINATE)
    ready.reply(ticket, "Message: Permission denied", status="Error")
    assert isinstance(error_of(ready.outcome(ticket)), ActionFailed)


def test_an_originate_without_its_event_is_unconfirmed(ready: Playbook) -> None:
    """R-CORR-15: after its own Timeout and a margin; neither success nor failure."""
    ticket = ready.submit(ORIGINATE)
    ready.reply(ticket).wait(14.999)
    assert not ready.outcomes(ticket)
    ready.wait(0.001)
    error = error_of(ready.outcome(ticket))
    assert isinstance(error, ActionUnconfirmed)
    assert "read classes" in str(error)
    assert not ready.outcome(ticket).succeeded


def test_a_synchronous_originate_holds_the_pings_back(ready: Playbook) -> None:
    """R-HEALTH-07: for as long as it dials, which is its deadline."""
    action = Action("Originate", {"Channel": "PJSIP/7", "Async": "false", "Timeout": "60000"})
    ticket = ready.submit(action)
    ready.wait(64).expect_heard("Originate").expect_states()
    ready.reply(ticket, "Message: Originate successfully queued")
    assert ready.outcome(ticket).succeeded
    ready.wait(15).expect_heard("Ping")


# -- nobody's answers


def test_an_answer_to_nothing_changes_nothing(ready: Playbook) -> None:
    """R-CORR-08: counted and reported; another server's id, a late one, one without."""
    ticket = ready.submit(Action("CoreStatus"), timeout=1)
    ready.wait(1).reply(ticket)
    ready.reply("pbx2:01234567:1").receive(frame("Response: Error", "Message: Missing action in request"))
    assert isinstance(error_of(ready.outcome(ticket)), ActionTimeout)
    assert ready.faults() == {Fault.UNMATCHED: 3}
    assert ready.connection.state is State.READY


def test_ids_are_compared_exactly(ready: Playbook) -> None:
    """R-ID-03: correlation is by the exact id that was sent."""
    ticket = ready.submit(Action("CoreStatus"))
    ready.reply(ticket.action_id.upper()).reply(ticket.action_id + " ")
    assert not ready.outcomes(ticket)
    assert ready.faults() == {Fault.UNMATCHED: 2}


def test_a_foreign_reply_event_is_delivered(ready: Playbook) -> None:
    everything = ready.subscribe()
    ready.receive(frame("Event: Whatever", "ActionID: somebody-else"))
    assert len(ready.messages(everything)) == 1
    assert ready.faults() == {}


# -- torn, oversized, out of step


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
    play = Playbook(replace(SERVER, max_frame_size=64 * 1024)).log_in()
    one, two = play.submit(Action("GetConfig")), play.submit(Action("CoreStatus"))
    play.reply(one, "Line: " + "x" * 70_000).reply(two)
    error = error_of(play.outcome(one))
    assert isinstance(error, ReplyTooLarge)
    assert "70" in str(error)
    assert play.outcome(two).succeeded
    assert play.faults() == {Fault.OVERSIZED: 1}


def test_an_oversized_event_is_reported_and_nothing_more() -> None:
    """Invariant 10: with a reason."""
    play = Playbook(replace(SERVER, max_frame_size=64 * 1024)).log_in()
    play.event("VarSet", "Value: " + "x" * 70_000)
    assert play.faults() == {Fault.OVERSIZED: 1}
    assert play.connection.state is State.READY


def test_a_forged_oversized_event_ends_nobodys_action() -> None:
    """R-WIRE-09, R-CORR-12: whoever may send a UserEvent can write any ActionID into it."""
    play = Playbook(replace(SERVER, max_frame_size=64 * 1024)).log_in()
    ticket = play.submit(LIST)
    play.reply(ticket, "EventList: start")
    play.event("UserEvent", f"ActionID: {ticket.action_id}", "Data: " + "x" * 70_000)
    play.event("UserEvent", "Data: " + "x" * 70_000)
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
    play = Playbook(replace(SERVER, max_frame_size=64 * 1024)).log_in()
    other, ticket = play.submit(LIST), play.submit(LIST)
    play.reply(other, "EventList: start").reply(ticket, "EventList: start")
    play.receive(frame(*(each.format(ticket.action_id) for each in lines), "X: " + "x" * 70_000))
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


# -- user strategies


@dataclass(frozen=True)
class Custom:
    """A strategy as a user writes it."""

    verdicts: tuple[Verdict | Exception, ...]
    duration: float | None = None
    events_max: int = 10
    async_events: frozenset[str] = frozenset({"dialend"})
    response_required: bool = False
    unconfirmed_hint: str | None = None
    terminal_events: frozenset[str] = frozenset()
    fence: bool = False

    def judge(self, progress: Progress, message: Message) -> Verdict:
        verdict = self.verdicts[len(progress.events) + (progress.response is not None)]
        if isinstance(verdict, Exception):
            raise verdict
        return verdict


def test_users_write_their_own(ready: Playbook) -> None:
    """R-CORR-01: and one that users can write."""
    everything = ready.subscribe()
    strategy: Completion = Custom((Verdict.MORE, Verdict.DONE))
    ticket = ready.submit(Action("Dial"), completion=strategy)
    ready.reply(ticket)
    ready.receive(frame("Event: DialEnd", "Privilege: call,all", f"ActionID: {ticket.action_id}"))
    assert ready.outcome(ticket).unwrap().events[0].name == "DialEnd"
    assert len(ready.messages(everything)) == 1, "an asynchronous event is everybody's"


def test_a_strategy_that_raises_fails_its_own_action_only(ready: Playbook) -> None:
    """R-CORR-11."""
    boom = ZeroDivisionError("boom")
    broken, whole = (
        ready.submit(Action("Dial"), completion=Custom((boom,))),
        ready.submit(Action("CoreStatus")),
    )
    ready.receive(
        frame("Response: Success", f"ActionID: {broken.action_id}")
        + frame("Response: Success", f"ActionID: {whole.action_id}")
    )
    error = error_of(ready.outcome(broken))
    assert isinstance(error, CompletionFailed)
    assert error.__cause__ is boom
    assert ready.outcome(whole).succeeded


def test_a_strategy_that_does_not_judge_fails_its_own_action_only(ready: Playbook) -> None:
    """R-CORR-11: who forgets to return would otherwise wait for ever."""
    silent = Custom((None,))  # type: ignore[arg-type]
    broken, whole = ready.submit(Action("Dial"), completion=silent), ready.submit(Action("CoreStatus"))
    ready.reply(broken).reply(whole)
    error = error_of(ready.outcome(broken))
    assert isinstance(error, CompletionFailed)
    assert "judge returned NoneType, not a Verdict" in str(error)
    assert ready.outcome(whole).succeeded


def test_a_response_that_is_ignored_is_unmatched(ready: Playbook) -> None:
    everything = ready.subscribe()
    ticket = ready.submit(Action("Dial"), completion=Custom((Verdict.IGNORE, Verdict.DONE)))
    ready.reply(ticket).item(ticket, "NotMine")
    assert not ready.outcomes(ticket)
    assert ready.faults() == {Fault.UNMATCHED: 1}
    assert len(ready.messages(everything)) == 1


def test_requests_from_inside_a_strategy_are_refused(ready: Playbook) -> None:
    """L3, invariant 8."""

    class Meddler(Automatic):
        def judge(self, progress: Progress, message: Message) -> Verdict:
            ready.connection.stop(ready.now)
            return Verdict.DONE

    ticket = ready.submit(Action("CoreStatus"), completion=Meddler())
    ready.reply(ticket)
    error = error_of(ready.outcome(ticket))
    assert isinstance(error.__cause__, MisuseError)
    assert ready.connection.state is State.READY


# -- the end of the stream


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


def test_what_is_behind_a_goodbye_is_unread(ready: Playbook) -> None:
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


def test_a_peer_that_never_says_a_banner_is_no_ami_server() -> None:
    """R-WIRE-03, L6: and is not listened to for ever."""
    for noise in (b"x" * (BANNER_BYTES_MAX + 1), b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n"):
        play = Playbook().dial().receive(noise)
        cause = play.connection.snapshot().last_cause
        assert cause is not None
        assert cause.reason is Reason.PROTOCOL
    assert "not an AMI server: it said 'HTTP/1.1 400 Bad Request'" in str(cause)


@pytest.mark.parametrize(
    "said", ["SSH-2.0-OpenSSH_9.2p1", "220 mail.example ESMTP", "HTTP/1.1 400 Bad Request"]
)
@pytest.mark.parametrize("rest", [b"", b"Server: x\r\n\r\n"])
def test_a_peer_that_greets_in_another_protocol_is_told_at_once(said: str, rest: bytes) -> None:
    """R-WIRE-03, L8: by what it said, however its greeting is cut."""
    for pieces in every_cut(b"\r\n" + said.encode() + b"\r\n" + rest):
        play = Playbook().dial().receive(*pieces)
        cause = play.connection.snapshot().last_cause
        assert cause == Disconnect(Reason.PROTOCOL, f"not an AMI server: it said {said!r}"), pieces


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_login_goes_on_behind_an_error_that_came_first(end: bytes) -> None:
    """L8: a full server and a proxy say no before the banner; counted, and no answer to anything."""
    said = [b"Response: Error", b"Message: Permission denied", b"", b"Asterisk Call Manager/9.0.0", b""]
    for pieces in every_cut(end.join(said)):
        play = Playbook().dial().receive(*pieces)
        assert play.faults() == {Fault.UNEXPECTED: 1}, pieces
        play.expect_heard("Challenge")
        play.reply(play.unanswered[0], "Challenge: 1").reply(play.unanswered[0])
        assert play.connection.state is State.READY
        assert play.connection.frames_received == 4


def test_a_response_before_the_banner_is_no_answer() -> None:
    play = Playbook().dial().receive(frame("Response: Success"))
    assert play.faults() == {Fault.UNEXPECTED: 1}
    assert play.connection.state is State.CONNECTED


def test_the_banner_tells_the_version() -> None:
    """R-WIRE-03: its version is parsed."""
    play = Playbook().dial().receive(BANNER)
    assert play.connection.snapshot().banner == "9.0.0"
    assert play.connection.snapshot().bytes_received == len(BANNER)


class Raising(Automatic):
    """A strategy that cannot judge."""

    def judge(self, progress: Progress, message: Message) -> Verdict:
        raise ZeroDivisionError


def test_an_action_that_ended_early_is_open_no_more() -> None:
    """L4, R-CORR-11: no second end by a later answer, by its deadline, or with the session."""
    play = Playbook(replace(SERVER, max_frame_size=65_536)).log_in()
    broken = play.submit(Action("CoreStatus"), completion=Raising(), timeout=5)
    oversized = play.submit(Action("CoreStatus"), timeout=5)
    for ticket, lines in ((broken, ()), (oversized, ("X: " + "x" * 70_000,))):
        play.reply(ticket, *lines)
        assert not play.outcome(ticket).succeeded
    assert play.connection.snapshot().actions_pending == 0
    play.reply(broken).reply(oversized).wait(10).disconnect()
    for ticket in (broken, oversized):
        play.outcome(ticket)


def test_the_engines_own_actions_are_not_held_up_by_a_full_outbox() -> None:
    """R-FLOW-04, R-HEALTH-01: the cap refuses actions of the application, never a ping."""
    play = Playbook(replace(SERVER, max_outbound_bytes=16_384)).log_in()
    play.lazy = True  # from here on nobody writes
    play.submit(Action("UserEvent", [("X", "x" * 1000)] * 15))
    with suppress(Backpressure):
        while True:
            play.submit(Action("Ping"))
    queued = play.connection.snapshot().outbound_bytes
    play.oversleep(SERVER.heartbeat_interval)
    assert play.connection.snapshot().outbound_bytes > queued
