"""A client for asyncio and trio: the calls of the blocking one, with `await` where the loop needs it."""

import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Self, TypeVar

import anyio
import anyio.to_thread
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled

from ami_backends.anyio.asyncio_callbacks import FutureWaiter
from ami_backends.anyio.driver import TaskWaiter
from ami_backends.anyio.events import Events
from ami_backends.anyio.machine_task import MachineTask
from ami_backends.anyio.tasks import end_orphans, start_alone
from ami_backends.clients.arguments import ConnectCall, called_like, connect_arguments, require_duration
from ami_backends.clients.awaited_calls import AwaitedCalls
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
from ami_backends.clients.waiters import OnNotice, Readiness
from ami_backends.sessions.tls import Contexts, tls_contexts
from ami_proto import AmiError, ClusterConfig, Message, MisuseError, Outcome, Reply, ServerConfig, Snapshot
from ami_proto.drivers import Machine, ServerKey

_AnyClient = TypeVar("_AnyClient", bound="Client")


@called_like(connect_arguments)
def connect(call: ConnectCall) -> AbstractAsyncContextManager["Client"]:
    """Connect and log in on entry, give the client once it is ready, and close it at the end.

    It reconnects by itself until then. A first attempt that fails raises `ConnectFailed`, unless
    `retry` says to keep trying; a refused login raises `LoginRefused` in any case, unless `retry_refused` is
    True. After `timeout` seconds in all it raises `ConnectTimeout`. `options` are the keys of `ServerConfig`.
    `on_notice` is called with every notice, on the loop. The first of the signals `stop_on` logs off:
    iteration ends, later calls raise `NotReady`. Raises `ConfigError`, `MisuseError` as well.
    """
    return _running(
        lambda: Client(call.config, on_notice=call.on_notice, stop_on=call.stop_on), timeout=call.timeout
    )


def connect_machine(
    machine: Machine,
    *,
    on_notice: OnNotice | None = None,
    stop_on: Iterable[signal.Signals] = (),
    timeout: float | None = None,
) -> AbstractAsyncContextManager["Client"]:
    """Do as `connect` with a machine made elsewhere: for tests and simulations."""
    return _running(lambda: Client(machine, on_notice=on_notice, stop_on=stop_on), timeout=timeout)


def connect_cluster(
    servers: ServerConfigs,
    *,
    on_notice: OnNotice | None = None,
    stop_on: Iterable[signal.Signals] = (),
    limits: ClusterConfig | None = None,
) -> AbstractAsyncContextManager["Client"]:
    """Connect to many servers, and give the client once they are being dialled: `wait_ready` waits.

    A server that fails keeps no other out. `limits` are the limits of all together. Raises `ConfigError`,
    `MisuseError`.
    """
    configs = as_configs(servers)
    return _running(lambda: Client(configs, on_notice=on_notice, stop_on=stop_on, limits=limits), wait=False)


