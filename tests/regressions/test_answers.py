"""Actions and replies. Each test guards a rule that an earlier library of ours broke; `Fault:` says how."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ami_proto import (
    Action,
    ActionFailed,
    ActionLost,
    ActionUnconfirmed,
    Backpressure,
    Fault,
    Reply,
    RequestError,
    SetupAction,
    State,
    Ticket,
)
from ami_proto.completion import EventList, MissingResponse, ReplyTooLarge
from conformance.laws.playbook import SERVER, Playbook, frame

PING = Action("Ping")
LIST = Action("CoreShowChannels")
STARTED = ("EventList: start", "Message: Channels will follow")
ENDED = ("EventList: Complete", "ListItems: 2")
ORIGINATE = Action("Originate", {"Channel": "PJSIP/7", "Application": "Wait"})

# -- actions

INJECTIONS: dict[str, Callable[[str], object]] = {
    "action name": lambda evil: Action(f"Ping{evil}"),
    "header name": lambda evil: Action("Ping", {f"A{evil}": "1"}),
    "header value": lambda evil: Action("Ping", {"A": f"1{evil}"}),
    "one of several values": lambda evil: Action("Foreign", {"A": ["1", f"2{evil}"]}),
    "variable": lambda evil: Action("Originate", variables={"A": f"1{evil}"}),
    "variable name": lambda evil: Action("Originate", variables={f"A{evil}": "1"}),
    "set-up action": lambda evil: SetupAction("Events", (("EventMask", f"on{evil}"),)),
    "user name": lambda evil: replace(SERVER, username=f"ops{evil}"),
    "secret": lambda evil: replace(SERVER, secret=f"s3cret{evil}"),
    "event mask": lambda evil: replace(SERVER, events=f"on{evil}"),
}


@pytest.mark.parametrize("place", INJECTIONS)
@pytest.mark.parametrize("evil", ["\r\n\r\nAction: Logoff", "\nAction: Logoff", "\rX", "\0", "\r\n", "\n"])
def test_a_line_end_in_any_value_is_refused(place: str, evil: str) -> None:
    """R-ACT-02. Fault: what came after a line end in a caller ID ran as an action of its own."""
    INJECTIONS[place]("")  # without the line end nothing is wrong with it
    with pytest.raises(RequestError):
        INJECTIONS[place](evil)


def test_every_action_has_an_id_of_its_own_and_ends_once() -> None:
    """R-ID-01, R-ACT-04. Fault: of two actions with one ActionID, the first never ended."""
    play = Playbook().log_in()
    first, second, third = (play.submit(PING) for _ in range(3))
    play.cancel(third)
    fourth = play.submit(PING)
    known = {each.action_id for each in (first, second, third, fourth)}
    assert len(known) == 4
    for number, ticket in enumerate((fourth, second, first)):
        play.reply(ticket, f"Number: {number}").reply(ticket, "Number: again")
        assert play.outcome(ticket).reply["Number"] == str(number)
    assert play.connection.snapshot().actions_pending == 0
    assert play.faults()[Fault.UNMATCHED] == 3
    elsewhere = Playbook(seed=2).log_in()
    assert not {elsewhere.submit(PING).action_id for _ in range(4)} & known


def test_one_action_too_many_is_refused_and_the_session_stays() -> None:
    """R-CORR-05, R-FLOW-04. Fault: one action too many closed the session and failed all others."""
    play = Playbook(replace(SERVER, max_outbound_bytes=16 * 1024)).log_in()
    session, play.lazy = play.session, True
    accepted: list[Ticket] = []
    with pytest.raises(Backpressure):  # noqa: PT012 - any of them may be the one too many
        while len(accepted) < 1000:
            accepted.append(play.submit(Action("UserEvent", {"UserEvent": "x" * 900})))
    assert 10 < len(accepted) < 20
    assert play.connection.snapshot().actions_pending == len(accepted)
    play.lazy = False
    for ticket in accepted:
        play.drain().write()
        assert play.reply(ticket).outcome(ticket).succeeded
    assert play.reply(play.submit(PING)).session == session
    assert play.connection.state is State.READY


# -- replies

OUTPUT = [
    "  indented, and a blank at the end ",
    "",
    "Event: Hangup",
    "",
    "",
    "Response: Success",
    "zulu before alpha: yes",
    "alpha",
    "ActionID: pbx:00000000:1",
    "\tOutput: not a header --END COMMAND",
    "",
]


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("form", ["Output", "Follows"])
def test_command_output_comes_line_by_line_as_it_was_sent(form: str, size: int) -> None:
    """R-WIRE-08. Fault: an empty line ended the output, and lines with a colon were sorted as headers."""
    play = Playbook().log_in()
    ticket = play.submit(Action("Command", {"Command": "dialplan show"}))
    if form == "Output":
        lines = ["Response: Success", f"ActionID: {ticket.action_id}", "Message: Command output follows"]
        data = frame(*lines, *(f"Output: {each}" for each in OUTPUT))
    else:
        body = "".join(f"{each}\n" for each in OUTPUT)
        head = f"Response: Follows\r\nPrivilege: Command\r\nActionID: {ticket.action_id}\r\n"
        data = f"{head}{body}--END COMMAND--\r\n\r\n".encode()
    for begin in range(0, len(data), size):
        play.receive(data[begin : begin + size])
    assert play.outcome(ticket).reply.output == OUTPUT


def short_list(play: Playbook, *, lines: tuple[str, ...] = STARTED, events_max: int = 100_000) -> Ticket:
    """Submit a list action; answer it with these first lines and one item."""
    ticket = play.submit(LIST, completion=EventList(events_max=events_max))
    if lines:
        play.reply(ticket, *lines)
    play.item(ticket, "CoreShowChannel", "Channel: PJSIP/1")
    return ticket


def test_an_incomplete_list_is_reported_as_incomplete() -> None:
    """R-CORR-03, R-CORR-09, R-CORR-10. Fault: a reply did not show lost items, errors or a lost session."""
    play = Playbook(replace(SERVER, max_frame_size=64 * 1024)).log_in()

    def reply_of(ticket: Ticket, error: type[Exception] | None) -> Reply:
        outcome = play.outcome(ticket)
        assert type(outcome.error) is (error or type(None))
        assert play.connection.snapshot().actions_pending == 0
        return outcome.reply

    capped = short_list(play, events_max=1)
    play.item(capped, "CoreShowChannel").item(capped, "CoreShowChannelsComplete", *ENDED)
    reply = reply_of(capped, None)
    assert (len(reply.events), reply.truncated, reply.dropped) == (1, True, 1)

    broken_off = short_list(play)
    play.reply(broken_off, "Message: No more", status="Error")
    assert len(reply_of(broken_off, ActionFailed).events) == 1

    headless = short_list(play, lines=())
    play.item(headless, "CoreShowChannelsComplete", *ENDED)
    reply_of(headless, MissingResponse)

    skipped = short_list(play)
    play.item(skipped, "CoreShowChannel", "X: " + "x" * 70_000)
    reply_of(skipped, ReplyTooLarge)

    lost = short_list(play)
    play.disconnect()
    assert len(reply_of(lost, ActionLost).events) == 1


def test_an_originate_succeeds_only_when_its_event_says_so() -> None:
    """R-CORR-03, R-CORR-15. Fault: `Originate successfully queued` counted as success, answered or not."""
    play = Playbook().log_in()
    ends: dict[str, type[Exception] | None] = {"Failure": ActionFailed, "Success": None}
    for response, error in ends.items():
        ticket = play.submit(ORIGINATE)
        play.reply(ticket, "Message: Originate successfully queued")
        assert not play.outcomes(ticket)
        told = (f"ActionID: {ticket.action_id}", f"Response: {response}", "Reason: 5")
        play.event("OriginateResponse", *told)
        assert type(play.outcome(ticket).error) is (error or type(None))
    unheard = play.submit(ORIGINATE)
    play.reply(unheard, "Message: Originate successfully queued")
    while not play.outcomes(unheard) and play.now < 10_000:
        play.wait(1.0)
        for ping in play.unanswered:
            play.reply(ping, "Ping: Pong")
    assert isinstance(play.outcome(unheard).error, ActionUnconfirmed)


def test_a_frame_that_is_no_response_ends_no_action() -> None:
    """R-WIRE-07, R-WIRE-09. Fault: every frame but an event was taken for a response and ended an action."""
    play = Playbook().log_in()
    ticket = play.submit(PING)
    play.receive(frame(f"Actionid: {ticket.action_id}x", "Status: Success"), frame("Nonsense"))
    assert not play.outcomes(ticket)
    assert play.faults() == {Fault.DESYNC: 2}
    assert play.reply(ticket).outcome(ticket).succeeded
