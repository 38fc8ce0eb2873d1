"""R-CORR-14: a ping behind an action without an end of its own ends its answer."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_proto import (
    Action,
    ActionCancelled,
    ActionFailed,
    ActionLost,
    ActionTimeout,
    Backpressure,
    Fault,
    FaultSeen,
    Message,
    MisuseError,
    Outcome,
    Sent,
    State,
    StateChanged,
)
from ami_proto.completion import Fence, MissingResponse, ReplyTooLarge
from conformance.laws.playbook import SERVER, Playbook, SentAction, frame
from tests.playbooks import LINES, STATUS, TEXT, logged_in, ping, pong

LOAD = Action("ModuleLoad", {"Module": "app_nosuch.so"})


def raw(outcome: Outcome) -> bytes:
    return b"".join(each.raw for each in outcome.reply)


def test_a_ping_ends_an_answer_without_end(ready: Playbook) -> None:
    """R-CORR-14, R-WIRE-09: raw text is the answer, and no desync."""
    everything = ready.subscribe()
    ticket = ready.submit(TEXT)
    ready.expect_actions("IAXnetstats", "Ping")
    ready.receive(LINES).event("Hangup").receive(LINES)
    assert not ready.outcomes(ticket)
    outcome = pong(ready, ticket).outcome(ticket)
    assert (outcome.succeeded, outcome.reply.response, raw(outcome)) == (True, None, LINES * 2)
    assert [each.name for each in ready.messages(everything) if isinstance(each, Message)] == ["Hangup"]
    assert ready.faults() == {}


def test_an_empty_answer_is_one(ready: Playbook) -> None:
    """R-CORR-14: IAXnetstats without calls is an empty line."""
    ticket = ready.submit(TEXT)
    ready.receive(b"\r\n")
    assert pong(ready, ticket).outcome(ticket).unwrap().events == ()


def test_every_error_of_one_bad_request_is_its_answer(ready: Playbook) -> None:
    """R-CORR-14: ModuleLoad; it failed, by the first of them."""
    ticket = ready.submit(LOAD)
    for number in range(3):
        ready.reply(ticket, f"Message: no {number}", status="Error")
    assert not ready.outcomes(ticket)
    error = pong(ready, ticket).outcome(ticket).error
    assert isinstance(error, ActionFailed)
    assert error.message == "no 0"
    assert [each["Message"] for each in error.reply] == ["no 1", "no 2"]
    assert ready.faults() == {}


def test_an_error_behind_a_success_is_a_failure(ready: Playbook) -> None:
    """R-CORR-14: JabberSend."""
    ticket = ready.submit(Action("JabberSend"))
    ready.reply(ticket, "Message: Attempting to send Jabber Message").reply(ticket, status="Error")
    error = pong(ready, ticket).outcome(ticket).error
    assert isinstance(error, ActionFailed)
    assert [each["Message"] for each in error.reply] == ["Attempting to send Jabber Message"]


@pytest.mark.parametrize("events", [0, 1])
def test_an_event_may_be_missing(ready: Playbook, events: int) -> None:
    """R-CORR-14: FAXSession."""
    ticket = ready.submit(Action("FAXSession", {"SessionNumber": 1}))
    ready.reply(ticket, "Message: FAXSession event will follow")
    for _ in range(events):
        ready.item(ticket, "FAXSession", "SessionNumber: 1")
    assert len(pong(ready, ticket).outcome(ticket).unwrap().events) == events


def test_a_pong_alone_is_no_evidence(ready: Playbook) -> None:
    """R-CORR-10, invariant 3: where the action has a response of its own."""
    ticket = ready.submit(LOAD)
    assert isinstance(pong(ready, ticket).outcome(ticket).error, MissingResponse)


def test_each_fence_has_its_own_answer(ready: Playbook) -> None:
    """R-CORR-14: several in flight, an ordinary action between them."""
    first, plain, second = ready.submit(TEXT), ready.submit(STATUS), ready.submit(TEXT)
    ready.receive(b"one\n\n")
    pong(ready, first).reply(plain).receive(b"two\n\n")
    pong(ready, second)
    assert [raw(ready.outcome(each)) for each in (first, second)] == [b"one\n\n", b"two\n\n"]
    assert ready.outcome(plain).succeeded


def test_items_without_action_id_belong_to_the_fence_in_front(ready: Playbook) -> None:
    """R-CORR-12, R-CORR-14: with neither ActionID nor `Privilege`; a list that is open comes first."""
    everything = ready.subscribe()
    listing = ready.submit(Action("IAXpeers"))
    ticket = ready.submit(Action("Odd"), completion=Fence(response_required=False))
    ready.reply(listing, "EventList: start").receive(frame("Event: PeerEntry", "N: 1"))
    ready.item(listing, "PeerlistComplete", "EventList: Complete")
    ready.receive(frame("Event: PeerEntry", "N: 2")).event("PeerStatus")
    pong(ready, ticket).receive(frame("Event: PeerEntry", "N: 3"))
    assert [[each["N"] for each in ready.outcome(of).reply] for of in (listing, ticket)] == [["1"], ["2"]]
    assert len(ready.messages(everything)) == 2


def test_raw_text_before_its_turn_is_out_of_step(ready: Playbook) -> None:
    """R-WIRE-09: before the action was sent."""
    ready.lazy = True
    ready.submit(TEXT)
    ready.receive(LINES).drain()
    assert ready.faults() == {Fault.DESYNC: 1}


def test_a_pong_of_a_fence_is_not_the_heartbeats(ready: Playbook) -> None:
    """R-CORR-14, R-HEALTH-01: DEGRADED until its own ping is answered."""
    ticket = ready.submit(TEXT, timeout=1000)
    ready.wait(21)
    assert pong(ready, ticket).take(StateChanged)[-1].new is State.DEGRADED
    ready.reply(ready.sent_actions[-1], "Ping: Pong").expect_states(State.READY)


# -- an action that ends early


@pytest.mark.parametrize("how", ["cancelled", "timed out"])
def test_what_comes_for_an_action_that_has_ended_is_nobodys(ready: Playbook, how: str) -> None:
    """R-CORR-14, R-CORR-06: up to its pong, which is counted; the next one's answer is its own."""
    everything = ready.subscribe()
    gone, next_one = ready.submit(TEXT, timeout=3), ready.submit(TEXT, timeout=9)
    error = (ready.cancel(gone) if how == "cancelled" else ready.wait(4)).outcome(gone).error
    assert isinstance(error, ActionCancelled | ActionTimeout)
    assert error.sent is Sent.FULLY
    ready.receive(b"one\n\n", frame("Event: PeerEntry"))
    assert ready.faults() == {Fault.STRAGGLER: 2}
    pong(ready, gone).receive(b"two\n\n")
    assert ready.faults() == {Fault.UNMATCHED: 1}
    assert raw(pong(ready, next_one).outcome(next_one)) == b"two\n\n"
    assert ready.messages(everything) == []


