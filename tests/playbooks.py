"""Helpers for tests of one connection with `conformance.laws.playbook`: how they begin, what they look at."""

from collections.abc import Iterable
from itertools import pairwise

import pytest

from ami_proto import Action, ActionError, Decoder, Disconnect, Message, Outcome, ServerConfig, State, Ticket
from conformance.laws.playbook import BANNER, SERVER, Playbook, SentAction, frame

STATUS = Action("CoreStatus")
"""Asterisk answers it with one response."""
LIST = Action("CoreShowChannels")
"""Asterisk answers it with a list: a response, events, an end."""
TEXT = Action("IAXnetstats")
"""Asterisk answers it with text that has no end of its own: the connection sends a ping after it."""
LINES = b"-------- LOCAL --------\nchannel jitter\n\n"
"""What Asterisk answers to `TEXT`."""


def logged_in(server: ServerConfig = SERVER) -> Playbook:
    """Return a playbook whose connection is READY; the notices of the login are dropped."""
    play = Playbook(server).log_in()
    play.notices.clear()
    return play


@pytest.fixture
def ready() -> Playbook:
    """Give a playbook whose connection is READY, with every default option."""
    return logged_in()


def ping(play: Playbook, ticket: Ticket) -> SentAction:
    """Return the ping that the connection sent after an action without an end of its own."""
    heard = play.sent_actions
    place = [each.action_id for each in heard].index(ticket.action_id)
    assert heard[place + 1].name == "Ping"
    return heard[place + 1]


def pong(play: Playbook, ticket: Ticket) -> Playbook:
    """Answer the ping after an action, which ends the action."""
    return play.reply(ping(play, ticket), "Ping: Pong")


def state_of(play: Playbook) -> State:
    """Return the state now; after an assert a type checker takes `play.connection.state` for unchanged."""
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
    """Decode one message of these lines."""
    return Decoder().feed(BANNER + frame(*lines))[1]


def in_pieces(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    """Cut the data at these offsets, in ascending order."""
    return [data[begin:end] for begin, end in pairwise([0, *cuts, len(data)])]
