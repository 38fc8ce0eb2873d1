"""R-CORR: a response ends the action that it answers, and no other."""

import random

from ami_proto import Action, ActionFailed, ActionTimeout, Fault, Sent, State
from conformance.laws.playbook import Playbook, frame
from tests.playbooks import STATUS, error_of


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
    action = STATUS
    one, two = ready.submit(action), ready.submit(action)
    assert one.action_id != two.action_id
    ready.reply(two).reply(one)
    assert ready.outcome(one).succeeded
    assert ready.outcome(two).succeeded


def test_5000_answers_in_random_order(ready: Playbook) -> None:
    """R-CORR-13: 10 % errors; every one ends, with the right answer, none left."""
    tickets = [ready.connection.submit(STATUS, ready.now) for _ in range(5000)]
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


# -- nobody's answers


def test_an_answer_to_nothing_changes_nothing(ready: Playbook) -> None:
    """R-CORR-08: counted and reported; another server's id, a late one, one without."""
    ticket = ready.submit(STATUS, timeout=1)
    ready.wait(1).reply(ticket)
    ready.reply("pbx2:01234567:1").receive(frame("Response: Error", "Message: Missing action in request"))
    assert isinstance(error_of(ready.outcome(ticket)), ActionTimeout)
    assert ready.faults() == {Fault.UNMATCHED: 3}
    assert ready.connection.state is State.READY


def test_ids_are_compared_exactly(ready: Playbook) -> None:
    """R-ID-03: correlation is by the exact id that was sent."""
    ticket = ready.submit(STATUS)
    ready.reply(ticket.action_id.upper()).reply(ticket.action_id + " ")
    assert not ready.outcomes(ticket)
    assert ready.faults() == {Fault.UNMATCHED: 2}


def test_a_foreign_reply_event_is_delivered(ready: Playbook) -> None:
    everything = ready.subscribe()
    ready.receive(frame("Event: Whatever", "ActionID: somebody-else"))
    assert len(ready.messages(everything)) == 1
    assert ready.faults() == {}
