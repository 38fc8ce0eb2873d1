"""The calls of a client: their signatures and docstrings, which are the same on every driver."""

import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeVar, overload

from ami_backends.clients.arguments import as_action
from ami_backends.clients.fleet import Change, ServerConfigs, as_configs, by_key
from ami_backends.clients.lifetime import AnyRunner, Life
from ami_backends.clients.waiters import OnNotice
from ami_proto import (
    Action,
    ClusterConfig,
    ConfigError,
    Drops,
    Filter,
    Gap,
    Message,
    MisuseError,
    Overflow,
    ServerConfig,
    Snapshot,
    State,
)
from ami_proto.catalogue.releases import has_action
from ami_proto.completion import Completion
from ami_proto.drivers import (
    QUEUE_BYTES_DEFAULT,
    QUEUE_LIMIT_DEFAULT,
    EventView,
    Machine,
    Scalar,
    ServerKey,
    Subscription,
    Value,
    event_pattern,
)
from ami_proto.routes import Route

Item = Message | Gap | Drops
"""What `events(marks=True)` yields: messages, and in their places the marks of lost ones."""

Pattern = str | type[EventView]
"""Which events a subscription wants: a name, a glob, or a view of `ami_proto.events`."""

AnyReply = TypeVar("AnyReply")
AnyDone = TypeVar("AnyDone")
AnyChanges = TypeVar("AnyChanges")
AnyEvents = TypeVar("AnyEvents")
AnyItems = TypeVar("AnyItems")


class SendCall(NamedTuple):
    """The arguments of one call of `send`."""

    action: Action | str
    headers: Mapping[str, Value] | None
    variables: Mapping[str, Scalar] | None
    keywords: Mapping[str, Value]
    timeout: float | None
    completion: Completion | None
    wait: bool
    to: ServerKey | Route | None
    asked_by: str | None

    def checked(self) -> Action:
        """Return the action. Raises `InvalidAction`, `MisuseError`."""
        return as_action(self.action, self.headers, self.variables, self.keywords)


@dataclass(frozen=True, slots=True)
class SubscribeCall:
    """The arguments of one call of `events`."""

    wanted: Filter
    limit: int
    limit_bytes: int
    limit_bytes_total: int | None
    policy: Overflow
    marks: bool

    def subscribe(self, machine: Machine) -> Subscription:
        """Begin the subscription. Raises `ConfigError`."""
        return machine.subscribe(
            self.wanted,
            limit=self.limit,
            limit_bytes=self.limit_bytes,
            limit_bytes_total=self.limit_bytes_total,
            policy=self.policy,
        )