def test_one_that_was_not_shown_is_taken_back_with_its_ping(ready: Playbook) -> None:
    """R-CORR-07: nothing of it goes out, nothing of it stays."""
    ready.lazy = True
    ticket = ready.submit(TEXT)
    assert ready.connection.snapshot().outbound_bytes > 0
    ready.cancel(ticket).drain()
    assert ready.outcome(ticket).sent is Sent.NO
    assert ready.connection.snapshot().outbound_bytes == 0
    ready.receive(LINES).drain()
    assert ready.faults() == {Fault.DESYNC: 1}


@pytest.mark.parametrize(
    ("shown", "sent"), [(b"Action: IAXnetstats\r\n", Sent.PARTLY), (b"Action: Ping\r\n", Sent.FULLY)]
)
def test_sent_is_about_the_action_not_the_ping(shown: bytes, sent: Sent) -> None:
    """R-CORR-07: Asterisk may have run an action whose ping was not shown; it must not be sent again."""
    play = logged_in()
    play.lazy = True
    ticket = play.submit(TEXT)
    while not (piece := play.connection.poll_transmit(play.session, 1)).startswith(shown):
        play.connection.handle_sent(play.session, len(piece), play.now)
    play.disconnect().drain()
    error = play.outcome(ticket).error
    assert isinstance(error, ActionLost)
    assert error.sent is sent


def test_both_or_neither_fit_the_outbox() -> None:
    """R-CORR-04: a refused ping leaves no action behind, no id drawn, and the session ready."""
    play = logged_in(replace(SERVER, max_outbound_bytes=16_384))
    play.lazy = True
    play.submit(Action("UserEvent", [("X", "x" * 1000)] * 15))
    with suppress(Backpressure):
        while True:
            play.submit(TEXT)
    before = play.connection.snapshot()
    with pytest.raises(Backpressure):
        play.submit(TEXT)
    assert play.connection.snapshot() == replace(before, actions_refused=before.actions_refused + 1)
    assert before.state is State.READY


