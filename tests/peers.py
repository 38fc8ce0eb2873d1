"""What the drivers' tests talk to and look at: scripted TCP peers, and a reactor whose notices are kept.

A script is a function that serves one accepted line, in a thread of its own, and may misbehave in any way.
"""

import functools
import gc
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import pytest
import trustme

from ami_backends._resolve import Resolver, resolve_numeric
from ami_backends.selectors import Client, Reactor, connect
from ami_proto import (
    Action,
    ActionFinished,
    Connection,
    Notice,
    Outcome,
    ServerConfig,
    State,
    Ticket,
    Tls,
)

BANNER = b"Asterisk Call Manager/11.0.0\r\n"

HOST = "127.0.0.1"

PATIENCE = 10.0
"""Seconds a test waits for what should come in milliseconds."""

Script = Callable[["Line"], None]


class Line:
    """One accepted connection, from the server's side, blocking."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._buffer = b""

    def say(self, *data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(b"".join(data))

    def hear(self) -> dict[str, str]:
        """Read the next action. Raises `EOFError` when the client has closed."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            data = self.socket.recv(65_536)
            if not data:
                raise EOFError
            self._buffer += data
        text, self._buffer = self._buffer[:end].decode(), self._buffer[end + 4 :]
        return dict(line.split(": ", 1) for line in text.split("\r\n"))

    def answer(self, action: dict[str, str], status: str = "Success", *lines: str) -> None:
        """Send the response to an action."""
        rest = "".join(f"{line}\r\n" for line in lines)
        self.say(f"Response: {status}\r\nActionID: {action['ActionID']}\r\n{rest}\r\n".encode())

    def welcome(self) -> None:
        """Greet, and let the client in whatever its secret."""
        self.say(BANNER)
        while True:
            action = self.hear()
            self.answer(action, "Success", *(["Challenge: 1"] if action["Action"] == "Challenge" else []))
            if action["Action"] == "Login":
                return

    def serve(self) -> None:
        """Say yes to every action, until Logoff or the end."""
        while (action := self.hear())["Action"] != "Logoff":
            self.answer(action, "Success", "Ping: Pong")
        self.answer(action, "Goodbye")

    def wait_closed(self) -> None:
        """Swallow what comes, to the end."""
        while self.socket.recv(65_536):
            pass


class Peer:
    """Listen on a loopback port and serve each connection by the next script; the last one serves the rest.

    A line ends when its script returns. An error in a script fails the test, unless it is the line's end.
    """

    def __init__(self, *scripts: Script, context: ssl.SSLContext | None = None, host: str = HOST) -> None:
        self._scripts = scripts
        self._context = context
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.accepted = 0
        self.errors: list[BaseException] = []
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="peer")]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_listening()
        for sock in self._sockets:
            _shut(sock)
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not self.errors, self.errors

    def stop_listening(self) -> None:
        """Refuse connections from now on."""
        _shut(self._listener)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            script = self._scripts[min(self.accepted, len(self._scripts) - 1)]
            self.accepted += 1
            thread = threading.Thread(target=self._serve, args=(sock, script), name="peer-line")
            self._sockets.append(sock)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, script: Script) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_side=True)
                self._sockets.append(sock)
            script(Line(sock))
        except (OSError, EOFError):
            pass  # the client's end of the line is the client's affair
        except BaseException as error:  # noqa: BLE001 - raised where the test ends
            self.errors.append(error)
        finally:
            _shut(sock)
            sock.close()


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


# -- scripts


def honest(line: Line) -> None:
    """Serve as a server should."""
    line.welcome()
    line.serve()


def silent(line: Line) -> None:
    """Never say a word."""
    line.wait_closed()


def silent_after_login(line: Line) -> None:
    """Let the client in, and never say another word."""
    line.welcome()
    line.wait_closed()


def reset(line: Line) -> None:
    """End the line by RST."""
    line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.socket.close()


def speaking(*data: bytes) -> Script:
    """Say these bytes at once, whatever the client does, then wait for its end."""

    def script(line: Line) -> None:
        line.say(*data)
        line.wait_closed()

    return script


