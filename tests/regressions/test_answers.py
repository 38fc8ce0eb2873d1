"""Faults of the ancestor with actions: what went out, what came back, and whose it was."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ami_proto import (
    Action,
    ActionFailed,
    ActionLost,
    ActionUnconfirmed,
    Backpressure,
    EventList,
    Fault,
    MissingResponse,
    Reply,
    ReplyTooLarge,
    RequestError,
    SetupAction,
    State,
    Ticket,
)
from conformance.playbook import SERVER, Playbook, frame

PING = Action("Ping")
LIST = Action("CoreShowChannels")
STARTED = ("EventList: start", "Message: Channels will follow")
ENDED = ("EventList: Complete", "ListItems: 2")
ORIGINATE = Action("Originate", {"Channel": "PJSIP/7", "Application": "Wait"})

# -- out

INJECTIONS: dict[str, Callable[[str], object]] = {
    "action name": lambda evil: Action(f"Ping{evil}"),
    "header name": lambda evil: Action("Ping", {f"A{evil}": "1"}),
    "header value": lambda evil: Action("Ping", {"A": f"1{evil}"}),
    "one of several values": lambda evil: Action("Ping", {"A": ["1", f"2{evil}"]}),
    "variable": lambda evil: Action("Originate", variables={"A": f"1{evil}"}),
    "variable name": lambda evil: Action("Originate", variables={f"A{evil}": "1"}),
    "set-up action": lambda evil: SetupAction("Events", (("EventMask", f"on{evil}"),)),
    "user name": lambda evil: replace(SERVER, username=f"ops{evil}"),
    "secret": lambda evil: replace(SERVER, secret=f"s3cret{evil}"),
    "event mask": lambda evil: replace(SERVER, events=f"on{evil}"),
}


@pytest.mark.parametrize("place", INJECTIONS)
@pytest.mark.parametrize("evil", ["\r\n\r\nAction: Logoff", "\nAction: Logoff", "\rX", "\0", "\r\n", "\n"])
def test_cr_lf_injection(place: str, evil: str) -> None:
    """R-ACT-02. A caller ID with a line end in it was an action of its own, run with the user's rights."""
    with pytest.raises(RequestError):
        INJECTIONS[place](evil)


def test_a_duplicate_action_id_that_orphans_an_action() -> None:
    """R-ID-01, R-ACT-04. Of two actions with one ActionID the first was overwritten, and never ended."""
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


def test_a_write_overflow_that_drops_the_session() -> None:
    """R-CORR-05, R-FLOW-04. One action too many closed the socket, and took every other with it."""
    play = Playbook(replace(SERVER, max_outbound_bytes=16 * 1024)).log_in()
    session, play.lazy = play.session, True
    accepted: list[Ticket] = []
    with pytest.raises(Backpressure):  # noqa: PT012 - which of them is too many is not the point
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


# -- back

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
def test_command_output_split_reordered_or_trimmed(form: str, size: int) -> None:
    """R-WIRE-08. An empty line ended the answer, a colon made a header, and headers were a sorted mapping."""
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
    """Submit a list action, and answer it up to its first item."""
    ticket = play.submit(LIST, completion=EventList(events_max=events_max))
    if lines:
        play.reply(ticket, *lines)
    play.item(ticket, "CoreShowChannel", "Channel: PJSIP/1")
    return ticket


def test_a_truncated_list_reported_as_success() -> None:
    """R-CORR-03, R-CORR-09, R-CORR-10. Half a list was a list: lost items, errors and losses did not show."""
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


def test_a_failed_originate_reported_as_success() -> None:
    """R-CORR-03, R-CORR-15. `Originate successfully queued` was the answer, whoever picked up or did not."""
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


def test_frames_without_kind_counted_as_responses() -> None:
    """R-WIRE-07, R-WIRE-09. What was no event had to be a response: it ended actions, and hid a desync."""
    play = Playbook().log_in()
    ticket = play.submit(PING)
    play.receive(frame(f"ActionID: {ticket.action_id}", "Response: Success"), frame("Nonsense"))
    assert not play.outcomes(ticket)
    assert play.faults() == {Fault.DESYNC: 2}
    assert play.reply(ticket).outcome(ticket).succeeded
