"""The mock server in a process of its own, which can be stopped, killed, and restarted on its port."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the package, so that the process finds it in a clone that is not installed."""

_ADDRESS = re.compile(r" on (?P<host>\S+):(?P<port>[0-9]+)")
_AUTHORITY = re.compile(r"certificate authority (?P<file>.*?); users ")

END_TIMEOUT = 20.0
"""Seconds that a process may take to end after SIGTERM."""


def wait_until_stopped(pid: int) -> None:
    """Wait until every thread of a child that was sent SIGSTOP has stopped, or the child has ended."""
    # WNOWAIT leaves the status in place: `Popen.wait` must still find the end of the child.
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)


class ProcessFailed(Exception):
    """The process ended before it listened; the message is its output."""


class MockProcess:
    """`ami mock` in a process, from `start` to `stop`, or as a context manager.

    `options` are those of the command: `MockProcess("--tls", "--calls", "60")`. `stop_process` and
    `continue_process` send SIGSTOP and SIGCONT: a stopped process reads nothing, but the kernel still accepts
    links and bytes. The port stays the same over `kill` and `restart`; links end, by RST if bytes were
    unread.
    """

    def __init__(self, *options: str) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        """The port; 0 before the first `start`, then always the same."""
        self.ca_file: str | None = None
        """With `--tls` the file with the authority's certificate; a new one after each start."""
        self._options = options
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        """The process ID, or None if no process runs."""
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Start the process and wait until it listens. Raises ProcessFailed if it does not."""
        command = [sys.executable, "-m", "conformance.mock", *self._options, "--port", str(self.port)]
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        )
        assert self._process.stdout is not None
        output = self._process.stdout.readline()
        if (address := _ADDRESS.search(output)) is None:
            self.kill()
            raise ProcessFailed(output.strip() or "the process printed nothing; see its stderr")
        self.host, self.port = address["host"].strip("[]"), int(address["port"])
        if authority := _AUTHORITY.search(output):
            self.ca_file = authority["file"]
        return self

    def stop(self) -> None:
        """End the process by SIGTERM, which closes links in order. A second call does nothing."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the process by SIGKILL."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Kill the process if it runs, and start a new one on the same port."""
        self.kill()
        self.start()

    def stop_process(self) -> None:
        """Stop the process by SIGSTOP and wait until all its threads have stopped."""
        wait_until_stopped(self._signal(signal.SIGSTOP).pid)

    def continue_process(self) -> None:
        """Continue the process by SIGCONT."""
        self._signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _signal(self, number: signal.Signals) -> subprocess.Popen[str]:
        if self._process is None:
            raise RuntimeError("the mock process is not running")
        self._process.send_signal(number)
        return self._process

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)  # a stopped process takes SIGTERM only after it continues
        try:
            process.communicate(timeout=END_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