def flooding(count: int, name: str = "Tick") -> Script:
    """Let the client in, wait for its first action, and send so many numbered events before the answer."""

    def script(line: Line) -> None:
        line.welcome()
        action = line.hear()
        line.say(*events(count, name))
        line.answer(action)
        line.serve()

    return script


def events(count: int, name: str = "Tick", start: int = 0) -> Iterator[bytes]:
    """Make numbered events."""
    for number in range(start, start + count):
        yield b"Event: %s\r\nPrivilege: user,all\r\nNumber: %d\r\n\r\n" % (name.encode(), number)


# -- TLS


@functools.cache
def authority() -> trustme.CA:
    """Return the tests' own certificate authority."""
    return trustme.CA()


def server_context(*names: str) -> ssl.SSLContext:
    """Return a server's context, its certificate made out to these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture(scope="session")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the file that vouches for `server_context`."""
    path = str(tmp_path_factory.mktemp("ca") / "ca.pem")
    authority().cert_pem.write_to_path(path)
    return path


# -- clients


def config(port: int, **options: Any) -> ServerConfig:
    """Return a configuration that reconnects at once and gives up never."""
    values: dict[str, Any] = {
        "key": "pbx",
        "host": HOST,
        "port": port,
        "username": "admin",
        "secret": "s3cr3t",
        "auth": "plain",
        "reconnect_min": 0.01,
        "reconnect_max": 0.02,
    }
    return ServerConfig(**(values | options))


def client_of(port: int, **options: Any) -> Client:
    """Connect the blocking client; it reconnects at once."""
    quick: dict[str, Any] = {"auth": "plain", "reconnect_min": 0.01, "reconnect_max": 0.02}
    return connect(HOST, port, username="admin", secret="s3cr3t", **(quick | options))


class Owner:
    """Own a reactor, as a user's own loop would, and keep what it says."""

    def __init__(self, port: int, *, resolver: Resolver = resolve_numeric, **options: Any) -> None:
        self.machine = Connection(config(port, **options), seed=1)
        self.reactor = Reactor(self.machine, on_notice=self._take, resolver=resolver)
        self.notices: list[Notice] = []
        self.outcomes: dict[Ticket, Outcome] = {}

    def __enter__(self) -> Self:
        self.machine.start(time.monotonic())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.reactor.close()

    def until(self, condition: Callable[[], object], patience: float = PATIENCE) -> None:
        """Run rounds until something is true."""
        deadline = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < deadline, f"{self.machine.snapshot()}, {self.notices[-5:]}"
            self.reactor.run_once(0.1)

    def until_ready(self) -> Self:
        """Run rounds until READY."""
        self.until(lambda: self.machine.state is State.READY)
        return self

    def submit(self, name: str, **headers: str) -> Ticket:
        """Submit an action now."""
        return self.machine.submit(Action(name, headers), time.monotonic())

    def send(self, name: str, **headers: str) -> Outcome:
        """Send an action and run rounds until its end."""
        ticket = self.submit(name, **headers)
        self.until(lambda: ticket in self.outcomes)
        return self.outcomes[ticket]

    def socket(self) -> socket.socket:
        """Return the driver's own socket of the present session."""
        (stream,) = self.reactor._streams.values()
        assert stream.socket is not None
        return stream.socket

    def seen(self, kind: type[Notice]) -> list[Notice]:
        """Return the notices of a sort."""
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def _take(self, notice: Notice) -> None:
        self.notices.append(notice)
        if isinstance(notice, ActionFinished):
            self.outcomes[notice.ticket] = notice.outcome


def trusting(ca_file: str, server_name: str | None = None) -> Tls:
    """Trust the tests' own authority."""
    return Tls(ca_file=ca_file, server_name=server_name)


def eventually(condition: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Wait until something that happens in another thread is true; tell whether it became so."""
    deadline = time.monotonic() + patience
    while not (done := bool(condition())) and time.monotonic() < deadline:
        time.sleep(0.002)
    return done


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Fail a test after which a thread or a descriptor is left."""
    threads, descriptors = set(threading.enumerate()), _descriptors()
    yield
    gc.collect()
    assert eventually(lambda: set(threading.enumerate()) <= threads, 2.0), threading.enumerate()
    left = _descriptors() - descriptors
    assert not left, left


def _descriptors() -> set[str]:
    found = set()
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the one that listed the folder
            found.add(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
    return found
