"""The result of an Originate: what its response and its `OriginateResponse` say together."""

from dataclasses import dataclass
from enum import Enum, unique
from types import MappingProxyType
from typing import Final

from ami_proto.correlation.outcome import (
    ActionError,
    ActionFailed,
    ActionLost,
    ActionTimeout,
    ActionUnconfirmed,
    Reply,
)
from ami_proto.message.message import Message


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
    """Asterisk accepted it, and the result was never told: the session ended, or the event was hidden."""


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
        return self.reply.events[0] if self.reply.events else None

    @property
    def uniqueid(self) -> str | None:
        """The `Uniqueid` of the channel; None where there was none."""
        found = None if self.event is None else self.event.get("Uniqueid")
        return None if found in (None, "", "<null>", "<unknown>") else found


def call_result(reply: Reply) -> CallResult:
    """Return the result of an Originate that did not fail."""
    status = CallStatus.ANSWERED if reply.events else CallStatus.QUEUED
    return CallResult(status, "", reply)


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


def _failure(error: ActionFailed, reply: Reply) -> tuple[CallStatus, str]:
    if not reply.events:  # the response was an error
        return CallStatus.FAILED, error.message
    code = reply.events[0].get("Reason", "").strip()
    return _REASONS.get(code, (CallStatus.FAILED, f"reason {code}" if code else "no reason given"))
