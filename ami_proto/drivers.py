"""What a driver needs beside `ami_proto`: commands, sessions, subscriptions, and the words for an end."""

from ami_proto.config.coercion import TRUE, merged
from ami_proto.config.server import DURATION_MAX
from ami_proto.connection.actions import check_request
from ami_proto.connection.commands import Close, Command, Connect, Look, Watch
from ami_proto.connection.notices import MessagesWaiting
from ami_proto.connection.outbox import TRANSMIT_LIMIT
from ami_proto.connection.snapshot import SubscriptionSnapshot
from ami_proto.connection.subscription import QUEUE_BYTES_DEFAULT, QUEUE_LIMIT_DEFAULT, Subscription
from ami_proto.connection.transitions import TRANSITIONS
from ami_proto.correlation.call_result import call_result, failed_call
from ami_proto.errors import brief_names, connect_error
from ami_proto.machine import Machine
from ami_proto.message.encoding import Scalar, Value
from ami_proto.message.redact import Redaction
from ami_proto.message.view import EventView, Listed, event_pattern
from ami_proto.values import ServerKey, SessionId

__all__ = [
    "DURATION_MAX",
    "QUEUE_BYTES_DEFAULT",
    "QUEUE_LIMIT_DEFAULT",
    "TRANSITIONS",
    "TRANSMIT_LIMIT",
    "TRUE",
    "Close",
    "Command",
    "Connect",
    "EventView",
    "Listed",
    "Look",
    "Machine",
    "MessagesWaiting",
    "Redaction",
    "Scalar",
    "ServerKey",
    "SessionId",
    "Subscription",
    "SubscriptionSnapshot",
    "Value",
    "Watch",
    "brief_names",
    "call_result",
    "check_request",
    "connect_error",
    "event_pattern",
    "failed_call",
    "merged",
]