def test_one_that_waits_for_ready_is_fenced_too() -> None:
    """R-LIFE-03, R-CORR-14."""
    play = Playbook().start()
    ticket = play.submit(TEXT, wait=True)
    play.log_in().expect_actions("IAXnetstats", "Ping")
    assert raw(pong(play.receive(LINES), ticket).outcome(ticket)) == LINES


def test_a_text_beyond_max_frame_size_ends_its_action() -> None:
    """R-WIRE-09: with a typed error; its pong is counted."""
    play = logged_in(replace(SERVER, max_frame_size=65_536))
    ticket = play.submit(TEXT)
    play.receive(b"x" * 70_000 + b"\n\n")
    assert isinstance(play.outcome(ticket).error, ReplyTooLarge)
    pong(play, ticket)
    assert play.faults() == {Fault.OVERSIZED: 1, Fault.UNMATCHED: 1}


def test_a_torn_pong_ends_nothing(ready: Playbook) -> None:
    """R-WIRE-12."""
    ticket = ready.submit(TEXT, timeout=5)
    action_id = ping(ready, ticket).action_id
    ready.receive(frame("Response: Success", f"ActionID: {action_id}", "PinResponse: Success", "ActionID: x"))
    assert not ready.outcomes(ticket)
    assert ready.faults() == {Fault.TORN: 1}
    assert isinstance(ready.wait(6).outcome(ticket).error, ActionTimeout)


def test_no_fence_behind_wait_event(ready: Playbook) -> None:
    """R-CORR-14: any input ends it; refused at the request, which changes nothing (L3)."""
    before = ready.connection.snapshot()
    with pytest.raises(MisuseError, match="WaitEvent: the ping of a fence would end it"):
        ready.submit(Action("WaitEvent"), completion=Fence())
    assert ready.connection.snapshot() == before


ACTS = st.lists(
    st.sampled_from(["text", "plain", "cancel", "serve", "serve", "wait"]), min_size=10, max_size=40
)


@given(acts=ACTS, which=st.randoms(use_true_random=False))
def test_whatever_happens_to_the_others(acts: list[str], which: Any) -> None:
    """R-CORR-14: against a server that serves in order, every text is its own action's or nobody's."""
    play, open_ones, texts = logged_in(), [], []
    served = len(play.sent_actions)
    for act in acts:
        if act in ("text", "plain"):
            ticket = play.submit(TEXT if act == "text" else STATUS, timeout=3)
            open_ones.append(ticket)
            texts += [ticket] if act == "text" else []
        elif act == "cancel" and open_ones:
            play.cancel(open_ones.pop(which.randrange(len(open_ones))))
        elif act == "serve" and served < len(play.sent_actions):
            serve(play, play.sent_actions[served])
            served += 1
        elif act == "wait":
            play.wait(1)
    for heard in play.sent_actions[served:]:
        serve(play, heard)
    for ticket in texts:
        outcome = play.outcome(ticket)
        assert raw(outcome) in (b"", f"{ticket.action_id}\n\n".encode())
        assert raw(outcome) or outcome.error
    assert Fault.DESYNC not in play.faults()
    assert play.connection.snapshot().actions_pending == 0


def serve(play: Playbook, heard: SentAction) -> None:
    """Answer as Asterisk does, one action after the other."""
    if heard.name == "IAXnetstats":
        play.receive(f"{heard.action_id}\n\n".encode())
    else:
        play.reply(heard)


def test_the_pong_of_an_action_that_has_ended_is_told_from_strangers(ready: Playbook) -> None:
    """R-CORR-14, R-CORR-08."""
    ticket = ready.submit(TEXT)
    behind = ping(ready, ticket)
    ready.cancel(ticket).reply(behind, "Ping: Pong")
    detail = "Response: Success, the fence of an action that has ended"
    (seen,) = ready.take(FaultSeen)
    assert (seen.fault, seen.detail, seen.action_id) == (Fault.UNMATCHED, detail, behind.action_id)


def test_text_is_the_fences_whatever_list_is_open(ready: Playbook) -> None:
    """R-CORR-14, R-WIRE-09: a list whose end was lost does not take it, nor make a desync of it."""
    endless, text = ready.submit(Action("IAXpeers")), ready.submit(TEXT)
    ready.reply(endless, "EventList: start").receive(LINES)
    assert raw(pong(ready, text).outcome(text)) == LINES
    assert ready.faults() == {}
    gone = ready.submit(TEXT)
    ready.cancel(gone).receive(LINES)
    assert ready.faults() == {Fault.STRAGGLER: 1}
    assert not ready.outcomes(endless)
