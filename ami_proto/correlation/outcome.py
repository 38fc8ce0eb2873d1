"""What became of an action: its ticket, its reply, and the error where it did not succeed."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ami_proto.errors import AmiError
from ami_proto.message.message import Message
from ami_proto.values import Disconnect, Sent, ServerKey


@dataclass(frozen=True, slots=True)
class Ticket:
    """Stand for one submitted action until its one outcome."""

    server: ServerKey
    action_id: str
    action_name: str
    submitted: float = field(default=0.0, compare=False, repr=False)
    """When, on the caller's clock."""

    def __str__(self) -> str:
        return f"{self.action_name} {self.action_id}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered to one action: the response, then its events in order."""

    response: Message | None = None
    events: tuple[Message, ...] = ()
    """The items of a list; the event that tells the result of an asynchronous action; behind a fence
    also text that is neither response nor event. Further responses stand among them.
    """
    complete: Message | None = None
    """The event that closed a list: `ListItems`, and on some lists totals."""
    dropped: int = 0
    """Events beyond the completion's cap."""

    @property
    def truncated(self) -> bool:
        """Whether events are missing because there were more than the completion's cap."""
        return self.dropped > 0

    @property
    def output(self) -> list[str] | None:
        """The lines of a command's output, of either format; None for any other action."""
        return None if self.response is None else self.response.output

    def __getitem__(self, name: str) -> str:
        """Return the first value of a header of the response. Raises `KeyError`."""
        if self.response is None:
            raise KeyError(name)
        return self.response[name]

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of a header of the response, or the default."""
        return default if self.response is None else self.response.get(name, default)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.events)


class ActionError(AmiError):
    """An action ended without success. `reply` holds what had come, `sent` how much had left."""

    def __init__(self, ticket: Ticket, what: str, reply: Reply, sent: Sent) -> None:
        super().__init__(f"{ticket.action_name}: {what} [{ticket.action_id}]")
        self.ticket = ticket
        self.reply = reply
        self.sent = sent

    @property
    def action_id(self) -> str:
        """The ActionID it was sent with."""
        return self.ticket.action_id


class ActionFailed(ActionError):
    """The server said no. `message` is what it said."""

    def __init__(self, ticket: Ticket, what: str, reply: Reply, sent: Sent) -> None:
        super().__init__(ticket, what, reply, sent)
        self.message = what


class ActionTimeout(ActionError, TimeoutError):
    """No complete answer came before the action's deadline."""


class ActionUnconfirmed(ActionError):
    """Accepted by the server, but the event that tells its result never came: neither success
    nor failure.
    """


class ActionCancelled(ActionError):
    """Cancelled by the caller."""


class ActionLost(ActionError, ConnectionError):
    """The session ended first. `cause` says why."""

    def __init__(self, ticket: Ticket, cause: Disconnect, reply: Reply, sent: Sent) -> None:
        super().__init__(ticket, f"connection lost: {cause}", reply, sent)
        self.cause = cause


class MissingResponse(ActionError):
    """The end of the action came without its response."""


class ReplyTooLarge(ActionError):
    """A frame of the answer was longer than `max_frame_size` and was skipped."""


class CompletionFailed(ActionError):
    """The completion strategy raised; the exception is the `__cause__`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The one end of a ticket."""

    ticket: Ticket
    reply: Reply
    error: ActionError | None
    sent: Sent

    @property
    def succeeded(self) -> bool:
        """Whether the server gave evidence of success."""
        return self.error is None

    def unwrap(self) -> Reply:
        """Return the reply, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.reply
