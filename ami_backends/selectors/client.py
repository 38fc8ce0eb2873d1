"""Blocking calls: a client whose reactor runs in a thread of its own."""

import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from ami_backends.clients.arguments import ConnectCall, called_like, connect_arguments, require_duration
from ami_backends.clients.blocking_calls import BlockingCalls
from ami_backends.clients.calls import Item, SendCall, SubscribeCall
from ami_backends.clients.fleet import (
    Change,
    FleetChanges,
    ServerConfigs,
    ServerStatus,
    as_configs,
    checked_config,
    only,
)
from ami_backends.clients.signals import SignalWatch
from ami_backends.clients.waiters import OnNotice, Readiness, T
from ami_backends.selectors.events import Events
from ami_backends.selectors.runner import BlockingWaiter, ReactorThread, Runner
from ami_proto import (
    ClusterConfig,
    Message,
    MisuseError,
    Outcome,
    Reply,
    ServerConfig,
    Snapshot,
    Ticket,
)
from ami_proto.drivers import Machine, ServerKey, Subscription

_AnyClient = TypeVar("_AnyClient", bound="Client")


@called_like(connect_arguments)
def connect(call: ConnectCall) -> "Client":
    """Connect, log in, and return the client once it is ready.

    It reconnects by itself until closed. A first attempt that fails raises `ConnectFailed`, unless
    `retry` says to keep trying; a refused login raises `LoginRefused` in any case, unless `retry_refused` is
    True. After `timeout` seconds in all it raises `ConnectTimeout`. `options` are the keys of `ServerConfig`.
    `on_notice` is called with every notice, in the reactor's thread. The first of the signals `stop_on` logs
    off: iteration ends, later calls raise `NotReady`. Raises `ConfigError`, `MisuseError` as well.
    Close the client, or use it in a `with`.
    """
    return Client(call.config, on_notice=call.on_notice, stop_on=call.stop_on)._opened(call.timeout)


def connect_machine(
    machine: Machine,
    *,
    on_notice: OnNotice | None = None,
    stop_on: Iterable[signal.Signals] = (),
    timeout: float | None = None,
) -> "Client":
    """Do as `connect` with a machine made elsewhere: for tests and simulations."""
    return Client(machine, on_notice=on_notice, stop_on=stop_on)._opened(timeout)


def connect_cluster(
    servers: ServerConfigs,
    *,
    on_notice: OnNotice | None = None,
    stop_on: Iterable[signal.Signals] = (),
    limits: ClusterConfig | None = None,
) -> "Client":
    """Connect to many servers, and return the client once they are being dialled: `wait_ready` waits.

    A server that fails keeps no other out. `limits` are the limits of all together. Close the client, or
    use it in a `with`. Raises `ConfigError`, `MisuseError`.
    """
    client = Client(as_configs(servers), on_notice=on_notice, stop_on=stop_on, limits=limits)
    client.start(wait=False)
    return client


