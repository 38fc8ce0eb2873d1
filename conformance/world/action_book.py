"""The book of one action: what was asked, what has come, and what that proves.

What an answer proves is read from the frames themselves, by the rule that the action's strategy stands for:
`proof` reads the messages of a reply, `ends` the frames of the ledger.
"""

from dataclasses import dataclass, field

import ami_proto as ami
from ami_proto.completion import AsyncEvent, Completion, MultiResponse
from ami_proto.drivers import SessionId

from .ledger import SUCCESSES, ToldFrame, ToldKind

DIAL_DEFAULT, DIAL_MARGIN = 30.0, 5.0
"""Seconds that Asterisk dials unless told otherwise, and that the event with the result may take after it."""

IGNORING = frozenset({"SingleResponse", "CommandOutput", "AsyncEvent", "EventOnly"})
"""Strategies that leave some events with their ActionID out of the reply."""


@dataclass(slots=True)
class ActionBook:
    """One submitted action."""

    ticket: ami.Ticket
    action: ami.Action
    completion: Completion | None
    deadline: float | None
    """None if only the strategy knows it."""
    order: int
    """Its number among the submitted actions."""
    shortened: bool = False
    """Whether the application waits for a shorter time than the action takes by itself."""
    session: SessionId | None = None
    """The session whose driver was shown its ActionID."""
    shown_whole: bool = False
    """Whether the driver was shown its end."""
    frames: list[tuple[ToldFrame, float]] = field(default_factory=list)
    """What the machine has read with its ActionID, and when."""
    cancelled_at: float | None = None
    overdue_at: float | None = None
    """The first `handle_timeout` at or after the deadline."""
    late: int = 0
    """Frames of its answer that came too late for its reply."""
    carried_out: bool = False
    outcome: ami.Outcome | None = None

    @property
    def async_event(self) -> str | None:
        """The name of the published event that belongs to its reply."""
        if isinstance(self.completion, AsyncEvent):
            return self.completion.event
        default = self.ticket.strategy == "AsyncEvent"
        return "OriginateResponse" if default else None

    @property
    def hints(self) -> bool:
        """Whether it ends unconfirmed, not as timed out, where only the event with the result is missing."""
        if self.shortened:
            return False
        if self.completion is not None:
            return self.completion.unconfirmed_hint is not None
        return self.ticket.strategy == "AsyncEvent"

    @property
    def ignores(self) -> bool:
        """Whether its strategy may leave events out of the reply."""
        return self.ticket.strategy in IGNORING

    def answer(self) -> list[tuple[ToldFrame, float]]:
        """Return the frames that belong to its reply."""
        event = (self.async_event or "").lower()
        return [
            (frame, at) for frame, at in self.frames if not frame.published or frame.name.lower() == event
        ]


def default_duration(action: ami.Action) -> float | None:
    """Return how long an asynchronous Originate takes at most; None for any other action."""
    if action.key != "originate" or action.get("Async", "").lower() not in ("true", "yes", "1"):
        return None
    milliseconds = action.get("Timeout", "")
    return DIAL_MARGIN + (int(milliseconds) / 1000 if milliseconds.isdecimal() else DIAL_DEFAULT)


def ends(book: ActionBook, frames: list[ToldFrame]) -> bool:
    """Whether an action has ended with these frames at the latest."""
    strategy = book.ticket.strategy
    responses = [each for each in frames if each.kind is ToldKind.RESPONSE]
    wanted = (book.async_event or "").lower()
    match strategy:
        case "Fence":
            return False
        case "RaisingStrategy":
            return bool(frames)
        case "AsyncEvent" | "EventOnly":
            whole = any(each.kind is ToldKind.EVENT and each.name.lower() == wanted for each in frames)
        case "MultiResponse":
            assert isinstance(book.completion, MultiResponse), "no action has it by default"
            whole = len(responses) >= book.completion.count
        case "Automatic" | "EventList":
            opened = strategy == "EventList" or any(each.opens_list for each in responses)
            closed = any(b"EventList: Complete\r\n" in each.raw for each in frames)
            whole = closed if opened else bool(responses)
        case _:
            whole = bool(responses)
    return whole or any(each.failed for each in responses)


def messages(reply: ami.Reply) -> list[ami.Message]:
    """Return every message of a reply: the response, the events, the end of the list."""
    every = [reply.response, *reply.events, reply.complete]
    return [each for each in every if each is not None]


def is_error(message: ami.Message) -> bool:
    """Whether it is the response of an action that failed."""
    return message.kind is ami.Kind.RESPONSE and (message.name or "").lower() not in SUCCESSES


def proof(book: ActionBook, reply: ami.Reply) -> bool | None:
    """Return what a reply proves: True is success, False an error, None that the answer is not whole."""
    strategy, response = book.ticket.strategy, reply.response
    if any(is_error(each) for each in messages(reply)):
        return None if strategy == "Fence" else False
    match strategy:
        case "SingleResponse":
            return True if response is not None else None
        case "CommandOutput":
            return None if response is None else response.output is not None
        case "Automatic":
            opened = response is not None and (response.get("EventList") or "").lower() == "start"
            whole = reply.complete is not None if opened else response is not None
            return True if whole else None
        case "EventList":
            return True if response is not None and reply.complete is not None else None
        case "MultiResponse":
            assert isinstance(book.completion, MultiResponse), "no action has it by default"
            count = sum(each.kind is ami.Kind.RESPONSE for each in messages(reply))
            return True if count >= book.completion.count else None
        case "AsyncEvent" | "EventOnly":
            return _async_proof(book, reply)
    return None


def _async_proof(book: ActionBook, reply: ami.Reply) -> bool | None:
    """Return what the event with the result says; without it nothing is proved."""
    wanted = (book.async_event or "").lower()
    for event in reply.events:
        if event.kind is ami.Kind.EVENT and (event.name or "").lower() == wanted:
            said = event.get("Response")
            if said is not None and said.lower() != "success":
                return False
            return True if reply.response is not None or book.ticket.strategy == "EventOnly" else None
    return None
