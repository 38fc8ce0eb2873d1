"""Asterisk Manager Interface as a pure state machine: bytes and time in, commands and events out.

`Connection` keeps one server connected and is what a reactor of your own wires in; `ami_backends`
has drivers that are ready to use. `Decoder` parses a stream by itself.
"""

from ami_proto.config import ServerConfig
from ami_proto.connection.lifecycle import TABLE as LIFECYCLE
from ami_proto.connection.machine import TRANSMIT_LIMIT, Connection
from ami_proto.connection.notices import (
    ActionFinished,
    ConnectScheduled,
    EventsDropped,
    Fault,
    FaultSeen,
    MessagesWaiting,
    Notice,
    StateChanged,
)
from ami_proto.connection.snapshot import Snapshot, SubscriptionSnapshot
from ami_proto.connection.subscription import (
    QUEUE_LIMIT_DEFAULT,
    Drops,
    Filter,
    Gap,
    Overflow,
    Subscription,
)
from ami_proto.correlation.completion import AsyncEvent, Automatic, Completion, Progress, Verdict
from ami_proto.correlation.outcome import (
    ActionCancelled,
    ActionError,
    ActionFailed,
    ActionLost,
    ActionTimeout,
    ActionUnconfirmed,
    CompletionFailed,
    MissingResponse,
    Outcome,
    Reply,
    ReplyTooLarge,
    Ticket,
)
from ami_proto.errors import (
    AmiError,
    Backpressure,
    ConfigError,
    ConnectFailed,
    InvalidAction,
    LoginRefused,
    MisuseError,
    NotReady,
    RequestError,
    connect_error,
)
from ami_proto.message.decode import Decoder
from ami_proto.message.encode import Action
from ami_proto.message.message import Message
from ami_proto.values import (
    Close,
    Command,
    Connect,
    Disconnect,
    Kind,
    Reason,
    Sent,
    ServerKey,
    SessionId,
    State,
    Tls,
    Watch,
)

__all__ = [
    "LIFECYCLE",
    "QUEUE_LIMIT_DEFAULT",
    "TRANSMIT_LIMIT",
    "Action",
    "ActionCancelled",
    "ActionError",
    "ActionFailed",
    "ActionFinished",
    "ActionLost",
    "ActionTimeout",
    "ActionUnconfirmed",
    "AmiError",
    "AsyncEvent",
    "Automatic",
    "Backpressure",
    "Close",
    "Command",
    "Completion",
    "CompletionFailed",
    "ConfigError",
    "Connect",
    "ConnectFailed",
    "ConnectScheduled",
    "Connection",
    "Decoder",
    "Disconnect",
    "Drops",
    "EventsDropped",
    "Fault",
    "FaultSeen",
    "Filter",
    "Gap",
    "InvalidAction",
    "Kind",
    "LoginRefused",
    "Message",
    "MessagesWaiting",
    "MissingResponse",
    "MisuseError",
    "NotReady",
    "Notice",
    "Outcome",
    "Overflow",
    "Progress",
    "Reason",
    "Reply",
    "ReplyTooLarge",
    "RequestError",
    "Sent",
    "ServerConfig",
    "ServerKey",
    "SessionId",
    "Snapshot",
    "State",
    "StateChanged",
    "Subscription",
    "SubscriptionSnapshot",
    "Ticket",
    "Tls",
    "Verdict",
    "Watch",
    "connect_error",
]
