"""Captured conversations, held again: each action comes to the end that the server gave it."""

from itertools import accumulate

import pytest

from ami_proto import Action, Decoder, Kind, Message
from conformance.corpus import Capture, captures
from conformance.laws.playbook import Playbook, read_actions

HELD = ("all-actions-quiet", "all-actions-events", "call-mix", "command-outputs")
CONVERSATIONS = [each for each in captures() if each.name.partition("/")[2] in HELD]

ENGINES_OWN = ("Login", "Logoff")


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.name)
def test_every_action_ends_as_the_server_ended_it(conversation: Capture) -> None:
    """R-CORR-01, R-CORR-02, R-CORR-14: by its default, the odd ones too, and no frame is out of place."""
    play = Playbook().log_in()
    everything = play.subscribe(limit=100_000)
    tickets = {}
    for (_, text), answer in zip(conversation.sent, answers(conversation), strict=True):
        (asked,) = read_actions(text.encode("latin-1"))
        if asked.name not in ENGINES_OWN:
            ticket = tickets[asked.action_id] = play.submit(Action(asked.name, asked.headers))
            play.receive(renamed(answer, {theirs: each.action_id for theirs, each in tickets.items()}))
            if play.sent_actions[-1].action_id != ticket.action_id:
                play.reply(
                    play.sent_actions[-1], "Ping: Pong"
                )  # to the fence, which the capture did not have
    assert play.faults() == {}
    for theirs, ticket in tickets.items():
        said = [each for each in Decoder().feed(conversation.data) if each.action_id == theirs]
        outcome = play.outcome(ticket)
        kept = [outcome.reply.response, outcome.reply.complete, *outcome.reply]
        assert outcome.succeeded is not any(map(refuses, said)), ticket
        assert len(said) == len([each for each in kept if each is not None]), ticket
    events = play.messages(everything)
    assert {each.kind for each in events if isinstance(each, Message)} <= {Kind.EVENT}


def answers(conversation: Capture) -> list[bytes]:
    """Return what came behind each action: the next was sent when it had been answered."""
    heard = [b""] * len(conversation.sent)
    reads = [(at, size) for at, size in conversation.chunks if size > 0]
    ends = accumulate(size for _, size in reads)
    for (at, size), end in zip(reads, ends, strict=True):
        sent = sum(when <= at for when, _ in conversation.sent)
        heard[max(0, sent - 1)] += conversation.data[end - size : end]
    return heard


def renamed(data: bytes, names: dict[str, str]) -> bytes:
    """Return the same with our ActionIDs in place of theirs."""
    for theirs, ours in names.items():
        data = data.replace(f"ActionID: {theirs}\r\n".encode(), f"ActionID: {ours}\r\n".encode())
    return data


def refuses(message: Message) -> bool:
    return "Error" in (message.name, message.get("Response")) or message.get("Response") == "Failure"
