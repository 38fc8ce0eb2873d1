"""A reactor in a thread of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ami_backends._resolve import ThreadResolver
from ami_backends.selectors.reactor import Reactor
from ami_backends.selectors.runner import Lock, Runner
from ami_proto import Connection, Notice


class ReactorThread(Runner):
    """Run a machine in a daemon thread. Calls may come from every other thread."""

    def __init__(self, machine: Connection, on_notice: Callable[[Notice], None] | None) -> None:
        super().__init__(machine, on_notice)
        self.reactor = Reactor(machine, on_notice=self.desk.handle_notice, resolver=ThreadResolver())
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run_out, name=f"ami-{machine.key}", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end."""
        # Ctrl-C in `Thread.join` makes a thread look dead that lives (bpo-45274, up to Python 3.12).
        if self._over.wait(timeout):
            self._thread.join()

    def promise(self) -> Future[Any]:
        """Return a future."""
        return Future()

    def lock(self) -> Lock:
        """Return a lock."""
        return threading.Lock()

    @property
    def own(self) -> bool:
        """Whether this is the reactor's thread."""
        return threading.current_thread() is self._thread

    def _run_out(self) -> None:
        try:
            self.run()
        finally:
            self._over.set()