class ClientCalls(ABC, Generic[AnyRunner, AnyReply, AnyDone, AnyChanges, AnyEvents, AnyItems]):
    """A client's calls. `AnyReply` is what `send` returns on a loop: a `Reply`, or a coroutine with one.

    `AnyDone` is the same for calls without a result, and `AnyChanges` for `reconfigure`. `AnyEvents` and
    `AnyItems` are the loop's `Events`: of messages alone, and of messages with marks.
    """

    def __init__(
        self,
        server: ServerConfig | ServerConfigs | Machine,
        *,
        on_notice: OnNotice | None = None,
        stop_on: Iterable[signal.Signals] = (),
        limits: ClusterConfig | None = None,
    ) -> None:
        self._life: Life[AnyRunner] = Life(server, limits)
        self._on_notice = on_notice
        self._stop_on = tuple(stop_on)

    def __del__(self) -> None:
        life = getattr(self, "_life", None)  # None: `__init__` has failed
        if life is not None:
            life.forget(self)

    @property
    def _started(self) -> AnyRunner:
        """What runs the machine. Raises `MisuseError` before `start`."""
        return self._life.begun

    @property
    def state(self) -> State:
        """State of the connection: CLOSED before the start and after the end."""
        return self._life.state

    @property
    def listener_errors(self) -> int:
        """How often `on_notice` raised."""
        return self._life.listener_errors

    @property
    def log_errors(self) -> int:
        """How many log records of this client were lost, because a handler or filter raised."""
        return self._life.log_errors

    @property
    def release(self) -> str | None:
        """The release of Asterisk, `22.10.1`; None until the server has told it (`ask_release`).

        Raises `MisuseError` for many servers: `snapshots` has that of each.
        """
        return self.snapshot().release

    def supports(self, action: str) -> bool | None:
        """Whether this release of Asterisk has an action; None where that is unknown.

        A module that is not loaded may still lack it. Raises `MisuseError` for many servers.
        """
        if not isinstance(action, str):
            raise MisuseError(f"supports takes the name of an action, not {type(action).__name__}")
        return None if self.release is None else has_action(self.release, action)

    def send(
        self,
        action: Action | str,
        headers: Mapping[str, Value] | None = None,
        *,
        timeout: float | None = None,
        wait: bool = False,
        completion: Completion | None = None,
        variables: Mapping[str, Scalar] | None = None,
        to: ServerKey | Route | None = None,
        asked_by: str | None = None,
        **keywords: Value,
    ) -> AnyReply:
        """Send an action and return its whole reply; capitalised keywords are headers.

        `timeout` is in seconds. `wait` keeps the action until the connection is ready. `to` is the key of a
        server, or a route (`ami_proto.routes`); without it, many servers take turns. `asked_by` says on
        whose behalf, for an audit. Raises an `ActionError` if the action failed or was lost, a `RequestError`
        if it could not be sent.
        A call that is given up (cancelled, killed, interrupted) cancels its action and nothing else.
        """
        options = (timeout, completion, wait, to, asked_by)
        return self._send(SendCall(action, headers, variables, keywords, *options))

    @overload
    def events(
        self,
        *patterns: Pattern,
        block: tuple[Pattern, ...] = (),
        where: Callable[[Message], bool] | None = None,
        replies: bool = False,
        marks: Literal[False] = False,
        limit: int = QUEUE_LIMIT_DEFAULT,
        limit_bytes: int = QUEUE_BYTES_DEFAULT,
        limit_bytes_total: int | None = None,
        policy: Overflow = Overflow.DROP_OLDEST,
    ) -> AnyEvents: ...

    @overload
    def events(
        self,
        *patterns: Pattern,
        block: tuple[Pattern, ...] = (),
        where: Callable[[Message], bool] | None = None,
        replies: bool = False,
        marks: bool,
        limit: int = QUEUE_LIMIT_DEFAULT,
        limit_bytes: int = QUEUE_BYTES_DEFAULT,
        limit_bytes_total: int | None = None,
        policy: Overflow = Overflow.DROP_OLDEST,
    ) -> AnyItems: ...

    def events(
        self,
        *patterns: Pattern,
        block: tuple[Pattern, ...] = (),
        where: Callable[[Message], bool] | None = None,
        replies: bool = False,
        marks: bool = False,
        limit: int = QUEUE_LIMIT_DEFAULT,
        limit_bytes: int = QUEUE_BYTES_DEFAULT,
        limit_bytes_total: int | None = None,
        policy: Overflow = Overflow.DROP_OLDEST,
    ) -> AnyEvents | AnyItems:
        """Subscribe from this call on; iterate over the result.

        `patterns` are event names, globs or views (`ami_proto.events`); none means all. `block` wins over
        them. `where` sees a message before it is queued. `replies` adds the items of list actions. `marks`
        yields gaps and drops in their places among the messages. `policy` decides about messages of one
        server beyond `limit`, or `limit_bytes` bytes of them, and about those of the servers that hold most
        beyond `limit_bytes_total` bytes of all. Close what this returns, or use it in a `with`: an iteration
        that is forgotten keeps its subscription until it is garbage, and warns then.
        """
        wanted = Filter(tuple(map(event_pattern, patterns)), _blocked(block), where, replies)
        call = SubscribeCall(wanted, limit, limit_bytes, limit_bytes_total, policy, marks)
        return self._subscribe(call)

    # -- many servers

    def add(self, config: ServerConfig) -> AnyDone:
        """Add a server to those of `connect_cluster`, and begin to connect it.

        Raises `ConfigError` for certificates that cannot be read, `MisuseError` for a key that is here, or is
        still leaving.
        """
        return self._change(lambda fleet, now: fleet.add(config, now), config)

    def remove(self, server: ServerKey, *, grace: float | None = None) -> AnyDone:
        """Log off from a server, and forget it then. Raises `MisuseError` for an unknown key.

        Actions that wait for it end as lost. What its subscriptions hold is still delivered.
        """
        return self._change(lambda fleet, now: fleet.remove(server, now, grace=grace), None)

    def replace(self, config: ServerConfig, *, grace: float | None = None) -> AnyDone:
        """Remove the server with this key, and add it with this configuration once the old one has ended."""
        return self._change(lambda fleet, now: fleet.replace(config, now, grace=grace), config)

    def reconfigure(self, servers: ServerConfigs, *, grace: float | None = None) -> AnyChanges:
        """Make these the servers of the client: add new ones, remove missing ones, replace changed ones.

        The others keep their sessions. Returns the keys: `added`, `removed`, `replaced`. Certificates are
        read again, and count from the next dial on. Raises as `add`, and then nothing has changed.
        """
        return self._reconfigure(by_key(as_configs(servers)), grace)

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """Return the health of the connection as plain data."""

    @abstractmethod
    def _change(self, change: Change, config: ServerConfig | None) -> AnyDone: ...

    @abstractmethod
    def _reconfigure(self, wanted: Mapping[ServerKey, ServerConfig], grace: float | None) -> AnyChanges: ...

    @abstractmethod
    def _send(self, call: SendCall) -> AnyReply: ...

    @abstractmethod
    def _subscribe(self, call: SubscribeCall) -> AnyEvents | AnyItems: ...


def _blocked(block: object) -> tuple[str, ...]:
    """Return the patterns of `block`. Raises `ConfigError` for one text: it would stand for its letters."""
    if isinstance(block, str) or not isinstance(block, Iterable):
        raise ConfigError("block", "must be a tuple of patterns")
    return tuple(map(event_pattern, block))
