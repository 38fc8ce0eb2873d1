"""R-CORR: a list is collected from its response to its end, whatever comes between."""

from ami_proto import Action, ActionFailed, ActionTimeout, Fault, Filter, Message, Outcome
from ami_proto.completion import Automatic, MissingResponse, MultiResponse
from conformance.laws.playbook import Playbook, frame
from tests.playbooks import LIST, STATUS, error_of


def test_every_message_of_a_reply_names_its_server(ready: Playbook) -> None:
    """R-CORR-03: the response, the items and the end of a list."""
    ticket = ready.submit(LIST)
    answers = f"ActionID: {ticket.action_id}"
    ready.reply(ticket, "EventList: start")
    ready.receive(frame("Event: Item", answers), frame("Event: ListComplete", answers, "EventList: Complete"))
    reply = ready.outcome(ticket).unwrap()
    assert [each and each.server for each in (reply.response, *reply.events, reply.complete)] == ["pbx"] * 3


def numbers(outcome: Outcome) -> list[str]:
    return [each["Number"] for each in outcome.reply]


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
    ticket, other = ready.submit(Action("IAXpeers")), ready.submit(STATUS)
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
    """R-CORR-09, R-FLOW-08: `truncated`, and a notice when the cap is met; memory stays bounded."""
    ticket = ready.submit(LIST, completion=Automatic(events_max=2))
    ready.reply(ticket, "EventList: start")
    for number in range(5):
        ready.item(ticket, "CoreShowChannel", f"Number: {number}")
        assert ready.faults() == ({Fault.TRUNCATED: 1} if number == 2 else {}), "once, with the first loss"
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


def test_what_names_nobody_is_no_part_of_an_answer_that_is_no_list(ready: Playbook) -> None:
    """R-CORR-12: an action that waits for more has not opened a list by that."""
    everything = ready.subscribe()
    ticket = ready.submit(STATUS, completion=MultiResponse(2))
    ready.reply(ticket).receive(frame("Event: PeerEntry", "Number: 1"))
    assert len(ready.messages(everything)) == 1
    assert [each.name for each in ready.reply(ticket).outcome(ticket).reply] == ["Success"]
