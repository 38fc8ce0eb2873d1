"""R-CORR-02: answers that do not keep AMI's convention: before 13.2, without a response, too many."""

import pytest

from ami_proto import Action, ActionFailed, ActionTimeout, Fault
from ami_proto.completion import EventList, MultiResponse, SingleResponse
from conformance.laws.playbook import Playbook, frame
from tests.playbooks import LIST


def older(banner: str) -> Playbook:
    """Give a connection to a server of that AMI version."""
    play = Playbook().dial().receive(f"Asterisk Call Manager/{banner}\r\n".encode())
    play.reply(play.unanswered[-1], "Challenge: 123456789")
    return play.reply(play.unanswered[-1], "Message: Authentication accepted")


@pytest.mark.parametrize("banner", ["1.1", "2.6.0"])
def test_a_list_before_13_2_ends_with_an_event_of_that_name(banner: str) -> None:
    """R-CORR-02: no `EventList` header; items without ActionID are its own as well (R-CORR-12)."""
    play = older(banner)
    ticket = play.submit(Action("QueueStatus"))
    play.reply(ticket, "Message: Queue status will follow").item(ticket, "QueueParams", "N: 1")
    play.receive(frame("Event: QueueMember", "N: 2"))
    assert not play.outcomes(ticket)
    reply = play.item(ticket, "QueueStatusComplete").outcome(ticket).unwrap()
    assert [each["N"] for each in reply] == ["1", "2"]
    assert reply.complete is not None
    assert reply.complete.name == "QueueStatusComplete"


@pytest.mark.parametrize("banner", ["2.7.0", "9.0.0", "Proxy"])
def test_since_13_2_a_success_without_the_header_is_a_whole_answer(banner: str) -> None:
    """R-CORR-02."""
    play = older(banner)
    ticket = play.submit(Action("QueueStatus"))
    assert play.reply(ticket).outcome(ticket).succeeded


def test_an_action_that_waited_learns_the_version_of_its_server() -> None:
    """R-CORR-02: when it is sent, not when it was submitted."""
    play = Playbook().start()
    ticket = play.submit(Action("Status"), wait=True)
    play.connect().receive(b"Asterisk Call Manager/1.1\r\n")
    play.reply(play.unanswered[-1], "Challenge: 1").reply(play.unanswered[-1])
    assert not play.reply(ticket).outcomes(ticket)
    assert play.item(ticket, "StatusComplete").outcome(ticket).succeeded


def test_wait_event_ends_with_its_own_event(ready: Playbook) -> None:
    """R-CORR-02: what it waited for is everybody's; its duration is its Timeout's."""
    everything = ready.subscribe()
    ticket = ready.submit(Action("WaitEvent", {"Timeout": 60}))
    ready.expect_actions("WaitEvent").wait(59)
    ready.reply(ticket, "Message: Waiting for Event completed.").event("Newchannel")
    assert not ready.outcomes(ticket)
    reply = ready.item(ticket, "WaitEventComplete").outcome(ticket).unwrap()
    assert reply.events == ()
    assert reply.complete is not None
    assert len(ready.messages(everything)) == 1


def test_wait_event_times_out_on_its_own_time(ready: Playbook) -> None:
    ticket = ready.submit(Action("WaitEvent", {"Timeout": 60}))
    assert not ready.wait(64).outcomes(ticket)
    assert isinstance(ready.wait(2).outcome(ticket).error, ActionTimeout)


def test_fax_statistics_are_one_event(ready: Playbook) -> None:
    """R-CORR-02: a response, then an event with the ActionID, and no end."""
    ticket = ready.submit(Action("FAXStats"))
    ready.reply(ticket, "Message: FAXStats event will follow")
    assert (
        ready.item(ticket, "FAXStats", "FailedFAXes: 0").outcome(ticket).unwrap().events[0]["FailedFAXes"]
        == "0"
    )


def test_data_get_is_an_event_and_no_response(ready: Playbook) -> None:
    """R-CORR-10: event-only by declaration; an error is a failure all the same."""
    got, refused = ready.submit(Action("DataGet")), ready.submit(Action("DataGet"))
    assert ready.item(got, "DataGet Tree", "1-list.queue.name: x").outcome(got).unwrap().response is None
    assert isinstance(ready.reply(refused, status="Error").outcome(refused).error, ActionFailed)


def test_two_responses_where_two_are_expected(ready: Playbook) -> None:
    ticket = ready.submit(Action("JabberSend"), completion=MultiResponse(2))
    assert not ready.reply(ticket, "N: 1").outcomes(ticket)
    reply = ready.reply(ticket, "N: 2").outcome(ticket).unwrap()
    assert (reply["N"], [each["N"] for each in reply]) == ("1", ["2"])


def test_a_list_that_nobody_wants(ready: Playbook) -> None:
    """R-CORR-12: its items are stragglers."""
    ticket = ready.submit(LIST, completion=SingleResponse())
    assert ready.reply(ticket, "EventList: start").outcome(ticket).succeeded
    ready.item(ticket, "CoreShowChannel").receive(frame("Event: Stray"))
    assert ready.faults() == {Fault.STRAGGLER: 1}


def test_a_list_that_does_not_say_so(ready: Playbook) -> None:
    ticket = ready.submit(
        Action("Foreign"), completion=EventList(terminal_events=frozenset({"bye"}), events_max=1)
    )
    ready.reply(ticket).item(ticket, "One").receive(frame("Event: Two"))
    reply = ready.item(ticket, "Bye").outcome(ticket).unwrap()
    assert ([each.name for each in reply], reply.dropped) == (["One"], 1)
