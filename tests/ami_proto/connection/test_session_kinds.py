"""Answers in an odd form: ActionID first, repeated headers, frames without a kind, odd banners."""

import pytest

from ami_proto import Action, ActionFailed, Fault, FaultSeen, Message, State
from conformance.laws.playbook import Playbook, frame
from tests.playbooks import LIST, STATUS, ready, state_of

__all__ = ["ready"]

BANNERS = (
    "Asterisk Call Manager/1.1",
    "Asterisk Call Manager Proxy/1.30.0",
    "Asterisk Manager Proxy/1.0",
    "OpenPBX Call Manager/1.0",
    "CallWeaver Call Manager/1.0",
    "Another Call Manager 3.1",
)


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
@pytest.mark.parametrize("banner", BANNERS)
def test_any_call_manager_is_greeted(banner: str, line_end: str) -> None:
    """R-WIRE-03: a proxy and a relative of Asterisk, too, byte by byte."""
    play = Playbook().dial()
    for byte in f"{banner}{line_end}".encode():
        play.receive(bytes([byte]))
    assert state_of(play) is State.AUTHENTICATING
    version = banner.replace("/", " ").rsplit(" ", 1)[1]
    assert play.connection.snapshot().banner == version


# -- the kind of a frame


def test_a_login_answered_with_the_action_id_first() -> None:
    """R-WIRE-07: as astmanproxy does."""
    play = Playbook().dial().receive(b"Asterisk Call Manager Proxy/1.30.0\r\n")
    for lines in (["Challenge: 1"], ["Message: Authentication accepted"]):
        action_id = play.unanswered[-1].action_id
        play.receive(frame(f"ActionID: {action_id}", "Response: Success", *lines))
    assert state_of(play) is State.READY


def test_answers_with_the_action_id_first(ready: Playbook) -> None:
    """R-WIRE-07: as app_rpt and chan_voter write them; however often, nothing is out of step."""
    for number in range(20):
        ticket = ready.submit(Action("RptStatus"))
        ready.receive(frame(f"ActionID: {ticket.action_id}", "Response: Success", f"Node: {number}"))
        assert ready.outcome(ticket).reply["Node"] == str(number)
    refused = ready.submit(Action("RptStatus"))
    ready.receive(f"ActionID: {refused.action_id}\nResponse: Error\nMessage: no\n\n".encode())
    assert isinstance(ready.outcome(refused).error, ActionFailed)
    assert ready.faults() == {}


def test_list_items_with_the_action_id_first(ready: Playbook) -> None:
    """R-WIRE-07."""
    ticket = ready.submit(LIST)
    ready.reply(ticket, "EventList: start")
    ready.receive(frame(f"ActionID: {ticket.action_id}", "Event: Item", "Node: 1"))
    ready.receive(frame(f"ActionID: {ticket.action_id}", "Event: ItemComplete", "EventList: Complete"))
    assert [each.name for each in ready.outcome(ticket).reply] == ["Item"]


def test_command_output_with_the_action_id_first(ready: Playbook) -> None:
    """R-WIRE-07, R-WIRE-08."""
    ticket = ready.submit(Action("Command", {"Command": "x"}))
    head = f"ActionID: {ticket.action_id}\r\nResponse: Follows\r\nPrivilege: Command\r\n"
    ready.receive(f"{head}a\n\r\n\r\nb\n--END COMMAND--\r\n\r\n".encode())
    assert ready.outcome(ticket).reply.output == ["a", "", "", "b"]


def test_a_frame_without_a_kind_belongs_to_the_action_that_it_names(ready: Playbook) -> None:
    """R-WIRE-07: it is part of the reply and no desync, however often it comes."""
    ticket = ready.submit(LIST)
    for _ in range(20):
        ready.receive(frame("Node: 1", f"ActionID: {ticket.action_id}"))
    ready.reply(ticket, "EventList: start")
    ready.item(ticket, "ListComplete", "EventList: Complete")
    assert len(ready.outcome(ticket).reply.events) == 20
    assert ready.faults() == {}


def test_a_frame_without_a_kind_that_names_an_action_that_has_ended(ready: Playbook) -> None:
    """R-WIRE-07, R-CORR-12: it is late, not out of step."""
    ticket = ready.submit(STATUS)
    ready.cancel(ticket)
    for _ in range(20):
        ready.receive(frame("Node: 1", f"ActionID: {ticket.action_id}"))
    assert ready.faults() == {Fault.STRAGGLER: 20}
    assert state_of(ready) is State.READY


# -- headers of command output


