"""Asterisk Manager Interface as a pure state machine: bytes and time in, commands and events out.

`Connection` keeps one server connected and is what a reactor of your own wires in, `Cluster` many;
`ami_backends` has drivers that are ready to use. `Decoder` parses a stream by itself.
"""

from ami_proto.cluster.cluster import Cluster
from ami_proto.config.limits import ClusterConfig
from ami_proto.config.server import ServerConfig
from ami_proto.config.setup_action import SetupAction
from ami_proto.connection.connection import Connection
from ami_proto.connection.filter import Filter
from ami_proto.connection.notices import (
    ActionFinished,
    BreakerChanged,
    ConnectScheduled,
    EventsDropped,
    Fault,
    FaultSeen,
    Notice,
    StateChanged,
)
from ami_proto.connection.server_queue import Drops, Gap, Overflow
from ami_proto.connection.snapshot import Snapshot
from ami_proto.correlation.call_result import CallResult, CallStatus
from ami_proto.correlation.outcome import (
    ActionCancelled,
    ActionError,
    ActionFailed,
    ActionLost,
    ActionTimeout,
    ActionUnconfirmed,
    Outcome,
    Reply,
    Ticket,
)
from ami_proto.errors import (
    AmiError,
    Backpressure,
    ConfigError,
    ConnectFailed,
    ConnectTimeout,
    Forbidden,
    InvalidAction,
    LoginRefused,
    MessageTimeout,
    MisuseError,
    NoServerReady,
    NotReady,
    RequestError,
)
from ami_proto.message.encoding import Action
from ami_proto.message.message import Decoder, Message
from ami_proto.policy import Policy
from ami_proto.values import BreakerState, Disconnect, Kind, Reason, Secret, Sent, State, Tls

__all__ = [
    "Action",
    "ActionCancelled",
    "ActionError",
    "ActionFailed",
    "ActionFinished",
    "ActionLost",
    "ActionTimeout",
    "ActionUnconfirmed",
    "AmiError",
    "Backpressure",
    "BreakerChanged",
    "BreakerState",
    "CallResult",
    "CallStatus",
    "Cluster",
    "ClusterConfig",
    "ConfigError",
    "ConnectFailed",
    "ConnectScheduled",
    "ConnectTimeout",
    "Connection",
    "Decoder",
    "Disconnect",
    "Drops",
    "EventsDropped",
    "Fault",
    "FaultSeen",
    "Filter",
    "Forbidden",
    "Gap",
    "InvalidAction",
    "Kind",
    "LoginRefused",
    "Message",
    "MessageTimeout",
    "MisuseError",
    "NoServerReady",
    "NotReady",
    "Notice",
    "Outcome",
    "Overflow",
    "Policy",
    "Reason",
    "Reply",
    "RequestError",
    "Secret",
    "Sent",
    "ServerConfig",
    "SetupAction",
    "Snapshot",
    "State",
    "StateChanged",
    "Ticket",
    "Tls",
]
