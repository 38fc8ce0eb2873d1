"""The mock server as a process of its own, which can be stopped, killed, and started again on its port."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
"""Where the package is, so that the process finds it also in a checkout that is not installed."""

_ADDRESS = re.compile(r" on (?P<host>\S+):(?P<port>[0-9]+)")
_AUTHORITY = re.compile(r"certificate authority (?P<file>.*?); users ")

PATIENCE = 20.0
"""Seconds that a process may take to end once it was asked to."""


def await_standstill(pid: int) -> None:
    """Wait until every thread of a child that was sent SIGSTOP stands still, or the child has ended.

    The news stays untaken, for whoever waits for the child's end; SIGCONT takes back that it stands still.
    """
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)


class ProcessFailed(Exception):
    """The process ended before it listened; the message is what it said."""


class MockProcess:
    """`ami mock` in a process, from `start` to `stop`, or as a context manager.

    `options` are those of the command: `MockProcess("--tls", "--calls", "60")`. `stop_process` and
    `continue_process` are SIGSTOP and SIGCONT: the kernel goes on accepting links and bytes, and nobody reads
    them. Over `kill` and `restart` the port stays the same; its links end, by RST where bytes were unread.
    """

    def __init__(self, *options: str) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        """The port listened on; known from the first `start` on, and kept."""
        self.ca_file: str | None = None
        """With `--tls` the certificate that clients verify with; another one after each start."""
        self._options = options
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        """Give the number of the process, or None while there is none."""
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Start, and wait until it listens. Raises ProcessFailed when it cannot."""
        command = [sys.executable, "-m", "conformance.server", *self._options, "--port", str(self.port)]
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if (address := _ADDRESS.search(said)) is None:
            self.kill()
            raise ProcessFailed(said.strip() or "it said nothing; its complaint is on stderr")
        self.host, self.port = address["host"].strip("[]"), int(address["port"])
        if authority := _AUTHORITY.search(said):
            self.ca_file = authority["file"]
        return self

    def stop(self) -> None:
        """End it by SIGTERM, links in order; a second call does nothing."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it by SIGKILL: no word, no goodbye."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Start it again on the same port, after `kill` or in place of it."""
        self.kill()
        self.start()

    def stop_process(self) -> None:
        """Freeze it, and wait until every thread of it stands still."""
        await_standstill(self._signal(signal.SIGSTOP).pid)

    def continue_process(self) -> None:
        """Let it go on."""
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
        process.send_signal(signal.SIGCONT)  # a frozen one hears nothing but SIGKILL
        try:
            process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