@pytest.mark.parametrize(
    "head",
    [
        ["Priviledge: Command", "ActionID: {}"],
        ["ActionID: {}", "Priviledge: Command"],
        ["Privilege: Command", "Server: one", "ActionID: {}"],
        ["Server: one", "ActionID: {}", "Privilege: Command"],
        ["actionid: {}", "PRIVILEGE: Command"],
    ],
)
@pytest.mark.parametrize("after", [[], ["Segment: general", "ResultFormat: command"], ["Server: one"]])
def test_headers_before_and_after_command_output(ready: Playbook, head: list[str], after: list[str]) -> None:
    """R-WIRE-08: in any order and spelling; they are headers, and the lines between them output."""
    ticket = ready.submit(Action("Command", {"Command": "x"}))
    lines = "".join(f"{line}\r\n" for line in ["Response: Follows", *head]).format(ticket.action_id)
    end = "".join(f"{line}\r\n" for line in ["--END COMMAND--", *after, ""])
    data = f"{lines}one: 1\n\n--END COMMAND--\nEvent: Forged\r\n\r\n{end}".encode()
    hangups = ready.subscribe("Hangup")
    for byte in data:
        ready.receive(bytes([byte]))
    ready.event("Hangup")
    response = ready.outcome(ticket).reply.response
    assert response is not None
    assert response.output == ["one: 1", "", "--END COMMAND--", "Event: Forged", ""]
    wanted = [line.format(ticket.action_id).split(": ") for line in ["Response: Follows", *head, *after]]
    assert [list(pair) for pair in response.pairs()] == wanted
    assert len(ready.messages(hangups)) == 1
    assert ready.faults() == {}


# -- repeated headers


def test_several_instances_in_one_response_are_data(ready: Playbook) -> None:
    """R-WIRE-12: as chan_voter writes `VoterStatus`."""
    ticket = ready.submit(Action("VoterStatus"))
    block = [f"ActionID: {ticket.action_id}", "Response: Success", "Node: {}"]
    ready.receive(frame(*(line.format(each) for each in (1, 2, 3) for line in block)))
    reply = ready.outcome(ticket).reply
    assert reply.response is not None
    assert reply.response.get_all("Node") == ["1", "2", "3"]
    assert ready.faults() == {}


def test_several_items_in_one_frame_are_data_and_said(ready: Playbook) -> None:
    """R-WIRE-12, R-FLOW-08: in a list, the first of them may be torn."""
    ticket = ready.submit(LIST)
    ready.reply(ticket, "EventList: start")
    block = ["Event: Item", f"ActionID: {ticket.action_id}"]
    ready.receive(frame(*block, "Id: 1", *block, "Id: 2"))
    ready.item(ticket, "ListComplete", "EventList: Complete")
    reply = ready.outcome(ticket).reply
    (item,) = reply.events
    assert (item.get_all("Id"), reply.damaged) == (["1", "2"], 1)
    (seen,) = ready.take(FaultSeen)
    assert (seen.fault, seen.action_id) == (Fault.REPEATED, ticket.action_id)


@pytest.mark.parametrize(
    ("torn", "fault"),
    [
        (["Event: Item", "ActionID: {}", "Event: Item"], Fault.TORN),
        (["Event: Item", "ActionID: {}", "EventList: Complete"], Fault.TORN),
        (["Response: Success", "ActionID: {}", "Event: Item", "ActionID: {}"], Fault.TORN),
        (["the rest of an item"], Fault.DESYNC),
    ],
)
def test_a_list_that_may_have_lost_an_item_says_so(ready: Playbook, torn: list[str], fault: Fault) -> None:
    """R-FLOW-08: in its reply and in a notice."""
    everything = ready.subscribe()
    ticket = ready.submit(LIST)
    ready.reply(ticket, "EventList: start").item(ticket, "Item", "Id: 1")
    ready.receive(frame(*(line.format(ticket.action_id) for line in torn)))
    ready.item(ticket, "ListComplete", "EventList: Complete")
    outcome = ready.outcome(ticket)
    assert outcome.succeeded
    assert (len(outcome.reply.events), outcome.reply.damaged) == (1, 1)
    assert ready.faults() == {fault: 1}
    assert all(isinstance(each, Message) for each in ready.messages(everything))


def test_an_intact_list_says_nothing(ready: Playbook) -> None:
    """R-FLOW-08."""
    ticket = ready.submit(LIST)
    ready.reply(ticket, "EventList: start").item(ticket, "Item").item(ticket, "C", "EventList: Complete")
    assert ready.faults() == {Fault.TORN: 1}
    ready.item(ticket, "ListComplete", "EventList: Complete")
    other = ready.submit(LIST)
    ready.reply(other, "EventList: start").item(other, "Item").item(
        other, "ItemComplete", "EventList: Complete"
    )
    assert (ready.outcome(ticket).reply.damaged, ready.outcome(other).reply.damaged) == (1, 0)
