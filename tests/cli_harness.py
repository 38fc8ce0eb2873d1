"""Run `ami` as a process with a known environment, against a mock server or a scripted peer."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from conformance.mock import LoopbackServer, MockServer

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 20.0
"""Seconds after which a process counts as hung."""

TIME = r"\d\d:\d\d:\d\d"
"""The local time with which a report begins that a running command writes to stderr."""

ENVIRONMENT = {"AMI_SECRET": "s3cr3t", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "COLUMNS": "80"}
"""Variables of every process: the secret of the mock's user admin, this checkout, a known terminal width."""


class Ended:
    """A process that has ended."""

    def __init__(self, arguments: list[str], status: int, out: bytes, err: bytes) -> None:
        self.arguments = arguments
        self.status = status
        self.out = out.decode("utf-8", "surrogateescape")
        self.err = err.decode("utf-8", "surrogateescape")

    @property
    def complaint(self) -> str:
        """The sentence on stderr. Fails unless stderr is exactly one line that begins with `ami: `."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("ami: ")
        assert "Traceback" not in self.err
        return lines[0].removeprefix("ami: ")

    def __repr__(self) -> str:
        return f"<ami {self.arguments} {self.status}\n--- out\n{self.out}--- err\n{self.err}>"


def ami(*arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Ended:
    """Run `ami` until it ends. `env` is added to `ENVIRONMENT`."""
    process = start(*arguments, stdin=subprocess.PIPE, env=env)
    out, err = process.communicate(stdin, PATIENCE)
    return Ended(list(arguments), process.returncode, out, err)


def start(
    *arguments: str, stdin: int = subprocess.DEVNULL, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `ami`; the caller ends it."""
    return subprocess.Popen(
        [sys.executable, "-m", "ami_backends.cli", *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(env),
    )


@contextmanager
def running(*arguments: str, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Start `ami`, and kill it at the end of the context."""
    process = start(*arguments, env=env)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a process's environment: `ENVIRONMENT`, `env`, and nothing else that changes how `ami` runs."""
    ours = ("AMI_", "PYTEST", "PYTHONUNBUFFERED")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return {**kept, **ENVIRONMENT, **(env or {})}


def url(server: LoopbackServer, user: str = "admin") -> str:
    """Return the `ami://` target of a mock server."""
    return f"ami://{user}@127.0.0.1:{server.port}"


def servers_file(folder: Path, **ports: int) -> Path:
    """Write a configuration file with a server on each of these ports of this machine, and return its path.

    The secret is in `AMI_SECRET`; `AMI_SERVERS_NAME_SECRET` is that of one server.
    """
    path = folder / "servers.toml"
    tables = "".join(f"[servers.{name}]\nport = {port}\n" for name, port in ports.items())
    path.write_text(f'[defaults]\nhost = "127.0.0.1"\nusername = "admin"\n{tables}')
    return path


@contextmanager
def dead_port() -> Iterator[int]:
    """Give a port that refuses connections, and that nothing else takes meanwhile."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


@contextmanager
def mock(core: MockServer | None = None) -> Iterator[LoopbackServer]:
    """Run a mock server. Its default core refuses logins after 0.05 s, not after a second."""
    with LoopbackServer(core or MockServer(login_refusal_delay=0.05)) as server:
        yield server


@contextmanager
def peer(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Run a TCP server that calls `serve` with each connection and then closes it. Yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    link, _ = listener.accept()
                    with link:
                        link.settimeout(PATIENCE)
                        serve(link)
                except OSError:
                    if listener.fileno() < 0:
                        return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE)


@contextmanager
def chatter(server: LoopbackServer, period: float = 0.02) -> Iterator[None]:
    """Publish two events every `period` seconds, one of them with bytes and markup that could do harm."""
    over = threading.Event()

    def publish(core: MockServer) -> None:
        core.publish({"Event": "Newchannel", "Channel": "PJSIP/caf\udce9", "Text": "[red]\x1b[31m"}, "call")
        core.publish({"Event": "Hangup", "Cause": 16}, "call")

    def repeat() -> None:
        while not over.wait(period):
            server.call(publish)

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE)
