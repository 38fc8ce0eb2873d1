"""The ticket, the reply and the outcome of an action, and the errors of actions that failed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Generic

from ami_proto.catalogue.releases import why_missing
from ami_proto.errors import AmiError
from ami_proto.message.encoding import Action
from ami_proto.message.message import Message
from ami_proto.message.view import Listed
from ami_proto.values import Disconnect, Sent, ServerKey

# Asterisk's answer to an action that it does not have (main/manager.c, process_message).
_UNKNOWN_ACTION: Final = "Invalid/unknown command"

# Headers whose value is the whole answer: of Getvar (main/manager.c), and in the event of DBGet (main/db.c).
_VALUES: Final = ("Value", "Val")


@dataclass(frozen=True, slots=True)
class Ticket:
    """The handle of a submitted action, until its outcome."""

    server: ServerKey
    action_id: str
    action_name: str
    submitted: float = field(default=0.0, compare=False, repr=False)
    """The time of submission, on the caller's clock."""
    strategy: str = field(default="", compare=False, repr=False)
    """The name of the completion strategy's class."""
    action: Action | None = field(default=None, compare=False, repr=False)
    """What was submitted. It is not masked; `ActionFinished.headers` is."""
    asked_by: str | None = field(default=None, compare=False, repr=False)
    """On whose behalf, in the words of the caller of `submit`."""

    def __str__(self) -> str:
        return f"{self.action_name} {self.action_id}"


@dataclass(frozen=True, slots=True)
class Reply(Generic[Listed]):
    """The answer to one action: the response, and the events in order."""

    response: Message | None = None
    events: tuple[Listed, ...] = ()
    """The items of a list; the event with the result of an asynchronous action; with a `Fence` also text that
    is neither response nor event. Further responses are among them.
    """
    complete: Message | None = None
    """The event that ended a list: it has `ListItems`, and for some lists totals."""
    dropped: int = 0
    """The number of events beyond the completion's cap."""
    damaged: int = 0
    """The number of frames among the answer that were torn, or may be two that ran together: an item of the
    list may be missing. A fault notice has reported each."""

    @property
    def truncated(self) -> bool:
        """Whether events are missing because there were more than the completion's cap."""
        return self.dropped > 0

    @property
    def output(self) -> list[str] | None:
        """The lines of a command's output, in either format; None for any other action."""
        return None if self.response is None else self.response.output

    @property
    def value(self) -> str:
        """The one value that was asked for: `Value` of Getvar, `Val` of DBGet. Raises `KeyError`."""
        for message in (self.response, *self.events):
            for name in _VALUES:
                if message is not None and name in message:
                    return message[name]
        raise KeyError(_VALUES[0])

    def __getitem__(self, name: str) -> str:
        """Return the first value of a header of the response. Raises `KeyError`."""
        if self.response is None:
            raise KeyError(name)
        return self.response[name]

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of a header of the response, or the default."""
        return default if self.response is None else self.response.get(name, default)

    def __iter__(self) -> Iterator[Listed]:
        return iter(self.events)


class ActionError(AmiError):
    """An action did not succeed. `reply` has what was received, `sent` how much of the action was sent."""

    def __init__(self, ticket: Ticket, what: str, reply: Reply, sent: Sent) -> None:
        super().__init__(f"{ticket.action_name}: {what} [{ticket.action_id}]")
        self.ticket = ticket
        self.reply = reply
        self.sent = sent

    @property
    def action_id(self) -> str:
        """The ActionID of the action."""
        return self.ticket.action_id


class ActionFailed(ActionError):
    """The server answered with an error. `message` has its words.

    `hint` says so if its release of Asterisk does not have the action (`ask_release`); else it is empty.
    """

    hint = ""

    def __init__(self, ticket: Ticket, what: str, reply: Reply, sent: Sent) -> None:
        super().__init__(ticket, what, reply, sent)
        self.message = what

    def explain(self, release: str) -> None:
        """Say if the server does not know the action because of its release."""
        if self.message.startswith(_UNKNOWN_ACTION):
            self.hint = why_missing(release, self.ticket.action_name) or ""

    def __str__(self) -> str:
        return f"{super().__str__()} ({self.hint})" if self.hint else super().__str__()


class ActionTimeout(ActionError, TimeoutError):
    """The answer was not complete at the action's deadline.

    `cause` is set for an action that waited for READY in vain: the last cause of the connection.
    """

    cause: Disconnect | None = None


class ActionUnconfirmed(ActionError):
    """Neither success nor failure is proved: the server accepted it and the event with the result never came,
    or an error without ActionID came that may be the answer to another action.
    """


class ActionCancelled(ActionError):
    """The caller cancelled the action. The server may still run it; see `sent`."""


class ActionLost(ActionError, ConnectionError):
    """The session ended before the action. `cause` says why."""

    def __init__(self, ticket: Ticket, cause: Disconnect, reply: Reply, sent: Sent) -> None:
        super().__init__(ticket, f"connection lost: {cause}", reply, sent)
        self.cause = cause


class MissingResponse(ActionError):
    """The action ended without its response."""


class ReplyTooLarge(ActionError):
    """A frame of the answer was longer than `max_frame_size` and was skipped."""


class CompletionFailed(ActionError):
    """The completion strategy raised an exception, which is the `__cause__`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of an action: each ticket gets exactly one."""

    ticket: Ticket
    reply: Reply
    error: ActionError | None
    sent: Sent

    @property
    def succeeded(self) -> bool:
        """Whether the server confirmed success."""
        return self.error is None

    def unwrap(self) -> Reply:
        """Return the reply, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.reply
