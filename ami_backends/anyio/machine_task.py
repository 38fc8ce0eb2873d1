"""One task that runs a machine until it has stopped, for the callers of a client."""

import signal
import time
from collections.abc import Iterable
from contextlib import suppress

import anyio

from ami_backends.anyio.driver import Driver, TaskWaiter
from ami_backends.clients.signals import SignalWatch
from ami_backends.clients.waiters import OnNotice, Waiters
from ami_backends.sessions.tls import Contexts
from ami_proto import Disconnect, Reason
from ami_proto.drivers import Machine, connect_error


class MachineTask:
    """A machine that is to run, and the callers that wait for it. Belongs to the loop in which it was made.

    It has no reference to the client: a client that is forgotten is garbage although this runs.
    """

    def __init__(
        self,
        machine: Machine,
        contexts: Contexts,
        on_notice: OnNotice | None,
        stop_on: Iterable[signal.Signals],
    ) -> None:
        self.machine = machine
        self.contexts = contexts
        """How to verify each server. Those of servers that are added come in later."""
        self.ready: TaskWaiter[None] = TaskWaiter()
        self.waiters = Waiters(machine, self.ready, on_notice)
        self.driver = Driver(machine, on_notice=self.waiters, contexts=contexts)
        self.waiters.driver = self.driver
        self.begun = anyio.Event()
        """Set once the machine is started, or never will be."""
        self.ended = anyio.Event()
        self.interrupt: BaseException | None = None
        """Raised in this task but meant for the program: Ctrl-C, most likely."""
        self.cut = False
        """Whether the task was cancelled: its loop has ended."""
        self._stopped = False
        try:
            self._signals = SignalWatch(stop_on, self.stop_soon)
        except BaseException:
            self.driver.close()
            raise

    def stop(self, grace: float | None = None) -> None:
        """Have the machine log off and end."""
        self.machine.stop(time.monotonic(), grace=grace)
        self._stopped = True
        self.driver.wake()

    def stop_soon(self) -> None:
        """Post a stop. A signal handler or finaliser may interrupt the machine in the middle of anything."""
        self.driver.call_soon(self.stop)

    async def run(self) -> None:
        """Run the machine to its end, and wake every caller then. Raises nothing but cancellation."""
        cancelled = anyio.get_cancelled_exc_class()
        try:
            # Stopped: trio starts tasks in any order, so the program may have ended before this began.
            if not self._stopped:
                self.begun.set()  # what waits for it runs later, when `run` has started the machine
                await self.driver.run()
        except cancelled:
            self.cut_off()
            raise
        except BaseException as error:  # raised in the callers that wait, or in the program
            if self.cut:
                raise
            cause = _unwrapped(error)
            self.waiters.fail(cause)
            if not isinstance(cause, Exception):
                self.interrupt = cause
        finally:
            self.close()

    def cut_off(self) -> None:
        """Note that no step of `run` will be made any more: its loop ends, or has ended. Idempotent."""
        self.cut = True
        if self.waiters.failure is None and not self._stopped:
            ended = Disconnect(Reason.STOPPED, "its task was cancelled, and the client was not closed")
            self.waiters.failure = connect_error(list(self.machine.servers), ended)
        with suppress(RuntimeError):  # a loop that is closed cannot wake callers
            self.close()

    def close(self) -> None:
        """Free what it holds and wake every caller: nothing will come any more. Idempotent."""
        self.driver.close()
        self._signals.close()
        try:
            self.waiters.release()
        finally:
            with suppress(RuntimeError):
                self.begun.set()
            self.ended.set()


def _unwrapped(error: BaseException) -> BaseException:
    """Return the single exception inside the groups that task groups make of it."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        (error,) = error.exceptions
    return error
