"""How an action ends: the strategies that AMI needs, and what one of your own is made of."""

from ami_proto.correlation.completion import Completion, Progress, Verdict
from ami_proto.correlation.outcome import CompletionFailed, MissingResponse, ReplyTooLarge
from ami_proto.correlation.strategies import (
    AsyncEvent,
    Automatic,
    CommandOutput,
    EventList,
    EventOnly,
    Fence,
    MultiResponse,
    SingleResponse,
    Strategy,
)

__all__ = [
    "AsyncEvent",
    "Automatic",
    "CommandOutput",
    "Completion",
    "CompletionFailed",
    "EventList",
    "EventOnly",
    "Fence",
    "MissingResponse",
    "MultiResponse",
    "Progress",
    "ReplyTooLarge",
    "SingleResponse",
    "Strategy",
    "Verdict",
]