class Client(AwaitedCalls[MachineTask, Events[Message], Events[Item]]):
    """One server or many, kept connected from `start` to `close`, or in the block of `running`.

    Make it anywhere, without a loop and before its server is there, of a `ServerConfig`, of many, or of a
    machine. It belongs to the loop that starts it, and has one life: closed, it is not started again. One
    that is started and never closed warns (`ResourceWarning`) when it is garbage, and logs off if its loop
    runs.
    """

    _beginning: anyio.Event | None = None
    """Set once the start that was asked for has begun, or failed."""

    async def start(self, *, wait: bool = True, timeout: float | None = None) -> None:
        """Connect, and stay connected until `close`, which any task of the loop may call.

        With `wait` this waits for READY like `wait_ready`, and closes the client if that raises or is
        cancelled. Raises `ConfigError` for certificates that cannot be read, and `MisuseError` for a client
        that was started or closed before.
        """
        require_duration(timeout)
        start_alone(await self._begin(self._ask_to_begin()))
        if not wait:
            return
        try:
            await self.wait_ready(timeout)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self.close()
            raise

    def running(
        self, *, wait: bool = True, timeout: float | None = None
    ) -> AbstractAsyncContextManager[Self]:
        """Start on entry and close at the end, in a task of the block: `async with client.running():`."""
        require_duration(timeout)
        return _running(lambda: self, wait=wait, timeout=timeout)

    def run(self) -> Coroutine[Any, Any, None]:
        """Start, and return once the client is closed: for `task_group.start_soon(client.run)`.

        Raises the error for which the connection was given up. Logs off first when it is cancelled.
        """
        # Not `async`: a task group calls this at once, so that `wait_ready` and `send` wait for the task's
        # first step. Otherwise they would say that nobody has started the client.
        return self._run(self._ask_to_begin())

    async def wait_ready(
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
        task = await self._begun()
        wanted, ready, waiters = Readiness(server, all), task.ready, task.waiters
        once = waiters.answered_once(wanted)
        if not once:
            ready = TaskWaiter()
            self._requesting().waiters.await_ready(wanted, ready)
        try:
            with anyio.move_on_after(None if ready.done() else timeout) as limit:
                await ready.result()
            if timeout is not None and limit.cancelled_caught:
                if not ready.done():
                    raise waiters.connect_timeout(timeout, server)
                await ready.result()  # READY, or the error, came in the same tick
        finally:
            if not once and not ready.done():  # it took too long, or the caller was cancelled
                waiters.forget_ready(ready)

    @property
    def servers(self) -> Mapping[ServerKey, ServerStatus]:
        """How each server stands."""
        first = self._life.first_servers()
        return self._started.waiters.servers if first is None else first

    def snapshot(self) -> Snapshot:
        """Return the health of the connection as plain data.

        Raises `MisuseError` for many servers: `snapshots` is for those.
        """
        return only(self.snapshots())

    def snapshots(self) -> Mapping[ServerKey, Snapshot]:
        """Return the health of each server as plain data."""
        first = self._life.first_snapshots()
        return self._started.waiters.snapshots() if first is None else first

    async def close(self, grace: float | None = None) -> None:
        """Log off, wait for Goodbye at most `grace` seconds, and end. Idempotent."""
        task = None if self._life.runner is None else self._of_this_loop()
        if task is not None and not task.waiters.ended:
            task.stop(grace)
            self._life.close()
            await task.ended.wait()
        self._life.close()

    async def _change(self, change: Change, config: ServerConfig | None) -> None:
        await self._begun()
        if config is not None:
            await self._read_contexts({checked_config(config).key: config})
        task = self._requesting()
        task.waiters.change(change, time.monotonic())
        task.driver.wake()

    async def _reconfigure(
        self, wanted: Mapping[ServerKey, ServerConfig], grace: float | None
    ) -> FleetChanges:
        await self._begun()
        await self._read_contexts(wanted)
        task = self._requesting()
        changes = task.waiters.reconfigure(wanted, time.monotonic(), grace=grace)
        task.driver.wake()
        return changes

    async def _read_contexts(self, servers: Mapping[ServerKey, ServerConfig]) -> None:
        if any(config.tls for config in servers.values()):  # reading certificates blocks
            contexts = await anyio.to_thread.run_sync(tls_contexts, servers)
            self._requesting().contexts.update(contexts)

    async def _send(self, call: SendCall) -> Reply:
        action = call.checked()
        if not self._has_begun:
            await self._begun()
        task = self._requesting()
        await checkpoint_if_cancelled()  # a task that is cancelled must not send
        try:
            ticket = task.machine.submit(
                action,
                time.monotonic(),
                to=call.to,
                timeout=call.timeout,
                completion=call.completion,
                wait=call.wait,
                asked_by=call.asked_by,
            )
        except AmiError:
            await checkpoint()  # a task that tries again and again must not keep the loop from the others
            raise
        waiter: TaskWaiter[Outcome] | FutureWaiter[Outcome] = task.driver.waiter()
        task.waiters.await_outcome(ticket, waiter)
        task.driver.handle_request()
        try:
            return (await waiter.result()).unwrap()
        finally:
            if not waiter.done():  # this task was cancelled: its action goes with it
                task.machine.cancel(ticket, time.monotonic())
                task.driver.wake()

    def _subscribe(self, call: SubscribeCall) -> Events[Any]:
        task = self._requesting()
        return Events(task.driver, task.waiters, call.subscribe(task.machine), marks=call.marks, client=self)

    def _requesting(self) -> MachineTask:
        """Return what runs the machine. Raises the error of an ended client, or `MisuseError`."""
        task = self._of_this_loop()
        if task.waiters.ended:
            raise task.waiters.end_error()
        return task

    def _of_this_loop(self) -> MachineTask:
        """Return what runs, or ran, the machine. Raises `MisuseError` where another loop runs, or ran, it."""
        task = self._started
        try:
            task.driver.refuse_other_loops()
        except MisuseError:
            end_orphans()  # its own loop may be closed
            if not task.waiters.ended:
                raise
        return task

    async def _begun(self) -> MachineTask:
        """Return what runs the machine, once the start that was asked for has started it."""
        if self._beginning is not None:
            await self._beginning.wait()
        task = self._of_this_loop()
        await task.begun.wait()
        return task

    @property
    def _has_begun(self) -> bool:
        """Whether `_begun` need not wait. Mostly it need not, and a wait would cost a turn of the loop."""
        task = self._life.runner
        return task is not None and self._beginning is None and task.begun.is_set()

    def _ask_to_begin(self) -> Machine:
        """Return the machine to run. Raises `MisuseError` for a client that was started or closed before."""
        machine = self._life.begin()
        self._beginning = anyio.Event()
        return machine

    async def _begin(self, machine: Machine) -> MachineTask:
        """Return what is to run the machine, and have the other calls work from now on."""
        try:
            contexts: Contexts = {}
            if any(config.tls for config in machine.servers.values()):  # reading certificates blocks
                contexts = await anyio.to_thread.run_sync(tls_contexts, machine.servers)
            self._life.refuse_closed()  # by another task, meanwhile
            task = MachineTask(machine, contexts, self._on_notice, self._stop_on)
        except BaseException:
            self._life.fail_to_begin()
            raise
        finally:
            beginning, self._beginning = self._beginning, None
            if beginning is not None:
                beginning.set()
        self._life.set_runner(task)
        return task

    async def _run(self, machine: Machine) -> None:
        if self._life.closed:  # before the first step
            if self._beginning is not None:
                self._beginning.set()
            return
        async with _running(lambda: self, machine=machine, wait=False):
            await self._started.ended.wait()
        if self._started.waiters.failure is not None:
            raise self._started.waiters.end_error()


@asynccontextmanager
async def _running(
    new_client: Callable[[], _AnyClient],
    *,
    machine: Machine | None = None,
    wait: bool = True,
    timeout: float | None = None,
) -> AsyncIterator[_AnyClient]:
    # `connect` makes a client for each entry: what `asynccontextmanager` returns decorates functions too, and
    # these may run at the same time.
    client = new_client()
    task = await client._begin(machine or client._ask_to_begin())
    failure = None
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_run_shielded, task, tasks.cancel_scope)
            try:
                if wait:
                    await client.wait_ready(timeout)
                yield client
            except anyio.get_cancelled_exc_class():
                raise  # a loop must see its cancellations
            except BaseException as error:  # noqa: BLE001 - raised below
                # The task group would wrap it in an `ExceptionGroup`. The program's own exception must
                # come out of `async with connect(...)` as it went in.
                failure = error
            finally:
                await _stop(task)
    finally:
        client._life.close()
        task.close()
    failure = task.interrupt or failure
    if failure is not None:
        raise failure


async def _run_shielded(task: MachineTask, program: anyio.CancelScope) -> None:
    """Run the machine; a cancelled program still logs off, and `_stop` bounds the time that takes."""
    with anyio.CancelScope(shield=True):
        await task.run()
    # Ctrl-C is raised in the task that runs at that moment. If that is this one, end the program.
    if task.interrupt is not None:
        program.cancel()


async def _stop(task: MachineTask) -> None:
    """Log off, also if the program is cancelled; the grace bounds how long it takes."""
    task.stop()
    # A task that is cancelled before its first step never runs, and would never set `ended`.
    if task.begun.is_set():
        with anyio.CancelScope(shield=True):
            await task.ended.wait()
