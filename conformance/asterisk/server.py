"""A real Asterisk in a provisioned tree, as a child process that never outlives this one.

    with AsteriskServer(22) as server:
        connect(server.host, server.port, server.users["admin"])

`restart`, `kill`, `pause` and `resume` are the faults that a client must survive. Ports, users and
certificate stay the same, so that a client which keeps trying reconnects.
"""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from conformance.asterisk.instance import LOOPBACK, Instance, Ports, account
from conformance.asterisk.provision import AsteriskUnavailable, administrator, installed_version, provision
from conformance.asterisk.raw import greets
from conformance.mock.process import wait_until_stopped

PROGRAM = "/usr/sbin/asterisk"

LAUNCH = Path(__file__).with_name("launch.py")

START_TIMEOUT = 45.0
"""Seconds until the server is fully booted: one or two are usual, loaded machines take ten times as long."""

GREETING_TIMEOUT = 1.0
"""Seconds for one attempt to get the banner: it comes at once, or the server does not listen yet."""

STOP_GRACE = 5.0
"""Seconds that `core stop now` may take before the process is killed."""

CLI_TIMEOUT = 10.0
"""Seconds for one command on the command line interface."""

# The kernel kills a child with this request when the *thread* that made it ends. One thread makes them all
# and lives as long as the interpreter, so that a server started from a test's helper thread does not die with
# the helper.
_launcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="asterisk-launcher")


@dataclass(frozen=True, slots=True)
class ManagerAccount:
    """An account in manager.conf."""

    username: str
    secret: str


class AsteriskServer:
    """One Asterisk of a major version, which tests may start, stop, kill and freeze.

    `start` returns when the server is fully booted; after `stop` it can be started again. `close` stops it
    and removes its files, and so do the end of the `with` block and the end of the interpreter. Methods
    that fail raise `AsteriskUnavailable`.
    """

    users: Mapping[str, ManagerAccount] = MappingProxyType(
        {
            "admin": ManagerAccount("admin", "s3cr3t"),  # may do and see everything
            "readonly": ManagerAccount("readonly", "readonly"),  # sees and does calls only
            "filtered": ManagerAccount("filtered", "filtered"),  # is sent no VarSet
            "slow": ManagerAccount("slow", "slow"),  # is cut off after 100 ms without reading
        }
    )

    def __init__(self, version: int, tree: Path | None = None) -> None:
        self._tree = provision(version) if tree is None else tree
        self.release = installed_version(self._tree)
        self.version = int(self.release.partition(".")[0])
        if self.version != version:
            raise AsteriskUnavailable(f"{self._tree} holds Asterisk {self.release}, not {version}")
        self.host = LOOPBACK
        self._ports = Ports.free()
        secrets = {user.username: user.secret for user in self.users.values()}
        self._instance = Instance(self._tree, self._ports, secrets)
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- looking

    @property
    def port(self) -> int:
        """The port of plain AMI."""
        return self._ports.ami

    @property
    def tls_port(self) -> int:
        """The port of AMI over TLS; its certificate names `localhost` and 127.0.0.1."""
        return self._ports.tls

    @property
    def ca_file(self) -> Path:
        """The certificate authority that vouches for the TLS port."""
        return self._instance.ca_file

    @property
    def manager_file(self) -> Path:
        """Its manager.conf, which `manager reload` reads again."""
        return self._instance.folder / "etc/manager.conf"

    @property
    def pid(self) -> int | None:
        """The process id while the server runs."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process is not None else None

    def local(self, extension: str) -> str:
        """Return the channel that calls an extension of the dialplan, for `Originate`."""
        return f"Local/{extension}@default"

    def cli(self, command: str, timeout: float = CLI_TIMEOUT) -> str:
        """Run a command on Asterisk's own command line and return its output."""
        asterisk = [PROGRAM, "-C", self._instance.config_file, "-rx", command]
        try:
            done = subprocess.run(
                ["chroot", str(self._tree), *asterisk],
                capture_output=True, env=administrator(), timeout=timeout, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise AsteriskUnavailable(f"no answer to `{command}` within {timeout:.0f} s") from None
        if done.returncode:
            error = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise AsteriskUnavailable(f"`{command}` failed: {error}")
        return done.stdout.decode("utf-8", "surrogateescape")

    # -- life

    def start(self) -> None:
        """Start the server and wait until it is fully booted; do nothing if it runs."""
        if self.pid is not None:
            return
        self._instance.clean()
        self._await_boot(lambda: _launcher.submit(self._launch).result())

    def stop(self) -> None:
        """Stop the server with `core stop now`, and kill it if that takes too long. Idempotent."""
        if self._process is None:
            return
        if self.pid is not None:
            self.resume()
            with contextlib.suppress(AsteriskUnavailable):  # it may stop before it answers
                self.cli("core stop now")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_GRACE)
        self.kill()

    def close(self) -> None:
        """Stop the server and remove its files. Idempotent."""
        atexit.unregister(self.close)
        self.stop()
        self._instance.close()

    def ensure_running(self) -> None:
        """Undo what a test did to the server: resume it, start it."""
        self.resume()
        self.start()

    # -- faults

    def restart(self) -> None:
        """Let it restart itself (`core restart now`), in the same process; wait until it is back."""
        self._await_boot(lambda: self.cli("core restart now"))

    def kill(self) -> None:
        """Kill it at once (`kill -9`). Idempotent."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Freeze every thread of it (SIGSTOP): connections stay open, and it sends nothing."""
        self._signal(signal.SIGSTOP)
        if (pid := self.pid) is not None:
            wait_until_stopped(pid)

    def resume(self) -> None:
        """Let it run on (SIGCONT)."""
        self._signal(signal.SIGCONT)

    # -- helpers

    def _launch(self) -> None:
        """Start the process in the chroot, as the tree's own user, in a process group of its own.

        Each program on the way executes the next in its place, so the process id is Asterisk's.
        """
        user, group = account(self._tree)
        launch = [sys.executable, "-I", "-S", str(LAUNCH), str(self._tree), str(user), str(group)]
        command = [*launch, PROGRAM, "-C", self._instance.config_file, "-f"]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/", "LANG": "C.UTF-8"}
        with self._instance.console.open("wb") as console:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                env=environment, start_new_session=True,
            )  # fmt: skip

    def _await_boot(self, cause: Callable[[], object]) -> None:
        """Cause a boot and wait for its end. The banner comes long before, when no module is loaded yet."""
        deadline = time.monotonic() + START_TIMEOUT
        before = self._instance.booted_at()
        cause()
        while time.monotonic() < deadline and self.pid is not None:
            if self._instance.booted_at() not in (None, before) and greets(
                self.host, self.port, GREETING_TIMEOUT
            ):
                self.cli("core waitfullybooted", deadline - time.monotonic())
                return
            time.sleep(0.01)
        tail = self._instance.log_tail()
        self.kill()
        raise AsteriskUnavailable(f"Asterisk {self.release} did not start: {tail}")

    def _signal(self, number: signal.Signals) -> None:
        if (pid := self.pid) is not None:
            os.killpg(pid, number)
