"""Blocking calls: a client whose reactor runs in a thread of its own."""

import secrets
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import ClassVar, Literal, Self, Unpack, overload

from ami_backends._desk import Item
from ami_backends._signals import SignalWatch
from ami_backends._words import ConnectOptions, Scalar, Value, as_action, as_config
from ami_backends.selectors.events import Events
from ami_backends.selectors.runner import Answer, Runner
from ami_backends.selectors.thread import ReactorThread
from ami_proto import (
    QUEUE_LIMIT_DEFAULT,
    Action,
    Completion,
    Connection,
    Filter,
    Message,
    MisuseError,
    Notice,
    Outcome,
    Overflow,
    Reply,
    ServerConfig,
    Snapshot,
    State,
    Ticket,
)


def connect(
    host: str,
    port: int = 5038,
    *,
    username: str,
    secret: str,
    on_notice: Callable[[Notice], None] | None = None,
    stop_on: Iterable[signal.Signals] = (),
    **options: Unpack[ConnectOptions],
) -> "Client":
    """Connect, log in, and return the client once it is ready.

    It reconnects by itself until closed. A first attempt that fails raises `ConnectFailed` or
    `LoginRefused`, unless `retry` says to keep trying. `options` are the keys of `ServerConfig`.
    `on_notice` hears every notice, in the reactor's thread. The first of the signals `stop_on` logs
    off: iteration ends, later calls raise `NotReady`. Raises `ConfigError`, `MisuseError` as well.
    Close the client, or use it in a `with`: one that is forgotten stays connected until the process ends.
    """
    return Client(as_config(host, port, username, secret, **options), on_notice, stop_on)._opened()


class Client:
    """One server, kept connected. Every method may be called from any thread; all of them block."""

    _runner_type: ClassVar[type[Runner]] = ReactorThread

    def __init__(
        self,
        config: ServerConfig,
        on_notice: Callable[[Notice], None] | None = None,
        stop_on: Iterable[signal.Signals] = (),
    ) -> None:
        self._machine = Connection(config, seed=secrets.randbits(64))
        self._runner = self._runner_type(self._machine, on_notice)
        try:
            self._signals = SignalWatch(stop_on, lambda: self._runner.reactor.call_soon(self._stop))
        except BaseException:
            self._runner.reactor.close()
            raise
        self._runner.start()

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._runner.desk.state

    def wait_ready(self, timeout: float | None = None) -> None:
        """Wait until READY was reached once. Raises `ConnectFailed`, `TimeoutError`."""
        self._runner.refuse_waiting()
        self._runner.ready.result(timeout)

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
        self._runner.refuse_waiting()
        answer: Answer[Outcome] = self._runner.promise()
        tickets: list[Ticket] = []

        def submit() -> None:
            try:
                now = time.monotonic()
                ticket = self._machine.submit(wanted, now, timeout=timeout, completion=completion, wait=wait)
            except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
                answer.set_exception(error)
            else:
                tickets.append(ticket)
                self._runner.desk.expect(ticket, answer)

        def cancel() -> None:
            for ticket in tickets:
                self._machine.cancel(ticket, time.monotonic())

        if not self._runner.post(submit):
            raise self._runner.desk.end()
        try:
            return answer.result().unwrap()
        except BaseException:
            if not answer.done():
                # Ctrl-C, or a killed greenlet: the action goes, and nothing else is touched.
                self._runner.post(cancel)
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
        subscription = self._runner.call(lambda: self._machine.subscribe(wanted, limit=limit, policy=policy))
        return Events(self._runner, subscription, marks=marks)

    def snapshot(self) -> Snapshot:
        """Return the health of the connection as plain data. From anywhere, a notice listener too."""
        snapshot = self._runner.desk.snapshot
        try:
            answer = self._runner.ask(snapshot)
        except MisuseError:  # where nobody can wait for the runner, it is looked at from beside
            answer = None
        return snapshot() if answer is None else answer.result()

    def close(self, grace: float | None = None) -> None:
        """Log off, wait for Goodbye at most `grace` seconds, and end. Idempotent.

        In the child of a fork, only its copies of the sockets are closed: the parent's client lives on.
        """
        self._runner.refuse_waiting()
        self._signals.close()
        if self._runner.forked:
            self._runner.reactor.close()
            return
        answer = self._runner.ask(lambda: self._stop(grace))
        if answer is not None:
            answer.result()
        self._runner.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _opened(self) -> Self:
        """Wait until it is ready; close it if it will not be."""
        try:
            self.wait_ready()
        except BaseException:
            self.close(grace=0)
            raise
        return self

    def _stop(self, grace: float | None = None) -> None:
        self._machine.stop(time.monotonic(), grace=grace)
