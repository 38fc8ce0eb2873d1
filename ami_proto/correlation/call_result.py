"""The result of an Originate: what its response and its `OriginateResponse` say together."""

from dataclasses import dataclass
from enum import Enum, unique
from types import MappingProxyType
from typing import Final

from ami_proto.correlation.completion import named
from ami_proto.correlation.outcome import (
    ActionError,
    ActionFailed,
    ActionLost,
    ActionTimeout,
    ActionUnconfirmed,
    Reply,
)
from ami_proto.message.message import Message
from ami_proto.values import EVENT


@unique
class CallStatus(Enum):
    """How far a call came."""

    QUEUED = "queued"
    """Asterisk accepted it, and nobody waited for more."""
    DIALLING = "dialling"
    """Asterisk accepted it, and there was no result when the caller's time was over."""
    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no answer"
    """Nobody answered until the time to dial was over."""
    FAILED = "failed"
    """It could not be dialled, or ended before it was answered; `reason` says as much as Asterisk does."""
    UNCONFIRMED = "unconfirmed"
    """Asterisk accepted it, and its result is unknown: the session ended, or the event is hidden or torn."""


# The last control frame of the dialled channel (include/asterisk/frame.h; main/dial.c, main/pbx.c). 3 is what
# a channel has that said nothing at all, and 0 what one has that hung up, with whatever cause.
_REASONS: Final = MappingProxyType(
    {
        "0": (CallStatus.FAILED, "not dialled, or hung up before it was answered"),
        "1": (CallStatus.NO_ANSWER, "the other side hung up"),
        "3": (CallStatus.NO_ANSWER, "nobody answered in time"),
        "5": (CallStatus.BUSY, "busy"),
        "8": (CallStatus.FAILED, "congestion"),
    }
)

_UNREADABLE: Final = "its result cannot be read"
"""Of an event that says neither success nor failure: frames that are damaged, or are not Asterisk's."""


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of an Originate."""

    status: CallStatus
    reason: str
    """Why it was not answered, in a few words; empty if it was."""
    reply: Reply
    """What was received: the response, and `OriginateResponse` if it came."""

    @property
    def answered(self) -> bool:
        """Whether the other side answered."""
        return self.status is CallStatus.ANSWERED

    @property
    def event(self) -> Message | None:
        """`OriginateResponse`; None if it has not come."""
        return _result_event(self.reply)

    @property
    def uniqueid(self) -> str | None:
        """The `Uniqueid` of the channel; None where there was none."""
        found = None if self.event is None else self.event.get("Uniqueid")
        return None if found in (None, "", "<null>", "<unknown>") else found


def call_result(reply: Reply) -> CallResult:
    """Return the result of an Originate that did not fail."""
    event = _result_event(reply)
    if event is None:
        return CallResult(CallStatus.QUEUED, "", reply)
    if _told(event) == "success":
        return CallResult(CallStatus.ANSWERED, "", reply)
    return CallResult(CallStatus.UNCONFIRMED, _UNREADABLE, reply)


def failed_call(error: ActionError) -> CallResult:
    """Return the result of an Originate that failed. Raises the error if it says nothing about the call."""
    reply = error.reply
    if isinstance(error, ActionFailed):
        return CallResult(*_failure(error, reply), reply)
    if isinstance(error, ActionUnconfirmed):
        return CallResult(CallStatus.UNCONFIRMED, str(error), reply)
    if reply.response is not None and isinstance(error, ActionTimeout):
        return CallResult(CallStatus.DIALLING, "no result yet", reply)
    if reply.response is not None and isinstance(error, ActionLost):
        return CallResult(CallStatus.UNCONFIRMED, str(error), reply)
    raise error


def _result_event(reply: Reply) -> Message | None:
    """Return the event with the result. Further responses may be among the events too."""
    for event in reversed(reply.events):
        if event.kind is EVENT and named(event, ("OriginateResponse",)):
            return event
    return None


def _told(event: Message) -> str:
    """Return what the event says of the call: Asterisk writes `Success` or `Failure` (main/manager.c)."""
    return event.get("Response", "").strip().lower()


def _failure(error: ActionFailed, reply: Reply) -> tuple[CallStatus, str]:
    event = _result_event(reply)
    if event is None:  # the response was an error
        return CallStatus.FAILED, error.message
    if _told(event) != "failure":
        return CallStatus.UNCONFIRMED, _UNREADABLE
    code = event.get("Reason", "").strip()
    return _REASONS.get(code, (CallStatus.FAILED, f"reason {code}" if code else "no reason given"))
