"""Blocking calls: a client whose reactor runs in a thread of its own."""

import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Literal, Self, Unpack, overload

from ami_backends._words import Options, Scalar, Value, as_action, as_config
from ami_backends.selectors.events import Deliveries, Events, Item
from ami_backends.selectors.thread import ReactorThread
from ami_proto import (
    QUEUE_LIMIT_DEFAULT,
    Action,
    ActionFinished,
    Completion,
    Connection,
    Disconnect,
    Filter,
    Message,
    MessagesWaiting,
    Notice,
    Outcome,
    Overflow,
    Reason,
    Reply,
    ServerConfig,
    Snapshot,
    State,
    StateChanged,
    Ticket,
    Tls,
    connect_error,
)


def connect(
    host: str,
    port: int = 5038,
    *,
    username: str,
    secret: str,
    tls: Tls | bool | None = None,
    key: str | None = None,
    retry: bool = False,
    on_notice: Callable[[Notice], None] | None = None,
    **options: Unpack[Options],
) -> "Client":
    """Connect, log in, and return the client once it is ready.

    It reconnects by itself until closed. A first attempt that fails raises `ConnectFailed` or
    `LoginRefused`, unless `retry` says to keep trying. `options` are the keys of `ServerConfig`.
    `on_notice` hears every notice, in the reactor's thread. Raises `ConfigError` as well. Close the
    client, or use it in a `with`: one that is forgotten stays connected until the process ends.
    """
    client = Client(as_config(host, port, username, secret, tls, key, retry, **options), on_notice)
    try:
        client.wait_ready()
    except BaseException:
        client.close(grace=0)
        raise
    return client


class Client:
    """One server, kept connected. Every method may be called from any thread; all of them block."""

    def __init__(self, config: ServerConfig, on_notice: Callable[[Notice], None] | None = None) -> None:
        self._machine = Connection(config, seed=secrets.randbits(64))
        self._thread = ReactorThread(self._machine, self._handle_notice, self._release)
        self._deliveries = Deliveries(self._thread)
        self._on_notice = on_notice
        self._answers: dict[Ticket, Future[Outcome]] = {}
        self._ready: Future[None] = Future()
        self._thread.start()

    # -- for everybody

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._machine.state

    def wait_ready(self, timeout: float | None = None) -> None:
        """Wait until READY was reached once. Raises `ConnectFailed`, `TimeoutError`."""
        self._ready.result(timeout)

    def send(
        self,
        action: Action | str,
        headers: Mapping[str, Value] | None = None,
        *,
        timeout: float | None = None,
        wait: bool = False,
        completion: Completion | None = None,
        variables: Mapping[str, Scalar] | None = None,
        **keywords: Value,
    ) -> Reply:
        """Send an action and return its whole reply; capitalised keywords are headers.

        `timeout` in seconds; `wait` keeps the action until the connection is ready. Raises an
        `ActionError` for what became of it, a `RequestError` where it could not be sent at all.
        """
        wanted = as_action(action, headers, variables, keywords)
        answer: Future[Outcome] = Future()
        tickets: list[Ticket] = []

        def submit() -> None:
            try:
                now = time.monotonic()
                ticket = self._machine.submit(wanted, now, timeout=timeout, completion=completion, wait=wait)
            except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
                answer.set_exception(error)
            else:
                tickets.append(ticket)
                self._answers[ticket] = answer

        def cancel() -> None:
            for ticket in tickets:
                self._machine.cancel(ticket, time.monotonic())

        if not self._thread.post(submit):
            raise self._thread.end()
        try:
            return answer.result().unwrap()
        except BaseException:
            if not answer.done():
                # Ctrl-C: the action goes, and nothing else is touched.
                self._thread.post(cancel)
            raise

    @overload
    def events(
        self,
        *patterns: str,
        block: tuple[str, ...] = (),
        where: Callable[[Message], bool] | None = None,
        replies: bool = False,
        marks: Literal[False] = False,
        limit: int = QUEUE_LIMIT_DEFAULT,
        policy: Overflow = Overflow.DROP_OLDEST,
    ) -> Events[Message]: ...

    @overload
    def events(
        self,
        *patterns: str,
        block: tuple[str, ...] = (),
        where: Callable[[Message], bool] | None = None,
        replies: bool = False,
        marks: bool,
        limit: int = QUEUE_LIMIT_DEFAULT,
        policy: Overflow = Overflow.DROP_OLDEST,
    ) -> Events[Item]: ...

    def events(
        self,
        *patterns: str,
        block: tuple[str, ...] = (),
        where: Callable[[Message], bool] | None = None,
        replies: bool = False,
        marks: bool = False,
        limit: int = QUEUE_LIMIT_DEFAULT,
        policy: Overflow = Overflow.DROP_OLDEST,
    ) -> Events[Message] | Events[Item]:
        """Subscribe from this call on; iterate over what it returns.

        `patterns` are names or globs, none means all; `block` wins over them; `where` sees a message
        before it is queued. With `marks`, gaps and drops come in their place among the messages.
        """
        wanted = Filter(patterns, block, where, replies)
        subscription = self._thread.call(lambda: self._machine.subscribe(wanted, limit=limit, policy=policy))
        return Events(self._deliveries, subscription, marks=marks)

    def snapshot(self) -> Snapshot:
        """Return the health of the connection as plain data."""
        answer = self._thread.ask(self._machine.snapshot)
        return self._machine.snapshot() if answer is None else answer.result()

    def close(self, grace: float | None = None) -> None:
        """Log off, wait for Goodbye at most `grace` seconds, and end. Idempotent.

        In the child of a fork, only its copies of the sockets are closed: the parent's client lives on.
        """
        if self._thread.forked:
            self._thread.reactor.close()
            return
        answer = self._thread.ask(lambda: self._machine.stop(time.monotonic(), grace=grace))
        if answer is not None:
            answer.result()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- in the reactor's thread

    def _release(self) -> None:
        """Leave nobody waiting."""
        end = self._thread.failure or connect_error(self._machine.key, Disconnect(Reason.STOPPED))
        waiting: list[Future[Outcome] | Future[None]] = [*self._answers.values(), self._ready]
        for answer in waiting:
            if not answer.done():
                answer.set_exception(end)
        self._deliveries.release()

    def _handle_notice(self, notice: Notice) -> None:
        match notice:
            case ActionFinished(outcome):
                answer = self._answers.pop(outcome.ticket, None)
                if answer is not None:
                    answer.set_result(outcome)
            case MessagesWaiting(subscription):
                self._deliveries.feed(subscription)
            case StateChanged(new=State.READY) if not self._ready.done():
                self._ready.set_result(None)
            case StateChanged(old=old, new=State.CLOSED, cause=cause) if old is not State.CLOSING:
                if cause is not None and cause.reason is not Reason.STOPPED:
                    self._thread.failure = connect_error(self._machine.key, cause)
        if self._on_notice is not None:
            self._on_notice(notice)
