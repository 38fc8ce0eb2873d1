"""How stories that are told with `conformance.playbook` begin, and how tests look at their end."""

from collections.abc import Iterable
from itertools import pairwise

import pytest

from ami_proto import Action, ActionError, Decoder, Disconnect, Message, Outcome, ServerConfig, State, Ticket
from conformance.playbook import BANNER, SERVER, Heard, Playbook, frame

STATUS = Action("CoreStatus")
"""Has a plain answer."""
LIST = Action("CoreShowChannels")
"""Has a list for an answer."""
TEXT = Action("IAXnetstats")
"""Has lines of text for an answer, whose end is known by a ping behind it."""
LINES = b"-------- LOCAL --------\nchannel jitter\n\n"
"""Such text."""


def logged_in(server: ServerConfig = SERVER) -> Playbook:
    """Return a connection behind its login, what it said on the way forgotten."""
    play = Playbook(server).log_in()
    play.notices.clear()
    return play


@pytest.fixture
def ready() -> Playbook:
    """Give a connection that is READY, to a server with every default."""
    return logged_in()


def ping(play: Playbook, ticket: Ticket) -> Heard:
    """Return the ping that was sent right behind an action."""
    heard = play.heard
    place = [each.action_id for each in heard].index(ticket.action_id)
    assert heard[place + 1].name == "Ping"
    return heard[place + 1]


def pong(play: Playbook, ticket: Ticket) -> Playbook:
    """Answer the ping behind an action, which ends its answer."""
    return play.reply(ping(play, ticket), "Ping: Pong")


def state_of(play: Playbook) -> State:
    """Return the state, which a checker does not take for unchanged since the last look."""
    return play.connection.state


def cause_of(play: Playbook) -> Disconnect:
    """Return why the latest session ended."""
    cause = play.connection.snapshot().last_cause
    assert cause is not None
    return cause


def error_of(outcome: Outcome) -> ActionError:
    """Return the error of an action that failed."""
    assert outcome.error is not None
    return outcome.error


def message(*lines: str) -> Message:
    """Return one message of these lines, as it is decoded."""
    return Decoder().feed(BANNER + frame(*lines))[1]


def in_pieces(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    """Return the data cut at these offsets, which are in order."""
    return [data[begin:end] for begin, end in pairwise([0, *cuts, len(data)])]
