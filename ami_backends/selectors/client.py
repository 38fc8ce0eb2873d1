"""Blocking calls: a client whose reactor runs in a thread of its own.

A call from any thread becomes a letter to that thread and waits for the answer; the machine is
touched by nobody else. Events stay in the machine's bounded queue until their consumer fetches them.
"""

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Generic, Literal, Self, TypeVar, Unpack, cast, overload

from ami_backends._resolve import ThreadResolver
from ami_backends._words import Options, Scalar, Value, as_action, as_config
from ami_backends.selectors.reactor import Reactor
from ami_proto import (
    QUEUE_LIMIT_DEFAULT,
    Action,
    ActionFinished,
    Completion,
    Connection,
    Disconnect,
    Drops,
    Filter,
    Gap,
    Message,
    MessagesWaiting,
    MisuseError,
    Notice,
    NotReady,
    Outcome,
    Overflow,
    Reason,
    Reply,
    ServerConfig,
    Snapshot,
    State,
    StateChanged,
    Subscription,
    Ticket,
    Tls,
    connect_error,
)

BATCH_MAX = 2_000
"""Messages fetched at a time: enough that the letter costs nothing beside them."""

Item = Message | Gap | Drops
T = TypeVar("T")


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
    `on_notice` hears every notice, in the reactor's thread. Raises `ConfigError` as well.
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
        self._reactor = Reactor(self._machine, on_notice=self._handle_notice, resolver=ThreadResolver())
        self._on_notice = on_notice
        self._answers: dict[Ticket, Future[Outcome]] = {}
        self._hungry: dict[Subscription, Future[list[Item]]] = {}
        self._ready: Future[None] = Future()
        self._gate = threading.Lock()
        self._ended = False
        self._failure: BaseException | None = None
        """What ended the client, unless its owner closed it."""
        self._thread = threading.Thread(target=self._run, name=f"ami-{config.key}", daemon=True)
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

        if not self._post(submit):
            raise self._end()
        try:
            return answer.result().unwrap()
        except BaseException:
            if not answer.done():
                # Ctrl-C: the action goes, and nothing else is touched.
                self._post(cancel)
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
    ) -> "Events[Message]": ...

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
    ) -> "Events[Item]": ...

    def events(
        self,
        *patterns: str,
        block: tuple[str, ...] = (),
        where: Callable[[Message], bool] | None = None,
        replies: bool = False,
        marks: bool = False,
        limit: int = QUEUE_LIMIT_DEFAULT,
        policy: Overflow = Overflow.DROP_OLDEST,
    ) -> "Events[Message] | Events[Item]":
        """Subscribe from this call on; iterate over what it returns.

        `patterns` are names or globs, none means all; `block` wins over them; `where` sees a message
        before it is queued. With `marks`, gaps and drops come in their place among the messages.
        """
        wanted = Filter(patterns, block, where, replies)
        subscription = self._call(lambda: self._machine.subscribe(wanted, limit=limit, policy=policy))
        return Events(self, subscription, marks=marks)

    def snapshot(self) -> Snapshot:
        """Return the health of the connection as plain data."""
        answer = self._ask(self._machine.snapshot)
        return self._machine.snapshot() if answer is None else answer.result()

    def close(self, grace: float | None = None) -> None:
        """Log off, wait for Goodbye at most `grace` seconds, and end. Idempotent."""
        answer = self._ask(lambda: self._machine.stop(time.monotonic(), grace=grace))
        if answer is not None:
            answer.result()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- letters to the reactor's thread

    def _call(self, function: Callable[[], T]) -> T:
        """Have the reactor's thread call this, and return or raise what it does.

        Raises what ended that thread, if it has ended.
        """
        answer = self._ask(function)
        if answer is None:
            raise self._end()
        return answer.result()

    def _ask(self, function: Callable[[], T]) -> Future[T] | None:
        """Have the reactor's thread call this; return what will hold the answer, None if it has ended."""
        answer: Future[T] = Future()

        def call() -> None:
            try:
                answer.set_result(function())
            except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
                answer.set_exception(error)

        return answer if self._post(call) else None

    def _post(self, function: Callable[[], None]) -> bool:
        """Have the reactor's thread call this; False if it has ended."""
        if threading.current_thread() is self._thread:
            raise MisuseError("a blocking call from a notice listener would wait for itself")
        with self._gate:
            if not self._ended:
                self._reactor.call_soon(function)
            return not self._ended

    def _end(self) -> BaseException:
        """Return what a call after the end raises."""
        if self._failure is None:
            return NotReady(self._machine.key, State.CLOSED.value)
        return self._failure.with_traceback(None)  # or each raise would make it longer

    # -- the reactor's thread

    def _run(self) -> None:
        try:
            self._machine.start(time.monotonic())
            while not self._machine.stopped:
                self._reactor.run_once()
        except BaseException as error:  # noqa: BLE001 - a bug must not leave callers waiting for ever
            self._failure = error
        with self._gate:
            self._ended = True
        self._reactor.read_mail()
        self._reactor.close()
        self._release()

    def _release(self) -> None:
        """Leave nobody waiting."""
        end = self._failure or connect_error(self._machine.key, Disconnect(Reason.STOPPED))
        waiting: list[Future[Outcome] | Future[None]] = [*self._answers.values(), self._ready]
        for answer in waiting:
            if not answer.done():
                answer.set_exception(end)
        for subscription, batch in self._hungry.items():
            self._feed(subscription, batch)

    def _handle_notice(self, notice: Notice) -> None:
        match notice:
            case ActionFinished(outcome):
                answer = self._answers.pop(outcome.ticket, None)
                if answer is not None:
                    answer.set_result(outcome)
            case MessagesWaiting(subscription):
                hungry = self._hungry.pop(subscription, None)
                if hungry is not None:
                    self._feed(subscription, hungry)
            case StateChanged(new=State.READY) if not self._ready.done():
                self._ready.set_result(None)
            case StateChanged(old=old, new=State.CLOSED, cause=cause) if old is not State.CLOSING:
                if cause is not None and cause.reason is not Reason.STOPPED:
                    self._failure = connect_error(self._machine.key, cause)
        if self._on_notice is not None:
            self._on_notice(notice)

    # -- for Events

    def fetch(self, subscription: Subscription) -> Future[list[Item]]:
        """Return what will hold the next messages: empty only when there will be no more."""
        batch: Future[list[Item]] = Future()
        if not self._post(lambda: self._feed(subscription, batch)):
            self._feed(subscription, batch)
        return batch

    def settle(self) -> None:
        """Wait until what was posted so far was done: patience begins once somebody has looked."""
        answer = self._ask(lambda: None)
        if answer is not None:
            answer.result()

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription, and the wait for its next messages."""

        def end() -> None:
            self._machine.unsubscribe(subscription)
            hungry = self._hungry.pop(subscription, None)
            if hungry is not None:
                hungry.set_result([])

        self._post(end)

    def raise_failure(self) -> None:
        """Raise what ended the client, unless it was closed."""
        if self._ended and self._failure is not None:
            raise self._end()

    def _feed(self, subscription: Subscription, batch: Future[list[Item]]) -> None:
        """Fill a batch; one for which there is nothing waits as hungry."""
        items: list[Item] = []
        while len(items) < BATCH_MAX and (item := self._machine.poll_message(subscription)) is not None:
            items.append(item)
        if items or self._ended:
            batch.set_result(items)
        else:
            self._hungry[subscription] = batch


class Events(Generic[T]):
    """The messages of one subscription, for one thread at a time to iterate over.

    Iteration ends when this or the client is closed, and raises `ConnectFailed` when the connection
    was given up.
    """

    def __init__(self, client: Client, subscription: Subscription, *, marks: bool) -> None:
        self._client = client
        self._subscription = subscription
        self._marks = marks
        self._closed = False
        self._items: deque[Item] = deque()
        self._batch: Future[list[Item]] | None = None
        """Asked for and not taken yet; a wait that ends early leaves it for the next."""

    def get(self, timeout: float | None = None) -> T:
        """Return the next item. Raises `TimeoutError` after so many seconds without one,
        `MisuseError` when there will be none.
        """
        item = self._next(timeout)
        if item is None:
            raise MisuseError("the subscription is closed")
        return item

    def close(self) -> None:
        """End the subscription and its iteration. Idempotent."""
        self._closed = True
        self._items.clear()
        self._client.unsubscribe(self._subscription)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        item = self._next(None)
        if item is None:
            raise StopIteration
        return item

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _next(self, timeout: float | None) -> T | None:
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._closed:
            while self._items:
                item = self._items.popleft()
                if self._marks or isinstance(item, Message):
                    return cast("T", item)
            patience = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._refill(patience):
                self._client.raise_failure()
                return None
        return None

    def _refill(self, patience: float | None) -> bool:
        """Take the next batch; False when there is none to come."""
        if self._batch is None:
            self._batch = self._client.fetch(self._subscription)
            if self._closed:  # by another thread, perhaps before this request was posted
                return False
            if patience is not None:
                self._client.settle()
        items = self._batch.result(patience)
        self._batch = None
        self._items.extend(items)
        return bool(items)
