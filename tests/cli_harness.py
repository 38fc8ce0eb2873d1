"""Run `ami` as its users do: as a process, with an environment of its own."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from conformance.server import LoopbackServer, MockServer

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 20.0
"""Seconds after which a process counts as hanging."""

ENVIRONMENT = {"AMI_SECRET": "s3cr3t", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "COLUMNS": "80"}
"""What every process gets: the secret of the mock's admin, this checkout, a known terminal."""


class Ended:
    """A process that has ended."""

    def __init__(self, arguments: list[str], status: int, out: bytes, err: bytes) -> None:
        self.arguments = arguments
        self.status = status
        self.out = out.decode("utf-8", "surrogateescape")
        self.err = err.decode("utf-8", "surrogateescape")

    @property
    def complaint(self) -> str:
        """The one line on stderr; anything but one clear line is a failure."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("ami: ")
        assert "Traceback" not in self.err
        return lines[0].removeprefix("ami: ")

    def __repr__(self) -> str:
        return f"<ami {self.arguments} {self.status}\n--- out\n{self.out}--- err\n{self.err}>"


def ami(*arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Ended:
    """Run to the end; `env` goes on top of `ENVIRONMENT`."""
    process = start(*arguments, stdin=subprocess.PIPE, env=env)
    out, err = process.communicate(stdin, PATIENCE)
    return Ended(list(arguments), process.returncode, out, err)


def start(
    *arguments: str, stdin: int = subprocess.DEVNULL, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start, and let the caller end it."""
    return subprocess.Popen(
        [sys.executable, "-m", "ami_backends.cli", *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(env),
    )


@contextmanager
def running(*arguments: str, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Start, and end it by force if it has not ended."""
    process = start(*arguments, env=env)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a process, without anything else that `ami` looks at."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AMI_", "PYTEST"))}
    return {**kept, **ENVIRONMENT, **(env or {})}


def url(server: LoopbackServer, user: str = "admin") -> str:
    """Return the target of a mock server."""
    return f"ami://{user}@127.0.0.1:{server.port}"


@contextmanager
def mock(core: MockServer | None = None) -> Iterator[LoopbackServer]:
    """Give a mock server that refuses as fast as it accepts."""
    with LoopbackServer(core or MockServer(login_refusal_delay=0.05)) as server:
        yield server


@contextmanager
def peer(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Give the port of a server that treats each connection as told, then closes it."""
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
    """Have the server tell everybody something, again and again."""
    over = threading.Event()

    def tell(core: MockServer) -> None:
        core.publish({"Event": "Newchannel", "Channel": "PJSIP/caf\udce9", "Text": "[red]\x1b[31m"}, "call")
        core.publish({"Event": "Hangup", "Cause": 16}, "call")

    def talk() -> None:
        while not over.wait(period):
            server.call(tell)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE)
