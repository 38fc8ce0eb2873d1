"""The surface that drivers drive: `Connection` has it, and so does anything that wraps or bundles one.

Four kinds of method, told apart by their names:

* Properties and `snapshots` look. They are cheap and change nothing.
* `handle_` methods take facts from the driver. They never raise, whatever the bytes and the order; a fact
  about an unknown or superseded session is ignored.
* `start`, `submit`, `cancel`, `subscribe`, `unsubscribe` and `stop` are requests. They raise a
  `RequestError` and change nothing, or succeed. From inside a predicate or a completion strategy they raise.
* `poll_` methods drain the outputs. Notices, messages, commands and bytes have one drain each, because they
  have different backpressure.

Every `now` is in seconds of one monotonic clock, the driver's.
"""

from collections.abc import Mapping
from typing import Protocol

from ami_proto.config.server import ServerConfig
from ami_proto.connection.commands import Command
from ami_proto.connection.filter import Filter
from ami_proto.connection.notices import Notice
from ami_proto.connection.outbox import TRANSMIT_LIMIT
from ami_proto.connection.server_queue import Drops, Gap, Overflow
from ami_proto.connection.snapshot import Snapshot
from ami_proto.connection.subscription import QUEUE_BYTES_DEFAULT, QUEUE_LIMIT_DEFAULT, Subscription
from ami_proto.correlation.completion import Completion
from ami_proto.correlation.outcome import Ticket
from ami_proto.message.encoding import Action
from ami_proto.message.message import Message
from ami_proto.message.redact import Redaction
from ami_proto.routes import Route
from ami_proto.values import Disconnect, ServerKey, SessionId, State


class Machine(Protocol):
    """One server or many, to be driven."""

    # -- looking

    @property
    def servers(self) -> Mapping[ServerKey, ServerConfig]:
        """The configuration of each server by its key, in the order in which they were added."""

    @property
    def states(self) -> Mapping[ServerKey, State]:
        """The state of each server by its key."""

    @property
    def redaction(self) -> Redaction:
        """What must not be shown in a log of the driver."""

    @property
    def stopped(self) -> bool:
        """Whether every server is CLOSED and nothing is left to drain."""

    @property
    def frames_received(self) -> int:
        """Frames of every session since the machine was made."""

    @property
    def events_received(self) -> int:
        """Events of every session since the machine was made, wanted or not."""

    def snapshots(self) -> Mapping[ServerKey, Snapshot]:
        """Return the health of each server as plain data."""

    # -- facts

    def handle_connected(self, session: SessionId, now: float) -> None:
        """Take the fact that the stream of `Connect(session)` is up, TLS verified."""

    def handle_received(self, session: SessionId, data: bytes, now: float) -> None:
        """Take bytes of the stream: any number, cut anywhere. They are parsed at once."""

    def handle_drained(self, session: SessionId, looked_at: float) -> None:
        """Take the fact that a read without waiting that began at `looked_at` found nothing.

        Report it once after `handle_connected`, and as the answer to each `Look`. Until the first report a
        machine judges deadlines by time alone.
        """

    def handle_sent(self, session: SessionId, count: int, now: float) -> None:
        """Take the fact that the first `count` bytes of the last `poll_transmit` were written."""

    def handle_disconnected(self, session: SessionId, cause: Disconnect, now: float) -> None:
        """Take the end of the stream, or of the attempt to open it."""

    def handle_timeout(self, now: float) -> None:
        """Take the fact that time has passed. Early and late calls are harmless."""

    # -- requests

    def start(self, now: float) -> None:
        """Begin to connect. Raises `MisuseError` unless everything is CLOSED."""

    def submit(
        self,
        action: Action,
        now: float,
        *,
        to: ServerKey | Route | None = None,
        timeout: float | None = None,
        completion: Completion | None = None,
        wait: bool = False,
        asked_by: str | None = None,
    ) -> Ticket:
        """Send an action to a server, or to one that a route chooses; `ActionFinished` brings its outcome.

        `timeout` is in seconds from now; None takes the completion's, or `action_timeout`. `completion`
        None takes the one that suits the action. `wait=True` keeps the action until READY, within its
        timeout. `asked_by` says on whose behalf, for an audit. Raises `Forbidden`, `NotReady`,
        `Backpressure`, `InvalidAction`, `ConfigError`, `MisuseError`.
        """

    def cancel(self, ticket: Ticket, now: float) -> None:
        """End an action now, as cancelled. Does nothing when the action has ended."""

    def subscribe(
        self,
        filter: Filter,  # noqa: A002 - the agreed word
        *,
        limit: int = QUEUE_LIMIT_DEFAULT,
        limit_bytes: int = QUEUE_BYTES_DEFAULT,
        limit_bytes_total: int | None = None,
        policy: Overflow = Overflow.DROP_OLDEST,
    ) -> Subscription:
        """Queue the messages that pass the filter from now on.

        For each server at most `limit` messages and `limit_bytes` bytes of them, but always one message; for
        all servers together at most `limit_bytes_total` bytes, shared so that only those lose that hold much.
        None takes 256 MiB, or twice `limit_bytes` if that is more; less than twice is refused.
        """

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription. What it dropped stays counted. Does nothing when it has ended."""

    def stop(self, now: float, *, grace: float | None = None) -> None:
        """Log off, wait for Goodbye at most `grace` seconds (`close_grace`), and close. Idempotent."""

    # -- outputs

    def poll_notice(self) -> Notice | None:
        """Return the next thing the application should know."""

    def poll_message(self, subscription: Subscription) -> Message | Gap | Drops | None:
        """Return the next message of a subscription, or the mark of a loss in its place."""

    def poll_messages(
        self, subscription: Subscription, limit: int, limit_bytes: int = QUEUE_BYTES_DEFAULT
    ) -> list[Message | Gap | Drops]:
        """Return up to `limit` messages and marks: what so many `poll_message` would return.

        Return fewer where their bytes reach `limit_bytes`. With a limit of 0 it only notes that the
        consumer is there: a driver that fetches messages ahead of its consumer so keeps a pause alive.
        """

    def poll_command(self) -> Command | None:
        """Return the next thing the network should do."""

    def poll_transmit(self, session: SessionId, limit: int = TRANSMIT_LIMIT) -> bytes:
        """Show the next bytes to write: whole lines, the same again until `handle_sent`."""

    def poll_timeout(self) -> float | None:
        """Return when to call `handle_timeout`; already due while there is something to drain."""