class Client(BlockingCalls[Runner, Events[Message], Events[Item]]):
    """One server or many, kept connected from `start` to `close`, or in the block of `running`.

    Make it anywhere, before its server is there, of a `ServerConfig`, of many, or of a machine. Its methods
    block, and may be called from any thread. It has one life: closed, it is not started again. One that is
    started and never closed warns (`ResourceWarning`) when it is garbage, and logs off. `runner` says in what
    the machine runs: a thread unless given.
    """

    _new_runner: Callable[[Machine, OnNotice | None], Runner] = ReactorThread

    def __init__(
        self,
        server: ServerConfig | ServerConfigs | Machine,
        *,
        on_notice: OnNotice | None = None,
        stop_on: Iterable[signal.Signals] = (),
        limits: ClusterConfig | None = None,
        runner: Callable[[Machine, OnNotice | None], Runner] | None = None,
    ) -> None:
        super().__init__(server, on_notice=on_notice, stop_on=stop_on, limits=limits)
        if runner is not None:
            self._new_runner = runner

    def start(self, *, wait: bool = True, timeout: float | None = None) -> None:
        """Connect, and stay connected until `close`, which any thread may call.

        With `wait` this waits for READY like `wait_ready`, and closes the client if that raises. Raises
        `ConfigError` for certificates that cannot be read, and `MisuseError` for a client that was started or
        closed before.
        """
        require_duration(timeout)
        machine = self._life.begin()
        try:
            runner = self._new_runner(machine, self._on_notice)
            try:
                runner.signals = SignalWatch(self._stop_on, runner.stop_soon)
                runner.start()
            except BaseException:
                runner.close()
                raise
        except BaseException:
            self._life.fail_to_begin()
            raise
        self._life.set_runner(runner)
        if wait:
            try:
                self.wait_ready(timeout)
            except BaseException:
                self.close(grace=0)
                raise

    def running(self, *, wait: bool = True, timeout: float | None = None) -> AbstractContextManager[Self]:
        """Start on entry and close at the end: `with client.running():`."""
        return _running(self, wait, timeout)

    def run(self) -> None:
        """Start, and return once the client is closed: for a thread or greenlet of yours.

        Raises the error for which the connection was given up.
        """
        with self.running(wait=False):
            self._started.join()
        if self._started.waiters.failure is not None:
            raise self._started.waiters.end_error()

    def wait_ready(
        self,
        timeout: float | None = None,
        *,
        server: ServerKey | None = None,
        all: bool = False,  # noqa: A002 - the agreed word
    ) -> None:
        """Wait until READY was reached once. Raises `ConnectFailed`, and `ConnectTimeout` after `timeout`.

        Of many servers, wait until one is READY, or `server`, or all of them at one moment. Raises
        `MisuseError` for an unknown key, and for a server that is removed meanwhile.
        """
        require_duration(timeout, may_be_over=True)
        runner = self._started
        runner.refuse_blocking()
        wanted, ready, waiters = Readiness(server, all), runner.ready, runner.waiters
        once = waiters.answered_once(wanted)
        try:
            if not once:
                ready = runner.new_waiter()
                runner.call(lambda: waiters.await_ready(wanted, ready))
            if not ready.done():
                runner.refuse_forked()
            ready.result(timeout)
        except TimeoutError:
            if timeout is not None and not ready.done():
                raise waiters.connect_timeout(timeout, server) from None
            ready.result(0)  # READY came at this moment, or the client ended with such an error
        finally:
            if not (once or ready.done() or runner.forked):  # it took too long, or the caller gave up
                runner.post(lambda: waiters.forget_ready(ready))

    def snapshot(self) -> Snapshot:
        """Return the health of the connection as plain data. May be called from a notice listener too.

        Raises `MisuseError` for many servers: `snapshots` is for those.
        """
        return only(self.snapshots())

    def snapshots(self) -> Mapping[ServerKey, Snapshot]:
        """Return the health of each server as plain data. May be called from a notice listener too."""
        first = self._life.first_snapshots()
        return self._look(self._started.waiters.snapshots) if first is None else first

    @property
    def servers(self) -> Mapping[ServerKey, ServerStatus]:
        """How each server stands. May be asked from a notice listener too."""
        first = self._life.first_servers()
        return self._look(lambda: self._started.waiters.servers) if first is None else first

    def _look(self, function: Callable[[], T]) -> T:
        """Have the reactor's thread look at the machine."""
        try:
            waiter = self._started.ask(function)
        except MisuseError:  # after a fork, or in another hub: look without the reactor's thread
            waiter = None
        return function() if waiter is None else waiter.result()

    def close(self, grace: float | None = None) -> None:
        """Log off, wait for Goodbye at most `grace` seconds, and end. Idempotent.

        In the child of a fork it only closes the child's copies of the sockets; the parent's client lives on.
        """
        runner = self._life.runner
        if runner is None:
            self._life.close()
            return
        runner.refuse_blocking()
        runner.signals.close()
        if runner.forked:
            runner.reactor.close()
            return
        waiter = runner.ask(lambda: runner.stop(grace))
        if waiter is not None:
            waiter.result()
        self._life.close()
        runner.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _change(self, change: Change, config: ServerConfig | None) -> None:
        runner = self._started
        runner.refuse_blocking()
        if config is not None:
            config = checked_config(config)
            runner.contexts.update(runner.read_contexts({config.key: config}))
        runner.call(lambda: runner.waiters.change(change, time.monotonic()))

    def _reconfigure(self, wanted: Mapping[ServerKey, ServerConfig], grace: float | None) -> FleetChanges:
        runner = self._started
        runner.refuse_blocking()
        runner.contexts.update(runner.read_contexts(wanted))
        return runner.call(lambda: runner.waiters.reconfigure(wanted, time.monotonic(), grace=grace))

    def _send(self, call: SendCall) -> Reply:
        action = call.checked()
        runner = self._started
        runner.refuse_blocking()
        waiter: BlockingWaiter[Outcome] = runner.new_waiter()
        tickets: list[Ticket] = []

        def submit() -> None:
            try:
                ticket = runner.machine.submit(
                    action,
                    time.monotonic(),
                    to=call.to,
                    timeout=call.timeout,
                    completion=call.completion,
                    wait=call.wait,
                    asked_by=call.asked_by,
                )
            except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
                waiter.set_exception(error)
            else:
                tickets.append(ticket)
                runner.waiters.await_outcome(ticket, waiter)

        def cancel() -> None:
            # Runs after `submit`, because posted calls keep their order. No ticket: it was refused.
            for ticket in tickets:
                runner.machine.cancel(ticket, time.monotonic())

        try:
            if not (runner.try_request(submit) or runner.post(submit)):
                raise runner.waiters.end_error()
            return waiter.result().unwrap()
        except BaseException:
            # Ctrl-C in a thread, or a killed greenlet: the caller is gone, and its action goes with it. An
            # error of the action itself finds the waiter done.
            if not waiter.done():
                runner.post(cancel)
            raise

    def _subscribe(self, call: SubscribeCall) -> Events[Any]:
        runner = self._started
        made: list[Subscription] = []

        def subscribe() -> None:
            made.append(call.subscribe(runner.machine))

        def unsubscribe() -> None:
            for subscription in made:
                runner.machine.unsubscribe(subscription)

        waiter = runner.ask(subscribe)
        if waiter is None:
            raise runner.waiters.end_error()
        try:
            waiter.result()
            return Events(runner, made[0], marks=call.marks, client=self)
        except BaseException:
            # Ctrl-C in a thread, or a killed greenlet: the caller is gone, and its subscription goes with it.
            runner.post(unsubscribe)
            raise

    def _opened(self, timeout: float | None = None) -> Self:
        """Start it, and return it once it is ready."""
        self.start(timeout=timeout)
        return self


@contextmanager
def _running(client: _AnyClient, wait: bool, timeout: float | None) -> Iterator[_AnyClient]:
    client.start(wait=wait, timeout=timeout)
    try:
        yield client
    finally:
        client.close()
